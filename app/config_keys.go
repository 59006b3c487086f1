package app

import (
	"reflect"
	"strings"
)

// envPrefix starts the name of every variable that the App reads.
const envPrefix = "ONBOARD_"

// key is one leaf of [Config]: the one table that the file, the environment,
// the masked print, the schema and the messages are made from.
type key struct {
	path    string        // "server.listen"
	env     string        // "ONBOARD_SERVER_LISTEN"
	doc     string        // one sentence or two
	example string        // a right value, as YAML
	value   reflect.Value // settable
}

// keysOf lists the keys of c in the order of the file.
func keysOf(c *Config) []key {
	return appendKeys(nil, "", reflect.ValueOf(c).Elem())
}

func appendKeys(keys []key, prefix string, section reflect.Value) []key {
	for i := range section.NumField() {
		field := section.Type().Field(i)
		path := prefix + field.Tag.Get("json")
		if field.Type.Kind() == reflect.Struct {
			keys = appendKeys(keys, path+".", section.Field(i))
			continue
		}
		keys = append(keys, key{
			path:    path,
			env:     envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_")),
			doc:     field.Tag.Get("doc"),
			example: field.Tag.Get("example"),
			value:   section.Field(i),
		})
	}
	return keys
}

// name is the last part of the key's path.
func (k key) name() string {
	return k.path[strings.LastIndex(k.path, ".")+1:]
}

// secret reports whether the value must never be shown.
func (k key) secret() bool {
	return k.value.Type() == reflect.TypeFor[Secret]()
}

// exampleIn is a right way to set the key where the wrong one was found.
func (k key) exampleIn(s source) string {
	if s == fromDotenv || s == fromEnviron {
		return k.envExample()
	}
	return k.name() + ": " + k.example
}

// envExample is a right way to set the key by the environment. Secrets are best
// given as files, which neither a process list nor a shell's history shows.
func (k key) envExample() string {
	if k.secret() {
		return k.env + "_FILE=/run/secrets/" + k.name()
	}
	return k.env + "=" + strings.NewReplacer("[", "", "]", "", ", ", ",").Replace(k.example)
}

// lookup returns the key of that path.
func (l *loader) lookup(path string) (key, bool) {
	for _, k := range l.keys {
		if k.path == path {
			return k, true
		}
	}
	return key{}, false
}

// children are the names that may stand below the prefix ("server." or ""), in
// the order of the file.
func (l *loader) children(prefix string) []string {
	var names []string
	for _, k := range l.keys {
		rest, below := strings.CutPrefix(k.path, prefix)
		name, _, _ := strings.Cut(rest, ".")
		if below && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	return names
}
