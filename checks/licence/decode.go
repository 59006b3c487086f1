package licence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// errNotText says that a file is no text.
var errNotText = errors.New("it is not a text file")

// decode makes UTF-8 with "\n" line ends of a text file in UTF-8, UTF-16 or
// Latin-1, with or without a byte order mark. It returns errNotText for others.
func decode(content []byte) (string, error) {
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}):
		return decode16(content[2:], binary.LittleEndian)
	case bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		return decode16(content[2:], binary.BigEndian)
	case len(content) >= 2 && content[0] != 0 && content[1] == 0:
		return decode16(content, binary.LittleEndian)
	case len(content) >= 2 && content[0] == 0 && content[1] != 0:
		return decode16(content, binary.BigEndian)
	}
	content = bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(content, 0) >= 0 {
		return "", errNotText
	}
	if utf8.Valid(content) {
		return unixLines(string(content)), nil
	}
	latin := make([]rune, len(content)) // Latin-1 is the first 256 code points
	for i, b := range content {
		latin[i] = rune(b)
	}
	return unixLines(string(latin)), nil
}

// decode16 decodes UTF-16. An odd length, half a pair or a NUL is no text.
func decode16(content []byte, order binary.ByteOrder) (string, error) {
	if len(content)%2 != 0 {
		return "", errNotText
	}
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	text := string(utf16.Decode(units))
	if strings.ContainsAny(text, "\x00\uFFFD") {
		return "", errNotText
	}
	return unixLines(text), nil
}

// unixLines folds CRLF.
func unixLines(text string) string {
	return strings.ReplaceAll(text, "\r\n", "\n")
}
