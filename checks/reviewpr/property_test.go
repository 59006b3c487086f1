package reviewpr

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// paths are those of generated trees: no file is also a folder.
var paths = []string{
	"Makefile", "README.md", "server/main.go", "server/store/store.go", "server/store/sql/x.sql", "webapp/src/index.tsx", "webapp/package.json", "icon.png",
	".gitattributes", "webapp/.gitattributes", ".github/workflows/ci.yml", ".github/CODEOWNERS", "CODEOWNERS", "docs/codeowners", "docs/a.md", "a", "a.b/c", "a-b/c",
}

// contents are what files of generated trees hold.
var contents = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) string { return templatetest.Text("one", rapid.IntRange(0, 12).Draw(t, "lines")) }),
	rapid.Custom(func(t *rapid.T) string { return templatetest.Text("two", rapid.IntRange(0, 12).Draw(t, "lines")) }),
	rapid.SampledFrom([]string{
		"", "x", "\x00binary", "\x00another", "* binary\n", "+x #!/bin/sh\n", "-> Makefile", "-> x", "=> " + strings.Repeat("a", 40),
		"version https://git-lfs.github.com/spec/v1\n",
	}),
)

// trees are a template's versions and a plugin that was made of one of them.
func trees(t *rapid.T) (versions []templatetest.Files, plugin templatetest.Files) {
	tree := rapid.MapOfN(rapid.SampledFrom(paths), contents, 0, 10)
	for range rapid.IntRange(1, 4).Draw(t, "versions") {
		versions = append(versions, tree.Draw(t, "version"))
	}
	plugin = templatetest.Files{}
	maps.Copy(plugin, rapid.SampledFrom(versions).Draw(t, "origin"))
	maps.Copy(plugin, tree.Draw(t, "own"))
	for _, path := range rapid.SliceOfN(rapid.SampledFrom(paths), 0, 3).Draw(t, "deleted") {
		delete(plugin, path)
	}
	return versions, plugin
}

// indexOf builds a template's index.
func indexOf(t *rapid.T, versions []templatetest.Files) *template.Index {
	commits, read := templatetest.Versions(versions...)
	index, err := template.Build(templatetest.Repository, commits, read)
	require.NoError(t, err)
	return index
}

// change is one step of a diff: what is at a path before and after; nil for nothing.
type change struct{ before, after *checks.File }

// diff is what a PR shows.
func diff(base, head []checks.File) map[string]change {
	changes := map[string]change{}
	for _, file := range base {
		if after := find(head, file.Path); after == nil || *after != file {
			changes[file.Path] = change{&file, after}
		}
	}
	for _, file := range head {
		if find(base, file.Path) == nil {
			changes[file.Path] = change{nil, &file}
		}
	}
	return changes
}

// apply applies a diff to a tree; it fails where the tree is not as before.
func apply(t require.TestingT, tree []checks.File, changes map[string]change) []checks.File {
	files := map[string]checks.File{}
	for _, file := range tree {
		files[file.Path] = file
	}
	for path, c := range changes {
		have, ok := files[path]
		require.Equal(t, c.before != nil, ok)
		require.True(t, c.before == nil || *c.before == have)
		if delete(files, path); c.after != nil {
			files[path] = *c.after
		}
	}
	return slices.SortedFunc(maps.Values(files), byPath)
}

func TestPropertyTheDifferenceIsThePluginLessTheTemplate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions, plugin := trees(t)
		index, subject := indexOf(t, versions), plugin.Subject(nil)
		plan, err := New(t.Context(), subject, index)
		require.NoError(t, err)
		changes := diff(plan.Base, plan.Head)

		require.Equal(t, checks.TreeSHA(plan.Head), checks.TreeSHA(apply(t, plan.Base, changes)), "the difference leads from the base to the head")
		require.Equal(t, checks.TreeSHA(less(subject.Files)), checks.TreeSHA(plan.Head), "the head is the plugin, less what is left out")
		for path := range changes {
			file, ok := subject.Find(path)
			require.True(t, ok, "%s is shown, and the plugin does not have it", path)
			require.False(t, index.Unmodified(file), "%s is shown, and it is the template's", path)
		}
		for _, file := range plan.Base {
			require.True(t, index.Unmodified(file), "%s is in the base, and is not the template's", file.Path)
			require.NotNil(t, find(plan.Head, file.Path), "%s is in the base, and not in the head", file.Path)
		}
		require.Len(t, plan.Files, len(subject.Files))
		for _, file := range plan.Files {
			_, shown := changes[file.Path]
			require.Equal(t, shown, file.Shown(), file.Path)
			require.Equal(t, Excluded(file.Path) != "", file.Origin == LeftOut, file.Path)
		}
		require.Empty(t, Missing(index, subject.Files, plan.Base, plan.Head))
		require.Zero(t, plan.Count(Late))
	})
}

