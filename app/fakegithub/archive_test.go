package fakegithub

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
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

// listing reads a tar: one line for each entry, with everything that git sets.
func listing(t *testing.T, data io.Reader) []string {
	t.Helper()
	var lines []string
	for reader := tar.NewReader(data); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		require.NoError(t, err)
		content, err := io.ReadAll(reader)
		require.NoError(t, err)
		lines = append(lines, fmt.Sprintf("%c %o %s -> %q %s %s:%s %d %q %q",
			header.Typeflag, header.Mode, header.Name, header.Linkname, header.ModTime.UTC().Format(time.RFC3339), header.Uname, header.Gname,
			header.Size, content, header.PAXRecords["comment"]))
	}
}

// bothArchives makes the same commit with git and here, and lists both tarballs.
func bothArchives(t *testing.T, files map[string]*File) (git, ours []string) {
	t.Helper()
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
		case ModeSubmodule: // added below: git would take a missing one away
		default:
			require.NoError(t, os.WriteFile(path, []byte(file.Content), 0o600))
		}
	}
	realGit(t, folder, "", "add", "-A")
	for name, file := range files {
		if file.Mode == ModeSubmodule {
			realGit(t, folder, "", "update-index", "--add", "--cacheinfo", "160000,"+file.Content+","+name)
		}
	}
	sha := realGit(t, folder, "A title\n\nand more", "commit-tree", realGit(t, folder, "", "write-tree"))
	realGit(t, folder, "", "archive", "--format=tar", "--prefix=Ada-tea-"+sha[:7]+"/", "-o", filepath.Join(folder, "out.tar"), sha)
	made, err := os.ReadFile(filepath.Join(folder, "out.tar"))
	require.NoError(t, err)

	o, flat := objects{}, map[string]entry{}
	o.change(flat, files)
	who := signature{"Ada", "ada@example.org", time.Unix(1_700_000_000, 0).UTC()}
	c := commit{tree: o.putTree(flat), author: who, committer: who, message: "A title\n\nand more"}
	c.sha = o.putCommit(c)
	require.Equal(t, sha, c.sha)
	var packed bytes.Buffer
	require.NoError(t, o.writeArchive(&packed, c, "Ada-tea-"+sha[:7]))
	unpacked, err := gzip.NewReader(&packed)
	require.NoError(t, err)
	return listing(t, bytes.NewReader(made)), listing(t, unpacked)
}

func TestATarballIsWhatGitArchives(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	const format = "v $Format:%H %h %T %an <%ae> %at %cn %ct %s%n100%%$ $Format$ $Format:%h"
	git, ours := bothArchives(t, map[string]*File{
		"README.md": {Content: "# Tea\n"}, "empty": {}, "build/run.sh": {Content: "#!/bin/sh\n", Mode: ModeExecutable},
		"link": {Content: "README.md", Mode: ModeSymlink}, "long": {Content: strings.Repeat("far/", 40) + "away", Mode: ModeSymlink},
		strings.Repeat("deep/", 30) + "ä file": {Content: "4"},
		"modules/tea":                          {Content: strings.Repeat("ab", 20), Mode: ModeSubmodule},
		".gitattributes": {Content: "# comment\n*.secret export-ignore\n/only-root export-ignore\ndocs export-ignore\nassets/ export-ignore\n" +
			"version.* export-subst\nmixed/**/drop.txt export-ignore\nall/** export-ignore\n[ab]?.md export-ignore\n*.log export-ignore\nkeep.log -export-ignore\n" +
			".gitattributes export-ignore\nhollow/* export-ignore\n"},
		"a.secret": {Content: "1"}, "sub/b.secret": {Content: "2"}, "only-root": {Content: "3"}, "sub/only-root": {Content: "4"},
		"docs/page": {Content: "5"}, "sub/docs/page": {Content: "6"}, "assets/icon": {Content: "7"}, "sub/assets": {Content: "a file"},
		"version.go": {Content: format}, "sub/version.txt": {Content: "none"}, "plain.txt": {Content: format},
		"mixed/drop.txt": {Content: "8"}, "mixed/x/y/drop.txt": {Content: "9"}, "mixed/x/keep.txt": {Content: "10"},
		"all/of/it": {Content: "11"}, "a1.md": {Content: "12"}, "c1.md": {Content: "13"}, "x.log": {Content: "14"}, "keep.log": {Content: "15"},
		"hollow/1": {Content: "16"}, "sub/.gitattributes": {Content: "b.secret !export-ignore\n/inner/x export-ignore\n"}, "sub/inner/x": {Content: "17"},
		"sub/inner/y": {Content: "18"},
	})
	assert.Empty(t, cmp.Diff(git, ours))
	assert.NotEmpty(t, git)
}

func TestAGlobFitsItselfAndNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringMatching(`[a-z.+()$^{}|/]{0,12}`).Draw(t, "plain")
		assert.True(t, globExpression(plain).MatchString(plain))
		globExpression(rapid.String().Draw(t, "any"))
	})
}

func FuzzReadAttributes(f *testing.F) {
	f.Add("*.go export-ignore -text\n[attr]x\n\"a b\" diff\n", "a/b.go")
	f.Add("[z-a] export-ignore\n\\", "z")
	f.Fuzz(func(_ *testing.T, text, file string) {
		attribute([]attributes{readAttributes("", text)}, "export-ignore", file, false)
	})
}

func BenchmarkTarballOf300Files(b *testing.B) {
	o, files := objects{}, map[string]entry{}
	for i := range 300 {
		o.change(files, map[string]*File{fmt.Sprintf("folder%d/file%d.go", i%20, i): {Content: strings.Repeat(fmt.Sprintf("line %d\n", i), 400)}})
	}
	c := commit{tree: o.putTree(files)}
	c.sha = o.putCommit(c)
	for b.Loop() {
		if err := o.writeArchive(io.Discard, c, "top"); err != nil {
			b.Fatal(err)
		}
	}
}
