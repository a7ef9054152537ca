package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/internal/leak"
)

// A Post is what a supervised process does. It says that it works, if it is to Say
// so, and works until it is stopped, but one whose name is in Fail fails at once, and so do all while the file Broken
// exists; one whose name is in Done ends well at once. When it is stopped it waits
// for the file Linger to be there, if it has a name, and then returns an error.
type Post struct {
	Say            bool
	Fail, Done     []string
	Broken, Linger string
}

var post = multiproc.Func("post", func(ctx context.Context, p Post) (multiproc.None, error) {
	name := multiproc.Self().Name
	switch {
	case slices.Contains(p.Fail, name) || exists(p.Broken):
		return multiproc.None{}, errSoldOut
	case slices.Contains(p.Done, name):
		return multiproc.None{}, nil
	case p.Say:
		fmt.Println("at work")
	}
	<-ctx.Done()
	for p.Linger != "" && !exists(p.Linger) {
		time.Sleep(time.Millisecond)
	}
	return multiproc.None{}, errors.New("stopped")
})

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func touch(t testing.TB, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// leaveNothing checks in the end that nothing is left of a test but what the
// first daemon of a process leaves for good.
func leaveNothing(t testing.TB) {
	t.Helper()
	if _, err := pid.Call(within(t), multiproc.None{}); err != nil {
		t.Fatal(err)
	}
	leak.Check(t)
}

// exits are the ends that OnExit was told of.
type exits struct {
	mu   sync.Mutex
	info []multiproc.Info
	err  []error
}

func (e *exits) add(p multiproc.Info, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.info, e.err = append(e.info, p), append(e.err, err)
}

// String tells names and whether each had an error.
func (e *exits) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ends []string
	for i, p := range e.info {
		end := p.Name + " well"
		if e.err[i] != nil {
			end = p.Name + " badly"
		}
		ends = append(ends, end)
	}
	slices.Sort(ends)
	return strings.Join(ends, ", ")
}

// supervise starts a supervisor that is stopped with the test.
func supervise(t testing.TB, p Post, cfg multiproc.SupervisorConfig, opts ...multiproc.Option) *multiproc.Supervisor {
	t.Helper()
	s, err := post.Supervise(t.Context(), p, cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(context.Background()) })
	return s
}

func namesOf(infos []multiproc.Info) string {
	var names []string
	for _, i := range infos {
		names = append(names, i.Name)
	}
	return strings.Join(names, " ")
}

func TestSupervise_startsAgainWhatHasFailed(t *testing.T) {
	leaveNothing(t)
	var ends exits
	s := supervise(t, Post{}, multiproc.SupervisorConfig{Processes: 3, OnExit: ends.add}, multiproc.WithName("web"))
	first := s.Processes()
	if got := namesOf(first); got != "web-1 web-2 web-3" || s.Restarts() != 0 {
		t.Fatalf("it runs %s after %d restarts", got, s.Restarts())
	}
	for _, p := range first {
		if !p.Daemon || p.Func != "post" {
			t.Errorf("%+v is no daemon that runs post", p)
		}
		syscall.Kill(p.PID, syscall.SIGKILL)
	}
	eventually(t, "all three were started again", func() bool { return s.Restarts() == 3 && len(s.Processes()) == 3 })
	for i, p := range s.Processes() {
		if p.Name != first[i].Name || p.PID == first[i].PID {
			t.Errorf("after %+v runs %+v: want the same name, another process", first[i], p)
		}
	}
	if err := s.Stop(within(t)); err != nil {
		t.Error(err)
	}
	if err := s.Wait(within(t)); err != nil {
		t.Errorf("Wait after Stop: %v", err)
	}
	for i, err := range ends.err[:3] {
		var exit *multiproc.ExitError
		if !errors.As(err, &exit) || exit.Exit.Signal != syscall.SIGKILL || exit.PID != ends.info[i].PID {
			t.Errorf("OnExit was told %+v, %v; want an *ExitError by SIGKILL", ends.info[i], err)
		}
	}
	if want := "web-1 badly, web-1 well, web-2 badly, web-2 well, web-3 badly, web-3 well"; ends.String() != want {
		t.Errorf("OnExit was told %s, want %s", &ends, want)
	}
	if left := s.Processes(); len(left) > 0 {
		t.Errorf("after Stop there is %+v", left)
	}
}

func TestSupervise_theDefaultIsOneProcessNamedLikeItsFunction(t *testing.T) {
	s := supervise(t, Post{}, multiproc.SupervisorConfig{})
	if got := namesOf(s.Processes()); got != "post-1" {
		t.Errorf("it runs %q", got)
	}
}

