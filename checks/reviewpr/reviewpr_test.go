package reviewpr

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// The versions of the template that most tests use.
var (
	first = templatetest.Files{
		"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 20), "README.md": templatetest.Text("readme", 60),
		"old.go": templatetest.Text("old", 10), "icon.png": "\x00icon", ".github/workflows/ci.yml": "on: push\n", ".gitattributes": "gen.go linguist-generated\n",
	}
	second = templatetest.Files{
		"Makefile": templatetest.Text("makefile", 50), "server/main.go": templatetest.Text("main", 20), "README.md": templatetest.Text("readme", 60),
		"icon.png": "\x00icon", "run.sh": "+x #!/bin/sh\necho hello\n", ".github/workflows/ci.yml": "on: push\n", ".gitattributes": "gen.go linguist-generated\n",
	}
)

// newPlan plans the first review commit of a plugin.
func newPlan(t *testing.T, plugin templatetest.Files) Plan {
	t.Helper()
	plan, err := New(t.Context(), plugin.Subject(nil), templatetest.Index(t, first, second))
	require.NoError(t, err)
	return plan
}

// origins lists the plan's files as "origin path".
func origins(p Plan) []string {
	var list []string
	for _, file := range p.Files {
		list = append(list, string(file.Origin)+" "+file.Path)
	}
	return list
}

// unseen lists what reviewers cannot see as "kind path".
func unseen(p Plan) []string {
	var list []string
	for _, u := range p.Unseen {
		list = append(list, string(u.Kind)+" "+u.Path)
	}
	return list
}

// names lists the paths of files.
func names(files []checks.File) []string {
	var list []string
	for _, file := range files {
		list = append(list, file.Path)
	}
	return list
}

func TestThePullRequestShowsWhatIsNotBoilerplate(t *testing.T) {
	plan := newPlan(t, templatetest.Files{
		"Makefile":                 templatetest.Text("makefile", 50) + "mine:\n\tgo build\n",
		"server/main.go":           templatetest.Text("main", 20),
		"server/plugin.go":         templatetest.Text("plugin", 7),
		"README.md":                "# Mine\n",
		"icon.png":                 "\x00icon",
		"run.sh":                   "#!/bin/sh\necho hello\n",
		".github/workflows/ci.yml": "on: push\n",
		".github/dependabot.yml":   "version: 2\n",
	})
	assert.Equal(t, []string{
		"own .github/dependabot.yml", "left-out .github/workflows/ci.yml", "modified Makefile", "own README.md",
		"unmodified icon.png", "unmodified run.sh", "unmodified server/main.go", "own server/plugin.go",
	}, origins(plan))
	assert.Equal(t, []string{"Makefile", "icon.png", "run.sh", "server/main.go"}, names(plan.Base))
	assert.Equal(t, []string{".github/dependabot.yml", "Makefile", "README.md", "icon.png", "run.sh", "server/main.go", "server/plugin.go"}, names(plan.Head))
	assert.Equal(t, []string{"Makefile"}, names(plan.Uploads()))
	assert.Equal(t, checks.Regular, find(plan.Base, "run.sh").Mode, "the mode is the head's")
	lines := map[string]int{}
	for _, file := range plan.Files {
		lines[file.Path] = file.Lines
	}
	assert.Equal(t, 2, lines["Makefile"])
	assert.Equal(t, 7, lines["server/plugin.go"])
	assert.Zero(t, lines["server/main.go"])
	assert.Equal(t, []string{".gitattributes"}, plan.Deleted)
	assert.Equal(t, fmt.Sprintf("%040x", 2), plan.Nearest.SHA)
	assert.Equal(t, plan.Nearest, plan.Last)
	assert.Empty(t, plan.Removed)
	assert.Equal(t, []Unseen{{Path: ".github/workflows/ci.yml", Kind: Workflow, SHA: checks.BlobSHA([]byte("on: push\n")), Boilerplate: true}}, plan.Unseen)
	assert.Empty(t, plan.Fingerprint(), "a template's workflow needs no look")
	assert.Equal(t, 1, plan.Count(Modified))
}

