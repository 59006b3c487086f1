package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// maxDepth bounds how deep a manifest's values nest.
const maxDepth = 100

// errDeep says that a manifest nests deeper than maxDepth.
var errDeep = fmt.Errorf("its values nest more than %d deep", maxDepth)

// parseJSON returns the value of a JSON text with the line of every key and
// value, or why it is none. Like the server it takes any key twice.
func parseJSON(content []byte) (*value, *fault) {
	lines := newLines(content)
	if bytes.HasPrefix(content, []byte("\xEF\xBB\xBF")) {
		return nil, &fault{syntax, 1, "The file starts with a byte order mark, which a Mattermost server does not accept."}
	}
	if !utf8.Valid(content) {
		return nil, &fault{syntax, lines.of(firstInvalid(content)), "The file is not text in UTF-8."}
	}
	if err := json.Unmarshal(content, new(json.RawMessage)); err != nil {
		return nil, syntaxFault(content, lines, err)
	}
	p := jsonParser{content: content, lines: lines, decoder: json.NewDecoder(bytes.NewReader(content))}
	p.decoder.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, &fault{syntax, lines.of(p.next()), fmt.Sprintf("The file cannot be read as JSON: %v.", err)}
	}
	return v, nil
}

// jsonParser walks the tokens of a text that is known to be valid JSON.
type jsonParser struct {
	content []byte
	lines   lines
	decoder *json.Decoder
}

// next returns the offset of the next token: the decoder's own offset is that
// of the end of the last one.
func (p *jsonParser) next() int {
	at := int(p.decoder.InputOffset())
	for at < len(p.content) && bytes.IndexByte([]byte(" \t\r\n,:"), p.content[at]) >= 0 {
		at++
	}
	return at
}

// value reads one value.
func (p *jsonParser) value(depth int) (*value, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	at := p.next()
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	v := &value{offset: at, line: p.lines.of(at)}
	switch token := token.(type) {
	case json.Delim:
		v.kind = object
		if token == '[' {
			v.kind = array
		}
		if err := p.inside(v, depth); err != nil {
			return nil, err
		}
	case string:
		v.kind, v.text = text, token
	case json.Number:
		v.kind, v.text = number, token.String()
	case bool:
		v.kind, v.text = boolean, fmt.Sprint(token)
	default:
		v.kind = null
	}
	v.end = p.lines.of(int(p.decoder.InputOffset()) - 1)
	return v, nil
}

// inside reads what an object or a list holds, and its closing bracket.
func (p *jsonParser) inside(v *value, depth int) error {
	for p.decoder.More() {
		var m member
		if v.kind == object {
			m.line = p.lines.of(p.next())
			key, err := p.decoder.Token()
			if err != nil {
				return err
			}
			name, ok := key.(string)
			if !ok {
				return fmt.Errorf("the key %v is no text", key)
			}
			m.key = name
		}
		inner, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if v.kind == object {
			m.value = inner
			v.members = append(v.members, m)
		} else {
			v.items = append(v.items, inner)
		}
	}
	_, err := p.decoder.Token()
	return err
}

// syntaxFault explains what encoding/json says about a text that is no JSON.
func syntaxFault(content []byte, lines lines, err error) *fault {
	var wrong *json.SyntaxError
	if !errors.As(err, &wrong) {
		return &fault{syntax, 1, fmt.Sprintf("The file is not valid JSON: %v.", err)}
	}
	at := min(int(wrong.Offset), len(content)) - 1 // Offset counts the wrong byte
	before := bytes.TrimRight(content[:max(at, 0)], " \t\r\n")
	switch {
	case len(bytes.TrimSpace(content)) == 0:
		return &fault{syntax, 1, "The file is empty."}
	case errors.Is(err, io.ErrUnexpectedEOF) || wrong.Error() == "unexpected end of JSON input":
		return &fault{syntax, lines.of(len(content) - 1), "The file ends in the middle: a closing bracket or quotation mark is missing."}
	case (content[at] == '}' || content[at] == ']') && bytes.HasSuffix(before, []byte(",")):
		return &fault{syntax, lines.of(len(before) - 1), fmt.Sprintf("There is a comma before the closing %q, which JSON does not allow.", content[at])}
	case content[at] == '/' || content[at] == '#':
		return &fault{syntax, lines.of(at), "There is a comment, which JSON does not allow."}
	}
	return &fault{syntax, lines.of(at), fmt.Sprintf("The file is not valid JSON: %v.", wrong)}
}

// firstInvalid returns the offset of the first byte that is no UTF-8.
func firstInvalid(content []byte) int {
	for at := 0; at < len(content); {
		r, size := utf8.DecodeRune(content[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return len(content)
}

// lines holds the offset of each line feed of a text.
type lines []int

func newLines(content []byte) lines {
	var feeds lines
	for i, b := range content {
		if b == '\n' {
			feeds = append(feeds, i)
		}
	}
	return feeds
}

// of returns the line, from 1, of the byte at an offset.
func (l lines) of(offset int) int {
	at, _ := slices.BinarySearch(l, offset)
	return at + 1
}
