package codec

import (
	"fmt"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

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

// zeroTime is the zero time in an any, which the library would send as nil.
type zeroTime struct{}

func (zeroTime) MarshalCBOR() ([]byte, error) {
	return encMode.Marshal(cbor.Tag{Number: 0, Content: time.Time{}.Format(time.RFC3339)})
}
