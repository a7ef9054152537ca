module github.com/multiproc-go/multiproc/examples

go 1.26

require (
	github.com/multiproc-go/multiproc v0.0.0
	github.com/vbauerster/mpb/v8 v8.16.2
)

replace github.com/multiproc-go/multiproc => ../
