package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// silent is the error of a server that has said nothing for so long.
type silent time.Duration

func (s silent) Error() string {
	return fmt.Sprintf("the server has been silent for %v", time.Duration(s))
}

// whileAwake returns a context that ends when no body is given to awake within
// patience, or a Read from that takes longer.
func whileAwake(ctx context.Context, patience time.Duration) (_ context.Context, awake func(io.Reader) io.Reader, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(patience, func() { cancel(silent(patience)) })
	awake = func(body io.Reader) io.Reader { return wakeful{body, timer, patience} }
	return ctx, awake, func() { timer.Stop(); cancel(nil) }
}

type wakeful struct {
	io.Reader
	timer    *time.Timer
	patience time.Duration
}

func (w wakeful) Read(b []byte) (int, error) {
	w.timer.Reset(w.patience)
	defer w.timer.Stop() // what is read may take its time to be written
	return w.Reader.Read(b)
}