func TestModifiedBoilerplateIsShownWholeWhereItsDifferenceIsLonger(t *testing.T) {
	long := templatetest.Files{"Makefile": templatetest.Text("makefile", 230)}
	plan, err := New(t.Context(), templatetest.Files{"Makefile": templatetest.Text("makefile", 100)}.Subject(nil), templatetest.Index(t, long))
	require.NoError(t, err)
	require.Equal(t, []string{"own Makefile"}, origins(plan), "130 lines would be shown as missing, and the file has 100")
	assert.Empty(t, plan.Base)
	assert.Equal(t, 100, plan.Files[0].Lines)
}

func TestLinesInAnotherOrderAreShownWhole(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(templatetest.Text("makefile", 40), "\n"), "\n")
	slices.Reverse(lines)
	lines[0] += "\n"
	plugin := templatetest.Files{
		"Makefile": strings.Join(lines, ""), "server/main.go": templatetest.Text("main", 20), "README.md": templatetest.Text("readme", 60),
	}
	plan := newPlan(t, plugin)
	require.Equal(t, []string{"own Makefile", "unmodified README.md", "unmodified server/main.go"}, origins(plan))
	assert.Equal(t, 40, plan.Files[0].Lines)

	start := newPlan(t, templatetest.Files{"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 20)})
	plan, err := On(t.Context(), plugin.Subject(nil), templatetest.Index(t, first, second), start.Base)
	require.NoError(t, err)
	assert.Equal(t, "modified Makefile", origins(plan)[0], "the base never moves")
	assert.Equal(t, 1, plan.Files[0].Lines, "more than none, since the text is another")
}

func TestAttackADiffThatMayBeTooLargeIsListed(t *testing.T) {
	long := templatetest.Files{"long.mk": templatetest.Text("long", MaxFileLines/2)}
	start, err := New(t.Context(), long.Subject(nil), templatetest.Index(t, long))
	require.NoError(t, err)
	lines := strings.SplitAfter(long["long.mk"], "\n")
	slices.Reverse(lines)
	plan, err := On(t.Context(), templatetest.Files{"long.mk": "one more\n" + strings.Join(lines, "")}.Subject(nil), templatetest.Index(t, long), start.Base)
	require.NoError(t, err)
	assert.Equal(t, []string{"large long.mk"}, unseen(plan), "20,001 lines if all changed places, and 1 by their number")
}

func TestAPluginWithoutTheTemplateIsShownWhole(t *testing.T) {
	plan := newPlan(t, templatetest.Files{"a.go": "package a\n", "docs/b.md": "b\n"})
	assert.Empty(t, plan.Base)
	assert.Nil(t, plan.Nearest)
	assert.Nil(t, plan.First)
	assert.Empty(t, plan.Deleted)
	assert.Equal(t, 2, plan.Count(Own))
}

func TestAStandingBaseHidesNothingMore(t *testing.T) {
	index := templatetest.Index(t, first, second)
	plugin := templatetest.Files{
		"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 20), "README.md": templatetest.Text("readme", 60), "plugin.go": "package x\n",
	}
	start, err := New(t.Context(), plugin.Subject(nil), index)
	require.NoError(t, err)
	require.Equal(t, []string{"Makefile", "README.md", "server/main.go"}, names(start.Base))

	plan, err := On(t.Context(), templatetest.Files{
		"Makefile": templatetest.Text("makefile", 50), "server/main.go": "+x " + templatetest.Text("main", 20), "plugin.go": "package x\n",
		"run.sh": "#!/bin/sh\necho hello\n", "old.go": templatetest.Text("old", 11), ".gitattributes": "* binary\n",
	}.Subject(nil), index, start.Base)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"left-out .gitattributes", "late Makefile", "own old.go", "own plugin.go", "late run.sh", "unmodified server/main.go",
	}, origins(plan))
	assert.Equal(t, start.Base, plan.Base, "the base never moves")
	assert.Equal(t, []string{"README.md"}, plan.Removed)
	assert.Equal(t, []string{"Makefile", "old.go", "plugin.go", "run.sh", "server/main.go"}, names(plan.Head))
	assert.Equal(t, 10, plan.Files[1].Lines, "what the later version added")
	assert.True(t, plan.Files[5].Shown(), "its mode has changed")
	assert.False(t, plan.Files[0].Shown())
}

