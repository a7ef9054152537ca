package codec

import (
	"encoding"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// marshallers are the pairs of interfaces by which a type marshals itself, in
// the order in which CBOR looks for them.
var marshallers = []struct {
	marshal, unmarshal reflect.Type
	names              [2]string
}{
	{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[cbor.Unmarshaler](), [2]string{"MarshalCBOR", "UnmarshalCBOR"}},
	{reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](), [2]string{"MarshalBinary", "UnmarshalBinary"}},
}

func marshalsItself(t reflect.Type, at path) (bool, *placeError) {
	if t.Kind() == reflect.Interface {
		return false, nil
	}
	p := reflect.PointerTo(t)
	for _, m := range marshallers {
		marshals, unmarshals := p.Implements(m.marshal), p.Implements(m.unmarshal)
		switch {
		case marshals && unmarshals:
			return true, nil
		case marshals:
			return false, refused(at, t.String()+" with "+m.names[0]+" but no "+m.names[1])
		case unmarshals:
			return false, refused(at, t.String()+" with "+m.names[1]+" but no "+m.names[0])
		}
	}
	return false, nil
}
