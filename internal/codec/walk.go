package codec

import (
	"errors"
	"fmt"
	"reflect"
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

	errors map[error]*Error // those met before; one may stand in many places

	refuse func(x any) error // asked about what marshals itself, if it is not nil
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
func prepare(n *node, v reflect.Value, refuse func(x any) error) (int, error) {
	if n.flat {
		return n.min, nil
	}
	w := &walk{refuse: refuse}
	replaced, err := w.value(n, v)
	if err != nil && n.loops && (errors.Is(err, errDeep) || errors.Is(err, ErrTooLarge)) {
		w = &walk{onPath: map[reference]bool{}, refuse: refuse}
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
	case formOwn:
		if err := w.own(n, v); err != nil {
			return reflect.Value{}, err
		}
	}
	return reflect.Value{}, w.add(n.min)
}

func (w *walk) add(n int) *placeError {
	if w.size += n; w.size > MaxBytes {
		return tooLarge(path{})
	}
	return nil
}

// descend goes one level down, to ascend from it.
func (w *walk) descend() *placeError {
	if w.depth++; w.depth > maxDepth {
		return &placeError{text: fmt.Sprintf("nested deeper than %d levels", maxDepth), match: errDeep}
	}
	return nil
}

func (w *walk) ascend() { w.depth-- }

// follow notes that r leads on from here, until forget.
func (w *walk) follow(r reference) *placeError {
	if w.onPath == nil {
		return nil
	}
	if w.onPath[r] {
		return &placeError{text: "a cycle cannot be sent to a process"}
	}
	w.onPath[r] = true
	return nil
}

func (w *walk) forget(r reference) {
	if w.onPath != nil {
		delete(w.onPath, r)
	}
}

// own asks whether v, which marshals itself, may be encoded.
func (w *walk) own(n *node, v reflect.Value) *placeError {
	if err := w.refused(v); err != nil {
		return err
	}
	if n.binary && w.inAny > 0 {
		return refused(path{}, n.typ.String()+" in an any, where its type is not known,")
	}
	return nil
}

func (w *walk) refused(v reflect.Value) *placeError {
	if w.refuse == nil {
		return nil
	}
	p := reflect.New(v.Type())
	if v.CanAddr() {
		p = v.Addr()
	} else {
		p.Elem().Set(v)
	}
	if err := w.refuse(p.Interface()); err != nil {
		return &placeError{text: err.Error(), match: ErrType}
	}
	return nil
}

func (w *walk) error(v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	return w.crossing(v.Interface().(error))
}

// crossing returns the Error to encode in err's place.
func (w *walk) crossing(err error) (reflect.Value, *placeError) {
	if reflect.TypeOf(err).Kind() != reflect.Pointer { // it may not be fit for a map
		e := NewError(err)
		return reflect.ValueOf(e), w.add(e.minSize())
	}
	e := w.errors[err]
	if e == nil {
		e = NewError(err)
		if w.errors == nil {
			w.errors = map[error]*Error{}
		}
		w.errors[err] = e
	}
	return reflect.ValueOf(e), w.add(e.minSize())
}
