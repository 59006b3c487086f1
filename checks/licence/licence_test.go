package licence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
)

// standard is the check with the default policy, built once: it keeps nothing
// from one run to the next.
var standard = sync.OnceValues(func() (checks.Check, error) { return New(DefaultPolicy()) })

// check runs the check with the default policy.
func check(t testing.TB, files map[string]string) checks.Result {
	t.Helper()
	c, err := standard()
	require.NoError(t, err)
	result, err := checks.Run(t.Context(), c, checkstest.Subject(files))
	require.NoError(t, err)
	return result
}

// found lists the findings as "rule path:line-end".
func found(r checks.Result) []string {
	list := []string{}
	for _, f := range r.Findings {
		list = append(list, fmt.Sprintf("%s %s:%d-%d", strings.TrimPrefix(f.Rule, "licence/"), f.Path, f.Line, f.EndLine))
	}
	return list
}

func utf16le(text string) string {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

func TestLicence(t *testing.T) {
	apache := text(t, "Apache-2.0", "2024 Jane Doe")
	agpl := text(t, "AGPL-3.0", "")
	require.Greater(t, len(apache), apacheBytes)

	tests := []struct {
		name    string
		files   map[string]string
		outcome checks.Outcome
		title   string
		found   []string
	}{
		{"a full Apache text passes", map[string]string{"LICENSE": apache}, checks.Pass, "Apache-2.0", nil},
		{"an MIT text passes", map[string]string{"LICENSE": mit}, checks.Pass, "MIT", nil},
		{"a BSD text with a comma after the year passes", map[string]string{"license.txt": bsd3}, checks.Pass, "BSD-3-Clause", nil},
		{"Markdown headings and quotes pass", map[string]string{"LICENCE.md": "# The MIT License (MIT)\n\nCopyright © 2020 Jane Doe\n\n> " + strings.ReplaceAll(mitBody, "\n", "\n> ")}, checks.Pass, "MIT", nil},
		{"several copyright lines pass", map[string]string{"COPYING": "MIT License\n\nCopyright (c) 2018 Jane Doe\nCopyright (c) 2020-present Acme, Inc. All Rights Reserved.\nCopyright (c) 2021 O. Roe <o@example.test>\n\n" + mitBody}, checks.Pass, "MIT", nil},
		{"names on the lines after a copyright line pass", map[string]string{"LICENSE": "Copyright (c) 2018\n  Jane Doe\n  Kim Roe\n\n" + mitBody}, checks.Pass, "MIT", nil},
		{"a text on one line passes", map[string]string{"LICENSE": strings.ReplaceAll(mit, "\n", " ")}, checks.Pass, "MIT", nil},
		{"the project's name as a title passes", map[string]string{"LICENSE": "mattermost-plugin-hello v2.1\n\n" + mit}, checks.Pass, "MIT", nil},
		{"CRLF and a byte order mark pass", map[string]string{"LICENSE": "\ufeff" + strings.ReplaceAll(mit, "\n", "\r\n")}, checks.Pass, "MIT", nil},
		{"UTF-16 passes", map[string]string{"LICENSE": utf16le(mit)}, checks.Pass, "MIT", nil},
		{"Latin-1 passes", map[string]string{"LICENSE": strings.Replace(mit, "Jane", "Ren\xe9", 1)}, checks.Pass, "MIT", nil},
		{"two allowed licences pass, both named", map[string]string{"LICENSE": mit + "\n" + bsd3}, checks.Pass, "BSD-3-Clause, MIT", nil},
		{"two licence files with allowed licences pass", map[string]string{"LICENSE": apache, "COPYING": mit}, checks.Pass, "Apache-2.0, MIT", nil},
		{"an allowed licence that is not recommended passes with a note", map[string]string{"LICENSE": isc}, checks.Pass, "ISC", []string{"not-recommended LICENSE:1-15"}},
		{"a symbolic link within the repository is followed", map[string]string{"LICENSE": "-> docs/legal/MIT", "docs": "-> documents", "documents/legal/MIT": "-> ../mit.txt", "documents/mit.txt": mit}, checks.Pass, "MIT", nil},
		{"vendored licences do not count", map[string]string{"LICENSE": mit, "vendor/x/LICENSE": agpl, "webapp/node_modules/x/LICENSE": "mine", "server/third_party/x/COPYING": "mine"}, checks.Pass, "MIT", nil},
		{"code named licence does not count", map[string]string{"LICENSE": mit, "server/license.go": "package x", "webapp/src/License.tsx": "x"}, checks.Pass, "MIT", nil},
		{"a nested allowed licence passes", map[string]string{"LICENSE": mit, "webapp/LICENSE": apache}, checks.Pass, "MIT", nil},
		{"NOTICE is informative only", map[string]string{"LICENSE": mit, "NOTICE.txt": agpl}, checks.Pass, "MIT", nil},

		{"no file fails even if the README names a licence", map[string]string{"README.md": "## Licence\nMIT"}, checks.Fail, "No licence file", []string{"missing :0-0"}},
		{"a file below the root is not the plugin's licence", map[string]string{"server/LICENSE": mit}, checks.Fail, "No licence file", []string{"missing :0-0"}},
		{"AGPL fails", map[string]string{"LICENSE": agpl}, checks.Fail, "Not allowed: AGPL-3.0", nil},
		{"a GPL notice without the text fails", map[string]string{"LICENSE": text(t, "GPL-3.0-or-later", "")}, checks.Fail, "Not allowed: GPL-3.0-or-later", nil},
		{"an unknown text fails", map[string]string{"LICENSE": "You may look at this.\n"}, checks.Fail, "The licence's text is not known", []string{"unknown-text LICENSE:1-1"}},
		{"an empty file fails", map[string]string{"LICENSE": ""}, checks.Fail, "The licence's text is not known", []string{"unknown-text LICENSE:1-1"}},
		{"a link to a licence is no licence", map[string]string{"LICENSE": "https://opensource.org/licenses/MIT\n"}, checks.Fail, "The licence's text is not known", []string{"unknown-text LICENSE:1-1"}},
		{"a dangling link fails", map[string]string{"LICENSE": "-> LICENSE.real"}, checks.Fail, "The licence file cannot be read", []string{"dangling-link LICENSE:0-0"}},
		{"a binary file fails", map[string]string{"LICENSE": "MZ\x90\x00\x03"}, checks.Fail, "The licence file cannot be read", []string{"unreadable LICENSE:0-0"}},

		{"an Apache header is only a reference", map[string]string{"LICENSE": "Copyright 2024 Jane Doe\n\n" + apacheHeader}, checks.Review, "Apache-2.0: a person must look", []string{"header-only LICENSE:3-13"}},
		{"a notice about parts is for a person", map[string]string{"LICENSE": mit + "\nPortions adapted from another project:\n\n" + bsd3}, checks.Review, "BSD-3-Clause, MIT: a person must look", []string{"extra-words LICENSE:23-23"}},
		{"a nested licence that is not allowed is for a person", map[string]string{"LICENSE": apache, "server/enterprise/LICENSE": agpl}, checks.Review, "Apache-2.0: a person must look", nil},
		{"a nested unknown text is for a person", map[string]string{"LICENSE": mit, "server/enterprise/LICENSE": "Only for customers.\n"}, checks.Review, "MIT: a person must look", []string{"nested server/enterprise/LICENSE:1-1"}},
		{"two ways to one nested text are one finding", map[string]string{"LICENSE": mit, "LICENSE.enterprise": "-> ./ee/LICENSE", "ee/LICENSE": "Only for customers.\n"}, checks.Review, "MIT: a person must look", []string{"nested ee/LICENSE:1-1"}},
		{"another licence file that leads nowhere is for a person", map[string]string{"LICENSE": mit, "LICENSE.ee": "-> /etc/passwd"}, checks.Review, "MIT: a person must look", []string{"nested LICENSE.ee:0-0"}},
		{"the folder LICENSES is looked at", map[string]string{"LICENSE": mit, "LICENSES/Acme.txt": "Ours.\n"}, checks.Review, "MIT: a person must look", []string{"nested LICENSES/Acme.txt:1-1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, test.files)
			assert.Equal(t, test.outcome, result.Outcome, "%+v", result.Findings)
			assert.Equal(t, test.title, result.Title)
			if test.found != nil || test.outcome == checks.Pass {
				assert.ElementsMatch(t, test.found, found(result))
			}
			for _, f := range result.Findings {
				assert.True(t, strings.HasSuffix(f.Message, ".") && strings.HasSuffix(f.Fix, "."), "%q %q", f.Message, f.Fix)
			}
		})
	}
}

func TestAttackRestrictionHiddenInLicence(t *testing.T) {
	apache := text(t, "Apache-2.0", "2024 Jane Doe")
	slot := func(holder string) string { return strings.Replace(mit, "2024 Jane Doe", "2024 "+holder, 1) }
	tests := []struct{ name, text, rule string }{
		{"in the holder's place", slot("Acme. Commercial use is not permitted"), copyrightLine},
		{"in a long copyright line", slot("Acme and its Affiliates Partners Subsidiaries Successors Assignees Licensors Licensees Resellers Agents Friends Family Neighbours"), copyrightLine},
		{"on the line after the copyright line", slot("Acme\nCall sales before any deployment to customers"), copyrightLine},
		{"in look-alike letters", slot("Acme. No cоmmеrcial"), copyrightLine},
		{"between the copyright line and the text", slot("Acme\n\nProduction use requires an agreement with Acme."), extraWords},
		{"between two copyright lines", slot("Acme\n\nAsk us first.\n\nCopyright 2024 Acme"), extraWords},
		{"behind the word copyright", slot("Acme\n\nThis copyright notice is void for customers.\n\n"), extraWords},
		{"before the text", "Production use requires an agreement.\n\n" + mit, extraWords},
		{"after the text", mit + "\nProduction use requires an agreement.\n", extraWords},
		{"after the Apache text", apache + "\nProduction use requires an agreement.\n", extraWords},
		{"in the Apache appendix", text(t, "Apache-2.0", "2024 Acme, production only with agreement"), extraWords},
		{"on the line after the Apache appendix's holder", text(t, "Apache-2.0", "2024 Acme\nCommercial deployments excluded"), extraWords},
		{"in harmless words after the Apache appendix's holder", text(t, "Apache-2.0", "2024 Acme\nask our sales people before you deploy anything to customers"), extraWords},
		{"in the BSD endorsement clause", strings.Replace(bsd3, "the name of the copyright holder nor", "commercial use nor resale nor", 1), extraWords},
		{"in the BSD disclaimer", strings.Replace(bsd3, "THE COPYRIGHT HOLDERS AND CONTRIBUTORS", "ACME FOR EVALUATION ONLY", 1), extraWords},
		{"in an HTML tag", strings.Replace(mit, "conditions:", "conditions: <b production use requires a commercial agreement>", 1), extraWords},
		{"in an HTML tag with harmless words", strings.Replace(mit, "conditions:", "conditions: <i you send Acme one tenth of your gold each year>", 1), extraWords},
		{"in an HTML comment", mit + "<!-- ask Acme first -->\n", extraWords},
		{"in a Markdown link", mit + "[x](https://example.test/commercial-use-is-forbidden)\n", extraWords},
		{"in a title", "mit-license-without-commercial-use\n\n" + mit, extraWords},
		{"by direction-changing characters", slot("Acme \u202edetimrep ton\u202c"), hiddenText},
		{"by zero-width characters", strings.Replace(mit, "without restriction", "without restric\u200btion", 1), ""},
		{"in a table of many words of titles", mit + strings.Repeat("the license of the project ", 9) + "\n", extraWords},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, map[string]string{"LICENSE": test.text})
			assert.NotEqual(t, checks.Pass, result.Outcome)
			if test.rule != "" {
				assert.Contains(t, strings.Join(found(result), " "), strings.TrimPrefix(test.rule, "licence/"))
			}
		})
	}
}

