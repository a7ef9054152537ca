package remote

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"reflect"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A pointer is how functions and objects cross: by the number that one of the ends
// knows them by; 0 is nil.
type pointer struct {
	Number uint64
	Yours  bool // the receiver's number
}

// holding is how a driver.Holding crosses, most of which is its own secret.
type holding struct {
	Word, Token uint64
	Abandoned   bool
}

var holdingType = reflect.TypeFor[driver.Holding]()

func (p *peer) encodeAll(values []reflect.Value) ([][]byte, error) {
	var all [][]byte
	for _, v := range values {
		data, err := p.encode(v)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (p *peer) encode(v reflect.Value) ([]byte, error) {
	_, isProxy := v.Interface().(proxy)
	switch {
	case v.Type() == holdingType:
		h := v.Interface().(driver.Holding)
		v = reflect.ValueOf(holding{h.Word, h.Token(), h.Abandoned()})
	case isProxy, isPointer(v.Type()):
		v = reflect.ValueOf(p.pointer(v))
	}
	var data bytes.Buffer
	err := gob.NewEncoder(&data).EncodeValue(v)
	return data.Bytes(), err
}

func isPointer(t reflect.Type) bool { return t.Kind() == reflect.Func || t.Kind() == reflect.Interface }

func (p *peer) pointer(v reflect.Value) pointer {
	if r, ok := v.Interface().(proxy); ok {
		return pointer{r.number(), true}
	}
	if v.IsNil() {
		return pointer{}
	}
	return pointer{Number: p.keep(v)}
}

func (p *peer) decode(data []byte, t reflect.Type) (reflect.Value, error) {
	from := gob.NewDecoder(bytes.NewReader(data))
	switch {
	case t == holdingType:
		var h holding
		err := from.Decode(&h)
		return reflect.ValueOf(driver.NewHolding(h.Word, h.Token, h.Abandoned)), err
	case isPointer(t):
		var at pointer
		if err := from.Decode(&at); err != nil {
			return reflect.Value{}, err
		}
		return p.follow(at, t)
	}
	v := reflect.New(t)
	err := from.DecodeValue(v)
	return v.Elem(), err
}

// follow returns what a pointer points to: a thing of ours, or a stand-in for one
// of the other end.
func (p *peer) follow(at pointer, t reflect.Type) (reflect.Value, error) {
	switch {
	case at.Number == 0:
		return reflect.Zero(t), nil
	case at.Yours:
		return p.thing(at.Number), nil
	case t.Kind() == reflect.Func:
		return p.function(at.Number, t), nil
	}
	of, ok := proxies[t]
	if !ok {
		return reflect.Value{}, fmt.Errorf("%v has no proxy in package remote", t)
	}
	return reflect.ValueOf(of(reference{p, at.Number})), nil
}

// function is a function at the other end. Its last result has to be an error.
func (p *peer) function(number uint64, t reflect.Type) reflect.Value {
	return reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		ctx := context.Background()
		if len(args) > 0 && t.In(0) == contextType {
			ctx, args = args[0].Interface().(context.Context), args[1:]
		}
		values, err := p.call(ctx, number, "", args...)
		var results []reflect.Value
		for i := range t.NumOut() - 1 {
			v := reflect.Zero(t.Out(i))
			if err == nil {
				v, err = p.decode(values[i], t.Out(i))
			}
			results = append(results, v)
		}
		failed := reflect.New(errorType).Elem()
		if err != nil {
			failed.Set(reflect.ValueOf(err))
		}
		return append(results, failed)
	})
}
