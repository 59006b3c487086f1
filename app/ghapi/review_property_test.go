package ghapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// reviewPaths are those of generated trees: no file is also a folder.
var reviewPaths = []string{
	"Makefile", "README.md", "server/main.go", "server/store/store.go", "server/store/sql/x.sql", "webapp/src/index.tsx", "icon.png",
	".gitattributes", "webapp/.gitattributes", ".github/workflows/ci.yml", ".github/CODEOWNERS", ".github/dependabot.yml", "CODEOWNERS",
	"docs/codeowners", "docs/a.md", "a", "a.b/c", "a-b/c", "name with spaces/ü+&?#%2F.txt", "build/deep/er/and/deeper/run.sh",
}

// reviewContents are what files of generated trees hold.
var reviewContents = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) string { return templatetest.Text("one", rapid.IntRange(0, 12).Draw(t, "lines")) }),
	rapid.Custom(func(t *rapid.T) string {
		return "+x " + templatetest.Text("one", rapid.IntRange(0, 12).Draw(t, "lines"))
	}),
	rapid.Custom(func(t *rapid.T) string {
		return templatetest.Text("two", rapid.IntRange(0, 12).Draw(t, "lines")) + "own\n"
	}),
	rapid.SampledFrom([]string{
		"", "x", "\x00binary", "\x00\xff\xfe another", "* binary\n", "+x #!/bin/sh\n", "-> Makefile", "-> x", "=> " + strings.Repeat("a", 40),
	}),
)

var reviewTree = rapid.MapOfN(rapid.SampledFrom(reviewPaths), reviewContents, 0, 10)

// boilerplate are the versions of a generated template.
type boilerplate struct {
	versions []templatetest.Files
	index    *template.Index
	contents map[string]string // by blob SHA
	files    map[string]bool   // "path SHA" of each regular file
}

func drawBoilerplate(t *rapid.T) boilerplate {
	b := boilerplate{contents: map[string]string{}, files: map[string]bool{}}
	for range rapid.IntRange(1, 3).Draw(t, "versions") {
		b.versions = append(b.versions, reviewTree.Draw(t, "version"))
	}
	versions, read := templatetest.Versions(b.versions...)
	for _, version := range versions {
		for _, file := range version.Files {
			if file.Mode == checks.Regular || file.Mode == checks.Executable {
				content, _ := read(file)
				b.contents[file.SHA], b.files[file.Path+" "+file.SHA] = string(content), true
			}
		}
	}
	var err error
	b.index, err = template.Build(templatetest.Repository, versions, read)
	require.NoError(t, err)
	return b
}

// drawPlugin makes a plugin of one of the versions; it has a file of its own.
func (b boilerplate) drawPlugin(t *rapid.T) templatetest.Files {
	plugin := templatetest.Files{}
	maps.Copy(plugin, rapid.SampledFrom(b.versions).Draw(t, "origin"))
	maps.Copy(plugin, reviewTree.Draw(t, "own"))
	for _, path := range rapid.SliceOfN(rapid.SampledFrom(reviewPaths), 0, 3).Draw(t, "deleted") {
		delete(plugin, path)
	}
	plugin["server/own.go"] = "package main\n"
	return plugin
}

// reviewed is a review PR that was made.
type reviewed struct {
	head       ghapi.Head
	subject    checks.Subject
	plan       reviewpr.Plan
	base, last ghapi.Commit
	baseSHA    string
	headSHA    string
	uploads    []string
	pull       ghapi.Pull
}

// open makes a review PR as the App does, each branch twice.
func (d *desk) open(t require.TestingT, repo *ghapi.Repo, b boilerplate) reviewed {
	var v reviewed
	var err error
	ctx := d.t.Context()
	v.head, v.subject = d.subject(t, repo)
	v.plan, err = reviewpr.New(ctx, v.subject, b.index)
	require.NoError(t, err)
	has := map[string]bool{}
	for _, file := range v.subject.Files {
		has[file.SHA] = true
	}
	for _, file := range v.plan.Uploads() {
		if !has[file.SHA] {
			has[file.SHA] = true
			sha, err := repo.PutBlob(ctx, []byte(b.contents[file.SHA]))
			require.NoError(t, err)
			v.uploads = append(v.uploads, sha)
		}
	}
	v.base = ghapi.Commit{Message: texts.ReviewBase(templatetest.Repository), At: v.head.CommittedAt}
	v.base.Tree, err = repo.PutTree(ctx, v.subject, v.plan.Base, nil)
	require.NoError(t, err)
	v.baseSHA, err = repo.PutCommit(ctx, v.base)
	require.NoError(t, err)
	v.headSHA = v.next(t, d, repo, v.baseSHA)
	for branch, sha := range map[string]string{reviewpr.BaseBranch: v.baseSHA, reviewpr.HeadBranch: v.headSHA} {
		taken, err := repo.PutBranch(ctx, branch, sha)
		require.NoError(t, err)
		require.False(t, taken)
	}
	v.pull, _, err = repo.OpenPull(ctx, ghapi.NewPull{Title: "Review", Body: "Please", Base: reviewpr.BaseBranch, Head: reviewpr.HeadBranch})
	require.NoError(t, err)
	return v
}

