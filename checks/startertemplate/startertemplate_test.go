package startertemplate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

var makefile = tt.Text("the Makefile", 20)

const iconSVG = "<svg>template</svg>"

// starter is a template of two versions, a year apart.
func starter(t testing.TB) Source {
	t.Helper()
	first := tt.Files{
		"Makefile": makefile, "README.md": "# Starter\n\nStart a plugin here. Enjoy.\n", "go.mod": "module github.com/example/starter-template\n",
		"plugin.json":       `{"id":"com.example.starter","name":"Starter","description":"Start here.","icon_path":"assets/icon.svg","support_url":"https://github.com/example/starter-template/issues"}`,
		"public/hello.html": "Hello", "assets/icon.svg": iconSVG, ".github/workflows/ci.yml": tt.Text("ci", 10), "server/main.go": tt.Text("main", 20),
	}
	second := tt.Files{}
	for path, content := range first {
		second[path] = content
	}
	second["server/main.go"] = tt.Text("main", 20) + "fixed\n"
	second["build/setup.mk"] = tt.Text("setup", 30)
	index := tt.Index(t, first, second, second)
	return func(context.Context) (*template.Index, error) { return index, nil }
}

// run runs the check on a plugin that has the template's Makefile.
func run(t testing.TB, plugin tt.Files) checks.Result {
	t.Helper()
	files := tt.Files{"Makefile": makefile}
	for path, content := range plugin {
		files[path] = content
		if content == "" {
			delete(files, path)
		}
	}
	result, err := checks.Run(t.Context(), New(starter(t)), files.Subject(nil))
	require.NoError(t, err)
	assert.LessOrEqual(t, utf8.RuneCountInString(result.Title), 80)
	return result
}

// found lists the findings as "rule path:line", less those about the age.
func found(r checks.Result) []string {
	list := []string{}
	for _, f := range r.Findings {
		if f.Rule != age && f.Rule != missedFixes {
			list = append(list, fmt.Sprintf("%s %s:%d", strings.TrimPrefix(f.Rule, Name+"/"), f.Path, f.Line))
		}
	}
	return list
}

