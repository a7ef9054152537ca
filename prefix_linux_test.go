package multiproc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc"
)

// A Piece is what a process writes at a time.
type Piece struct {
	Stderr bool
	Text   []byte
}

var writePieces = multiproc.Func("writePieces", func(_ context.Context, pieces []Piece) (multiproc.None, error) {
	for _, p := range pieces {
		f := os.Stdout
		if p.Stderr {
			f = os.Stderr
		}
		if _, err := f.Write(p.Text); err != nil {
			return multiproc.None{}, err
		}
	}
	return multiproc.None{}, nil
})

func pieces(texts ...string) (all []Piece) {
	for _, text := range texts {
		all = append(all, Piece{Text: []byte(text)})
	}
	return all
}

func TestWithLinePrefix_isOnEachLine(t *testing.T) {
	for written, want := range map[string]string{
		"":                       "",
		"one\ntwo\n":             "a| one\na| two\n",
		"\n\n":                   "a| \na| \n",
		"dos\r\n\r\n":            "a| dos\r\na| \r\n",
		"10%\r20%\rdone\n":       "a| 10%\r20%\rdone\n",
		"the last has no end":    "a| the last has no end\n",
		"\x00\xff not text\n":    "a| \x00\xff not text\n",
		"pro|gress| |bar\nnex|t": "a| progress bar\na| next\n", // written in pieces
	} {
		var out, errs bytes.Buffer
		in := pieces(strings.Split(written, "|")...)
		in = append(in, Piece{Stderr: true, Text: []byte("beside it")})
		_, err := writePieces.Call(within(t), in, multiproc.WithLinePrefix("a| "), multiproc.WithStdout(&out), multiproc.WithStderr(&errs))
		if err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%q became %q, want %q", written, out.String(), want)
		}
		if errs.String() != "a| beside it\n" {
			t.Errorf("on standard error: %q", errs.String())
		}
	}
}

// strictWriter fails the test for a Write of no whole lines, or two at once.
type strictWriter struct {
	testing.TB
	mu  sync.Mutex
	got bytes.Buffer
}

func (w *strictWriter) Write(p []byte) (int, error) {
	if !w.mu.TryLock() {
		w.Error("two Writes at once")
		return len(p), nil
	}
	defer w.mu.Unlock()
	if !bytes.HasSuffix(p, []byte("\n")) {
		w.Errorf("a Write of %d bytes ends within a line", len(p))
	}
	return w.got.Write(p)
}

