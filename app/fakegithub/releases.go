package fakegithub

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Release is what Publish is given, and the release it made. The fields stay as
// they were published; what ReplaceAsset changes is seen in the API.
type Release struct {
	ID         int64 // set by Publish
	Tag        string
	Name       string // "" = the tag
	Body       string
	Prerelease bool
	Draft      bool              // seen only with contents:write, has no tag yet
	Immutable  bool              // its assets cannot be replaced any more
	Target     string            // SHA of the commit that the tag is made at; "" = the default branch's head
	Assets     map[string][]byte // name → content

	repository  *Repository
	by          *User
	commit      string
	assets      []*asset
	committedAt time.Time
	publishedAt time.Time
}

// Asset is a release's file as the API describes it. EditAsset may make it lie.
type Asset struct {
	ContentType string
	Digest      string // "sha256:…"; "" is null, as of assets older than June 2025
	State       string // uploaded, or open while an upload is unfinished
	Content     []byte
}

type asset struct {
	Asset
	id        int64
	name      string
	by        *User
	createdAt time.Time
	updatedAt time.Time
}

// Publish makes a release and, if the repository has no such tag, the tag.
// Webhooks: release created, published, and released or prereleased; push of a
// new tag; of a draft only release created. It panics if the target is no commit.
func (r *Repository) Publish(by *User, release Release) *Release {
	g, rel := r.github, &release
	defer g.lock()()
	rel.ID, rel.repository, rel.by = g.newID(), r, by
	if rel.Target == "" {
		rel.Target = r.head()
	}
	rel.commit = rel.Target
	if tagged := r.refs["refs/tags/"+rel.Tag]; tagged != "" {
		rel.commit = r.objects.peel(tagged)
	} else if !rel.Draft {
		r.tag(by, rel.Tag, rel.Target, "")
	}
	c, ok := r.objects.commit(rel.commit)
	if !ok {
		panic(fmt.Sprintf("fakegithub: release %s of %s: there is no commit %q", rel.Tag, r.fullName(), rel.commit)) // a mistake of the caller
	}
	rel.committedAt = c.committer.at
	for _, name := range slices.Sorted(maps.Keys(rel.Assets)) {
		rel.assets = append(rel.assets, rel.upload(by, name, rel.Assets[name]))
	}
	r.releases = append(r.releases, rel)
	rel.changed(by, "created")
	if rel.Draft {
		return rel
	}
	rel.publishedAt = g.now()
	rel.changed(by, "published")
	if rel.Prerelease {
		rel.changed(by, "prereleased")
	} else {
		rel.changed(by, "released")
	}
	return rel
}

// changed tells the webhooks, and the observers once for each way of publishing.
func (rel *Release) changed(by *User, action string) {
	g, r := rel.repository.github, rel.repository
	g.emit(r, "release", action, by, object{"release": g.releaseJSON(rel)})
	if action == "published" || action == "deleted" || rel.Draft {
		g.changed(Change{
			Kind: "release", Action: action, Repository: r.fullName(), By: by.Login, SHA: rel.commit, Name: rel.Tag, Title: rel.Name,
			Text: fmt.Sprintf("%s %s release %s", by.Login, action, rel.Tag),
		})
	}
}

func (rel *Release) upload(by *User, name string, content []byte) *asset {
	g, sum := rel.repository.github, sha256.Sum256(content)
	kind := "application/octet-stream"
	if strings.HasSuffix(name, ".gz") {
		kind = "application/gzip"
	}
	return &asset{
		Asset: Asset{ContentType: kind, Digest: "sha256:" + hex.EncodeToString(sum[:]), State: "uploaded", Content: slices.Clone(content)},
		id:    g.newID(), name: name, by: by, createdAt: g.now(), updatedAt: g.now(),
	}
}

// ReplaceAsset uploads an asset in the place of the one of that name, or beside
// the others if there is none. It has a new id; no webhook tells of it, as when
// it is done with the API. An immutable release stays as it is.
func (rel *Release) ReplaceAsset(by *User, name string, content []byte) {
	defer rel.repository.github.lock()()
	if rel.Immutable {
		return
	}
	rel.removeAsset(name)
	rel.assets = append(rel.assets, rel.upload(by, name, content))
}

// DeleteAsset takes an asset away, without a webhook. An immutable release stays as it is.
func (rel *Release) DeleteAsset(name string) {
	defer rel.repository.github.lock()()
	if !rel.Immutable {
		rel.removeAsset(name)
	}
}

func (rel *Release) removeAsset(name string) {
	rel.assets = slices.DeleteFunc(rel.assets, func(a *asset) bool { return a.name == name })
}

// EditAsset changes an asset behind the scenes, leaving its id and times: to a
// wrong digest, another content. The function must not use this GitHub, and must
// set Content anew rather than write into it. An unknown name does nothing.
func (rel *Release) EditAsset(name string, edit func(*Asset)) {
	defer rel.repository.github.lock()()
	if a := rel.asset(name); a != nil {
		edit(&a.Asset)
	}
}

// Delete removes the release; its tag stays. Webhook: release deleted.
func (rel *Release) Delete(by *User) {
	r := rel.repository
	defer r.github.lock()()
	r.releases = slices.DeleteFunc(r.releases, func(other *Release) bool { return other == rel })
	rel.changed(by, "deleted")
}

// DownloadURL is where a browser gets an asset of that name, whether it exists or not.
func (rel *Release) DownloadURL(name string) string {
	defer rel.repository.github.lock()()
	return rel.downloadURL(name)
}

func (rel *Release) downloadURL(name string) string {
	return rel.repository.github.html("/%s/releases/download/%s/%s", rel.repository.fullName(), segment(rel.Tag), segment(name))
}

// segment escapes a text for one part of a path, + included: many servers read it as a space.
func segment(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), "+", "%2B")
}

func (rel *Release) asset(name string) *asset {
	for _, a := range rel.assets {
		if a.name == name {
			return a
		}
	}
	return nil
}

// published lists the releases that are no drafts, by their commits' dates, the
// newest first: GitHub's created_at is the commit's date (facts 9).
func (r *Repository) published() []*Release {
	return slices.DeleteFunc(r.sortedReleases(), func(rel *Release) bool { return rel.Draft })
}

func (r *Repository) sortedReleases() []*Release {
	all := slices.Clone(r.releases)
	slices.Reverse(all) // of one commit, the one published last is the newest
	slices.SortStableFunc(all, func(a, b *Release) int { return b.committedAt.Compare(a.committedAt) })
	return all
}

func (r *Repository) releaseOf(tag string) *Release {
	for _, rel := range r.published() {
		if rel.Tag == tag {
			return rel
		}
	}
	return nil
}

// latest is the newest release that is neither draft nor prerelease, nil if there is none.
func (r *Repository) latest() *Release {
	for _, rel := range r.published() {
		if !rel.Prerelease {
			return rel
		}
	}
	return nil
}
