package startertemplate

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// concealed is a character that reviewers cannot see, or that shows them text
// in another order.
type concealed struct {
	char      rune
	line      int // from 1
	direction bool
}

// maxConcealed bounds how many characters of a file are reported.
const maxConcealed = 1000

// hidden returns the characters of a text that hide something: those that
// change its direction, and invisible ones where no script or emoji needs them
// (S7, "Trojan Source").
func hidden(content []byte) []concealed {
	var found []concealed
	previous, line := rune(0), 1
	for i := 0; i < len(content); {
		if content[i] < utf8.RuneSelf {
			if content[i] == '\n' {
				line++
			}
			previous = rune(content[i])
			i++
			continue
		}
		r, size := utf8.DecodeRune(content[i:])
		direction := bidirectional(r)
		if direction || invisible(r) && !needed(r, previous, content[i+size:], i == 0) {
			found = append(found, concealed{char: r, line: line, direction: direction})
			if len(found) == maxConcealed {
				return found
			}
		}
		i += size
		previous = r
	}
	return found
}

// bidirectional says whether a character sets the direction of text.
func bidirectional(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// Characters with roles of their own.
const (
	byteOrderMark = '\ufeff'
	nonJoiner     = '\u200c'
	joiner        = '\u200d'
	softHyphen    = '\u00ad'
	textStyle     = '\ufe0e'
	emojiStyle    = '\ufe0f'
	blackFlag     = '\U0001f3f4'
	firstTag      = 0xE0001
	lastTag       = 0xE007F
)

// invisible says whether a character has no width or no shape.
func invisible(r rune) bool {
	switch r {
	case byteOrderMark, softHyphen, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFFA0:
		return true
	}
	return r >= 0x200B && r <= 0x200D || r >= 0x2060 && r <= 0x2064 || r >= 0x206A && r <= 0x206F ||
		selector(r) || r >= firstTag && r <= lastTag || r >= 0xFFF9 && r <= 0xFFFB
}

// selector says whether a character chooses the look of the one before it.
// A row of them can carry any text.
func selector(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF || r >= 0x180B && r <= 0x180D
}

// needed says whether an invisible character stands where writing needs it.
func needed(r, previous rune, rest []byte, first bool) bool {
	next, _ := utf8.DecodeRune(rest)
	switch {
	case r == byteOrderMark:
		return first
	case r == emojiStyle || r == textStyle:
		return unicode.IsSymbol(previous) || unicode.IsPunct(previous) && previous >= utf8.RuneSelf || bytes.ContainsRune([]byte("0123456789#*"), previous) && next == 0x20E3
	case selector(r):
		return unicode.Is(unicode.Han, previous) || unicode.Is(unicode.Mongolian, previous)
	case r == joiner && pictorial(previous) && pictorial(next):
		return true
	case r == joiner || r == nonJoiner:
		return joining(previous) && joining(next)
	case r >= firstTag && r <= lastTag: // the flags of England, Scotland and Wales
		return previous == blackFlag || previous >= 0xE0020 && previous < lastTag
	default:
		return false
	}
}

// pictorial says whether emoji are joined at a character.
func pictorial(r rune) bool {
	return unicode.Is(unicode.So, r) || r == emojiStyle || r >= 0x1F3FB && r <= 0x1F3FF || r == 0x2194 || r == 0x2195
}

// joining says whether a character belongs to a script whose letters join.
func joining(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
		unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar)
}
