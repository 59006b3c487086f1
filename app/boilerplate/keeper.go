// Package boilerplate keeps the index of the starter template's versions up to
// date: it begins with the one that is part of the program, and reads from the
// template's repository only what is new.
//
// A commit counts once it was on the default branch for seven days in the sight
// of this database (S9); its date must be as old, too. What is in the index
// stays there, whatever becomes of the branch.
package boilerplate

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/startertemplate"
	"github.com/onboard-app/onboard/checks/template"
)

// GitHub is what is needed of the template's repository.
type GitHub interface {
	// Commits lists the commits that were the default branch's head since the
	// last known one, oldest first.
	Commits(ctx context.Context, known func(sha string) bool) ([]template.Commit, error)
	Version(ctx context.Context, commit template.Commit) (template.Version, template.Reader, error)
	// Blob returns what a file holds, by its git blob SHA.
	Blob(ctx context.Context, sha string) ([]byte, error)
}

// Keeper keeps one template's index. Index, ID and Failing are safe for
// concurrent use, and so is Refresh in several processes: the loser of two
// starts again.
type Keeper struct {
	store      *store.Store
	repository string // "owner/name"
	github     func(context.Context) (GitHub, error)
	now        func() time.Time
	kept       atomic.Pointer[kept]
	client     atomic.Pointer[client]
	texts      texts
}

// texts are files of versions that this process read, by blob SHA, as far as they
// are small: a review PR that is opened soon needs some of them.
type texts struct {
	mu    sync.Mutex
	files map[string][]byte
	bytes int
}

// maxTexts bounds the bytes of the texts that are kept.
const maxTexts = 4 << 20

// reading returns what reads as another one does, and keeps what it reads.
func (t *texts) reading(read template.Reader) template.Reader {
	return func(file checks.File) ([]byte, error) {
		content, err := read(file)
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, kept := t.files[file.SHA]; err == nil && !kept && t.bytes+len(content) <= maxTexts && checks.BlobSHA(content) == file.SHA {
			if t.files == nil {
				t.files = map[string][]byte{}
			}
			t.files[file.SHA] = content
			t.bytes += len(content)
		}
		return content, err
	}
}

func (t *texts) get(sha string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	content, ok := t.files[sha]
	return content, ok
}

// client is what reads the template's repository, and since when.
type client struct {
	GitHub
	at time.Time
}

// reader is the last client, made anew after an hour.
func (k *Keeper) reader(ctx context.Context) (GitHub, error) {
	if c := k.client.Load(); c != nil && k.now().Sub(c.at) < hourly {
		return c, nil
	}
	github, err := k.github(ctx)
	if err != nil {
		return nil, err
	}
	k.client.Store(&client{github, k.now()})
	return github, nil
}

// New returns a Keeper of the template in a repository, "owner/name". Nothing
// is read before it is asked for.
func New(s *store.Store, repository string, github func(context.Context) (GitHub, error), now func() time.Time) *Keeper {
	return &Keeper{store: s, repository: repository, github: github, now: now}
}

// kept is the state as of a revision. It never changes.
type kept struct {
	store.Template
	index  *template.Index
	ready  bool            // the index may be used
	anew   bool            // the index that the database has is not to be used
	former map[string]bool // commits that one knew
}

// key is the repository's name in the database: GitHub's names have no case.
func (k *Keeper) key() string { return strings.ToLower(k.repository) }

// Index returns the index as it is now. Until a template that is not the
// built-in one was read, the error is a startertemplate.NotReadyError.
func (k *Keeper) Index(ctx context.Context) (*template.Index, error) {
	kept, err := k.current(ctx)
	switch {
	case err != nil:
		return nil, err
	case kept.ready:
		return kept.index, nil
	case kept.Failure != "":
		return nil, &startertemplate.NotReadyError{Reason: "The starter template cannot be read: " + k.repository}
	}
	return nil, &startertemplate.NotReadyError{Reason: "The starter template is still being read: " + k.repository}
}

