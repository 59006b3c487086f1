package manifest

import (
	"fmt"
	"reflect"
	"strings"
)

// membersOf returns the types of the members of a struct by their JSON names.
// What a manifest may hold is thus exactly what the server's own type holds.
func membersOf(t reflect.Type) map[string]reflect.Type {
	members := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "-" && name != "" {
			members[name] = t.Field(i).Type
		}
	}
	return members
}

// shape compares a value with the type that the server decodes it into: wrong
// types, unknown keys and keys that are there twice become findings. It
// returns whether all types are right, so that the value can be decoded.
func (l *look) shape(name string, v *value, t reflect.Type) bool {
	l.twice(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	right, want := true, kindOf(t)
	switch {
	case want == "", v.kind == null, v.kind == want:
	case want == text && !l.isJSON() && (v.kind == number || v.kind == boolean):
		// YAML's scalars are texts if a text is wanted
	default:
		l.add(wrongType, l.path, span{v.line, v.line}, fmt.Sprintf("“%s” is %s, but it must be %s.", name, v.kind, want))
		return false
	}
	switch t.Kind() {
	case reflect.Struct:
		right = l.struc(name, v, t) && right
	case reflect.Map:
		for _, m := range v.members {
			right = l.shape(join(name, m.key), m.value, t.Elem()) && right
		}
	case reflect.Slice:
		for i, item := range v.items {
			at := fmt.Sprintf("%s[%d]", name, i)
			if item.kind == null {
				// the server would crash on it
				l.add(wrongType, l.path, span{item.line, item.line}, fmt.Sprintf("“%s” is null, but it must be %s.", at, kindOf(t.Elem())))
				right = false
				continue
			}
			right = l.shape(at, item, t.Elem()) && right
		}
	case reflect.Interface:
		for _, m := range v.members {
			right = l.shape(join(name, m.key), m.value, t) && right
		}
		for i, item := range v.items {
			right = l.shape(fmt.Sprintf("%s[%d]", name, i), item, t) && right
		}
	}
	return right
}

// struc compares an object with the struct that it is decoded into.
func (l *look) struc(name string, v *value, t reflect.Type) bool {
	right := true
	known := membersOf(t)
	for _, m := range v.members {
		if want, ok := known[m.key]; ok {
			right = l.shape(join(name, m.key), m.value, want) && right
			continue
		}
		meant := ""
		for key := range known {
			if fold(key) == fold(m.key) {
				meant = key
			}
		}
		if meant == "" {
			l.add(unknownKey, l.path, m.span(), fmt.Sprintf("A Mattermost server does not know “%s” and ignores it.", join(name, m.key)))
			continue
		}
		l.add(unknownKey, l.path, m.span(), fmt.Sprintf("“%s” is not written in lower case, so not all programs find it.", join(name, m.key)))
		if l.isJSON() {
			right = l.shape(join(name, meant), m.value, known[meant]) && right
		}
	}
	return right
}

// twice adds a finding for each key that an object has more than once: two
// programs could take different ones of them. Case is disregarded, as the
// server does.
func (l *look) twice(v *value) {
	first := map[string]int{}
	for _, m := range v.members {
		key := fold(m.key)
		line, again := first[key]
		if !again {
			first[key] = m.line
			continue
		}
		l.add(duplicateKey, l.path, span{m.line, m.line}, fmt.Sprintf("“%s” is here again; it is already on line %d.", m.key, line))
	}
}

// kindOf is the kind of value that a type is decoded from; "" for any.
func kindOf(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Struct, reflect.Map:
		return object
	case reflect.Slice, reflect.Array:
		return array
	case reflect.String:
		return text
	case reflect.Bool:
		return boolean
	case reflect.Interface:
		return ""
	default:
		return number
	}
}

// join names a member of an object.
func join(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}
