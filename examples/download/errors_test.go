package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// interrupt leaves the first n bytes of /a in a.part: the connection breaks, and
// the program may not try again.
func interrupt(t *testing.T, s *server, dir string, n int, answer http.HandlerFunc) {
	t.Helper()
	s.on("/a", after(n, breaks, answer))
	download(t, "-dir", dir, "-retries", "0", s.URL+"/a").want(t, 1,
		fmt.Sprintf("a: the connection ended after %s of ", size(int64(n))), "given up after 1 try in vain; what was fetched is kept")
	s.requests()
}

func TestDownload_triesAgainWhenTheConnectionBreaks(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	s.on("/a", after(300<<10, breaks, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") == "bytes=614400-" {
			w = w.(*stopping).ResponseWriter // the third answer is whole
		}
		content(b, `"1"`)(w, r)
	}))
	// One retry is enough, however often: each try brings some bytes.
	download(t, "-dir", dir, "-retries", "1", s.URL+"/a").want(t, 0,
		"the connection ended after 300.0 KiB of 1.0 MiB; trying again in 500ms",
		"the connection ended after 600.0 KiB of 1.0 MiB; trying again in 500ms", "a: done, 1.0 MiB")
	wantFile(t, filepath.Join(dir, "a"), b)
	s.wantRequests(t, asked{Path: "/a"}, asked{"/a", "bytes=307200-", `"1"`}, asked{"/a", "bytes=614400-", `"1"`})
}

func TestDownload_givesUpAfterSoManyTriesInVain(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	s.on("/a", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	download(t, "-dir", dir, "-retries", "1", s.URL+"/a").want(t, 1,
		"the server says 503 Service Unavailable; trying again in 500ms\n", "given up after 2 tries in vain")
	s.wantRequests(t, asked{Path: "/a"}, asked{Path: "/a"})
	wantOnly(t, dir)
}

func TestDownload_takesASilentConnectionForLost(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	interrupt(t, s, dir, 1000, content(b, `"1"`))
	args := []string{"-dir", dir, "-retries", "0", "-patience", "200ms", s.URL + "/a"}

	s.on("/a", waits(nil))
	download(t, args...).want(t, 1, "a: the server has been silent for 200ms")
	wantFile(t, filepath.Join(dir, "a.part"), b[:1000])

	s.on("/a", after(500, waits(nil), content(b, `"1"`)))
	download(t, args...).want(t, 1, "a: the server has been silent for 200ms")
	got, err := os.ReadFile(filepath.Join(dir, "a.part"))
	if err != nil {
		t.Fatal(err)
	}
	// On a machine that is slow enough, even these 500 bytes come too late.
	if len(got) != 1000 && len(got) != 1500 || !bytes.HasPrefix(b, got) {
		t.Errorf("a.part has %d bytes, want 1500 that are right", len(got))
	}
}

func TestDownload_tellsWhichFileIsMissingAndFetchesTheOthers(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	s.on("/b", content(b, `"1"`))
	download(t, "-dir", dir, s.URL+"/a", s.URL+"/b").want(t, 1, "1 of 2 failed:\n  a: the server says 404 Not Found\n", "b: done")
	wantFile(t, filepath.Join(dir, "b"), b)
	wantOnly(t, dir, "b")
}

func TestDownload_keepsWhatWasFetchedWhenTheFileIsMissingNow(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	interrupt(t, s, dir, 1000, content(b, `"1"`))
	s.on("/a", http.NotFound)
	download(t, "-dir", dir, s.URL+"/a").want(t, 1, "a: the server says 404 Not Found")
	wantFile(t, filepath.Join(dir, "a.part"), b[:1000])
}

func TestDownload_noticesThatTheFileHasChanged(t *testing.T) {
	old, changed, longer := randomBytes(1<<20, 1), randomBytes(1<<20, 2), randomBytes(2<<20, 3)
	for name, test := range map[string]struct {
		now     http.HandlerFunc
		content []byte
		want    string
	}{
		"the server heeds If-Range":      {content(changed, `"2"`), changed, `it was 1048576 bytes, version "1", and is 1048576 bytes, version "2"`},
		"it does not, the tag is new":    {without("If-Range", content(changed, `"2"`)), changed, `it was 1048576 bytes, version "1", and is 1048576 bytes, version "2"`},
		"it does not, the file is long":  {without("If-Range", content(longer, `"1"`)), longer, `it was 1048576 bytes, version "1", and is 2097152 bytes, version "1"`},
		"it does not, the file is short": {without("If-Range", content(changed[:10], `"2"`)), changed[:10], "it is shorter now"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			interrupt(t, s, dir, 1000, content(old, `"1"`))
			s.on("/a", test.now)
			download(t, "-dir", dir, s.URL+"/a").want(t, 1, "a: the file has changed on the server: "+test.want,
				"a.part with 1000 B of the old one is left: delete it to fetch the new one")
			wantFile(t, filepath.Join(dir, "a.part"), old[:1000])

			if err := os.Remove(filepath.Join(dir, "a.part")); err != nil {
				t.Fatal(err)
			}
			download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: done")
			wantFile(t, filepath.Join(dir, "a"), test.content)
			wantOnly(t, dir, "a")
		})
	}
}

