module github.com/multiproc-go/multiproc/bench

go 1.26.0

require (
	github.com/gofrs/flock v0.13.2
	github.com/multiproc-go/multiproc v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
)

replace github.com/multiproc-go/multiproc => ../
