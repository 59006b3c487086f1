package ghapi

import (
	"context"
	"net/http"
	"regexp"
	"strings"
)

// Write is a call that is to change something of a repository.
type Write struct {
	Repository string // "owner/name" in lower case; "" if the call is about none
	Kind       Kind
}

// Kind is what a write does.
type Kind int

// The kinds that brakes tell apart.
const (
	OtherWrite    Kind = iota
	NewComment         // on an issue or PR: people are notified
	EditedComment      // in place: nobody is
	Reaction
	ReviewRequest // somebody is notified
)

// IsPost tells what notifies people.
func (w Write) IsPost() bool { return w.Kind == NewComment || w.Kind == ReviewRequest }

// Brakes are asked before anything is written to a repository (S23). An error ends
// the call, and nothing is sent.
type Brakes interface {
	// May refuses with a [BrakedError] what is not to be written, or with an
	// [UnavailableError] what is not to be written now.
	May(ctx context.Context, w Write) error
	// Post counts a post that is about to go out.
	Post(ctx context.Context, w Write) error
}

// BrakedError is a write that was not made because operators want none.
type BrakedError struct{ Why string }

func (e *BrakedError) Error() string { return "nothing was written: " + e.Why }

// braked is the middleware that asks before each write.
func braked(ask func(ctx context.Context, w Write) error) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if isWrite(r) {
				if err := ask(r.Context(), writeOf(r)); err != nil {
					return nil, err
				}
			}
			return next.RoundTrip(r)
		})
	}
}

// may and post are the brakes, if there are any.
func (c *Clients) may(ctx context.Context, w Write) error {
	if c.options.Brakes == nil {
		return nil
	}
	return c.options.Brakes.May(ctx, w)
}

func (c *Clients) post(ctx context.Context, w Write) error {
	if c.options.Brakes == nil || !w.IsPost() {
		return nil
	}
	return c.options.Brakes.Post(ctx, w)
}

// repositoryPath matches what follows a repository's path.
var repositoryPath = regexp.MustCompile(`/repos/([^/]+/[^/]+)(/.*)?$`)

// kinds tell writes by method and by the path within a repository. Whatever is
// none of these is Other.
var kinds = []struct {
	method string
	path   *regexp.Regexp
	kind   Kind
}{
	{http.MethodPost, regexp.MustCompile(`^/issues/\d+/comments$`), NewComment},
	{http.MethodPatch, regexp.MustCompile(`^/issues/comments/\d+$`), EditedComment},
	{http.MethodPost, regexp.MustCompile(`^/issues/(comments/)?\d+/reactions$`), Reaction},
	{http.MethodPost, regexp.MustCompile(`^/pulls/\d+/requested_reviewers$`), ReviewRequest},
}

func writeOf(r *http.Request) Write {
	match := repositoryPath.FindStringSubmatch(r.URL.Path)
	if match == nil {
		return Write{}
	}
	w := Write{Repository: strings.ToLower(match[1])}
	for _, k := range kinds {
		if k.method == r.Method && k.path.MatchString(match[2]) {
			w.Kind = k.kind
		}
	}
	return w
}