func TestAnUnreadableFileIsAnError(t *testing.T) {
	subject := templatetest.Files{"own.go": "package own\n"}.Subject(nil)
	subject.Read = func(context.Context, checks.File, int64) ([]byte, error) { return nil, assert.AnError }
	_, err := New(t.Context(), subject, templatetest.Index(t, first))
	assert.ErrorIs(t, err, assert.AnError)
	assert.ErrorContains(t, err, `read "own.go" for the review PR`)
}

func TestAttackNothingIsLeftOutUnseen(t *testing.T) {
	plan := newPlan(t, templatetest.Files{
		".github/workflows/own.yml": "on: push\n", ".GitHub/Workflows/x": "on: push\n", ".github/workflows": "-> ../evil", "CODEOWNERS": "* @me\n",
		"docs/CodeOwners": "* @me\n", ".github/CODEOWNERS": "* @me\n", "sub/.GITATTRIBUTES": "x\n", ".gitattributes": "*.gen.go linguist-generated\n",
		"sub": "=> " + strings.Repeat("a", 40), "link": "-> /etc/passwd", "model.bin": "a\x00b", "a.gen.go": "package a\n",
		"lfs.png": "version https://git-lfs.github.com/spec/v1\noid sha256:x\nsize 1\n" + strings.Repeat("ext-0-x y\n", 50),
		"big.js":  strings.Repeat("x", MaxFileBytes+1), "long.sql": strings.Repeat("x\n", MaxFileLines+1),
		"Makefile": "-> icon.png", "icon.png": "\x00mine", "server/main.go": templatetest.Text("main", 20), "plain.go": "package plain\n",
		"vendor/.github/workflows/x.yml": "shown\n", "sub2/CODEOWNERS": "shown\n",
	})
	assert.Equal(t, []string{
		"workflow .GitHub/Workflows/x", "gitattributes .gitattributes", "codeowners .github/CODEOWNERS", "workflow .github/workflows", "workflow .github/workflows/own.yml",
		"codeowners CODEOWNERS", "symlink Makefile", "generated a.gen.go", "large big.js", "codeowners docs/CodeOwners", "binary icon.png", "lfs lfs.png",
		"symlink link", "large long.sql", "binary model.bin", "submodule sub", "gitattributes sub/.GITATTRIBUTES",
	}, unseen(plan))
	for _, file := range plan.Files {
		if !file.Shown() {
			assert.True(t, file.Origin == Unmodified || file.Origin == LeftOut, file.Path)
		}
	}
	assert.Equal(t, []string{"server/main.go"}, names(plan.Base))
}

func TestAttackFilesBeyondWhatGitHubListsAreNamed(t *testing.T) {
	plugin := templatetest.Files{}
	for i := range MaxFiles + 2 {
		plugin[fmt.Sprintf("f%05d", i)] = "x\n"
	}
	plan := newPlan(t, plugin)
	assert.Equal(t, []string{"beyond f03000", "beyond f03001"}, unseen(plan))
}

func TestAttackDeletedBoilerplateCountsAmongTheFilesThatGitHubLists(t *testing.T) {
	base, plugin := templatetest.Files{"a": "template\n", "z": "template\n"}, templatetest.Files{}
	standing, _ := base.List()
	for i := range MaxFiles {
		plugin[fmt.Sprintf("f%05d", i)] = "x\n"
	}
	plan, err := On(t.Context(), plugin.Subject(nil), templatetest.Index(t, base), standing)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "z"}, plan.Removed)
	assert.Equal(t, []string{"beyond f02999"}, unseen(plan), "a comes before, z after it")
	assert.True(t, plan.ShowsAnything())
	assert.False(t, newPlan(t, first).ShowsAnything())
}

