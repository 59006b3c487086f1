package template_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

var (
	makefile = tt.Text("the Makefile", 20)
	setup    = tt.Text("setup.mk", 20)
)

// three is a template of three versions.
func three() []tt.Files {
	return []tt.Files{
		{"Makefile": makefile, "assets/.gitkeep": "", "webapp/i18n/en.json": "{}", "LICENSE": tt.Text("a licence", 50), "go.sum": "a\nb\n"},
		{"Makefile": makefile, "build/setup.mk": setup, "assets/.gitkeep": "", "webapp/i18n/en.json": "{}", "LICENSE": tt.Text("a licence", 50)},
		{"Makefile": makefile + "new: rule\n", "build/setup.mk": setup, "LICENSE": tt.Text("a licence", 50), "server/vendor/x.go": tt.Text("x", 50)},
	}
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name    string
		plugin  tt.Files
		derived template.Derived
		place   [3]int // nearest, first, last
		classes map[string]template.Class
		deleted []string
	}{
		{"an unchanged file of 200 bytes shows the origin", tt.Files{"Makefile": makefile, "server/main.go": "x"}, template.Yes, [3]int{1, 0, 1},
			map[string]template.Class{"Makefile": template.Unmodified, "server/main.go": template.Own},
			[]string{"LICENSE", "assets/.gitkeep", "build/setup.mk", "webapp/i18n/en.json"}},
		{"the version with the fewest differing lines wins a tie", tt.Files{"build/setup.mk": setup, "Makefile": makefile + "own: rule\n"}, template.Yes, [3]int{1, 1, 2},
			map[string]template.Class{"build/setup.mk": template.Unmodified, "Makefile": template.Modified},
			[]string{"LICENSE", "assets/.gitkeep", "webapp/i18n/en.json"}},
		{"an empty file and {} match but show no origin", tt.Files{"assets/.gitkeep": "", "webapp/i18n/en.json": "{}"}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"assets/.gitkeep": template.Unmodified, "webapp/i18n/en.json": template.Unmodified}, nil},
		{"an empty file elsewhere matches nothing", tt.Files{"docs/.gitkeep": "", "Makefile": ""}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"docs/.gitkeep": template.Own, "Makefile": template.Own}, nil},
		{"a licence shows no origin", tt.Files{"LICENSE": tt.Text("a licence", 50)}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"LICENSE": template.Unmodified}, nil},
		{"vendored code shows no origin", tt.Files{"server/vendor/x.go": tt.Text("x", 50)}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"server/vendor/x.go": template.Unmodified}, nil},
		{"a similar lock file shows no origin", tt.Files{"go.sum": "a\nb\nc\n"}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"go.sum": template.Modified}, nil},
		{"a similar Makefile is a weak sign", tt.Files{"Makefile": makefile + "own: rule\n"}, template.Weak, [3]int{1, 0, 2},
			map[string]template.Class{"Makefile": template.Modified}, []string{"LICENSE", "assets/.gitkeep", "build/setup.mk", "webapp/i18n/en.json"}},
		{"other line ends are a modification without differing lines", tt.Files{"Makefile": strings.ReplaceAll(makefile, "\n", "\r\n")}, template.Weak, [3]int{1, 0, 2},
			map[string]template.Class{"Makefile": template.Modified}, []string{"LICENSE", "assets/.gitkeep", "build/setup.mk", "webapp/i18n/en.json"}},
		{"the executable bit does not count", tt.Files{"Makefile": "+x " + makefile}, template.Yes, [3]int{1, 0, 1},
			map[string]template.Class{"Makefile": template.Unmodified}, []string{"LICENSE", "assets/.gitkeep", "build/setup.mk", "webapp/i18n/en.json"}},
		{"a binary in a text's place is an own file", tt.Files{"Makefile": "\x00" + makefile}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"Makefile": template.Own}, nil},
		{"a file of another folder with the same name is an own file", tt.Files{"sub/Makefile": makefile}, template.No, [3]int{-1, -1, -1},
			map[string]template.Class{"sub/Makefile": template.Own}, nil},
		{"an empty plugin has no origin", tt.Files{}, template.No, [3]int{-1, -1, -1}, map[string]template.Class{}, nil},
	}
	index := tt.Index(t, three()...)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := index.Compare(t.Context(), test.plugin.Subject(nil))
			require.NoError(t, err)
			classes := map[string]template.Class{}
			for _, m := range c.Matches {
				classes[m.File.Path] = m.Class
			}
			assert.Equal(t, test.derived, c.Derived)
			place := [3]int{c.Nearest, c.First, c.Last}
			assert.Equal(t, test.place, place)
			assert.Empty(t, cmp.Diff(test.classes, classes))
			assert.Equal(t, test.deleted, c.Deleted)
			assert.Equal(t, len(c.Matches), c.Count(template.Unmodified)+c.Count(template.Modified)+c.Count(template.Own))
		})
	}
}