func TestDownload_startsOverWhereTheServerCannotResume(t *testing.T) {
	b := randomBytes(1<<20, 1)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   asked
	}{
		"it knows no ranges":           {without("Range", content(b, `"1"`)), asked{"/a", "bytes=1000-", `"1"`}},
		"it cannot tell versions":      {content(b, ""), asked{Path: "/a"}},
		"it tells versions but weakly": {content(b, `W/"1"`), asked{Path: "/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			interrupt(t, s, dir, 1000, test.answer)
			s.on("/a", test.answer)
			download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: the server cannot resume: starting over, without the 1000 B fetched before")
			s.wantRequests(t, test.want)
			wantFile(t, filepath.Join(dir, "a"), b)
		})
	}
}

func TestDownload_resumesByDateWhereThereIsNoTag(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	const date = "Wed, 01 Jul 2026 10:00:00 GMT"
	dated := func(w http.ResponseWriter, r *http.Request) {
		at, err := http.ParseTime(date)
		if err != nil {
			t.Error(err)
		}
		http.ServeContent(w, r, "a", at, bytes.NewReader(b))
	}
	interrupt(t, s, dir, 1000, dated)
	s.on("/a", dated)
	download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: resuming at 1000 B")
	s.wantRequests(t, asked{"/a", "bytes=1000-", date})
	wantFile(t, filepath.Join(dir, "a"), b)
}

func TestDownload_refusesAnswersThatItDidNotAskFor(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	interrupt(t, s, dir, 1000, content(b, `"1"`))
	for _, test := range []struct {
		contentRange string
		n            int
		want         string
	}{
		{"bytes 999-1048575/1048576", 1047577, `a part that it was not asked for (Content-Range: "bytes 999-1048575/1048576")`},
		{"nonsense", 10, `(Content-Range: "nonsense")`},
		{"bytes 1000-1048575/1048576", 1 << 20, "more than the 1048576 bytes that it announced"},
	} {
		s.on("/a", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", test.contentRange)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(make([]byte, test.n))
		})
		download(t, "-dir", dir, s.URL+"/a").want(t, 1, test.want)
		wantOnly(t, dir, "a.part", "a.part.json")
	}
}

func TestDownload_keepsAFileWithTheWrongChecksumApart(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	s.on("/a", content(b, `"1"`))
	for range 2 {
		download(t, "-dir", dir, s.URL+"/a#sha256="+sha(b[1:])).want(t, 1,
			"a: its SHA-256 is "+sha(b)+", want "+sha(b[1:])+"; a.part is left: delete it to fetch the file anew")
		wantFile(t, filepath.Join(dir, "a.part"), b)
	}
	download(t, "-dir", dir, s.URL+"/a#sha256="+sha(b)).want(t, 0, "a: done, 1.0 MiB, SHA-256 verified")
	wantFile(t, filepath.Join(dir, "a"), b)
	s.wantRequests(t, asked{Path: "/a"})
}

func TestDownload_doesNotTouchAPartThatIsNotItsOwn(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(1<<20, 1)
	part := filepath.Join(dir, "a.part")
	if err := os.WriteFile(part, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.on("/a", content(b, `"1"`))
	download(t, "-dir", dir, s.URL+"/a").want(t, 1, "a.part is there without a.part.json")
	wantFile(t, part, []byte("mine"))

	for record, want := range map[string]string{
		`{"from":"http://elsewhere/a","size":9,"validator":"\"1\""}`: "a part of http://elsewhere/a",
		`{"from":"` + s.URL + `/a","size":3,"validator":"\"1\""}`:    "a.part has 4 bytes, more than the 3 of the file",
		`{"from":"` + s.URL: "a.part.json is damaged",
	} {
		if err := os.WriteFile(part+".json", []byte(record), 0o600); err != nil {
			t.Fatal(err)
		}
		download(t, "-dir", dir, s.URL+"/a").want(t, 1, want)
		wantFile(t, part, []byte("mine"))
	}
	s.wantRequests(t)
}
