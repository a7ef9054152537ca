package codec

import (
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// any walks the value in an any, whose type only shows now.
func (w *walk) any(v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	x := v.Elem()
	if _, ok := x.Interface().(error); ok {
		return w.error(x)
	}
	n, bad := dynamic(x.Type())
	if bad != nil {
		return reflect.Value{}, bad
	}
	if w.inKey > 0 && !n.hashable() {
		return reflect.Value{}, refused(path{}, x.Type().String()+" in an any")
	}
	if err := w.enter(reference{}); err != nil {
		return reflect.Value{}, err
	}
	defer w.leave(reference{})
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

// zeroTime is the zero time in an any, which the library would send as nil.
type zeroTime struct{}

func (zeroTime) MarshalCBOR() ([]byte, error) {
	return encMode.Marshal(cbor.Tag{Number: 0, Content: time.Time{}.Format(time.RFC3339)})
}

func (zeroTime) UnmarshalCBOR([]byte) error { return errors.ErrUnsupported }
