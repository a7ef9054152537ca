package codec

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// A Plain is what is known of a type whose values are shared as they lie in memory:
// one without pointers. Unlike a value that is sent, one that is shared may have
// unexported fields.
type Plain[T any] struct {
	Name        string   // of T
	Size        int      // of one value, in bytes; never 0
	Fingerprint [16]byte // two types with the same lie in memory the same way
}

// PlainOf checks T. Its error matches ErrType and names what cannot be shared:
// "Sample.Tags: slice has pointers".
func PlainOf[T any]() (Plain[T], error) {
	t := reflect.TypeFor[T]()
	var text strings.Builder
	if err := plain(t, path{root: typeName(t)}, &text); err != nil {
		return Plain[T]{}, err
	}
	if t.Size() == 0 {
		return Plain[T]{}, &placeError{path{root: typeName(t)}, "its values take no memory", ErrType}
	}
	sum := sha256.Sum256([]byte(text.String()))
	return Plain[T]{t.String(), int(t.Size()), [16]byte(sum[:16])}, nil
}

// Slice returns memory as the elements that lie in it.
func (Plain[T]) Slice(memory []byte) []T { return arena.Elements[T](memory) }

// plain writes how a t lies in memory, and refuses pointers.
func plain(t reflect.Type, at path, text *strings.Builder) *placeError {
	fmt.Fprintf(text, "%v %d", t.Kind(), t.Size())
	if t.PkgPath() == "sync" {
		return &placeError{at, t.String() + " knows the goroutines of one process only", ErrType}
	}
	switch t.Kind() {
	case reflect.Struct:
		text.WriteString(" {")
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(text, "%q at %d ", f.Name, f.Offset)
			if err := plain(f.Type, at.plus("."+f.Name), text); err != nil {
				return err
			}
			text.WriteString(";")
		}
		text.WriteString("}")
	case reflect.Array:
		fmt.Fprintf(text, " [%d]", t.Len())
		return plain(t.Elem(), at.plus("[]"), text)
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.UnsafePointer,
		reflect.Interface, reflect.Chan, reflect.Func:
		return &placeError{at, kindName(t) + " has pointers", ErrType}
	}
	return nil
}

func kindName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.UnsafePointer {
		return t.String()
	}
	return t.Kind().String()
}
