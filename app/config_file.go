package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// applyFile sets the keys that the YAML content holds. goccy's own strict
// decoding stops at the first unknown key and quotes the lines around it,
// secrets included; so its parser gives the tree, and the tree is walked here.
func (l *loader) applyFile(content []byte) {
	parsed, err := parser.ParseBytes(content, 0)
	if err != nil {
		where, what := l.file, "is no YAML"
		if syntax := yaml.Error(nil); errors.As(err, &syntax) {
			where, what = l.place(syntax.GetToken()), "is no YAML: "+syntax.GetMessage()
		}
		l.add(where, "", what, "listen: 127.0.0.1:8080  (a space after the colon, two more before it for each level)")
		return
	}
	seen := false
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil || document.Body.Type() == ast.CommentType: // nothing in it
		case seen:
			l.add(l.place(document.Start), "", "a second YAML document; everything belongs into one", "")
		default:
			seen = true
			l.applySection("", document.Body)
		}
	}
}

// applySection sets the keys below the prefix ("server." or "") from node.
func (l *loader) applySection(prefix string, node ast.Node) {
	if node.Type() == ast.NullType {
		return // a section whose keys are all commented out
	}
	depth := strings.Count(prefix, ".")
	mapping, ok := node.(ast.MapNode)
	if !ok {
		first := l.keys[slices.IndexFunc(l.keys, func(k *key) bool { return strings.HasPrefix(k.path, prefix) })]
		l.add(l.place(node.GetToken()), strings.TrimSuffix(prefix, "."), "must hold keys", first.line(depth))
		return
	}
	for entries := mapping.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		path, where := prefix+entry.Key.GetToken().Value, l.place(entry.Key.GetToken())
		if k := l.lookup(path); k != nil {
			l.applyValue(k, where, entry.Value)
		} else if near, hint := l.nearest(path, func(k *key) string { return k.upTo(depth) }); near.upTo(depth) == path {
			l.applySection(path+".", entry.Value)
		} else {
			l.add(where, path, "unknown key"+hint, near.line(depth))
		}
	}
}

// applyValue sets k from node: a list of texts, or one value that is no alias,
// tag, true, false or nothing at all.
func (l *loader) applyValue(k *key, where string, node ast.Node) {
	_, wantsList := k.value.(*[]string)
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
	if isList != wantsList || len(texts) < len(values) {
		l.add(where, k.path, "must be "+k.wanted(), k.assignment(false))
		return
	}
	l.set(k, where, strings.Join(texts, ","))
}

// place is file, line and column of t, counted from 1.
func (l *loader) place(t *token.Token) string {
	if t == nil || t.Position == nil {
		return l.file
	}
	return fmt.Sprintf("%s:%d:%d", l.file, t.Position.Line, t.Position.Column)
}
