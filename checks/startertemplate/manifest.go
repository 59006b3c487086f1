package startertemplate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// maxManifest bounds plugin.json, in bytes (S17).
const maxManifest = 1 << 20

// field is a text at the top of a JSON object.
type field struct {
	key, value string
	line       int // where the value starts, from 1
}

// manifest looks for leftovers in plugin.json. That there is one, and that it
// is right, is another check's business.
func (l *look) manifest() error {
	file, ok := l.subject.Find("plugin.json")
	if !ok {
		return nil
	}
	if !isFile(file) || file.Size > maxManifest {
		l.add(manifestUnreadable, place{path: file.Path}, "plugin.json is no regular file of at most 1 MiB.")
		return nil
	}
	content, err := l.subject.Read(l.ctx, file, maxManifest)
	if err != nil {
		return fmt.Errorf("read plugin.json: %w", err)
	}
	list, err := fields(content)
	if err != nil {
		l.add(manifestUnreadable, place{path: file.Path}, fmt.Sprintf("plugin.json is not valid JSON: %v.", err))
		return nil
	}
	var urls []field
	for _, f := range list {
		at := place{path: file.Path, line: f.line}
		switch key := strings.ToLower(f.key); { // encoding/json, and so the server, takes keys in any case
		case key == "id" && l.index.OwnsID(f.value):
			l.add(manifestIdentity, at, fmt.Sprintf("The plugin's id is still “%s”, that of the starter template.", f.value))
		case key == "name" && l.index.OwnsName(f.value):
			l.add(manifestIdentity, at, fmt.Sprintf("The plugin's name is still “%s”, that of the starter template.", f.value))
		case key == "description" && l.index.OwnsDescription(f.value):
			l.add(manifestIdentity, at, "The plugin's description is still that of the starter template.")
		case strings.HasSuffix(key, "_url") && l.index.OwnsURL(f.value):
			urls = append(urls, f)
		}
	}
	if len(urls) > 0 {
		l.add(leftURL, span(file.Path, urls), keys(urls)+" in plugin.json still lead to the starter template's repository.")
	}
	return nil
}

// span is the place from the first field to the last.
func span(path string, list []field) place {
	byLine := func(a, b field) int { return a.line - b.line }
	return place{path: path, line: slices.MinFunc(list, byLine).line, end: slices.MaxFunc(list, byLine).line}
}

// keys lists the names of fields.
func keys(list []field) string {
	var names []string
	for _, f := range list {
		names = append(names, f.key)
	}
	return strings.Join(names, ", ")
}

// fields returns the texts at the top of a JSON object with their lines, keys
// that occur twice both times. It fails if the content is not one JSON object.
func fields(content []byte) ([]field, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	decoder := json.NewDecoder(bytes.NewReader(content))
	start, err := decoder.Token()
	if err != nil {
		return nil, unexpected(err)
	}
	if start != json.Delim('{') {
		return nil, errors.New("it is no object")
	}
	var list []field
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, unexpected(err)
		}
		key, _ := token.(string) // the decoder takes nothing else for a key
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, unexpected(err)
		}
		var text string
		if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, &text) != nil {
			continue // no text
		}
		at := decoder.InputOffset() - int64(len(value))
		list = append(list, field{key: key, value: text, line: 1 + bytes.Count(content[:at], []byte{'\n'})})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, unexpected(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return list, nil
}

// unexpected says in words that the content ends too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return err
}

// isFile says whether an entry is a file with content of its own.
func isFile(file checks.File) bool {
	return file.Mode == checks.Regular || file.Mode == checks.Executable
}
