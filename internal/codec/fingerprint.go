package codec

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// fingerprint hashes all of a type that its encoding depends on. Names of types
// do not matter, but for those that marshal themselves.
func fingerprint(root *node) [16]byte {
	var d description
	d.node(root)
	sum := sha256.Sum256([]byte(d.text.String()))
	return [16]byte(sum[:16])
}

// A description writes a type's structure as text.
type description struct {
	text strings.Builder
	open []*node // those being described, so that a recursive type ends
}

func (d *description) node(n *node) {
	for i, outer := range d.open {
		if outer == n {
			fmt.Fprintf(&d.text, "^%d", len(d.open)-i)
			return
		}
	}
	d.open = append(d.open, n)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	switch n.form {
	case formOwn:
		fmt.Fprintf(&d.text, "own %q.%q", n.typ.PkgPath(), n.typ.String())
	case formTime:
		d.text.WriteString("time")
	case formError:
		d.text.WriteString("error")
	case formStruct:
		d.structure(n)
	default:
		fmt.Fprintf(&d.text, "%s", n.typ.Kind())
		d.below(n)
	}
}

func (d *description) below(n *node) {
	if n.key != nil {
		d.text.WriteString("[")
		d.node(n.key)
		d.text.WriteString("]")
	}
	if n.elem != nil {
		if n.typ.Kind().String() == "array" {
			fmt.Fprintf(&d.text, "[%d]", n.typ.Len())
		}
		d.text.WriteString("(")
		d.node(n.elem)
		d.text.WriteString(")")
	}
}

func (d *description) structure(n *node) {
	fmt.Fprintf(&d.text, "struct array=%t {", n.array)
	if n.fixed { // blank fields have their place in a copy
		fmt.Fprintf(&d.text, "size %d;", n.typ.Size())
	}
	for i := range n.fields {
		f := &n.fields[i]
		fmt.Fprintf(&d.text, "%q number=%t omit=%t embedded=%t ", f.name, f.asInt, f.omit, f.embedded)
		if n.fixed {
			fmt.Fprintf(&d.text, "at %d ", n.typ.FieldByIndex(f.index).Offset)
		}
		d.node(f.node)
		d.text.WriteString(";")
	}
	d.text.WriteString("}")
}
