package shm_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/multiproc-go/multiproc/internal/conformance"
	"github.com/multiproc-go/multiproc/internal/conformance/remote"
	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/shm"
)

// envSpace names the space that a process of these tests, which is this program
// again, attaches to and serves.
const envSpace = "MULTIPROC_TEST_SPACE"

func TestMain(m *testing.M) {
	name := os.Getenv(envSpace)
	if name == "" {
		os.Exit(m.Run())
	}
	s, err := shm.Open(context.Background(), name, 8<<20)
	if err == nil {
		err = remote.Serve(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func init() {
	remote.Near = func(path string) driver.Space {
		s, err := shm.Open(context.Background(), path, 8<<20)
		if err != nil {
			panic(err)
		}
		return s
	}
}

// Each attachment is a process of its own, which opens the space by its name.
func TestSpace_conformsBetweenProcesses(t *testing.T) {
	conformance.Run(t, func(t *testing.T) func() driver.Space {
		path := filepath.Join(t.TempDir(), "space")
		return func() driver.Space { return remote.Start(t, envSpace+"="+path) }
	})
}
