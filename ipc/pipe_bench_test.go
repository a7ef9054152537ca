//go:build linux

package ipc_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["pipe echo"] = pipeEcho
	roles["pipe drain"] = pipeDrain
}

type benchEnd = ipc.Conn[[64]byte, [64]byte]

func hearEnd(end interface{ UnmarshalBinary([]byte) error }, hear func() string) error {
	var data []byte
	if _, err := fmt.Sscanf(hear(), "%x", &data); err != nil {
		return err
	}
	return end.UnmarshalBinary(data)
}

func pipeEcho(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	var end benchEnd
	if err := hearEnd(&end, hear); err != nil {
		return err
	}
	say("here")
	for {
		v, err := end.Recv(background)
		if err == nil {
			err = end.Send(background, v)
		}
		if err != nil {
			return err
		}
	}
}

func pipeDrain(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	var end ipc.Conn[struct{}, []byte]
	if err := hearEnd(&end, hear); err != nil {
		return err
	}
	say("here")
	for {
		switch _, err := end.Recv(background); err {
		case nil:
		case io.EOF:
			say("done")
			return nil
		default:
			return err
		}
	}
}

// BenchmarkConn_pingPong is one value there and back, between two processes that are
// both busy with it.
func BenchmarkConn_pingPong(b *testing.B) {
	near, far, err := ipc.NewPipe[[64]byte, [64]byte](background, family(b))
	must(b, err)
	defer near.Close()
	data, err := far.MarshalBinary()
	must(b, err)
	c := start(b, "pipe echo")
	c.tell("%x", data)
	c.expect("here")
	must(b, far.Close())
	b.ReportAllocs()
	var v [64]byte
	for b.Loop() {
		must(b, near.Send(background, v))
		_, err := near.Recv(background)
		must(b, err)
	}
}

// BenchmarkConn_stream is one value from process to process.
func BenchmarkConn_stream(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			near, far, err := ipc.NewPipe[[]byte, struct{}](background, family(b))
			must(b, err)
			data, err := far.MarshalBinary()
			must(b, err)
			c := start(b, "pipe drain")
			c.tell("%x", data)
			c.expect("here")
			must(b, far.Close())
			v := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				must(b, near.Send(background, v))
			}
			must(b, near.Close())
			c.expect("done")
		})
	}
}
