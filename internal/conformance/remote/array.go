package remote

import (
	"context"
	"sync"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Near attaches this process itself to the space of that name: memory does not cross,
// so that an array's is mapped here too.
var Near func(space string) driver.Space

type array struct {
	object
	memory func() []byte
}

func init() {
	standIn(func(r reference) driver.Array { return array{object: object{r}} })
}

func (s space) OpenArray(ctx context.Context, which driver.Which, elements driver.Elements) (driver.Array, error) {
	a, err := get[driver.Array](ctx, s.reference, "OpenArray", which, elements)
	if err != nil {
		return nil, err
	}
	opened := a.(array)
	opened.memory = sync.OnceValue(func() []byte {
		if there, _ := get[[]byte](background, opened.reference, "Memory"); there == nil {
			return nil
		}
		elements.Count = 0
		here, err := Near(s.Name()).OpenArray(background, driver.Which{ID: a.ID()}, elements)
		if err != nil {
			return nil
		}
		return here.Memory()
	})
	return opened, nil
}

func (a array) Memory() []byte { return a.memory() }

func (a array) Mutex() driver.Mutex {
	m, _ := get[driver.Mutex](background, a.reference, "Mutex")
	return m
}
