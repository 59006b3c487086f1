package web

import (
	"bytes"
	"io/fs"
	"net/http"
	"strings"
)

// documented is a page whose .json twin has a schema, below schemas/, and a section
// in docs/api.md. `go test ./app/web -run Documented -update` writes both from the
// models and the comments beside their fields.
type documented struct {
	name  string // of the page's template and of the schema
	path  string // of the twin
	who   string // may see it, in the middle of a sentence
	model any
}

// twins are all pages that have a twin. Another page is one more line.
var twins = []documented{
	{"board", "/board.json", "everybody; what is about private repositories, those who may see it", Board{}},
	{"plugin", "/p/{owner}/{repo}.json", "everybody; of a private repository, those who may see it", Plugin{}},
	{"check", "/p/{owner}/{repo}/{stage}.json", "everybody; of a private repository, those who may see it", StagePage{}},
	{"reviewers", "/reviewers.json", "those who have a role", Reviewers{}},
	{"ops", "/ops.json", "those who have a role; `GET /ops` on `server.admin_listen` answers the same", Ops{}},
	{"commands", "/commands.json", "everybody", Commands{}},
	{"policy", "/policy.json", "everybody", Policy{}},
}

// schemaURL is where the schema of a page's twin is; "" if it has none.
func schemaURL(name string) string {
	for _, d := range twins {
		if d.name == name {
			return "/schema/" + name + ".json"
		}
	}
	return ""
}

// schema serves the schemas of the twins.
func (w *Web) schema() http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.serve(out, r, func(v *visit) error {
			name, _ := strings.CutSuffix(v.PathValue("file"), ".json")
			text, err := fs.ReadFile(files, "schemas/"+name+".json")
			if schemaURL(name) == "" || err != nil {
				return errNotFound
			}
			cacheable(out.Header())
			send(out, v, "application/schema+json", bytes.NewBuffer(text))
			return nil
		})
	})
}
