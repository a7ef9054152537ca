// Package multiproc runs Go functions in operating-system processes of their
// own, as easily as goroutines: a child can be killed, limited and restarted,
// and whatever happens to it happens to it alone.
//
// # Basics
//
// A function is registered with [Func], in a package-level var declaration, and
// started with [Function.Start]. What it takes and returns crosses processes as a
// copy. [Main] makes a program's main function ready for it:
//
//	var resize = multiproc.Func("resize", func(ctx context.Context, file string) (int, error) {
//		...
//	})
//
//	func main() {
//		multiproc.Main(func(ctx context.Context) error {
//			p, err := resize.Start(ctx, "cat.png", multiproc.Daemon())
//			if err != nil {
//				return err
//			}
//			n, err := p.Wait(ctx)
//			...
//		})
//	}
//
// The error of [Process.Wait] tells what became of the function: a [*RemoteError]
// is one that it returned, a [*PanicError] that it panicked, an [*ExitError] that
// its process ended without a word: killed, crashed, or by [os.Exit].
//
// The context given to Start is the child's life. Its end sends the child SIGTERM,
// which cancels the function's own context, and SIGKILL after a grace period (see
// [WithGrace]). [Process.Stop] and [Process.Kill] do so for one child.
//
// # What runs twice
//
// A child is the same program, started anew. So everything that runs before
// [Main] or [Init] runs in every child too: package-level variables and init
// functions, of the program and of all that it imports, and what stands in func
// main before the call. Keep slow and visible work (opening databases, printing,
// parsing flags with side effects) behind it.
//
// A child has its parent's working directory, environment and umask, and the
// first process's os.Args. Signals that its parent ignores are ignored in it, all
// others are at their default. It leads a session and a process group of its own,
// so a terminal's interrupt does not reach it. Its standard input is the null
// device, its output the parent's, unless an [Option] says otherwise. It has no
// other descriptors but its files ([WithFile]), the connection to its parent, and
// those that the program itself was started with and that every exec hands on.
// Nothing else crosses: no variables, goroutines, open files or mutexes.
//
// ps and top show what a child runs: its name stands behind the arguments, and in
// place of the command's name.
//
// # Crash safety
//
// A parent learns of a child's death from the kernel, at once and in every case:
// the child needs to do nothing for it. A child that is a [Daemon] dies with its
// parent, however the parent dies, and what it started dies with it. Three things
// see to that: the kernel's parent-death signal; the connection between the two,
// which ends with the parent; and a small guard process beside each process that
// has daemons, which kills their process groups. ps shows it as "multiproc
// guard". A guard that is killed is replaced. If parent and guard are killed in
// one blow, the daemons die all the same, but programs that they started may live
// on.
//
// What has left its process group by itself, as a Unix daemon does, is out of
// reach.
//
// # Testing
//
// A test binary starts children too. Its TestMain begins with Init:
//
//	func TestMain(m *testing.M) {
//		multiproc.Init()
//		os.Exit(m.Run())
//	}
//
// Functions registered in test files are there for tests alone.
//
// # Containers
//
// A child is started from /proc/self/exe, so /proc must be mounted. In a
// container whose first process is the program itself, nobody reaps the
// processes that daemons leave behind; run it under an init (docker run --init),
// as any program that starts others. A guard and its parent may be in the same
// container or not started at all: nothing is shared between containers.
//
// # Caveats
//
// Linux 5.4 or newer is wanted; on older kernels each child that runs costs its
// parent a waiting thread. Linux 6.9 lets a guard find a process group whose
// leader is gone. On systems other than Linux the package compiles, Main runs its
// function, and every start is an error that matches [errors.ErrUnsupported].
//
// A program that ignores SIGCHLD, or waits for children that are not its own,
// loses their exit status. A process that is started costs about what [os/exec]
// costs for the same program; for many short calls keep processes running.
package multiproc