func TestSupervise_givesUpWithTheReason(t *testing.T) {
	leaveNothing(t)
	for fails, want := range map[int]string{
		1: `^multiproc: supervise web: gave up after the first failure: post in process \d+: sold out$`,
		4: `^multiproc: supervise web: gave up after 4 failures in \d+ms, the last: post in process \d+: sold out$`,
	} {
		var ends exits
		s := supervise(t, Post{Fail: []string{"web-2"}},
			multiproc.SupervisorConfig{Processes: 2, MaxFails: fails, Backoff: time.Millisecond, OnExit: ends.add}, multiproc.WithName("web"))
		err := s.Wait(within(t))
		if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("Wait = %v, want it to match %s", err, want)
		}
		var remote *multiproc.RemoteError
		if !errors.Is(err, errSoldOut) || !errors.As(err, &remote) {
			t.Errorf("Wait = %v, want the last failure in it", err)
		}
		if want := "web-1 well" + strings.Repeat(", web-2 badly", fails); ends.String() != want {
			t.Errorf("OnExit was told %s, want %s", &ends, want)
		}
		if s.Restarts() != fails-1 {
			t.Errorf("%d restarts, want %d", s.Restarts(), fails-1)
		}
		if again := s.Wait(within(t)); again == nil || again.Error() != err.Error() {
			t.Errorf("another Wait = %v", again)
		}
	}
}

func TestSupervise_aFailedStartIsAFailure(t *testing.T) {
	leaveNothing(t)
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := supervise(t, Post{}, multiproc.SupervisorConfig{MaxFails: 3, Backoff: time.Millisecond}, multiproc.WithDir(dir))
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	syscall.Kill(s.Processes()[0].PID, syscall.SIGKILL)
	err := s.Wait(within(t))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "gave up after 3 failures") {
		t.Errorf("Wait = %v", err)
	}
	if s.Restarts() != 0 {
		t.Errorf("%d restarts, though none could be started", s.Restarts())
	}
}

func TestSupervise_failuresCountWithinTheWindowAlone(t *testing.T) {
	for name, cfg := range map[string]multiproc.SupervisorConfig{
		"no two within it": {MaxFails: 2, Window: time.Nanosecond, Backoff: time.Microsecond},
		"never":            {MaxFails: -1, Backoff: time.Microsecond},
	} {
		s := supervise(t, Post{Fail: []string{"post-1"}}, cfg)
		eventually(t, name+": it goes on", func() bool { return s.Restarts() > 15 })
		if err := s.Stop(within(t)); err != nil {
			t.Error(err)
		}
		if err := s.Wait(within(t)); err != nil {
			t.Errorf("%s: Wait = %v", name, err)
		}
	}
}

func TestSupervise_waitsLongerBeforeEachRestartInARow(t *testing.T) {
	const backoff = 4 * time.Millisecond
	var ends exits
	var at []time.Time // no sooner than each end
	s := supervise(t, Post{Fail: []string{"post-1"}}, multiproc.SupervisorConfig{
		MaxFails: 6, Backoff: backoff,
		OnExit: func(p multiproc.Info, err error) {
			ends.add(p, err)
			at = append(at, time.Now())
		},
	})
	s.Wait(within(t))
	for i := 1; i < len(at); i++ {
		if gap := at[i].Sub(ends.info[i-1].Since); gap < backoff<<(i-1) {
			t.Errorf("from start %d to end %d it took %v, want at least the back-off of %v", i, i+1, gap, backoff<<(i-1))
		}
	}
	if len(at) != 6 {
		t.Errorf("%d ends, want 6", len(at))
	}
}

func TestSupervise_endsWhenAllHaveEndedWell(t *testing.T) {
	leaveNothing(t)
	var ends exits
	s := supervise(t, Post{Done: []string{"post-1", "post-2", "post-3"}}, multiproc.SupervisorConfig{Processes: 3, OnExit: ends.add})
	if err := s.Wait(within(t)); err != nil {
		t.Errorf("Wait = %v", err)
	}
	if want := "post-1 well, post-2 well, post-3 well"; ends.String() != want || s.Restarts() != 0 {
		t.Errorf("OnExit was told %s, want %s; %d restarts", &ends, want, s.Restarts())
	}
}

func TestSupervise_startsAgainAfterAGoodEndWithAlways(t *testing.T) {
	s := supervise(t, Post{Done: []string{"post-1"}}, multiproc.SupervisorConfig{Always: true, MaxFails: 1, Backoff: time.Millisecond})
	eventually(t, "it starts the process again and again", func() bool { return s.Restarts() > 5 })
}