func TestAttackRestrictionAddedAsLicence(t *testing.T) {
	apache := text(t, "Apache-2.0", "2024 Jane Doe")
	for id, addition := range map[string]string{
		"CommonsClause":                          text(t, "CommonsClause", ""),
		"AGPL-3.0":                               text(t, "AGPL-3.0", ""),
		"BUSL-1.1":                               "Business Source License 1.1\n",
		"Elastic-2.0":                            "Elastic License 2.0\n",
		"LicenseRef-Mattermost-Source-Available": "The Mattermost Source Available License\n",
	} {
		t.Run(id+" beside Apache-2.0 fails", func(t *testing.T) {
			result := check(t, map[string]string{"LICENSE": apache + "\n" + addition})
			assert.Equal(t, checks.Fail, result.Outcome)
			assert.Contains(t, result.Facts["ids"], id)
		})
	}
}

func TestAttackSymbolicLinks(t *testing.T) {
	long := map[string]string{"LICENSE": "-> l1", "l6": mit}
	for i := 1; i < 6; i++ {
		long[fmt.Sprintf("l%d", i)] = fmt.Sprintf("-> l%d", i+1)
	}
	for name, files := range map[string]map[string]string{
		"a loop":             {"LICENSE": "-> a", "a": "-> LICENSE"},
		"to itself":          {"LICENSE": "-> LICENSE"},
		"out of the tree":    {"LICENSE": "-> ../../etc/passwd"},
		"an absolute path":   {"LICENSE": "-> /etc/passwd"},
		"to the root":        {"LICENSE": "-> ."},
		"an empty target":    {"LICENSE": "-> "},
		"a folder in a loop": {"LICENSE": "-> a/b", "a": "-> b", "b": "-> a"},
		"six links":          long,
		"a long target":      {"LICENSE": "-> " + strings.Repeat("x/../", 2000) + "mit", "mit": mit},
	} {
		t.Run(name+" is a finding", func(t *testing.T) {
			result := check(t, files)
			assert.Equal(t, checks.Fail, result.Outcome)
			assert.Equal(t, []string{"dangling-link LICENSE:0-0"}, found(result))
		})
	}
}

