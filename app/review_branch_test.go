package app_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// git runs git in a folder and returns what it prints.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.test",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.test", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

// templateVersions are the versions of the template in these tests.
var templateVersions = []templatetest.Files{
	{"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 30), "old.go": "old\n"},
	{"Makefile": templatetest.Text("makefile", 44), "server/main.go": templatetest.Text("main", 30)},
}

// plugin was made from the first version.
var plugin = templatetest.Files{
	"Makefile": templatetest.Text("makefile", 40) + "mine:\n", "server/main.go": templatetest.Text("main", 30), "server/plugin.go": "package main\n",
	".github/workflows/ci.yml": "on: push\n", "logo.png": "\x00logo",
}

// place is a plugin's checkout and a GitHub that has the template's blobs.
type place struct {
	t      *testing.T
	dir    string
	index  *template.Index
	config app.Config
	asked  []string
	answer func(w http.ResponseWriter, content string) // how GitHub answers
}

// put writes files, "" removes, and commits them all.
func put(t *testing.T, dir string, files templatetest.Files) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if content == "" {
			require.NoError(t, os.Remove(file))
			continue
		}
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--message=change")
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), index: templatetest.Index(t, templateVersions...), config: app.Default()}
	git(t, p.dir, "init", "--quiet", "--initial-branch=main")
	put(t, p.dir, plugin)
	contents := map[string]string{}
	for _, version := range templateVersions {
		files, texts := version.List()
		for _, file := range files {
			contents[file.SHA] = texts[file.Path]
		}
	}
	p.answer = func(w http.ResponseWriter, content string) {
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]string{"encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(content)) + "\n"}))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/api/v3/repos/"+templatetest.Repository+"/git/blobs", path.Dir(r.URL.Path))
		content, ok := contents[path.Base(r.URL.Path)]
		assert.True(t, ok, "asked for what the template never had")
		p.asked = append(p.asked, path.Base(r.URL.Path))
		p.answer(w, content)
	}))
	t.Cleanup(server.Close)
	p.config.GitHub.V3APIURL = server.URL + "/api/v3/"
	return p
}

// run makes the branches.
func (p *place) run(templates ...string) (app.ReviewBranches, error) {
	return app.MakeReviewBranchesOf(p.t.Context(), p.config, p.index, p.dir, strings.Join(templates, ""))
}

// must makes the branches and checks that git finds nothing wrong with them.
func (p *place) must(templates ...string) app.ReviewBranches {
	p.t.Helper()
	made, err := p.run(templates...)
	require.NoError(p.t, err)
	git(p.t, p.dir, "fsck", "--strict", "--no-dangling")
	assert.Equal(p.t, made.Base.Commit, git(p.t, p.dir, "rev-parse", reviewpr.BaseBranch))
	assert.Equal(p.t, made.Review.Commit, git(p.t, p.dir, "rev-parse", reviewpr.HeadBranch))
	assert.Equal(p.t, made.Review.Tree, git(p.t, p.dir, "rev-parse", reviewpr.HeadBranch+"^{tree}"))
	return made
}

// shown is what the PR would show, "status path" by path.
func (p *place) shown() []string {
	p.t.Helper()
	return strings.Split(strings.ReplaceAll(git(p.t, p.dir, "diff", "--no-renames", "--name-status", reviewpr.BaseBranch, reviewpr.HeadBranch), "\t", " "), "\n")
}

