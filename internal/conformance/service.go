package conformance

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var serviceTests = tests{
	"a service answers each call with its own answer":       serviceAnswers,
	"calls are served in the order of their coming":         serviceOrder,
	"a service carries bytes of any number":                 serviceSizes,
	"a call that has given up is served no more":            serviceGivenUp,
	"who serves a call is told that nobody wants it":        serviceUnwanted,
	"a closed space's calls are gone, and others serve":     serviceClosed,
	"what is given back is served first, and not counted":   serviceGivenBack,
	"a request is answered once":                            serviceAnsweredOnce,
	"a context ends a call, and the waiting for one":        serviceContext,
	"a deleted service ends calls, and the waiting for one": serviceDeleted,
	"a service of another type is ErrMismatch":              serviceType,
}

var typeOfService = driver.Type{Name: "text -> text", Fingerprint: [16]byte{1, 2}}

func service(t *testing.T, s driver.Space) driver.Service {
	t.Helper()
	v, err := s.OpenService(background, named("v"), typeOfService)
	must(t, err)
	return v
}

// A called is what a call came to.
type called struct {
	reply driver.Reply
	err   error
}

func call(ctx context.Context, v driver.Service, request string) (returned chan called) {
	returned = make(chan called, 1)
	go func() {
		reply, err := v.Call(ctx, []byte(request), nil)
		returned <- called{reply, err}
	}()
	return returned
}

// untilQueued returns when so many calls wait to be served.
func untilQueued(t *testing.T, s driver.Space, n int) {
	t.Helper()
	for queued := -1; queued != n; { // the test's own time bound is the hang detector
		stats, err := s.Stats(background)
		must(t, err)
		for _, o := range stats.Objects {
			if o.Name == "v" {
				queued = o.Len
			}
		}
	}
}

func take(t *testing.T, v driver.Service, want string) driver.Request {
	t.Helper()
	r, err := v.Take(background, nil)
	must(t, err)
	if string(r.Data) != want {
		t.Fatalf("the request is %q, not %q", r.Data, want)
	}
	return r
}

func answered(t *testing.T, c chan called, want string) {
	t.Helper()
	got := <-c
	must(t, got.err)
	if string(got.reply.Data) != want || got.reply.Ends != 0 {
		t.Errorf("the reply is %q after %d ends, not %q", got.reply.Data, got.reply.Ends, want)
	}
}

