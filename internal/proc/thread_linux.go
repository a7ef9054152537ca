package proc

import (
	"runtime"
	"sync"
)

// The kernel's parent-death signal is sent when the thread ends that forked, not
// the process. So daemons are forked by a thread that lasts: its goroutine is
// locked to it and never returns.
var lastingThread = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go serveLastingThread(work)
	return work
})

func serveLastingThread(work <-chan func()) {
	runtime.LockOSThread()
	for f := range work {
		f()
	}
}

// onLastingThread runs f on that thread and waits for it.
func onLastingThread(f func()) {
	done := make(chan struct{})
	lastingThread() <- func() {
		defer close(done)
		f()
	}
	<-done
}
