package codec

import "reflect"

// A compiler makes the nodes of one type and of all below it.
type compiler struct {
	nodes map[reflect.Type]*node
	raw   *placeError // the first formRaw, refused if the whole is not copied
	loops bool        // some type was found below itself

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
	root.loops = c.loops || root.open
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
		c.loops = c.loops || !n.made
		return n, nil
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
	case own || t == typeBig:
		n.form, n.binary = formOwn, marshalsAsBytes(t)
	default:
		err = c.fill(n, at)
	}
	n.made = true
	return n, err
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
