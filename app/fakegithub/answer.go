package fakegithub

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of GitHub's. Plain maps keep the required nulls and
// are encoded in one order, so that equal states have equal ETags.
type object = map[string]any

// answer is what an endpoint says: a body to be encoded as JSON, or raw bytes.
type answer struct {
	status int
	header http.Header
	body   any
	raw    []byte
}

func reply(status int, body any) answer {
	return answer{status: status, body: body, header: http.Header{}}
}

// apiError is an answer that refuses, in GitHub's shape.
type apiError struct {
	status  int
	message string
	details any // a list: of objects, or of sentences
}

func (e *apiError) Error() string {
	if detail := e.detail(); detail != e.message {
		return fmt.Sprintf("%d %s: %s", e.status, e.message, detail)
	}
	return fmt.Sprintf("%d %s", e.status, e.message)
}

func (e *apiError) answer() answer {
	body := object{"message": e.message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(e.status)}
	if e.details != nil {
		body["errors"] = e.details
	}
	return reply(e.status, body)
}

// detail is what an error says beyond its message, as far as it is a sentence.
func (e *apiError) detail() string {
	switch details := e.details.(type) {
	case []object:
		for _, d := range details {
			if message, ok := d["message"].(string); ok {
				return message
			}
		}
	case []string:
		return strings.Join(details, " ")
	}
	return e.message
}

func failure(status int, message string) *apiError {
	return &apiError{status: status, message: message}
}

func notFound() *apiError { return failure(http.StatusNotFound, "Not Found") }

// refused is GitHub's 422 for values that fit the schema but not the state. A
// detail has resource, code (missing_field, already_exists, invalid, …), field, message.
func refused(detail object) *apiError {
	return &apiError{http.StatusUnprocessableEntity, "Validation Failed", []object{detail}}
}

// malformed is GitHub's 422 for a body that does not fit the endpoint's schema.
func malformed(format string, args ...any) *apiError {
	return failure(http.StatusUnprocessableEntity, "Invalid request.\n\n"+fmt.Sprintf(format, args...))
}

// encode turns the body into bytes as GitHub does: without escaping < > &.
func encode(body any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		panic(fmt.Sprintf("fakegithub: encode an answer: %v", err)) // a mistake in this package: only maps and plain values are encoded
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// finish encodes the answer and makes it conditional: GitHub's ETags differ per
// token (facts 7), and a GET that matches is answered 304.
func (a *answer) finish(q *request) {
	if a.raw == nil && a.body != nil {
		a.raw = encode(a.body)
	}
	if a.raw != nil && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json; charset=utf-8")
	}
	a.header.Set("Date", q.github.now().Format(http.TimeFormat))
	a.header.Set("X-GitHub-Request-Id", strings.ToUpper(strconv.FormatInt(int64(len(q.github.calls))+0xFA4E0000, 16)))
	if q.Method != http.MethodGet || a.status != http.StatusOK {
		return
	}
	subject := fmt.Appendf(nil, "%s\n%s\n%s\n%s", q.Header.Get("Authorization"), q.Header.Get("Accept"), a.header.Get("Link"), a.raw)
	sum := sha256.Sum256(subject)
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	a.header.Set("ETag", "W/"+tag)
	a.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	a.header.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With")
	if strings.Contains(q.Header.Get("If-None-Match"), tag) {
		a.status, a.raw = http.StatusNotModified, nil
		a.header.Del("Content-Type")
	}
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.raw) // the caller hung up: nobody is left to be told
}

// page cuts a list as per_page (default 30, at most 100) and page ask, and makes the Link header.
func page[T any](q *request, items []T) ([]T, http.Header, error) {
	size, err := q.number("per_page", 30)
	if err != nil {
		return nil, nil, err
	}
	number, err := q.number("page", 1)
	if err != nil {
		return nil, nil, err
	}
	size, number = min(size, 100), min(number, 1_000_000)
	last := max(1, (len(items)+size-1)/size)
	var links []string
	link := func(to int, rel string) {
		query := q.URL.Query()
		query.Set("page", strconv.Itoa(to))
		links = append(links, fmt.Sprintf(`<%s?%s>; rel="%s"`, q.github.base+q.escapedPath, query.Encode(), rel))
	}
	if number > 1 {
		link(min(number-1, last), "prev")
	}
	if number < last {
		link(number+1, "next")
		link(last, "last")
	}
	if number > 1 {
		link(1, "first")
	}
	header := http.Header{}
	if len(links) > 0 {
		header.Set("Link", strings.Join(links, ", "))
	}
	from := min((number-1)*size, len(items))
	return items[from:min(from+size, len(items))], header, nil
}

// list answers with one page of the items, each turned into JSON.
func list[T any](q *request, items []T, toJSON func(T) object) (answer, error) {
	return listIn(q, items, toJSON, func(page []object, _ int) any { return page })
}

// listIn is list with an envelope around the page, e.g. total_count and check_runs.
func listIn[T any](q *request, items []T, toJSON func(T) object, envelope func(page []object, total int) any) (answer, error) {
	selected, header, err := page(q, items)
	if err != nil {
		return answer{}, err
	}
	rows := make([]object, 0, len(selected))
	for _, item := range selected {
		rows = append(rows, toJSON(item))
	}
	return answer{status: http.StatusOK, header: header, body: envelope(rows, len(items))}, nil
}

// stamp writes a time as GitHub does: UTC, whole seconds. The zero time is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNull makes an empty text null.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// nodeID makes an opaque GraphQL id.
func nodeID(kind string, id any) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString(fmt.Append(nil, id))
}
