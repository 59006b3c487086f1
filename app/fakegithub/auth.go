package fakegithub

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// token is what an installation acts with for an hour.
type token struct {
	installation *Installation
	permissions  map[string]string
	repositories []*Repository // nil = all of the account
	expiresAt    time.Time
}

// reaches says whether the token sees the repository: only what belongs to the
// installing account (facts 4), and of that only what the token was minted for.
// No token sees what is public.
func (t *token) reaches(r *Repository) bool {
	if t == nil {
		return !r.private
	}
	return t.installation.has(r) && (t.repositories == nil || slices.Contains(t.repositories, r))
}

// may says whether one of the needed permissions ("a:read|b:write") is there,
// both in the token and still in the installation. Without a token it is to read.
func (t *token) may(needs string) bool {
	if needs == "" {
		return true
	}
	if t == nil {
		return strings.Contains(needs, ":read")
	}
	for need := range strings.SplitSeq(needs, "|") {
		name, level, _ := strings.Cut(need, ":")
		if enough(t.permissions[name], level) && enough(t.installation.permissions[name], level) {
			return true
		}
	}
	return false
}

func enough(granted, needed string) bool {
	ranks := []string{"", "read", "write", "admin"}
	return slices.Index(ranks, granted) >= slices.Index(ranks, needed)
}

// authenticate finds out who calls: the App with its JWT, an installation with
// its token, a person with one, or anybody who reads.
func (g *GitHub) authenticate(q *request, needs string) error {
	asApp := needs == "app"
	scheme, credentials, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	if q.anonymous = q.Header.Get("Authorization") == "" && q.Method == http.MethodGet && !asApp && needs != "user"; q.anonymous {
		return nil
	}
	if credentials == "" {
		return failure(http.StatusUnauthorized, "Requires authentication")
	}
	if scheme = strings.ToLower(scheme); scheme != "bearer" && scheme != "token" {
		return failure(http.StatusUnauthorized, "Bad credentials")
	}
	if asApp {
		app, problem := g.verifyJWT(credentials)
		if problem != "" {
			return failure(http.StatusUnauthorized, problem)
		}
		q.app = app
		return nil
	}
	if u := g.userTokens[credentials]; u != nil && g.wall().Before(u.expiresAt) {
		q.user = u
		return nil
	}
	t := g.tokens[credentials]
	if t == nil || !g.wall().Before(t.expiresAt) {
		return failure(http.StatusUnauthorized, "Bad credentials")
	}
	q.app, q.installation, q.token = t.installation.App, t.installation, t
	if !t.installation.suspended.IsZero() {
		return failure(http.StatusForbidden, "This installation has been suspended")
	}
	return nil
}

// verifyJWT checks an App's JWT by facts 7: RS256, issued not in the future (a
// minute's drift is forgiven), at most ten minutes to live.
func (g *GitHub) verifyJWT(text string) (app *App, problem string) {
	const undecodable = "A JSON web token could not be decoded"
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, undecodable
	}
	var header struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp *float64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) || header.Alg != "RS256" {
		return nil, undecodable
	}
	index := slices.IndexFunc(g.apps, func(a *App) bool { return issuedBy(a, claims.Iss) })
	if index < 0 {
		return nil, "Integration not found"
	}
	app = g.apps[index]
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := float64(g.wall().UnixMilli()) / 1000
	switch {
	case rsa.VerifyPKCS1v15(app.key, crypto.SHA256, digest[:], signature) != nil:
		return nil, undecodable
	case claims.Exp == nil || *claims.Exp <= now:
		return nil, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case *claims.Exp > now+601: // a second for rounding
		return nil, "'Expiration time' claim ('exp') is too far in the future"
	case claims.Iat == nil || *claims.Iat > now+60:
		return nil, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	return app, ""
}

func decodePart(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}

// issuedBy accepts the App's id, as a number or a text, and its client id.
func issuedBy(a *App, issuer any) bool {
	switch issuer := issuer.(type) {
	case string:
		return issuer == a.ClientID || issuer == strconv.FormatInt(a.ID, 10)
	case float64:
		return int64(issuer) == a.ID
	}
	return false
}

// createToken mints an installation token, restricted as asked.
func (q *request) createToken() (answer, error) {
	i := q.ownInstallation()
	if i == nil {
		return answer{}, notFound()
	}
	if !i.suspended.IsZero() {
		return answer{}, failure(http.StatusForbidden, "This installation has been suspended")
	}
	var in struct {
		Permissions   map[string]string `json:"permissions"`
		Repositories  []string          `json:"repositories"`
		RepositoryIDs []int64           `json:"repository_ids"`
	}
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	t := &token{installation: i, permissions: maps.Clone(i.permissions), expiresAt: q.github.wall().Add(q.github.options.TokenTTL)}
	if in.Permissions != nil {
		t.permissions = in.Permissions
	}
	for name, level := range t.permissions {
		if !enough(i.permissions[name], level) {
			return answer{}, failure(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
	}
	if err := q.restrict(t, in.RepositoryIDs, in.Repositories); err != nil {
		return answer{}, err
	}
	text := newToken(q.app)
	q.github.tokens[text] = t
	body := object{"token": text, "expires_at": stamp(t.expiresAt), "permissions": t.permissions, "repository_selection": i.selection()}
	if t.repositories != nil {
		repositories := []object{}
		for _, r := range t.repositories {
			repositories = append(repositories, q.github.repositoryJSON(r))
		}
		body["repository_selection"], body["repositories"] = "selected", repositories
	}
	return reply(http.StatusCreated, body), nil
}

// restrict limits the token to the named repositories, all of which must be the installation's.
func (q *request) restrict(t *token, ids []int64, names []string) error {
	if len(ids)+len(names) > 500 {
		return failure(http.StatusUnprocessableEntity, "You can request at most 500 repositories.")
	}
	for _, r := range q.github.repositories {
		named := slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, r.name) })
		if t.installation.has(r) && (named || slices.Contains(ids, r.ID)) {
			t.repositories = append(t.repositories, r)
		}
	}
	if len(t.repositories) < max(len(ids), len(names)) {
		return failure(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	return nil
}

// newToken makes a token of the format rolling out since April 2026,
// ghs_<app id>_<JWT>: several hundred characters (facts 7).
func newToken(app *App) string {
	part := func(bytes int) string {
		data := make([]byte, bytes)
		_, _ = rand.Read(data) // never fails
		return base64.RawURLEncoding.EncodeToString(data)
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`))
	return fmt.Sprintf("ghs_%d_%s.%s.%s", app.ID, header, part(96), part(256))
}
