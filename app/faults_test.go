package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// story is a short onboarding of a repository of its own owner.
type story struct {
	owner *fakegithub.User
	repo  *fakegithub.Repository
	issue *fakegithub.Issue
}

// tell tells the story: a start, a wrong command, a push that mends.
func (w *world) tell(name string) story {
	w.t.Helper()
	s := story{owner: w.GitHub.CreateUser(name)}
	w.GitHub.Install(w.App, s.owner)
	s.repo = w.GitHub.CreateRepository(s.owner, "mattermost-plugin-x", map[string]string{"README.md": "# X"})
	s.issue = s.repo.OpenIssue(s.owner, "Onboard this", "")
	s.issue.Comment(s.owner, "/onboard")
	w.calm()
	s.issue.Comment(s.owner, "/onboard halp")
	w.calm()
	s.repo.Publish(s.owner, fakegithub.Release{Tag: "nightly", Prerelease: true, Assets: map[string][]byte{"x.tar.gz": []byte("no bundle")}})
	w.calm()
	s.repo.Push(s.owner, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.calm()
	return s
}

// calm settles until nothing is to be tried again.
func (w *world) calm() {
	w.t.Helper()
	w.settle()
	for range 10 {
		stats, err := w.app.QueueStats(w.t.Context())
		require.NoError(w.t, err)
		require.Zero(w.t, stats.Parked)
		if stats.Retrying == 0 {
			return
		}
		w.later(6 * time.Minute) // the longest hold is five
	}
	w.t.Fatal("something is tried again for ever")
}

func TestEachCallMayFailAndTheEndIsTheSame(t *testing.T) {
	// Retry-After is 0, since go-github obeys it by the real clock
	notDone := []fakegithub.Fault{
		{Cut: fakegithub.CutBefore},
		{Status: http.StatusBadGateway},
		{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}},
		{Status: http.StatusForbidden, Header: http.Header{"Retry-After": {"0"}}, Body: secondaryLimit},
	}
	for name, faults := range map[string][]fakegithub.Fault{
		"done, but the answer is lost": {{Cut: fakegithub.CutAfter}},
		"done, but the answer is cut":  {{Cut: fakegithub.CutHalf}},
		"not done":                     notDone, // in turn, by call
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			undisturbed := w.tell("owner-undisturbed")
			want := demo.Visible(undisturbed.repo, undisturbed.issue)
			require.Contains(t, want, "run onboarding/licence completed success MIT")
			began := len(w.GitHub.Calls())
			w.tell("owner-counted")
			calls := len(w.GitHub.Calls()) - began

			for call := range calls {
				fault := faults[call%len(faults)]
				fault.Skip, fault.Times = call, 1
				remove := w.GitHub.Inject(fault)
				s := w.tell(fmt.Sprintf("owner-%d", call))
				remove()
				if strings.Contains(demo.Visible(s.repo, s.issue), "Trying again at") { // of a URL there is one download in ten minutes
					w.later(12 * time.Minute)
				}
				require.Equal(t, want, demo.Visible(s.repo, s.issue), "call %d of %d failed", call, calls)
			}
		})
	}
}

const secondaryLimit = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`
