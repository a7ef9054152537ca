package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A part is a file on its way. NAME.part has its first bytes; NAME.part.json says
// of which version of the file they are, and is on disk before the first of them
// is written.
type part struct {
	path string // of the whole file
	file *os.File
	have int64   // bytes fetched
	of   version // unknown before the first answer of a server
}

func partPath(path string) string   { return path + ".part" }
func recordPath(path string) string { return path + ".part.json" }

// openPart opens the part of a file from a URL, making an empty one where there
// is none.
func openPart(path, from string) (*part, error) {
	of, err := readRecord(recordPath(path))
	recorded := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(partPath(path), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p := &part{path: path, file: f, have: have, of: of}
	if have == 0 {
		p.of = unknown
		return p, nil
	}
	switch {
	case !recorded:
		err = fmt.Errorf("%s is there without %s, which would say what it is a part of; delete or rename it", p.name(), filepath.Base(recordPath(path)))
	case of.From != from:
		err = fmt.Errorf("%s is there already, a part of %s; delete or rename it, or choose another -dir", p.name(), of.From)
	case of.Size >= 0 && have > of.Size:
		err = fmt.Errorf("%s has %d bytes, more than the %d of the file that it is a part of; delete it to begin anew", p.name(), have, of.Size)
	default:
		return p, nil
	}
	return nil, errors.Join(err, f.Close())
}

// name is the part's own, for messages.
func (p *part) name() string { return filepath.Base(p.file.Name()) }

// isWhole tells whether there is nothing left to fetch.
func (p *part) isWhole() bool { return p.have == p.of.Size }

// begin makes it an empty part of another version.
func (p *part) begin(of version) error {
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p.have = 0
	if err := writeRecord(recordPath(p.path), of); err != nil {
		return err
	}
	p.of = of
	return nil
}

// Write appends to it.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.have += int64(n)
	return n, err
}

// verify returns an error where the part has not the checksum want.
func (p *part) verify(ctx context.Context, want string) error {
	got, err := checksum(ctx, io.NewSectionReader(p.file, 0, p.have))
	if err == nil && got != want {
		err = fmt.Errorf("its SHA-256 is %s, want %s; %s is left: delete it to fetch the file anew", got, want, p.name())
	}
	return err
}

// finish gives the file its name, durably.
func (p *part) finish() error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(partPath(p.path), p.path); err != nil {
		return err
	}
	if err := os.Remove(recordPath(p.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(p.path))
}

// close closes the part, and takes it away where it is empty. What fails here
// leaves an empty file at worst.
func (p *part) close() {
	p.file.Close()
	if p.have == 0 {
		_ = os.Remove(partPath(p.path))
		_ = os.Remove(recordPath(p.path))
	}
}

// checksum is the SHA-256 of all that r has.
func checksum(ctx context.Context, r io.Reader) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, heeding{ctx, r}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// heeding is a reader that stops when its context ends.
type heeding struct {
	context.Context
	io.Reader
}

func (h heeding) Read(b []byte) (int, error) {
	if h.Err() != nil {
		return 0, context.Cause(h)
	}
	return h.Reader.Read(b)
}
