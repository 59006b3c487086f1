package boilerplate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnotherTemplateIsReadFromItsFirstVersion(t *testing.T) {
	w := newWorld(t, repository, 60)
	id, err := w.ID(t.Context())
	require.NoError(t, err)
	assert.Empty(t, id)
	assert.Nil(t, w.versions())
	assert.False(t, w.refresh(), "it is more than is read at a time")
	assert.Nil(t, w.versions(), "half a template would take boilerplate for the plugin's own")
	w.refresh()
	assert.True(t, w.refresh())
	assert.Len(t, w.versions(), 60)
	assert.Len(t, w.read, 60)
	assert.Equal(t, 1, w.lists)
	id, err = w.ID(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, id)
}

func TestANewVersionCountsAfterSevenDaysInOurSight(t *testing.T) {
	for name, age := range map[string]time.Duration{"a true date": 0, "Attack: a date made up": 300 * day} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, repository, 2)
			w.pass(1)
			w.push(0xa, age)
			w.pass(7)
			assert.Equal(t, []string{"1", "2"}, w.versions())
			assert.Len(t, w.read, 2, "what does not count yet is not read")
			w.pass(1)
			assert.Equal(t, []string{"1", "2", "a"}, w.versions())
			assert.Len(t, w.read, 3, "only what is new is read")
		})
	}
}

func TestAttackADateInTheFutureHoldsBackWhatFollows(t *testing.T) {
	w := newWorld(t, repository, 2)
	w.pass(1)
	w.push(0xa, -1000*day)
	w.push(0xb, 0)
	w.pass(9)
	assert.Equal(t, []string{"1", "2"}, w.versions())
	_, _, failing, err := w.Failing(t.Context())
	require.NoError(t, err)
	assert.False(t, failing)
}

func TestAttackAVersionThatWasPushedAwayNeverCounts(t *testing.T) {
	w := newWorld(t, repository, 2)
	w.pass(1)
	good := w.branch
	w.push(0xe, 0)
	evil := w.branch
	w.pass(4)
	w.branch = good
	w.pass(10)
	assert.Equal(t, []string{"1", "2"}, w.versions())
	w.branch = evil
	w.pass(7)
	assert.Equal(t, []string{"1", "2"}, w.versions(), "when it comes again it is new")
	w.pass(1)
	assert.Equal(t, []string{"1", "2", "e"}, w.versions())
}

func TestKnownVersionsStayWhenTheBranchIsPushedByForce(t *testing.T) {
	w := newWorld(t, repository, 3)
	w.pass(1)
	w.branch = w.branch[:1]
	w.push(0xf, 30*day)
	w.branch = w.branch[1:]
	w.pass(9)
	assert.Equal(t, []string{"1", "2", "3", "f"}, w.versions())
	w.branch = nil
	w.pass(2)
	assert.Equal(t, []string{"1", "2", "3", "f"}, w.versions())
}

func TestWhatWasReadBeforeALimitIsNotReadAgain(t *testing.T) {
	w := newWorld(t, repository, 20)
	for hour := 1; w.versions() == nil; hour++ {
		require.LessOrEqual(t, hour, 7, "one list and 20 versions are 21 calls")
		w.calls = 3 // an hour
		w.refresh()
		w.Keeper = w.another(repository) // and the program is started anew
	}
	assert.Len(t, w.read, 20)
	assert.Equal(t, 1, w.lists)
	assert.Equal(t, 1, strings.Count(w.log.String(), "cannot be read"), "%s", w.log.String())
	assert.Equal(t, 1, strings.Count(w.log.String(), "can be read again"), "%s", w.log.String())
}

func TestARestartCostsNoCalls(t *testing.T) {
	w := newWorld(t, repository, 2)
	next, _, err := w.Refresh(t.Context())
	require.NoError(t, err)
	w.now = w.now.Add(day / 2)
	w.calls = 0
	w.Keeper = w.another(repository)
	again, _, err := w.Refresh(t.Context())
	require.NoError(t, err)
	assert.WithinDuration(t, next, again, 0)
	assert.Equal(t, []string{"1", "2"}, w.versions())
	_, _, failing, err := w.Failing(t.Context())
	require.NoError(t, err)
	assert.False(t, failing)
}

func TestAFailureThatLastsIsTold(t *testing.T) {
	w := newWorld(t, repository, 2)
	w.err = errors.New("unreachable")
	began := w.now
	w.pass(2)
	_, err := w.Index(t.Context())
	require.EqualError(t, err, "The starter template cannot be read: Example/starter")
	since, reason, failing, err := w.Failing(t.Context())
	require.NoError(t, err)
	assert.True(t, failing)
	assert.Equal(t, "unreachable", reason)
	assert.WithinDuration(t, began, since, 0)
	w.err = nil
	assert.True(t, w.refresh())
	_, _, failing, err = w.Failing(t.Context())
	require.NoError(t, err)
	assert.False(t, failing)
}

func TestATemplateWithoutAnOldEnoughVersionIsNotReady(t *testing.T) {
	w := newWorld(t, repository, 1)
	w.now = w.branch[0].Date.Add(time.Hour)
	w.pass(6)
	assert.Nil(t, w.versions())
	_, reason, _, err := w.Failing(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "read Example/starter: no commit is on its default branch for 7 days", reason)
	w.pass(2)
	assert.Equal(t, []string{"1"}, w.versions())
}

func TestAnotherProcessSeesANewIndex(t *testing.T) {
	w := newWorld(t, repository, 2)
	other := w.another(strings.ToLower(repository))
	_, err := other.Index(t.Context())
	require.EqualError(t, err, "The starter template is still being read: example/starter")
	w.refresh()
	index, err := other.Index(t.Context())
	require.NoError(t, err)
	assert.Len(t, index.Commits(), 2)
	same, err := other.Index(t.Context())
	require.NoError(t, err)
	assert.Same(t, index, same, "it is not decoded again")
}

func TestADamagedIndexIsMadeAnew(t *testing.T) {
	w := newWorld(t, repository, 2)
	w.refresh()
	state, _, err := w.store.Template(t.Context(), strings.ToLower(repository))
	require.NoError(t, err)
	_, err = w.store.SaveTemplate(t.Context(), strings.ToLower(repository), state, []byte("damaged"))
	require.NoError(t, err)
	assert.Nil(t, w.versions())
	assert.True(t, w.refresh())
	assert.Equal(t, []string{"1", "2"}, w.versions())
}
