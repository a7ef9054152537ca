// Package arena is memory that several processes map, and what the kernel does
// with it: it maps files, loads, stores and compares-and-swaps 64-bit words at
// offsets, sleeps on words and wakes sleepers, and locks one byte per owner slot
// as proof of life. It is the only package that imports unsafe.
//
// There are two kinds. A file arena is a memfd or a file, shared by processes.
// A heap arena is ordinary memory of this process, in which every Attach plays
// one process: the race detector and the explorer see all of it.
//
// Offsets are multiples of eight. One outside the arena panics: whoever reads
// an offset from shared memory checks it first.
package arena
