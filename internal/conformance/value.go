package conformance

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var valueTests = tests{
	"a value is empty, and then what was stored last": valueStores,
	"another element type is ErrMismatch":             valueOtherType,
	"updates of a value are exact":                    valueUpdates,
	"a value is never a mixture":                      valueWhole,
	"a reading stays whole while the value changes":   valueReading,
	"a value that does not fit leaves the old one":    valueTooLarge,
	"what old values took comes back":                 valueMemory,
	"a closed or deleted value is ErrClosed":          valueClosed,
}

var bytesType = driver.Type{Name: "[]byte", Fingerprint: [16]byte{1}}

func value(t *testing.T, s driver.Space, name string) driver.Value {
	t.Helper()
	v, err := s.OpenValue(background, named(name), bytesType)
	must(t, err)
	return v
}

// valued returns what v is.
func valued(t *testing.T, v driver.Value) (data []byte, version uint64) {
	t.Helper()
	r, err := v.Read(background)
	must(t, err)
	data = bytes.Clone(r.Bytes)
	v.Done(r)
	return data, r.Version
}

func valueStores(t *testing.T, attach func() driver.Space) {
	one, two := value(t, attach(), "v"), value(t, attach(), "v")
	if data, version := valued(t, one); len(data) != 0 || version != 0 {
		t.Errorf("a new value is %v, version %d", data, version)
	}
	for _, size := range []int{0, 1, 7, 8, 9, 120, 121, 5000, 30_000} {
		want := bytes.Repeat([]byte{byte(size)}, size)
		must(t, one.Store(background, want))
		if data, version := valued(t, two); !bytes.Equal(data, want) || version == 0 {
			t.Errorf("%d bytes came back as %d, version %d", size, len(data), version)
		}
	}
}

func valueOtherType(t *testing.T, attach func() driver.Space) {
	value(t, attach(), "v")
	long := strings.Repeat("map[string]", 10) + "int"
	_, err := attach().OpenValue(background, named("v"), driver.Type{Name: long, Fingerprint: [16]byte{2}})
	is(t, err, driver.ErrMismatch)
	if text := err.Error(); !strings.Contains(text, "[]byte") || !strings.Contains(text, long) {
		t.Errorf("the types are not named: %v", err)
	}
	_, err = attach().OpenValue(background, named("v"), driver.Type{Name: "[]byte", Fingerprint: [16]byte{2}})
	if is(t, err, driver.ErrMismatch); !strings.Contains(err.Error(), "another []byte") {
		t.Errorf("two types of one name are not told apart: %v", err)
	}
	_, err = attach().OpenInt64(background, named("v"))
	is(t, err, driver.ErrMismatch)
}

