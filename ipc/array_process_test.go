//go:build linux

package ipc_test

import (
	"fmt"
	"strings"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["arrays"] = arrays }

// arrays opens arrays of integers and uses them as it is told: "space path" for the
// space that they are in, and "open name n", "fill name v", "is name v", "lock name",
// "unlock name", "close"; "make name n" makes and deletes it for ever. It answers "ok" or what was wrong.
func arrays(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	opened := make(map[string]*ipc.Array[int64])
	guards := make(map[string]ipc.Guard)
	for {
		verb, rest, _ := strings.Cut(hear(), " ")
		name, number, _ := strings.Cut(rest, " ")
		var n int
		fmt.Sscan(number, &n)
		var err error
		switch verb {
		case "space":
			s, err = ipc.Open(background, rest, ipc.SpaceConfig{})
		case "open":
			opened[name], err = ipc.OpenArray[int64](background, s, name, n)
		case "fill":
			fillArray(opened[name].Slice(), int64(n))
		case "is":
			err = arrayIs(opened[name].Slice(), int64(n))
		case "lock":
			guards[name], err = opened[name].Mutex().Lock(background)
		case "unlock":
			err = guards[name].Unlock()
		case "close":
			err = s.Close()
		case "make":
			say("making")
			for i := 0; err == nil; i++ {
				_, err = ipc.OpenArray[int64](background, s, name, n)
				if err == nil {
					err = s.Delete(background, name)
				}
			}
		default:
			err = fmt.Errorf("no verb: %q", verb)
		}
		if err != nil {
			say("%v", err)
		} else {
			say("ok")
		}
	}
}

func fillArray(slice []int64, v int64) {
	for i := range slice {
		slice[i] = v
	}
}

func arrayIs(slice []int64, v int64) error {
	for i, is := range slice {
		if is != v {
			return fmt.Errorf("element %d of %d is %d, not %d", i, len(slice), is, v)
		}
	}
	return nil
}

// do tells the other process what to do, and fails if it cannot.
func (c *child) do(format string, args ...any) {
	c.t.Helper()
	c.tell(format, args...)
	c.expect("ok")
}
