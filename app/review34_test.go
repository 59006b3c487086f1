package app_test

// Findings of review34: each test says what should hold, and fails.

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R7b: withdraw and start in one comment: the withdrawal is nowhere on record.
func TestReview34WithdrawAndStartInOneComment(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	first := w.ReviewPR()
	w.say(w.Alice, "/onboard withdraw\n/onboard")
	open := 0
	for _, pr := range w.Plugin.PullRequests() {
		if pr.State() == "open" {
			open++
		}
	}
	assert.Equal(t, 1, open)
	assert.Equal(t, "closed", first.State())
	assert.Contains(t, w.statusOf(1), "withdrawn")
}

// R24: the base is moved to an earlier review commit: the PR shows the last push only, until the next night.
func TestReview34AttackBaseMovedToAReviewCommitIsAnsweredAtOnce(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	pr := w.ReviewPR()
	first := pr.HeadSHA()
	more := "package main\n"
	w.Plugin.Push(w.Alice, "More", map[string]*string{"server/more.go": &more})
	w.settle()
	require.Equal(t, pr.Number, w.ReviewPR().Number)
	all := len(pr.Files())
	base, _ := pr.Base()
	w.Plugin.MoveBranch(w.Alice, base, first)
	w.settle()
	t.Log("files shown before and after:", all, len(pr.Files()), pr.State())
	assert.Equal(t, "closed", pr.State(), "it shows %d of %d files", len(pr.Files()), all)
}
