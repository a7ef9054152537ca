package shm

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Spec is what an object is made as, and has to be when it is opened.
type Spec struct {
	Kind   Kind
	Type   [2]uint64 // fingerprint of the element type; zero where there is none
	Config [2]uint64 // a zero means nothing for an object that is there

	TypeName string // of the element type, for people; the end of a long one is cut off

	letters string // of a queue: name of that of its dead letters

	lock bool // all that is wanted is the lock, which objects of other kinds have too
}

func specOfType(k Kind, of driver.Type) Spec {
	return Spec{Kind: k, TypeName: of.Name, Type: [2]uint64{
		binary.LittleEndian.Uint64(of.Fingerprint[:8]), binary.LittleEndian.Uint64(of.Fingerprint[8:]),
	}}
}

// typeOfSpec is the type that specOfType was called with.
func typeOfSpec(spec Spec) (of driver.Type) {
	of.Name = spec.TypeName
	binary.LittleEndian.PutUint64(of.Fingerprint[:8], spec.Type[0])
	binary.LittleEndian.PutUint64(of.Fingerprint[8:], spec.Type[1])
	return of
}

func (s *Space) specOf(i int) (spec Spec) {
	at := s.object(i)
	spec.Kind = Kind(s.a.Load(at + entKind))
	for k := range uint64(2) {
		spec.Type[k] = s.a.Load(at + entType + 8*k)
		spec.Config[k] = s.a.Load(at + entConfig + 8*k)
	}
	if spec.Type != [2]uint64{} {
		spec.TypeName = s.loadText(at+entTypeName, maxTypeName)
	}
	return spec
}

// fits returns an error unless an object that is have can be opened as want.
func (have Spec) fits(want Spec) error {
	switch {
	case want.lock && have.Kind == ArrayKind:
		return nil
	case have.Kind != want.Kind:
		return fmt.Errorf("%w: it is a %v, not a %v", driver.ErrMismatch, have.Kind, want.Kind)
	case have.Type != want.Type:
		return fmt.Errorf("%w: its element type is %s, not %s", driver.ErrMismatch, have.TypeName, otherThan(have.TypeName, want.TypeName))
	}
	for k, v := range want.Config {
		if v != 0 && v != have.Config[k] {
			return fmt.Errorf("%w: it has %d %s, not %d", driver.ErrMismatch, have.Config[k], kinds[have.Kind].config[k], v)
		}
	}
	return nil
}

// otherThan is what to call a type where another is called have, and may have a long
// name's end cut off.
func otherThan(have, want string) string {
	if have == cut(want, maxTypeName) {
		return "another " + want
	}
	return want
}

// makersTime is how long one who makes what takes time to furnish, an array, is left
// alone with it, before who wants it too makes one in its stead: it may be stopped. It
// is some times as long as that takes.
func (have Spec) makersTime() time.Duration {
	const most = 1 << 40
	if have.Kind != ArrayKind {
		return 5 * time.Second
	}
	return 5*time.Second + time.Duration(min(have.Config[0]*have.Config[1], most))*4*time.Nanosecond
}