func TestSupervise_endsWithItsContext(t *testing.T) {
	leaveNothing(t)
	ctx, cancel := context.WithCancel(t.Context())
	var ends exits
	s, err := post.Supervise(ctx, Post{}, multiproc.SupervisorConfig{Processes: 2, OnExit: ends.add})
	if err != nil {
		t.Fatal(err)
	}
	waiting, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Wait(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a context that has ended: %v", err)
	}
	cancel()
	if err := s.Wait(within(t)); err != nil {
		t.Errorf("Wait = %v", err)
	}
	if want := "post-1 well, post-2 well"; ends.String() != want {
		t.Errorf("OnExit was told %s, want %s", &ends, want)
	}
	for what, err := range map[string]error{"resize": s.Resize(3), "restart": s.Restart(within(t))} {
		if want := "multiproc: " + what + " post"; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "the supervisor has ended") {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
	if _, err := post.Supervise(ctx, Post{}, multiproc.SupervisorConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Supervise with a context that has ended: %v", err)
	}
}

func TestSupervise_saysWhatIsWrongWithTheConfiguration(t *testing.T) {
	for want, cfg := range map[string]multiproc.SupervisorConfig{
		"SupervisorConfig.Processes is -1: negative": {Processes: -1},
		"SupervisorConfig.Window is -1s: negative":   {Window: -time.Second},
		"SupervisorConfig.Backoff is -1ns: negative": {Backoff: -1},
	} {
		if _, err := post.Supervise(t.Context(), Post{}, cfg); err == nil || err.Error() != "multiproc: supervise post: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := post.Supervise(t.Context(), Post{}, multiproc.SupervisorConfig{}, multiproc.WithEnv("x"))
	if err == nil || !strings.Contains(err.Error(), `environment variable "x"`) {
		t.Errorf("a wrong option: %v", err)
	}
	_, err = post.Supervise(t.Context(), Post{}, multiproc.SupervisorConfig{Processes: 2}, multiproc.WithDir("/nowhere"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what can't be started: %v", err)
	}
}

func TestSupervisor_stopKillsWhenItsContextEnds(t *testing.T) {
	leaveNothing(t)
	said := make(signalWriter, 1)
	s, err := stubborn.Supervise(t.Context(), multiproc.None{}, multiproc.SupervisorConfig{},
		multiproc.WithGrace(time.Hour), multiproc.WithStdout(said))
	if err != nil {
		t.Fatal(err)
	}
	<-said
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

func TestSupervisor_resizes(t *testing.T) {
	leaveNothing(t)
	var ends exits
	s := supervise(t, Post{}, multiproc.SupervisorConfig{Processes: 2, OnExit: ends.add})
	for _, want := range []string{"post-1 post-2 post-3 post-4", "post-1", "", "post-1 post-2"} {
		n := len(strings.Fields(want))
		if err := s.Resize(n); err != nil {
			t.Fatal(err)
		}
		if got := namesOf(s.Processes()); got != want {
			t.Errorf("after Resize(%d) it runs %q, want %q", n, got, want)
		}
	}
	if err := s.Resize(-1); err == nil || err.Error() != "multiproc: resize post to -1 processes: negative" {
		t.Errorf("Resize(-1) = %v", err)
	}
	s.Stop(within(t))
	s.Wait(within(t))
	if want := "post-1 well, post-1 well, post-2 well, post-2 well, post-3 well, post-4 well"; ends.String() != want {
		t.Errorf("OnExit was told %s, want %s", &ends, want)
	}
}

func TestSupervisor_manyMayUseItAtOnce(t *testing.T) {
	leaveNothing(t)
	s := supervise(t, Post{}, multiproc.SupervisorConfig{Processes: 2, MaxFails: -1, Backoff: time.Millisecond})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 4 {
				if err := s.Resize(1 + (n+i)%4); err != nil {
					t.Error(err)
				}
				for _, p := range s.Processes() {
					syscall.Kill(p.PID, syscall.SIGTERM)
				}
				s.Restart(within(t)) // an error where the successor was ended by another goroutine
			}
		})
	}
	wg.Wait()
	if err := s.Resize(3); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three run", func() bool { return namesOf(s.Processes()) == "post-1 post-2 post-3" })
	eventually(t, "and no other", func() bool { return len(childrenOfFunc("post")) == 3 })
}

func childrenOfFunc(function string) (found []multiproc.Info) {
	for _, c := range multiproc.Children() {
		if c.Func == function {
			found = append(found, c)
		}
	}
	return found
}

func TestSupervisor_onExitMayCallItsMethods(t *testing.T) {
	leaveNothing(t)
	var s *multiproc.Supervisor
	ready := make(chan struct{})
	var told []string
	s = supervise(t, Post{}, multiproc.SupervisorConfig{
		Processes: 2,
		OnExit: func(p multiproc.Info, err error) {
			<-ready
			told = append(told, p.Name) // a race, if two were told at once
			if err == nil {
				return
			}
			s.Processes()
			s.Restarts()
			if err := s.Resize(3); err != nil {
				t.Error(err)
			}
			if err := s.Restart(within(t)); err != nil {
				t.Error(err)
			}
			s.Stop(within(t))
		},
	})
	syscall.Kill(s.Processes()[0].PID, syscall.SIGKILL)
	close(ready)
	if err := s.Wait(within(t)); err != nil {
		t.Error(err)
	}
	if len(told) < 5 || told[0] != "post-1" {
		t.Errorf("OnExit was told of %v", told)
	}
}

func TestSupervisor_restartStartsTheSuccessorFirst(t *testing.T) {
	leaveNothing(t)
	var ended []string
	var s *multiproc.Supervisor
	ready, replaced := make(chan struct{}), make(chan struct{})
	s = supervise(t, Post{}, multiproc.SupervisorConfig{
		Processes: 3,
		OnExit: func(p multiproc.Info, err error) {
			<-ready
			if ended = append(ended, p.Name); len(ended) > 3 {
				return // they are stopped
			}
			now := s.Processes()
			successor := slices.IndexFunc(now, func(q multiproc.Info) bool { return q.Name == p.Name && q.PID != p.PID })
			if len(now) != 3 || successor < 0 {
				t.Errorf("at the end of %s, process %d, there are %+v", p.Name, p.PID, now)
			}
			if len(ended) == 3 {
				close(replaced)
			}
		},
	})
	before := s.Processes()
	close(ready)
	if err := s.Restart(within(t)); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Processes() {
		if p.Name != before[i].Name || p.PID == before[i].PID {
			t.Errorf("after Restart %+v runs in place of %+v", p, before[i])
		}
	}
	if s.Restarts() != 0 {
		t.Errorf("%d restarts: what was meant does not count", s.Restarts())
	}
	<-replaced
	s.Stop(within(t))
	s.Wait(within(t))
	if got := strings.Join(ended[:3], " "); got != "post-1 post-2 post-3" {
		t.Errorf("they ended in the order %s: want one after the other", got)
	}
}

func TestSupervisor_restartEndsWithTheFirstSuccessorThatFails(t *testing.T) {
	leaveNothing(t)
	dir := t.TempDir()
	broken, linger := filepath.Join(dir, "broken"), filepath.Join(dir, "linger")
	said := make(signalWriter, 2)
	s := supervise(t, Post{Say: true, Broken: broken, Linger: linger}, multiproc.SupervisorConfig{
		Processes: 2,
		Backoff:   time.Hour,
		OnExit: func(_ multiproc.Info, err error) {
			if err != nil {
				touch(t, linger) // lets the predecessor end
			}
		},
	}, multiproc.WithStdout(said))
	<-said
	<-said
	before := s.Processes()
	touch(t, broken)
	err := s.Restart(within(t))
	if !errors.Is(err, errSoldOut) || !strings.HasPrefix(err.Error(), "multiproc: restart post-1: its successor failed: ") {
		t.Errorf("Restart = %v", err)
	}
	if now := s.Processes(); len(now) != 1 || now[0] != before[1] {
		t.Errorf("it runs %+v, want %+v to be left alone", now, before[1])
	}
}

func TestSupervisor_restartIsBoundedByItsContext(t *testing.T) {
	leaveNothing(t)
	linger := filepath.Join(t.TempDir(), "linger")
	s := supervise(t, Post{Linger: linger}, multiproc.SupervisorConfig{Processes: 2}, multiproc.WithGrace(time.Hour))
	before := s.Processes()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(childrenOfFunc("post")) < 3 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := s.Restart(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Restart = %v", err)
	}
	now := s.Processes()
	if len(now) != 2 || now[1] != before[1] {
		t.Errorf("it runs %+v, want %+v to be left alone", now, before[1])
	}
	touch(t, linger)
	eventually(t, "the predecessor ends by itself", func() bool { return len(childrenOfFunc("post")) == 2 })
}

func init() {
	leave := func() *multiproc.Supervisor {
		cfg := multiproc.SupervisorConfig{Processes: 2, Always: true, MaxFails: -1}
		return must(post.Supervise(context.Background(), Post{}, cfg))
	}
	scenarios["leaves a supervisor to Main"] = func() {
		multiproc.Main(func(context.Context) error {
			leave()
			return nil
		})
	}
	scenarios["leaves a supervisor to Shutdown"] = func() {
		multiproc.Init()
		s := leave()
		err := multiproc.Shutdown(context.Background())
		fmt.Println(err, s.Wait(context.Background()), len(multiproc.Children()))
	}
}

func TestMain_endsASupervisorLeftRunning(t *testing.T) {
	for name, want := range map[string]string{
		"leaves a supervisor to Main":     "",
		"leaves a supervisor to Shutdown": "<nil> <nil> 0\n",
	} {
		if out := runScenario(t, name); out.code != 0 || out.stdout != want || out.stderr != "" {
			t.Errorf("%s: exit status %d, output %q, errors %q", name, out.code, out.stdout, out.stderr)
		}
	}
}
