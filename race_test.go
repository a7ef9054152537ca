//go:build race

package multiproc_test

// memoryScale is how much more memory a program needs under the race detector.
const memoryScale = 4

// visitors are how many processes share a space: each takes much more memory, too.
const visitors = 100
