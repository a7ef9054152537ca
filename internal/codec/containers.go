package codec

import (
	"reflect"
	"strconv"
)

// pointer is no level of its own in CBOR. What it can lead back through is.
func (w *walk) pointer(n *node, v reflect.Value) (reflect.Value, *placeError) {
	if v.IsNil() {
		return reflect.Value{}, w.add(1)
	}
	r := reference{typ: n.typ, at: v.Pointer()}
	if err := w.follow(r); err != nil {
		return reflect.Value{}, err
	}
	defer w.forget(r)
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
	if err := w.descend(); err != nil {
		return out, err
	}
	defer w.ascend()
	if v.Kind() == reflect.Slice && v.Len() > 0 {
		r := reference{typ: n.typ, at: v.Pointer(), size: v.Len()}
		if err := w.follow(r); err != nil {
			return out, err
		}
		defer w.forget(r)
	}
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
	if w.inAny > 0 && !n.key.hashable() {
		return out, refused(path{}, n.key.typ.String()+" in an any").belowKey()
	}
	if n.key.flat && n.elem.flat {
		return out, w.add(1 + times(v.Len(), n.key.min+n.elem.min))
	}
	if err := w.add(1); err != nil {
		return out, err
	}
	if err := w.descend(); err != nil {
		return out, err
	}
	defer w.ascend()
	r := reference{typ: n.typ, at: v.Pointer()}
	if err := w.follow(r); err != nil {
		return out, err
	}
	defer w.forget(r)
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
	if err := w.descend(); err != nil {
		return out, err
	}
	defer w.ascend()
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
