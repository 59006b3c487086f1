package web

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/api.md and the schemas anew")

// apiPage is the documentation that is made from the models.
var apiPage = filepath.Join("..", "..", "docs", "api.md")

const apiIntro = `# The pages as JSON

<!-- Made from the models in app/web: go test ./app/web -run Documented -update -->

Each page has a twin for programs that says the same: its path with ` + "`.json`" + ` at the end, with the same parameters. The
twin's ` + "`Link`" + ` header names its JSON schema. Times are in UTC as RFC 3339 has them; fields that may be missing are marked
with "?". Fields may be added; those that are here keep their names and meanings. Nothing is shown that the visitor may
not see on the page.

A failure is ` + "`{\"title\", \"what\"}`" + ` with the status of the page: 403 without the role, 404 also for what is private.

- ` + "`/feed.atom`" + `: how far plugins came, the newest 50 of all public repositories; ` + "`/p/{owner}/{repo}/feed.atom`" + `: of one.
- ` + "`/badge/{owner}/{repo}.svg`" + `: a picture for a README; that of an unknown or private plugin says "unknown".

`

// source is what is said about types in the source.
type source struct {
	comments map[string]string // of types, "onboarding.Card", and of fields, "onboarding.Card.Round"
	values   map[string][]any  // of types whose constants are all that there is
	silent   map[string]bool   // fields that nothing is said about
}

// closed are the types of which no other values come than their constants.
var closed = []string{"onboarding.State", "onboarding.Kind", "onboarding.Outcome", "onboarding.Holding", "web.Weight"}

func readSource(t *testing.T, folders ...string) source {
	s := source{comments: map[string]string{}, values: map[string][]any{}, silent: map[string]bool{}}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			require.NoError(t, err)
			for _, decl := range file.Decls {
				if group, ok := decl.(*ast.GenDecl); ok {
					s.read(file.Name.Name, group)
				}
			}
		}
	}
	return s
}

func (s source) read(pkg string, group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			name, ok := spec.Type.(*ast.Ident)
			if literal, is := first(spec.Values).(*ast.BasicLit); ok && is && slices.Contains(closed, pkg+"."+name.Name) {
				value, _ := strconv.Unquote(literal.Value)
				s.values[pkg+"."+name.Name] = append(s.values[pkg+"."+name.Name], value)
			}
		case *ast.TypeSpec:
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			s.comments[pkg+"."+spec.Name.Name] = sentence(group.Doc)
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					s.comments[pkg+"."+spec.Name.Name+"."+name.Name] = cmp.Or(sentence(field.Comment), sentence(field.Doc))
				}
			}
		}
	}
}

func first(list []ast.Expr) ast.Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// sentence is a comment as one line that begins with a capital.
func sentence(comment *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(comment.Text()), " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// schemaOf is a model's schema, described by the comments in the source.
func schemaOf(t *testing.T, s source, d documented) *jsonschema.Schema {
	schema, err := jsonschema.ForType(reflect.TypeOf(d.model), &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
	}})
	require.NoError(t, err)
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	schema.Description = s.comments[reflect.TypeOf(d.model).String()]
	s.describe(schema, reflect.TypeOf(d.model))
	return schema
}

// describe adds what the source says about a type. No list is null.
func (s source) describe(schema *jsonschema.Schema, model reflect.Type) {
	if model.Kind() == reflect.Pointer {
		model = model.Elem()
	}
	if len(schema.Types) == 2 && schema.Types[0] == "null" {
		schema.Type, schema.Types = schema.Types[1], nil
	}
	schema.Enum = s.values[model.String()]
	switch model.Kind() {
	case reflect.Slice:
		s.describe(schema.Items, model.Elem())
	case reflect.Map:
		s.describe(schema.AdditionalProperties, model.Elem())
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(model) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			property := schema.Properties[name]
			if property == nil || field.Anonymous {
				continue
			}
			s.describe(property, field.Type)
			if comment := s.comments[ownerOf(model, field).String()+"."+field.Name]; comment != "" {
				property.Description = comment
			}
			if property.Description == "" {
				s.silent[ownerOf(model, field).String()+"."+field.Name] = true
			}
		}
	}
}

// ownerOf is the struct that declares a field, be it embedded in the model.
func ownerOf(model reflect.Type, field reflect.StructField) reflect.Type {
	for _, i := range field.Index[:len(field.Index)-1] {
		model = model.Field(i).Type
	}
	return model
}

// apiOf documents a model as a section of docs/api.md.
func apiOf(d documented, schema *jsonschema.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n`GET %s` · schema: `%s`\n\n%s For %s.\n\n| field | type | what it is |\n|---|---|---|\n",
		d.name, d.path, schemaURL(d.name), schema.Description, d.who)
	fields(&b, "", schema)
	return b.String() + "\n"
}

// cell has text stand in a cell of a Markdown table as it is.
var cell = strings.NewReplacer("|", `\|`, "<", "&lt;")

func fields(b *strings.Builder, prefix string, schema *jsonschema.Schema) {
	for _, name := range schema.PropertyOrder {
		property, optional := schema.Properties[name], ""
		if !slices.Contains(schema.Required, name) {
			optional = "?"
		}
		path, inner := prefix+name, property
		for inner.Type == "array" {
			path, inner = path+"[]", inner.Items
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s |\n", path, optional, typeOf(inner), cell.Replace(property.Description))
		fields(b, path+".", inner)
	}
}

func typeOf(s *jsonschema.Schema) string {
	switch {
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, "`"+cmp.Or(fmt.Sprint(v), `""`)+"`")
		}
		return strings.Join(values, ", ")
	case s.Format != "":
		return s.Format
	case s.Type == "object" && len(s.Properties) == 0 && s.AdditionalProperties != nil:
		return s.AdditionalProperties.Type + " by name"
	default:
		return s.Type
	}
}

func TestEachTwinIsDocumented(t *testing.T) {
	s := readSource(t, ".", filepath.Join("..", "onboarding"), filepath.Join("..", "texts"))
	page := apiIntro
	for _, d := range twins {
		schema := schemaOf(t, s, d)
		require.NotEmpty(t, schema.Description, "%T needs a comment", d.model)
		text, err := json.MarshalIndent(schema, "", "  ")
		require.NoError(t, err)
		text = append(text, '\n')
		path := filepath.Join("schemas", d.name+".json")
		if *update {
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}
		written, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(text), string(written), "run: go test ./app/web -run Documented -update")
		page += apiOf(d, schema)
	}
	assert.Empty(t, s.silent, "a comment beside the field says what it is")
	page = strings.TrimSuffix(page, "\n")
	if *update {
		require.NoError(t, os.WriteFile(apiPage, []byte(page), 0o600))
	}
	written, err := os.ReadFile(apiPage)
	require.NoError(t, err)
	assert.Equal(t, page, string(written), "run: go test ./app/web -run Documented -update")
	schemas, err := fs.Glob(files, "schemas/*")
	require.NoError(t, err)
	assert.Len(t, schemas, len(twins), "no schema is left over")
}

// TestEachTwinIsInTheList reads the routes in the source.
func TestEachTwinIsInTheList(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, route := range regexp.MustCompile(`"GET (/\S*\.json)"`).FindAllStringSubmatch(string(text), -1) {
			found++
			assert.True(t, slices.ContainsFunc(twins, func(d documented) bool { return d.path == route[1] }), "%s is not in twins", route[1])
		}
	}
	assert.GreaterOrEqual(t, found, 5, "it must have seen them")
}
