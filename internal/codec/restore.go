package codec

import (
	"math"
	"reflect"
)

// restore makes of what the library decoded, in place, what the package
// promises: the values in an any get their types, errors become FromWire's.
func restore(n *node, v reflect.Value) {
	if !n.open {
		return
	}
	switch n.form {
	case formAny:
		if !v.IsNil() {
			v.Set(reflect.ValueOf(promised(v.Interface())))
		}
	case formError:
		if e, ok := v.Interface().(*Error); ok {
			v.Set(reflect.ValueOf(fromWire(e)))
		}
	case formPointer:
		if !v.IsNil() {
			restore(n.elem, v.Elem())
		}
	case formList:
		for i := range v.Len() {
			restore(n.elem, v.Index(i))
		}
	case formStruct:
		for i := range n.fields {
			f := &n.fields[i]
			restore(f.node, v.FieldByIndex(f.index))
		}
	case formMap:
		restoreMap(n, v)
	}
}

// restoreMap makes the map anew: a NaN key could not be set a second time.
func restoreMap(n *node, v reflect.Value) {
	if v.IsNil() {
		return
	}
	out := reflect.MakeMapWithSize(n.typ, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		key, value := reflect.New(n.key.typ).Elem(), reflect.New(n.elem.typ).Elem()
		key.Set(entries.Key())
		value.Set(entries.Value())
		restore(n.key, key)
		restore(n.elem, value)
		out.SetMapIndex(key, value)
	}
	v.Set(out)
}

// promised returns x, decoded into an any, with the types that are promised for
// one: int64, and uint64 where that does not fit; maps of strings where all keys
// are strings.
func promised(x any) any {
	switch x := x.(type) {
	case uint64:
		if x <= math.MaxInt64 {
			return int64(x)
		}
	case []any:
		for i := range x {
			x[i] = promised(x[i])
		}
	case map[any]any:
		return promisedMap(x)
	case Error:
		return fromWire(&x)
	}
	return x
}

func promisedMap(m map[any]any) any {
	strings := make(map[string]any, len(m))
	for k, v := range m {
		s, ok := k.(string)
		if !ok {
			return promisedAnyMap(m)
		}
		strings[s] = promised(v)
	}
	return strings
}

func promisedAnyMap(m map[any]any) any {
	out := make(map[any]any, len(m))
	for k, v := range m {
		out[promised(k)] = promised(v)
	}
	return out
}
