package codec_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/multiproc-go/multiproc/internal/codec"
)

func keyed[K comparable](t *testing.T, k K) []byte {
	t.Helper()
	c, err := codec.KeyOf[K]()
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.EncodeIn(nil, &k)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}

func TestKey_equalKeysHaveOneEncoding(t *testing.T) {
	type place struct {
		X    float32
		Name string
		Any  any
		Next *float64
	}
	zero, minus := 0.0, math.Copysign(0, -1)
	nan := math.Float64frombits(0x7ff8_0000_0000_0123)
	for name, pair := range map[string][2][]byte{
		"zeros":      {keyed(t, zero), keyed(t, minus)},
		"NaNs":       {keyed(t, math.NaN()), keyed(t, nan)},
		"in any":     {keyed[any](t, zero), keyed[any](t, minus)},
		"in structs": {keyed(t, place{0, "a", zero, &zero}), keyed(t, place{float32(minus), "a", minus, &minus})},
		"in arrays":  {keyed(t, [2]float64{1, zero}), keyed(t, [2]float64{1, minus})},
		"complex":    {keyed(t, complex(zero, 1)), keyed(t, complex(minus, 1))},
	} {
		if !bytes.Equal(pair[0], pair[1]) {
			t.Errorf("%s: %x and %x", name, pair[0], pair[1])
		}
	}
	if bytes.Equal(keyed(t, 1.0), keyed(t, 2.0)) {
		t.Error("1 and 2 are one key")
	}
	if !math.Signbit(minus) {
		t.Error("what a key points to was changed")
	}
}

func TestKey_whatCannotBeComparedIsNoKey(t *testing.T) {
	c, err := codec.KeyOf[any]()
	if err != nil {
		t.Fatal(err)
	}
	var k any = []int{1}
	if _, err := c.EncodeIn(nil, &k); !errors.Is(err, codec.ErrType) {
		t.Errorf("a slice as a key: %v", err)
	}
}
