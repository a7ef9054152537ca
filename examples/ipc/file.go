package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// A fileEnd writes each block into a file of its own. The other end looks for the
// file now and then, and removes it.
type fileEnd struct {
	dir     string
	out, in string // paths
	bytes   []byte
}

// pause is between two looks: a shorter one takes more processor time, a longer one
// takes longer.
const pause = 100 * time.Microsecond

// Files is what the child is told.
type Files struct {
	Dir  string
	Size int
}

func byFile(ctx context.Context, _ *ipc.Space, size int) (end, *multiproc.Process[multiproc.None], error) {
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		return nil, nil, err
	}
	e := &fileEnd{dir, filepath.Join(dir, "there"), filepath.Join(dir, "back"), make([]byte, size)}
	child, err := echoByFile.Start(ctx, Files{dir, size}, multiproc.Daemon())
	if err != nil {
		return nil, nil, errors.Join(err, e.close(ctx))
	}
	return e, child, nil
}

var echoByFile = multiproc.Func("echo by file", func(ctx context.Context, f Files) (multiproc.None, error) {
	e := &fileEnd{f.Dir, filepath.Join(f.Dir, "back"), filepath.Join(f.Dir, "there"), make([]byte, f.Size)}
	return multiproc.None{}, echo(ctx, e)
})

func (e *fileEnd) block() []byte { return e.bytes }

func (e *fileEnd) send(context.Context) error {
	unfinished := e.out + ".unfinished" // or the other end might find half a block
	if err := os.WriteFile(unfinished, e.bytes, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, e.out)
}

func (e *fileEnd) receive(ctx context.Context) error {
	file, err := os.Open(e.in)
	for errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
		time.Sleep(pause)
		file, err = os.Open(e.in)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.ReadFull(file, e.bytes); err != nil {
		return err
	}
	return os.Remove(e.in)
}

func (e *fileEnd) close(context.Context) error { return os.RemoveAll(e.dir) }
