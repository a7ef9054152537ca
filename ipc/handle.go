package ipc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/driver/local"
	"github.com/multiproc-go/multiproc/internal/inherit"
)

// A handle is what all objects' handles have in common: the driver's object, and
// that they can be sent to other processes.
type handle[O driver.Object] struct {
	object O
	space  *Space
	kind   string
}

// opener is the method of a space that opens objects of a kind.
type opener[O driver.Object] func(s driver.Space, ctx context.Context, which driver.Which) (O, error)

func open[O driver.Object](ctx context.Context, s *Space, with opener[O], kind, name string) (h handle[O], err error) {
	o, err := with(s.driver, ctx, driver.Which{Name: name})
	if err != nil {
		return h, fmt.Errorf("open %s %q: %w", kind, name, err)
	}
	return handle[O]{o, s, kind}, nil
}

// Name returns the object's name.
func (h *handle[O]) Name() string { return h.object.Name() }

func (h *handle[O]) failed(verb string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %s %q: %w", verb, h.kind, h.object.Name(), err)
	}
	return nil
}

// A handle crosses to another process as
//
//	ID of the object (8 bytes), length of the object's name (1 byte), the name,
//	the name of its space; none for the family's

func (h *handle[O]) marshal() ([]byte, error) {
	if h.space == nil {
		return nil, errors.New("ipc: a handle that was not opened cannot be sent")
	}
	inherit.Sent.Add(1)
	name := h.object.Name()
	data := binary.LittleEndian.AppendUint64(nil, h.object.ID())
	data = append(data, byte(len(name)))
	data = append(data, name...)
	return append(data, h.space.Name()...), nil
}

func (h *handle[O]) unmarshal(data []byte, with opener[O], kind string) error {
	if len(data) < 9 || len(data) < 9+int(data[8]) {
		return fmt.Errorf("ipc: no %s's handle: %d bytes", kind, len(data))
	}
	id := binary.LittleEndian.Uint64(data)
	name, space := string(data[9:9+data[8]]), string(data[9+int(data[8]):])
	s, err := received(space)
	if err != nil {
		return fmt.Errorf("receive %s %q: %w", kind, name, err)
	}
	o, err := with(s.driver, context.Background(), driver.Which{Name: name, ID: id})
	if err != nil {
		return fmt.Errorf("receive %s %q: %w", kind, name, err)
	}
	*h = handle[O]{o, s, kind}
	return nil
}

// spaces are those that were opened for handles received. They stay open.
var spaces struct {
	sync.Mutex
	byName map[string]*Space
}

func received(name string) (*Space, error) {
	if name == "" {
		return Family()
	}
	spaces.Lock()
	defer spaces.Unlock()
	if s := spaces.byName[name]; s != nil {
		return s, nil
	}
	d, err := local.Open(context.Background(), name, 0)
	if err != nil {
		return nil, fmt.Errorf("open space %q: %w", name, err)
	}
	if spaces.byName == nil {
		spaces.byName = make(map[string]*Space)
	}
	spaces.byName[name] = &Space{driver: d}
	return spaces.byName[name], nil
}

// MarshalBinary lets the handle stand in what processes send one another. The
// mutex has to be there still when it arrives.
func (m *Mutex) MarshalBinary() ([]byte, error) { return m.marshal() }

// UnmarshalBinary attaches to the mutex that another process has sent.
func (m *Mutex) UnmarshalBinary(data []byte) error {
	return m.unmarshal(data, driver.Space.OpenMutex, "mutex")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// event has to be there still when it arrives.
func (e *Event) MarshalBinary() ([]byte, error) { return e.marshal() }

// UnmarshalBinary attaches to the event that another process has sent.
func (e *Event) UnmarshalBinary(data []byte) error {
	return e.unmarshal(data, driver.Space.OpenEvent, "event")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// integer has to be there still when it arrives.
func (i *Int64) MarshalBinary() ([]byte, error) { return i.marshal() }

// UnmarshalBinary attaches to the integer that another process has sent.
func (i *Int64) UnmarshalBinary(data []byte) error {
	return i.unmarshal(data, driver.Space.OpenInt64, "int64")
}
