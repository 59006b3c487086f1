package ghapi

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/checks"
)

// CommitTime finds a commit by its SHA, the SHA's first digits or
// "tags/<name>", and says when it was committed. Its error is an
// fs.ErrNotExist if there is none.
func (r *Repo) CommitTime(ctx context.Context, ref string) (sha string, at time.Time, err error) {
	if strings.Trim(ref, ".") == "" { // no name, and in a path it leads elsewhere
		return "", time.Time{}, fmt.Errorf("commit %q of %s/%s: %w", ref, r.Owner, r.Name, fs.ErrNotExist)
	}
	// GetCommit of go-github leaves the reference as it is in the path, so that
	// a tag's name could ask for something else.
	path := fmt.Sprintf("repos/%s/%s/commits/%s", url.PathEscape(r.Owner), url.PathEscape(r.Name), url.PathEscape(ref))
	request, err := r.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read commit %s of %s/%s: %w", ref, r.Owner, r.Name, err)
	}
	commit := new(github.RepositoryCommit)
	_, err = r.client.Do(ctx, request, commit)
	if hasStatus(err, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusConflict) { // 422: no such SHA; 409: empty repository
		return "", time.Time{}, fmt.Errorf("commit %s of %s/%s: %w", ref, r.Owner, r.Name, fs.ErrNotExist)
	}
	if err != nil {
		return "", time.Time{}, explain(err, "read commit %s of %s/%s", ref, r.Owner, r.Name)
	}
	return commit.GetSHA(), commit.GetCommit().GetCommitter().GetDate().Time, nil
}

// maxReleasePages bounds the releases that are looked at: the newest 300 (S17).
const maxReleasePages = 3

// release is a release with what go-github v60 does not know yet.
type release struct {
	github.RepositoryRelease
	Immutable bool    `json:"immutable"`
	Assets    []asset `json:"assets"`
}

type asset struct {
	github.ReleaseAsset
	Digest string `json:"digest"` // "sha256:…"; "" for files older than June 2025
}

// Releases lists the newest releases, in no order. The tags' commits are not in
// the list.
func (r *Repo) Releases(ctx context.Context) ([]checks.Release, error) {
	var list []checks.Release
	for page := 1; page != 0 && page <= maxReleasePages; {
		path := fmt.Sprintf("repos/%s/%s/releases?per_page=100&page=%d", url.PathEscape(r.Owner), url.PathEscape(r.Name), page)
		request, err := r.client.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			return nil, fmt.Errorf("list the releases of %s/%s: %w", r.Owner, r.Name, err)
		}
		var releases []release
		response, err := r.client.Do(ctx, request, &releases)
		if err != nil {
			return nil, explain(err, "list the releases of %s/%s", r.Owner, r.Name)
		}
		for _, one := range releases {
			list = append(list, one.plain())
		}
		page = response.NextPage
	}
	return list, nil
}

// plain is the release as checks know it.
func (r release) plain() checks.Release {
	plain := checks.Release{
		Tag: r.GetTagName(), Name: r.GetName(), Draft: r.GetDraft(), Prerelease: r.GetPrerelease(),
		Immutable: r.Immutable, PublishedAt: r.GetPublishedAt().Time,
	}
	for _, a := range r.Assets {
		if a.GetState() == "uploaded" {
			plain.Assets = append(plain.Assets, checks.Asset{
				ID: a.GetID(), Name: a.GetName(), Size: int64(a.GetSize()), Digest: a.Digest, URL: a.GetBrowserDownloadURL(),
			})
		}
	}
	return plain
}

// MergeBase returns the commit from which GitHub shows what a head adds to a
// base. Its error is an fs.ErrNotExist if there is none, as where people made a
// branch anew from nothing, or if one of the two is not there.
func (r *Repo) MergeBase(ctx context.Context, base, head string) (sha string, err error) {
	compared, _, err := r.client.Repositories.CompareCommits(ctx, r.Owner, r.Name, base, head, &github.ListOptions{PerPage: 1})
	if hasStatus(err, http.StatusNotFound) {
		return "", fmt.Errorf("compare %s with %s in %s/%s: %w", head, base, r.Owner, r.Name, fs.ErrNotExist)
	}
	if err != nil {
		return "", explain(err, "compare %s with %s in %s/%s", head, base, r.Owner, r.Name)
	}
	return compared.GetMergeBaseCommit().GetSHA(), nil
}