func TestPropertyAStandingBaseHidesNothingThatWasShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions, plugin := trees(t)
		start, err := New(t.Context(), plugin.Subject(nil), indexOf(t, versions))
		require.NoError(t, err)
		more, changed := trees(t)
		index, subject := indexOf(t, append(versions, more...)), changed.Subject(nil)
		plan, err := On(t.Context(), subject, index, start.Base)
		require.NoError(t, err)

		require.Equal(t, checks.TreeSHA(start.Base), checks.TreeSHA(plan.Base))
		require.Equal(t, checks.TreeSHA(less(subject.Files)), checks.TreeSHA(plan.Head))
		changes := diff(plan.Base, plan.Head)
		for _, file := range plan.Files {
			_, shown := changes[file.Path]
			require.Equal(t, shown, file.Shown(), file.Path)
			if before := find(start.Base, file.Path); before == nil {
				require.True(t, shown || file.Origin == LeftOut, "%s was not in the base, so it is shown", file.Path)
			}
		}
		var removed []string
		for _, path := range slices.Sorted(maps.Keys(changes)) {
			if changes[path].after == nil {
				removed = append(removed, path)
			}
		}
		require.Equal(t, removed, plan.Removed)
	})
}

// expand returns the files that GitHub makes of entries.
func expand(t require.TestingT, entries []Entry, plugin []checks.File) []checks.File {
	var files []checks.File
	for _, entry := range entries {
		if entry.Type != "tree" {
			files = append(files, checks.File{Path: entry.Path, Mode: checks.Mode(entry.Mode), SHA: entry.SHA})
			continue
		}
		var inside []checks.File
		for _, file := range plugin {
			if rest, ok := strings.CutPrefix(file.Path, entry.Path+"/"); ok {
				file.Size = 0
				files = append(files, file)
				inside = append(inside, checks.File{Path: rest, Mode: file.Mode, SHA: file.SHA})
			}
		}
		require.Equal(t, entry.SHA, checks.TreeSHA(inside), "the folder must exist")
	}
	slices.SortFunc(files, byPath)
	return files
}

func TestPropertyEntriesMakeTheWantedTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions, plugin := trees(t)
		subject := plugin.Subject(nil)
		plan, err := New(t.Context(), subject, indexOf(t, versions))
		require.NoError(t, err)
		for _, wanted := range [][]checks.File{plan.Base, plan.Head, subject.Files} {
			entries := Entries(subject, wanted)
			var want []checks.File
			for _, file := range wanted {
				file.Size = 0
				want = append(want, file)
			}
			require.Equal(t, want, expand(t, entries, subject.Files))
			for _, entry := range entries {
				require.Equal(t, map[string]string{"040000": "tree", "160000": "commit"}[entry.Mode] == "", entry.Type == "blob")
			}
		}
		whole := Entries(subject, subject.Files)
		for _, entry := range whole {
			require.NotContains(t, entry.Path, "/", "each folder is one entry")
		}
	})
}

func TestOnlyFoldersWithChangesAreSentAnew(t *testing.T) {
	plugin := templatetest.Files{"a/b/c": "1", "a/b/d": "2", "a/e/f": "3", "g/h": "4", "i": "5", "j/.gitattributes": "6", "j/k/l": "7", "j/m": "-> x", "j/n": "=> " + strings.Repeat("b", 40)}
	subject := plugin.Subject(nil)
	wanted := less(subject.Files)
	wanted[0].SHA = checks.BlobSHA([]byte("another")) // a/b/c
	var list []string
	for _, entry := range Entries(subject, wanted) {
		list = append(list, entry.Type+" "+entry.Path)
	}
	assert.Equal(t, []string{"blob a/b/c", "blob a/b/d", "tree a/e", "tree g", "blob i", "tree j/k", "blob j/m", "commit j/n"}, list)

	subject.Tree = strings.Repeat("0", 40)
	for _, entry := range Entries(subject, subject.Files) {
		assert.NotEqual(t, "tree", entry.Type, "nothing is reused of a tree that is not its files'")
	}
}
