package multiproc_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc"
)

// Half of the clients keep their connections, the others make one for each
// request; of these no request is tried again by net/http, so that each must
// succeed by itself.
func TestSupervisor_restartOfHTTPWorkersUnderLoadFailsNoRequest(t *testing.T) {
	leaveNothing(t)
	url, file, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	workers, err := web.Supervise(t.Context(), multiproc.None{}, multiproc.SupervisorConfig{Processes: 3},
		multiproc.WithFile("listener", file), multiproc.WithGrace(hang))
	if err != nil {
		t.Fatal(err)
	}

	const clients, most = 8, 1000
	var succeeded [clients]atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for c := range clients {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: c%2 == 0}, Timeout: hang}
		load.Go(func() {
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if name, err := fetch(client, url); err != nil || !strings.HasPrefix(name, "web-") {
					t.Errorf("client %d, request %d: %q, %v", c, succeeded[c].Load(), name, err)
					return
				}
				succeeded[c].Add(1)
			}
		})
	}
	// Each round waits until every client has had answers from what runs now.
	for range 5 {
		for c := range clients {
			before := succeeded[c].Load()
			eventually(t, "each client has more answers", func() bool { return t.Failed() || succeeded[c].Load() >= before+20 })
		}
		if err := workers.Restart(within(t)); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	load.Wait()
	total := int64(0)
	for c := range clients {
		total += succeeded[c].Load()
	}
	t.Logf("%d requests succeeded during 5 restarts of 3 workers", total)
	if total < 5*20*clients {
		t.Errorf("%d requests only", total)
	}
	if n := workers.Restarts(); n != 0 {
		t.Errorf("%d workers failed", n)
	}
	workers.Stop(within(t))
	if err := workers.Wait(within(t)); err != nil {
		t.Error(err)
	}
}
