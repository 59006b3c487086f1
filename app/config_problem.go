package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Problem is one thing that is wrong with the configuration. It never quotes a
// secret.
type Problem struct {
	Where   string // "config.yml:12:3", "environment ONBOARD_SERVER_LISTEN"; empty: nowhere in particular
	Key     string // "server.listen"; empty if the problem is about no key
	What    string // what is wrong, in words
	Example string // what would be right
}

// String is the problem in one line, and its example in a second.
func (p Problem) String() string {
	var parts []string
	for _, part := range []string{p.Where, p.Key, p.What} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ": ")
	if p.Example != "" {
		text += "\n    for example  " + p.Example
	}
	return text
}

// Problems is everything that is wrong with a configuration: the error of
// [Load] when the files could be read.
type Problems []Problem

// Error lists the problems, one after the other.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p)+1)
	lines = append(lines, fmt.Sprintf("the configuration has %s:", count(len(p), "problem")))
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// didYouMean suggests the one of known that is nearest to word, or lists them
// all if none is near.
func didYouMean(word string, known []string) string {
	nearest := slices.MinFunc(known, func(a, b string) int {
		return levenshtein.Distance(word, a, nil) - levenshtein.Distance(word, b, nil)
	})
	if levenshtein.Distance(word, nearest, nil) <= 1+len(word)/4 {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "known here: " + strings.Join(known, ", ")
}
