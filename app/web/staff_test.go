package web_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/app/web"
)

// team is who has a role.
type team struct {
	list []onboarding.Candidate
	err  error
}

func (t team) Candidates(context.Context) ([]onboarding.Candidate, error) { return t.list, t.err }

// operator notes what admins have it do.
type operator struct {
	ops web.Ops

	mu  sync.Mutex
	did []string
}

func (o *operator) Ops(context.Context) (web.Ops, error) { return o.ops, nil }

func (o *operator) Retry(_ context.Context, key string) (bool, error) {
	o.note("retry " + key)
	return key != "repo/0", nil
}

func (o *operator) PauseAll(_ context.Context, reason string) error {
	o.note("pause " + reason)
	return nil
}

func (o *operator) ResumeAll(context.Context) error {
	o.note("resume")
	return nil
}

func (o *operator) Say(_ context.Context, r store.Repository, by onboarding.Person, command string, args ...string) error {
	o.note(fmt.Sprintf("%s says in %s: %s %v", by.Login, r.FullName(), command, args))
	return nil
}

func (o *operator) note(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.did = append(o.did, what)
}

func (o *operator) done() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.did
}

// staffed has the pages tell of these people and this App.
func staffed(t team, o *operator) func(*web.Options) {
	return func(options *web.Options) {
		options.Team, options.Operator, options.MaxOpen = t, o, 2
		options.Commands = []texts.Command{{
			Name: "recheck", Usage: "/onboard recheck [stage]", Doc: "Looks again, as the button `Look again` does.", Who: "the author", Examples: []string{"/onboard recheck licence"},
		}}
		options.Policy = web.Policy{
			Start:    web.StartPolicy{MustAccept: true},
			Licences: web.LicencePolicy{Recommended: []string{"MIT"}, Allowed: []string{"ISC"}, Forbidden: []string{"BUSL-1.1"}},
			Nightly:  web.NightlyPolicy{LagHours: 48, Hosts: []string{}, Nights: 3},
		}
		options.Checks = []web.CheckDoc{{Name: "licence", Doc: "There is a licence.", Rules: []web.RuleDoc{
			{ID: "licence/missing", Severity: "failure", Summary: "There is none.", Fix: "Add one."},
		}}}
	}
}

// calm is an App that has nothing to tell.
func calm() web.Ops {
	return web.Ops{
		Mode: "full", Replicas: 1, Reasons: []string{}, Keys: map[string]int{"idle": 3, "waiting": 0, "running": 0, "retrying": 0, "parked": 0},
		Parked: []web.Trouble{}, Trying: []web.Trouble{}, GivenUp: []web.GivenUp{}, Held: []web.Held{}, Budgets: []web.Budget{},
	}
}

// asks has somebody asked for a stage.
func asks(stage string, who onboarding.Person, ago time.Duration) func(*onboarding.Record) {
	return func(r *onboarding.Record) {
		r.AcceptedAt = r.StartedAt
		if r.Asked == nil {
			r.Asked = map[string][]onboarding.Request{}
		}
		r.Asked[stage] = append(r.Asked[stage], onboarding.Request{Person: who, At: noon.Add(-ago)})
	}
}

// note puts an entry into a repository's audit log.
func (w *world) note(repository int64, kind, stage string, ago time.Duration) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), "note something", func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.Append(ctx, tx, store.Entry{
			Repository: repository, At: noon.Add(-ago), Kind: kind, Stage: stage, Source: "look/" + kind + stage, Who: cast["alice"].Person, Reason: "personal",
		})
		return err
	}))
}

// post sends a form as one of the cast, and follows no redirect.
func (w *world) post(who, path string, form url.Values, header http.Header) *http.Response {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+path, strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		request.Header[name] = values
	}
	if who != "" {
		request.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	return response
}
