package boilerplate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/boilerplate"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/startertemplate"
	"github.com/onboard-app/onboard/checks/template"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

const (
	repository = "Example/starter"
	day        = 24 * time.Hour
)

// upstream is a template's repository: a list of versions, or an error.
type upstream struct {
	branch []template.Version // the default branch, oldest first
	reader template.Reader
	err    error
	calls  int // how many may still be made; below 0 any number
	lists  int
	read   []string // the commits that were read
}

var errLimit = errors.New("the limit is reached")

func (u *upstream) call() error {
	if u.calls == 0 {
		return errLimit
	}
	u.calls--
	return u.err
}

func (u *upstream) Commits(_ context.Context, known func(string) bool) ([]template.Commit, error) {
	if err := u.call(); err != nil {
		return nil, err
	}
	u.lists++
	var commits []template.Commit
	for _, version := range slices.Backward(u.branch) {
		if known(version.SHA) {
			break
		}
		commits = append(commits, version.Commit)
	}
	slices.Reverse(commits)
	return commits, nil
}

func (u *upstream) Version(_ context.Context, commit template.Commit) (template.Version, template.Reader, error) {
	if err := u.call(); err != nil {
		return template.Version{}, nil, err
	}
	u.read = append(u.read, commit.SHA)
	i := slices.IndexFunc(u.branch, func(v template.Version) bool { return v.SHA == commit.SHA })
	if i < 0 {
		return template.Version{}, nil, errors.New("no such commit")
	}
	return u.branch[i], u.reader, nil
}

// world is a keeper of the upstream, with a clock.
type world struct {
	*boilerplate.Keeper
	*upstream
	t     *testing.T
	store *store.Store
	now   time.Time
	log   bytes.Buffer
}

// newWorld makes a template of n versions, the last of which is a year old.
func newWorld(t *testing.T, name string, n int) *world {
	t.Helper()
	var files []tt.Files
	for i := range n {
		files = append(files, tt.Files{"Makefile": tt.Text("make", 20+i), "plugin.json": `{"id":"com.example.starter"}`})
	}
	w := &world{t: t, upstream: &upstream{calls: -1}}
	w.branch, w.reader = tt.Versions(files...)
	w.now = tt.Start.AddDate(n, 0, 0)
	var err error
	w.store, err = store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	w.Keeper = w.another(name)
	return w
}

// another is a keeper of another process.
func (w *world) another(name string) *boilerplate.Keeper {
	return boilerplate.New(w.store, name, func(context.Context) (boilerplate.GitHub, error) { return w.upstream, nil },
		func() time.Time { return w.now })
}

// refresh refreshes and moves the clock to when it is to be done next.
func (w *world) refresh() (ready bool) {
	w.t.Helper()
	log := zerolog.New(&w.log).Level(zerolog.InfoLevel)
	next, ready, err := w.Refresh(log.WithContext(w.t.Context()))
	require.NoError(w.t, err)
	if next.After(w.now) {
		w.now = next
	}
	return ready
}

// pass lets days pass, with a refresh on each.
func (w *world) pass(days int) {
	w.t.Helper()
	for end := w.now.Add(time.Duration(days) * day); w.now.Before(end); {
		w.refresh()
	}
}

// versions are the numbers of the index's versions; nil if it is not ready.
func (w *world) versions() []string {
	w.t.Helper()
	index, err := w.Index(w.t.Context())
	var notReady *startertemplate.NotReadyError
	if errors.As(err, &notReady) {
		return nil
	}
	require.NoError(w.t, err)
	list := []string{}
	for _, commit := range index.Commits() {
		list = append(list, strings.TrimLeft(commit.SHA, "0"))
	}
	return list
}

// push adds a version to the branch; its date is that of the clock, less age.
func (w *world) push(number int, age time.Duration) {
	version := w.branch[0]
	version.SHA, version.Date = fmt.Sprintf("%040x", number), w.now.Add(-age)
	w.branch = append(slices.Clone(w.branch), version)
}

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

func TestTheBuiltInIndexIsReadyAtOnce(t *testing.T) {
	w := newWorld(t, strings.ToUpper(template.BuiltinRepository), 0)
	w.err = errors.New("no such repository")
	builtin, err := template.Builtin()
	require.NoError(t, err)
	index, err := w.Index(t.Context())
	require.NoError(t, err)
	assert.Same(t, builtin, index)
	w.refresh()
	index, err = w.Index(t.Context())
	require.NoError(t, err)
	assert.Same(t, builtin, index)
	w.pass(3)
	assert.Equal(t, 1, strings.Count(w.log.String(), "\n"), "one warning and no more: %s", w.log.String())
}

// builtinWorld is a world of the built-in template, whose branch goes on.
func builtinWorld(t *testing.T) *world {
	w := newWorld(t, template.BuiltinRepository, 1)
	builtin, err := template.Builtin()
	require.NoError(t, err)
	commits := builtin.Commits()
	last := commits[len(commits)-1]
	w.now = last.Date.Add(400 * day)
	w.branch[0].Date = last.Date.Add(100 * day)
	w.branch = []template.Version{{Commit: last}, w.branch[0]}
	return w
}

func TestAttackWhatFollowsTheBuiltInIndexWaits(t *testing.T) {
	w := builtinWorld(t)
	builtin := len(w.versions())
	w.pass(7)
	assert.Len(t, w.versions(), builtin, "its date could be made up, and nobody saw it on the branch")
	w.pass(1)
	assert.Len(t, w.versions(), builtin+1)
	assert.Len(t, w.read, 1)
}

func TestANewerProgramGoesOnFromItsOwnIndex(t *testing.T) {
	w := builtinWorld(t)
	builtin := len(w.versions())
	// a program whose own index had less: the database has what follows
	versions := []template.Version{w.branch[1]}
	old, err := template.Build(template.BuiltinRepository, versions, w.reader)
	require.NoError(t, err)
	var content bytes.Buffer
	require.NoError(t, old.Encode(&content))
	_, err = w.store.SaveTemplate(t.Context(), template.BuiltinRepository,
		store.Template{Complete: true, ListedAt: w.now, TriedAt: w.now}, content.Bytes())
	require.NoError(t, err)

	assert.Len(t, w.versions(), builtin)
	w.refresh()
	assert.Len(t, w.versions(), builtin+1, "what was known counts at once")
	w.Keeper = w.another(template.BuiltinRepository)
	w.pass(3)
	assert.Len(t, w.versions(), builtin+1)
	assert.Len(t, w.read, 1)
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
