package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

func TestQueue(t *testing.T) {
	said := map[string][]string{} // by parent and child, who speak at the same time
	for _, line := range example.Lines(t) {
		who, what, _ := strings.Cut(line, ": ")
		said[who] = append(said[who], what)
	}
	for who, want := range map[string][]string{
		"parent": {
			`get from queue "three": ipc: queue empty`,
			`get from queue "three": context deadline exceeded`,
			"put string a string",
			"put []interface {} [a list of 5]",
			"put int 7",
			`put into queue "three": ipc: queue full`,
			`put into queue "three": context deadline exceeded`,
			"put float64 2.5, now that there is room",
			"put bool true, and close the queue",
		},
		"child": {
			"got string a string",
			"got []interface {} [a list of 5]",
			"got int64 7",
			"got float64 2.5",
			"got bool true",
			`get from queue "three": ipc: closed, and nothing is left`,
		},
	} {
		if !slices.Equal(said[who], want) {
			t.Errorf("%s says\n%s\nwant\n%s", who, strings.Join(said[who], "\n"), strings.Join(want, "\n"))
		}
	}
}