func serviceAnswers(t *testing.T, attach func() driver.Space) {
	const servers, callers, times = 3, 4, 100
	ctx, cancel := context.WithCancel(background)
	var serving, calling sync.WaitGroup
	for range servers {
		v := service(t, attach())
		for range 2 {
			serving.Go(func() {
				for {
					r, err := v.Take(ctx, nil)
					if err != nil {
						is(t, err, context.Canceled)
						return
					}
					if err := v.Answer(r, append([]byte("re "), r.Data...)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	for c := range callers {
		v := service(t, attach())
		for g := range 2 {
			calling.Go(func() {
				for i := range times {
					request := fmt.Sprintf("%d/%d/%d", c, g, i)
					reply, err := v.Call(background, []byte(request), []byte("> "))
					if err != nil || string(reply.Data) != "> re "+request {
						t.Errorf("%q: %q, %v", request, reply.Data, err)
					}
				}
			})
		}
	}
	calling.Wait()
	cancel()
	serving.Wait()
}

func serviceOrder(t *testing.T, attach func() driver.Space) {
	s := attach()
	one, two, v := service(t, attach()), service(t, attach()), service(t, s)
	var calls []chan called
	for i := range 10 {
		caller := one
		if i%3 == 0 {
			caller = two
		}
		calls = append(calls, call(background, caller, fmt.Sprint(i)))
		untilQueued(t, s, i+1)
	}
	for i := range calls {
		must(t, v.Answer(take(t, v, fmt.Sprint(i)), nil))
	}
	for _, c := range calls {
		answered(t, c, "")
	}
}

func serviceSizes(t *testing.T, attach func() driver.Space) {
	v, caller := service(t, attach()), service(t, attach())
	sizes := []int{0, 1, 9, 96, 97, 5000, 100_000}
	for _, in := range sizes {
		for _, out := range sizes {
			request, answer := bytes.Repeat([]byte{1}, in), bytes.Repeat([]byte{2}, out)
			c := call(background, caller, string(request))
			must(t, v.Answer(take(t, v, string(request)), answer))
			answered(t, c, string(answer))
		}
	}
	_, err := caller.Call(background, make([]byte, 10<<20), nil)
	is(t, err, driver.ErrTooLarge)
	c := call(background, caller, "a lot")
	r := take(t, v, "a lot")
	is(t, v.Answer(r, make([]byte, 10<<20)), driver.ErrTooLarge)
	must(t, v.Answer(r, make([]byte, driver.MinAnswer)))
	answered(t, c, string(make([]byte, driver.MinAnswer)))
}

func serviceGivenUp(t *testing.T, attach func() driver.Space) {
	s := attach()
	v, caller := service(t, s), service(t, attach())
	ctx, cancel := context.WithCancel(background)
	first := call(ctx, caller, "first")
	untilQueued(t, s, 1)
	second := call(background, caller, "second")
	untilQueued(t, s, 2)
	cancel()
	is(t, (<-first).err, context.Canceled)
	untilQueued(t, s, 1)
	must(t, v.Answer(take(t, v, "second"), []byte("yes")))
	answered(t, second, "yes")
}

func serviceUnwanted(t *testing.T, attach func() driver.Space) {
	v, caller := service(t, attach()), service(t, attach())
	ctx, cancel := context.WithCancel(background)
	c := call(ctx, caller, "x")
	r := take(t, v, "x")
	if !v.Wanted(r) {
		t.Error("not wanted, while the caller waits")
	}
	soon, end := context.WithCancel(background)
	end()
	is(t, v.AwaitUnwanted(soon, r), context.Canceled)
	ended := make(chan error)
	go func() { ended <- v.AwaitUnwanted(background, r) }()
	cancel()
	is(t, (<-c).err, context.Canceled)
	must(t, <-ended)
	if v.Wanted(r) {
		t.Error("wanted, though the caller has gone")
	}
	must(t, v.Answer(r, []byte("nobody")))
	is(t, v.Answer(r, []byte("nobody")), driver.ErrNotHeld)
}

func serviceClosed(t *testing.T, attach func() driver.Space) {
	caller, server := attach(), attach()
	gone, stays := service(t, server), service(t, attach())
	c := call(background, service(t, caller), "x")
	for range 5 { // a space that is closed does not count as one that the request has ended
		r := take(t, gone, "x")
		must(t, server.Close())
		is(t, gone.Answer(r, nil), driver.ErrClosed)
		server = attach()
		gone = service(t, server)
	}
	r := take(t, stays, "x")
	must(t, caller.Close())
	is(t, (<-c).err, driver.ErrClosed)
	must(t, stays.AwaitUnwanted(background, r))
	must(t, stays.Answer(r, nil))
}

func serviceGivenBack(t *testing.T, attach func() driver.Space) {
	s := attach()
	v, other, caller := service(t, s), service(t, attach()), service(t, attach())
	first := call(background, caller, "first")
	untilQueued(t, s, 1)
	second := call(background, caller, "second")
	untilQueued(t, s, 2)
	for range 5 {
		r := take(t, v, "first")
		must(t, v.GiveBack(r))
		is(t, v.GiveBack(r), driver.ErrNotHeld)
	}
	must(t, other.Answer(take(t, other, "first"), []byte("1")))
	must(t, other.Answer(take(t, other, "second"), []byte("2")))
	answered(t, first, "1")
	answered(t, second, "2")
}

func serviceAnsweredOnce(t *testing.T, attach func() driver.Space) {
	v, caller := service(t, attach()), service(t, attach())
	c := call(background, caller, "x")
	r := take(t, v, "x")
	must(t, v.Answer(r, []byte("one")))
	is(t, v.Answer(r, []byte("two")), driver.ErrNotHeld)
	is(t, v.Answer(driver.Request{}, nil), driver.ErrNotHeld)
	answered(t, c, "one")
}

func serviceContext(t *testing.T, attach func() driver.Space) {
	v := service(t, attach())
	ctx, cancel := context.WithCancel(background)
	c := call(ctx, v, "x")
	_ = take(t, v, "x")
	taking := make(chan error)
	go func() {
		_, err := v.Take(ctx, nil)
		taking <- err
	}()
	cancel()
	is(t, (<-c).err, context.Canceled)
	is(t, <-taking, context.Canceled)
	_, err := v.Call(ctx, nil, nil)
	is(t, err, context.Canceled)
	_, err = v.Take(ctx, nil)
	is(t, err, context.Canceled)
}

func serviceDeleted(t *testing.T, attach func() driver.Space) {
	s := attach()
	v, server := service(t, attach()), service(t, attach())
	taken := call(background, v, "taken")
	r := take(t, server, "taken")
	queued := call(background, v, "queued")
	untilQueued(t, s, 1)
	must(t, server.GiveBack(r))
	r = take(t, server, "taken")
	waits := make(chan error)
	one := service(t, attach())
	must(t, one.Answer(take(t, one, "queued"), nil))
	answered(t, queued, "")
	go func() {
		_, err := one.Take(background, nil)
		waits <- err
	}()
	must(t, s.Delete(background, "v"))
	is(t, (<-taken).err, driver.ErrClosed)
	is(t, <-waits, driver.ErrClosed)
	must(t, server.AwaitUnwanted(background, r))
	must(t, server.Answer(r, nil))
	_, err := v.Call(background, nil, nil)
	is(t, err, driver.ErrClosed)
	_, err = server.Take(background, nil)
	is(t, err, driver.ErrClosed)
}

func serviceType(t *testing.T, attach func() driver.Space) {
	service(t, attach())
	_, err := attach().OpenService(background, named("v"), driver.Type{Name: "other", Fingerprint: [16]byte{3}})
	is(t, err, driver.ErrMismatch)
}