func TestCompareSaysWhatAModifiedFileIsMadeOfAndWhatItMisses(t *testing.T) {
	index := tt.Index(t, three()...)
	c, err := index.Compare(t.Context(), tt.Files{"Makefile": makefile + "own: rule\n", "build/setup.mk": setup}.Subject(nil))
	require.NoError(t, err)
	m := c.Matches[0]
	assert.Equal(t, checks.BlobSHA([]byte(makefile)), m.Base.SHA)
	assert.Equal(t, 1, m.Differing)
	assert.InDelta(t, 40.0/41, m.Similarity, 1e-9)
	assert.Equal(t, []template.Missed{{Version: 2, Paths: []string{"Makefile"}}}, c.Missed)
}

func TestCompareReadsOnlyWhatItMust(t *testing.T) {
	var read []string
	large := strings.Repeat("x\n", template.MaxBytes)
	c, err := tt.Index(t, three()...).Compare(t.Context(), tt.Files{
		"Makefile": makefile, "LICENSE": "mine", "server/main.go": "x", "build/setup.mk": large, "go.sum": "-> x", "assets/.gitkeep": "=> " + strings.Repeat("1", 40),
	}.Subject(&read))
	require.NoError(t, err)
	assert.Equal(t, []string{"LICENSE"}, read)
	i := slices.IndexFunc(c.Matches, func(m template.Match) bool { return m.TooLarge })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, "build/setup.mk", c.Matches[i].File.Path)
	assert.Equal(t, template.Own, c.Matches[i].Class)
}

func TestFaultAFileThatCannotBeReadIsAnError(t *testing.T) {
	subject := tt.Files{"Makefile": "mine"}.Subject(nil)
	subject.Read = func(context.Context, checks.File, int64) ([]byte, error) { return nil, errors.New("connection reset") }
	_, err := tt.Index(t, three()...).Compare(t.Context(), subject)
	assert.ErrorContains(t, err, `read "Makefile" to compare it with the template`)
}

func TestAttackLinksAndSubmodulesAreNeverBoilerplate(t *testing.T) {
	target := strings.Repeat("a/", 150) + "b"
	index := tt.Index(t, tt.Files{"Makefile": target, "build/link": "-> " + target})
	sha := checks.BlobSHA([]byte(target))
	for path, mode := range map[string]checks.Mode{"Makefile": checks.Symlink, "build/link": checks.Symlink} {
		assert.False(t, index.Unmodified(checks.File{Path: path, Mode: mode, SHA: sha, Size: 301}), "%s %s", mode, path)
	}
	assert.False(t, index.Unmodified(checks.File{Path: "Makefile", Mode: checks.Submodule, SHA: sha}))
	assert.False(t, index.Unmodified(checks.File{Path: "build/link", Mode: checks.Regular, SHA: sha}), "the template has a link there")
	assert.True(t, index.Unmodified(checks.File{Path: "Makefile", Mode: checks.Regular, SHA: sha}))
}

