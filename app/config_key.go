package app

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// key is one leaf of [Config]: the file, the environment and the messages are
// made from the list of them.
type key struct {
	path    string // "server.listen"
	example string // a right value, as YAML
	value   any    // points to it
	file    *key   // of a secret: <name>_file
	layer   int    // what set it last: 0 nothing, 1 the file, 2 .env, 3 the environment
	where   string // the place there
}

// keysOf lists the keys of c in the order of the file.
func keysOf(c *Config) []*key { return appendKeys(nil, "", reflect.ValueOf(c).Elem()) }

func appendKeys(keys []*key, prefix string, section reflect.Value) []*key {
	for i := range section.NumField() {
		tag, field := section.Type().Field(i).Tag, section.Field(i)
		if tag.Get("json") == "-" {
			continue
		}
		k := &key{path: prefix + tag.Get("json"), example: tag.Get("example"), value: field.Addr().Interface()}
		if field.Kind() == reflect.Struct {
			keys = appendKeys(keys, k.path+".", field)
			continue
		}
		if n := len(keys); n > 0 && keys[n-1].path+"_file" == k.path {
			keys[n-1].file = k
		}
		keys = append(keys, k)
	}
	return keys
}

// name is the last part of the key's path.
func (k *key) name() string { return k.path[strings.LastIndex(k.path, ".")+1:] }

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

// set sets the key from text, a list from items between commas.
func (k *key) set(text string) error {
	switch value := k.value.(type) {
	case *string:
		*value = text
	case *Secret:
		*value = Secret(text)
	case *[]string:
		*value = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*value = append(*value, item)
			}
		}
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
	switch k.value.(type) {
	case *int, *int64:
		return "a whole number"
	case *bool:
		return "true or false"
	case *float64:
		return "a number"
	case *time.Duration:
		return "a duration with a unit (ms, s, m, h)"
	case *[]string:
		return "a list of texts"
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
	if variable {
		return k.env() + "=" + strings.NewReplacer("[", "", "]", "", ", ", ",").Replace(k.example)
	}
	return k.name() + ": " + k.example
}

// lookup returns the key of that path, or nil.
func (l *loader) lookup(path string) *key {
	if i := slices.IndexFunc(l.keys, func(k *key) bool { return k.path == path }); i >= 0 {
		return l.keys[i]
	}
	return nil
}

// nearest returns the key whose name is nearest to word, and a hint if it is so
// near that it was meant.
func (l *loader) nearest(word string, name func(*key) string) (k *key, hint string) {
	distance := func(k *key) int { return levenshtein.Distance(word, name(k), nil) }
	k = slices.MinFunc(l.keys, func(a, b *key) int { return distance(a) - distance(b) })
	if distance(k) <= 1+len(word)/4 {
		hint = fmt.Sprintf("; did you mean %q?", name(k))
	}
	return k, hint
}
