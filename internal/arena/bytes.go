package arena

import "unsafe"

// Bytes returns the memory of *p as bytes, padding included. T holds no
// pointers: writing through the result would hide them from the collector.
func Bytes[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}
