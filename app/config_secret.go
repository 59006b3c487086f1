package app

import (
	"fmt"
	"io"
)

// Secret is a text that no log, message, dump or printed configuration shows
// (S20). Only [Secret.Reveal] gives it away. It may hold several secrets while a new
// one takes an old one's place: lines, or keys in PEM form.
type Secret string

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns ******** whatever the secret's length, or nothing if none is set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "********"
}

// Format writes the mask whatever the verb: fmt shows the bare value of a
// Stringer for verbs that do not fit it, such as %d.
func (s Secret) Format(state fmt.State, _ rune) {
	// A fmt.State keeps its own errors; Format has no way to return one.
	_, _ = io.WriteString(state, s.String())
}

// MarshalText encodes the mask in JSON, YAML and zerolog's fields.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readSecrets reads the secrets that are given as files. Of a secret and its
// file the stronger layer decides, and one layer may name only one of them.
func (l *loader) readSecrets() {
	for _, k := range l.keys {
		secret, ok := k.value.(*Secret)
		if !ok {
			continue
		}
		switch file := k.file.value.(*string); {
		case *file == "":
		case *secret != "" && k.layer > k.file.layer:
			*file = "" // it is not what counts
		case *secret != "" && k.layer == k.file.layer:
			l.report(k, "is set, and so is "+k.file.path+"; keep one of them")
		default:
			content, err := readSecret(*file)
			if err != nil {
				l.report(k.file, "cannot be read: "+err.Error())
			}
			*secret = content
			k.layer, k.where = k.file.layer, k.file.where
		}
	}
}
