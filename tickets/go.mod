module github.com/multiproc-go/multiproc/tickets

go 1.26
