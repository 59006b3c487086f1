package manifest

import (
	"strings"
	"unicode"
)

// kind is the kind of a value in a manifest.
type kind string

// The kinds, named as authors know them.
const (
	object  kind = "an object"
	array   kind = "a list"
	text    kind = "a text"
	number  kind = "a number"
	boolean kind = "true or false"
	null    kind = "null"
)

// value is a value of a manifest with the lines on which it stands.
type value struct {
	kind    kind
	text    string // of a text, number or boolean
	offset  int    // bytes before it; JSON only
	line    int    // of its first character, from 1
	end     int    // of its last character
	members []member
	items   []*value
	exact   bool // keys are found in their own case only, as in YAML
}

// member is one key of an object with its value.
type member struct {
	key   string
	line  int // of the key
	value *value
}

// span is a range of lines, both included; zero for no line.
type span struct{ line, end int }

// span returns where a member stands, from its key to the end of its value. An
// object or list is only named: its key's line.
func (m member) span() span {
	if m.value.kind == object || m.value.kind == array {
		return span{m.line, m.line}
	}
	return span{m.line, m.value.end}
}

// member returns the member of a key as the server finds it: in JSON without
// regard to case.
func (v *value) member(key string) (found member, ok bool) {
	if v == nil {
		return member{}, false
	}
	for _, m := range v.members {
		if m.key == key || !v.exact && fold(m.key) == fold(key) {
			found, ok = m, true
		}
	}
	return found, ok
}

// at returns where the value of a path of keys stands, or as much of the path
// as there is: a missing key is reported at the object that lacks it.
func (v *value) at(keys ...string) span {
	if v == nil {
		return span{}
	}
	place := span{v.line, v.line}
	for _, key := range keys {
		m, ok := v.member(key)
		if !ok {
			break
		}
		place, v = m.span(), m.value
	}
	return place
}

// get returns the value of a path of keys, or nil.
func (v *value) get(keys ...string) *value {
	for _, key := range keys {
		m, ok := v.member(key)
		if !ok {
			return nil
		}
		v = m.value
	}
	return v
}

// item returns the item at an index, or nil.
func (v *value) item(i int) *value {
	if v == nil || i >= len(v.items) {
		return nil
	}
	return v.items[i]
}

// fold makes two keys equal that encoding/json takes for the same: more than
// those of the same lower case, for example “ſ” is an “s” to it.
func fold(key string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, key)
}

// fault says why a manifest cannot be read, and where.
type fault struct {
	rule    string
	line    int // 0 if about no line
	message string
}
