package ghapi_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
)

// far is GitHub far away, within a bubble of testing/synctest: hours pass at once
// there, and a real connection would keep them from passing. It mints tokens, and
// answers each other call as it is told.
type far struct {
	mu     sync.Mutex
	answer func(call) reply
	calls  []call
	tokens map[string]int // exchanges, by path

	renewed string // ends the tokens from now on
}

// call is one that arrived.
type call struct {
	installation string // whose token it had
	method, path string
	match        string // its If-None-Match
}

// reply is what is answered. A status of 0 is no answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, minting := strings.CutPrefix(r.URL.Path, "/app/installations/"); minting {
		f.tokens[r.URL.Path]++
		id, _, _ = strings.Cut(id, "/")
		return reply{http.StatusCreated, nil, fmt.Sprintf(`{"token":"ghs_%s","expires_at":%q}`, id+f.renewed, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))}.to(r)
	}
	_, installation, _ := strings.Cut(r.Header.Get("Authorization"), "ghs_")
	c := call{installation, r.Method, r.URL.Path, r.Header.Get("If-None-Match")}
	f.calls = append(f.calls, c)
	return f.answer(c).to(r)
}

func (a reply) to(r *http.Request) (*http.Response, error) {
	if a.status == 0 {
		return nil, fmt.Errorf("the connection of %s broke", r.Header.Get("Authorization"))
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: a.status, Status: fmt.Sprint(a.status, " ", http.StatusText(a.status)), Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// sent are the calls since the last time that was asked, as "METHOD /path".
func (f *far) sent() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		list = append(list, c.method+" "+c.path)
	}
	f.calls = nil
	return list
}

// found is what most calls are answered.
var found = reply{http.StatusOK, nil, `{"number":1}`}

// appKey is the App's key of all these tests.
var appKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 1024) // short, since it protects nothing and signs 2,000 times
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
})

// newFar makes a far GitHub that finds everything, and clients of it.
func newFar(t *testing.T, change ...func(*ghapi.Options)) (*far, *ghapi.Clients) {
	t.Helper()
	t.Cleanup(func() { time.Sleep(time.Minute) }) // go-github never closes what it got as an error: net/http waits for that until the call's time is over
	f := &far{tokens: map[string]int{}, answer: func(call) reply { return found }}
	var config githubapp.Config
	config.V3APIURL, config.V4APIURL = "https://github.test", "https://github.test/graphql"
	config.App.IntegrationID, config.App.PrivateKey = 1, appKey()
	options := ghapi.Options{Config: config, UserAgent: "test", Burst: 1000, PerSecond: 1000, Transport: f}
	for _, c := range change {
		c(&options)
	}
	clients, err := ghapi.New(options)
	require.NoError(t, err)
	return f, clients
}

// read reads something as an installation.
func read(t *testing.T, clients *ghapi.Clients, installation int64) error {
	t.Helper()
	repo, err := clients.Repo(installation, "alice", "plugin")
	if err != nil {
		return err
	}
	_, err = repo.HasIssue(t.Context(), 1)
	return err
}

// write writes something as an installation.
func write(t *testing.T, clients *ghapi.Clients, installation int64) error {
	t.Helper()
	repo, err := clients.Repo(installation, "alice", "plugin")
	if err != nil {
		return err
	}
	return repo.React(t.Context(), 1, "eyes")
}