func TestAttackHugeLicenceFile(t *testing.T) {
	result := check(t, map[string]string{"LICENSE": mit + strings.Repeat(" ", maxBytes)})
	assert.Equal(t, checks.Fail, result.Outcome)
	assert.Equal(t, []string{"unreadable LICENSE:0-0"}, found(result))
}

func TestAttackManyLicenceFiles(t *testing.T) {
	files := map[string]string{"LICENSE": mit}
	for i := range maxOther + 50 {
		files[fmt.Sprintf("d%03d/LICENSE", i)] = mit
	}
	result := check(t, files)
	assert.Equal(t, checks.Review, result.Outcome)
	assert.Equal(t, []string{fmt.Sprintf("nested d%d/LICENSE:0-0", maxOther)}, found(result))
}

func TestAttackTitleStaysShort(t *testing.T) {
	var all strings.Builder
	for _, id := range DefaultPolicy().Forbidden {
		if _, ok := titled[id]; !ok {
			all.WriteString(text(t, id, "x") + "\n")
		}
	}
	result := check(t, map[string]string{"LICENSE": all.String()})
	assert.LessOrEqual(t, utf8.RuneCountInString(result.Title), 80)
}

func TestOurOwnLicencePasses(t *testing.T) {
	content, err := os.ReadFile("../../LICENSE")
	require.NoError(t, err)
	result := check(t, map[string]string{"LICENSE": string(content)})
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Equal(t, map[string]any{"ids": []string{"Apache-2.0"}, "files": []string{"LICENSE"}}, result.Facts)
}

