package fakegithub

import (
	"net/http"
	"slices"
	"strings"
)

// releases lists what the caller sees: drafts only with push access.
func (q *request) releases() []*Release {
	if q.token.may("contents:write") {
		return q.repository.sortedReleases()
	}
	return q.repository.published()
}

func (q *request) listReleases() (answer, error) { return list(q, q.releases(), q.github.releaseJSON) }

func (q *request) getLatestRelease() (answer, error) { return q.release(q.repository.latest()) }

func (q *request) getReleaseOfTag() (answer, error) {
	return q.release(q.repository.releaseOf(q.PathValue("tag")))
}

func (q *request) getRelease() (answer, error) { return q.release(q.releaseByID()) }

func (q *request) releaseByID() *Release {
	id, seen := q.id("release_id"), q.releases()
	if index := slices.IndexFunc(seen, func(rel *Release) bool { return rel.ID == id }); index >= 0 {
		return seen[index]
	}
	return nil
}

func (q *request) release(rel *Release) (answer, error) {
	if rel == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.releaseJSON(rel)), nil
}

func (q *request) listAssets() (answer, error) {
	rel := q.releaseByID()
	if rel == nil {
		return answer{}, notFound()
	}
	return list(q, rel.assets, func(a *asset) object { return q.github.assetJSON(rel, a) })
}

// getAsset describes an asset; asked for application/octet-stream it sends the
// caller to the content, or gives it at once (both are GitHub's, facts 9).
func (q *request) getAsset() (answer, error) {
	id := q.id("asset_id")
	for _, rel := range q.releases() {
		for _, a := range rel.assets {
			if a.id == id {
				return q.asset(rel, a), nil
			}
		}
	}
	return answer{}, notFound()
}

func (q *request) asset(rel *Release, a *asset) answer {
	switch {
	case !strings.Contains(q.Header.Get("Accept"), "application/octet-stream"):
		return reply(http.StatusOK, q.github.assetJSON(rel, a))
	case q.github.directAssets:
		return answer{status: http.StatusOK, raw: a.Content, header: http.Header{"Content-Type": {"application/octet-stream"}}}
	}
	return redirect(q.github.assetLink(a))
}

// ServeAssetsDirectly makes API downloads of assets answer 200 with the content
// instead of 302.
func (g *GitHub) ServeAssetsDirectly(direct bool) {
	defer g.lock()()
	g.directAssets = direct
}

// redirect answers 302 without a body.
func redirect(target string) answer {
	return answer{status: http.StatusFound, header: http.Header{"Location": {target}}}
}

// releaseJSON is GitHub's release. created_at is the commit's date (facts 9).
func (g *GitHub) releaseJSON(rel *Release) object {
	r := rel.repository
	api, html := g.api("/repos/%s/releases/%d", r.fullName(), rel.ID), g.html("/%s/releases/tag/%s", r.fullName(), segment(rel.Tag))
	assets := []object{}
	for _, a := range rel.assets {
		assets = append(assets, g.assetJSON(rel, a))
	}
	name := rel.Name
	if name == "" {
		name = rel.Tag
	}
	body := object{
		"id": rel.ID, "node_id": nodeID("RE", rel.ID), "url": api, "assets_url": api + "/assets", "html_url": html,
		"upload_url": strings.Replace(api, apiPrefix, "/api/uploads", 1) + "/assets{?name,label}",
		"tag_name":   rel.Tag, "target_commitish": rel.Target, "name": name, "body": orNull(rel.Body), "author": g.userJSON(rel.by),
		"draft": rel.Draft, "prerelease": rel.Prerelease, "immutable": rel.Immutable, "assets": assets,
		"created_at": stamp(rel.committedAt), "published_at": stamp(rel.publishedAt), "updated_at": stamp(rel.publishedAt),
		"tarball_url": g.api("/repos/%s/tarball/%s", r.fullName(), rel.Tag), "zipball_url": g.api("/repos/%s/zipball/%s", r.fullName(), rel.Tag),
	}
	if rel.Draft {
		body["tarball_url"], body["zipball_url"] = nil, nil
		body["html_url"] = g.html("/%s/releases/tag/untagged-%020x", r.fullName(), rel.ID)
	}
	return body
}

// assetJSON is GitHub's release-asset.
func (g *GitHub) assetJSON(rel *Release, a *asset) object {
	return object{
		"id": a.id, "node_id": nodeID("RA", a.id), "url": g.api("/repos/%s/releases/assets/%d", rel.repository.fullName(), a.id),
		"browser_download_url": rel.downloadURL(a.name), "name": a.name, "label": nil, "state": a.State, "content_type": a.ContentType,
		"size": len(a.Content), "digest": orNull(a.Digest), "download_count": 0, "uploader": g.userJSON(a.by),
		"created_at": stamp(a.createdAt), "updated_at": stamp(a.updatedAt),
	}
}