func TestAttackATemplateThatIsNotWhatItsHashesSayIsRefused(t *testing.T) {
	versions, read := tt.Versions(three()...)
	_, err := template.Build("", versions, func(checks.File) ([]byte, error) { return []byte("other"), nil })
	require.ErrorContains(t, err, "its content is not that of blob")
	versions[1].Files = append(versions[1].Files, checks.File{Path: "server/evil.go", Mode: checks.Regular, SHA: strings.Repeat("a", 40)})
	_, err = template.Build("", versions, read)
	require.ErrorContains(t, err, "its files are those of tree")
	versions, read = tt.Versions(three()...)
	versions[0].SHA = "HEAD"
	_, err = template.Build("", versions, read)
	assert.ErrorContains(t, err, "its name is no SHA-1")
}

func TestAttackYoungCommitsAreNoBoilerplateYet(t *testing.T) {
	versions, read := tt.Versions(three()...)
	index, err := template.Build("", versions[:1], read)
	require.NoError(t, err)
	evil := checks.File{Path: "build/setup.mk", Mode: checks.Regular, SHA: checks.BlobSHA([]byte(setup)), Size: int64(len(setup))}
	young := versions[1].Date.Add(template.MinAge - time.Second)
	extended, err := index.Extend(versions, young, read)
	require.NoError(t, err)
	assert.Len(t, extended.Commits(), 1)
	assert.False(t, extended.Unmodified(evil))
	versions[2].Date = versions[0].Date // made up: what follows a young commit is young
	extended, err = index.Extend(versions, young, read)
	require.NoError(t, err)
	assert.Len(t, extended.Commits(), 1)
	extended, err = index.Extend(versions[:2], young.Add(time.Second), read)
	require.NoError(t, err)
	assert.True(t, extended.Unmodified(evil))
	assert.False(t, index.Unmodified(evil), "the old index stays as it was")
}

func TestExtendingEqualsBuildingAtOnce(t *testing.T) {
	versions, read := tt.Versions(three()...)
	whole, err := template.Build("a/b", versions, read)
	require.NoError(t, err)
	part, err := template.Build("a/b", versions[:1], read)
	require.NoError(t, err)
	part, err = part.Extend(versions, versions[2].Date.Add(template.MinAge), read)
	require.NoError(t, err)
	assert.Equal(t, encoded(t, whole), encoded(t, part))
	again, err := part.Extend(versions, versions[2].Date.Add(template.MinAge), read)
	require.NoError(t, err)
	assert.Same(t, part, again, "nothing new")
}

func TestAnIDIsThatOfTheVersions(t *testing.T) {
	versions, read := tt.Versions(three()...)
	whole, err := template.Build("a/b", versions, read)
	require.NoError(t, err)
	part, err := template.Build("a/b", versions[:2], read)
	require.NoError(t, err)
	other, err := template.Build("a/c", versions, read)
	require.NoError(t, err)
	assert.NotEqual(t, whole.ID(), part.ID())
	assert.NotEqual(t, whole.ID(), other.ID())
	part, err = part.Extend(versions, versions[2].Date.Add(template.MinAge), read)
	require.NoError(t, err)
	assert.Equal(t, whole.ID(), part.ID())
}

func encoded(t testing.TB, x *template.Index) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, x.Encode(&out))
	return out.String()
}

func TestSimilarityIsThatOfMultisetsOfLines(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       float64
	}{
		{"the same text", "a\nb\n", "a\nb\n", 1},
		{"another order", "a\nb\n", "b\na\n", 1},
		{"other line ends", "a\r\nb\r\n", "a\nb\n", 1},
		{"no last line end", "a\nb", "a\nb\n", 1},
		{"repeated lines count as often as both have them", "a\na\na\n", "a\n", 0.5},
		{"nothing in common", "a\n", "b\n", 0},
		{"two empty files", "", "", 1},
		{"an empty file and another", "", "a\n", 0},
		{"a carriage return within a line stays", "a\rb\n", "ab\n", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			index := tt.Index(t, tt.Files{"x": test.b})
			assert.InDelta(t, test.want, index.Similarity(template.ReadLines([]byte(test.a)), index.At("x")[0]), 1e-9)
		})
	}
}

