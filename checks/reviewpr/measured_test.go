package reviewpr

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
	"github.com/onboard-app/onboard/checks/template"
)

const templateRepository = "mattermost/mattermost-plugin-starter-template"

// gitFolder is a new bare repository that sees the objects of others.
type gitFolder struct {
	t   *testing.T
	dir string
}

func newGitFolder(t *testing.T, clones ...string) gitFolder {
	g := gitFolder{t, t.TempDir()}
	g.run("", "init", "--quiet", "--bare")
	var others strings.Builder
	for _, clone := range clones {
		fmt.Fprintln(&others, filepath.Join(clone, "objects"))
	}
	require.NoError(t, os.WriteFile(filepath.Join(g.dir, "objects", "info", "alternates"), []byte(others.String()), 0o600))
	return g
}

// run runs git and returns what it prints.
func (g gitFolder) run(input string, args ...string) string {
	g.t.Helper()
	cmd := exec.CommandContext(g.t.Context(), "git", args...)
	cmd.Env = append(os.Environ(), "GIT_DIR="+g.dir, "GIT_NO_LAZY_FETCH=1", "GIT_CONFIG_NOSYSTEM=1", "HOME="+g.dir)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(g.t, err, "git %s: %s", strings.Join(args, " "), stderr.String())
	return strings.TrimSpace(string(out))
}

// tree writes a tree and returns its SHA.
func (g gitFolder) tree(files []checks.File) string {
	g.t.Helper()
	g.run("", "read-tree", "--empty")
	var index strings.Builder
	for _, file := range files {
		fmt.Fprintf(&index, "%s %s\t%s\x00", file.Mode, file.SHA, file.Path)
	}
	g.run(index.String(), "update-index", "-z", "--index-info")
	return g.run("", "write-tree", "--missing-ok")
}

// shown counts the files and lines of the difference between two trees, all of
// them and those without lock files.
func (g gitFolder) shown(base, head string) (files, lines, source int) {
	g.t.Helper()
	for line := range strings.Lines(g.run("", "diff", "--no-renames", "--numstat", base, head)) {
		files++
		var more, missing int
		fields := strings.SplitN(strings.TrimSpace(line), "\t", 3)
		if _, err := fmt.Sscan(fields[0]+" "+fields[1], &more, &missing); err != nil {
			continue // binary
		}
		lines += more + missing
		if !template.IsLock(fields[2]) {
			source += more + missing
		}
	}
	return files, lines, source
}

// TestMeasuredPluginsAreShownByteForByte asks git itself: its binary diff of the
// two trees, applied to the base, makes the head; and it counts what is shown.
func TestMeasuredPluginsAreShownByteForByte(t *testing.T) {
	index, err := template.Builtin()
	require.NoError(t, err)
	starter := checkstest.Clone(t, templateRepository)
	t.Log("files / lines / lines without lock files: by the rule | whole where the template's text is near | empty base")
	for _, row := range checkstest.Plugins(t) {
		t.Run(row["repo"], func(t *testing.T) {
			clone := checkstest.Clone(t, row["repo"])
			subject := checkstest.Cloned(t, row["repo"], row["head_sha"])
			subject.Tree = checks.TreeSHA(subject.Files)
			plan, err := New(t.Context(), subject, index)
			require.NoError(t, err)
			require.Empty(t, Missing(index, subject.Files, plan.Base, plan.Head))

			g := newGitFolder(t, clone, starter)
			// what is too large for the clone cannot be compared by git
			present := func(files []checks.File) []checks.File {
				return slices.DeleteFunc(slices.Clone(files), func(f checks.File) bool { return f.Size == checkstest.Absent })
			}
			base, head := g.tree(present(plan.Base)), g.tree(present(plan.Head))
			require.Equal(t, checks.TreeSHA(present(plan.Head)), head)
			patch := g.run("", "diff", "--binary", "--full-index", base, head) + "\n"
			g.run("", "read-tree", base)
			g.run(patch, "apply", "--cached", "--binary", "--whitespace=nowarn")
			assert.Equal(t, head, g.run("", "write-tree"), "the difference leads from the base to the head")

			// what git lists of the plugin less what is left out is the head
			var expected []checks.File
			for _, file := range present(subject.Files) {
				if Excluded(file.Path) == "" {
					expected = append(expected, file)
				}
			}
			assert.Equal(t, checks.TreeSHA(expected), head)

			all := plan.Base
			compared, err := index.Compare(t.Context(), subject)
			require.NoError(t, err)
			for _, m := range compared.Matches {
				if m.Class == template.Modified && find(plan.Base, m.File.Path) == nil && Excluded(m.File.Path) == "" {
					m.File.SHA = m.Base.SHA
					all = append(slices.Clone(all), m.File)
				}
			}
			count := func(files []checks.File) string {
				n, lines, source := g.shown(g.tree(present(files)), head)
				return fmt.Sprintf("%4d %7d %6d", n, lines, source)
			}
			t.Logf("%s | %s | %s   entries to send: base %d, head %d; unseen %d", count(plan.Base), count(all), count(nil),
				len(Entries(subject, plan.Base)), len(Entries(subject, plan.Head)), len(plan.Unseen))
		})
	}
}
