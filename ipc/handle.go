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
//	ID of the object (8 bytes), identity of its space (8), length of the object's
//	name (1), the name, the name of its space; none for the family's

func (h *handle[O]) marshal() ([]byte, error) {
	if h.space == nil {
		return nil, errors.New("ipc: a handle that was not opened cannot be sent")
	}
	name := h.object.Name()
	identity, err := h.space.driver.Identity()
	if err != nil {
		return nil, fmt.Errorf("send %s %q: %w", h.kind, name, err)
	}
	inherit.Sent.Add(1)
	data := binary.LittleEndian.AppendUint64(nil, h.object.ID())
	data = binary.LittleEndian.AppendUint64(data, identity)
	data = append(data, byte(len(name)))
	data = append(data, name...)
	return append(data, h.space.Name()...), nil
}

func (h *handle[O]) unmarshal(data []byte, with opener[O], kind string) error {
	const fixed = 8 + 8 + 1
	if len(data) < fixed || len(data) < fixed+int(data[fixed-1]) {
		return fmt.Errorf("ipc: no %s's handle: %d bytes", kind, len(data))
	}
	id, identity := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	length := int(data[fixed-1])
	name, space := string(data[fixed:fixed+length]), string(data[fixed+length:])
	s, err := received(space, identity)
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

// spaces are those that were opened for handles received, by identity. They stay
// open.
var spaces struct {
	sync.Mutex
	byIdentity map[uint64]*Space
}

// received returns the space of a handle, which must be there still: another one
// that has its name by now is not it.
func received(name string, identity uint64) (*Space, error) {
	if name == "" {
		s, err := Family()
		if err == nil {
			err = isSpace(s.driver, identity)
		}
		return s, err
	}
	spaces.Lock()
	defer spaces.Unlock()
	if s := spaces.byIdentity[identity]; s != nil {
		return s, nil
	}
	d, err := local.Join(name)
	if err == nil {
		if err = isSpace(d, identity); err != nil {
			_ = d.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open space %q: %w", name, err)
	}
	if spaces.byIdentity == nil {
		spaces.byIdentity = make(map[uint64]*Space)
	}
	spaces.byIdentity[identity] = &Space{driver: d}
	return spaces.byIdentity[identity], nil
}

func isSpace(d driver.Space, identity uint64) error {
	is, err := d.Identity()
	if err == nil && is != identity {
		return fmt.Errorf("%w: it is another space than the handle's", ErrNotFound)
	}
	return err
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

// MarshalBinary lets the handle stand in what processes send one another. The lock
// has to be there still when it arrives.
func (m *RWMutex) MarshalBinary() ([]byte, error) { return m.marshal() }

// UnmarshalBinary attaches to the lock that another process has sent.
func (m *RWMutex) UnmarshalBinary(data []byte) error {
	return m.unmarshal(data, driver.Space.OpenRWMutex, "rwmutex")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// barrier has to be there still when it arrives.
func (b *Barrier) MarshalBinary() ([]byte, error) { return b.marshal() }

// UnmarshalBinary attaches to the barrier that another process has sent.
func (b *Barrier) UnmarshalBinary(data []byte) error {
	return b.unmarshal(data, barrierOf(0), "barrier")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// once has to be there still when it arrives.
func (o *Once) MarshalBinary() ([]byte, error) { return o.marshal() }

// UnmarshalBinary attaches to the once that another process has sent.
func (o *Once) UnmarshalBinary(data []byte) error {
	return o.unmarshal(data, driver.Space.OpenOnce, "once")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// condition has to be there still when it arrives.
func (c *Cond) MarshalBinary() ([]byte, error) { return c.marshal() }

// UnmarshalBinary attaches to the condition that another process has sent.
func (c *Cond) UnmarshalBinary(data []byte) error {
	return c.unmarshal(data, driver.Space.OpenCond, "cond")
}

// MarshalBinary lets the handle stand in what processes send one another. The
// semaphore has to be there still when it arrives.
func (m *Semaphore) MarshalBinary() ([]byte, error) { return m.marshal() }

// UnmarshalBinary attaches to the semaphore that another process has sent.
func (m *Semaphore) UnmarshalBinary(data []byte) error {
	return m.unmarshal(data, semaphoreOf(0), "semaphore")
}
