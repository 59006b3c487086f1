package ghapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// NotAllowedError is a write that GitHub does not let the App make: it has no
// permission, the repository is archived, or its rules forbid it. Nothing but
// the repository's people can change that.
type NotAllowedError struct {
	Why string // the end of "There is no review pull request: …", without a full stop
	Err error
}

func (e *NotAllowedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NotAllowedError) Unwrap() error { return e.Err }

// Archived is why nothing can be written to a repository that is archived, be it for
// a moment.
const Archived = "the repository is archived"

// notAllowed tells writes that the repository's people have to allow from other
// failures, and wraps both with what was attempted.
func notAllowed(err error, format string, args ...any) error {
	var refused *github.ErrorResponse
	if err == nil || !errors.As(err, &refused) || refused.Response == nil {
		return explain(err, format, args...)
	}
	why := refusal(refused)
	if why == "" {
		return explain(err, format, args...)
	}
	return &NotAllowedError{Why: why, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), redacted{err})}
}

// refusal says why GitHub does not let the App write; "" if the write failed
// for another reason. Only what GitHub says counts, and not the address, where
// the repository's own name stands.
func refusal(r *github.ErrorResponse) string {
	said := strings.ToLower(fmt.Sprintf("%s %+v", r.Message, r.Errors))
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(said, word) })
	}
	switch status := r.Response.StatusCode; {
	case status == http.StatusForbidden && says("not accessible by integration"):
		return "Onboard has no permission to write contents or pull requests"
	case status == http.StatusForbidden && says("archived"):
		return Archived
	case status == http.StatusNotFound && r.Response.Request.Method == http.MethodPost:
		return "GitHub refuses it without a reason" // so a missing permission may look (github-facts.md section 5)
	case status != http.StatusForbidden && status != http.StatusUnprocessableEntity:
		return ""
	case says("rule violation"):
		return "a ruleset of the repository forbids it"
	case says("protected branch", "not authorized to push", "required status check"): // before rulesets
		return "branch protection of the repository forbids it"
	case says("reference update failed", "reference cannot be updated"):
		// so is a name refused that goes on from another branch's (googleapis/release-please#1024)
		return "GitHub does not make its branches: a branch called onboarding, or branch protection, is in the way"
	case says("malformed path"):
		return oddFile
	}
	return ""
}

// oddFile is why a tree cannot be made of files that git takes and GitHub does not.
const oddFile = "the plugin has a file whose name or mode GitHub does not take"

// modes are those that GitHub takes (POST git/trees). Git has written others.
var modes = []string{string(checks.Regular), string(checks.Executable), string(checks.Symlink), string(checks.Submodule), "040000"}

// maxTreeEntries bounds the entries of one call: GitHub ends calls that take
// more than 10 s (github-facts.md section 5).
const maxTreeEntries = 2_000

// PutBlob writes a file's content and returns its SHA.
func (r *Repo) PutBlob(ctx context.Context, content []byte) (sha string, err error) {
	blob, _, err := r.client.Git.CreateBlob(ctx, r.Owner, r.Name, &github.Blob{
		Content: github.String(base64.StdEncoding.EncodeToString(content)), Encoding: github.String("base64"),
	})
	if err != nil {
		return "", notAllowed(err, "write a blob to %s/%s", r.Owner, r.Name)
	}
	if want := checks.BlobSHA(content); blob.GetSHA() != want {
		return "", fmt.Errorf("write a blob to %s/%s: GitHub made %s of what is %s", r.Owner, r.Name, blob.GetSHA(), want)
	}
	return blob.GetSHA(), nil
}

// PutTree makes the tree of the wanted files, whose blobs the repository has or,
// by their SHA, texts holds, see [IsText]; folders that the plugin's own tree has
// just so are not sent again.
func (r *Repo) PutTree(ctx context.Context, subject checks.Subject, wanted []checks.File, texts map[string]string) (sha string, err error) {
	want := checks.TreeSHA(wanted)
	switch {
	case want == subject.Tree:
		return want, nil // git has it
	case len(wanted) == 0:
		sha, err = r.putEmptyTree(ctx, subject)
	default:
		sha, err = r.putEntries(ctx, reviewpr.Entries(subject, wanted), texts)
	}
	if err == nil && sha != want {
		err = fmt.Errorf("make a tree in %s/%s: GitHub made %s of what is %s", r.Owner, r.Name, sha, want)
	}
	return sha, err
}