func TestReviewBranchesShowWhatIsNotTheTemplates(t *testing.T) {
	p := newPlace(t)
	made := p.must()
	assert.Equal(t, "created", made.Result)
	assert.Equal(t, []string{"M Makefile", "A logo.png", "A server/plugin.go"}, p.shown())
	assert.Equal(t, "1\t0\tMakefile", git(t, p.dir, "diff", "--numstat", reviewpr.BaseBranch, reviewpr.HeadBranch, "--", "Makefile"))
	assert.Equal(t, "Makefile\nserver/main.go", git(t, p.dir, "ls-tree", "-r", "--name-only", reviewpr.BaseBranch))
	assert.Equal(t, made.Base.Commit, git(t, p.dir, "rev-list", "--max-parents=0", reviewpr.HeadBranch))
	assert.Equal(t, "Onboard onboard@onboard.invalid 1767323045", git(t, p.dir, "log", "-1", "--format=%cn %ce %ct", reviewpr.HeadBranch))
	assert.Equal(t, git(t, p.dir, "rev-parse", "main"), texts.ReviewSource(git(t, p.dir, "log", "-1", "--format=%B", reviewpr.HeadBranch)))
	assert.Equal(t, map[string]int{"own": 2, "modified": 1, "unmodified": 1, "left-out": 1, "late": 0}, made.Files)
	assert.Equal(t, []string{"workflow .github/workflows/ci.yml", "binary logo.png"}, []string{made.Unseen[0].Kind + " " + made.Unseen[0].Path, made.Unseen[1].Kind + " " + made.Unseen[1].Path})
	assert.Len(t, p.asked, 1, "only the text below modified boilerplate is asked for")
	assert.Empty(t, made.Notes)
	assert.Equal(t, "main", git(t, p.dir, "branch", "--show-current"))
	assert.Empty(t, git(t, p.dir, "status", "--porcelain"))
	assert.Equal(t, "https://github.com/OWNER/NAME/compare/onboarding/base...onboarding/review?expand=1", made.Compare)

	again := p.must()
	assert.Equal(t, "up-to-date", again.Result)
	assert.Equal(t, made.Review, again.Review)
}

func TestReviewBranchesAreTheSameWhereverTheyAreMade(t *testing.T) {
	first, second := newPlace(t), newPlace(t)
	made, same := first.must(), second.must()
	assert.Equal(t, made.Base, same.Base)
	assert.Equal(t, made.Review, same.Review)
}

func TestReviewBranchesAreContinued(t *testing.T) {
	p := newPlace(t)
	first := p.must()
	put(t, p.dir, templatetest.Files{"server/plugin.go": "package plugin\n", "Makefile": templatetest.Text("makefile", 44), "old.go": "old\n", "server/main.go": ""})
	made := p.must()
	assert.Equal(t, "updated", made.Result)
	assert.Equal(t, first.Base, made.Base, "the base never moves")
	assert.Equal(t, first.Review.Commit, git(t, p.dir, "rev-parse", reviewpr.HeadBranch+"^"))
	assert.Equal(t, []string{"M Makefile", "A logo.png", "A old.go", "D server/main.go", "A server/plugin.go"}, p.shown(), "what has become the template's since is shown")
	assert.Equal(t, 2, made.Files["late"])
	assert.Equal(t, []string{"server/main.go"}, made.Removed)
}

func TestReviewBranchesOfOriginAreContinuedInAnotherClone(t *testing.T) {
	p := newPlace(t)
	made := p.must()
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, p.dir, "clone", "--quiet", "--no-local", p.dir, clone)
	p.dir = clone
	same := p.must()
	assert.Equal(t, "up-to-date", same.Result)
	assert.Equal(t, made.Review, same.Review)
	put(t, p.dir, templatetest.Files{"new.go": "new\n"})
	assert.Equal(t, "updated", p.must().Result)
	assert.Equal(t, made.Review.Commit, git(t, p.dir, "rev-parse", reviewpr.HeadBranch+"^"))
}

func TestReviewBranchIsMadeAnewOnAStandingBase(t *testing.T) {
	p := newPlace(t)
	made := p.must()
	git(t, p.dir, "branch", "-D", reviewpr.HeadBranch)
	assert.Equal(t, made.Review, p.must().Review)
}

func TestReviewBranchesThatAreSomethingElseAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(p *place)
		want string
	}{
		"a base with history": {func(p *place) {
			git(p.t, p.dir, "commit", "--quiet", "--allow-empty", "--message=x")
			git(p.t, p.dir, "branch", reviewpr.BaseBranch)
		}, "its commit has a parent"},
		"a base with code": {func(p *place) { git(p.t, p.dir, "branch", reviewpr.BaseBranch) }, `".github/workflows/ci.yml", which is not the starter template's`},
		"only a review":    {func(p *place) { git(p.t, p.dir, "branch", reviewpr.HeadBranch) }, "without onboarding/base"},
		"another review": {func(p *place) {
			p.must()
			git(p.t, p.dir, "branch", "--force", reviewpr.HeadBranch, "main")
		}, "the branch onboarding/review does not come from onboarding/base"},
		"the review is checked out": {func(p *place) {
			p.must()
			git(p.t, p.dir, "checkout", "--quiet", reviewpr.HeadBranch)
		}, "the branch onboarding/review is checked out"},
		"nothing of its own": {func(p *place) {
			put(p.t, p.dir, templatetest.Files{"Makefile": templatetest.Text("makefile", 40), "server/plugin.go": "", "logo.png": ""})
		}, "there is nothing to review yet"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			test.do(p)
			before := git(t, p.dir, "for-each-ref")
			_, err := p.run()
			var refused *app.RefusedError
			require.ErrorAs(t, err, &refused)
			assert.ErrorContains(t, err, test.want)
			assert.Equal(t, before, git(t, p.dir, "for-each-ref"), "nothing has changed")
		})
	}
}

func TestReviewBranchesSayWhatTheyDoNotShow(t *testing.T) {
	p := newPlace(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "new.go"), []byte("new\n"), 0o600))
	made := p.must()
	require.Len(t, made.Notes, 1)
	assert.Contains(t, made.Notes[0], "changes that are not committed")
	assert.NotContains(t, p.shown(), "A new.go")
}

// templateClone makes a git repository of the template's versions.
func templateClone(t *testing.T, versions ...templatetest.Files) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=master")
	for _, version := range versions {
		put(t, dir, version)
	}
	return dir
}

func TestReviewBranchesNeedNoNetworkWithAClone(t *testing.T) {
	p := newPlace(t)
	p.answer = func(w http.ResponseWriter, _ string) { http.Error(w, "no", http.StatusForbidden) }
	_, err := p.run()
	require.ErrorContains(t, err, "fetch Makefile of the starter template from "+p.config.GitHub.V3APIURL)
	require.ErrorContains(t, err, "clone example/starter-template and name the clone with --template DIR")
	assert.Empty(t, git(t, p.dir, "branch", "--list", "onboarding/*"), "nothing is half done")

	_, err = p.run(templateClone(t, templatetest.Files{"Makefile": "another\n"}))
	require.ErrorContains(t, err, "lacks a version of Makefile")
	_, err = p.run(t.TempDir())
	require.ErrorContains(t, err, "read the template given by --template")

	asked := len(p.asked)
	p.must(templateClone(t, templateVersions...))
	assert.Len(t, p.asked, asked, "GitHub was not asked")
}

func TestTheRepositoryOfARemote(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/Acme/plugin": "Acme/plugin", "https://github.com/acme/plugin.git": "acme/plugin", "https://github.com/acme/plugin/": "acme/plugin",
		"https://user:token@github.com/acme/my.plugin.git": "acme/my.plugin", "git@github.com:acme/plugin.git": "acme/plugin",
		"ssh://git@github.com/acme/plugin.git": "acme/plugin", "ssh://git@github.com:22/acme/plugin": "acme/plugin", "git://github.com/acme/plugin": "acme/plugin",
		"https://GitHub.com/acme/plugin": "acme/plugin",
		"https://gitlab.com/acme/plugin": "", "https://github.com.evil.example/acme/plugin": "", "https://evil.example/github.com/acme/plugin": "",
		"/home/me/acme/plugin": "", "ext::sh -c x": "", "": "", "https://github.com/acme": "", "https://github.com/acme/plugin\x1b[31m": "",
		"https://github.com/acme/plugin/../../x": "", "https://github.com/acme/a b": "",
	} {
		name, ok := app.RepositoryOf(remote, "https://github.com")
		assert.Equal(t, want, name, remote)
		assert.Equal(t, want != "", ok, remote)
	}
}
