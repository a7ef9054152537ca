// Package peers has the programs that this library is measured against and that
// are not written in Go. Each prints figures as package harness wants them.
//
// The C ones are compiled for the run. A peer whose compiler or interpreter is
// not here is missing; install gets those on Debian and Ubuntu.
package peers

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

//go:embed c python
var sources embed.FS

// A Shelf is a directory with the peers, ready to run.
type Shelf struct {
	dir   string
	cc    string // why there is no C compiler; empty: there is one
	boost string // the same for Boost
	zmq   string // and for ZeroMQ
}

// Unpack makes a shelf in dir.
func Unpack(dir string) (*Shelf, error) {
	if err := os.CopyFS(dir, sources); err != nil {
		return nil, err
	}
	s := &Shelf{dir: dir}
	if _, err := exec.LookPath("cc"); err != nil {
		s.cc, s.boost, s.zmq = "no cc", "no cc", "no cc"
		return s, nil
	}
	if err := s.compile("*.c", "cc", "-static"); err != nil {
		return nil, err
	}
	for _, players := range []string{"locks/*.c", "coordination/*.c", "values/*.c", "queues/*.c"} {
		if err := s.compile(players, "cc"); err != nil { // not static, as programs are, usually
			return nil, err
		}
	}
	if exec.Command("cc", "-E", "-include", "zmq.h", "-x", "c", "/dev/null").Run() != nil {
		s.zmq = "no ZeroMQ"
	} else if err := s.compile("zeromq/*.c", "cc", "-lzmq"); err != nil {
		return nil, err
	}
	if exec.Command("c++", "-E", "-x", "c++", "-include", "boost/version.hpp", "/dev/null").Run() != nil {
		s.boost = "no c++ with Boost"
		return s, nil
	}
	for _, players := range []string{"locks/*.cc", "queues/*.cc"} {
		if err := s.compile(players, "c++"); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Shelf) compile(sources, compiler string, flags ...string) error {
	programs, err := filepath.Glob(filepath.Join(s.dir, "c", sources))
	if err != nil {
		return err
	}
	for _, source := range programs {
		line := append([]string{"-O2", "-Wall", "-o", strings.TrimSuffix(source, filepath.Ext(source)), source}, flags...)
		if out, err := exec.Command(compiler, line...).CombinedOutput(); err != nil {
			return fmt.Errorf("compile %s: %w\n%s", filepath.Base(source), err, out)
		}
	}
	return nil
}

// C is the contestant that c/program.c is, called name in the table.
func (s *Shelf) C(name, program string, args ...string) harness.Contestant {
	return harness.Contestant{
		Name:    name,
		Command: append([]string{filepath.Join(s.dir, "c", program)}, args...),
		Missing: s.cc,
	}
}

// Boost is the contestant that c/program.cc is, called name in the table.
func (s *Shelf) Boost(name, program string, args ...string) harness.Contestant {
	c := s.C(name, program, args...)
	c.Missing = s.boost
	return c
}

// ZeroMQ is the contestant that c/program.c is, called name in the table.
func (s *Shelf) ZeroMQ(name, program string, args ...string) harness.Contestant {
	c := s.C(name, program, args...)
	c.Missing = s.zmq
	return c
}

// Python is the contestant that python/script is, called name in the table.
func (s *Shelf) Python(name, script string, args ...string) harness.Contestant {
	c := harness.Contestant{
		Name:    name,
		Command: append([]string{"python3", filepath.Join(s.dir, "python", script)}, args...),
	}
	if _, err := exec.LookPath("python3"); err != nil {
		c.Missing = "no python3"
	}
	return c
}

// Tools names the compiler and the interpreter that are here, with versions.
func (s *Shelf) Tools() []string {
	var tools []string
	if version, err := exec.Command("cc", "-dumpfullversion").Output(); err == nil {
		tools = append(tools, "gcc "+strings.TrimSpace(string(version)))
	}
	if version, err := exec.Command("python3", "--version").Output(); err == nil {
		tools = append(tools, strings.TrimSpace(string(version)))
	}
	return tools
}
