package startertemplate

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/checks"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestAttackHiddenTextIsForAPerson(t *testing.T) {
	for name, char := range map[string]string{
		"right-to-left override": "\u202e", "left-to-right isolate": "\u2066", "pop isolate": "\u2069", "right-to-left mark": "\u200f", "Arabic letter mark": "\u061c",
		"zero-width space": "\u200b", "zero-width joiner": "\u200d", "zero-width non-joiner": "\u200c", "word joiner": "\u2060", "invisible times": "\u2062",
		"byte order mark within": "\ufeff", "soft hyphen": "\u00ad", "Hangul filler": "\u3164", "half-width Hangul filler": "\uffa0",
		"variation selector": "\ufe00", "supplementary variation selector": "\U000e0100", "tag letter": "\U000e0061", "Mongolian vowel separator": "\u180e",
	} {
		t.Run(name, func(t *testing.T) {
			result := run(t, tt.Files{"server/own.go": "package x\nvar a" + char + "b = 1\nvar c" + char + " = 1\n"})
			assert.Equal(t, []string{"hidden-text server/own.go:2"}, found(result))
			assert.Equal(t, checks.Review, result.Outcome)
			assert.Contains(t, result.Findings[0].Message, "1 other line")
			assert.NotContains(t, result.Findings[0].Message, char, "the message does not hide anything itself")
		})
	}
	t.Run("in changed boilerplate", func(t *testing.T) {
		assert.Equal(t, []string{"hidden-text Makefile:1", "weakly-derived :0", "changed-build Makefile:0"}, found(run(t, tt.Files{"Makefile": "\u202e\n" + makefile})))
	})
	t.Run("a row of style selectors carries a message", func(t *testing.T) {
		assert.Len(t, hidden([]byte("\u2714\ufe0f\ufe0f\ufe0e")), 2)
	})
}

func TestCharactersThatWritingNeedsAreNotHidden(t *testing.T) {
	for name, text := range map[string]string{
		"a byte order mark at the start": "\ufeffpackage x",
		"a family of emoji":              `x = "👨‍👩‍👧‍👦 👩🏽‍💻 ❤️‍🔥 🏳️‍🌈 ✔️ 1️⃣ #️⃣ ™️ ‼️"`,
		"the flag of Scotland":           `"🏴󠁧󠁢󠁳󠁣󠁴󠁿"`,
		"Persian":                        "\"می\u200cخواهم\"",
		"Hindi":                          "\"क्\u200dष\"",
		"a Han variant":                  "\"葛\U000e0100\"",
		"accents":                        "// naïve café",
		"broken UTF-8":                   "\xff\xfe\x80",
		"nothing":                        "",
	} {
		assert.Empty(t, hidden([]byte(text)), name)
	}
	result := run(t, tt.Files{"docs/x.md": "a\u200bb", "webapp/i18n/fa.json": "{\"a\":\"\u200f\"}", "webapp/src/locales/he/x.yml": "a: \u202b"})
	assert.Empty(t, found(result), "texts for people are not searched")
}

func TestAttackPathsThatReadLikeOthersAreForAPerson(t *testing.T) {
	const reason = "confusable-path "
	tests := []struct {
		name  string
		files []string
		found []string
	}{
		{"a Cyrillic letter", []string{"server/mаin2.go"}, []string{reason + "server/mаin2.go:0"}},
		{"a twin with a Cyrillic letter", []string{"server/api.go", "server/арi.go"}, []string{reason + "server/арi.go:0"}},
		{"full width letters", []string{"ｓｅｒｖｅｒ/x.go"}, []string{reason + "ｓｅｒｖｅｒ/x.go:0"}},
		{"a zero-width space", []string{"server/a\u200bb.go"}, []string{reason + "server/a\u200bb.go:0"}},
		{"a direction override", []string{"server/\u202eog.x"}, []string{reason + "server/\u202eog.x:0"}},
		{"a line end", []string{"server/a\nb.go"}, []string{reason + "server/a\nb.go:0"}},
		{"broken UTF-8", []string{"server/\xff.go"}, []string{reason + "server/\xff.go:0"}},
		{"a makefile that make reads before the template's Makefile", []string{"makefile"}, []string{reason + "makefile:0", "changed-build makefile:0"}},
		{"an own file that sorts before the template's", []string{"MAKEFILE"}, []string{reason + "MAKEFILE:0"}},
		{"names of other languages", []string{"docs/русский.txt", "docs/ελληνικά.txt", "docs/日本語.txt", "docs/café – 1.txt"}, []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := tt.Files{}
			for _, path := range test.files {
				files[path] = "x"
			}
			assert.Equal(t, test.found, found(run(t, files)))
		})
	}
}

func TestEveryLookAlikeHasItsLetter(t *testing.T) {
	assert.Len(t, looksLike, utf8.RuneCountInString(lookAlikes))
}

func FuzzHidden(f *testing.F) {
	f.Add([]byte("a\u202e\n\u200b👨‍👩‍👧"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lines := 1 + strings.Count(string(content), "\n")
		for _, h := range hidden(content) {
			assert.True(t, h.line >= 1 && h.line <= lines)
			assert.Contains(t, string(content), string(h.char))
		}
		assert.LessOrEqual(t, utf8.RuneCountInString(skeleton(string(content))), utf8.RuneCountInString(string(content)))
		disguised(string(content))
		unseen(string(content))
	})
}

func BenchmarkCheck300Files(b *testing.B) {
	files := tt.Files{}
	for i := range 300 {
		files[fmt.Sprintf("server/%03d.go", i)] = tt.Text("x", 600)
	}
	files["build/setup.mk"] = tt.Text("setup", 25)
	subject, check := files.Subject(nil), New(starter(b))
	for b.Loop() {
		if _, err := checks.Run(b.Context(), check, subject); err != nil {
			b.Fatal(err)
		}
	}
}
