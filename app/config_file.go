package app

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/onboard-app/onboard/app/onboarding"
)

// applyFile sets the keys that the YAML content holds.
func (l *loader) applyFile(content []byte) {
	l.source = l.file
	if node := l.parse(content, "listen: 127.0.0.1:8080  (a space after the colon, two more before it for each level)"); node != nil {
		l.applySection(l.keys, "", node)
	}
}

// parse returns the YAML of the source, nil if it holds none; example is what
// would be right. goccy's own strict decoding stops at the first unknown key
// and quotes the lines around it, secrets included; so its parser gives the
// tree, and the tree is walked here.
func (l *loader) parse(content []byte, example string) ast.Node {
	parsed, err := parser.ParseBytes(content, 0)
	if err != nil {
		where, what := l.source, "is no YAML"
		if syntax := yaml.Error(nil); errors.As(err, &syntax) {
			where, what = l.place(syntax.GetToken()), "is no YAML: "+syntax.GetMessage()
		}
		l.add(where, "", what, example)
		return nil
	}
	var node ast.Node
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil || document.Body.Type() == ast.CommentType: // nothing in it
		case node != nil:
			l.add(l.place(document.Start), "", "a second YAML document; everything belongs into one", "")
		default:
			node = document.Body
		}
	}
	return node
}

// applySection sets those of the keys that begin with the prefix ("server." or
// "") from node.
func (l *loader) applySection(keys []*key, prefix string, node ast.Node) {
	if node.Type() == ast.NullType {
		return // a section whose keys are all commented out
	}
	depth := strings.Count(prefix, ".")
	mapping, ok := node.(ast.MapNode)
	if !ok {
		first := keys[slices.IndexFunc(keys, func(k *key) bool { return strings.HasPrefix(k.path, prefix) })]
		l.add(l.placeOf(node), strings.TrimSuffix(prefix, "."), "must hold keys", first.line(depth))
		return
	}
	for entries := mapping.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		name, where := entry.Key.GetToken().Value, l.place(entry.Key.GetToken())
		path := prefix + name
		if k := find(keys, path); k != nil && k.name() == name {
			l.applyValue(k, where, entry.Value)
		} else if near, hint := nearest(keys, path, func(k *key) string { return k.upTo(depth) }); near.upTo(depth) == path {
			l.applySection(keys, path+".", entry.Value)
		} else {
			l.add(where, path, "unknown key"+hint, near.line(depth))
		}
	}
}

// applyValue sets k from node.
func (l *loader) applyValue(k *key, where string, node ast.Node) {
	switch {
	case k.isMap():
		l.applyMap(k, where, node)
	case k.isStructs():
		l.applyStructs(k, where, node)
	default:
		l.applyTexts(k, where, node)
	}
}

// applyMap sets the entries that node names, and leaves the others as they are.
// One of a new name becomes an entry.
func (l *loader) applyMap(k *key, where string, node ast.Node) {
	k.layer, k.where = l.layer, where
	if node.Type() == ast.NullType {
		return // its entries are all commented out
	}
	mapping, ok := node.(ast.MapNode)
	if !ok {
		l.refuse(k)
		return
	}
	for entries := mapping.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		name, where := entry.Key.GetToken().Value, l.place(entry.Key.GetToken())
		if k.isLists() {
			l.applyTexts(k.listOf(name), where, entry.Value)
			continue
		}
		if !onboarding.ValidName(name) {
			l.add(where, k.path+"."+name, "a name must be of a to z, 0 to 9 and -, and not long", k.assignment(false))
			continue
		}
		prefix := k.path + "." + name + "."
		if !slices.ContainsFunc(l.keys, func(k *key) bool { return strings.HasPrefix(k.path, prefix) }) {
			added := reflect.New(k.elem().Type().Elem().Elem())
			k.elem().SetMapIndex(reflect.ValueOf(name).Convert(k.elem().Type().Key()), added)
			l.keys = append(l.keys, l.placed(appendKeys(nil, prefix, added.Elem()), where)...)
		}
		l.applySection(l.keys, prefix, entry.Value)
	}
}

// applyStructs sets the whole list: what it held before is gone.
func (l *loader) applyStructs(k *key, where string, node ast.Node) {
	k.layer, k.where, k.items, k.broken = l.layer, where, nil, false
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		l.refuse(k)
		return
	}
	k.elem().SetZero()
	if len(sequence.Values) > 0 {
		k.elem().Set(reflect.MakeSlice(k.elem().Type(), len(sequence.Values), len(sequence.Values)))
	}
	for i, value := range sequence.Values {
		path := fmt.Sprintf("%s[%d].", k.path, i)
		keys := l.placed(appendKeys(nil, path, k.elem().Index(i)), l.placeOf(value))
		for _, item := range keys {
			item.item = true
		}
		k.items = append(k.items, keys...)
		if _, ok := value.(ast.MapNode); !ok {
			k.broken = true // and what it holds is not judged
		}
		l.applySection(keys, path, value)
	}
}

// placed gives keys the place of the entry or item that they belong to, until
// they have one of their own.
func (l *loader) placed(keys []*key, where string) []*key {
	for _, k := range keys {
		k.layer, k.where = l.layer, where
	}
	return keys
}

// applyTexts sets k from node: a list of texts, or one value that is no alias,
// tag, or nothing at all, and true or false only where that is wanted. A secret
// may be either.
func (l *loader) applyTexts(k *key, where string, node ast.Node) {
	k.layer, k.where = l.layer, where
	values := []ast.Node{node}
	sequence, isList := node.(*ast.SequenceNode)
	if isList {
		values = sequence.Values
	}
	var texts []string
	for _, value := range values {
		switch value := value.(type) {
		case *ast.BoolNode:
			if _, wanted := k.value.(*bool); wanted {
				texts = append(texts, value.GetToken().Value)
			}
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
			texts = append(texts, value.GetToken().Value)
		case *ast.LiteralNode:
			texts = append(texts, value.Value.Value)
		}
	}
	if _, secret := k.value.(*Secret); secret && isList && len(texts) == len(values) {
		l.set(k, where, strings.Join(texts, "\n"))
		return
	}
	if isList != k.isList() || len(texts) < len(values) {
		l.refuse(k)
		return
	}
	l.set(k, where, strings.Join(texts, ","))
}

// placeOf is the place of what node holds first: GetToken is the colon of a
// mapping that is not in braces.
func (l *loader) placeOf(node ast.Node) string {
	if mapping, ok := node.(ast.MapNode); ok && node.GetToken() != nil && node.GetToken().Type == token.MappingValueType {
		if entries := mapping.MapRange(); entries.Next() {
			return l.place(entries.Key().GetToken())
		}
	}
	return l.place(node.GetToken())
}

// place is source, line and column of t, counted from 1.
func (l *loader) place(t *token.Token) string {
	if t == nil || t.Position == nil {
		return l.source
	}
	return fmt.Sprintf("%s:%d:%d", l.source, t.Position.Line, t.Position.Column)
}
