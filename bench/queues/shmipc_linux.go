package queues

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/cloudwego/shmipc-go"
)

func init() { // where there is shmipc
	links["shmipc"], links["shmipc-window"] = openShmipc, openShmipcWindow
}

// shmipcSettings give each message a piece of shared memory of its own, and all that
// may be under way a place: otherwise shmipc falls back to its socket.
func shmipcSettings(c *shmipc.Config, d design) {
	const header = 20 // of a piece
	c.MemMapType = shmipc.MemMapTypeMemFd
	c.LogOutput = io.Discard
	c.InitializeTimeout = 10 * time.Second
	c.BufferSliceSizes = []*shmipc.SizePercentPair{{Size: uint32(max(d.size, 64)), Percent: 100}}
	c.ShareMemoryBufferCap = uint32(max(1<<20, 4*d.room*(max(d.size, 64)+header)))
}

// silent keeps its log out of the figures, which stand in the same output.
const silent = 5

// openStream is a stream to the other side: the first one serves, and waits when it
// first uses it.
func openStream(d design) (stream func() (*shmipc.Stream, error), err error) {
	shmipc.SetLogLevel(silent)
	if d.side == 0 {
		conn, err := d.socket()
		if err != nil {
			return nil, err
		}
		wait := sync.OnceValues(func() (*shmipc.Stream, error) { return serveStream(conn, d) })
		go wait() //nolint:errcheck // who uses the stream gets the error
		return wait, nil
	}
	settings := shmipc.DefaultSessionManagerConfig()
	shmipcSettings(settings.Config, d)
	settings.Network, settings.Address = "unix", d.file
	settings.SessionNum = 1
	manager, err := shmipc.NewSessionManager(settings)
	if err != nil {
		return nil, err
	}
	s, err := manager.GetStream()
	if err != nil {
		return nil, err
	}
	_, err = s.BufferWriter().WriteBytes([]byte{0}) // the first word opens it at the other side
	if err == nil {
		err = s.Flush(false)
	}
	return func() (*shmipc.Stream, error) { return s, nil }, err
}

func serveStream(conn func() (net.Conn, error), d design) (*shmipc.Stream, error) {
	c, err := conn()
	if err != nil {
		return nil, err
	}
	settings := shmipc.DefaultConfig()
	shmipcSettings(settings, d)
	session, err := shmipc.Server(c, settings)
	if err != nil {
		return nil, err
	}
	s, err := session.AcceptStream()
	if err != nil {
		return nil, err
	}
	_, err = s.BufferReader().ReadBytes(1)
	s.BufferReader().ReleasePreviousRead()
	return s, err
}

// openShmipc has no bound of what is under way, as shmipc has none.
func openShmipc(_ context.Context, d design) (link, error) {
	stream, err := openStream(d)
	return carrying(d.size,
		func(m []byte) error {
			s, err := stream()
			if err != nil {
				return err
			}
			return shmipcPut(s, m)
		},
		func(m []byte) ([]byte, error) {
			s, err := stream()
			if err != nil {
				return nil, err
			}
			return m, shmipcGet(s, m)
		},
	), err
}

// openShmipcWindow has the second side say after each quarter of what may be under
// way that it came.
func openShmipcWindow(_ context.Context, d design) (link, error) {
	stream, err := openStream(d)
	quarter := max(1, d.room/4)
	underWay, got, ack := 0, 0, []byte{0}
	return carrying(d.size,
		func(m []byte) error {
			s, err := stream()
			if err != nil {
				return err
			}
			if underWay == 4*quarter {
				if err := shmipcGet(s, ack); err != nil {
					return err
				}
				underWay -= quarter
			}
			underWay++
			return shmipcPut(s, m)
		},
		func(m []byte) ([]byte, error) {
			s, err := stream()
			if err != nil {
				return nil, err
			}
			if err := shmipcGet(s, m); err != nil {
				return nil, err
			}
			if got++; got%quarter == 0 {
				return m, shmipcPut(s, ack)
			}
			return m, nil
		},
	), err
}

func shmipcPut(s *shmipc.Stream, m []byte) error {
	if _, err := s.BufferWriter().WriteBytes(m); err != nil {
		return err
	}
	return s.Flush(false)
}

func shmipcGet(s *shmipc.Stream, m []byte) error {
	piece, err := s.BufferReader().ReadBytes(len(m))
	if err != nil {
		return err
	}
	copy(m, piece)
	s.BufferReader().ReleasePreviousRead()
	return nil
}