func TestAttackFilesThatWereNotReadAreNamed(t *testing.T) {
	subject := checks.Subject{Read: func(_ context.Context, file checks.File, _ int64) ([]byte, error) {
		return make([]byte, 0, file.Size), nil
	}}
	for i := range maxTotal/MaxFileBytes + 1 {
		subject.Files = append(subject.Files, checks.File{Path: fmt.Sprintf("f%05d", i), Mode: checks.Regular, SHA: strings.Repeat("1", 40), Size: MaxFileBytes})
	}
	plan, err := New(t.Context(), subject, templatetest.Index(t, first))
	require.NoError(t, err)
	assert.Equal(t, []string{fmt.Sprintf("unread f%05d", maxTotal/MaxFileBytes)}, unseen(plan))
}

func TestTheFingerprintChangesWithWhatCannotBeSeen(t *testing.T) {
	plugin := templatetest.Files{"a.bin": "\x00", "b.go": "package b\n", ".github/workflows/ci.yml": "on: push\n"}
	before := newPlan(t, plugin).Fingerprint()
	require.Len(t, before, 64)
	plugin["b.go"] = "package c\n"
	assert.Equal(t, before, newPlan(t, plugin).Fingerprint(), "reviewers see that one")
	plugin["a.bin"] = "\x00\x00"
	after := newPlan(t, plugin).Fingerprint()
	assert.NotEqual(t, before, after)
	plugin[".github/workflows/ci.yml"] = "on: pull_request_target\n"
	assert.NotEqual(t, after, newPlan(t, plugin).Fingerprint())
}

