package locks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// A stage is a conductor's: a file in memory with a lock, and players around it.
type stage struct {
	dir    string
	player []string
	cast   []*actor
}

// newStage has the player that is this command make its lock. The players end
// with the calling thread, so a conductor stays on one.
func newStage(ctx context.Context, player []string) (*stage, error) {
	runtime.LockOSThread()
	dir, err := scratch()
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, player: player}
	if len(player) > 0 {
		err = exec.CommandContext(ctx, player[0], s.line("make")[1:]...).Run()
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("make the lock: %w", err)
	}
	return s, nil
}

// scratch makes a directory in memory, where there is one.
func scratch() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "bench"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "bench")
}

func (s *stage) file() string { return filepath.Join(s.dir, "lock") }

func (s *stage) line(work ...string) []string {
	return append(append(append([]string(nil), s.player...), s.file()), work...)
}

// close ends the players that are there.
func (s *stage) close() {
	for _, a := range s.cast {
		_ = a.cmd.Process.Kill() // most have ended
		_ = a.cmd.Wait()
	}
	_ = os.RemoveAll(s.dir) // it is the system's place for what may be left
}

// An actor is one player at work.
type actor struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// enter starts a player and waits for its first word, which it tells that it is
// there with. A processor of -1 leaves it to the scheduler.
func (s *stage) enter(processor int, work ...string) (*actor, error) {
	line := s.line(work...)
	if processor >= 0 {
		line = append([]string{"taskset", "--cpu-list", strconv.Itoa(processor)}, line...)
	}
	a := &actor{cmd: exec.Command(line[0], line[1:]...)}
	a.cmd.Stderr = os.Stderr
	kernel.DieWithThread(a.cmd)
	in, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.in, a.out = in, bufio.NewReader(out)
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	s.cast = append(s.cast, a)
	if _, err := a.out.ReadString('\n'); err != nil {
		return nil, fmt.Errorf("a player that was to %s ended early: %w", work[0], err)
	}
	return a, nil
}
