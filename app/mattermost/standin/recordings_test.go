package standin_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost/standin"
)

const starter = "com.mattermost.plugin-starter-template"

// exchange is what was recorded of a real server.
type exchange struct {
	Name    string
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

func recordings(t *testing.T) (list []exchange) {
	t.Helper()
	content, err := os.ReadFile("testdata/exchanges.jsonl")
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		var e exchange
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		list = append(list, e)
	}
	require.Len(t, list, 33)
	return list
}

// TestTheStandInAnswersAsRealServersDid sends all requests that were sent to real
// servers, one after the other, and compares the answers.
func TestTheStandInAnswersAsRealServersDid(t *testing.T) {
	list := recordings(t)
	var manifest map[string]any
	for _, e := range list {
		if e.Name == "install" {
			require.NoError(t, json.Unmarshal(e.Response.Body, &manifest))
		}
	}
	s, err := standin.New(standin.Options{Token: "right", Fetch: func(url string) ([]byte, error) { return fetch(t, manifest, url) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	s.Put(starter, "0.0.1") // the recording begins with its removal
	s.AddHook(standin.Hook{ID: "e1s6ncbtgbd1znddhim931sgke", Channel: "town-square"})
	s.Break(starter, "0.5.0", "Unrecognized remote plugin message: \n\nThis usually means that the plugin is either invalid or simply\nneeds to be recompiled to support the latest protocol.")
	for _, e := range list {
		t.Run(e.Name, func(t *testing.T) {
			answer, body := send(t, s, e, manifest)
			assert.Equal(t, e.Response.Status, answer.StatusCode)
			assert.Equal(t, e.Response.Headers["Content-Type"], answer.Header.Get("Content-Type"))
			assert.Regexp(t, `^7\.6\.0\.dev\.[0-9a-f]+\.false$`, answer.Header.Get("X-Version-Id"), "as %s", e.Response.Headers["X-Version-Id"])
			assert.Regexp(t, `^[0-9a-z]{26}$`, answer.Header.Get("X-Request-Id"), "as %s", e.Response.Headers["X-Request-Id"])
			compare(t, e, body)
		})
	}
}

func compare(t *testing.T, e exchange, body []byte) {
	t.Helper()
	switch {
	case e.Name == "hook ok":
		assert.Equal(t, "ok", string(body))
	case e.Name == "me": // the account is another one
		var ours, theirs map[string]any
		require.NoError(t, json.Unmarshal(body, &ours))
		require.NoError(t, json.Unmarshal(e.Response.Body, &theirs))
		for key := range ours {
			assert.Contains(t, theirs, key)
		}
		assert.Contains(t, ours["roles"], "system_admin")
	case e.Response.Status >= 400:
		var ours, theirs map[string]any
		require.NoError(t, json.Unmarshal(body, &ours))
		require.NoError(t, json.Unmarshal(e.Response.Body, &theirs))
		assert.Regexp(t, `^[0-9a-z]{26}$`, ours["request_id"])
		ours["request_id"] = theirs["request_id"]
		if e.Name == "hook unknown channel" { // the real one names its team
			ours["detailed_error"] = theirs["detailed_error"]
		}
		assert.Equal(t, theirs, ours)
	default: // newer servers say more of settings than that one
		assert.JSONEq(t, string(e.Response.Body), strings.ReplaceAll(string(body), `,"sections":null`, ""))
	}
}

// send sends what was recorded. Of the bundle that was uploaded only the size is
// recorded.
func send(t *testing.T, s *standin.Server, e exchange, manifest map[string]any) (*http.Response, []byte) {
	t.Helper()
	body, kind := io.Reader(bytes.NewReader(e.Request.Body)), "application/json"
	if e.Name == "upload" {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		require.NoError(t, w.WriteField("force", "true"))
		part, err := w.CreateFormFile("plugin", "plugin.tar.gz")
		require.NoError(t, err)
		_, err = part.Write(pack(t, manifest, "0.2.0", "6.2.1"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		body, kind = &form, w.FormDataContentType()
	}
	request, err := http.NewRequestWithContext(t.Context(), e.Request.Method, s.URL()+e.Request.Path, body)
	require.NoError(t, err)
	request.Header.Set("Content-Type", kind)
	switch e.Name {
	case "bad token":
		request.Header.Set("Authorization", "BEARER REDACTED")
	case "no token":
	default:
		request.Header.Set("Authorization", "BEARER right")
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, content
}

// fetch is what the recorded URLs had.
func fetch(t *testing.T, manifest map[string]any, url string) ([]byte, error) {
	switch file := url[strings.LastIndex(url, "/")+1:]; file {
	case "not-a-url":
		return nil, errors.New("invalid url not-a-url")
	case "starter-0.1.0.tar.gz":
		return pack(t, manifest, "0.1.0", "6.2.1"), nil
	case "starter-0.2.0.tar.gz":
		return pack(t, manifest, "0.2.0", "6.2.1"), nil
	case "starter-future.tar.gz":
		return pack(t, manifest, "0.3.0", "11.0.0"), nil
	case "crash.tar.gz":
		return pack(t, manifest, "0.5.0", "6.2.1"), nil
	case "truncated.tar.gz":
		whole := pack(t, manifest, "0.1.0", "6.2.1")
		return whole[:len(whole)/2], nil
	case "notatar.tar.gz":
		return []byte("<!DOCTYPE html><p>Sign in"), nil
	}
	return nil, errors.New("download failed after multiple retries.: failed to fetch from " + url)
}

// pack makes a bundle of the recorded plugin.
func pack(t *testing.T, manifest map[string]any, version, needs string) []byte {
	t.Helper()
	changed := map[string]any{}
	for key, value := range manifest {
		changed[key] = value
	}
	changed["version"], changed["min_server_version"] = version, needs
	text, err := json.Marshal(changed)
	require.NoError(t, err)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: starter + "/plugin.json", Typeflag: tar.TypeReg, Size: int64(len(text))}))
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}
