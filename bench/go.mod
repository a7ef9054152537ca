module github.com/multiproc-go/multiproc/bench

go 1.26
