package main

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDownload_fetchesEveryFile(t *testing.T) {
	s, dir := newServer(t), filepath.Join(t.TempDir(), "made")
	files := map[string][]byte{"a.bin": randomBytes(3<<20, 1), "b.bin": randomBytes(100, 2), "c d.bin": randomBytes(1<<20, 3), "empty": {}}
	for name, b := range files {
		s.on("/files/"+name, content(b, `"1"`))
	}
	args := []string{"-dir", dir, "-parallel", "2",
		s.URL + "/files/a.bin#sha256=" + sha(files["a.bin"]), s.URL + "/files/b.bin?token=x",
		s.URL + "/files/c%20d.bin", s.URL + "/files/empty"}
	download(t, args...).want(t, 0,
		"a.bin: done, 3.0 MiB, SHA-256 verified\n", "b.bin: done, 100 B\n", "c d.bin: done, 1.0 MiB\n", "empty: done, 0 B\n")
	for name, b := range files {
		wantFile(t, filepath.Join(dir, name), b)
	}
	wantOnly(t, dir, "a.bin", "b.bin", "c d.bin", "empty")

	s.requests()
	download(t, args...).want(t, 0, "a.bin: there already, 3.0 MiB, SHA-256 verified\n", "empty: there already")
	s.wantRequests(t)
}

func TestDownload_fetchesAFileOfUnknownLength(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	// A flush before the end leaves the server nothing but chunks.
	unsized := func(w http.ResponseWriter, _ *http.Request) { w.Write(b) }
	s.on("/a", after(1000, breaks, unsized))
	download(t, "-dir", dir, "-retries", "0", s.URL+"/a").want(t, 1, "a: the connection ended after 1000 B; given up")
	s.on("/a", after(1000, func(http.ResponseWriter, *http.Request) {}, unsized))
	download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: the server cannot resume: starting over", "a: done, 1.0 MiB")
	wantFile(t, filepath.Join(dir, "a"), b)
}

func TestDownload_letsOneProcessFetchAFile(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	told := make(chan struct{})
	s.on("/a", after(1000, waits(told), content(b, `"1"`)))

	first := begin(t, command(t, "-dir", dir, s.URL+"/a"))
	awaitSize(t, filepath.Join(dir, "a.part"), 1000)
	second := command(t, "-dir", dir, s.URL+"/a")
	out, err := second.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	if got := lines.Text(); got != "a: waiting for another process that fetches it" {
		t.Errorf("the second process says %q, want that it waits", got)
	}
	close(told)
	(<-first).want(t, 0, "a: done, 1.0 MiB")
	lines.Scan()
	if got := lines.Text(); got != "a: there already, 1.0 MiB" {
		t.Errorf("the second process says %q, want that the file is there", got)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second process: %v", err)
	}
	wantFile(t, filepath.Join(dir, "a"), b)
	s.wantRequests(t, asked{Path: "/a"})
}

func TestDownload_leavesAFileThatIsThere(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: there already, 4 B")
	download(t, "-dir", dir, s.URL+"/a#sha256="+sha([]byte("other"))).want(t, 1, "a is there already, but its SHA-256 is "+sha([]byte("mine")))
	wantFile(t, filepath.Join(dir, "a"), []byte("mine"))
	s.wantRequests(t)
}

func TestDownload_refusesWrongCommandLines(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "which URL"},
		{[]string{"-parallel", "0", "http://h/a"}, "-parallel 0: want 1 or more"},
		{[]string{"-retries", "-1", "http://h/a"}, "-retries -1: want 0 or more"},
		{[]string{"-patience", "0s", "http://h/a"}, "-patience 0s"},
		{[]string{"-nonsense"}, "-nonsense"},
		{[]string{"ftp://h/a"}, "want a URL that begins with http"},
		{[]string{"http://h/"}, "does not end in a file name"},
		{[]string{"http://h/.."}, "does not end in a file name"},
		{[]string{"http://h/a%0Ab"}, "does not end in a file name"},
		{[]string{"http://u:secret@h/a#sha256=12"}, "http://u:xxxxx@h/a"},
		{[]string{"http://h/a#sha256=12"}, "64 hexadecimal digits"},
		{[]string{"http://h/a", "http://g/a"}, "http://h/a and http://g/a would both be written to a"},
		{[]string{"http://h/a", "http://g/a.part"}, "would both be written to a.part"},
	} {
		got := download(t, test.args...)
		got.want(t, 2, test.want)
		if strings.Contains(got.stderr, "secret") {
			t.Errorf("%v: the password is shown: %s", test.args, got.stderr)
		}
	}
	download(t, "-h").want(t, 0, "-parallel", "#sha256=HEX", "(default 3)")
}
