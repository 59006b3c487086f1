package fakegithub

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// realGit runs git in a folder of its own, with no configuration but ours.
func realGit(t *testing.T, folder, input string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", folder}, args...)...)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, output)
	return strings.TrimSpace(string(output))
}

func TestObjectsHaveTheNamesThatGitGivesThem(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	files := map[string]*File{
		"README.md": {Content: "# Tea\n"}, "empty": {}, "build/run.sh": {Content: "#!/bin/sh\n", Mode: ModeExecutable},
		"link": {Content: "README.md", Mode: ModeSymlink}, "a": {Content: "1"}, "a.b": {Content: "2"}, "a-b/c": {Content: "3"},
		"ab/ä/deep/file": {Content: "4"}, "binary": {Content: "\x00\xff"}, "a0": {Content: "5"},
		"foo/x": {Content: "6"}, "foo.txt": {Content: "7"}, "foo-bar": {Content: "8"},
	}
	submodule := strings.Repeat("ab", 20)
	folder := t.TempDir()
	realGit(t, folder, "", "init", "-q")
	for name, file := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		switch file.Mode {
		case ModeSymlink:
			require.NoError(t, os.Symlink(file.Content, path))
		case ModeExecutable:
			require.NoError(t, os.WriteFile(path, []byte(file.Content), 0o755))
		default:
			require.NoError(t, os.WriteFile(path, []byte(file.Content), 0o600))
		}
	}
	realGit(t, folder, "", "add", "-A")
	realGit(t, folder, "", "update-index", "--add", "--cacheinfo", "160000,"+submodule+",vendor/module")
	tree := realGit(t, folder, "", "write-tree")
	root := realGit(t, folder, "First\n\nwith a body", "commit-tree", tree)
	child := realGit(t, folder, "Second", "commit-tree", tree, "-p", root)

	o, flat := objects{}, map[string]entry{}
	files["vendor/module"] = &File{Content: submodule, Mode: ModeSubmodule}
	o.change(flat, files)
	who := signature{"Ada", "ada@example.org", time.Unix(1_700_000_000, 0).UTC()}
	ourTree := o.putTree(flat)
	assert.Equal(t, tree, ourTree)
	first := commit{tree: ourTree, author: who, committer: who, message: "First\n\nwith a body"}
	first.sha = o.putCommit(first)
	assert.Equal(t, root, first.sha)
	second := commit{tree: ourTree, parents: []string{root}, author: who, committer: who, message: "Second"}
	assert.Equal(t, child, o.putCommit(second))

	read, ok := o.commit(first.sha)
	require.True(t, ok)
	assert.Empty(t, cmp.Diff(first, read, cmp.AllowUnexported(commit{}, signature{})))
	var listed []string
	for _, e := range o.walk(ourTree, "") {
		kind := map[string]string{modeTree: "tree", ModeSubmodule: "commit"}[e.mode]
		if kind == "" {
			kind = "blob"
		}
		listed = append(listed, fmt.Sprintf("%06s %s %s\t%s", e.mode, kind, e.sha, e.name))
	}
	assert.Equal(t, realGit(t, folder, "", "-c", "core.quotePath=false", "ls-tree", "-r", "-t", tree), strings.Join(listed, "\n"))
}

func TestAFileReplacesAFolderOfItsNameAndTheOtherWayRound(t *testing.T) {
	o, files := objects{}, map[string]entry{}
	o.change(files, map[string]*File{"a/b": {Content: "1"}, "c": {Content: "2"}})
	o.change(files, map[string]*File{"a": {Content: "3"}, "c/d": {Content: "4"}})
	assert.ElementsMatch(t, []string{"a", "c/d"}, keys(files))
}

func TestATreeReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a-c.\-0]{1,2}x`)
		names := rapid.SliceOfDistinct(rapid.SliceOfN(part, 1, 3), func(p []string) string { return strings.Join(p, "/") }).Draw(t, "paths")
		o, files := objects{}, map[string]entry{}
		for _, name := range names {
			o.change(files, map[string]*File{strings.Join(name, "/"): {Content: strings.Join(name, " ")}})
		}
		read := o.files(o.putTree(files))
		assert.ElementsMatch(t, keys(files), keys(read))
		for name, e := range read {
			assert.Equal(t, files[name].sha, e.sha)
		}
	})
}

func keys(files map[string]entry) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	return names
}