func TestAttackAttributesThatHideFiles(t *testing.T) {
	for name, test := range map[string]struct {
		path, content string
		want          []string
	}{
		"a path":                 {".gitattributes", "/a.go linguist-generated=true\n", []string{"a.go"}},
		"a name":                 {".gitattributes", "a.go linguist-generated\n", []string{"a.go", "s/a.go"}},
		"a folder":               {".gitattributes", "/s/** linguist-generated\n", []string{"s/a.go", "s/t/b.go"}},
		"no diff":                {".gitattributes", "*.go -diff\n", []string{"a.go", "s/a.go", "s/t/b.go"}},
		"binary":                 {".gitattributes", "b.go binary\n", []string{"s/t/b.go"}},
		"a macro":                {".gitattributes", "[attr]dull linguist-generated\nb.go dull\n", []string{"s/t/b.go"}},
		"in a folder":            {"s/.gitattributes", "*.go linguist-generated\n", []string{"s/a.go", "s/t/b.go"}},
		"a quoted path":          {".gitattributes", "\"\\141.go\" linguist-generated\n", []string{"a.go", "s/a.go"}},
		"a byte order mark":      {".gitattributes", "\ufeffa.go linguist-generated\n", []string{"a.go", "s/a.go"}},
		"CRLF":                   {".gitattributes", "b.go linguist-generated\r\n", []string{"s/t/b.go"}},
		"a comment":              {".gitattributes", "# *.go linguist-generated\n\n", nil},
		"something harmless":     {".gitattributes", "*.go text eol=lf\n", nil},
		"more than is read":      {".gitattributes", strings.Repeat("#", maxAttributes+1), []string{"a.go", "s/a.go", "s/t/b.go"}},
		"more than are compared": {".gitattributes", strings.Repeat("none binary\n", maxPatterns+1), []string{"a.go", "s/a.go", "s/t/b.go"}},
		"a link":                 {".gitattributes", "-> a.go", nil},
	} {
		t.Run(name, func(t *testing.T) {
			plan := newPlan(t, templatetest.Files{test.path: test.content, "a.go": "1\n", "s/a.go": "2\n", "s/t/b.go": "3\n"})
			var got []string
			for _, u := range plan.Unseen {
				if u.Kind == Generated {
					got = append(got, u.Path)
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestAttackAnAdoptedPullRequestMustShowEverything(t *testing.T) {
	index := templatetest.Index(t, first, second)
	tree := templatetest.Files{
		"Makefile": templatetest.Text("makefile", 41), "plugin.go": "package x\n", "server/main.go": templatetest.Text("main", 20),
		".github/workflows/ci.yml": "on: pull_request_target\n", ".gitattributes": "plugin.go binary\n",
	}
	for name, test := range map[string]struct {
		base, head templatetest.Files // head is what differs from tree; "" removes
		want       []Gap
	}{
		"what our own PR would be": {
			base: templatetest.Files{"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 20)},
			head: templatetest.Files{".github/workflows/ci.yml": "", ".gitattributes": ""},
		},
		"template files that the plugin deleted": {
			base: templatetest.Files{"old.go": templatetest.Text("old", 10)}, head: templatetest.Files{".gitattributes": ""},
		},
		"the plugin's attributes": {want: []Gap{{".gitattributes", Collapsing}}},
		"other workflows": {
			head: templatetest.Files{".github/workflows/ci.yml": "on: push\n", ".gitattributes": ""}, want: []Gap{{".github/workflows/ci.yml", Different}},
		},
		"a file kept back": {
			head: templatetest.Files{"plugin.go": "", ".gitattributes": ""}, want: []Gap{{"plugin.go", Lacking}},
		},
		"a nicer file": {
			head: templatetest.Files{"plugin.go": "package y\n", ".gitattributes": ""}, want: []Gap{{"plugin.go", Different}},
		},
		"another mode": {
			head: templatetest.Files{"plugin.go": "+x package x\n", ".gitattributes": ""}, want: []Gap{{"plugin.go", Different}},
		},
		"a file more": {
			head: templatetest.Files{"extra.go": "package x\n", ".gitattributes": ""}, want: []Gap{{"extra.go", Surplus}},
		},
		"code in the base": {
			base: templatetest.Files{"plugin.go": "package x\n", "Makefile": templatetest.Text("makefile", 41), "other/main.go": templatetest.Text("main", 20)},
			head: templatetest.Files{".gitattributes": ""},
			want: []Gap{{"Makefile", NotTemplate}, {"other/main.go", NotTemplate}, {"plugin.go", NotTemplate}},
		},
		"a link to code in the base": {
			base: templatetest.Files{"icon.png": "-> \x00icon"}, head: templatetest.Files{".gitattributes": ""}, want: []Gap{{"icon.png", NotTemplate}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := templatetest.Files{}
			for path, content := range tree {
				files[path] = content
			}
			for path, content := range test.head {
				if files[path] = content; content == "" {
					delete(files, path)
				}
			}
			plugin, _ := tree.List()
			base, _ := test.base.List()
			head, _ := files.List()
			assert.Equal(t, test.want, Missing(index, plugin, base, head))
		})
	}
}

func TestOurOwnPullRequestLacksNothing(t *testing.T) {
	plugin := templatetest.Files{"Makefile": templatetest.Text("makefile", 45), "x.go": "x\n", "link": "-> x.go", ".github/workflows/x.yml": "x\n", "icon.png": "\x00icon"}
	index := templatetest.Index(t, first, second)
	plan, err := New(t.Context(), plugin.Subject(nil), index)
	require.NoError(t, err)
	assert.Empty(t, Missing(index, plugin.Subject(nil).Files, plan.Base, plan.Head))
}

// BenchmarkNew is the cost of planning a plugin of 2,000 files of 4 KiB.
func BenchmarkNew(b *testing.B) {
	index, err := template.Builtin()
	require.NoError(b, err)
	plugin := templatetest.Files{}
	for i := range 2000 {
		plugin[fmt.Sprintf("server/f%d.go", i)] = templatetest.Text(fmt.Sprint("file ", i), 100)
	}
	subject := plugin.Subject(nil)
	for b.Loop() {
		_, err := New(b.Context(), subject, index)
		require.NoError(b, err)
	}
}