func TestFactsAreListsEvenWhenEmpty(t *testing.T) {
	result := check(t, nil)
	assert.Equal(t, map[string]any{"ids": []string{}, "files": []string{}}, result.Facts)
}

func TestFindingsNameTheLinesOfTheirTexts(t *testing.T) {
	result := check(t, map[string]string{"LICENSE": mit + "\nAsk us first.\nAlways.\n"})
	require.Len(t, result.Findings, 1)
	assert.Equal(t, checks.Finding{
		Rule: extraWords, Severity: checks.Warning, Path: "LICENSE", Line: 23, EndLine: 24,
		Message: "These words belong to no licence we know: “Ask us first. Always.”.",
		Fix:     "Move these words to the README, or ask an admin to look at them and approve.",
	}, result.Findings[0])
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	c, err := standard()
	require.NoError(t, err)
	s := checkstest.Subject(map[string]string{"LICENSE": mit})
	s.Read = func(context.Context, checks.File, int64) ([]byte, error) { return nil, errors.New("network") }
	result, cause := checks.Run(t.Context(), c, s)
	assert.Equal(t, checks.Error, result.Outcome)
	assert.ErrorContains(t, cause, `read licence file "LICENSE": network`)
}

func TestEveryLicenceOfTheDefaultPolicyIsRecognised(t *testing.T) {
	policy := DefaultPolicy()
	scanner := newScanner(policy.accepted(), policy.Forbidden)
	for _, id := range slices.Concat(policy.accepted(), policy.Forbidden) {
		t.Run(id, func(t *testing.T) {
			full, ok := titled[id]
			if !ok {
				full = text(t, id, "")
			}
			r, err := scanner.read(full)
			require.NoError(t, err)
			assert.Contains(t, r.ids, id)
		})
	}
}

func TestPolicyIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		policy Policy
		says   string
	}{
		"if it allows nothing":         {Policy{Forbidden: []string{"GPL-3.0"}}, "no plugin could pass"},
		"if an id stands in two lists": {Policy{Recommended: []string{"MIT"}, Forbidden: []string{"MIT"}}, `policy.licence.forbidden: "MIT" stands in recommended already`},
		"if two ids differ by case":    {Policy{Recommended: []string{"MIT"}, Allowed: []string{"mit"}}, `policy.licence.allowed: "mit" stands in recommended already`},
		"if an id is unknown":          {Policy{Recommended: []string{"MIT", "Mine-1.0"}}, `policy.licence.recommended: "Mine-1.0" is not known`},
		"if a forbidden id is unknown": {Policy{Recommended: []string{"MIT"}, Forbidden: []string{"Yours"}}, `policy.licence.forbidden: "Yours" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(test.policy)
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func TestPolicyDecides(t *testing.T) {
	c, err := New(Policy{Allowed: []string{"GPL-3.0"}})
	require.NoError(t, err)
	result, err := c.Run(t.Context(), checkstest.Subject(map[string]string{"LICENSE": text(t, "GPL-3.0", "")}))
	require.NoError(t, err)
	assert.NotEqual(t, checks.Fail, result.Outcome)
	result, err = c.Run(t.Context(), checkstest.Subject(map[string]string{"LICENSE": mit}))
	require.NoError(t, err)
	assert.Equal(t, checks.Fail, result.Outcome)
}

// FuzzLicence asserts what holds for any text: no crash, findings within the
// file, and never a pass of a text with a word that no licence has.
func FuzzLicence(f *testing.F) {
	for _, seed := range []string{mit, bsd3, isc, apacheHeader, utf16le(mit), "Copyright (c) (c) © Copyright", "<a b c>", "((", ""} {
		f.Add([]byte(seed))
	}
	c, err := New(DefaultPolicy())
	require.NoError(f, err)
	// Builds what is built when first used, or it would count as new coverage.
	_, err = c.Run(f.Context(), checkstest.Subject(map[string]string{"LICENSE": "unknown"}))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, content []byte) {
		result, cause := checks.Run(t.Context(), c, checkstest.Subject(map[string]string{"LICENSE": string(content)}))
		require.NoError(t, cause)
		decoded, _ := decode(content)
		for _, finding := range result.Findings {
			require.LessOrEqual(t, finding.EndLine, max(1, strings.Count(decoded, "\n")+1))
			require.LessOrEqual(t, finding.Line, finding.EndLine)
		}
		result, cause = checks.Run(t.Context(), c, checkstest.Subject(map[string]string{"LICENSE": decoded + "\nzzz Production zzz requires zzz agreement zzz\n"}))
		require.NoError(t, cause)
		require.NotEqual(t, checks.Pass, result.Outcome)
	})
}

// BenchmarkScanner is the cost of building the scanner for the licences that
// plugins may have, which each program pays once.
func BenchmarkScanner(b *testing.B) {
	build := func() {
		_, err := newScanner(DefaultPolicy().accepted(), nil).accepted()
		require.NoError(b, err)
	}
	for b.Loop() {
		build()
	}
	checkstest.AtMostTime(b, 30*time.Millisecond)
	checkstest.AtMostBytes(b, 10e6, build)
}

// BenchmarkCheck is the cost of one look at a full Apache-2.0 text.
func BenchmarkCheck(b *testing.B) {
	c, err := New(DefaultPolicy())
	require.NoError(b, err)
	s := checkstest.Subject(map[string]string{"LICENSE": text(b, "Apache-2.0", "2024 Jane Doe")})
	for b.Loop() {
		_, err := c.Run(b.Context(), s)
		require.NoError(b, err)
	}
}

func TestAttackManyLicenceFilesAndPlacesAreBounded(t *testing.T) {
	files := map[string]string{}
	for i := range 1 << 7 { // spellings of LICENSE
		name := []byte("license")
		for bit := range name {
			if i&(1<<bit) != 0 {
				name[bit] -= 'a' - 'A'
			}
		}
		files[string(name)] = strings.Repeat("Copyright 2020 not\n\n", 500)
	}
	result := check(t, files)
	assert.NotEqual(t, checks.Pass, result.Outcome)
	assert.Len(t, result.Facts["files"], maxMain)
	assert.LessOrEqual(t, len(result.Findings), 1+maxMain*(maxPlaces+1))
}
