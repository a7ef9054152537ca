package multiproc

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/multiproc-go/multiproc/internal/proc"
)

// An Option configures a process at its start. Where two say different things
// the later one counts.
type Option interface{ option(*options) }

type optionFunc func(*options)

func (f optionFunc) option(o *options) { f(o) }

// options is what a list of Options comes to.
type options struct {
	daemon         bool
	name           string
	env            []string
	dir            string
	stdin          io.Reader
	stdout, stderr io.Writer
	prefix         *string // of their lines; nil: they are passed on as they are
	files          []*fileOption
	grace          time.Duration
	limits         limits
	nice           int
	user           *proc.User
	errs           []error // what is wrong with them
}

const defaultGrace = 5 * time.Second

func collect(opts []Option) (*options, error) {
	o := &options{grace: defaultGrace}
	for _, opt := range opts {
		if opt != nil {
			opt.option(o)
		}
	}
	return o, errors.Join(o.errs...)
}

func (o *options) refuse(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...))
}

// Daemon makes the child live no longer than its parent, however the parent
// ends, SIGKILL included; whenever the child ends, its daemons and the programs
// that it started end with it. (It is Python's word: this is no Unix daemon.) A
// daemon may have children of its own. Without Daemon, the child and what it
// started live on when its parent is killed.
//
// A program that has left the daemon's process group (by setsid, as a Unix daemon
// does) is out of reach, and lives on.
func Daemon() Option { return optionFunc(func(o *options) { o.daemon = true }) }

// WithName names the process, for Info, errors and ps. Default: the function's
// name with a number, such as "resize-3".
func WithName(name string) Option {
	return optionFunc(func(o *options) {
		if strings.ContainsAny(name, "\x00\n") {
			o.refuse("name %q: a name is one line", name)
		}
		o.name = name
	})
}

// WithEnv adds variables to the environment that the child has from its parent,
// each as "KEY=value". The last of a key counts.
func WithEnv(keyValues ...string) Option {
	keyValues = slices.Clone(keyValues)
	return optionFunc(func(o *options) {
		for _, kv := range keyValues {
			if key, _, ok := strings.Cut(kv, "="); !ok || key == "" || strings.Contains(kv, "\x00") {
				o.refuse(`environment variable %q: want "KEY=value"`, kv)
			}
		}
		o.env = append(o.env, keyValues...)
	})
}

// WithDir is the child's working directory. Default: the parent's.
func WithDir(dir string) Option { return optionFunc(func(o *options) { o.dir = dir }) }

// WithStdin is what the child reads as its standard input. An *os.File is handed
// over as it is; from another reader the parent copies, and may have read more
// of it than the child; an error of the reader is one of Wait, where there is no
// other. Default: the null device.
func WithStdin(r io.Reader) Option { return optionFunc(func(o *options) { o.stdin = r }) }

// WithStdout is where the child's standard output goes. An *os.File is handed
// over as it is. Into another writer the parent copies, one Write at a time; the
// child waits while the writer is slow; an error of the writer is one of Wait,
// where there is no other. When the parent is killed, such output is lost, but
// the child goes on. The same writer may be given for standard output and error,
// if it is comparable. Default: the parent's own descriptor, that of [os.Stdout].
func WithStdout(w io.Writer) Option { return optionFunc(func(o *options) { o.stdout = w }) }

// WithStderr is where the child's standard error goes; see [WithStdout]. Default:
// the parent's own descriptor, that of [os.Stderr].
func WithStderr(w io.Writer) Option { return optionFunc(func(o *options) { o.stderr = w }) }

// WithGrace is the time from SIGTERM to SIGKILL when the child is stopped.
// Default 5 s; 0 leaves it none.
func WithGrace(d time.Duration) Option {
	return optionFunc(func(o *options) {
		if d < 0 {
			o.refuse("grace period %v: negative", d)
		}
		o.grace = d
	})
}

// WithUser has the child run as another user, in that user's group and no
// others. Start needs the right to change user (root, or CAP_SETUID and
// CAP_SETGID), and that user the right to execute the program's file. The
// environment stays the parent's, HOME and USER included.
func WithUser(uid, gid int) Option {
	return optionFunc(func(o *options) {
		if uid < 0 || gid < 0 {
			o.refuse("user %d, group %d: negative", uid, gid)
		}
		o.user = &proc.User{UID: uid, GID: gid}
	})
}

// WithTimeout stops the child, as by Stop, when it has run for d. Wait then
// returns an [*ExitError] that matches [ErrTimeout] and
// [context.DeadlineExceeded], unless the function returned a nil error all the
// same: its result stands. The parent keeps the time, so a child that outlives it
// has no time-out any more.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(o *options) {
		if d <= 0 {
			o.refuse("time limit %v: not positive", d)
		}
		o.limits.timeout = d
	})
}

// WithMemoryLimit kills the child when it has more than so many bytes of memory
// to itself, in memory or swapped out: heap, stacks and other anonymous memory,
// not files and not shared memory. Wait then returns an [*ExitError] that matches
// [ErrMemory]. The Go runtime in the child is told of nine tenths of the limit, by
// GOMEMLIMIT, unless the environment has one, so that it collects garbage rather
// than die.
//
// Where this process may make a cgroup, the memory of programs that the child
// starts counts too, and they die with it. Else each of these programs is for
// itself, and only bounded by RLIMIT_DATA. docs/operations.md says more.
func WithMemoryLimit(bytes int64) Option {
	return optionFunc(func(o *options) {
		if bytes <= 0 {
			o.refuse("memory limit of %d bytes: not positive", bytes)
		}
		o.limits.memory = bytes
	})
}

// WithCPULimit kills the child when it has used so much processor time, in user
// mode and in the kernel, on all processors together. Wait then returns an
// [*ExitError] that matches [ErrCPU]. The parent watches it to the millisecond; the
// kernel does to the next full second, also when the parent has ended, and for
// each program that the child starts.
func WithCPULimit(d time.Duration) Option {
	return optionFunc(func(o *options) {
		if d <= 0 {
			o.refuse("processor time limit %v: not positive", d)
		}
		o.limits.cpu = d
	})
}

// WithNice adds n to the parent's nice value: a positive one leaves the processor
// to others, a negative one needs the right to take it from them. The kernel holds
// the sum between -20 and 19.
func WithNice(n int) Option { return optionFunc(func(o *options) { o.nice = n }) }
