package safehttp

import (
	"context"
	"net/http"
)

// HTTP returns a client for a library that speaks a protocol of its own over
// HTTP, as git does. Each request that the library sends and each body that it
// reads is under the policy, as those of Get are; what it sends along is its
// own affair. Errors are *Error, or the context's, inside the library's.
func (c *Client) HTTP() *http.Client {
	return &http.Client{Transport: transport{c}, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > c.policy.MaxRedirects {
			return refuse(redirects, "The URL redirects too often.")
		}
		return nil
	}}
}

// transport is the client as an http.RoundTripper.
type transport struct{ client *Client }

// RoundTrip sends one request. Whoever follows redirects comes here for each.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	u, err := t.client.Check(request.URL.String())
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // as every RoundTripper does
		}
		return nil, err
	}
	ctx, end, timer := t.client.clock(request.Context())
	answer, err := t.client.transport.RoundTrip(request.WithContext(ctx))
	timer.Stop()
	if err == nil && context.Cause(ctx) != nil { // the timer won the race
		_ = answer.Body.Close()
		err = ctx.Err()
	}
	if err != nil {
		err = t.client.explain(ctx, u, err)
		end(nil)
		return nil, err
	}
	answer.Body = newBody(ctx, t.client, end, answer)
	return answer, nil
}
