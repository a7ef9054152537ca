package codec

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
)

// A Key is a codec for keys, which are the same where their encodings are. So that this
// holds for all that Go calls equal, 0.0 and -0.0 have one encoding, and so have all NaNs.
type Key[K comparable] struct {
	*Codec[K]
	plain bool // there are no floats in it
}

// KeyOf is Of for keys.
func KeyOf[K comparable]() (*Key[K], error) {
	c, err := Of[K]()
	if err != nil {
		return nil, err
	}
	return &Key[K]{c, !mayHaveFloats(reflect.TypeFor[K](), make(map[reflect.Type]bool))}, nil
}

// EncodeIn is Codec.EncodeIn. What an any in the key holds has to be comparable, else the
// error matches ErrType.
func (k *Key[K]) EncodeIn(room []byte, v *K) ([]byte, error) {
	if k.plain {
		return k.Codec.EncodeIn(room, v)
	}
	x := *v
	if err := canonical(reflect.ValueOf(&x).Elem(), 0); err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	return k.Codec.EncodeIn(room, &x)
}

func mayHaveFloats(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128, reflect.Interface:
		return true
	case reflect.Array, reflect.Pointer:
		return mayHaveFloats(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if mayHaveFloats(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// mostPointers is how many pointers are followed into a key. What is behind more is a
// cycle, or as good as one, which the encoding refuses.
const mostPointers = 100

// canonical makes equal floats in v the same bits. What v points to it copies before.
func canonical(v reflect.Value, pointers int) error {
	if _, own := v.Interface().(encoding.BinaryMarshaler); own {
		return nil
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		v.SetFloat(oneFloat(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		v.SetComplex(complex(oneFloat(real(c)), oneFloat(imag(c))))
	case reflect.Array:
		for i := range v.Len() {
			if err := canonical(v.Index(i), pointers); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				if err := canonical(f, pointers); err != nil {
					return err
				}
			}
		}
	case reflect.Interface:
		return canonicalAny(v, pointers)
	case reflect.Pointer:
		if v.IsNil() || pointers == mostPointers {
			return nil
		}
		to := reflect.New(v.Type().Elem())
		to.Elem().Set(v.Elem())
		v.Set(to)
		return canonical(to.Elem(), pointers+1)
	}
	return nil
}

func canonicalAny(v reflect.Value, pointers int) error {
	if v.IsNil() {
		return nil
	}
	in := v.Elem()
	if !in.Comparable() {
		return fmt.Errorf("%w: a %s cannot be part of a key", ErrType, in.Type())
	}
	to := reflect.New(in.Type()).Elem()
	to.Set(in)
	if err := canonical(to, pointers); err != nil {
		return err
	}
	v.Set(to)
	return nil
}

func oneFloat(f float64) float64 {
	switch {
	case f == 0:
		return 0
	case math.IsNaN(f):
		return math.NaN()
	}
	return f
}
