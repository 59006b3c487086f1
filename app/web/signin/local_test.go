package signin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAttackOnlyPathsOfThisSiteAreComeBackTo(t *testing.T) {
	for to, want := range map[string]string{
		"/":                        "/",
		"/p/alice/tea":             "/p/alice/tea",
		"/p/alice/tea?x=1&y=//z#a": "/p/alice/tea?x=1&y=//z#a",
		"/ops/":                    "/ops/",
		"/p/a%20b":                 "/p/a%20b",
		"/reviewers?at=https://x":  "/reviewers?at=https://x",
		"/loginx":                  "/loginx",

		"":                              "/",
		"p/alice/tea":                   "/",
		"?x=1":                          "/",
		"//evil.example":                "/",
		"///evil.example":               "/",
		`/\evil.example`:                "/",
		`\\evil.example`:                "/",
		`\/evil.example`:                "/",
		"/%2Fevil.example":              "/",
		"/%2f%2fevil.example":           "/",
		"/%5Cevil.example":              "/",
		"%2F%2Fevil.example":            "/",
		"/.//evil.example":              "/",
		"/a/../../evil":                 "/",
		"/a/%2e%2e//evil":               "/",
		"/a//b":                         "/",
		"/\t/evil.example":              "/",
		"/\n/evil.example":              "/",
		"\x00/evil":                     "/",
		"/%09/evil.example":             "/",
		"/a%0d%0aSet-Cookie:x=1":        "/",
		" //evil.example":               "/",
		"https://evil.example":          "/",
		"https:evil.example":            "/",
		"https:/evil.example":           "/",
		"HTTPS://evil.example":          "/",
		"javascript:alert(1)":           "/",
		"data:text/html,x":              "/",
		"//user@evil.example/":          "/",
		"/%":                            "/",
		"/p?q=\r\nX:1":                  "/",
		"/login":                        "/",
		"/login?to=/login":              "/",
		"/login/callback?code=1":        "/",
		"/logout":                       "/",
		"/%6cogin":                      "/",
		"/" + strings.Repeat("a", 1024): "/",
	} {
		assert.Equal(t, want, local(to), "%q", to)
	}
}

func TestALinkToSignInComesBackToWhereItStands(t *testing.T) {
	assert.Equal(t, "/login?to=%2Fp%2Falice%2Ftea%3Fx%3D1%26y", Link("/p/alice/tea?x=1&y"))
	assert.Equal(t, "/login?to=%2F", Link("/login/callback?code=secret"), "no code goes on to the next page")
}

func FuzzAttackOnlyPathsOfThisSiteAreComeBackTo(f *testing.F) {
	for _, seed := range []string{"/", "//x", `/\x`, "/%2fx", "/a?b#c", "https://x", "/\t/x", "/%5c%2f", "/;//x", "/a:b@c", "/" + strings.Repeat("\x8c", 400)} {
		f.Add(seed)
	}
	site, err := url.Parse("https://onboard.example/login/callback?code=1")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, to string) {
		got := local(to)
		// As browsers read a Location: without tabs and line ends, \ being /.
		browsers := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		for _, text := range []string{got, browsers, strings.TrimSpace(browsers)} {
			u, err := site.Parse(text)
			require.NoError(t, err)
			require.Equal(t, "https://onboard.example", u.Scheme+"://"+u.Host, "%q", to)
			require.Nil(t, u.User)
		}
		require.False(t, strings.HasPrefix(browsers, "//"), "%q", to)
		require.Equal(t, got, local(got), "once is enough")
		header := http.Header{}
		header.Set("Location", got)
		require.NotContains(t, got, "\n")
	})
}
