package queues

import (
	"context"
	"io"
	"net"
	"sync"
)

// openSocket is a Unix stream socket, for which the first side listens.
func openSocket(_ context.Context, d design) (link, error) {
	conn, err := d.socket()
	if err != nil {
		return link{}, err
	}
	return carrying(d.size,
		func(m []byte) error {
			c, err := conn()
			if err != nil {
				return err
			}
			_, err = c.Write(m)
			return err
		},
		func(m []byte) ([]byte, error) {
			c, err := conn()
			if err != nil {
				return nil, err
			}
			_, err = io.ReadFull(c, m)
			return m, err
		},
	), nil
}

// socket is a connection to the other side, which the first one waits for when it
// first uses it.
func (d design) socket() (conn func() (net.Conn, error), err error) {
	if d.side == 1 {
		c, err := net.Dial("unix", d.file)
		return func() (net.Conn, error) { return c, nil }, err
	}
	remove(d.file)
	listener, err := net.Listen("unix", d.file)
	if err != nil {
		return nil, err
	}
	return sync.OnceValues(listener.Accept), nil
}
