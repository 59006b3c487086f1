package fakegithub_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a GitHub with one plugin repository that has the App installed.
type world struct {
	*fakegithub.GitHub
	t            *testing.T
	url          string
	app          *fakegithub.App
	author       *fakegithub.User
	repository   *fakegithub.Repository
	installation *fakegithub.Installation
	token        string
	skew         atomic.Int64 // nanoseconds that the clock is ahead
	http         *http.Client
}

// newWorld checks conformance; newLooseWorld does not, for requests that are wrong on purpose.
func newWorld(t *testing.T) *world { return build(t, conformance.Check(t)) }

func newLooseWorld(t *testing.T) *world { return build(t, nil) }

func build(t *testing.T, wrap func(http.Handler) http.Handler) *world {
	w := &world{t: t, http: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
	w.GitHub = fakegithub.New(fakegithub.Options{Wrap: wrap, Now: w.now})
	url, err := w.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	w.url = url
	w.app = w.CreateApp("onboard")
	w.author = w.CreateUser("Ada")
	w.repository = w.CreateRepository(w.author, "mattermost-plugin-tea", map[string]string{"README.md": "# Tea\n", "server/main.go": "package main\n"})
	w.installation = w.Install(w.app, w.author)
	w.token = w.mint(nil)
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

func (w *world) advance(d time.Duration) { w.skew.Add(int64(d)) }

func (w *world) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

type object = map[string]any

// response is an answer with its JSON decoded: an object, or a list of them.
type response struct {
	status int
	header http.Header
	raw    []byte
	object object
	list   []object
}

// send calls the API with any credentials and headers (name, value, name, value …).
func (w *world) send(method, path, credentials string, body any, headers ...string) (response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		require.NoError(w.t, err)
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequest(method, w.url+"/api/v3"+path, reader)
	require.NoError(w.t, err)
	if credentials != "" {
		request.Header.Set("Authorization", "Bearer "+credentials)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := w.http.Do(request)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	r := response{status: answer.StatusCode, header: answer.Header, raw: raw}
	if bytes.HasPrefix(raw, []byte("[")) {
		require.NoError(w.t, json.Unmarshal(raw, &r.list))
	} else if bytes.HasPrefix(raw, []byte("{")) {
		require.NoError(w.t, json.Unmarshal(raw, &r.object))
	}
	return r, err
}

// call calls the API as the installation.
func (w *world) call(method, path string, body any, headers ...string) response {
	r, err := w.send(method, path, w.token, body, headers...)
	require.NoError(w.t, err)
	return r
}

// in is call with a path inside the repository.
func (w *world) in(method, path string, body any, headers ...string) response {
	return w.call(method, "/repos/Ada/mattermost-plugin-tea"+path, body, headers...)
}

// asApp calls the API as the App itself.
func (w *world) asApp(method, path string, body any) response {
	r, err := w.send(method, path, w.jwt(nil), body)
	require.NoError(w.t, err)
	return r
}

// mint makes an installation token.
func (w *world) mint(restriction any) string {
	r := w.asApp("POST", fmt.Sprintf("/app/installations/%d/access_tokens", w.installation.ID), restriction)
	require.Equal(w.t, http.StatusCreated, r.status, "%s", r.raw)
	return r.object["token"].(string)
}

// jwt signs what GitHub wants, with some claims changed.
func (w *world) jwt(changes object) string {
	claims := object{"iss": strconv.FormatInt(w.app.ID, 10), "iat": w.now().Unix() - 30, "exp": w.now().Unix() + 120}
	for name, value := range changes {
		claims[name] = value
	}
	return signJWT(w.t, w.app.PrivateKeyPEM, "RS256", claims)
}

func signJWT(t *testing.T, key, algorithm string, claims object) string {
	block, _ := pem.Decode([]byte(key))
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(t, err)
	part := func(value any) string {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text := part(object{"alg": algorithm, "typ": "JWT"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func text(s string) *string { return &s }
