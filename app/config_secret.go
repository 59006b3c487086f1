package app

import (
	"fmt"
	"io"
)

// mask stands for a secret wherever it would be shown. It says nothing about
// the secret's length.
const mask = "********"

// Secret is a text that no log, message, dump or printed configuration shows
// (S20). Only [Secret.Reveal] gives it away.
type Secret string

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns the mask, or nothing if no secret is set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString is [Secret.String] in quotes.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format writes the mask whatever the verb: fmt shows the bare value of a
// Stringer for verbs that do not fit it, such as %d.
func (s Secret) Format(state fmt.State, verb rune) {
	shown := s.String()
	if verb == 'q' || verb == 'v' && state.Flag('#') {
		shown = s.GoString()
	}
	// A fmt.State keeps its own errors; Format has no way to return one.
	_, _ = io.WriteString(state, shown)
}

// MarshalYAML encodes the mask.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalJSON encodes the mask; zerolog and its Interface fields use it too.
func (s Secret) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", s.String()), nil }