func valueUpdates(t *testing.T, attach func() driver.Space) {
	const processes, goroutines, times = 3, 2, 300
	var all sync.WaitGroup
	for range processes {
		s := attach()
		for range goroutines {
			v := value(t, s, "v")
			all.Go(func() {
				for range times {
					if err := increment(v); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	data, _ := valued(t, value(t, attach(), "v"))
	if sum := binary.LittleEndian.Uint64(data); sum != processes*goroutines*times {
		t.Errorf("the sum is %d", sum)
	}
}

func increment(v driver.Value) error {
	for {
		r, err := v.Read(background)
		if err != nil {
			return err
		}
		n := uint64(0)
		if r.Version != 0 {
			n = binary.LittleEndian.Uint64(r.Bytes)
		}
		v.Done(r)
		done, err := v.Swap(background, r.Version, binary.LittleEndian.AppendUint64(nil, n+1))
		if done || err != nil {
			return err
		}
	}
}

// pattern is n as a value: its size and each of its bytes tell n.
func pattern(n byte) []byte { return bytes.Repeat([]byte{n}, 1+int(n)*23) }

func isPattern(data []byte) bool {
	return len(data) > 0 && bytes.Equal(data, pattern(data[0]))
}

func valueWhole(t *testing.T, attach func() driver.Space) {
	const readers, times = 20, 200 // more at once than a process has cells of its own
	first := attach()
	must(t, value(t, first, "v").Store(background, pattern(0)))
	var all sync.WaitGroup
	for _, s := range []driver.Space{first, attach()} {
		v := value(t, s, "v")
		all.Go(func() {
			for i := range times {
				if err := v.Store(background, pattern(byte(i))); err != nil {
					t.Error(err)
				}
			}
		})
		for range readers {
			all.Go(func() {
				for range times {
					r, err := v.Read(background)
					if err != nil {
						t.Error(err)
						return
					}
					if !isPattern(r.Bytes) {
						t.Errorf("%d bytes that are no value", len(r.Bytes))
					}
					v.Done(r)
				}
			})
		}
	}
	all.Wait()
}

func valueReading(t *testing.T, attach func() driver.Space) {
	s := attach()
	one, two := value(t, s, "v"), value(t, attach(), "v")
	must(t, one.Store(background, pattern(200)))
	before := valueBytes(t, s)
	var readings []driver.Reading
	for i := range 20 {
		must(t, two.Store(background, pattern(byte(i))))
		r, err := one.Read(background)
		must(t, err)
		readings = append(readings, r)
	}
	for range 100 {
		must(t, two.Store(background, pattern(200)))
	}
	if bytes := valueBytes(t, s); bytes <= before || bytes > before+20*1024+3*512 {
		t.Errorf("the value has %d bytes while 20 small ones of it are read, %d before", bytes, before)
	}
	for i, r := range readings {
		if !bytes.Equal(r.Bytes, pattern(byte(i))) {
			t.Errorf("what was read as %d is that no more", i)
		}
		one.Done(r)
	}
	if bytes := valueBytes(t, s); bytes > before+3*512 { // the annexes that so many readings take stay
		t.Errorf("the value has %d bytes when nobody reads it, %d before", bytes, before)
	}
}

func valueBytes(t *testing.T, s driver.Space) int64 {
	t.Helper()
	stats, err := s.Stats(background)
	must(t, err)
	return stats.Objects[0].Bytes
}

func valueTooLarge(t *testing.T, attach func() driver.Space) {
	v := value(t, attach(), "v")
	must(t, v.Store(background, pattern(1)))
	const size = 16 << 20 // more than any space that the suite runs in
	err := v.Store(background, make([]byte, size))
	if !errors.Is(err, driver.ErrTooLarge) && !errors.Is(err, driver.ErrNoSpace) || !strings.Contains(err.Error(), "16777216 bytes") {
		t.Errorf("a value of %d bytes: %v", size, err)
	}
	var readings []driver.Reading // keep old values, until there is no room for more
	for err = nil; err == nil; {
		r, readErr := v.Read(background)
		must(t, readErr)
		readings = append(readings, r)
		err = v.Store(background, make([]byte, 30_000))
	}
	is(t, err, driver.ErrNoSpace)
	if !strings.Contains(err.Error(), "30000 bytes") {
		t.Errorf("the size is not named: %v", err)
	}
	if !isPattern(readings[0].Bytes) || len(readings[len(readings)-1].Bytes) != 30_000 {
		t.Error("old values are not what they were")
	}
	for _, r := range readings {
		v.Done(r)
	}
	must(t, v.Store(background, pattern(2)))
	if data, _ := valued(t, v); !bytes.Equal(data, pattern(2)) {
		t.Errorf("%d bytes", len(data))
	}
}

func valueMemory(t *testing.T, attach func() driver.Space) {
	s := attach()
	v, other := value(t, s, "v"), value(t, attach(), "v")
	must(t, v.Store(background, pattern(1)))
	before, err := s.Stats(background)
	must(t, err)
	for i := range 2000 {
		must(t, v.Store(background, make([]byte, i*7919%30_000)))
		valued(t, other)
	}
	must(t, other.Store(background, pattern(1)))
	after, err := s.Stats(background)
	must(t, err)
	if after.Used > before.Used+1<<20 || after.Objects[0].Bytes != before.Objects[0].Bytes {
		t.Errorf("%d bytes in use, the value's %d; %d and %d before",
			after.Used, after.Objects[0].Bytes, before.Used, before.Objects[0].Bytes)
	}
	if o := after.Objects[0]; o.Type != "[]byte" || o.Kind != "value" || o.Bytes <= 24 || o.Waiters != 0 {
		t.Errorf("Stats has %+v", o)
	}
}

func valueClosed(t *testing.T, attach func() driver.Space) {
	s := attach()
	v, other := value(t, s, "v"), value(t, attach(), "v")
	must(t, v.Store(background, pattern(1)))
	r, err := other.Read(background)
	must(t, err)
	must(t, s.Close())
	_, err = v.Read(background)
	is(t, err, driver.ErrClosed)
	is(t, v.Store(background, nil), driver.ErrClosed)
	must(t, attach().Delete(context.Background(), "v"))
	if !isPattern(r.Bytes) {
		t.Error("what is read when the value is deleted is that no more")
	}
	other.Done(r)
	_, err = other.Read(background)
	is(t, err, driver.ErrClosed)
	is(t, other.Store(background, nil), driver.ErrClosed)
	_, err = other.Swap(background, r.Version, nil)
	is(t, err, driver.ErrClosed)
}
