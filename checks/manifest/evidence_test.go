package manifest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
)

const imports = `import ("fmt"; "os"; "os/exec"; "crypto/tls"; "crypto/hmac"; "net/http"; "sync"; "time"; "github.com/gorilla/mux")` + "\n"

func TestEvidence(t *testing.T) {
	tests := []struct{ name, code, found string }{
		{"a program that is started", `func f() { _ = exec.Command("ls") }`, "exec server/x.go:3"},
		{"a certificate that is not verified", `var c = tls.Config{InsecureSkipVerify: true}`, "insecure-tls server/x.go:3"},
		{"a verification that a setting switches off", `func f(c *tls.Config, b bool) { c.InsecureSkipVerify = b }`, "insecure-tls server/x.go:3"},
		{"a verification that is on", `var c = tls.Config{InsecureSkipVerify: false}`, ""},
		{"a print", `func f() { fmt.Println("x"); fmt.Sprint("x"); fmt.Fprint(nil, "x") }`, "print server/x.go:3"},
		{"a variable of the environment", `var x = os.Getenv("X")`, "environment server/x.go:3"},
		{"a file that is read", `func f() { os.ReadFile("/etc/x") }`, "environment server/x.go:3"},
		{"a file of the bundle that is read", `func f(bundlePath string) { os.ReadFile(bundlePath + "/x") }`, ""},
		{"a method of the same name", `func f(exec, fmt, os T) {}` + "\n" + `func (T) Getenv(string) {}`, ""},
		{"a map that changes", "var m = map[string]int{}\nfunc f() { m[\"a\"] = 1 }", "global-map server/x.go:3"},
		{"a map that shrinks", "var m map[string]int\nfunc f() { delete(m, \"a\") }", "global-map server/x.go:3"},
		{"a map that is made", "var m = make(map[string]int)\nfunc f() { m[\"a\"]++ }", "global-map server/x.go:3"},
		{"a table", "var m = map[string]int{\"a\": 1}\nfunc f() int { return m[\"a\"] }", ""},
		{"a table that init fills", "var m = map[string]int{}\nfunc init() { m[\"a\"] = 1 }", ""},
		{"a synchronised map", "var m sync.Map", "global-map server/x.go:3"},
		{"a ticker", "func f() { time.NewTicker(1) }", "ticker server/x.go:3"},

		{"a handler that asks nobody", `func (p *P) h(w http.ResponseWriter, r *http.Request) { w.Write(nil) }`, "http-login server/x.go:3"},
		{"a handler with a plugin context", `func (p *P) ServeHTTP(c *plugin.Context, w http.ResponseWriter, r *http.Request) { w.Write(nil) }`, "http-login server/x.go:3"},
		{"a handler that reads the header", `func h(w http.ResponseWriter, r *http.Request) { _ = r.Header.Get("Mattermost-User-ID") }`, ""},
		{"a handler that reads the header by a constant", "const head = \"Mattermost-User-Id\"\nfunc h(w http.ResponseWriter, r *http.Request) { _ = r.Header.Get(head) }", ""},
		{"a handler that calls what asks", "func user(r *http.Request) string { return r.Header.Get(\"Mattermost-User-Id\") }\nfunc h(w http.ResponseWriter, r *http.Request) { user(r) }", ""},
		{"a webhook that compares a secret", `func h(w http.ResponseWriter, r *http.Request) { hmac.Equal(nil, nil) }`, ""},
		{"a ServeHTTP that hands over to a router", "func ServeHTTP(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, r) }", ""},
		{"a helper of handlers", `func write(w http.ResponseWriter, r *http.Request, code int) {}`, ""},
		{"a handler behind a middleware that asks", "func auth(next http.Handler) http.Handler { _ = \"Mattermost-User-Id\"; return next }\n" +
			"func routes(r *mux.Router) { a := r.PathPrefix(\"/a\").Subrouter(); a.Use(auth); b := a.PathPrefix(\"/b\").Subrouter(); b.HandleFunc(\"/x\", h).Methods(\"GET\") }\n" +
			"func h(w http.ResponseWriter, r *http.Request) {}", ""},
		{"a handler beside a middleware that asks", "func auth(next http.Handler) http.Handler { _ = \"Mattermost-User-Id\"; return next }\n" +
			"func routes(r *mux.Router) { a := r.PathPrefix(\"/a\").Subrouter(); a.Use(auth); r.HandleFunc(\"/x\", h) }\n" +
			"func h(w http.ResponseWriter, r *http.Request) {}", "http-login server/x.go:5"},
		{"a handler that is wrapped in what asks", "func auth(h http.HandlerFunc) http.HandlerFunc { _ = \"Mattermost-User-Id\"; return h }\n" +
			"func routes(r *mux.Router) { r.HandleFunc(\"/x\", auth(h)) }\nfunc h(w http.ResponseWriter, r *http.Request) {}", ""},
		{"a handler without a name", "func routes(r *mux.Router) { r.HandleFunc(\"/x\", func(w http.ResponseWriter, r *http.Request) {}) }", "http-login server/x.go:3"},
		{"code that is no Go", "func {", "unread server/x.go:0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, DefaultPolicy(), plugin(map[string]string{"server/x.go": "package main\n" + imports + test.code}))
			assert.Equal(t, checks.Pass, result.Outcome, "evidence never fails")
			assert.Equal(t, test.found, strings.ReplaceAll(strings.Join(found(result), "|"), "evidence-", ""))
		})
	}
}

