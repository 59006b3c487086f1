package app

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// key is one leaf of [Config]: the file, the environment and the messages are
// made from the list of them. A list of structs is one leaf, and so is a map: of
// structs, the entries have keys of their own beside it.
type key struct {
	path    string // "server.listen"
	example string // a right value, as YAML
	value   any    // points to it
	file    *key   // of a secret: <name>_file
	items   []*key // of a list of structs: its items' keys, "pipeline.stages[0].name"; of a map of lists: its entries
	entry   string // the name of an entry of a map of lists, which may hold dots
	item    bool   // it is one of those, which no variable sets by itself
	broken  bool   // its value could not be read
	layer   int    // what set it last: 0 nothing, 1 the file, 2 .env, 3 the environment
	where   string // the place there
}

// keysOf lists the keys of c in the order of the file.
func keysOf(c *Config) []*key { return appendKeys(nil, "", reflect.ValueOf(c).Elem()) }

func appendKeys(keys []*key, prefix string, section reflect.Value) []*key {
	for i := range section.NumField() {
		field, value := section.Type().Field(i), section.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		k := &key{path: prefix + name, example: field.Tag.Get("example"), value: value.Addr().Interface()}
		switch {
		case name == "-":
			continue
		case field.Anonymous:
			keys = appendKeys(keys, prefix, value)
			continue
		case value.Kind() == reflect.Struct:
			keys = appendKeys(keys, k.path+".", value)
			continue
		}
		if n := len(keys); n > 0 && keys[n-1].path+"_file" == k.path {
			keys[n-1].file = k
		}
		keys = append(keys, k)
		if k.isMap() && !k.isLists() {
			entries := value.MapKeys()
			slices.SortFunc(entries, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
			for _, entry := range entries {
				keys = appendKeys(keys, k.path+"."+entry.String()+".", value.MapIndex(entry).Elem())
			}
		}
	}
	return keys
}

// isMap tells a map, be it of structs or of lists of texts.
func (k *key) isMap() bool { return k.elem().Kind() == reflect.Map }

// isLists tells a map of lists of texts.
func (k *key) isLists() bool {
	return k.isMap() && k.elem().Type().Elem().Elem().Kind() == reflect.Slice
}

// isStructs tells a list of structs.
func (k *key) isStructs() bool { return k.isList() && k.elem().Type().Elem().Kind() == reflect.Struct }

// isList tells a list, be it of texts or of structs.
func (k *key) isList() bool { return k.elem().Kind() == reflect.Slice }

// elem is the value itself.
func (k *key) elem() reflect.Value { return reflect.ValueOf(k.value).Elem() }

// name is the last part of the key's path.
func (k *key) name() string { return cmp.Or(k.entry, k.path[strings.LastIndex(k.path, ".")+1:]) }

// upTo is the key's path down to this depth, 0 for its first part only.
func (k *key) upTo(depth int) string {
	parts := strings.Split(k.path, ".")
	return strings.Join(parts[:min(depth+1, len(parts))], ".")
}

// line is a right line of YAML at this depth, on the way to the key.
func (k *key) line(depth int) string {
	section := k.upTo(depth)
	if section == k.path {
		return k.assignment(false)
	}
	return section[strings.LastIndex(section, ".")+1:] + ": …"
}

// env is the name of the key's variable.
func (k *key) env() string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(k.path))
}

// set sets the key from text, a list of texts from items between commas.
func (k *key) set(text string) error {
	switch value := k.value.(type) {
	case *bool:
		return into(value)(strconv.ParseBool(text))
	case *int:
		return into(value)(strconv.Atoi(text))
	case *int64:
		return into(value)(strconv.ParseInt(text, 10, 64))
	case *float64:
		return into(value)(strconv.ParseFloat(text, 64))
	case *time.Duration:
		return into(value)(time.ParseDuration(text))
	}
	value := k.elem()
	if !k.isList() {
		value.SetString(text)
		return nil
	}
	value.SetZero()
	for text := range strings.SplitSeq(text, ",") {
		if text = strings.TrimSpace(text); text != "" {
			item := reflect.New(value.Type().Elem()).Elem()
			item.SetString(text)
			value.Set(reflect.Append(value, item))
		}
	}
	return nil
}

// into stores what a parser returns, unless that is an error.
func into[T any](value *T) func(T, error) error {
	return func(parsed T, err error) error {
		if err == nil {
			*value = parsed
		}
		return err
	}
}

// wanted says what set takes.
func (k *key) wanted() string {
	switch {
	case k.isLists():
		return "names, each with a list of texts"
	case k.isMap():
		return "keys and their values"
	case k.isStructs():
		return "a list of entries, each with keys"
	case k.isList():
		return "a list of texts"
	}
	switch k.value.(type) {
	case *int, *int64:
		return "a whole number"
	case *bool:
		return "true or false"
	case *float64:
		return "a number"
	case *time.Duration:
		return "a duration with a unit (ms, s, m, h)"
	default:
		return "text"
	}
}

// assignment is a right way to set the key, in YAML or by its variable. Secrets
// are best given as files, which no process list and no shell's history shows.
func (k *key) assignment(variable bool) string {
	if k.file != nil {
		k = k.file
	}
	switch {
	case variable && (k.isMap() || k.isStructs()):
		return k.env() + "='" + k.example + "'"
	case variable && !k.item:
		return k.env() + "=" + strings.NewReplacer("[", "", "]", "", ", ", ",").Replace(k.example)
	}
	return k.name() + ": " + k.example
}

// lookup returns the key of that path, be it of a list's item, or nil.
func (l *loader) lookup(path string) *key { return find(l.keys, path) }

func find(keys []*key, path string) *key {
	for _, k := range keys {
		if k.path == path {
			return k
		}
		if item := find(k.items, path); item != nil {
			return item
		}
	}
	return nil
}

// nearest returns the key whose name is nearest to word, and a hint if it is so
// near that it was meant.
func nearest(keys []*key, word string, name func(*key) string) (k *key, hint string) {
	distance := func(k *key) int { return levenshtein.Distance(word, name(k), nil) }
	k = slices.MinFunc(keys, func(a, b *key) int { return distance(a) - distance(b) })
	if near(word, name(k)) {
		hint = fmt.Sprintf("; did you mean %q?", name(k))
	}
	return k, hint
}

// near tells whether a word is so near to a known one that this was meant.
func near(word, known string) bool {
	return levenshtein.Distance(word, known, nil) <= 1+len(word)/4
}
