package ghapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// notes is a ledger in memory.
type notes map[string]ghapi.Shown

func (n notes) Shown(thing string) (ghapi.Shown, bool) { shown, ok := n[thing]; return shown, ok }

func (n notes) Note(_ context.Context, thing string, shown ghapi.Shown) error {
	n[thing] = shown
	return nil
}

func (notes) Audited(context.Context, string) error { return nil }

func TestAnArchiveThatIsTheWholeTreeIsReadInsteadOfIt(t *testing.T) {
	d := newDesk(t, nil)
	for name, files := range map[string]templatetest.Files{
		"files of all kinds":  {"a": "a\n", "b/c": "+x c\n", "b/link": "-> c", "empty": "", "z.go": "package z\n"},
		"what is not filled":  {".gitattributes": "x export-subst\n", "x": "no format\n"},
		"one file, no folder": {"LICENSE": "MIT\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, repo := d.plugin(files)
			head, err := repo.Head(t.Context(), ghapi.Head{})
			require.NoError(t, err)
			began := len(d.Calls())
			subject, err := repo.Subject(t.Context(), head)
			require.NoError(t, err)
			assert.Equal(t, []string{"GET /tarball/{ref}"}, d.since(began))
			tree, err := repo.TreeFiles(t.Context(), head.Tree)
			require.NoError(t, err)
			assert.Equal(t, tree, subject.Files)
		})
	}
}

func TestAttackAnArchiveThatAttributesAlterIsNoTree(t *testing.T) {
	d := newDesk(t, nil)
	for name, files := range map[string]templatetest.Files{
		"a file is left out": {".gitattributes": "evil.go export-ignore\n", "evil.go": "package evil\n", "a": "a\n"},
		"a text is filled":   {".gitattributes": "a export-subst\n", "a": "$Format:%H$\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, repo := d.plugin(files)
			head, subject := d.subject(t, repo)
			tree, err := repo.TreeFiles(t.Context(), head.Tree)
			require.NoError(t, err)
			assert.Equal(t, tree, subject.Files)
			assert.Equal(t, head.Tree, checks.TreeSHA(subject.Files))
		})
	}
}

func TestAttackAnArchiveBeyondTheBoundIsRefused(t *testing.T) {
	d := newDesk(t, nil)
	files := templatetest.Files{}
	for i := range 20_001 {
		files[fmt.Sprintf("f%05d", i)] = ""
	}
	_, repo := d.plugin(files)
	head, err := repo.Head(t.Context(), ghapi.Head{})
	require.NoError(t, err)
	_, err = repo.Subject(t.Context(), head)
	var large *ghapi.TooLargeError
	require.ErrorAs(t, err, &large)
}

func TestTextsAreWrittenWithTheTree(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	_, subject := d.subject(t, repo)
	text := "what the template has,\r\nin its \"own\" words: ä <>&\u2028"
	wanted := []checks.File{{Path: "new/b", Mode: checks.Regular, SHA: checks.BlobSHA([]byte(text)), Size: int64(len(text))}, subject.Files[0]}
	began := len(d.Calls())
	sha, err := repo.PutTree(t.Context(), subject, wanted, map[string]string{wanted[0].SHA: text})
	require.NoError(t, err)
	assert.Equal(t, []string{"POST /git/trees"}, d.since(began))
	assert.Equal(t, checks.TreeSHA(wanted), sha)
	assert.True(t, ghapi.IsText([]byte(text)))
	assert.False(t, ghapi.IsText([]byte("\xff")), "JSON cannot hold it")
	assert.False(t, ghapi.IsText([]byte("a\x00b")))
}

func TestLabelsChangeInFewCallsAndOthersStay(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	d.subject(t, repo) // mints the token
	ours := []string{"stage:a", "stage:b", "stage:c"}
	want := func(names ...string) (labels []ghapi.Label) {
		for _, name := range names {
			labels = append(labels, ghapi.Label{Name: name, Colour: "1d76db"})
		}
		return labels
	}
	for name, test := range map[string]struct {
		has   []string // of ours
		want  []ghapi.Label
		live  bool
		calls []string
	}{
		"read just now: all at once":  {[]string{"stage:a", "stage:b"}, want("stage:c"), true, []string{"PUT /issues/{issue_number}/labels"}},
		"read just now: one is taken": {[]string{"stage:a"}, nil, true, []string{"DELETE /issues/{issue_number}/labels/{name}"}},
		"read just now: one is added": {nil, want("stage:a"), true, []string{"POST /issues/{issue_number}/labels"}},
		"not read: one by one":        {[]string{"stage:a"}, want("stage:c"), false, []string{"POST /issues/{issue_number}/labels", "DELETE /issues/{issue_number}/labels/{name}"}},
	} {
		t.Run(name, func(t *testing.T) {
			issue := r.OpenIssue(d.alice, "An issue", "")
			issue.AddLabel(d.alice, "theirs")
			for _, label := range test.has {
				issue.AddLabel(d.alice, label)
			}
			change := ghapi.LabelChange{Issue: issue.Number, Has: test.has, Live: test.live, Ours: ours, Want: test.want}
			if test.live {
				change.Has = issue.Labels()
			}
			ledger := notes{"label/stage:a": {}, "label/stage:c": {}} // they were made before
			began := len(d.Calls())
			assert.Len(t, test.calls, change.Calls())
			require.NoError(t, repo.ChangeLabels(t.Context(), change, ledger, time.Now()))
			assert.Equal(t, test.calls, d.since(began))
			left := []string{"theirs"}
			for _, label := range test.want {
				left = append(left, label.Name)
			}
			assert.ElementsMatch(t, left, issue.Labels())
		})
	}
}

func TestACommentIsLookedForUnlessThisIsTheFirstTry(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	d.subject(t, repo) // mints the token
	issue := r.OpenIssue(d.alice, "An issue", "")
	want := ghapi.Comment{Issue: issue.Number, Body: "Status", Marker: "onboard:status:1", Since: time.Now().Add(-time.Hour), New: true}
	ledger := notes{}
	began := len(d.Calls())
	_, err := repo.PublishComment(t.Context(), "status/1", want, ledger, time.Now())
	require.NoError(t, err)
	assert.Equal(t, []string{"POST /issues/{issue_number}/comments"}, d.since(began))

	ledger["status/1"] = ghapi.Shown{} // as if the process had ended before the answer came: that it was tried is noted before
	_, err = repo.PublishComment(t.Context(), "status/1", want, ledger, time.Now())
	require.NoError(t, err)
	assert.Len(t, issue.Comments(), 1, "the second try finds it")
	assert.NotZero(t, ledger["status/1"].ID)
}
