package queues

import (
	"context"
	"fmt"
	"os"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// A link is one process's end of what carries messages from the first of two sides
// to the second and back. In a stream the first side is that of the producers.
type link struct{ puts, gets stage.Passes }

// A design is what a link is made with.
type design struct {
	file string // what the processes share, or what its name begins with
	size int    // of a message, in bytes
	room int    // as many messages may be under way
	side int    // 0 or 1
}

// other is the opposite side.
func (d design) other() int { return 1 - d.side }

// Links by what carries their messages. Where the second process finds nothing to
// open unless something was made before, made has it.
var (
	links = map[string]func(ctx context.Context, d design) (link, error){
		"pipe":   openPipes,
		"socket": openSocket,
	}
	made = map[string]func(ctx context.Context, d design) error{
		"pipe": makePipes,
	}
)

// player sends and receives messages. Its arguments are what carries them, their
// size, how many may be under way, the file, the work, and the work's own.
func player(ctx context.Context, args []string) error {
	if len(args) < 5 || links[args[0]] == nil {
		return fmt.Errorf("player %q: want KIND SIZE ROOM FILE WORK [ARGUMENT...]", args)
	}
	kind, work := args[0], args[4:]
	n, err := stage.Numbers(args[1:3])
	if err != nil {
		return err
	}
	d := design{size: n[0], room: n[1], file: args[3]}
	if work[0] == "make" {
		if made[kind] == nil {
			return nil
		}
		return made[kind](ctx, d)
	}
	if len(work) < 2 {
		return fmt.Errorf("player %q: the work has no number", args)
	}
	if work[0] == "get" || work[0] == "join" && work[1] == "1" {
		d.side = 1
	}
	l, err := links[kind](ctx, d)
	if err != nil {
		return err
	}
	return l.play(work)
}

func (l link) play(work []string) error {
	defer profile()()
	switch work[0] {
	case "put":
		return stage.Flow(l.puts, work[1])
	case "get":
		return stage.Flow(l.gets, work[1])
	case "join":
		return stage.Join(l.turn, work[1:])
	}
	return fmt.Errorf("a player has no work %q", work)
}

// turn sends the ball and waits for it to come back, or the other way round.
func (l link) turn(index int) error {
	first, second := l.puts, l.gets
	if index == 1 {
		first, second = second, first
	}
	if err := first(1); err != nil {
		return err
	}
	return second(1)
}

// carrying is the link that puts and gets bytes by these. Both have the message in
// memory of their own: its first and its last byte are written for each, and
// compared when it has come.
func carrying(size int, put func(m []byte) error, get func(m []byte) ([]byte, error)) link {
	out, in, next := make([]byte, size), make([]byte, size), 0
	return link{
		puts: func(n int) error {
			for range n {
				mark(out, next)
				next++
				if err := put(out); err != nil {
					return err
				}
			}
			return nil
		},
		gets: func(n int) (err error) {
			for range n {
				if in, err = get(in); err != nil {
					return err
				}
				if err := marked(in, size); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func mark(m []byte, i int) { m[0], m[len(m)-1] = byte(i), byte(i) }

func marked(m []byte, size int) error {
	if len(m) != size || m[0] != m[size-1] {
		return fmt.Errorf("what came is no message of %d bytes: %d bytes", size, len(m))
	}
	return nil
}

// remove removes what may be in the way of a file of that name.
func remove(file string) { _ = os.Remove(file) }
