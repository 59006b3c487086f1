package licence

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// word is a run of letters and digits of a text.
type word struct {
	text string
	at   int // byte offset
}

// wordsOf splits a text into words.
func wordsOf(text string) []word {
	var words []word
	start := -1
	for i, r := range text {
		switch inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r); {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			words = append(words, word{text[start:i], start})
			start = -1
		}
	}
	if start >= 0 {
		words = append(words, word{text[start:], start})
	}
	return words
}

// set makes a set of the words of a text.
func set(text string) map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(text) {
		words[w] = true
	}
	return words
}

// titleWords are the only words that a title may consist of. None of them can
// take a right away: "use", "not" and "only" are not among them.
var titleWords = set(`
	the a of and or is are in this that under for to see at your with
	license licenses licence licences licensed licensing text full copy terms version v
	project software plugin program package repository code work source open file
	released distributed provided standard permissive
	mit expat x11 apache asf bsd isc zlib boost unlicense zero clause clauses two three 2clause 3clause
	new revised simplified modified free public domain spdx identifier id
	january 2004 http https www org com apache opensource licenses html php txt md
	all rights reserved end
	0 1 2 3 00 01 20 0bsd v2 v20 either option`)

// maxTitleWords bounds a line that is read as a title.
const maxTitleWords = 14

// isTitle reports whether a line says nothing but what licence follows.
func isTitle(line string) bool {
	words := wordsOf(line)
	if name := projectName.FindString(line); name != "" {
		return !restricts(words)
	}
	for _, w := range words {
		if !titleWords[strings.ToLower(w.text)] {
			return false
		}
	}
	return len(words) <= maxTitleWords
}

// projectName matches a line that is only a project's name, written as
// repositories and packages are, and perhaps its version.
var projectName = regexp.MustCompile(`^[^\pL\pN]*[A-Za-z0-9]+([-_.][A-Za-z0-9]+)+(\s+v?\d+(\.\d+)*)?[^\pL\pN]*$`)

// restricting are the words by which a restriction hides in the place of a
// name (check-rules.md, licence 5, and what else such sentences are made of).
var restricting = set(`
	use uses used using usage commercial commercially noncommercial production only not without agreement agreements
	no non nor never except unless cannot must may shall requires require required requiring prohibited prohibits
	forbidden permitted allowed restricted restriction restrictions permission consent contract subscription
	subscribers subscribe enterprise evaluation trial internal purpose purposes fee fees pay paid payment
	purchase purchased royalty proprietary confidential military competing competitors resell redistribute
	subject conditions solely exclusively academic educational personal testing`)

// copyrightStart matches a line that starts a copyright statement, with at most
// six words before the word itself ("mattermost-plugin-x, Copyright 2020 …").
var copyrightStart = regexp.MustCompile(`(?i)^[^\pL\pN©(&]*(([\pL\pN]+[^\pL\pN©]+){0,6}(copyright\s*)?(©|\(c\)|&copy;|\d{4}\s+copyright|copyright[\s:,]*(\d{4}|\[yyyy\]|\{yyyy\}))|copyright\b)`)

// address matches what counts as one word: e-mail and web addresses.
var address = regexp.MustCompile(`(?i)https?://\S+|\S+@\S+|@\S+`)

const (
	maxCopyrightWords = 15 // check-rules.md, licence 5
	maxPlainWords     = 4  // words in small letters that no copyright statement needs
)

// copyrightWords are the words in small letters that copyright statements have.
var copyrightWords = set(`copyright c copy all rights reserved and the of by present contributors contributor authors
	author inc llc ltd gmbh co corp other others its project developers de da van von der la le et al portions
	all a team holders holder owner owners www com org net io y e und for parts some name names yyyy s`)

// suspicious reports whether a copyright statement says more than who has the
// copyright since when, and why.
func suspicious(statement string) (string, bool) {
	words := wordsOf(address.ReplaceAllString(statement, " X "))
	plain := 0
	for _, w := range words {
		if isPlain(w.text) {
			plain++
		}
		if mixedScripts(w.text) {
			return "mixes letters of different alphabets in one word", true
		}
	}
	for _, w := range wordsOf(statement) {
		if restricting[strings.ToLower(w.text)] {
			return "has the word “" + w.text + "”", true
		}
	}
	switch {
	case len(words) > maxCopyrightWords:
		return "is longer than names and years need", true
	case plain > maxPlainWords:
		return "reads like a sentence", true
	default:
		return "", false
	}
}

// isPlain reports whether a word in small letters is neither a usual part of a
// copyright statement nor a number: many of them make a sentence.
func isPlain(text string) bool {
	return strings.ToLower(text) == text && strings.ToUpper(text) != text && !copyrightWords[text]
}

// restricts reports whether one of the words is a restricting one.
func restricts(words []word) bool {
	return slices.ContainsFunc(words, func(w word) bool { return restricting[strings.ToLower(w.text)] })
}

// mixedScripts reports whether a word mixes Latin letters with the Greek or
// Cyrillic ones that look like them, to hide a word from a search for it.
func mixedScripts(word string) bool {
	var latin, lookalike bool
	for _, r := range word {
		latin = latin || unicode.Is(unicode.Latin, r)
		lookalike = lookalike || unicode.In(r, unicode.Greek, unicode.Cyrillic)
	}
	return latin && lookalike
}
