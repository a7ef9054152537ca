package codec

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A field is one field of a struct as CBOR has it. The fields of a struct that
// is embedded by value are its holder's.
type field struct {
	name  string // in CBOR
	label string // in Go, for paths
	index []int
	node  *node
	omit  bool // left out where it is empty or zero
	asInt bool // the name is a number

	embedded bool // a pointer to a struct whose fields are the holder's in CBOR
}

// minName is the least that the field's name takes.
func (f *field) minName(n *node) int {
	switch {
	case n.array || f.embedded:
		return 0
	case f.asInt:
		return 1
	}
	return 1 + len(f.name)
}

func (c *compiler) fillStruct(n *node, at path) *placeError {
	n.form = formStruct
	s := structFields{c: c, n: n, fixed: true}
	if f, ok := n.typ.FieldByName("_"); ok {
		_, opts, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		n.array = hasOption(opts, "toarray") || hasOption(opts, "toindefarray")
	}
	if err := s.collect(n.typ, nil, "", at); err != nil {
		return err
	}
	c.structs = append(c.structs, structAt{n, at})
	n.fixed, n.flat = s.fixed, true
	for _, f := range n.fields {
		n.flat = n.flat && f.node.flat && !f.omit
		if !f.omit {
			n.min = min(n.min+f.minName(n)+f.node.min, MaxBytes+1)
		}
	}
	return nil
}

// structFields collects the fields of one struct.
type structFields struct {
	c     *compiler
	n     *node
	fixed bool
}

// collect takes the fields of t, which stands at index in the struct: t is the
// struct itself or is embedded in it.
func (s *structFields) collect(t reflect.Type, index []int, label string, at path) *placeError {
	for i := range t.NumField() {
		sf := t.Field(i)
		sf.Index = append(append([]int{}, index...), i)
		if err := s.take(sf, label+"."+sf.Name, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *structFields) take(sf reflect.StructField, label string, at path) *placeError {
	here := at.plus(label)
	tag, cborTag := parseTag(sf.Tag)
	switch {
	case sf.Name == "_":
		return nil
	case tag.dropped && !cborTag:
		return refused(here, "field dropped by its json tag")
	case tag.dropped:
		s.fixed = false
		return nil
	}
	embedded := embeddedStruct(sf, tag)
	if embedded != nil {
		if own, _ := marshalsItself(embedded, here); own || embedded == typeTime || embedded == typeBig {
			return refused(here, "embedded "+embedded.String()+", whose own encoding would be lost,")
		}
		if embedded == sf.Type {
			return s.collect(embedded, sf.Index, label, at)
		}
	}
	if !sf.IsExported() {
		return refused(here, "unexported field")
	}
	return s.add(sf, tag, label, here)
}

// embeddedStruct returns the struct that the field embeds, by value or by
// pointer, or nil. One with a name in its tag is a field like any other.
func embeddedStruct(sf reflect.StructField, tag fieldTag) reflect.Type {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if sf.Anonymous && tag.name == "" && t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

func (s *structFields) add(sf reflect.StructField, tag fieldTag, label string, here path) (err *placeError) {
	f := field{name: tag.name, label: label, index: sf.Index, omit: tag.omit, asInt: tag.asInt}
	switch {
	case embeddedStruct(sf, tag) != nil:
		f.embedded, f.omit = true, true
	case tag.asInt:
		number, err := strconv.Atoi(tag.name)
		if err != nil {
			return refused(here, "field with keyasint but no number in its tag")
		}
		f.name = strconv.Itoa(number)
	case tag.name == "":
		f.name = sf.Name
	}
	if f.node, err = s.c.node(sf.Type, here); err != nil {
		return err
	}
	s.fixed = s.fixed && f.node.fixed
	s.n.fields = append(s.n.fields, f)
	return nil
}

// names refuses the second field of a name in the struct n, of which CBOR would
// drop one, and a struct that embeds itself. taken has each name's field.
func names(n *node, at path, label string, taken map[string]string, within []*node) *placeError {
	if slices.Contains(within, n) {
		return refused(at.plus(label), "a struct that embeds itself")
	}
	within = append(within, n)
	for _, f := range n.fields {
		if f.embedded {
			if err := names(f.node.elem, at, label+f.label, taken, within); err != nil {
				return err
			}
			continue
		}
		name := f.name
		if f.asInt {
			name = "#" + name
		}
		if other, ok := taken[name]; ok {
			return refused(at.plus(label+f.label), "field with the name of "+at.plus(other).String())
		}
		taken[name] = label + f.label
	}
	return nil
}

// fieldTag is what CBOR takes from a field's tag: the one called cbor or, if
// there is none, the one called json.
type fieldTag struct {
	name    string
	omit    bool
	asInt   bool
	dropped bool
}

// parseTag also tells whether the tag is CBOR's own.
func parseTag(tags reflect.StructTag) (fieldTag, bool) {
	text := tags.Get("cbor")
	own := text != ""
	if !own {
		text = tags.Get("json")
	}
	if text == "-" {
		return fieldTag{dropped: true}, own
	}
	name, opts, _ := strings.Cut(text, ",")
	return fieldTag{
		name:  name,
		omit:  hasOption(opts, "omitempty") || hasOption(opts, "omitzero"),
		asInt: hasOption(opts, "keyasint"),
	}, own
}

func hasOption(opts, want string) bool {
	for opt := range strings.SplitSeq(opts, ",") {
		if opt == want {
			return true
		}
	}
	return false
}
