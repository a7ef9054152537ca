package stage

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

// A Stage is a conductor's: a file in memory, and players around it.
type Stage struct {
	dir    string
	player []string
	cast   []*Actor
}

// New has the player that is this command make what is shared; without a command
// nothing is made. The players end with the calling thread, so a conductor stays
// on one.
func New(ctx context.Context, player []string) (*Stage, error) {
	runtime.LockOSThread()
	dir, err := Scratch()
	if err != nil {
		return nil, err
	}
	s := &Stage{dir: dir, player: player}
	if len(player) > 0 {
		err = s.make(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("make what is shared: %w", err)
	}
	return s, nil
}

// Scratch makes a directory in memory, where there is one.
func Scratch() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "bench"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "bench")
}

// File is where the players find what they share.
func (s *Stage) File() string { return filepath.Join(s.dir, "shared") }

func (s *Stage) make(ctx context.Context) error {
	line := s.line("make")
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func (s *Stage) line(work ...string) []string {
	return append(append(append([]string(nil), s.player...), s.File()), work...)
}

// Close ends the players that are there.
func (s *Stage) Close() {
	for _, a := range s.cast {
		_ = a.cmd.Process.Kill() // most have ended
		_ = a.cmd.Wait()
	}
	_ = os.RemoveAll(s.dir) // it is the system's place for what may be left
}

// An Actor is one player at work.
type Actor struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	Out *bufio.Reader // what it says after its first word
}

// Kill ends it by SIGKILL.
func (a *Actor) Kill() error { return a.cmd.Process.Kill() }

// How players are placed.
const (
	Free   = "free"   // by the scheduler
	Pinned = "pinned" // each to a processor, in turn
)

// anywhere is the processor of a player that the scheduler places.
const anywhere = -1

func processor(placing string, index int) int {
	if placing == Pinned {
		return index % runtime.NumCPU()
	}
	return anywhere
}

// Enter starts a player, which the scheduler places, and waits for its first word,
// with which it tells that it is there.
func (s *Stage) Enter(work ...string) (*Actor, error) { return s.enter(anywhere, work...) }

func (s *Stage) enter(processor int, work ...string) (*Actor, error) {
	line := s.line(work...)
	if processor != anywhere {
		line = append([]string{"taskset", "--cpu-list", strconv.Itoa(processor)}, line...)
	}
	a := &Actor{cmd: exec.Command(line[0], line[1:]...)}
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
	a.in, a.Out = in, bufio.NewReader(out)
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	s.cast = append(s.cast, a)
	if _, err := a.Out.ReadString('\n'); err != nil {
		return nil, fmt.Errorf("a player that was to %s ended early: %w", work[0], err)
	}
	return a, nil
}