func TestStarterTemplate(t *testing.T) {
	tests := []struct {
		name    string
		plugin  tt.Files
		outcome checks.Outcome
		found   []string
	}{
		{"a plugin of its own name passes", tt.Files{"plugin.json": `{"id":"me.mine","name":"Mine"}`, "README.md": "# Mine\n\nMine. Made with Starter.", "go.mod": "module me.test/mine"}, checks.Pass, []string{}},
		{"the template's id fails, in any case", tt.Files{"plugin.json": "{\n\"ID\": \"Com.Example.Starter\"}"}, checks.Fail, []string{"manifest-identity plugin.json:2"}},
		{"the template's name and description fail, line by line", tt.Files{"plugin.json": "{\r\n \"name\":\r\n \"Starter\",\r\n\"description\":\"start  here.\"}"}, checks.Fail, []string{"manifest-identity plugin.json:3", "manifest-identity plugin.json:4"}},
		{"an id given twice is found", tt.Files{"plugin.json": "{\"id\":\"com.example.starter\",\n\"id\":\"me.mine\"}"}, checks.Fail, []string{"manifest-identity plugin.json:1"}},
		{"an escaped URL of the template fails", tt.Files{"plugin.json": "{\"id\":\"x\",\n\"homepage_url\":\"https:\\/\\/github.com/Example/starter-template\"}"}, checks.Fail, []string{"url plugin.json:2"}},
		{"the template's address in another field is fine", tt.Files{"plugin.json": `{"id":"x","description":"https://github.com/example/starter-template"}`}, checks.Pass, []string{}},
		{"a nested id is not the plugin's", tt.Files{"plugin.json": `{"id":"x","props":{"id":"com.example.starter"},"name":7}`}, checks.Pass, []string{}},
		{"a broken plugin.json fails", tt.Files{"plugin.json": `{"id":"x"`}, checks.Fail, []string{"manifest-unreadable plugin.json:0"}},
		{"a plugin.json with something behind it fails", tt.Files{"plugin.json": `{"id":"x"} {}`}, checks.Fail, []string{"manifest-unreadable plugin.json:0"}},
		{"a plugin.json that is a list fails", tt.Files{"plugin.json": `[]`}, checks.Fail, []string{"manifest-unreadable plugin.json:0"}},
		{"a plugin.json that is a link fails", tt.Files{"plugin.json": "-> other.json"}, checks.Fail, []string{"manifest-unreadable plugin.json:0"}},
		{"a plugin.json that is too large fails", tt.Files{"plugin.json": strings.Repeat(" ", maxManifest+1)}, checks.Fail, []string{"manifest-unreadable plugin.json:0", "not-compared plugin.json:0"}},
		{"the template's heading fails", tt.Files{"readme.MD": "\n# Starter ![badge](x)\n"}, checks.Fail, []string{"readme readme.MD:2"}},
		{"the template's introduction fails wherever it stands", tt.Files{"docs/README.md": "# Mine\n\nMine.\n\nStart a plugin\nhere. Enjoy.\n"}, checks.Fail, []string{"readme docs/README.md:5"}},
		{"the README of a folder is not the plugin's", tt.Files{"server/README.md": "# Starter"}, checks.Pass, []string{}},
		{"the template's module is a notice", tt.Files{"go.mod": "// mine\nmodule github.com/example/starter-template\n"}, checks.Pass, []string{"module-path go.mod:2"}},
		{"the template's icon is a notice under any name", tt.Files{"server/logo.svg": iconSVG}, checks.Pass, []string{"icon server/logo.svg:0"}},
		{"the example page is a notice even if changed", tt.Files{"public/hello.html": "<b>Hi</b>"}, checks.Pass, []string{"hello-html public/hello.html:0"}},
		{"changed files of the build are notices", tt.Files{"GNUmakefile": "x:\n", "build/x.sh": "x", ".github/workflows/x.yml": "on: push"}, checks.Pass,
			[]string{"changed-build .github/workflows/x.yml:0", "changed-build GNUmakefile:0", "changed-build build/x.sh:0"}},
		{"unchanged files of the build are none", tt.Files{".github/workflows/ci.yml": tt.Text("ci", 10)}, checks.Pass, []string{}},
		{"a program is a notice, whatever its name", tt.Files{"tool": "\x7fELF\x00", "logo.png": "MZ\x00", "photo.png": "\x89PNG\x00", "data.xyz": "\x00"}, checks.Pass,
			[]string{"binary data.xyz:0", "binary logo.png:0", "binary tool:0"}},
		{"a plugin made otherwise is a notice", tt.Files{"Makefile": ""}, checks.Pass, []string{"not-derived :0"}},
		{"a Makefile with other line ends is a weak sign", tt.Files{"Makefile": strings.ReplaceAll(makefile, "\n", "\r\n")}, checks.Pass, []string{"weakly-derived :0", "changed-build Makefile:0"}},
		{"a large copy is a notice", tt.Files{"build/setup.mk": strings.Repeat("x\n", 200_000)}, checks.Pass, []string{"changed-build build/setup.mk:0", "not-compared build/setup.mk:0"}},
		{"a huge text is for a person, a huge archive a notice", tt.Files{"webapp/a.js": strings.Repeat("x", maxScanned+1), "a.tar.gz": strings.Repeat("x", maxScanned+1), "a.mp4": strings.Repeat("x", maxScanned+1)}, checks.Review,
			[]string{"not-looked-at webapp/a.js:0", "binary a.tar.gz:0"}},
		{"links and submodules are own files", tt.Files{"server/main.go": "-> x", "lib": "=> " + strings.Repeat("1", 40)}, checks.Pass, []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := run(t, test.plugin)
			assert.Equal(t, test.found, found(result))
			assert.Equal(t, test.outcome, result.Outcome)
		})
	}
}

