package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// A walk goes over a value before it is encoded: it adds up the least size,
// finds cycles, and has errors and what CBOR cannot hold replaced. A part that
// must be replaced is copied, with all that leads to it; the caller's value
// stays as it is.
type walk struct {
	size   int
	depth  int
	inAny  int
	inKey  int
	onPath map[reference]bool // what leads here; nil in the first, quick walk
}

// A reference is a pointer, map or slice that may lead back to itself.
type reference struct {
	typ  reflect.Type
	at   uintptr
	size int
}

// errDeep marks an error that a cycle may be behind.
var errDeep = errors.New("nested too deep")

// prepare walks the value v, a variable of the caller's own, replaces in it what
// cannot be encoded as it is, and returns the least size of the encoding.
func prepare(n *node, v reflect.Value) (int, error) {
	if n.flat {
		return n.min, nil
	}
	w := &walk{}
	replaced, err := w.value(n, v)
	if err != nil && (errors.Is(err, errDeep) || errors.Is(err, ErrTooLarge)) {
		w = &walk{onPath: map[reference]bool{}}
		replaced, err = w.value(n, v)
	}
	if err != nil {
		err.path.root = n.rootPath().root
		return 0, err
	}
	if replaced.IsValid() {
		v.Set(replaced)
	}
	return w.size, nil
}

// value walks v, whose type is n's, and returns what to encode in its place; the
// zero Value if that is v itself.
func (w *walk) value(n *node, v reflect.Value) (reflect.Value, *placeError) {
	if n.flat {
		return reflect.Value{}, w.add(n.min)
	}
	switch n.form {
	case formString, formBytes:
		return reflect.Value{}, w.add(1 + v.Len())
	case formTime:
		return w.time(v)
	case formPointer:
		return w.pointer(n, v)
	case formList:
		return w.list(n, v)
	case formMap:
		return w.mapping(n, v)
	case formStruct:
		return w.structure(n, v)
	case formError:
		return w.error(v)
	case formAny:
		return w.any(v)
	}
	return reflect.Value{}, w.add(n.min)
}

func (w *walk) add(n int) *placeError {
	if w.size += n; w.size > MaxBytes {
		return tooLarge(path{})
	}
	return nil
}

// enter goes one level down, through r if that is not the zero reference.
func (w *walk) enter(r reference) *placeError {
	if w.depth++; w.depth > maxDepth {
		return &placeError{text: fmt.Sprintf("nested deeper than %d levels", maxDepth), match: errDeep}
	}
	if w.onPath == nil || r.typ == nil {
		return nil
	}
	if w.onPath[r] {
		return &placeError{text: "a cycle cannot be sent to a process"}
	}
	w.onPath[r] = true
	return nil
}

func (w *walk) leave(r reference) {
	w.depth--
	delete(w.onPath, r)
}

func (w *walk) pointer(n *node, v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	r := reference{typ: n.typ, at: v.Pointer()}
	if err := w.enter(r); err != nil {
		return reflect.Value{}, err
	}
	defer w.leave(r)
	replaced, err := w.value(n.elem, v.Elem())
	if err != nil || !replaced.IsValid() {
		return reflect.Value{}, err
	}
	p := reflect.New(n.elem.typ)
	p.Elem().Set(replaced)
	return p.Convert(n.typ), nil
}

func (w *walk) list(n *node, v reflect.Value) (out reflect.Value, err *placeError) {
	if n.elem.flat {
		return out, w.add(1 + times(v.Len(), n.elem.min))
	}
	if err := w.add(1); err != nil {
		return out, err
	}
	var r reference
	if v.Kind() == reflect.Slice {
		r = reference{typ: n.typ, at: v.Pointer(), size: v.Len()}
	}
	if err := w.enter(r); err != nil {
		return out, err
	}
	defer w.leave(r)
	for i := range v.Len() {
		replaced, err := w.value(n.elem, v.Index(i))
		if err != nil {
			return out, err.below("[" + strconv.Itoa(i) + "]")
		}
		if replaced.IsValid() {
			if !out.IsValid() {
				out = copyList(v)
			}
			out.Index(i).Set(replaced)
		}
	}
	return out, nil
}