func TestEvidenceIsOfTheServersOwnCode(t *testing.T) {
	const code = "package x\nimport \"fmt\"\nfunc f() { fmt.Println() }\n"
	for path, want := range map[string]int{
		"server/a/b.go": 1, "server/a_test.go": 0, "server/vendor/x/a.go": 0, "server/testdata/a.go": 0, "build/manifest/main.go": 0, "main.go": 0,
	} {
		assert.Len(t, check(t, DefaultPolicy(), plugin(map[string]string{path: code})).Findings, want, path)
	}
}

func TestAttackALineCommentCannotMoveEvidence(t *testing.T) {
	code := "package main\nimport \"fmt\"\n//line other.go:900\nfunc f() { fmt.Println() }\n"
	assert.Equal(t, []string{"evidence-print server/x.go:4"}, found(check(t, DefaultPolicy(), plugin(map[string]string{"server/x.go": code}))))
}

func TestEvidenceOfATickerIsNoneWhereClusterIsUsed(t *testing.T) {
	result := check(t, DefaultPolicy(), plugin(map[string]string{
		"server/a.go": "package main\nimport \"time\"\nfunc f() { time.NewTicker(1) }\n",
		"server/b.go": "package main\nimport _ \"github.com/mattermost/mattermost/server/public/pluginapi/cluster\"\n",
	}))
	assert.Empty(t, found(result))
}

func TestEvidenceIsBounded(t *testing.T) {
	result := check(t, DefaultPolicy(), plugin(map[string]string{
		"server/big.go":  "package main\n//" + strings.Repeat("x", maxSourceBytes),
		"server/many.go": "package main\nimport \"fmt\"\nfunc f() {\n" + strings.Repeat("fmt.Println()\n", 50) + "}\n",
	}))
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Len(t, result.Findings, maxListed+2)
	assert.Equal(t, map[string]int{"print": 50, "unread": 1}, result.Facts["evidence"])
	assert.Equal(t, "There are 30 more places like these; the first 20 are listed.", result.Findings[0].Message)
}

func TestAttackCommittedSecretsAreFoundAndNeverQuoted(t *testing.T) {
	random := "q7RkV2mXw9ZtB4nLs8DcYhJ3fGpE6uAa1KzTvQxWbMnRdSy5PoIiCeUgHlFjOr"
	secrets := map[string]string{
		"a GitHub token":    "ghp_" + random[:36],
		"a GitLab token":    "glpat-" + random[:20],
		"a Slack token":     "xoxb-" + "803461957212-" + random[:24],
		"an AWS access key": "AKIA" + "Q7RKV2MXW9ZTB4NL",
		"a Google API key":  "AIza" + random[:35],
		"a Stripe key":      "sk_live_" + random[:30],
		"an npm token":      "npm_" + random[:36],
		"an Anthropic key":  "sk-ant-" + random[:40],
		"a private key":     "-----BEGIN RSA PRIVATE " + "KEY-----\n" + random + "\n",
		"a key on one line": "-----BEGIN PRIVATE " + `KEY-----\n` + random + `\n`,
	}
	for name, secret := range secrets {
		for _, path := range []string{".env", "server/config.go", "webapp/src/client.ts"} {
			t.Run(name+" in "+path, func(t *testing.T) {
				content := "package main\n// key:\nvar x = `" + secret + "`\n"
				result := check(t, DefaultPolicy(), plugin(map[string]string{path: content}))
				require.Equal(t, []string{"evidence-secret " + path + ":3"}, found(result))
				said, err := json.Marshal(result)
				require.NoError(t, err)
				assert.NotContains(t, string(said), secret[len(secret)-15:len(secret)-3])
			})
		}
	}
}

func TestWhatOnlyLooksLikeASecretIsNotListed(t *testing.T) {
	for name, content := range map[string]string{
		"a placeholder":   "token: ghp_" + strings.Repeat("x", 36),
		"an example":      "key: AKIA" + "IOSFODNN7EXAMPLE",
		"a key's heading": "-----BEGIN RSA PRIVATE " + "KEY-----\n...\n",
		"a public key":    "-----BEGIN PUBLIC KEY-----\n" + strings.Repeat("MIIB", 20),
		"a hash":          "sha: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"a longer word":   "xghp_q7RkV2mXw9ZtB4nLs8DcYhJ3fGpE6uAa1KzTvQ",
	} {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, found(check(t, DefaultPolicy(), plugin(map[string]string{"config.yml": content}))))
		})
	}
	assert.Empty(t, found(check(t, DefaultPolicy(), plugin(map[string]string{"server/a_test.go": "// ghp_" + "q7RkV2mXw9ZtB4nLs8DcYhJ3fGpE6uAa1KzT"}))))
}
