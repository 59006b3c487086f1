package ghapi

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"sort"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
)

// Head is a repository and its default branch as they are now.
type Head struct {
	ID      int64  // of the repository
	OwnerID int64  // of the account that it belongs to
	Owner   string // as GitHub spells it now
	Name    string
	Branch  string // the default branch
	Commit  string // its head, 40 hex digits; "" if the repository is empty
	Tree    string // the commit's tree

	Archived    bool      // nothing can be written
	Private     bool      // or for the members of an organisation or enterprise alone
	CommittedAt time.Time // the commit's time, as its committer wrote it
	PushedAt    time.Time // when something was last pushed to any branch
	At          time.Time // when the branch was read, by GitHub's clock
}

// Settling is after how long the next look can count on Settled.
const Settling = settled + 2*time.Minute

// settled is how long after a push a branch must have been read to be believed
// until the next push: GitHub's answers may be a little behind each other.
const settled = 5 * time.Minute

// Holds tells whether a branch stands where it stood at the last look: nothing
// was pushed to the repository since.
func (h Head) Holds(last Head) bool {
	return last.Commit != "" && h.ID == last.ID && h.Branch == last.Branch &&
		h.PushedAt.Equal(last.PushedAt) && last.Settled()
}

// Settled tells whether the branch was read so long after the last push that it
// is believed until the next one.
func (h Head) Settled() bool { return h.At.Sub(h.PushedAt) > settled }

// Head asks where the default branch stands. If nothing was pushed since the
// last look, whose Head the caller gives, that is one call instead of two. It
// fails with a LostError if the installation does not reach the repository.
func (r *Repo) Head(ctx context.Context, last Head) (Head, error) {
	repo, response, err := r.client.Repositories.Get(ctx, r.Owner, r.Name)
	if why, is := lostRepository(err); is {
		return Head{}, r.notThere(why, err)
	}
	if err != nil {
		return Head{}, explain(err, "read repository %s/%s", r.Owner, r.Name)
	}
	return r.headOf(ctx, repo, clock(response), last)
}

// headOf is Head of a repository that GitHub described at a time of its clock.
func (r *Repo) headOf(ctx context.Context, repo *github.Repository, at time.Time, last Head) (Head, error) {
	head := Head{
		ID: repo.GetID(), OwnerID: repo.GetOwner().GetID(), Owner: repo.GetOwner().GetLogin(), Name: repo.GetName(),
		Branch: repo.GetDefaultBranch(), PushedAt: repo.GetPushedAt().Time, Archived: repo.GetArchived(), Private: repo.GetPrivate(),
	}
	if head.Holds(last) {
		head.Commit, head.Tree, head.CommittedAt, head.At = last.Commit, last.Tree, last.CommittedAt, last.At
		return head, nil
	}
	branch, err := r.branch(ctx, head.Branch)
	if hasStatus(err, http.StatusNotFound) { // nothing was pushed yet
		return head, nil
	}
	if err != nil {
		return Head{}, err
	}
	head.Commit = branch.GetCommit().GetSHA()
	head.Tree = branch.GetCommit().GetCommit().GetTree().GetSHA()
	head.CommittedAt = branch.GetCommit().GetCommit().GetCommitter().GetDate().Time
	head.At = at
	return head, nil
}

// clock is GitHub's time of an answer, zero if it does not say.
func clock(response *github.Response) time.Time {
	at, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// branch reads a branch. go-github's GetBranch goes around its own client:
// without its time limit, its typed errors and its sight of rate limits.
func (r *Repo) branch(ctx context.Context, name string) (*github.Branch, error) {
	path := fmt.Sprintf("repos/%s/%s/branches/%s", url.PathEscape(r.Owner), url.PathEscape(r.Name), url.PathEscape(name))
	request, err := r.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("read branch %s of %s/%s: %w", name, r.Owner, r.Name, err)
	}
	branch := new(github.Branch)
	_, err = r.client.Do(ctx, request, branch)
	return branch, explain(err, "read branch %s of %s/%s", name, r.Owner, r.Name)
}

// maxEntries bounds the trees that are looked at (S17).
const maxEntries = 20_000

// TooLargeError is a tree with more entries than Onboard looks at.
type TooLargeError struct{ Repository string }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s has more than %d files and folders", e.Repository, maxEntries)
}

// Subject makes what checks look at from the tree at a head. The commit's archive
// mostly says all: its files are listed if together they are that very tree (S9).
// Else the tree is asked for, and what the archive lacks is read when a check asks
// for it.
func (r *Repo) Subject(ctx context.Context, head Head) (checks.Subject, error) {
	f := &files{repo: r, head: head}
	list, err := f.load(ctx)
	if err == nil && list == nil {
		list, err = r.TreeFiles(ctx, head.Tree)
	}
	sortFiles(list)
	return checks.Subject{Commit: head.Commit, Tree: head.Tree, Files: list, Read: f.read}, err
}

// sortFiles sorts by path. GitHub sorts as git does, folders as if their names
// ended in a slash.
func sortFiles(list []checks.File) {
	sort.Slice(list, func(i, j int) bool { return list[i].Path < list[j].Path })
}

// Reader reads files of a commit, which exists, as checks.Subject reads them.
func (r *Repo) Reader(commit string) func(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
	return (&files{repo: r, head: Head{Commit: commit}}).read
}

// TreeFiles lists the files of a tree, which may be named by its commit. It
// fails with a TooLargeError if they are too many, and with an fs.ErrNotExist if
// there is no such tree.
func (r *Repo) TreeFiles(ctx context.Context, sha string) ([]checks.File, error) {
	tree, _, err := r.client.Git.GetTree(ctx, r.Owner, r.Name, sha, true)
	if hasStatus(err, http.StatusNotFound) {
		return nil, fmt.Errorf("read the tree %s of %s/%s: %w", sha, r.Owner, r.Name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, explain(err, "read the tree %s of %s/%s", sha, r.Owner, r.Name)
	}
	if tree.GetTruncated() || len(tree.Entries) > maxEntries {
		return nil, &TooLargeError{Repository: r.Owner + "/" + r.Name}
	}
	var list []checks.File
	for _, entry := range tree.Entries {
		if entry.GetType() == "tree" {
			continue
		}
		list = append(list, checks.File{
			Path: entry.GetPath(), Mode: checks.Mode(entry.GetMode()), SHA: entry.GetSHA(), Size: int64(entry.GetSize()),
		})
	}
	sortFiles(list)
	return list, nil
}

// UserID returns the numeric id of a login, 0 if there is none of that name.
func (r *Repo) UserID(ctx context.Context, login string) (id int64, err error) {
	user, _, err := r.client.Users.Get(ctx, login)
	if hasStatus(err, http.StatusNotFound) {
		return 0, nil
	}
	return user.GetID(), explain(err, "ask who %s is", login)
}

// MayWrite tells whether a person may write to the repository. That makes
// somebody the plugin's side, and never a reviewer: plugin authors administer
// their own repository (process.md, "Who is who"). A login that belongs to
// somebody else by now may nothing (S10).
func (r *Repo) MayWrite(ctx context.Context, person onboarding.Person) (bool, error) {
	// maintain is reported as write, and triage as read (github-facts.md section 3)
	return permitted(ctx, r.client, r.Owner, r.Name, person, "admin", "write")
}
