package conformance

import (
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed testdata/github-rest-facts.json
var facts []byte

// load parses the description once: it is never changed afterwards.
var load = sync.OnceValues(func() (description, error) { return parse(facts) })

// description is every operation GitHub knows, the most specific path first.
type description []operation

type operation struct {
	*openapi3.Operation
	name       string // "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"
	method     string
	path       *regexp.Regexp
	fixed      int // literal characters of the path: the more, the more specific
	parameters []*openapi3.Parameter
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func parse(data []byte) (description, error) {
	document, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("parse GitHub's description: %w", err)
	}
	correct(document)
	var all description
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			op := operation{Operation: o, name: method + " " + path, method: method, fixed: len(placeholder.ReplaceAllString(path, ""))}
			for _, p := range slices.Concat(item.Parameters, o.Parameters) {
				op.parameters = append(op.parameters, p.Value)
			}
			op.path, err = regexp.Compile("^" + op.expression(path) + "$")
			if err != nil {
				return nil, fmt.Errorf("parse GitHub's description: path %s: %w", path, err)
			}
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return b.fixed - a.fixed })
	return all, nil
}

// correct mends the four places where the description contradicts the facts; if
// one is gone from a newer description, so is the mistake.
//   - A check run unfinished after 14 days concludes "stale" (github-facts.md 1).
//   - In the list of installations an account is said to be user and enterprise
//     at once (allOf); of a single installation it is one of them (anyOf).
//   - In a list of pull requests a label has to have a description, which of a
//     single one may be null, as it is of labels without one.
//   - A refused blob is said to be one of two errors and never both (oneOf), but
//     any error with a message is both (anyOf).
func correct(document *openapi3.T) {
	if item := document.Paths.Value("/repos/{owner}/{repo}/git/blobs"); item != nil && item.Post != nil {
		if refusal := item.Post.Responses.Status(http.StatusUnprocessableEntity).Value.Content.Get("application/json").Schema.Value; refusal.OneOf != nil {
			refusal.AnyOf, refusal.OneOf = refusal.OneOf, nil
		}
	}
	if pull := document.Components.Schemas["pull-request-simple"]; pull != nil {
		if labels := pull.Value.Properties["labels"]; labels != nil && labels.Value.Items.Value.Properties["description"] != nil {
			labels.Value.Items.Value.Properties["description"].Value.Nullable = true
		}
	}
	if run := document.Components.Schemas["check-run"]; run != nil {
		if conclusion := run.Value.Properties["conclusion"]; conclusion != nil {
			conclusion.Value.Enum = append(conclusion.Value.Enum, "stale")
		}
	}
	if item := document.Paths.Value("/app/installations"); item != nil && item.Get != nil {
		rows := item.Get.Responses.Status(200).Value.Content.Get("application/json").Schema.Value.Items
		if account := rows.Value.Properties["account"]; account != nil && account.Value.AllOf != nil {
			account.Value.AnyOf, account.Value.AllOf = account.Value.AllOf, nil
		}
	}
}

// expression turns a path into a regular expression. Parameters that the
// description marks take several segments, the others one.
func (op operation) expression(path string) string {
	literals := placeholder.Split(path, -1)
	expression := regexp.QuoteMeta(literals[0])
	for i, name := range placeholder.FindAllStringSubmatch(path, -1) {
		characters := "[^/]+"
		if op.multiSegment(name[1]) {
			characters = ".+"
		}
		expression += "(?P<" + name[1] + ">" + characters + ")" + regexp.QuoteMeta(literals[i+1])
	}
	return expression
}

func (op operation) multiSegment(name string) bool {
	return slices.ContainsFunc(op.parameters, func(p *openapi3.Parameter) bool {
		return p.In == openapi3.ParameterInPath && p.Name == name && p.Extensions["x-multi-segment"] == true
	})
}

// byID is where redirects of renamed repositories lead. The description lists
// such paths under their names only.
var byID = regexp.MustCompile(`^/repositories/\d+(/|$)`)

// find returns the operation of a request and the values in its path.
func (d description) find(r *http.Request) (op *operation, values map[string]string) {
	path := byID.ReplaceAllString(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"), "/repos/by/id$1")
	for i := range d {
		match := d[i].path.FindStringSubmatch(path)
		if match == nil || d[i].method != r.Method {
			continue
		}
		values = map[string]string{}
		for at, name := range d[i].path.SubexpNames() {
			if value, err := url.PathUnescape(match[at]); err == nil && name != "" {
				values[name] = value
			}
		}
		return &d[i], values
	}
	return nil, nil
}
