package fakegithub_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// fetch downloads without credentials and without following redirects.
func (w *world) fetch(method, url string, headers ...string) (response, error) {
	request, err := http.NewRequest(method, url, http.NoBody)
	require.NoError(w.t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: w.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	return response{status: answer.StatusCode, header: answer.Header, raw: raw}, err
}

func (w *world) download(url string, headers ...string) response {
	r, err := w.fetch("GET", url, headers...)
	require.NoError(w.t, err)
	return r
}

// leadsTo asks the API for a download and returns the redirect's target.
func (w *world) leadsTo(path string, headers ...string) string {
	r := w.download(w.url+"/api/v3/repos/"+w.repository.FullName()+path, append(headers, "Authorization", "Bearer "+w.token)...)
	require.Equal(w.t, http.StatusFound, r.status, "%s", r.raw)
	return r.header.Get("Location")
}

func namesIn(t *testing.T, packed []byte) (names []string, commit string) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return names, commit
		}
		require.NoError(t, err)
		commit += header.PAXRecords["comment"]
		names = append(names, header.Name)
	}
}

func TestATarballComesByARedirectThatIsNoAPICall(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Push(w.author, "Leave the tests out", map[string]*string{".gitattributes": text("server export-ignore\n")})
	for ref, path := range map[string]string{"main": "refs/heads/main", head: head, head[:7]: head, "heads/main": "refs/heads/main"} {
		target := w.leadsTo("/tarball/" + ref)
		assert.Equal(t, w.url+"/codeload/Ada/mattermost-plugin-tea/legacy.tar.gz/"+path, target)
		r := w.download(target)
		require.Equal(t, http.StatusOK, r.status)
		assert.Equal(t, "application/x-gzip", r.header.Get("Content-Type"))
		names, commit := namesIn(t, r.raw)
		top := "Ada-mattermost-plugin-tea-" + head[:7] + "/"
		assert.Equal(t, []string{"pax_global_header", top, top + ".gitattributes", top + "README.md"}, names)
		assert.Equal(t, head, commit)
		assert.Equal(t, http.StatusNotModified, w.download(target, "If-None-Match", r.header.Get("ETag")).status)
	}
	counted, all := w.Calls(), w.AllCalls()
	assert.Len(t, all, len(counted)+8)
	for _, c := range counted {
		assert.False(t, c.Download)
	}
	assert.Equal(t, "/codeload/{owner}/{repo}/legacy.tar.gz/{ref...}", all[len(all)-1].Route)
	assert.True(t, all[len(all)-1].NotModified)
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/tarball/none", nil).status)
	assert.Equal(t, http.StatusNotFound, w.download(w.url+"/codeload/Ada/nothing/legacy.tar.gz/main").status)
	assert.Equal(t, http.StatusNotFound, w.download(w.url+"/codeload/Ada/mattermost-plugin-tea/legacy.tar.gz/none").status)
}

func TestAPrivateTarballNeedsALinkThatLivesFiveMinutesAttack(t *testing.T) {
	w := newWorld(t)
	w.repository.SetPrivate(w.author, true)
	target := w.leadsTo("/tarball/main")
	bare, _, signed := strings.Cut(target, "?token=")
	require.True(t, signed)
	assert.NotEqual(t, target, w.leadsTo("/tarball/main"), "each link is another")
	assert.Equal(t, http.StatusOK, w.download(target).status)
	assert.Equal(t, http.StatusNotFound, w.download(bare).status)
	assert.Equal(t, http.StatusNotFound, w.download(bare+"?token=guess").status)
	assert.Equal(t, http.StatusNotFound, w.download(bare, "Authorization", "Bearer "+w.token).status)
	assert.Equal(t, http.StatusNotFound, w.download(strings.Replace(target, "refs/heads/main", w.repository.Head(), 1)).status, "another path")
	w.advance(5*time.Minute - time.Second)
	assert.Equal(t, http.StatusOK, w.download(target).status)
	w.advance(time.Second)
	assert.Equal(t, http.StatusNotFound, w.download(target).status)
}

