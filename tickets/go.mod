module github.com/multiproc-go/multiproc/tickets

go 1.26.0

require github.com/multiproc-go/multiproc v0.0.0

require (
	github.com/dchest/siphash v1.2.3 // indirect
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/multiproc-go/multiproc => ../
