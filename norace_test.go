//go:build !race

package multiproc_test

const memoryScale = 1

const visitors = 1000
