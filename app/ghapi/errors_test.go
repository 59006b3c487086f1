package ghapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
)

func answer(status int, header ...string) error {
	response := &http.Response{StatusCode: status, Header: http.Header{}, Request: &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/x"}}}
	for i := 0; i < len(header); i += 2 {
		response.Header.Set(header[i], header[i+1])
	}
	return &github.ErrorResponse{Response: response}
}

func refusedWith(message string) error {
	return &github.ErrorResponse{
		Response: &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Request: &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/x"}}},
		Message:  message,
	}
}

func TestGitHubsOwnFailuresAreToldFromOthers(t *testing.T) {
	after := 90 * time.Second
	reset := time.Now().Add(20 * time.Minute).Truncate(time.Second)
	tests := map[string]struct {
		err   error
		away  bool
		retry time.Time // zero: GitHub did not say
	}{
		"a network error":                {&url.Error{Op: "Get", Err: errors.New("refused")}, true, time.Time{}},
		"an answer cut half way":         {fmt.Errorf("read the body: %w", io.ErrUnexpectedEOF), true, time.Time{}},
		"a time-out":                     {context.DeadlineExceeded, true, time.Time{}},
		"502":                            {answer(http.StatusBadGateway), true, time.Time{}},
		"a refused token":                {answer(http.StatusUnauthorized), true, time.Time{}},
		"a token that cannot be minted":  {&ghinstallation.HTTPError{Message: "suspended"}, true, time.Time{}},
		"the primary limit":              {&github.RateLimitError{Rate: github.Rate{Reset: github.Timestamp{Time: reset}}}, true, reset},
		"the secondary limit":            {&github.AbuseRateLimitError{RetryAfter: &after}, true, time.Now().Add(after)},
		"the secondary limit, unsaid":    {&github.AbuseRateLimitError{}, true, time.Now().Add(time.Minute)},
		"429, which go-github types not": {answer(http.StatusTooManyRequests, "Retry-After", "90"), true, time.Now().Add(after)},
		"429 that does not say":          {answer(http.StatusTooManyRequests), true, time.Now().Add(time.Minute)},
		"403 with nothing remaining":     {answer(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(reset.Unix())), true, reset},
		"403 for a missing permission":   {answer(http.StatusForbidden, "X-RateLimit-Remaining", "77"), false, time.Time{}},
		"403 of an archived repository":  {refusedWith("Repository was archived so is read-only."), true, time.Time{}},
		"403 of a suspended App":         {refusedWith("This installation has been suspended"), true, time.Time{}},
		"404":                            {answer(http.StatusNotFound), false, time.Time{}},
		"422":                            {answer(http.StatusUnprocessableEntity), false, time.Time{}},
		"a write to a moved repository":  {&url.Error{Op: "Post", Err: &MovedError{Path: "/x"}}, false, time.Time{}},
		"we stop: nobody's failure":      {&url.Error{Op: "Get", Err: context.Canceled}, false, time.Time{}},
		"an error of our own":            {errors.New("bug"), false, time.Time{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := explain(test.err, "read %s", "x")
			var away *UnavailableError
			assert.Equal(t, test.away, errors.As(err, &away))
			assert.ErrorIs(t, err, test.err, "the cause is kept")
			assert.ErrorContains(t, err, "read x")
			if test.away {
				assert.WithinDuration(t, test.retry, away.RetryAt, time.Second)
			}
		})
	}
	assert.NoError(t, explain(nil, "read x"))
}

func TestAttackNoTokenIsLeftInAnError(t *testing.T) {
	long := "ghs_12345_eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("abc-_", 100) + ".sig"
	for _, token := range []string{long, "ghp_abcdefghijklmnop", "github_pat_11AAA_bbb", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2ln"} {
		err := explain(fmt.Errorf("Authorization: token %s refused", token), "read x")
		assert.NotContains(t, err.Error(), token[12:], token)
		assert.Contains(t, err.Error(), "********")
	}
}

func TestAWriteThatGitHubRedirectsIsRefused(t *testing.T) {
	moved := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusMovedPermanently, Body: http.NoBody, Request: r}, nil
	})
	for method, refused := range map[string]bool{http.MethodPost: true, http.MethodPatch: true, http.MethodDelete: true, http.MethodGet: false} {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/repos/a/b/labels", nil)
		assert.NoError(t, err)
		response, err := refuseMovedWrites(moved).RoundTrip(request)
		var movedError *MovedError
		assert.Equal(t, refused, errors.As(err, &movedError), method)
		if !refused {
			assert.NoError(t, response.Body.Close())
		}
	}
}
