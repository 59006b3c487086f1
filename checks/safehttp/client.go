package safehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client fetches under a policy. It keeps nothing from one request to the next:
// no connections, cookies or credentials. It may be used by several goroutines.
type Client struct {
	policy    Policy
	transport *http.Transport
}

// New returns a client for a policy.
func New(policy Policy) *Client {
	c := &Client{policy: policy.withDefaults()}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy of the environment would dial for us, unchecked
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.policy.RootCAs},
		TLSHandshakeTimeout:    c.policy.HeaderTimeout,
		DisableKeepAlives:      true, // each request is dialled, hence checked
		DisableCompression:     true, // bytes as they are stored; nothing unpacks behind our back
		MaxResponseHeaderBytes: c.policy.MaxHeaderBytes,
		Protocols:              protocols,
	}
	return c
}

// Condition makes a request conditional on what an earlier Response had. The
// zero value asks for the file in any case.
type Condition struct {
	ETag         string
	LastModified string
}

// Response is a file's answer. The caller closes its Body.
type Response struct {
	NotModified  bool // the file is the one of the Condition; Body is empty
	ETag         string
	LastModified string
	Length       int64    // bytes that the server announced; -1 if it did not
	Hosts        []string // of the URL and of each that it redirected to

	// Body is the file. Reading fails with an *Error when the file is larger
	// or slower than the policy allows, or does not end where it should.
	Body io.ReadCloser
}

// Get fetches the file at a URL. Its error is an *Error if the URL or the
// server is at fault, else the context's.
func (c *Client) Get(ctx context.Context, raw string, condition Condition) (*Response, error) {
	u, err := c.Check(raw)
	if err != nil {
		return nil, err
	}
	ctx, end, timer := c.clock(ctx)
	answer, hosts, err := c.follow(ctx, u, condition)
	timer.Stop()
	if err == nil && context.Cause(ctx) != nil { // the timer won the race
		_ = answer.Body.Close()
		err = c.explain(ctx, u, ctx.Err())
	}
	if err == nil {
		var response *Response
		if response, err = c.response(ctx, end, answer, hosts, condition); err == nil {
			return response, nil
		}
		_ = answer.Body.Close()
	}
	end(nil)
	return nil, err
}

// clock bounds a request in time: end ends it, and the timer is stopped when the
// answer's headers are here.
func (c *Client) clock(ctx context.Context) (_ context.Context, end func(cause error), timer *time.Timer) {
	slow := failed(tooSlow, fmt.Sprintf("The server did not send the whole file in %g seconds.", c.policy.TotalTimeout.Seconds()), nil)
	ctx, stop := context.WithTimeoutCause(ctx, c.policy.TotalTimeout, slow)
	ctx, cancel := context.WithCancelCause(ctx)
	timer = time.AfterFunc(c.policy.HeaderTimeout, func() {
		cancel(failed(tooSlow, fmt.Sprintf("The server did not answer in %g seconds.", c.policy.HeaderTimeout.Seconds()), nil))
	})
	return ctx, func(cause error) { cancel(cause); stop() }, timer
}

// follow asks for the file, redirect after redirect, and returns the first
// answer that is none and the hosts on the way.
func (c *Client) follow(ctx context.Context, u *url.URL, condition Condition) (*http.Response, []string, error) {
	var hosts []string
	for range c.policy.MaxRedirects + 1 {
		hosts = append(hosts, u.Hostname())
		answer, err := c.ask(ctx, u, condition)
		if err != nil {
			return nil, nil, err
		}
		switch answer.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		default:
			return answer, hosts, nil
		}
		_ = answer.Body.Close()
		if u, err = c.redirect(u, answer.Header.Get("Location")); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, refuse(redirects, fmt.Sprintf("The URL redirects more than %d times.", c.policy.MaxRedirects))
}

// redirect returns where a redirect leads; it is checked like any URL, and
// never leads from https to http.
func (c *Client) redirect(from *url.URL, location string) (*url.URL, error) {
	target, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, refuse(redirects, "The URL redirects to something that is no URL.")
	}
	if from.Scheme == "https" && target.Scheme != "https" {
		return nil, refuse(notHTTPS, "The URL redirects to one that does not start with https://.")
	}
	to, err := c.Check(target.String())
	var refused *Error
	if errors.As(err, &refused) {
		return nil, refuse(refused.Rule, "The URL redirects to another one that is refused: "+refused.Message)
	}
	return to, err
}

// ask sends one request: nothing of what an earlier one had goes along.
func (c *Client) ask(ctx context.Context, u *url.URL, condition Condition) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, &Error{Rule: malformed, Message: "This is not a URL of a file on a server.", cause: err}
	}
	request.Header.Set("User-Agent", c.policy.UserAgent)
	request.Header.Set("Accept", "*/*")
	if condition.ETag != "" {
		request.Header.Set("If-None-Match", condition.ETag)
	}
	if condition.LastModified != "" {
		request.Header.Set("If-Modified-Since", condition.LastModified)
	}
	answer, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, c.explain(ctx, u, err)
	}
	return answer, nil
}

// response makes a Response of an answer that is no redirect, or refuses it.
func (c *Client) response(ctx context.Context, end func(error), answer *http.Response, hosts []string, condition Condition) (*Response, error) {
	response := &Response{
		ETag: validator(answer, "ETag"), LastModified: validator(answer, "Last-Modified"), Length: answer.ContentLength, Hosts: hosts,
	}
	switch {
	case answer.StatusCode == http.StatusNotModified && condition != Condition{}:
		response.NotModified = true
	case answer.StatusCode != http.StatusOK:
		code := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
		return nil, failed(badStatus, fmt.Sprintf("The server answered %s instead of the file.", strings.TrimSpace(code)), nil)
	case answer.ContentLength > c.policy.MaxBytes:
		return nil, c.largeError()
	}
	response.Body = newBody(ctx, c, end, answer)
	return response, nil
}

// validator returns a header to be sent back later; an odd one is left out, so
// that the file is simply fetched again.
func validator(answer *http.Response, name string) string {
	value := answer.Header.Get(name)
	if len(value) > 1024 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return value
}

func (c *Client) largeError() *Error {
	return refuse(tooLarge, fmt.Sprintf("The file is larger than %d MiB.", c.policy.MaxBytes>>20))
}
