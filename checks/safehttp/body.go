package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// body reads an answer within the policy's bounds.
type body struct {
	ctx    context.Context //nolint:containedctx // an io.Reader has no argument for it
	end    func(error)     // cancels ctx
	host   string
	reader io.ReadCloser
	left   int64  // bytes that may still come
	large  *Error // when more come
	err    error  // stays
	read   atomic.Int64
	told   func(bytes int64)
	watch  *time.Timer
}

// newBody returns the answer's body. A watch ends it when, in one window, fewer
// bytes came than the least rate asks for, also while a read waits.
func newBody(ctx context.Context, c *Client, end func(error), answer *http.Response) *body {
	b := &body{ctx: ctx, end: end, host: answer.Request.URL.Hostname(), reader: answer.Body, left: c.policy.MaxBytes, large: c.largeError(), told: c.policy.Received}
	least := int64(float64(c.policy.MinRate) * c.policy.RateWindow.Seconds())
	var before int64
	armed := make(chan struct{})
	b.watch = time.AfterFunc(c.policy.RateWindow, func() {
		<-armed
		now := b.read.Load()
		if now-before < least {
			end(failed(tooSlow, fmt.Sprintf("The server sends fewer than %d KiB a second.", c.policy.MinRate>>10), nil))
			return
		}
		before = now
		b.watch.Reset(c.policy.RateWindow)
	})
	close(armed)
	return b
}

// Read reads on. It fails with an *Error, or with the context's error.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more, to see that there is more
	}
	n, err := b.reader.Read(p)
	b.told(b.read.Add(int64(n)))
	b.left -= int64(n)
	switch {
	case b.left < 0:
		n, b.err = n-1, b.large
	case errors.Is(err, io.EOF) && context.Cause(b.ctx) == nil:
		b.err = io.EOF
	case err != nil: // also an end in good order that came of our hanging up: TLS says good-bye before it closes
		b.err = b.problem(err)
	}
	if b.err != nil {
		b.watch.Stop()
	}
	return n, b.err
}

// Close hangs up.
func (b *body) Close() error {
	b.watch.Stop()
	b.end(nil)
	if err := b.reader.Close(); err != nil {
		return fmt.Errorf("close the connection to %s: %w", b.host, err)
	}
	return nil
}
