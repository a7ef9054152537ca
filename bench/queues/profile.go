package queues

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profile writes this process's CPU profile into the directory that
// BENCH_PROFILE names, where it does, until the function that it returns is
// called.
func profile() (stop func()) {
	dir := os.Getenv("BENCH_PROFILE")
	if dir == "" {
		return func() {}
	}
	f, err := os.Create(fmt.Sprintf("%s/%d.cpu", dir, os.Getpid()))
	if err != nil {
		fmt.Fprintf(os.Stderr, "no profile: %v\n", err)
		return func() {}
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		fmt.Fprintf(os.Stderr, "no profile: %v\n", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // the profile is for whoever looks, and no figure is made of it
	}
}