func TestSimilarityEqualsThePlainFormula(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "}"}), 0, 20)
		a, b := text.Draw(r, "a"), text.Draw(r, "b")
		index := tt.Index(t, tt.Files{"x": "first\n}\n"}, tt.Files{"x": lines(b)})
		blobs := index.At("x")
		got := index.Similarity(template.ReadLines([]byte(lines(a))), blobs[len(blobs)-1])
		common, rest := 0, slices.Clone(b)
		for _, line := range a {
			if i := slices.Index(rest, line); i >= 0 {
				common++
				rest = slices.Delete(rest, i, i+1)
			}
		}
		want := 1.0
		if len(a)+len(b) > 0 {
			want = 2 * float64(common) / float64(len(a)+len(b))
		}
		assert.InDelta(r, want, got, 1e-9)
	})
}

func lines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}

func TestHostileEncodedIndexesAreRefused(t *testing.T) {
	gzipped := func(text string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := io.WriteString(w, text)
		require.NoError(t, errors.Join(err, w.Close()))
		return out.String()
	}
	const commit = `"commits":[{"sha":"a","date":"2020-01-01T00:00:00Z","tree":"b"}]`
	for name, content := range map[string]string{
		"nothing":                        "",
		"not gzipped":                    "{}",
		"cut off":                        gzipped("{}")[:12],
		"no JSON":                        gzipped("x"),
		"too large when unpacked":        gzipped(strings.Repeat(" ", 64<<20) + "{}"),
		"half a line hash":               gzipped(`{"lines":"AAA="}`),
		"a file without a blob":          gzipped(`{"files":[{"p":"x","b":0}]}`),
		"a file of a negative blob":      gzipped(`{"files":[{"p":"x","b":-1}]}`),
		"a file of no version":           gzipped(`{"blobs":[{}],"files":[{"p":"x","b":0}]}`),
		"a file of an unknown version":   gzipped(`{` + commit + `,"blobs":[{}],"files":[{"p":"x","b":0,"v":[{"f":0,"l":1}]}]}`),
		"versions in reverse":            gzipped(`{` + commit + `,"blobs":[{}],"files":[{"p":"x","b":0,"v":[{"f":0,"l":0},{"f":0,"l":0}]}]}`),
		"a negative version":             gzipped(`{` + commit + `,"blobs":[{}],"files":[{"p":"x","b":0,"v":[{"f":-1,"l":0}]}]}`),
		"lines beyond the dictionary":    gzipped(`{"lines":"AAAAAA==","blobs":[{"n":2,"r":"AAIB"}]}`),
		"a run of no lines":              gzipped(`{"lines":"AAAAAA==","blobs":[{"n":0,"r":"AAAB"}]}`),
		"a number that is cut off":       gzipped(`{"lines":"AAAAAA==","blobs":[{"n":1,"r":"AAGA"}]}`),
		"another number of lines":        gzipped(`{"lines":"AAAAAA==","blobs":[{"n":2,"r":"AAEB"}]}`),
		"a line that occurs 2^63 times":  gzipped(`{"lines":"AAAAAA==","blobs":[{"n":1,"r":"AAGAgICAgICAgIAB"}]}`),
		"a negative number of lines":     gzipped(`{"blobs":[{"n":-1}]}`),
		"a commit without a proper date": gzipped(`{"commits":[{"date":"yesterday"}]}`),
	} {
		_, err := template.Decode(strings.NewReader(content))
		assert.ErrorContains(t, err, "read the template's index", name)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"lines":"AAAAAA==","blobs":[{"t":true,"n":1,"r":"AAEB"}],"commits":[{"date":"2020-01-01T00:00:00Z"}],"files":[{"p":"x","m":"100644","b":0,"v":[{"f":0,"l":0}]}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(content)
		require.NoError(t, errors.Join(err, w.Close()))
		x, err := template.Decode(&packed)
		if err != nil {
			return
		}
		for _, b := range x.Files() {
			s := x.Similarity(template.ReadLines(content), b)
			assert.True(t, s >= 0 && s <= 1, "similarity %f", s)
			x.Nearest([]checks.File{{Path: b.Path, Mode: b.Mode, SHA: b.SHA}})
		}
		_, err = template.Decode(strings.NewReader(encoded(t, x)))
		assert.NoError(t, err)
	})
}