func TestWithLinePrefix_linesOfManyChildrenStayWhole(t *testing.T) {
	random := seeded(t)
	var out strictWriter
	out.TB = t
	const children, lines = 6, 2000
	var wg sync.WaitGroup
	for child := range children {
		in := lineByLine(random, lines)
		wg.Go(func() {
			_, err := writePieces.Call(within(t), in,
				multiproc.WithLinePrefix(fmt.Sprintf("%d ", child)), multiproc.WithStdout(&out), multiproc.WithStderr(&out))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	next := map[string]int{} // by child and stream
	for line := range strings.Lines(out.got.String()) {
		var child, number, length int
		var stream string
		if _, err := fmt.Sscanf(line, "%d %s %d %d", &child, &stream, &number, &length); err != nil {
			t.Fatalf("line %.80q: %v", line, err)
		}
		of := fmt.Sprint(child, stream)
		if number != next[of] || strings.Count(line, "x") != length {
			t.Fatalf("%s: line %d of %d x, want line %d of %d x", of, number, strings.Count(line, "x"), next[of], length)
		}
		next[of]++
	}
	for child := range children {
		if n := next[fmt.Sprint(child, "out")] + next[fmt.Sprint(child, "err")]; n != lines {
			t.Errorf("%d lines of child %d, want %d", n, child, lines)
		}
	}
}

// seeded returns a source whose seed it logs, and takes back as MULTIPROC_TEST_SEED.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("MULTIPROC_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("MULTIPROC_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// lineByLine are lines on both streams, some of them long, in pieces that end
// anywhere.
func lineByLine(random *rand.Rand, lines int) (in []Piece) {
	var text [2][]byte
	var count [2]int
	for range lines {
		stream := random.IntN(2)
		length := random.IntN(100)
		if random.IntN(100) == 0 {
			length = random.IntN(100_000)
		}
		name := [2]string{"out", "err"}[stream]
		text[stream] = fmt.Appendf(text[stream], "%s %d %d %s\n", name, count[stream], length, strings.Repeat("x", length))
		count[stream]++
	}
	for len(text[0])+len(text[1]) > 0 {
		stream := random.IntN(2)
		n := random.IntN(1000)
		if random.IntN(10) == 0 {
			n = 100_000
		}
		n = min(n, len(text[stream]))
		in = append(in, Piece{Stderr: stream == 1, Text: text[stream][:n]})
		text[stream] = text[stream][n:]
	}
	return in
}

func TestWithLinePrefix_aVeryLongLineComesAsSeveral(t *testing.T) {
	const most = 1 << 20
	x := func(n int) string { return strings.Repeat("x", n) }
	for name, test := range map[string]struct {
		written string
		want    []int // x in each line
	}{
		"as long as may be":    {x(most) + "\n", []int{most}},
		"with CRLF":            {x(most) + "\r\n", []int{most}},
		"more, and a next one": {x(2*most+5) + "\nx\n", []int{most, most, 5, 1}},
		"without an end":       {x(most + 5), []int{most, 5}},
	} {
		var out strictWriter
		out.TB = t
		// Two writes, so that the end comes by itself.
		in := pieces(test.written[:most], test.written[most:])
		if _, err := writePieces.Call(within(t), in, multiproc.WithLinePrefix("> "), multiproc.WithStdout(&out)); err != nil {
			t.Fatal(err)
		}
		var got []int
		for line := range strings.Lines(out.got.String()) {
			if !strings.HasPrefix(line, "> x") {
				t.Errorf("%s: line %.10q has no prefix", name, line)
			}
			got = append(got, strings.Count(line, "x"))
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: lines of %v x, want %v", name, got, test.want)
		}
	}
}

func init() {
	scenarios["prints with prefixes"] = func() {
		multiproc.Init()
		line := strings.Repeat("x", 20_000) // more than a pipe takes as one
		var wg sync.WaitGroup
		for _, prefix := range []string{"a| ", "b| "} {
			wg.Go(func() {
				in := []Piece{}
				for range 100 {
					in = append(in, Piece{Text: []byte("out " + line + "\n")}, Piece{Stderr: true, Text: []byte("err " + line + "\n")})
				}
				must(writePieces.Call(context.Background(), in, multiproc.WithLinePrefix(prefix)))
			})
		}
		wg.Wait()
	}
}

func TestWithLinePrefix_goesToTheParentsOutputByDefault(t *testing.T) {
	out := runScenario(t, "prints with prefixes")
	for stream, text := range map[string]string{"out": out.stdout, "err": out.stderr} {
		for _, prefix := range []string{"a| ", "b| "} {
			if n := strings.Count(text, prefix+stream); n != 100 {
				t.Errorf("%d lines %s%s, want 100", n, prefix, stream)
			}
		}
	}
}

func TestWithLinePrefix_standardOutputAndErrorMayBeTheSameFile(t *testing.T) {
	cmd := scenario(t, "prints with prefixes")
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(text)) {
		count++
		if len(line) != len("a| out ")+20_000+1 || strings.Count(line, "x") != 20_000 {
			t.Fatalf("a line is broken: %d bytes, %.20q", len(line), line)
		}
	}
	if count != 400 {
		t.Errorf("%d lines, want 400", count)
	}
}

func TestWithLinePrefix_writesToAFileGiven(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := writePieces.Call(within(t), pieces("one\ntwo"), multiproc.WithLinePrefix("log: "), multiproc.WithStdout(f)); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(name); string(text) != "log: one\nlog: two\n" {
		t.Errorf("got %q", text)
	}
}

func TestWithLinePrefix_theErrorOfTheWriterIsOneOfWait(t *testing.T) {
	for _, text := range []string{"a line\n", "no line"} {
		if _, err := writePieces.Call(within(t), pieces(text), multiproc.WithLinePrefix("a| "), multiproc.WithStdout(full{})); !errors.Is(err, errFull) {
			t.Errorf("%q: got %v, want the writer's error", text, err)
		}
	}
}

func TestExitError_hasStandardErrorWithoutThePrefix(t *testing.T) {
	var out bytes.Buffer
	_, err := scream.Call(within(t), 3, multiproc.WithLinePrefix("a| "), multiproc.WithStderr(&out))
	var exit *multiproc.ExitError
	if !errors.As(err, &exit) || exit.Stderr != "xxxthe end\n" || out.String() != "a| xxxthe end\n" {
		t.Errorf("got %v; its Stderr is %q; written was %q", err, exit.Stderr, out.String())
	}
}

func TestWithLinePrefix_refusesAPrefixOfSeveralLines(t *testing.T) {
	_, err := pid.Start(t.Context(), multiproc.None{}, multiproc.WithLinePrefix("a\nb"))
	if err == nil || !strings.Contains(err.Error(), `line prefix "a\nb"`) {
		t.Errorf("got %v", err)
	}
}

// A Torrent is so many bytes in lines of so many.
type Torrent struct{ Bytes, Line int }

var pour = multiproc.Func("pour", func(_ context.Context, t Torrent) (multiproc.None, error) {
	line := strings.Repeat("x", t.Line-1) + "\n"
	block := []byte(strings.Repeat(line, max(1, 64<<10/t.Line)))
	for left := t.Bytes; left > 0; left -= len(block) {
		if _, err := os.Stdout.Write(block[:min(left, len(block))]); err != nil {
			return multiproc.None{}, err
		}
	}
	return multiproc.None{}, nil
})

// From a child's Write to that of its parent's writer; the start of the child is
// part of it.
func BenchmarkLinePrefix(b *testing.B) {
	for _, line := range []int{16, 80, 1000, 100_000, 1 << 20} {
		for name, opts := range map[string][]multiproc.Option{
			"prefix":    {multiproc.WithLinePrefix("worker-1: ")},
			"no prefix": nil,
		} {
			b.Run(fmt.Sprintf("line=%d/%s", line, name), func(b *testing.B) {
				const size = 256 << 20
				b.SetBytes(size)
				for b.Loop() {
					if _, err := pour.Call(b.Context(), Torrent{size, line}, append(opts, multiproc.WithStdout(discard{}))...); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
