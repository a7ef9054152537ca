package codec

import (
	"reflect"
	"sync"
	"time"
)

// any walks the value in an any, whose type only shows now.
func (w *walk) any(v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	x := v.Elem()
	if err, ok := x.Interface().(error); ok {
		return w.crossing(err)
	}
	n, bad := dynamic(x.Type())
	if bad != nil {
		return reflect.Value{}, bad
	}
	if w.inKey > 0 && !n.hashable() {
		return reflect.Value{}, refused(path{}, x.Type().String()+" in an any")
	}
	if x.Kind() == reflect.Pointer { // which may lead back to this any and nothing else
		if err := w.descend(); err != nil {
			return reflect.Value{}, err
		}
		defer w.ascend()
	}
	w.inAny++
	defer func() { w.inAny-- }()
	replaced, err := w.value(n, x)
	if err != nil {
		return reflect.Value{}, err
	}
	switch {
	case n.form == formRaw:
		return reflect.ValueOf(x.Uint()), nil
	case n.form == formTime && x.Interface().(time.Time).IsZero():
		return reflect.ValueOf(zeroTime{}), nil
	}
	return replaced, nil
}

// dynamics has what is known of the types that came along in an any.
var dynamics sync.Map // of reflect.Type to dynamicType

type dynamicType struct {
	node *node
	bad  *placeError
}

func dynamic(t reflect.Type) (*node, *placeError) {
	if d, ok := dynamics.Load(t); ok {
		return d.(dynamicType).node, d.(dynamicType).bad
	}
	n, raw, err := compile(t, path{})
	if err == nil && raw != nil && t.Kind() != reflect.Uintptr {
		err = raw
	}
	dynamics.Store(t, dynamicType{n, err})
	return n, err
}
