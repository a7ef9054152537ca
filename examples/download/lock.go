package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"
	"time"
)

// lock waits until no other process fetches the file at path, and keeps the next
// one waiting until unlock. After a kill and a quick restart that is the time in
// which the old processes die.
//
// The lock is a listening socket with a name in Linux's abstract name space: the
// kernel takes it from whoever dies, and it leaves no file behind.
func lock(ctx context.Context, path string, out *reporter) (unlock func(), err error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // other ways to the same directory
	}
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("@multiproc-download-%x", sha256.Sum256([]byte(filepath.Join(dir, filepath.Base(path)))))
	for waiting := false; ; waiting = true {
		l, err := net.Listen("unix", name)
		if err == nil {
			return func() { l.Close() }, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("lock %s: %w", filepath.Base(path), err)
		}
		if !waiting {
			out.tell("waiting for another process that fetches it")
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
