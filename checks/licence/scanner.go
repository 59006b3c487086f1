package licence

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

// titled are licences that the library does not know. Their texts differ from
// one project to the next, so they are recognised by the words of their titles.
var titled = map[string]string{
	"BUSL-1.1":                               "Business Source License",
	"Elastic-2.0":                            "Elastic License 2.0",
	"LicenseRef-Mattermost-Custom":           "Mattermost Licensing Software Licensing",
	"LicenseRef-Mattermost-Source-Available": "Mattermost Source Available License",
}

// scanner finds licences in texts. The patterns are long, and a program may
// never need them, so they are built when first used: those that plugins may
// have in about 20 ms, the others only where something is wrong.
type scanner struct {
	accepted, refused func() (*library, error)
}

// patterns are all licences that can be recognised, by id.
func patterns() map[string]licensecheck.License {
	all := map[string]licensecheck.License{}
	for _, licence := range licensecheck.BuiltinLicenses() {
		if licence.LRE != "" {
			all[licence.ID] = licence
		}
	}
	for id, title := range titled {
		all[id] = licensecheck.License{ID: id, LRE: title}
	}
	return all
}

// newScanner returns a scanner for the licences with these ids of patterns.
func newScanner(accepted, refused []string) *scanner {
	return &scanner{lazyLibrary(accepted), lazyLibrary(refused)}
}

func lazyLibrary(ids []string) func() (*library, error) {
	return sync.OnceValues(func() (*library, error) {
		all := patterns()
		var list []licensecheck.License
		for _, id := range ids {
			list = append(list, all[id])
		}
		return newLibrary(list)
	})
}

// library is the patterns of some licences.
type library struct {
	scanner *licensecheck.Scanner     // nil for no licences
	words   map[string]map[string]int // licence id → how often its pattern has each word
}

func newLibrary(licences []licensecheck.License) (*library, error) {
	l := &library{words: map[string]map[string]int{}}
	if len(licences) == 0 {
		return l, nil
	}
	for _, licence := range licences {
		l.words[licence.ID] = patternWords(licence.LRE)
	}
	var err error
	if l.scanner, err = licensecheck.NewScanner(licences); err != nil {
		return nil, fmt.Errorf("build the licence scanner: %w", err)
	}
	return l, nil
}

var (
	// patternSyntax is what is no word in a pattern: comments and wildcards (__20__).
	patternSyntax = regexp.MustCompile(`(?s)//\*\*.*?\*\*//|__\d+__`)
	// endorsement is what the BSD patterns' wildcard stands for in the usual texts:
	// "nor the names of its contributors may [not] be" used to endorse.
	endorsement = []string{"nor", "may", "not"}
)

// patternWords counts the words of a pattern, those of all alternatives.
func patternWords(pattern string) map[string]int {
	counts := map[string]int{}
	for _, word := range wordsOf(patternSyntax.ReplaceAllString(pattern, " ")) {
		counts[strings.ToLower(word.text)]++
	}
	if counts["endorse"] > 0 {
		for _, word := range endorsement {
			counts[word]++
		}
	}
	return counts
}

// match is one licence found in a text, at text[start:end].
type match struct {
	id         string
	start, end int
}

// scan returns the licences whose texts are in the text, in order. The library
// stretches a match back to a "copyright" up to 50 words before it, over
// whatever stands between; here a match starts where the licence itself does.
func (l *library) scan(text string) []match {
	if l.scanner == nil {
		return nil
	}
	var found []match
	for _, m := range l.scanner.Scan([]byte(text)).Match {
		if !m.IsURL {
			found = append(found, match{m.ID, l.start(text, m), m.End})
		}
	}
	return found
}

// marker is what the library reads as the word "copyright".
var marker = regexp.MustCompile(`(?i)^(copyright|©|\(c\)|&copy;)(\s*(copyright|©|\(c\)|&copy;))*`)

// start returns where the licence of a match starts, by blanking the word that
// the match was stretched to and scanning again, until it was not stretched.
func (l *library) start(text string, m licensecheck.Match) int {
	rest := []byte(text[m.Start:m.End])
	for from := 0; ; {
		at := marker.FindIndex(rest[from:])
		if at == nil {
			return m.Start + from
		}
		for i := range at[1] {
			rest[from+i] = ' '
		}
		again := l.scanner.Scan(rest).Match
		if len(again) == 0 {
			return m.Start + from // the licence's own text starts with the word
		}
		from = again[0].Start
	}
}

// foreign returns the words of a match that the licence's pattern does not
// have, or not as often: names in its open slots, and whatever hides there.
func (l *library) foreign(text string, m match) []word {
	left := maps.Clone(l.words[m.id])
	var out []word
	for _, w := range wordsOf(text[m.start:m.end]) {
		key := strings.ToLower(w.text)
		if left[key]--; left[key] < 0 {
			w.at += m.start
			out = append(out, w)
		}
	}
	return out
}
