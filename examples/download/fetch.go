package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/multiproc-go/multiproc"
)

// fetch is what a child does: it fetches one file.
var fetch = multiproc.Func("fetch", func(ctx context.Context, f file) (outcome, error) {
	out := newReporter()
	unlock, err := lock(ctx, f.Path, out)
	if err != nil {
		return outcome{}, err
	}
	defer unlock()
	if there, err := os.Open(f.Path); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return outcome{}, err
		}
		defer there.Close()
		return isThere(ctx, f, there)
	}

	p, err := openPart(f.Path, f.From)
	if err != nil {
		return outcome{}, err
	}
	defer p.close()
	out.of = p
	if err := fill(ctx, f, p, out); err != nil {
		return outcome{}, err
	}
	if f.SHA256 != "" {
		out.tell("verifying its SHA-256")
		if err := p.verify(ctx, f.SHA256); err != nil {
			return outcome{}, err
		}
	}
	return outcome{Size: p.have, SHA256: f.SHA256 != ""}, p.finish()
})

// isThere is the end of a download of a file that is there already.
func isThere(ctx context.Context, f file, there *os.File) (outcome, error) {
	info, err := there.Stat()
	if err != nil {
		return outcome{}, err
	}
	if !info.Mode().IsRegular() {
		return outcome{}, fmt.Errorf("%s is there already, and is no file", f.name())
	}
	if f.SHA256 != "" {
		got, err := checksum(ctx, there)
		if err != nil {
			return outcome{}, err
		}
		if got != f.SHA256 {
			return outcome{}, fmt.Errorf("%s is there already, but its SHA-256 is %s, want %s; delete or rename it", f.name(), got, f.SHA256)
		}
	}
	return outcome{Size: info.Size(), Was: true, SHA256: f.SHA256 != ""}, nil
}

// fill fetches what the part lacks, trying again as long as there is hope.
func fill(ctx context.Context, f file, p *part, out *reporter) error {
	if p.have > 0 && p.of.isResumable() {
		out.tell("resuming at " + size(p.have))
	} else {
		out.tell("")
	}
	for vain := 0; !p.isWhole(); {
		before := p.have
		err := request(ctx, f, p, out)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, ok := errors.AsType[passing](err); !ok {
			return err
		}
		if p.have > before {
			vain = 0
		}
		if vain++; vain > f.Retries {
			return fmt.Errorf("%w; given up after %s in vain; what was fetched is kept", err, tries(vain))
		}
		pause := backOff(vain)
		out.tell(fmt.Sprintf("%v; trying again in %v", err, pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	out.tell("")
	return nil
}

// backOff is the pause before the n'th try in a row.
func backOff(n int) time.Duration {
	return min(500*time.Millisecond<<min(n-1, 10), 30*time.Second)
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}