// next makes the commit of the plan's head on a parent.
func (v *reviewed) next(t require.TestingT, d *desk, repo *ghapi.Repo, parent string) string {
	tree, err := repo.PutTree(d.t.Context(), v.subject, v.plan.Head, nil)
	require.NoError(t, err)
	v.last = ghapi.Commit{Tree: tree, Parent: parent, Message: texts.ReviewCommit(v.head.Commit), At: v.head.CommittedAt}
	sha, err := repo.PutCommit(d.t.Context(), v.last)
	require.NoError(t, err)
	return sha
}

// assertShown asserts that GitHub's PR is what was planned, and that its
// difference makes the plugin from the base.
func assertShown(t require.TestingT, r *fakegithub.Repository, v reviewed, plugin templatetest.Files) {
	require.Equal(t, entriesOf(v.plan.Base), treeOf(r, reviewpr.BaseBranch))
	require.Equal(t, entriesOf(v.plan.Head), treeOf(r, reviewpr.HeadBranch))
	require.Equal(t, commitSHA(v.base), v.baseSHA, "the base has no parent")
	require.Equal(t, commitSHA(v.last), v.headSHA)

	listed := []string{}
	made, head := r.TreeOf(reviewpr.BaseBranch), r.TreeOf(reviewpr.HeadBranch)
	for _, file := range r.PullRequests()[0].Files() {
		listed = append(listed, file.Path)
		delete(made, file.Path)
		if file.PreviousPath != "" {
			listed = append(listed, file.PreviousPath)
			delete(made, file.PreviousPath)
		}
		if file.Status != "removed" {
			made[file.Path] = head[file.Path]
		}
	}
	want := slices.Clone(v.plan.Removed)
	for _, file := range v.plan.Files {
		if file.Shown() {
			want = append(want, file.Path)
		}
	}
	require.ElementsMatch(t, want, listed, "the PR lists what is planned to be shown")

	whole := map[string]fakegithub.TreeEntry{}
	files, contents := plugin.List()
	for _, file := range files {
		if reviewpr.Excluded(file.Path) == "" {
			whole[file.Path] = fakegithub.TreeEntry{Mode: string(file.Mode), SHA: file.SHA, Content: contents[file.Path]}
			if file.Mode == checks.Submodule {
				whole[file.Path] = fakegithub.TreeEntry{Mode: string(file.Mode), SHA: file.SHA}
			}
		}
	}
	require.Equal(t, whole, made, "the difference makes the plugin, less what is left out, byte for byte")
}

func TestReviewPRPropertyItShowsWhatIsNotTheTemplates(t *testing.T) {
	fewer(t)
	d := newDesk(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		b := drawBoilerplate(t)
		plugin := b.drawPlugin(t)
		r, repo := d.plugin(plugin)
		before := len(d.Calls())
		v := d.open(t, repo, b)
		require.Equal(t, plugin.Subject(nil).Tree, v.subject.Tree)
		assertShown(t, r, v, plugin)
		require.Equal(t, []string{v.headSHA}, r.PullRequests()[0].Commits(), "the head's parent is the base")

		for _, file := range r.PullRequests()[0].Files() {
			regular := file.Mode == fakegithub.ModeFile || file.Mode == fakegithub.ModeExecutable
			require.False(t, regular && b.files[file.Path+" "+file.SHA], "%s is as in the template, and shown", file.Path)
		}
		has := map[string]bool{}
		for _, file := range v.subject.Files {
			has[file.SHA] = true
		}
		for _, sha := range v.uploads {
			require.False(t, has[sha], "the plugin has that blob: it need not be uploaded")
		}
		blobs := 0
		for _, call := range d.since(before) {
			if call == "POST /git/blobs" {
				blobs++
			}
		}
		require.Len(t, v.uploads, blobs)

		for branch, sha := range map[string]string{reviewpr.BaseBranch: v.baseSHA, reviewpr.HeadBranch: v.headSHA} {
			taken, err := repo.PutBranch(d.t.Context(), branch, sha)
			require.NoError(t, err)
			require.False(t, taken, "it stands where it should")
		}
	})
}

func TestReviewPRPropertyItFollowsPushes(t *testing.T) {
	fewer(t)
	d := newDesk(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		b := drawBoilerplate(t)
		plugin := b.drawPlugin(t)
		r, repo := d.plugin(plugin)
		v := d.open(t, repo, b)
		for range rapid.IntRange(1, 2).Draw(t, "pushes") {
			after := b.drawPlugin(t)
			r.PushFiles(d.alice, "Change", changesTo(plugin, after))
			plugin = after
			v.head, v.subject = d.subject(t, repo)
			var err error
			v.plan, err = reviewpr.On(d.t.Context(), v.subject, b.index, v.plan.Base)
			require.NoError(t, err)
			v.headSHA = v.next(t, d, repo, v.headSHA)
			for range 2 {
				moved, err := repo.MoveBranch(d.t.Context(), reviewpr.HeadBranch, v.headSHA)
				require.NoError(t, err)
				require.True(t, moved)
			}
			require.Equal(t, v.headSHA, r.PullRequests()[0].HeadSHA())
			assertShown(t, r, v, plugin)
		}
	})
}

// changesTo are the changes from one tree to another.
func changesTo(before, after templatetest.Files) map[string]*fakegithub.File {
	changes := map[string]*fakegithub.File{}
	for path := range before {
		changes[path] = nil
	}
	for path, file := range fakeFiles(after) {
		changes[path] = &file
	}
	return changes
}
