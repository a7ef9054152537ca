package codec

import (
	"math/big"
	"reflect"
	"time"
)

// form is how the values of a type are encoded within CBOR.
type form int

const (
	formNumber form = iota // bool, integers, floats
	formRaw                // uintptr, complex: only where the whole value is copied
	formString
	formBytes // slice or array of bytes
	formList  // slice or array
	formMap
	formStruct
	formPointer
	formAny
	formError // the interface
	formTime  // time.Time
	formOwn   // marshals itself
)

// A node is what is known of one type.
type node struct {
	typ    reflect.Type
	form   form
	elem   *node   // of lists, maps, pointers
	key    *node   // of maps
	fields []field // of structs
	array  bool    // a struct that its tag makes an array
	binary bool    // marshals itself as bytes, which without its type nobody can read

	fixed bool // no pointers: copied where it is the whole value
	flat  bool // its encoding takes min bytes at least, no need to look at a value
	min   int  // the least bytes that CBOR needs for it
	open  bool // holds an any or an error: its values need restore
	made  bool // all of this is known
	loops bool // of the root: a value may lead back to itself
}

func (n *node) rootPath() path { return rootOf(n.typ) }

// hashable tells whether a value that comes back from an any can be a map key.
func (n *node) hashable() bool {
	switch n.form {
	case formNumber, formString, formTime, formAny:
		return true
	case formRaw:
		return n.typ.Kind() == reflect.Uintptr
	}
	return false
}

var (
	typeError = reflect.TypeFor[error]()
	typeTime  = reflect.TypeFor[time.Time]()
	typeBig   = reflect.TypeFor[big.Int]()
)
