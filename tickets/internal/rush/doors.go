package rush

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/multiproc-go/multiproc"
)

// Doors hold the buyers back until all of them are there and have looked at the
// stock, so that the rush is one however long it takes to start so many
// processes, and without the lock nobody is spared the race. Each buyer writes a
// byte when it arrives and reads one to come in. Bytes, not an end of file: if
// the rush itself is killed, nobody comes in.
type doors struct {
	arrivals, ticking *os.File // of buyers: read here, written by each
	gate, opener      *os.File // read by each, written here

	// shown is what a buyer is started with in order to find the doors.
	shown []multiproc.Option
}

const arrivalsName, gateName = "arrivals", "gate"

var errShut = errors.New("the doors stayed shut")

func init() { multiproc.RegisterError("tickets: doors stayed shut", errShut) }

func newDoors() (*doors, error) {
	arrivals, ticking, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	gate, opener, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, arrivals.Close(), ticking.Close())
	}
	return &doors{
		arrivals: arrivals, ticking: ticking, gate: gate, opener: opener,
		shown: []multiproc.Option{
			multiproc.WithFile(arrivalsName, ticking),
			multiproc.WithFile(gateName, gate),
		},
	}, nil
}

// await returns when so many buyers have arrived, or with an error when the
// doors were shut before.
func (d *doors) await(buyers int) error {
	n, err := io.ReadFull(d.arrivals, make([]byte, buyers))
	if err != nil {
		return fmt.Errorf("only %d of %d buyers arrived: %w", n, buyers, err)
	}
	return nil
}

func (d *doors) open(buyers int) error {
	_, err := d.opener.Write(make([]byte, buyers))
	return err
}

// shut sends away whoever waits, on either side. It may be called at any time,
// more than once.
func (d *doors) shut() {
	for _, f := range []*os.File{d.arrivals, d.ticking, d.gate, d.opener} {
		_ = f.Close()
	}
}

// comeIn is the buyer's side of the doors.
func comeIn() error {
	arrival, gate := multiproc.File(arrivalsName), multiproc.File(gateName)
	if arrival == nil || gate == nil {
		return errors.New("there are no doors: a buyer is started by a rush")
	}
	_, err := arrival.Write([]byte{1})
	if err := errors.Join(err, arrival.Close()); err != nil {
		return fmt.Errorf("arrive: %w", err)
	}
	if _, err := io.ReadFull(gate, make([]byte, 1)); err != nil {
		return errShut
	}
	return gate.Close()
}