func TestAnAssetIsDownloadedByBrowserAndByAPI(t *testing.T) {
	w := newWorld(t)
	content := []byte("a bundle")
	rel := w.repository.Publish(w.author, fakegithub.Release{Tag: "nightly/1", Assets: map[string][]byte{"tea-1.0+abc.tar.gz": content}})
	asset := w.in("GET", "/releases/tags/nightly/1", nil).object["assets"].([]any)[0].(object)
	url := asset["browser_download_url"].(string)
	assert.Equal(t, rel.DownloadURL("tea-1.0+abc.tar.gz"), url)
	assert.Contains(t, url, "/Ada/mattermost-plugin-tea/releases/download/nightly%2F1/tea-1.0%2Babc.tar.gz")

	latest := w.download(w.url + "/Ada/mattermost-plugin-tea/releases/latest/download/tea-1.0%2Babc.tar.gz")
	assert.Equal(t, url, latest.header.Get("Location"))
	sent := w.download(url)
	require.Equal(t, http.StatusFound, sent.status)
	file := w.download(sent.header.Get("Location"))
	assert.Equal(t, content, file.raw)
	assert.Equal(t, "8", file.header.Get("Content-Length"))
	for _, condition := range []string{"If-None-Match", "If-Modified-Since"} {
		value := file.header.Get(map[string]string{"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}[condition])
		again := w.download(w.download(url).header.Get("Location"), condition, value)
		assert.Equal(t, http.StatusNotModified, again.status, condition)
		assert.Empty(t, again.raw)
	}
	only, err := w.fetch("HEAD", sent.header.Get("Location"))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, only.status)
	assert.Empty(t, only.raw)

	path := fmt.Sprintf("/releases/assets/%.0f", asset["id"])
	assert.Equal(t, content, w.download(w.leadsTo(path, "Accept", "application/octet-stream")).raw)
	w.ServeAssetsDirectly(true)
	direct := w.in("GET", path, nil, "Accept", "application/octet-stream")
	assert.Equal(t, content, direct.raw)
	assert.Equal(t, "tea-1.0+abc.tar.gz", w.in("GET", path, nil).object["name"])
}

func TestWhatIsNoPublicAssetIsNotDownloadedAttack(t *testing.T) {
	w := newWorld(t)
	rel := w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.0", Assets: map[string][]byte{"a": []byte("1"), "unfinished": []byte("2")}})
	rel.EditAsset("unfinished", func(a *fakegithub.Asset) { a.State = "open" })
	draft := w.repository.Publish(w.author, fakegithub.Release{Tag: "v2.0.0", Draft: true, Assets: map[string][]byte{"a": []byte("3")}})
	for _, url := range []string{rel.DownloadURL("none"), rel.DownloadURL("unfinished"), draft.DownloadURL("a"), w.url + "/Ada/none/releases/download/v1.0.0/a", w.url + "/nowhere"} {
		assert.Equal(t, http.StatusNotFound, w.download(url).status, url)
	}
	link := w.download(rel.DownloadURL("a")).header.Get("Location")
	bare, _, _ := strings.Cut(link, "?")
	assert.Equal(t, http.StatusForbidden, w.download(bare).status)
	rel.DeleteAsset("a")
	assert.Equal(t, http.StatusNotFound, w.download(link).status)
	w.repository.SetPrivate(w.author, true)
	rel.ReplaceAsset(w.author, "a", []byte("4"))
	assert.Equal(t, http.StatusNotFound, w.download(rel.DownloadURL("a")).status)
	assert.Equal(t, http.StatusForbidden, w.download(w.url+"/release-assets/1").status)
}

func TestFaultsReachDownloads(t *testing.T) {
	w := newWorld(t)
	target := w.leadsTo("/tarball/main")
	w.Inject(fakegithub.Fault{Route: "/codeload/{owner}/{repo}/legacy.tar.gz/{ref...}", Times: 1, Status: 503})
	assert.Equal(t, http.StatusServiceUnavailable, w.download(target).status)
	for _, cut := range []fakegithub.Cut{fakegithub.CutBefore, fakegithub.CutAfter} {
		w.http.CloseIdleConnections() // Go's client repeats a GET on a connection used before
		remove := w.Inject(fakegithub.Fault{Cut: cut})
		_, err := w.fetch("GET", target)
		require.Error(t, err)
		remove()
	}
	whole := w.download(target).raw
	w.Inject(fakegithub.Fault{Times: 2, Cut: fakegithub.CutHalf})
	half, err := w.fetch("GET", target)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Len(t, half.raw, len(whole)/2)
	_, err = w.fetch("GET", w.url+"/api/v3/repos/Ada/mattermost-plugin-tea", "Authorization", "Bearer "+w.token)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "API calls too")
}