func copyList(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Slice {
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(out, v)
		return out
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

func (w *walk) mapping(n *node, v reflect.Value) (out reflect.Value, err *placeError) {
	if n.key.flat && n.elem.flat {
		return out, w.add(1 + times(v.Len(), n.key.min+n.elem.min))
	}
	if err := w.add(1); err != nil {
		return out, err
	}
	r := reference{typ: n.typ, at: v.Pointer()}
	if err := w.enter(r); err != nil {
		return out, err
	}
	defer w.leave(r)
	if w.inAny > 0 && !n.key.hashable() {
		return out, refused(path{}, "key of type "+n.key.typ.String()+" in an any").belowKey()
	}
	pairs := make([]pair, 0, v.Len())
	changed := false
	for entries := v.MapRange(); entries.Next(); {
		p := pair{entries.Key(), entries.Value()}
		replaced, err := w.pair(n, &p)
		if err != nil {
			return out, err
		}
		changed = changed || replaced
		pairs = append(pairs, p)
	}
	if changed {
		out = reflect.MakeMapWithSize(n.typ, len(pairs))
		for _, p := range pairs {
			out.SetMapIndex(p.key, p.value)
		}
	}
	return out, nil
}

type pair struct{ key, value reflect.Value }

// pair walks a map's entry and replaces in p what must be.
func (w *walk) pair(n *node, p *pair) (replaced bool, err *placeError) {
	w.inKey++
	key, err := w.value(n.key, p.key)
	w.inKey--
	if err != nil {
		return false, err.belowKey()
	}
	value, err := w.value(n.elem, p.value)
	if err != nil {
		return false, err.below("[" + keyText(p.key) + "]")
	}
	if key.IsValid() {
		p.key = key
	}
	if value.IsValid() {
		p.value = value
	}
	return key.IsValid() || value.IsValid(), nil
}

// keyText is a key as it stands in a path. It calls none of the user's methods.
func keyText(key reflect.Value) string {
	if key.Kind() == reflect.Interface && !key.IsNil() {
		key = key.Elem()
	}
	switch {
	case key.Kind() == reflect.String && key.Len() <= 40:
		return strconv.Quote(key.String())
	case key.CanInt():
		return strconv.FormatInt(key.Int(), 10)
	case key.CanUint():
		return strconv.FormatUint(key.Uint(), 10)
	}
	return typeName(key.Type())
}

func (w *walk) structure(n *node, v reflect.Value) (out reflect.Value, err *placeError) {
	if err := w.add(1); err != nil {
		return out, err
	}
	if err := w.enter(reference{}); err != nil {
		return out, err
	}
	defer w.leave(reference{})
	for i := range n.fields {
		f := &n.fields[i]
		fv := v.FieldByIndex(f.index)
		if f.omit && isEmpty(fv) {
			continue
		}
		if err := w.add(f.minName(n)); err != nil {
			return out, err
		}
		replaced, err := w.value(f.node, fv)
		if err != nil {
			return out, err.below(f.label)
		}
		if replaced.IsValid() {
			if !out.IsValid() {
				out = reflect.New(n.typ).Elem()
				out.Set(v)
			}
			out.FieldByIndex(f.index).Set(replaced)
		}
	}
	return out, nil
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// time replaces a time whose zone RFC 3339 cannot tell: those of old had seconds
// in their offsets. The instant stays.
func (w *walk) time(v reflect.Value) (reflect.Value, *placeError) {
	t := v.Interface().(time.Time)
	if err := w.add(1); err != nil || t.IsZero() {
		return reflect.Value{}, err
	}
	replaced := reflect.Value{}
	if _, offset := t.Zone(); offset%60 != 0 || offset <= -24*3600 || offset >= 24*3600 {
		t = t.UTC()
		replaced = reflect.ValueOf(t)
	}
	if y := t.Year(); y < 0 || y > 9999 {
		return replaced, refused(path{}, fmt.Sprintf("time of the year %d", y))
	}
	return replaced, nil
}

func (w *walk) error(v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	e := NewError(v.Interface().(error))
	return reflect.ValueOf(e), w.add(1 + len(e.Msg))
}
