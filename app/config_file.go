package app

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// applyFile sets the keys that the YAML content holds. goccy's own strict
// decoding stops at the first unknown key and quotes the lines around it,
// secrets included; so its parser gives the tree, and the tree is walked here.
func (l *loader) applyFile(file string, content []byte) {
	parsed, err := parser.ParseBytes(content, 0)
	if err != nil {
		l.problems = append(l.problems, syntaxProblem(file, err))
		return
	}
	seen := false
	for _, document := range parsed.Docs {
		if document.Body == nil || document.Body.Type() == ast.CommentType {
			continue
		}
		if seen {
			l.problems = append(l.problems, Problem{Where: place(file, document.Start), What: "a second YAML document; everything belongs into one"})
			return
		}
		seen = true
		l.applySection(file, "", document.Body)
	}
}

// applySection sets the keys below the prefix ("server." or "") from node.
func (l *loader) applySection(file, prefix string, node ast.Node) {
	if node.Type() == ast.NullType {
		return // a section whose keys are all commented out
	}
	mapping, ok := node.(ast.MapNode)
	if !ok {
		children := l.children(prefix)
		l.problems = append(l.problems, Problem{
			Where: place(file, node.GetToken()), Key: strings.TrimSuffix(prefix, "."),
			What: "must hold keys (" + strings.Join(children, ", ") + "), not " + kind(node), Example: children[0] + ": …",
		})
		return
	}
	for entries := mapping.MapRange(); entries.Next(); {
		l.applyEntry(file, prefix, entries.KeyValue())
	}
}

func (l *loader) applyEntry(file, prefix string, entry *ast.MappingValueNode) {
	name := entry.Key.GetToken().Value
	where := place(file, entry.Key.GetToken())
	if k, ok := l.lookup(prefix + name); ok {
		l.origins[k.path] = origin{fromFile, where}
		l.applyValue(file, k, entry.Value)
		return
	}
	if len(l.children(prefix+name+".")) > 0 {
		l.applySection(file, prefix+name+".", entry.Value)
		return
	}
	siblings := l.children(prefix)
	problem := Problem{Where: where, Key: prefix + name, What: "unknown key; " + didYouMean(name, siblings), Example: siblings[0] + ": …"}
	for _, k := range l.keys {
		if k.path == prefix+siblings[0] {
			problem.Example = k.exampleIn(fromFile)
		}
	}
	l.problems = append(l.problems, problem)
}

// applyValue sets k from node, if node has k's type.
func (l *loader) applyValue(file string, k key, node ast.Node) {
	if list, ok := node.(*ast.SequenceNode); ok {
		for i, element := range list.Values {
			l.origins[fmt.Sprintf("%s[%d]", k.path, i)] = origin{fromFile, place(file, element.GetToken())}
		}
	}
	wanted, fits := fitting(k.value.Type(), node)
	if !fits {
		l.report(k, fmt.Sprintf("must be %s, not %s", wanted, kind(node)))
		return
	}
	fresh := reflect.New(k.value.Type())
	if err := yaml.NodeToValue(node, fresh.Interface()); err != nil {
		// The node has the right kind, so it is a number too large or a
		// duration without a unit. err is not shown: it quotes the file.
		l.report(k, "must be "+wanted)
		return
	}
	k.value.Set(fresh.Elem())
}

// fitting says in words what a value of that type must be, and whether node is
// one. Aliases and tags never fit: they hide what a key is set to.
func fitting(t reflect.Type, node ast.Node) (string, bool) {
	_, integer := node.(*ast.IntegerNode)
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration with a unit (ms, s, m, h)", isText(node)
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "a whole number", integer
	case t.Kind() == reflect.Float64:
		_, float := node.(*ast.FloatNode)
		return "a number", integer || float
	case t.Kind() == reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		for i := 0; ok && i < len(list.Values); i++ {
			ok = isText(list.Values[i])
		}
		return "a list of texts", ok
	default:
		return "text", isText(node)
	}
}

func isText(node ast.Node) bool {
	return node.Type() == ast.StringType || node.Type() == ast.LiteralType
}

// kind names what node is, in words for people who do not know YAML's.
func kind(node ast.Node) string {
	switch node.Type() {
	case ast.NullType:
		return "empty"
	case ast.StringType, ast.LiteralType:
		return "text"
	case ast.IntegerType, ast.FloatType:
		return "a number"
	case ast.InfinityType, ast.NanType:
		return "a number without end"
	case ast.BoolType:
		return "true or false"
	case ast.SequenceType:
		return "a list"
	case ast.MappingType, ast.MappingValueType:
		return "keys"
	default:
		return "a YAML " + strings.ToLower(node.Type().String())
	}
}

func syntaxProblem(file string, err error) Problem {
	problem := Problem{Where: file, What: "is no YAML", Example: "listen: 127.0.0.1:8080  (a space after the colon, two more before it for each level)"}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		problem.Where = place(file, syntax.GetToken())
		problem.What = "is no YAML: " + syntax.GetMessage()
	}
	return problem
}

// place is file, line and column of t, counted from 1.
func place(file string, t *token.Token) string {
	if t == nil || t.Position == nil {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, t.Position.Line, t.Position.Column)
}
