package ghapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestAttackReviewPRTheBranchIsReadAgainWheneverItMayHaveMoved(t *testing.T) {
	const settled = 5 * time.Minute // after a push a branch is believed that was read so much later
	d := newDesk(t, nil)
	one := "changed\n"
	begin := time.Now().Truncate(time.Second)
	at := func(after time.Duration) { d.ahead.Store(int64(time.Until(begin.Add(after)))) }
	for name, test := range map[string]struct {
		read   time.Duration // when, after the push, the last look was
		change func(r *fakegithub.Repository)
		saved  bool
	}{
		"nothing happened":                   {settled + time.Minute, nil, true},
		"it was read soon after the push":    {settled - time.Minute, nil, false},
		"it was read at once after the push": {0, nil, false},
		"somebody pushed": {settled + time.Minute, func(r *fakegithub.Repository) {
			r.Push(d.alice, "Change", map[string]*string{"a": &one})
		}, false},
		"somebody pushed and took it back": {settled + time.Minute, func(r *fakegithub.Repository) {
			before := r.Head()
			r.Push(d.alice, "Change", map[string]*string{"a": &one})
			r.Reset(d.alice, before)
		}, false},
		"somebody pushed to another branch": {settled + time.Minute, func(r *fakegithub.Repository) {
			r.PushBranch(d.alice, "other", "Change", map[string]*string{"a": &one})
		}, false},
		"another branch is the default one": {settled + time.Minute, func(r *fakegithub.Repository) {
			require.NoError(t, r.SetDefaultBranch(d.alice, "second"))
		}, false},
		"the default branch has another name": {settled + time.Minute, func(r *fakegithub.Repository) {
			require.NoError(t, r.RenameDefaultBranch(d.alice, "trunk"))
		}, false},
		"another repository has its name": {settled + time.Minute, func(r *fakegithub.Repository) {
			r.Rename(d.alice, r.FullName()[len("alice/"):]+"-old")
			at(0) // made by the same second
			other, _ := d.named(d.last(), templatetest.Files{"evil.go": "package evil\n"})
			other.MoveBranch(d.alice, "second", other.Head())
		}, false},
		"it is archived": {settled + time.Minute, func(r *fakegithub.Repository) { r.Archive(d.alice) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			at(0)
			r, repo := d.plugin(templatetest.Files{"a": "a\n"})
			r.PushBranch(d.alice, "second", "Second", map[string]*string{"b": &one})
			at(test.read)
			last, err := repo.Head(t.Context(), ghapi.Head{})
			require.NoError(t, err)
			assert.Equal(t, test.read > settled, last.Settled())
			assert.WithinDuration(t, begin.Add(test.read), last.At, 2*time.Second)
			at(time.Hour)
			if test.change != nil {
				test.change(r)
			}
			at(2 * time.Hour)
			began := len(d.Calls())
			head, err := repo.Head(t.Context(), last)
			require.NoError(t, err)
			if test.saved {
				assert.Equal(t, []string{"GET "}, d.since(began))
				last.Archived = test.change != nil // that is read anew
				assert.Equal(t, last, head, "it is what it was, and was read when it was")
				assert.True(t, head.Settled())
				return
			}
			assert.Equal(t, []string{"GET ", "GET /branches/{branch}"}, d.since(began))
			fresh, err := repo.Head(t.Context(), ghapi.Head{})
			require.NoError(t, err)
			assert.Equal(t, []any{fresh.ID, fresh.Branch, fresh.Commit, fresh.Tree}, []any{head.ID, head.Branch, head.Commit, head.Tree})
		})
	}
}

// last is the name of the plugin that was made last.
func (d *desk) last() string { return fmt.Sprint("plugin-", d.plugins) }

func TestReviewPRAnEmptyRepositoryHasNoHeadToHold(t *testing.T) {
	d := newDesk(t, nil)
	r := d.CreateEmptyRepository(d.alice, "empty")
	d.ahead.Store(int64(time.Hour))
	repo := d.repo("empty")
	var last ghapi.Head
	for range 2 {
		began := len(d.Calls())
		head, err := repo.Head(t.Context(), last)
		require.NoError(t, err)
		assert.Empty(t, head.Commit)
		assert.NotZero(t, head.ID)
		assert.Contains(t, d.since(began), "GET /branches/{branch}")
		last = head
	}
	r.Push(d.alice, "First", map[string]*string{"a": new(string)})
	head, err := repo.Head(t.Context(), last)
	require.NoError(t, err)
	assert.Equal(t, r.Head(), head.Commit)
}

func TestAttackReviewPRAnAnswerIsAskedForAgainWhateverGitHubsClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"right": 0, "ahead": 2 * time.Hour, "far ahead": 400 * 24 * time.Hour, "behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.ahead.Store(int64(ahead))
			r, repo, first, second := twoCommits(t, d)
			want := openedPull(t, repo, first, second)
			pull, _, err := repo.OpenPull(t.Context(), want)
			require.NoError(t, err)
			for i, body := range []string{"Please", "Mine now", "And again"} {
				if i > 0 {
					r.PullRequests()[0].SetBody(d.alice, body)
				}
				for again := range 3 {
					began := len(d.Calls())
					pull, ok, err := repo.Pull(t.Context(), pull.Number)
					require.NoError(t, err)
					assert.True(t, ok)
					assert.Equal(t, body, pull.Body)
					calls := d.Calls()[began:]
					require.Len(t, calls, 1, "GitHub is asked each time")
					assert.Equal(t, again > 0, calls[0].NotModified, "an answer that holds is kept, and free")
				}
			}
			_, ok, err := repo.Pull(t.Context(), 2)
			require.NoError(t, err)
			assert.False(t, ok)
			r.PullRequests()[0].Close(d.alice)
			_, _, err = repo.OpenPull(t.Context(), want)
			require.NoError(t, err)
			_, ok, err = repo.Pull(t.Context(), 2)
			require.NoError(t, err)
			assert.True(t, ok, "that there is none is not kept")

			moved := r.PushBranch(d.alice, "onboarding/base", "Hide", nil)
			branches, err := repo.Branches(t.Context(), "onboarding/")
			require.NoError(t, err)
			assert.Equal(t, moved, branches["onboarding/base"])
			require.NoError(t, r.DeleteBranch(d.alice, "onboarding/base"))
			branches, err = repo.Branches(t.Context(), "onboarding/")
			require.NoError(t, err)
			assert.NotContains(t, branches, "onboarding/base")
		})
	}
}
