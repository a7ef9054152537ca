package queues

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// pipeFile is the pipe from that side to the other: what os.Pipe makes, but for the name
// by which the second process finds it.
func (d design) pipeFile(from int) string { return d.file + strconv.Itoa(from) }

func makePipes(_ context.Context, d design) error {
	return errors.Join(kernel.MakePipe(d.pipeFile(0)), kernel.MakePipe(d.pipeFile(1)))
}

func openPipes(_ context.Context, d design) (link, error) {
	out, err := os.OpenFile(d.pipeFile(d.side), os.O_RDWR, 0) // which waits for nobody
	if err != nil {
		return link{}, err
	}
	in, err := os.OpenFile(d.pipeFile(d.other()), os.O_RDWR, 0)
	return carrying(d.size,
		func(m []byte) error {
			_, err := out.Write(m)
			return err
		},
		func(m []byte) ([]byte, error) {
			_, err := io.ReadFull(in, m)
			return m, err
		},
	), err
}
