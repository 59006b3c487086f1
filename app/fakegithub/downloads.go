package fakegithub

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const linkTTL = 5 * time.Minute // of private tarballs and of assets (facts 9)

// link is a permission to download one thing, given out by an API call.
type link struct {
	path      string
	expiresAt time.Time
}

// download is an address beside the API. It needs no credentials; what is
// private needs a link's token in the query.
type download struct {
	path  string // a pattern of http.ServeMux, and the Route of its Calls
	serve func(*GitHub, *http.Request) answer
}

func downloads() []download {
	return []download{
		{"/codeload/{owner}/{repo}/legacy.tar.gz/{ref...}", (*GitHub).downloadTarball},
		{"/release-assets/{asset_id}", (*GitHub).downloadAsset},
		{"/{owner}/{repo}/releases/download/{tag}/{name}", (*GitHub).browseAsset},
		{"/{owner}/{repo}/releases/latest/download/{name}", (*GitHub).browseAsset},
	}
}

// download takes one download from arrival to answer, faults included, and records it.
func (g *GitHub) download(w http.ResponseWriter, r *http.Request, d download) {
	record := Call{Method: r.Method, Route: d.path, Path: r.URL.Path, Download: true}
	fault, wait := g.faultFor(record.Method, record.Route)
	pause(r.Context(), wait)
	var a answer
	switch {
	case fault.Cut == CutBefore:
	case fault.Status != 0:
		a = fault.answer()
	default:
		a = g.downloaded(r, d)
	}
	if fault.Cut == NoCut || fault.Cut == CutHalf {
		record.Status, record.NotModified = a.status, a.status == http.StatusNotModified
	}
	g.record(record)
	if fault.Cut != NoCut {
		a.cut(w, fault.Cut)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.raw)))
	if r.Method == http.MethodHead {
		a.raw = nil
	}
	a.write(w)
}

// downloaded serves the download and answers 304 to who has it already.
func (g *GitHub) downloaded(r *http.Request, d download) answer {
	defer g.lock()()
	a := d.serve(g, r)
	tag, modified := a.header.Get("ETag"), a.header.Get("Last-Modified")
	known := tag != "" && strings.Contains(r.Header.Get("If-None-Match"), tag)
	if r.Header.Get("If-None-Match") == "" && modified != "" {
		since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
		at, _ := http.ParseTime(modified) // written here
		known = err == nil && !at.After(since)
	}
	if known {
		a.status, a.raw = http.StatusNotModified, nil
		a.header.Del("Content-Type")
	}
	return a
}

func notHere() answer {
	return answer{status: http.StatusNotFound, raw: []byte("Not Found"), header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}

// signed makes a link to a path: it works for five minutes.
func (g *GitHub) signed(path string) string {
	secret := make([]byte, 20)
	_, _ = rand.Read(secret) // never fails
	token := strings.ToUpper(hex.EncodeToString(secret))
	g.links[token] = link{path, g.now().Add(linkTTL)}
	return g.base + path + "?token=" + token
}

// allowed says whether the request has a token for its path.
func (g *GitHub) allowed(r *http.Request) bool {
	l, ok := g.links[r.URL.Query().Get("token")]
	return ok && l.path == r.URL.EscapedPath() && g.now().Before(l.expiresAt)
}

// getTarball sends the caller to the tarball; the way there needs a token if the
// repository is private (facts 9).
func (q *request) getTarball() (answer, error) {
	g, r, ref := q.github, q.repository, q.PathValue("ref")
	sha := r.resolve(ref)
	if sha == "" {
		return answer{}, notFound()
	}
	full := sha
	for _, name := range []string{ref, "refs/" + ref, "refs/heads/" + ref, "refs/tags/" + ref} {
		if r.refs[name] != "" {
			full = name
			break
		}
	}
	path := fmt.Sprintf("/codeload/%s/legacy.tar.gz/%s", r.fullName(), strings.ReplaceAll(segment(full), "%2F", "/"))
	if r.private {
		return redirect(g.signed(path)), nil
	}
	return redirect(g.base + path), nil
}

func (g *GitHub) downloadTarball(r *http.Request) answer {
	repository := g.repository(r.PathValue("owner"), r.PathValue("repo"))
	if repository == nil || repository.private && !g.allowed(r) {
		return notHere()
	}
	c, ok := repository.objects.commit(repository.resolve(r.PathValue("ref")))
	if !ok {
		return notHere()
	}
	top := fmt.Sprintf("%s-%s-%s", repository.owner.Login, repository.name, c.sha[:7])
	var packed bytes.Buffer
	if err := repository.objects.writeArchive(&packed, c, top); err != nil {
		return answer{status: http.StatusInternalServerError, raw: []byte(err.Error()), header: http.Header{}}
	}
	sum := sha256.Sum256(packed.Bytes())
	return answer{status: http.StatusOK, raw: packed.Bytes(), header: http.Header{
		"Content-Type": {"application/x-gzip"}, "Content-Disposition": {"attachment; filename=" + top + ".tar.gz"},
		"Etag": {`"` + hex.EncodeToString(sum[:]) + `"`},
	}}
}

// browseAsset is what browser_download_url and releases/latest/download lead to:
// sent on to where the content is. Drafts and private repositories need a login
// that no program has.
func (g *GitHub) browseAsset(r *http.Request) answer {
	owner, name := r.PathValue("owner"), r.PathValue("repo")
	repository := g.repository(owner, name)
	if moved := g.formerly(owner, name); repository == nil && moved != nil && !moved.private {
		_, rest, _ := strings.Cut(r.URL.EscapedPath(), "/releases/")
		return answer{status: http.StatusMovedPermanently, header: http.Header{"Location": {g.html("/%s/releases/", moved.fullName()) + rest}}}
	}
	if repository == nil || repository.private {
		return notHere()
	}
	rel := repository.releaseOf(r.PathValue("tag"))
	if r.PathValue("tag") == "" {
		rel = repository.latest()
	}
	if rel == nil {
		return notHere()
	}
	if r.PathValue("tag") == "" {
		return redirect(rel.downloadURL(r.PathValue("name")))
	}
	a := rel.asset(r.PathValue("name"))
	if a == nil || a.State != "uploaded" {
		return notHere()
	}
	return redirect(g.assetLink(a))
}

func (g *GitHub) assetLink(a *asset) string { return g.signed(fmt.Sprintf("/release-assets/%d", a.id)) }

// downloadAsset serves an asset's content to who has a link, as long as it is there.
func (g *GitHub) downloadAsset(r *http.Request) answer {
	if !g.allowed(r) {
		return answer{status: http.StatusForbidden, raw: []byte("the link has expired"), header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
	}
	for _, repository := range g.repositories {
		for _, rel := range repository.releases {
			for _, a := range rel.assets {
				if strconv.FormatInt(a.id, 10) == r.PathValue("asset_id") {
					return a.file()
				}
			}
		}
	}
	return notHere()
}

func (a *asset) file() answer {
	sum := sha256.Sum256(a.Content)
	return answer{status: http.StatusOK, raw: a.Content, header: http.Header{
		"Content-Type": {"application/octet-stream"}, "Content-Disposition": {"attachment; filename=" + a.name},
		"Etag": {`"0x` + strings.ToUpper(hex.EncodeToString(sum[:8])) + `"`}, "Last-Modified": {a.updatedAt.UTC().Format(http.TimeFormat)},
	}}
}
