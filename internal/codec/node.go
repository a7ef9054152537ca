package codec

import (
	"encoding"
	"math/big"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// form is how the values of a type are encoded within CBOR.
type form int

const (
	formNumber  form = iota // bool, integers, floats
	formRaw                 // uintptr, complex: only where the whole value is copied
	formString              //
	formBytes               // slice or array of bytes
	formList                // slice or array
	formMap                 //
	formStruct              //
	formPointer             //
	formAny                 //
	formError               // the interface
	formTime                // time.Time
	formOwn                 // marshals itself
)

// A node is what is known of one type.
type node struct {
	typ    reflect.Type
	form   form
	elem   *node   // of lists, maps, pointers
	key    *node   // of maps
	fields []field // of structs
	array  bool    // a struct that its tag makes an array

	fixed bool // no pointers: copied where it is the whole value
	flat  bool // its encoding takes min bytes at least, no need to look at a value
	min   int  // the least bytes that CBOR needs for it
	open  bool // holds an any or an error: its values need restore
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

// A compiler makes the nodes of one type and of all below it.
type compiler struct {
	nodes map[reflect.Type]*node
	raw   *placeError // the first formRaw, refused if the whole is not copied

	structs []structAt
}

type structAt struct {
	node *node
	at   path
}

// compile returns t's node, and apart from what is wrong with t anyway what is
// wrong with it unless its values are copied.
func compile(t reflect.Type, at path) (root *node, raw, err *placeError) {
	c := &compiler{nodes: map[reflect.Type]*node{}}
	if root, err = c.node(t, at); err != nil {
		return nil, nil, err
	}
	for _, s := range c.structs {
		if err := names(s.node, s.at, "", map[string]string{}, nil); err != nil {
			return nil, nil, err
		}
	}
	c.spreadOpen()
	return root, c.raw, nil
}

func compileRoot(t reflect.Type) (*node, error) {
	root, raw, err := compile(t, rootOf(t))
	if err != nil {
		return nil, err
	}
	if raw != nil && !root.fixed {
		return nil, raw
	}
	return root, nil
}

// spreadOpen marks all from which an any or an error can be reached.
func (c *compiler) spreadOpen() {
	for changed := true; changed; {
		changed = false
		for _, n := range c.nodes {
			if !n.open && n.reachesOpen() {
				n.open, changed = true, true
			}
		}
	}
}

func (n *node) reachesOpen() bool {
	if n.form == formAny || n.form == formError || n.elem != nil && n.elem.open || n.key != nil && n.key.open {
		return true
	}
	for _, f := range n.fields {
		if f.node.open {
			return true
		}
	}
	return false
}

func (c *compiler) node(t reflect.Type, at path) (*node, *placeError) {
	if n := c.nodes[t]; n != nil {
		return n, nil // perhaps still being made: t is recursive
	}
	n := &node{typ: t, min: 1}
	c.nodes[t] = n
	own, err := marshalsItself(t, at)
	if err != nil {
		return nil, err
	}
	switch {
	case t == typeTime:
		n.form = formTime
		return n, nil
	case own || t == typeBig:
		n.form = formOwn
		return n, nil
	}
	return n, c.fill(n, at)
}

func (c *compiler) fill(n *node, at path) (err *placeError) {
	t := n.typ
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.form, n.fixed, n.flat = formNumber, true, true
	case reflect.Float32, reflect.Float64:
		n.form, n.fixed, n.flat, n.min = formNumber, true, true, 1+int(t.Size())
	case reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		n.form, n.fixed, n.flat = formRaw, true, true
		if c.raw == nil {
			c.raw = refused(at, t.Kind().String()+" beside types that are no numbers")
		}
	case reflect.String:
		n.form = formString
	case reflect.Slice:
		n.form = formList
		if t.Elem().Kind() == reflect.Uint8 {
			n.form = formBytes
		}
		n.elem, err = c.node(t.Elem(), at.plus("[]"))
	case reflect.Array:
		err = c.fillArray(n, at)
	case reflect.Map:
		err = c.fillMap(n, at)
	case reflect.Struct:
		err = c.fillStruct(n, at)
	case reflect.Pointer:
		err = c.fillPointer(n, at)
	case reflect.Interface:
		switch {
		case t == typeError:
			n.form = formError
		case t.NumMethod() == 0:
			n.form = formAny
		default:
			err = refused(at, "interface "+t.String())
		}
	case reflect.UnsafePointer:
		err = refused(at, "unsafe.Pointer")
	default: // func, chan
		err = refused(at, t.Kind().String())
	}
	return err
}

func (c *compiler) fillArray(n *node, at path) (err *placeError) {
	n.form = formList
	if n.typ.Elem().Kind() == reflect.Uint8 {
		n.form = formBytes
	}
	if n.elem, err = c.node(n.typ.Elem(), at.plus("[]")); err != nil {
		return err
	}
	n.fixed, n.flat = n.elem.fixed, n.elem.flat
	if n.flat {
		n.min = 1 + times(n.typ.Len(), n.elem.min)
	}
	return nil
}

func (c *compiler) fillMap(n *node, at path) (err *placeError) {
	n.form = formMap
	if n.key, err = c.node(n.typ.Key(), at.key()); err != nil {
		return err
	}
	n.elem, err = c.node(n.typ.Elem(), at.plus("["+typeName(n.typ.Key())+"]"))
	return err
}

func typeName(t reflect.Type) string {
	if t.Name() != "" {
		return t.Name()
	}
	return t.String()
}

func (c *compiler) fillPointer(n *node, at path) (err *placeError) {
	n.form = formPointer
	seen := map[reflect.Type]bool{}
	for t := n.typ; t.Kind() == reflect.Pointer; t = t.Elem() {
		if seen[t] {
			return refused(at, "a pointer to its own type")
		}
		seen[t] = true
	}
	if n.typ.Elem() == typeError {
		return refused(at, "a pointer to an error interface")
	}
	n.elem, err = c.node(n.typ.Elem(), at)
	return err
}

// times is a*b, or more than MaxBytes where that is too much anyway.
func times(a, b int) int {
	if b > 0 && a > MaxBytes/b {
		return MaxBytes + 1
	}
	return a * b
}

// marshallers are the pairs of interfaces by which a type marshals itself, in
// the order in which CBOR looks for them.
var marshallers = []struct {
	marshal, unmarshal reflect.Type
	names              [2]string
}{
	{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[cbor.Unmarshaler](), [2]string{"MarshalCBOR", "UnmarshalCBOR"}},
	{reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](), [2]string{"MarshalBinary", "UnmarshalBinary"}},
}

func marshalsItself(t reflect.Type, at path) (bool, *placeError) {
	if t.Kind() == reflect.Interface {
		return false, nil
	}
	p := reflect.PointerTo(t)
	for _, m := range marshallers {
		marshals, unmarshals := p.Implements(m.marshal), p.Implements(m.unmarshal)
		switch {
		case marshals && unmarshals:
			return true, nil
		case marshals:
			return false, refused(at, t.String()+" with "+m.names[0]+" but no "+m.names[1])
		case unmarshals:
			return false, refused(at, t.String()+" with "+m.names[1]+" but no "+m.names[0])
		}
	}
	return false, nil
}