// IsText tells whether a tree can be given a file's content as it is, which spares
// the call that writes it: JSON holds text only.
func IsText(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsRune(content, 0)
}

// putEntries makes a tree in as many calls as its entries need.
func (r *Repo) putEntries(ctx context.Context, entries []reviewpr.Entry, texts map[string]string) (sha string, err error) {
	for len(entries) > 0 {
		n := min(len(entries), maxTreeEntries)
		var some []*github.TreeEntry
		for _, e := range entries[:n] {
			if !slices.Contains(modes, e.Mode) {
				return "", &NotAllowedError{Why: oddFile, Err: fmt.Errorf("make a tree in %s/%s: %q has the mode %s", r.Owner, r.Name, e.Path, e.Mode)}
			}
			entry := &github.TreeEntry{Path: github.String(e.Path), Mode: github.String(e.Mode), Type: github.String(e.Type)}
			if text, given := texts[e.SHA]; given {
				entry.Content = &text
			} else {
				entry.SHA = github.String(e.SHA)
			}
			some = append(some, entry)
		}
		if sha, err = r.createTree(ctx, sha, some); err != nil {
			return "", err
		}
		entries = entries[n:]
	}
	return sha, nil
}

func (r *Repo) createTree(ctx context.Context, base string, entries []*github.TreeEntry) (sha string, err error) {
	tree, _, err := r.client.Git.CreateTree(ctx, r.Owner, r.Name, base, entries)
	return tree.GetSHA(), notAllowed(err, "make a tree of %d entries in %s/%s", len(entries), r.Owner, r.Name)
}

// putEmptyTree makes the tree without entries, by taking its only file off
// another one: GitHub knows git's name for it only where it was made before
// (r-lib/gert#149), and refuses an empty list of entries.
func (r *Repo) putEmptyTree(ctx context.Context, subject checks.Subject) (sha string, err error) {
	i := slices.IndexFunc(subject.Files, func(f checks.File) bool { return f.Mode != checks.Submodule })
	if i < 0 {
		return "", &NotAllowedError{Why: "the plugin has no file", Err: fmt.Errorf("make an empty tree in %s/%s: there is no file to begin with", r.Owner, r.Name)}
	}
	entry := github.TreeEntry{Path: github.String("empty"), Mode: github.String(string(checks.Regular)), Type: github.String("blob")}
	full := entry
	full.SHA = &subject.Files[i].SHA
	if sha, err = r.createTree(ctx, "", []*github.TreeEntry{&full}); err != nil {
		return "", err
	}
	sha, err = r.createTree(ctx, sha, []*github.TreeEntry{&entry}) // without SHA and content go-github sends null, which deletes
	if hasStatus(err, http.StatusUnprocessableEntity) {
		return "", &NotAllowedError{Why: "GitHub makes no empty commit to compare with", Err: err}
	}
	return sha, err
}

// Commit is a commit to be made. The same values make the same commit.
type Commit struct {
	Tree    string
	Parent  string // "" for none
	Message string
	At      time.Time // of author and committer
}

// PutCommit makes a commit and returns its SHA; no branch moves.
func (r *Repo) PutCommit(ctx context.Context, want Commit) (sha string, err error) {
	by := &github.CommitAuthor{
		Name: github.String(texts.ReviewName), Email: github.String(texts.ReviewEmail), Date: &github.Timestamp{Time: want.At.UTC().Truncate(time.Second)},
	}
	commit := &github.Commit{Message: github.String(want.Message), Tree: &github.Tree{SHA: github.String(want.Tree)}, Author: by, Committer: by}
	if want.Parent != "" {
		commit.Parents = []*github.Commit{{SHA: github.String(want.Parent)}}
	}
	made, _, err := r.client.Git.CreateCommit(ctx, r.Owner, r.Name, commit, nil)
	if err != nil {
		return "", notAllowed(err, "make a commit in %s/%s", r.Owner, r.Name)
	}
	return made.GetSHA(), nil
}
