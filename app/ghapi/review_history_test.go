package ghapi_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestReviewPRACommitIsFoundByWhateverNamesIt(t *testing.T) {
	d := newDesk(t, nil)
	d.ahead.Store(int64(-time.Hour))
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	first := r.Head()
	d.ahead.Store(0)
	r.Push(d.alice, "Later", map[string]*string{"a": nil})
	r.CreateTag(d.alice, "v1.0.0", first, "")
	r.CreateTag(d.alice, "annotated", first, "A tag with a text")
	for _, ref := range []string{first, first[:7], "tags/v1.0.0", "tags/annotated"} {
		sha, at, err := repo.CommitTime(t.Context(), ref)
		require.NoError(t, err, ref)
		assert.Equal(t, first, sha, ref)
		assert.WithinDuration(t, time.Now().Add(-time.Hour), at, time.Minute, ref)
	}
}

func TestAttackReviewPRATagsNameLeadsNowhereElse(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	d.subject(t, repo) // so that there is a token
	first := r.Head()
	r.Push(d.alice, "Later", map[string]*string{"b": new(string)})
	names := []string{"../../x", "../../../../user", "..", "with space", "a%2Fb", "a%2e%2e/b", "v1?per_page=1", "v1#top", "a//b", "/", "ü\u202e", "v1:x", `a\b`}
	for _, name := range names {
		ref := "tags/" + name
		began := len(d.Calls())
		_, _, err := repo.CommitTime(t.Context(), ref)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
		require.Equal(t, []string{"GET /commits/{ref}"}, d.since(began), "%s: nothing else is asked for", name)
		r.CreateTag(d.alice, name, first, "")
		sha, _, err := repo.CommitTime(t.Context(), ref)
		require.NoError(t, err, name)
		assert.Equal(t, first, sha, name)
	}
	for _, ref := range []string{"", ".", "..", "...", "../..", "../branches/main"} {
		_, _, err := repo.CommitTime(t.Context(), ref)
		require.ErrorIs(t, err, fs.ErrNotExist, "%q", ref)
	}
}

func TestReviewPRWhatIsNotThereIsSaidSo(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	d.CreateEmptyRepository(d.alice, "empty")
	none := strings.Repeat("1", 40)
	for name, repo := range map[string]*ghapi.Repo{"a repository": repo, "an empty one": d.repo("empty"), "none": d.repo("none")} {
		t.Run(name, func(t *testing.T) {
			for _, ref := range []string{none, none[:7], "tags/v1.0.0"} {
				_, _, err := repo.CommitTime(t.Context(), ref)
				require.ErrorIs(t, err, fs.ErrNotExist)
			}
			_, err := repo.MergeBase(t.Context(), none, none)
			require.ErrorIs(t, err, fs.ErrNotExist)
			_, err = repo.TreeFiles(t.Context(), none)
			require.ErrorContains(t, err, "read the tree "+none)
		})
	}
	releases, err := d.repo("empty").Releases(t.Context())
	require.NoError(t, err)
	assert.Empty(t, releases)
	remove := d.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/commits/{ref}", Status: 502})
	_, _, err = repo.CommitTime(t.Context(), none)
	remove()
	assertAway(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist, "GitHub did not say that")
}

func TestAttackReviewPRTheMergeBaseIsWhereGitHubComparesFrom(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	openedPull(t, repo, first, second)
	hidden := r.PushBranch(d.alice, "onboarding/base", "Hide b", map[string]*string{"b": new(string)})
	sha, err := repo.MergeBase(t.Context(), hidden, second)
	require.NoError(t, err)
	assert.Equal(t, first, sha)
	sha, err = repo.MergeBase(t.Context(), "onboarding/base", "onboarding/review")
	require.NoError(t, err)
	assert.Equal(t, first, sha)
	orphan := r.PushOrphan(d.alice, "other", "From nothing", map[string]string{"a": "a\n"})
	_, err = repo.MergeBase(t.Context(), orphan, second)
	require.ErrorIs(t, err, fs.ErrNotExist, "they have no history in common")
}

