package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
)

// payload is how long the payloads are that are sent, in bytes: GitHub's of
// issue_comment have 13 to 16 KB.
const payloadSize = 14_000

// made makes deliveries, as GitHub does.
type made struct {
	secret     string
	comment    []byte // a payload of issue_comment
	push       []byte
	suite      []byte // of check_suite
	repository int64  // that they are about
	guids      atomic.Int64
}

// deliveries takes what the simulated GitHub sends when people do something in the
// story's repository. It hears nothing of Onboard's.
func (m *measuring) deliveries(story *demo.Story) *made {
	m.t.Helper()
	another := story.Another("author", "mattermost-plugin-measured")
	story.GitHub.SetWebhookURL(story.App, "")
	another.Plugin.OpenIssue(another.Alice, "An issue", "").Comment(another.Alice, "COMMAND "+strings.Repeat("Some more words. ", payloadSize/17))
	readme := "# Changed"
	another.Plugin.Push(another.Alice, "Change the README", map[string]*string{"README.md": &readme})
	made := &made{secret: story.App.WebhookSecret, repository: another.Plugin.ID}
	for _, d := range story.GitHub.Deliveries() {
		switch d.Event + " " + d.Action {
		case "issue_comment created":
			long := len(d.Payload) - payloadSize
			require.Positive(m.t, long)
			cut := bytes.Index(d.Payload, []byte("COMMAND ")) + len("COMMAND ")
			made.comment = append(bytes.Clone(d.Payload[:cut]), d.Payload[cut+long:]...)
		case "push ":
			made.push = d.Payload
		case "check_suite requested":
			made.suite = d.Payload
		}
	}
	return made
}

// command is the payload of a comment with a command, in one of many repositories.
func (p *made) command(repository int) []byte {
	own := fmt.Appendf(nil, `"id":%d,`, p.repository)
	other := fmt.Appendf(nil, `"id":%d,`, 1_000_000+repository)
	return bytes.Replace(bytes.Replace(p.comment, own, other, 1), []byte("COMMAND "), []byte(`/onboard status\n`), 1)
}

// signed is a request with a delivery of an event.
func (p *made) signed(event string, payload []byte) []byte {
	mac := hmac.New(sha256.New, []byte(p.secret))
	mac.Write(payload)
	return p.request(event, hex.EncodeToString(mac.Sum(nil)), payload)
}

// forged is a request that somebody else signed.
func (p *made) forged(event string, payload []byte) []byte {
	return p.request(event, strings.Repeat("0", 64), payload)
}

func (p *made) request(event, signature string, payload []byte) []byte {
	return append(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: onboard\r\nUser-Agent: GitHub-Hookshot/fa4e000\r\nAccept: */*\r\nContent-Type: application/json\r\n"+
		"X-GitHub-Event: %s\r\nX-GitHub-Delivery: 00000000-0000-4000-8000-%012d\r\nX-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n",
		app.HookPath, event, p.guids.Add(1), signature, len(payload)), payload...)
}

// client is one connection to a server.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func connect(address string) (*client, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{connection, bufio.NewReader(connection)}, nil
}

// ask sends a request and returns the status of the answer.
func (c *client) ask(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func post(address string, request []byte) (status int, err error) {
	c, err := connect(address)
	if err != nil {
		return 0, err
	}
	status, err = c.ask(request)
	return status, errors.Join(err, c.Close())
}

// senders is how many connections deliveries come over.
const senders = 64

// sent is what became of deliveries that were sent.
type sent struct {
	took      time.Duration
	latencies []float64   // of each answer, in ms, since it was to be sent
	statuses  map[int]int // how many answers had which status
}

// send sends requests as fast as they are answered or, with a rate, so many a
// second, be the earlier ones answered or not.
func (m *measuring) send(address string, requests [][]byte, rate float64) sent {
	m.t.Helper()
	all := sent{statuses: map[int]int{}}
	var next atomic.Int64
	var mu sync.Mutex
	var group sync.WaitGroup
	failed := make(chan error, senders)
	began := time.Now()
	for range senders {
		c, err := connect(address)
		require.NoError(m.t, err)
		group.Go(func() {
			defer func() { _ = c.Close() }()
			for i := next.Add(1) - 1; i < int64(len(requests)); i = next.Add(1) - 1 {
				due := time.Now()
				if rate > 0 {
					due = began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
					time.Sleep(time.Until(due))
				}
				status, err := c.ask(requests[i])
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				all.latencies = append(all.latencies, time.Since(due).Seconds()*1000)
				all.statuses[status]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		require.NoError(m.t, err)
	}
	all.took = time.Since(began)
	return all
}

// zeros is a body of zeros that nobody holds in memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
