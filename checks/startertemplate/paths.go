package startertemplate

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// paths looks for own files whose paths read like something else.
func (l *look) paths() {
	folded := map[string]string{} // first path of each spelling
	var odd []checks.File
	why := map[string]string{}
	note := func(file checks.File, reason string) {
		if _, known := why[file.Path]; !known {
			odd = append(odd, file)
			why[file.Path] = reason
		}
	}
	for _, m := range l.compared.Matches {
		spelling := strings.ToLower(skeleton(m.File.Path))
		first, twice := folded[spelling]
		if !twice {
			folded[spelling] = m.File.Path
		}
		switch {
		case twice && m.Class != template.Unmodified:
			note(m.File, "This path reads like "+strconv.Quote(first)+", and some systems take them for the same.")
		case twice:
			if file, ok := l.subject.Find(first); ok && !l.index.Unmodified(file) {
				note(file, "This path reads like "+strconv.Quote(m.File.Path)+", and some systems take them for the same.")
			}
		case m.Class == template.Unmodified:
		case unseen(m.File.Path):
			note(m.File, "This path has invisible characters: "+strconv.QuoteToASCII(m.File.Path)+".")
		case disguised(m.File.Path):
			note(m.File, fmt.Sprintf("This path has letters of other scripts that look like Latin ones: %s.", strconv.QuoteToASCII(m.File.Path)))
		}
	}
	l.addEach(confusablePath, odd, func(file checks.File) string { return why[file.Path] })
}

// unseen says whether a path has characters that do not print.
func unseen(name string) bool {
	if !utf8.ValidString(name) || len(hidden([]byte(name))) > 0 {
		return true
	}
	return strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	})
}

// disguised says whether letters of a name in a path read as plain ASCII but are
// not. Dashes and other signs alone are common in names of pictures.
func disguised(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		for _, piece := range []string{strings.TrimSuffix(part, path.Ext(part)), path.Ext(part)} {
			foreign := strings.ContainsFunc(piece, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) })
			if foreign && ascii(skeleton(piece)) {
				return true
			}
		}
	}
	return false
}

// ascii says whether a text has nothing but ASCII characters.
func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// skeleton writes look-alikes of ASCII characters as those, after the idea of
// Unicode TR39.
func skeleton(text string) string {
	if ascii(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			return r - 0xFF01 + '!'
		case r >= 0x1D400 && r <= 0x1D6A3: // mathematical alphabets, 52 letters each
			return rune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(r-0x1D400)%52])
		case bidirectional(r) || invisible(r):
			return -1
		}
		if i := strings.IndexRune(lookAlikes, r); i >= 0 {
			return rune(looksLike[utf8.RuneCountInString(lookAlikes[:i])])
		}
		return r
	}, text)
}

// lookAlikes are letters and signs that look like ASCII ones, in the order of
// looksLike: Cyrillic, Greek, Armenian, Latin, then dashes, dots and slashes.
const (
	lookAlikes = "аеорсухіѕјһԁԛԝӏѵАВЕЗКМНОРСТХУІЅЈԌ" + "αορνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "օսհոց" + "ıɡɩƖ" + "‐‑‒–—−․⁄∕⧸٭"
	looksLike  = "aeopcyxisjhdqwlvABE3KMHOPCTXYISJG" + "aopvikABEZHIKMNOPTYX" + "ouhng" + "igil" + "------.///*"
)
