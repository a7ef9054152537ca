module github.com/multiproc-go/multiproc/tickets

go 1.26

require (
	github.com/gofrs/flock v0.13.2
	github.com/multiproc-go/multiproc v0.0.0
)

require golang.org/x/sys v0.49.0 // indirect

replace github.com/multiproc-go/multiproc => ../
