package shm

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Join attaches to the space called name that is there: driver.ErrNotFound where
// there is none.
func Join(name string) (*Space, error) {
	path, err := pathOf(name, false)
	if err != nil {
		return nil, err
	}
	boot, err := arena.BootID()
	if err != nil {
		return nil, err
	}
	a, err := arena.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, driver.ErrNotFound
	}
	if err != nil {
		return nil, explain(err)
	}
	return attachProcess(a, boot, name)
}

// Open attaches to the space called name on this machine, or makes it, with at
// most maxBytes; 0 is the default.
func Open(ctx context.Context, name string, maxBytes int64) (*Space, error) {
	path, err := pathOf(name, true)
	if err != nil {
		return nil, err
	}
	boot, err := arena.BootID()
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(maxBytes)
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		a, err := arena.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			if a, err = makeFile(path, size, boot); errors.Is(err, fs.ErrExist) {
				continue // somebody was first: open that one
			}
		}
		if err != nil {
			return nil, explain(err)
		}
		if maxBytes != 0 && a.Size() != size {
			_ = a.Close()
			return nil, fmt.Errorf("%w: its size is %d bytes at most, not %d", driver.ErrMismatch, a.Size(), size)
		}
		if strings.Contains(name, "/") {
			name = path // for processes in other directories
		}
		return attachProcess(a, boot, name)
	}
	return nil, ctx.Err()
}

// makeFile makes a space and gives it its name once it is whole.
func makeFile(path string, size uint64, boot [2]uint64) (*arena.Arena, error) {
	a, err := arena.Unnamed(filepath.Dir(path), size)
	if err != nil {
		return nil, err
	}
	if err = Format(a, newSeed(), boot); err == nil {
		err = a.Link(path)
	}
	if err != nil {
		_ = a.Close()
		return nil, err
	}
	return a, nil
}

// Remove deletes the space called name; those who have it open keep it.
func Remove(name string) error {
	path, err := pathOf(name, false)
	if err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is no regular file", driver.ErrCorrupt, path)
	}
	if err == nil && !beginsAsSpace(path) {
		return fmt.Errorf("%w: %s begins with something else", driver.ErrCorrupt, path)
	}
	if err == nil {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return driver.ErrNotFound
	}
	return err
}

// beginsAsSpace reports whether the file at path is a space, damaged perhaps.
func beginsAsSpace(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var begin [8]byte
	_, err = io.ReadFull(f, begin[:])
	return err == nil && binary.LittleEndian.Uint64(begin[:]) == magic
}

// explain adds the sentinel to what opening a file says.
func explain(err error) error {
	switch {
	case errors.Is(err, arena.ErrNotRegular), errors.Is(err, fs.ErrInvalid):
		return fmt.Errorf("%w: %w", driver.ErrCorrupt, err)
	case errors.Is(err, arena.ErrFileSystem):
		return fmt.Errorf("%w (%w)", err, errors.ErrUnsupported)
	}
	return err
}

func sizeOf(maxBytes int64) (uint64, error) {
	if maxBytes == 0 {
		return arena.DefaultSize(), nil
	}
	if maxBytes < MinBytes {
		return 0, fmt.Errorf("MaxBytes is %d, less than %d", maxBytes, int64(MinBytes))
	}
	const page = 4096
	return (uint64(maxBytes) + page - 1) &^ (page - 1), nil
}

// pathOf is where the space called name is: a name without a slash is a file in
// the user's own runtime directory.
func pathOf(name string, makeDir bool) (string, error) {
	if strings.Contains(name, "/") {
		return filepath.Abs(name)
	}
	if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("%q cannot be a space's name", name)
	}
	dir, err := runtimeDir(makeDir)
	return filepath.Join(dir, name), err
}

// runtimeDir is where the user's spaces are. XDG_RUNTIME_DIR goes when the user
// logs out, and the spaces in it too.
func runtimeDir(makeIt bool) (string, error) {
	uid := os.Geteuid()
	dir := "/dev/shm/multiproc-" + strconv.Itoa(uid)
	if xdg := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(xdg) {
		dir = filepath.Join(xdg, "multiproc")
	}
	if !makeIt {
		return dir, nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if err := arena.CheckDir(dir); err != nil {
		return "", err
	}
	return dir, nil
}

func newSeed() uint64 {
	var seed [8]byte
	rand.Read(seed[:])
	return binary.LittleEndian.Uint64(seed[:])
}
