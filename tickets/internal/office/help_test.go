package office_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

func shop(t *testing.T, file string) (*office.Office, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, office.FileName), file)
	return open(t, dir), dir
}

func open(t *testing.T, dir string) *office.Office {
	t.Helper()
	o, err := office.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() }) // which the test may have done
	return o
}

func look(t *testing.T, o *office.Office) office.Stock {
	t.Helper()
	s, err := o.Look()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, office.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// holdLock takes the office's lock as another process would.
func holdLock(t *testing.T, dir string) (other *office.Office, release func()) {
	t.Helper()
	other = open(t, dir)
	guard, err := other.Lock().Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return other, func() {
		if err := guard.Unlock(); err != nil {
			t.Error(err)
		}
	}
}
