package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkRequest finds the request's operation, nil if GitHub has none, and what
// is wrong with its parameters and body.
func (d description) checkRequest(r *http.Request, body []byte) (*operation, []string) {
	op, values := d.find(r)
	if op == nil {
		return nil, []string{fmt.Sprintf("%s %s: no such operation", r.Method, r.URL.Path)}
	}
	violations := op.checkParameters(r, values)
	return op, append(violations, op.checkBody(body)...)
}

func (op *operation) checkParameters(r *http.Request, values map[string]string) (violations []string) {
	query := r.URL.Query()
	for _, p := range op.parameters {
		text, given := values[p.Name], p.In == openapi3.ParameterInPath
		if p.In == openapi3.ParameterInQuery {
			text, given = query.Get(p.Name), query.Has(p.Name)
			query.Del(p.Name)
		}
		switch {
		case !given && p.Required && p.In == openapi3.ParameterInQuery:
			violations = append(violations, fmt.Sprintf("%s: query parameter %q is missing", op.name, p.Name))
		case given && p.Schema != nil:
			violations = append(violations, op.problems(fmt.Sprintf("%s parameter %q", p.In, p.Name), p.Schema.Value, plain(text, p.Schema.Value))...)
		}
	}
	for name := range query {
		violations = append(violations, fmt.Sprintf("%s: unknown query parameter %q", op.name, name))
	}
	return violations
}

// plain reads a parameter's text as the type its schema wants, if it can be.
func plain(text string, schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case schema.Type.Is("boolean"):
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}

func (op *operation) checkBody(body []byte) []string {
	body = bytes.TrimSpace(body)
	empty := len(body) == 0 || string(body) == "null"
	if op.RequestBody == nil {
		if empty || string(body) == "{}" {
			return nil
		}
		return []string{op.name + ": takes no body"}
	}
	if empty {
		if op.RequestBody.Value.Required {
			return []string{op.name + ": the body is missing"}
		}
		return nil
	}
	media := op.RequestBody.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{fmt.Sprintf("%s: the body is no JSON: %v", op.name, err)}
	}
	violations := op.problems("body", media.Schema.Value, value, openapi3.VisitAsRequest())
	for _, field := range unknownFields(value, media.Schema.Value, "") {
		violations = append(violations, fmt.Sprintf("%s: body: unknown field %s", op.name, field))
	}
	return violations
}

// checkAnswer says what is wrong with an answer. Undocumented statuses are wrong,
// except those that GitHub's machinery gives anywhere: 301 of a renamed
// repository, 304 to a conditional GET, 401, 403, 404, 422, 429 and 5xx.
func (op *operation) checkAnswer(r *http.Request, answer *http.Response, body []byte) []string {
	if answer.Header.Get("X-Fake-Fault") != "" || answer.StatusCode >= 500 {
		return nil
	}
	documented := op.Responses.Status(answer.StatusCode)
	if documented == nil {
		if op.tolerated(r, answer.StatusCode) {
			return nil
		}
		return []string{fmt.Sprintf("%s: answer: status %d is not documented", op.name, answer.StatusCode)}
	}
	// Other media types than plain JSON are not described.
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); len(body) > 0 && (err != nil || kind != "application/json") {
		return nil
	}
	media := documented.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		if len(body) > 0 && answer.StatusCode < http.StatusBadRequest { // refusals all have GitHub's message
			return []string{fmt.Sprintf("%s: answer %d: has a body", op.name, answer.StatusCode)}
		}
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{fmt.Sprintf("%s: answer %d is no JSON: %v", op.name, answer.StatusCode, err)}
	}
	return op.problems(fmt.Sprintf("answer %d", answer.StatusCode), media.Schema.Value, value, openapi3.VisitAsResponse())
}

func (op *operation) tolerated(r *http.Request, status int) bool {
	if status == http.StatusNotModified {
		return r.Method == http.MethodGet && r.Header.Get("If-None-Match") != ""
	}
	if status == http.StatusMovedPermanently { // any path of a renamed repository
		return strings.Contains(op.name, " /repos/{owner}/{repo}")
	}
	return slices.Contains([]int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
	}, status)
}

// problems validates a value against a schema: one line for each problem, with its place.
func (op *operation) problems(what string, schema *openapi3.Schema, value any, options ...openapi3.SchemaValidationOption) []string {
	err := schema.VisitJSON(value, append(options, openapi3.MultiErrors())...)
	if err == nil {
		return nil
	}
	var lines []string
	for _, place := range places(err) {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", op.name, what, place))
	}
	return lines
}

// places says where each problem is and what it is, "/pointer: reason". Of a
// oneOf or anyOf that does not fit it says so for each alternative.
func places(err error) []string {
	if several := (openapi3.MultiError)(nil); errors.As(err, &several) {
		var all []string
		for _, one := range several {
			all = append(all, places(one)...)
		}
		return all
	}
	problem := (*openapi3.SchemaError)(nil)
	if !errors.As(err, &problem) {
		return []string{err.Error()}
	}
	place := fmt.Sprintf("/%s: %s", strings.Join(problem.JSONPointer(), "/"), problem.Reason)
	if problem.Origin != nil {
		place += " (" + strings.Join(places(problem.Origin), "; ") + ")"
	}
	return []string{place}
}

// unknownFields lists the places of fields that no part of the schema lists. The
// parts of allOf, anyOf and oneOf are read as one: which of them applies is for
// the validation to say.
func unknownFields(value any, schema *openapi3.Schema, at string) (unknown []string) {
	switch value := value.(type) {
	case []any:
		for _, part := range parts(schema) {
			if part.Items == nil {
				continue
			}
			for i, item := range value {
				unknown = append(unknown, unknownFields(item, part.Items.Value, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	case map[string]any:
		properties, open := fields(schema)
		for name, inner := range value {
			switch known := properties[name]; {
			case known != nil:
				unknown = append(unknown, unknownFields(inner, known, at+"/"+name)...)
			case !open:
				unknown = append(unknown, at+"/"+name)
			}
		}
	}
	return unknown
}

// fields gathers a schema's properties; open says that it allows any others: it
// lists none at all, or says so itself (a part saying so speaks for the part only).
func fields(schema *openapi3.Schema) (properties map[string]*openapi3.Schema, open bool) {
	properties = map[string]*openapi3.Schema{}
	for _, part := range parts(schema) {
		for name, property := range part.Properties {
			if known := properties[name]; known == nil || len(known.Properties) == 0 {
				properties[name] = property.Value
			}
		}
	}
	extra := schema.AdditionalProperties
	return properties, len(properties) == 0 || extra.Schema != nil || (extra.Has != nil && *extra.Has)
}

// parts is the schema and, below it, everything it is combined of.
func parts(schema *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{schema}
	for _, combined := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, part := range combined {
			all = append(all, parts(part.Value)...)
		}
	}
	return all
}