// Blob returns what a file of any version holds, by its git blob SHA.
func (k *Keeper) Blob(ctx context.Context, sha string) ([]byte, error) {
	if content, ok := k.texts.get(sha); ok {
		return content, nil
	}
	github, err := k.reader(ctx)
	if err != nil {
		return nil, err
	}
	content, err := github.Blob(ctx, sha)
	if err != nil {
		k.client.Store(nil) // the App may be installed there, or no more, by now
	}
	return content, err //nolint:wrapcheck // it says all
}

// ID names the index as it is now, "" if it is not ready: what was found by
// another one is looked at again.
func (k *Keeper) ID(ctx context.Context) (string, error) {
	kept, err := k.current(ctx)
	if err != nil || !kept.ready {
		return "", err
	}
	return kept.index.ID(), nil
}

// Failing tells since when the repository cannot be read, and why; ok is false
// while it can.
func (k *Keeper) Failing(ctx context.Context) (since time.Time, reason string, ok bool, err error) {
	kept, err := k.current(ctx)
	if err != nil {
		return time.Time{}, "", false, err
	}
	return kept.Failing, kept.Failure, kept.Failure != "", nil
}

// current returns the state, read anew only if its revision is another one.
func (k *Keeper) current(ctx context.Context) (*kept, error) {
	revision, err := k.store.TemplateRevision(ctx, k.key())
	if err != nil {
		return nil, err
	}
	if kept := k.kept.Load(); kept != nil && kept.Revision == revision {
		return kept, nil
	}
	return k.load(ctx)
}

// load reads the state. An index that cannot be read, or lacks versions that
// the program knows, is left for the one in the program, or for an empty one.
func (k *Keeper) load(ctx context.Context) (*kept, error) {
	state, content, err := k.store.Template(ctx, k.key())
	if err != nil {
		return nil, err
	}
	base, builtin, err := k.base()
	if err != nil {
		return nil, err
	}
	kept := kept{Template: state, index: base, ready: builtin}
	if content != nil {
		index, err := template.Decode(bytes.NewReader(content))
		switch {
		case err != nil:
			zerolog.Ctx(ctx).Error().Err(err).Str("template", k.repository).Msg("the kept index is damaged; it is made anew")
			kept.Template, kept.anew = store.Template{Revision: state.Revision}, true
		case knowsAll(index, base):
			kept.index, kept.ready = index, builtin || state.Complete
		default: // the program is newer; go on from its index
			kept.anew, kept.former, kept.ListedAt, kept.TriedAt = true, commitsOf(index), time.Time{}, time.Time{}
		}
	}
	k.kept.Store(&kept)
	return &kept, nil
}

// base is the index to begin with.
func (k *Keeper) base() (index *template.Index, builtin bool, err error) {
	if strings.EqualFold(k.repository, template.BuiltinRepository) {
		index, err = template.Builtin()
		return index, true, err
	}
	index, err = template.Build(k.repository, nil, nil)
	return index, false, err
}

// save keeps the state and, if it is new, the index.
func (k *Keeper) save(ctx context.Context, next *kept, index bool) error {
	var content bytes.Buffer
	if index || next.anew {
		if err := next.index.Encode(&content); err != nil {
			return fmt.Errorf("save template %s: %w", k.repository, err)
		}
	}
	revision, err := k.store.SaveTemplate(ctx, k.key(), next.Template, content.Bytes())
	if err != nil {
		return err
	}
	next.Revision, next.anew = revision, false
	saved := *next
	k.kept.Store(&saved)
	return nil
}

func commitsOf(index *template.Index) map[string]bool {
	commits := map[string]bool{}
	for _, commit := range index.Commits() {
		commits[commit.SHA] = true
	}
	return commits
}

// knowsAll tells whether an index has all versions of another one.
func knowsAll(index, other *template.Index) bool {
	commits := commitsOf(index)
	for _, commit := range other.Commits() {
		if !commits[commit.SHA] {
			return false
		}
	}
	return true
}
