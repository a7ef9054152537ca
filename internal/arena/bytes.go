package arena

import "unsafe"

// Bytes returns the memory of *p as bytes, padding included. T holds no
// pointers: writing through the result would hide them from the collector.
func Bytes[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}

// Slice returns *p, where T is a type of byte slices. Unlike what package reflect
// returns, it does not have the compiler move *p to the heap.
func Slice[T any](p *T) []byte { return *(*[]byte)(unsafe.Pointer(p)) }

// Elements returns memory as the elements of a T that lie in it. T holds no pointers,
// and memory begins where a T may.
func Elements[T any](memory []byte) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(memory))), uintptr(len(memory))/unsafe.Sizeof(t))
}
