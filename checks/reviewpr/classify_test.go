package reviewpr

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

func TestThePathSaysTheClass(t *testing.T) {
	for path, want := range map[string]Class{
		"README.md": Docs, "docs/guide/setup.txt": Docs, "images/shot.png": Docs, "CHANGELOG.MD": Docs, "docs": Code,
		"public/help.md": Code, "assets/icon.svg": Code, "server/README.md": Code, "webapp/logo.png": Code, "server": Code,
		"server/plugin_test.go": Tests, "e2e/app.test.tsx": Tests, "server/testdata/x.json": Tests, "testdata/y.golden": Tests, "testdata/y.txt": Tests,
		"webapp/src/app.test.tsx": Code, "app.test.sh": Code, "testdata/y": Code, "public/testdata/x.json": Code, "requirements.txt": Code, "docs/x.html": Code,
		"app.test": Code, ".test.js": Code, "latest.go": Code, "server/plugin.go": Code, "go.mod": Code, "plugin.json": Code,
		"Makefile": Code, "build/custom.mk": Code, "build/README.md": Code, ".github/workflows/ci.yml": Code,
		".gitattributes": Code, "docs/CODEOWNERS": Code, "docs/.gitattributes": Code,
	} {
		assert.Equal(t, want, classOf(path), path)
	}
}

func TestAttackTheWholeDifferenceCounts(t *testing.T) {
	index, err := template.Builtin()
	require.NoError(t, err)
	file := func(path, sha string, mode checks.Mode) checks.File {
		return checks.File{Path: path, SHA: sha, Mode: mode}
	}
	a, b := checks.BlobSHA([]byte("a")), checks.BlobSHA([]byte("b"))
	tests := map[string]struct {
		before, after []checks.File
		want          map[Class][]string
	}{
		"nothing changed":                    {[]checks.File{file("x.go", a, "100644")}, []checks.File{file("x.go", a, "100644")}, map[Class][]string{}},
		"docs and code":                      {nil, []checks.File{file("README.md", a, "100644"), file("x.go", a, "100644")}, map[Class][]string{Docs: {"README.md"}, Code: {"x.go"}}},
		"deleted code is code":               {[]checks.File{file("server/auth.go", a, "100644")}, nil, map[Class][]string{Code: {"server/auth.go"}}},
		"a deleted test":                     {[]checks.File{file("x_test.go", a, "100644")}, nil, map[Class][]string{Tests: {"x_test.go"}}},
		"docs that become a link are code":   {[]checks.File{file("README.md", a, "100644")}, []checks.File{file("README.md", a, "120000")}, map[Class][]string{Code: {"README.md"}}},
		"a link that becomes docs is code":   {[]checks.File{file("README.md", a, "120000")}, []checks.File{file("README.md", b, "100644")}, map[Class][]string{Code: {"README.md"}}},
		"a workflow counts, though not seen": {nil, []checks.File{file(".github/workflows/x.yml", a, "100644")}, map[Class][]string{Code: {".github/workflows/x.yml"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Classify(index, test.before, test.after)) })
	}
}

func TestPropertyNoChangeOfCodeIsAnythingElse(t *testing.T) {
	index, err := template.Builtin()
	require.NoError(t, err)
	paths := []string{"README.md", "docs/a.txt", "x_test.go", "server/main.go", "webapp/src/index.tsx", "public/hello.html", "build/manifest/main.go", ".github/workflows/ci.yml"}
	rapid.Check(t, func(t *rapid.T) {
		tree := func(name string) []checks.File {
			var files []checks.File
			for _, path := range paths {
				if content := rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, name+path); content != "" {
					files = append(files, checks.File{Path: path, Mode: checks.Regular, SHA: checks.BlobSHA([]byte(content))})
				}
			}
			return files
		}
		before, middle, after := tree("before"), tree("middle"), tree("after")
		whole := Classify(index, before, after)
		assert.Empty(t, Classify(index, after, after))
		steps := map[string]bool{}
		for _, part := range []map[Class][]string{Classify(index, before, middle), Classify(index, middle, after)} {
			for _, path := range part[Code] {
				steps[path] = true
			}
		}
		for _, path := range whole[Code] {
			assert.True(t, steps[path], "%s changed in the whole, so in one of the steps", path)
		}
		for class, list := range whole {
			for _, path := range list {
				if path[0] == 's' || path[0] == 'w' || path[0] == 'p' || path[0] == 'b' || path[0] == '.' {
					assert.Equal(t, Code, class, path)
				}
			}
		}
	})
}

func TestAttackCodeIsCodeWhereverItLies(t *testing.T) {
	for _, path := range []string{
		"docs/helper/helper.go",        // import ".../docs/helper"
		"server/testdata/impl/impl.go", // can be imported by its path; only ./... leaves it out
		"webapp/src/loader.test.js",    // import './loader.test'
		"docs/postinstall.js",          // "postinstall": "node docs/postinstall.js"
		"testdata/go.mod",              // replace x => ./testdata
		"testdata/package.json",        // "x": "file:./testdata", with its install scripts
		"docs/build.sh",
	} {
		assert.Equal(t, Code, classOf(path), path)
	}
}
