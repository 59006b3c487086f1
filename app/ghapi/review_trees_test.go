package ghapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// emptyTree is git's name for the tree without entries.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

func TestReviewPRAnEmptyBaseIsMadeWhereGitHubHasNone(t *testing.T) {
	d := newDesk(t, nil)
	for name, files := range map[string]templatetest.Files{
		"a file":             {"server/plugin.go": "package main\n"},
		"executables only":   {"run.sh": "+x #!/bin/sh\n"},
		"symbolic links":     {"link": "-> nowhere"},
		"after submodules":   {"a": "=> " + strings.Repeat("a", 40), "b": "b\n"},
		"a file named empty": {"empty": ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, repo := d.plugin(files)
			head, subject := d.subject(t, repo)
			base := ghapi.Commit{Tree: emptyTree, Message: texts.ReviewBase("example/starter"), At: head.CommittedAt}
			_, err := repo.PutCommit(t.Context(), base)
			require.ErrorContains(t, err, "Tree SHA does not exist", "r-lib/gert#149")

			for range 2 {
				began := len(d.Calls())
				tree, err := repo.PutTree(t.Context(), subject, nil, nil)
				require.NoError(t, err)
				assert.Equal(t, emptyTree, tree)
				assert.Equal(t, []string{"POST /git/trees", "POST /git/trees"}, d.since(began))
			}
			sha, err := repo.PutCommit(t.Context(), base)
			require.NoError(t, err)
			assert.Equal(t, commitSHA(base), sha)
			_, err = repo.PutBranch(t.Context(), "onboarding/base", sha)
			require.NoError(t, err)
			assert.Empty(t, r.TreeOf("onboarding/base"))
			list, err := repo.TreeFiles(t.Context(), sha)
			require.NoError(t, err)
			assert.Empty(t, list)
		})
	}
}

func TestReviewPRAnEmptyBaseThatCannotBeMadeIsRefused(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"sub": "=> " + strings.Repeat("a", 40)})
	_, subject := d.subject(t, repo)
	_, err := repo.PutTree(t.Context(), subject, nil, nil)
	var refused *ghapi.NotAllowedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "the plugin has no file", refused.Why)

	_, repo = d.plugin(templatetest.Files{"a": "a\n"})
	_, subject = d.subject(t, repo)
	defer d.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/git/trees", Skip: 1, Status: http.StatusUnprocessableEntity})()
	_, err = repo.PutTree(t.Context(), subject, nil, nil)
	assertRefused(t, err, "GitHub makes no empty commit to compare with")
}

func TestReviewPRATreeOfManyEntriesTakesSeveralCalls(t *testing.T) {
	d := newDesk(t, nil)
	files := templatetest.Files{".gitattributes": "* text\n", "z/inside": "z\n"}
	for i := range 4_001 {
		files[fmt.Sprintf("f%04d", i)] = fmt.Sprint(i%7, "\n")
	}
	_, repo := d.plugin(files)
	_, subject := d.subject(t, repo)
	wanted := subject.Files[1:] // a folder as it stands and 4,001 files
	began := len(d.Calls())
	tree, err := repo.PutTree(t.Context(), subject, wanted, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"POST /git/trees", "POST /git/trees", "POST /git/trees"}, d.since(began))
	list, err := repo.TreeFiles(t.Context(), tree)
	require.NoError(t, err)
	assert.Equal(t, wanted, list)
}

func TestReviewPRATreeThatIsThePluginsIsNotMade(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n", "b/c": "+x c\n"})
	_, subject := d.subject(t, repo)
	began := len(d.Calls())
	tree, err := repo.PutTree(t.Context(), subject, subject.Files, nil)
	require.NoError(t, err)
	assert.Equal(t, subject.Tree, tree)
	assert.Empty(t, d.since(began))
}

func TestAttackReviewPRWhatGitHubMakesOfWhatWasSentIsHeldAgainstIt(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n", "b": "b\n"})
	_, subject := d.subject(t, repo)
	other := fmt.Sprintf(`{"sha":%q}`, strings.Repeat("1", 40))
	for _, route := range []string{"/repos/{owner}/{repo}/git/trees", "/repos/{owner}/{repo}/git/blobs"} {
		defer d.Inject(fakegithub.Fault{Method: http.MethodPost, Route: route, Status: http.StatusCreated, Body: other})()
	}
	_, err := repo.PutTree(t.Context(), subject, subject.Files[:1], nil)
	require.ErrorContains(t, err, "make a tree in alice/plugin-1: GitHub made 1111")
	_, err = repo.PutBlob(t.Context(), []byte("x"))
	require.ErrorContains(t, err, "write a blob to alice/plugin-1: GitHub made 1111")
}

func TestReviewPRABlobIsWhatItWasByteForByte(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	for _, content := range []string{"", "text\n", "\x00\xff\xfe", "CRLF\r\n", "ü\ufeff"} {
		for range 2 {
			sha, err := repo.PutBlob(t.Context(), []byte(content))
			require.NoError(t, err)
			assert.Equal(t, checks.BlobSHA([]byte(content)), sha)
		}
	}
}

func TestReviewPRTheSameCommitIsMadeOfTheSameValues(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	head, subject := d.subject(t, repo)
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	want := ghapi.Commit{Tree: subject.Tree, Parent: head.Commit, Message: texts.ReviewCommit(head.Commit), At: at}
	put := func(c ghapi.Commit) string {
		sha, err := repo.PutCommit(t.Context(), c)
		require.NoError(t, err)
		return sha
	}
	first := put(want)
	assert.Equal(t, commitSHA(want), first)
	d.ahead.Add(int64(time.Hour))
	for name, when := range map[string]time.Time{
		"later": at, "a part of a second": at.Add(123_456_789), "another time zone": at.In(time.FixedZone("", -5*60*60)),
	} {
		want.At = when
		assert.Equal(t, first, put(want), name)
	}
	for name, change := range map[string]func(*ghapi.Commit){
		"another time":    func(c *ghapi.Commit) { c.At = c.At.Add(time.Second) },
		"another message": func(c *ghapi.Commit) { c.Message += "." },
		"no parent":       func(c *ghapi.Commit) { c.Parent = "" },
	} {
		other := want
		other.At = at
		change(&other)
		assert.Equal(t, commitSHA(other), put(other), name)
		assert.NotEqual(t, first, put(other), name)
	}
}
