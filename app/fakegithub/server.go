package fakegithub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	apiPrefix   = "/api/v3"
	faultHeader = "X-Fake-Fault" // marks answers that a fault or an exhausted limit made
	maxBody     = 110 << 20      // of a request: the largest blob, as base64
)

// request is a call whose caller is known. Endpoints run under the lock.
type request struct {
	*http.Request
	github       *GitHub
	body         []byte
	escapedPath  string // as sent, with /api/v3
	app          *App
	installation *Installation // nil for calls of the App itself
	token        *token        // nil for calls of the App itself, and without credentials
	anonymous    bool          // without credentials
	user         *userToken    // of calls for a person
	repository   *Repository   // of {owner}/{repo}, reachable for the token
}

// handler is the whole server: the REST API under /api/v3/, as on a GitHub
// Enterprise Server, and beside it what is downloaded without being the API.
func (g *GitHub) handler() http.Handler {
	router := newRouter(routes())
	var rest http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.call(w, r, router) })
	rest = http.StripPrefix(apiPrefix, rest)
	if g.options.Wrap != nil {
		rest = g.options.Wrap(rest)
	}
	root := http.NewServeMux()
	root.Handle(apiPrefix+"/", rest)
	files := http.NewServeMux() // its own: {owner}/{repo} would clash with api/v3
	for _, d := range downloads() {
		files.HandleFunc("GET "+d.path, func(w http.ResponseWriter, r *http.Request) { g.download(w, r, d) })
	}
	for pattern, page := range oauthPages() {
		files.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { g.download(w, r, page) })
	}
	for pattern, page := range appPages() {
		files.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { g.download(w, r, page) })
	}
	root.Handle("/", files)
	return root
}

// call takes one call from arrival to answer, faults included, and records it.
func (g *GitHub) call(w http.ResponseWriter, sent *http.Request, endpoints router) {
	r := g.named(sent)
	to := endpoints.find(r)
	record := Call{
		Method: r.Method, Route: to.name(), Path: sent.URL.Path,
		Write: r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasPrefix(r.URL.Path, "/app/") && !strings.HasPrefix(r.URL.Path, "/app-manifests/"),
	}
	fault, wait := g.faultFor(record.Method, record.Route)
	pause(r.Context(), wait)
	var a answer
	switch {
	case fault.Cut == CutBefore:
	case fault.Status != 0:
		a = fault.answer()
	default:
		a = g.answer(r, to, &record)
	}
	if fault.Cut == NoCut || fault.Cut == CutHalf {
		record.Status = a.status
	}
	g.record(record)
	if fault.Cut != NoCut {
		a.cut(w, fault.Cut)
		return
	}
	a.write(w)
}

func (g *GitHub) record(call Call) {
	defer g.lock()()
	call.At = g.now()
	g.calls = append(g.calls, call)
	g.touch()
}

// answer authenticates the caller, runs the endpoint and puts GitHub's headers on what it says.
func (g *GitHub) answer(r *http.Request, to route, record *Call) answer {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return failure(http.StatusBadRequest, "Problems reading the body").answer()
	}
	defer g.lock()()
	q := &request{Request: r, github: g, body: body, escapedPath: apiPrefix + r.URL.EscapedPath()}
	a, err := g.run(q, to)
	if refusal := (*apiError)(nil); errors.As(err, &refusal) {
		a = refusal.answer()
	}
	if limit := q.limit(); limit != nil && limit.used >= limit.limit && to.name() != "/rate_limit" {
		a.header.Set(faultHeader, "rate limit")
	}
	a.finish(q)
	record.NotModified = a.status == http.StatusNotModified
	record.Actor = q.actor()
	q.spend(to, &a)
	return a
}

// run checks, in GitHub's order, who calls, whether they have calls left, whether
// the repository can be seen and whether the permission is there; then it serves.
func (g *GitHub) run(q *request, to route) (answer, error) {
	if q.anonymous = to.needs == "nobody"; !q.anonymous {
		if err := g.authenticate(q, to.needs); err != nil {
			return answer{}, err
		}
	}
	if (q.user != nil) != (to.needs == "user") { // an App is all that has tokens for more
		return answer{}, failure(http.StatusForbidden, "Resource not accessible by integration")
	}
	if limit := q.limit(); limit.exhausted(g.wall()) && to.name() != "/rate_limit" {
		return answer{}, failure(http.StatusForbidden, fmt.Sprintf("API rate limit exceeded for %s.", q.actor()))
	}
	if to.needs == "nobody" {
		return to.serve(q)
	}
	if to.needs != "app" && q.PathValue("repo") != "" {
		q.repository = g.repository(q.PathValue("owner"), q.PathValue("repo"))
		if moved := g.formerly(q.PathValue("owner"), q.PathValue("repo")); q.repository == nil && moved != nil && q.token.reaches(moved) {
			return q.movedTo(moved), nil
		}
		if q.repository == nil || !q.token.reaches(q.repository) {
			return answer{}, notFound()
		}
	}
	if to.needs != "app" && to.needs != "user" && !q.token.may(to.needs) {
		return answer{}, failure(http.StatusForbidden, "Resource not accessible by integration")
	}
	if q.repository != nil && q.repository.archived && q.Method != http.MethodGet && q.Method != http.MethodHead {
		return answer{}, failure(http.StatusForbidden, "Repository was archived so is read-only.")
	}
	return to.serve(q)
}

// decode reads the JSON body. No body reads as null: everything in it is optional then.
func (q *request) decode(into any) error {
	if len(bytes.TrimSpace(q.body)) == 0 {
		return nil
	}
	err := json.Unmarshal(q.body, into)
	if wrongType := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrongType) {
		return malformed("For 'properties/%s', %s is not of the right type.", wrongType.Field, wrongType.Value)
	}
	if err != nil {
		return failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// id reads a number from the path; 0, which nothing has, if it is none.
func (q *request) id(name string) int64 {
	id, err := strconv.ParseInt(q.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// number reads a positive number from the query.
func (q *request) number(name string, otherwise int) (int, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, malformed("For '%s', %q is not a number.", name, text)
	}
	if n < 1 {
		return otherwise, nil
	}
	return n, nil
}
