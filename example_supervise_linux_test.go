package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc"
)

// web serves HTTP on the listener that all of its processes share. A connection
// waits in the listener's queue until one of them accepts it, so that none is lost
// when a process ends, if that does what serveUntil does.
var web = multiproc.Func("web", func(ctx context.Context, _ multiproc.None) (multiproc.None, error) {
	listener, err := net.FileListener(multiproc.File("listener"))
	if err != nil {
		return multiproc.None{}, err
	}
	return multiproc.None{}, serveUntil(ctx, listener, &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, multiproc.Self().Name)
		}),
		ReadHeaderTimeout: time.Second, // bounds the wait for connections that send nothing
	})
})

// serveUntil serves until ctx ends, and then what has been accepted until then.
// (Server.Shutdown would hang up on a connection whose request it has not read.)
// A connection that is kept between requests is closed; if the next request is on
// its way, a client such as Go's tries it again, as HTTP/1.1 has it.
func serveUntil(ctx context.Context, listener net.Listener, server *http.Server) error {
	var connections sync.WaitGroup
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
		case http.StateClosed, http.StateHijacked:
			connections.Done()
		}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	listener.Close()
	<-served // now all that were accepted are counted
	server.SetKeepAlivesEnabled(false)
	connections.Wait()
	return nil
}

// listen makes the listener that the processes share. The file is a duplicate: the
// queue of connections lives as long as one of both.
func listen() (url string, file *os.File, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	defer listener.Close()
	file, err = listener.(*net.TCPListener).File()
	return "http://" + listener.Addr().String(), file, err
}

func fetch(client *http.Client, url string) (string, error) {
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(response.Status))
	}
	return string(body), err
}

// HTTP workers share one listener. They are replaced one after the other, as for
// a new configuration, while clients go on: no request fails.
func ExampleFunction_Supervise() {
	ctx := context.Background()
	url, file, err := listen()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	workers, err := web.Supervise(ctx, multiproc.None{}, multiproc.SupervisorConfig{
		Processes: 2,
		OnExit: func(p multiproc.Info, err error) {
			if err != nil {
				fmt.Println(p.Name, "failed:", err)
			}
		},
	}, multiproc.WithFile("listener", file), multiproc.WithGrace(time.Minute)) // the time for requests under way
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range workers.Processes() {
		fmt.Println(p.Name, "runs")
	}

	restarted := make(chan error)
	go func() { restarted <- workers.Restart(ctx) }()
	requests, failed := 0, 0
	for load := true; load; requests++ {
		if _, err := fetch(http.DefaultClient, url); err != nil {
			failed++
		}
		select {
		case err := <-restarted:
			fmt.Println("restarted:", err)
			load = false
		default:
		}
	}
	fmt.Println("requests:", requests > 0, "failed:", failed)

	workers.Stop(ctx)
	fmt.Println("stopped:", workers.Wait(ctx))
	// Output:
	// web-1 runs
	// web-2 runs
	// restarted: <nil>
	// requests: true failed: 0
	// stopped: <nil>
}
