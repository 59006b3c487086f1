package main

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// balancer stands between GitHub and the replicas, and takes turns. It leaves out
// for a moment whoever does not answer. When told so it also does what the
// network and GitHub do: deliveries are lost, come twice, late and out of order,
// and answers are lost.
type balancer struct {
	url    string
	client *http.Client

	mu        sync.Mutex
	backends  []string
	down      map[string]time.Time
	next      int
	random    *rand.Rand       // nil: nothing goes wrong
	acked     map[string]acked // by GUID
	lost      int
	doubled   int
	latencies []time.Duration
	late      sync.WaitGroup
}

// acked is a delivery that was answered 202.
type acked struct {
	event   string
	payload []byte
	at      time.Time
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{
		client: &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		down:   map[string]time.Time{}, acked: map[string]acked{},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b.url = "http://" + listener.Addr().String()
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() {
		b.late.Wait()
		_ = server.Close()
		<-done
		b.client.CloseIdleConnections()
	})
	return b
}

func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = append(b.backends, address)
}

// disturb has deliveries go wrong from now on; nil ends it.
func (b *balancer) disturb(random *rand.Rand) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.random = random
}

// lot draws what happens to a delivery.
func (b *balancer) lot() (n int, delay time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.random == nil {
		return 1000, 0
	}
	return b.random.IntN(1000), time.Duration(b.random.IntN(4000)) * time.Millisecond
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cut", http.StatusBadRequest)
		return
	}
	n, delay := b.lot()
	switch {
	case n < 20: // lost: GitHub keeps it as failed
		b.count(&b.lost)
		http.Error(w, "lost", http.StatusServiceUnavailable)
		return
	case n < 40: // lost, and sent again by hand some time later: after others
		b.count(&b.lost)
		b.again(r, body, delay)
		http.Error(w, "late", http.StatusServiceUnavailable)
		return
	}
	began := time.Now()
	status := b.forward(r.Context(), r.Header, body)
	b.mu.Lock()
	b.latencies = append(b.latencies, time.Since(began))
	b.mu.Unlock()
	switch {
	case n < 55: // taken, and GitHub does not learn it
		b.count(&b.lost)
		http.Error(w, "the answer is lost", http.StatusBadGateway)
		return
	case n < 85: // twice
		b.count(&b.doubled)
		b.again(r, body, delay)
	}
	w.WriteHeader(status)
}

func (b *balancer) count(what *int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*what++
}

// again sends a delivery once more later.
func (b *balancer) again(r *http.Request, body []byte, delay time.Duration) {
	header := r.Header.Clone()
	b.late.Go(func() {
		time.Sleep(delay)
		b.forward(context.Background(), header, body)
	})
}

// forward gives a delivery to the next replica that is up.
func (b *balancer) forward(ctx context.Context, header http.Header, body []byte) (status int) {
	backend := b.choose()
	if backend == "" {
		return http.StatusBadGateway
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+backend+"/api/github/hook", bytes.NewReader(body))
	if err != nil {
		return http.StatusInternalServerError
	}
	request.Header = header.Clone()
	response, err := b.client.Do(request)
	if err != nil {
		b.mu.Lock()
		b.down[backend] = time.Now().Add(time.Second)
		b.mu.Unlock()
		return http.StatusGatewayTimeout
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode == http.StatusAccepted {
		b.mu.Lock()
		if _, known := b.acked[header.Get("X-GitHub-Delivery")]; !known {
			b.acked[header.Get("X-GitHub-Delivery")] = acked{header.Get("X-GitHub-Event"), body, time.Now()}
		}
		b.mu.Unlock()
	}
	return response.StatusCode
}

func (b *balancer) choose() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.backends {
		b.next++
		if backend := b.backends[b.next%len(b.backends)]; time.Now().After(b.down[backend]) {
			return backend
		}
	}
	return ""
}
