// Package mattermost puts plugins on Mattermost servers, and says in their
// channels what happens: mattermost-api.md has what real servers answered.
//
// A server's word is not taken: that a plugin is deployed means that the server
// shows it running in the expected version, whatever the status of any answer.
package mattermost

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/onboard-app/onboard/app/weburl"
)

// The bounds of what a server may take. Client4 has none of its own.
const (
	connectTime = 10 * time.Second
	callTime    = 20 * time.Second
	uploadTime  = 3 * time.Minute // 256 MiB at 1.5 MiB a second
	maxAnswer   = 4 << 20         // bytes; the list of 200 plugins has 100 KB
)

// Options say which server, and as whom.
type Options struct {
	Name  string // of the target, as configured: "ci-extensions"
	URL   string // see [CheckURL]
	Token func() string
	// UserAgent is how the App calls itself.
	UserAgent string
	// RootCAs are whom certificates are trusted of; nil: the system's.
	RootCAs *x509.CertPool
	// CallTime bounds a call, and UploadTime that which carries a bundle; zero: 20 s
	// and 3 min.
	CallTime, UploadTime time.Duration
}

// Server is one Mattermost server. It is safe for concurrent use.
type Server struct {
	o    Options
	http *http.Client
}

// New returns a server; nothing is sent yet. It fails if the URL is none that a
// token may be sent to.
func New(o Options) (*Server, error) {
	if fault := CheckURL(o.URL); fault != "" {
		return nil, &Error{Reason: Insecure, Target: o.Name, Op: "use the server", Cause: errors.New(fault)}
	}
	if o.CallTime <= 0 {
		o.CallTime = callTime
	}
	if o.UploadTime <= 0 {
		o.UploadTime = uploadTime
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTime}).DialContext,
		TLSHandshakeTimeout:   connectTime,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   1,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	return &Server{o: o, http: &http.Client{
		Transport: bounded{transport},
		// A redirect would carry the token, and the bundle, to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// CheckURL says what is wrong with the URL of a server, "" if nothing is: every
// request carries a token ([weburl.Fault]).
func CheckURL(text string) string { return weburl.Fault(text, "the token") }

// Name is the target's.
func (s *Server) Name() string { return s.o.Name }

// URL is where people find the server.
func (s *Server) URL() string { return s.o.URL }

// api is a client with the token as it is now.
func (s *Server) api(op string) (*model.Client4, error) {
	token := s.o.Token()
	if token == "" {
		return nil, &Error{Reason: NoToken, Target: s.o.Name, Op: op}
	}
	client := model.NewAPIv4Client(s.o.URL)
	client.HTTPClient = s.http
	client.HTTPHeader = map[string]string{"User-Agent": s.o.UserAgent}
	client.SetToken(token)
	return client, nil
}

// call makes one call within its time, and explains its error.
func (s *Server) call(ctx context.Context, op string, do func(context.Context, *model.Client4) (*model.Response, error)) (*model.Response, error) {
	client, err := s.api(op)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.CallTime)
	defer cancel()
	response, err := do(ctx, client)
	if err != nil {
		return nil, s.explain(op, response, err)
	}
	return response, nil
}

// bounded bounds the answers. 304 is none to what is asked here, and Client4 takes
// it for an empty one: as if no plugin were installed.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // http.Client does
	}
	if response.StatusCode == http.StatusNotModified {
		_ = response.Body.Close() // it has none
		return nil, errSenseless
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswer}
	return response, nil
}

// errSenseless is an answer that is none to the question.
var errSenseless = errors.New("the answer makes no sense")

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errSenseless
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}
