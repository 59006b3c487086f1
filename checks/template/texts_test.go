package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
	"github.com/onboard-app/onboard/checks/template"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestReadme(t *testing.T) {
	tests := []struct {
		name, text string
		heading    template.Passage
		sentences  []template.Passage
	}{
		{"a heading and a paragraph", "# My Plugin\n\nIt does this. And that.\n", template.Passage{Text: "My Plugin", Line: 1}, []template.Passage{{Text: "It does this", Line: 3}}},
		{"badges are no text", "# My Plugin [![CI](a.svg)](b)\n\n[![x](y)](z)\n[![x](y)](z)\n\nIt does\nthis.\n", template.Passage{Text: "My Plugin", Line: 1}, []template.Passage{{Text: "It does this", Line: 6}}},
		{"an underlined heading", "My Plugin\n=========\nIt does this", template.Passage{Text: "My Plugin", Line: 1}, []template.Passage{{Text: "It does this", Line: 3}}},
		{"an HTML heading", "<h1 align=\"center\">My Plugin</h1>\n\n**It** does this.", template.Passage{Text: "My Plugin", Line: 1}, []template.Passage{{Text: "It** does this", Line: 3}}},
		{"code is no text", "```\n# x\ny\n```\n# A #\n", template.Passage{Text: "A", Line: 5}, nil},
		{"line ends and byte order mark of Windows", "\ufeff# A\r\n\r\nB.\r\n", template.Passage{Text: "A", Line: 1}, []template.Passage{{Text: "B", Line: 3}}},
		{"a link's text counts", "[Docs](https://x.test) are here.", template.Passage{}, []template.Passage{{Text: "Docs are here", Line: 1}}},
		{"nothing", "", template.Passage{}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			heading, sentences := template.Readme([]byte(test.text))
			assert.Equal(t, test.heading, heading)
			assert.Equal(t, test.sentences, sentences)
		})
	}
}

func TestModule(t *testing.T) {
	for text, want := range map[string]string{
		"module a.test/b\n":                 "a.test/b",
		"// x\nmodule \"a.test/b\" // c\r":  "a.test/b",
		"\ufeffmodule a\r\n\r\ngo 1.26\r\n": "a",
		"go 1.26\n":                         "",
		"// module a\n":                     "",
		"":                                  "",
	} {
		module, line := template.Module([]byte(text))
		assert.Equal(t, want, module, text)
		assert.Equal(t, want != "", line > 0, text)
	}
}

func TestATemplateTeachesItsNamesFromEachVersion(t *testing.T) {
	x := tt.Index(t,
		tt.Files{"plugin.json": `{"id":"Old.ID","name":"Old","homepage_url":"https://github.com/example/old"}`, "README.md": "# Old\n\nStart here. Then go on.", "go.mod": "module github.com/example/older"},
		tt.Files{"plugin.json": `{"id":"new","icon_path":"assets/icon.svg"}`, "assets/icon.svg": "<svg/>", "README.md": "# New"},
		tt.Files{"plugin.json": "broken", "README.md": ""},
	)
	assert.True(t, x.OwnsID("old.id") && x.OwnsID("NEW") && !x.OwnsID("") && !x.OwnsID("other"))
	assert.True(t, x.OwnsName("OLD") && x.OwnsHeading("new") && x.OwnsSentence("start  here"))
	assert.False(t, x.OwnsSentence("") || x.OwnsHeading("") || x.OwnsName("") || x.OwnsDescription("") || x.OwnsModule("") || x.OwnsIcon(""))
	assert.True(t, x.OwnsURL("https://github.com/example/old/issues") && x.OwnsURL("https://github.com/Example/Older") && x.OwnsURL("https://github.com/"+tt.Repository))
	assert.True(t, x.OwnsIcon(checks.BlobSHA([]byte("<svg/>"))))
}

func FuzzReadme(f *testing.F) {
	f.Add([]byte("# A [![b](c)](d)\n\nE. F\n\n```\nx\n```\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		heading, sentences := template.Readme(content)
		n := 1
		for _, b := range content {
			if b == '\n' {
				n++
			}
		}
		for _, p := range append(sentences, heading) {
			assert.LessOrEqual(t, p.Line, n)
		}
		_, line := template.Module(content)
		assert.LessOrEqual(t, line, n)
	})
}

// plugin is 300 files of a version of the template, all changed by one line if
// that is asked for.
func plugin(b *testing.B, index *template.Index, changed bool) checks.Subject {
	b.Helper()
	files := tt.Files{}
	for _, blob := range index.Files() {
		if len(files) < 300 {
			files[blob.Path] = tt.Text(blob.Path, int(blob.Size/40))
		}
	}
	subject := files.Subject(nil)
	if changed {
		return subject
	}
	for i := range subject.Files {
		subject.Files[i].SHA = index.At(subject.Files[i].Path)[0].SHA
	}
	return subject
}

func BenchmarkCompare300FilesBySHA(b *testing.B) {
	index, err := template.Builtin()
	require.NoError(b, err)
	subject := plugin(b, index, false)
	for b.Loop() {
		if _, err := index.Compare(b.Context(), subject); err != nil {
			b.Fatal(err)
		}
	}
	checkstest.AtMostTime(b, time.Millisecond)
}

func BenchmarkCompare300FilesWithSimilarity(b *testing.B) {
	index, err := template.Builtin()
	require.NoError(b, err)
	subject := plugin(b, index, true)
	for b.Loop() {
		if _, err := index.Compare(b.Context(), subject); err != nil {
			b.Fatal(err)
		}
	}
	checkstest.AtMostTime(b, 50*time.Millisecond)
}

func BenchmarkDecodeBuiltin(b *testing.B) {
	index, err := template.Builtin()
	require.NoError(b, err)
	content := encoded(b, index)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Decode(strings.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}