func TestReviewPRATreesFilesAreListedAsGitHasThem(t *testing.T) {
	d := newDesk(t, nil)
	files := templatetest.Files{
		"a": "a\n", "a-b": "1", "a.b/c": "+x 2", "a0": "-> a", "b/c/d": "3", "b/c.d": "4", "sub": "=> " + strings.Repeat("c", 40), "ü &?%2F": "\x00",
	}
	r, repo := d.plugin(files)
	want, _ := files.List()
	head, subject := d.subject(t, repo)
	assert.Equal(t, want, subject.Files)
	assert.Equal(t, checks.TreeSHA(want), head.Tree)
	for _, sha := range []string{head.Commit, head.Tree} {
		list, err := repo.TreeFiles(t.Context(), sha)
		require.NoError(t, err)
		assert.Equal(t, want, list)
	}
	r.SetTreeLimit(5)
	_, err := repo.TreeFiles(t.Context(), head.Tree)
	var large *ghapi.TooLargeError
	require.ErrorAs(t, err, &large)
}

func TestReviewPRReleasesAreReadWithTheirFiles(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	file := map[string][]byte{"plugin.tar.gz": []byte("bundle"), "old.tar.gz": []byte("old"), "half.tar.gz": []byte("half")}
	r.Publish(d.alice, fakegithub.Release{Tag: "v1.0.0", Name: "One", Immutable: true, Assets: file})
	r.Publish(d.alice, fakegithub.Release{Tag: "../../x", Prerelease: true})
	r.Publish(d.alice, fakegithub.Release{Tag: "v2.0.0", Draft: true})
	odd := r.Publish(d.alice, fakegithub.Release{Tag: "v0.9.0", Assets: file})
	odd.EditAsset("old.tar.gz", func(a *fakegithub.Asset) { a.Digest = "" })
	odd.EditAsset("half.tar.gz", func(a *fakegithub.Asset) { a.State = "open" })

	releases, err := repo.Releases(t.Context())
	require.NoError(t, err)
	byTag := map[string]checks.Release{}
	for _, release := range releases {
		byTag[release.Tag] = release
	}
	require.Len(t, byTag, 4)
	one := byTag["v1.0.0"]
	assert.Equal(t, []any{"One", false, false, true}, []any{one.Name, one.Draft, one.Prerelease, one.Immutable})
	assert.WithinDuration(t, time.Now(), one.PublishedAt, time.Minute)
	require.Len(t, one.Assets, 3)
	last := one.Assets[slices.IndexFunc(one.Assets, func(a checks.Asset) bool { return a.Name == "plugin.tar.gz" })]
	assert.Equal(t, int64(6), last.Size)
	assert.Regexp(t, "^sha256:[0-9a-f]{64}$", last.Digest)
	assert.Contains(t, last.URL, "/alice/plugin-1/releases/download/v1.0.0/plugin.tar.gz")
	assert.NotZero(t, last.ID)
	assert.True(t, byTag["../../x"].Prerelease)
	assert.True(t, byTag["v2.0.0"].Draft)
	assert.Zero(t, byTag["v2.0.0"].PublishedAt)
	require.Len(t, byTag["v0.9.0"].Assets, 2, "an upload that is not done is no file")
	for _, asset := range byTag["v0.9.0"].Assets {
		assert.Equal(t, asset.Name == "old.tar.gz", asset.Digest == "", asset.Name)
	}

	d.installation.AcceptPermissions(d.alice, map[string]string{"contents": "read"})
	releases, err = repo.Releases(t.Context())
	require.NoError(t, err)
	assert.Len(t, releases, 3, "drafts are for those who may write")
}

func TestReviewPRReleasesOfSeveralPagesAreRead(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			r.Publish(d.alice, fakegithub.Release{Tag: fmt.Sprint("v1.0.", i), Draft: true})
		}
	}
	read := 0
	for _, test := range []struct{ published, calls, want int }{{1, 1, 1}, {100, 1, 100}, {101, 2, 101}, {305, 3, 300}} {
		publish(read, test.published)
		read = test.published
		began := len(d.Calls())
		releases, err := repo.Releases(t.Context())
		require.NoError(t, err)
		assert.Len(t, releases, test.want)
		reads := slices.DeleteFunc(d.since(began), func(call string) bool { return call != "GET /releases" })
		assert.Len(t, reads, test.calls)
		tags := map[string]bool{}
		for _, release := range releases {
			tags[release.Tag] = true
		}
		assert.Len(t, tags, test.want, "none comes twice")
	}
}
