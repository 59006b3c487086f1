package reconcile_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// forgetful is the ledger of a process that knows nothing of what others wrote.
type forgetful struct{}

func (forgetful) Shown(string) (ghapi.Shown, bool)                { return ghapi.Shown{}, false }
func (forgetful) Note(context.Context, string, ghapi.Shown) error { return nil }
func (forgetful) Audited(context.Context, string) error           { return nil }

// overwrites has the last words of a run that was killed reach GitHub late.
func (w *world) overwrites() {
	w.t.Helper()
	github, err := w.looks.GitHub(w.repository())
	require.NoError(w.t, err)
	sha := w.pr().HeadSHA()
	_, err = github.PublishRuns(w.t.Context(), texts.View{
		Repository: w.repo.FullName(), WebURL: w.looks.WebURL, RunsAt: sha, Facts: onboarding.Facts{Commit: sha},
		Verdict: onboarding.Evaluate(w.looks.Pipeline, onboarding.Record{}, onboarding.Facts{}, w.now()),
	}, nil, forgetful{}, w.now())
	require.NoError(w.t, err)
	_, err = github.PublishComment(w.t.Context(), "status/1", ghapi.Comment{Issue: w.issue.Number, Body: "Old", Marker: "onboard:status:1"}, forgetful{}, w.now())
	require.NoError(w.t, err)
	require.NoError(w.t, github.ChangeLabels(w.t.Context(), ghapi.LabelChange{
		Issue: w.issue.Number, Want: []ghapi.Label{{Name: "stage:qa", Colour: "000000"}},
	}, forgetful{}, w.now()))
}

// shown is what people see, without its dates.
func (w *world) shownNow() []any {
	return []any{w.runs(w.pr().HeadSHA()), w.status(), w.issue.Labels()}
}

func TestWhatAKilledRunWroteLateIsWrittenOver(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.later(10 * time.Minute)
	want := w.shownNow()
	w.overwrites()
	w.later(time.Minute)
	require.NotEqual(t, want, w.shownNow(), "that it happened cannot be seen without asking")

	require.NoError(t, w.store.SavePublished(t.Context(), w.repo.ID, store.Doubt, store.Published{At: w.now()}))
	next, err := w.looks.Look(t.Context(), w.repo.ID)
	require.NoError(t, err)
	assert.Equal(t, want, w.shownNow())
	assert.WithinDuration(t, w.now().Add(15*time.Second), next, time.Second, "more may come late")
	w.overwrites()
	w.later(16 * time.Second)
	assert.Equal(t, want, w.shownNow())

	calls := len(w.github.Calls())
	w.look()
	assert.LessOrEqual(t, len(w.github.Calls())-calls, 3, "then it is believed")
}
