package leak

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// forGood are the functions of goroutines that the standard library starts once
// and keeps: those that pass signals on, after the first signal.Notify.
var forGood = []string{"os/signal.loop", "runtime.ensureSigM"}

// goroutines lists all goroutines but the calling one, by their IDs, which are
// never used again.
func (s *scope) goroutines() map[string]string {
	found := map[string]string{}
	for i, stack := range bytes.Split(stacks(), []byte("\n\n")) {
		text := strings.TrimSpace(string(stack))
		id, _, ok := strings.Cut(text, " [")
		if i == 0 || !ok || s.ignoresGoroutine(text) { // the caller's comes first
			continue
		}
		found[id] = text
	}
	return found
}

func stacks() []byte {
	for size := 1 << 18; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return buf[:n]
		}
	}
}

func (s *scope) ignoresGoroutine(stack string) bool {
	for line := range strings.Lines(stack) {
		if name := functionIn(line); slices.Contains(forGood, name) || slices.Contains(s.functions, name) {
			return true
		}
	}
	return false
}

// functionIn returns the name of the function that a line of a stack names, or
// "". Such a line is "pkg.(*T).Method(0x1, ...)" or "created by pkg.f in
// goroutine 7"; the lines between them, with the places, start with a tab.
func functionIn(line string) string {
	line = strings.TrimSpace(line)
	if name, ok := strings.CutPrefix(line, "created by "); ok {
		name, _, _ = strings.Cut(name, " in goroutine ")
		return name
	}
	if i := strings.LastIndex(line, "("); i > 0 && strings.HasSuffix(line, ")") {
		return line[:i]
	}
	return ""
}

// startPoller makes the runtime open the descriptors that it polls with, which
// it does once, with the first pollable file, and keeps.
func startPoller() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(fmt.Sprintf("leak: no pipe to be had: %v", err))
	}
	_, _ = r.Close(), w.Close()
}
