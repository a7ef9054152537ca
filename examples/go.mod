module github.com/multiproc-go/multiproc/examples

go 1.26