func TestTheFactsAreThoseOfTheDesign(t *testing.T) {
	result := run(t, tt.Files{"server/main.go": tt.Text("main", 20), "README.md": "# Mine", "server/own.go": "x", "go.mod": "module github.com/example/starter-template\nrequire x v1\n"})
	want := map[string]any{
		"derived": "yes", "nearest": fmt.Sprintf("%040x", 1), "nearest_date": "2020-01-02", "interval": []string{fmt.Sprintf("%040x", 1), fmt.Sprintf("%040x", 1)},
		"unmodified": 2, "modified": 1, "own": 2, "deleted": 4, "missed": 1, "template": tt.Repository,
	}
	for fact, value := range want {
		assert.Equal(t, value, result.Facts[fact], fact)
	}
	assert.Equal(t, []string{"README.md", "server/own.go"}, result.Facts["files"].(map[string][]string)["own"])
	assert.Equal(t, []map[string]any{{"commit": fmt.Sprintf("%040x", 2), "date": "2021-01-02", "files": []string{"server/main.go"}}}, result.Facts["missed_commits"])
	assert.Equal(t, "Template of 2020-01-02: 2 unmodified, 1 modified, 2 own files", result.Title)

	result = run(t, tt.Files{"Makefile": "", "a.go": "x"})
	assert.Equal(t, "no", result.Facts["derived"])
	assert.Nil(t, result.Facts["nearest"])
	assert.Equal(t, []string{}, result.Facts["interval"])
	assert.Equal(t, "Not made from the starter template: 1 file for review", result.Title)
}

func TestOldBoilerplateIsToldWithWhatItMisses(t *testing.T) {
	result := run(t, tt.Files{"server/main.go": tt.Text("main", 20)})
	require.Len(t, result.Findings, 2)
	assert.Equal(t, "The boilerplate is that of 2020-01-02; the template's newest version, 2 commits later, is of 2022-01-02.", result.Findings[0].Message)
	assert.Equal(t, "1 commit of the template changed files after the plugin took them over, the last on 2021-01-02: server/main.go. "+
		"All changes: https://github.com/example/starter-template/compare/000000000000...000000000000", result.Findings[1].Message)
}

func TestManyNoticesOfOneKindAreShortened(t *testing.T) {
	files := tt.Files{}
	for i := range maxFindings + 5 {
		files[fmt.Sprintf("build/%02d.sh", i)] = "x"
	}
	list := found(run(t, files))
	assert.Len(t, list, maxFindings+1)
	assert.Equal(t, "changed-build :0", list[0])
}

func TestFaultWhatCannotBeReadIsAnError(t *testing.T) {
	files := tt.Files{"plugin.json": "{}", "README.md": "# x", "go.mod": "module x", "server/own.go": "x", "server/main.go": "x"}
	for path := range files {
		t.Run(path, func(t *testing.T) {
			subject := files.Subject(nil)
			read := subject.Read
			subject.Read = func(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
				if file.Path == path {
					return nil, errors.New("connection reset")
				}
				return read(ctx, file, limit)
			}
			result, err := checks.Run(t.Context(), New(starter(t)), subject)
			require.ErrorContains(t, err, path)
			assert.Equal(t, checks.Error, result.Outcome)
		})
	}
	t.Run("the index", func(t *testing.T) {
		check := New(func(context.Context) (*template.Index, error) { return nil, errors.New("damaged") })
		result, err := checks.Run(t.Context(), check, files.Subject(nil))
		require.ErrorContains(t, err, "get the template's index: damaged")
		assert.Equal(t, checks.Error, result.Outcome)
	})
	t.Run("an index that is not ready", func(t *testing.T) {
		reason := "The starter template is being read " + strings.Repeat("long ", 20)
		check := New(func(context.Context) (*template.Index, error) {
			return nil, fmt.Errorf("wrapped: %w", &NotReadyError{Reason: reason})
		})
		result, err := checks.Run(t.Context(), check, files.Subject(nil))
		require.NoError(t, err, "nothing is wrong that the log must tell")
		assert.Equal(t, checks.Error, result.Outcome)
		assert.Equal(t, checks.Shorten(reason, 80), result.Title)
	})
}

func TestTheCheckIsDocumented(t *testing.T) {
	assert.NoError(t, checks.Validate([]checks.Check{New(nil)}))
}

func FuzzFields(f *testing.F) {
	f.Add([]byte("{\"id\":\"x\",\n\"name\":\"y\",\"a\":{\"b\":[1]}}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		list, err := fields(content)
		if err != nil {
			assert.Empty(t, list)
			return
		}
		for _, field := range list {
			assert.True(t, field.line >= 1 && field.line <= 1+strings.Count(string(content), "\n"))
		}
	})
}
