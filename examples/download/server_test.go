package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// A server answers on loopback, and writes down what it was asked for.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	asked   []asked
}

// asked is what matters of a request.
type asked struct{ Path, Range, IfRange string }

func newServer(t *testing.T) *server {
	s := &server{answers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.URL.Path, r.Header.Get("Range"), r.Header.Get("If-Range")})
		answer := s.answers[r.URL.Path]
		s.mu.Unlock()
		if answer == nil {
			answer = http.NotFound
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// on sets the answer to requests for a path.
func (s *server) on(path string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// requests returns those since the last call.
func (s *server) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.asked
	s.asked = nil
	return all
}

// wantRequests checks those since the last call, in any order.
func (s *server) wantRequests(t *testing.T, want ...asked) {
	t.Helper()
	got := s.requests()
	order := func(a, b asked) int { return bytes.Compare([]byte(a.Path+a.Range), []byte(b.Path+b.Range)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		t.Errorf("the server was asked for\n%+v\nwant\n%+v", got, want)
	}
}

// content is a file served as it should be: with ranges, and the entity tag tag;
// with an empty tag, nothing tells its versions apart.
func content(b []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if tag != "" {
			w.Header().Set("ETag", tag)
		}
		http.ServeContent(w, r, "file", time.Time{}, bytes.NewReader(b))
	}
}

// without takes headers from the requests: Range from a server that cannot
// resume, If-Range from one that does not look whether the file has changed.
func without(header string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del(header)
		answer(w, r)
	}
}

// after lets something happen when n bytes of an answer are with the client.
func after(n int, happen http.HandlerFunc, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer(&stopping{w, n, func() { happen(w, r) }}, r)
	}
}

type stopping struct {
	http.ResponseWriter
	left   int
	happen func()
}

func (s *stopping) Write(b []byte) (int, error) {
	n, err := s.ResponseWriter.Write(b[:min(len(b), s.left)])
	s.left -= n
	if err != nil || n == len(b) {
		return n, err
	}
	if err := http.NewResponseController(s.ResponseWriter).Flush(); err != nil {
		return n, err
	}
	s.happen()
	s.left = len(b) // once is enough
	rest, err := s.Write(b[n:])
	return n + rest, err
}

// breaks is the end of a connection.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// waits keeps the answer back until told, or until nobody waits for it any more.
func waits(told <-chan struct{}) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-told:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}
