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
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/boilerplate"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
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

func (u *upstream) Blob(_ context.Context, sha string) ([]byte, error) {
	if err := u.call(); err != nil {
		return nil, err
	}
	return u.reader(checks.File{SHA: sha})
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
