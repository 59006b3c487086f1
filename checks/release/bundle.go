package release

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// known reports whether what the last look found in the file is still true, so
// that it is not read again. Stale means that its result stands: the file could
// not be read a few minutes ago.
func (l *look) known() (reuse, stale bool) {
	m := l.last
	age := l.subject.Now.Sub(m.ReadAt)
	if m.ReadAt.IsZero() || m.assetID != l.asset.ID || age >= l.policy.Keep {
		return false, false
	}
	read := m.SHA256 != "" || len(m.Problems) > 0
	if age < l.policy.Again {
		return read, !read && l.subject.LastRelease.Result.Outcome != checks.Pass
	}
	same := l.asset.Digest != "" && l.asset.Digest == m.digest
	return read && same && (m.SHA256 == "" || strings.EqualFold(m.digest, algorithm+m.SHA256)), false
}

// maxText bounds an id or version that is remembered, in runes. Valid ids have at
// most 190, and a version that is longer than a tag may be equals none.
const maxText = 200

// fetch reads the bundle, unless its server says that it is the one that the
// last look saw.
func (l *look) fetch() error {
	var condition safehttp.Condition
	if m := l.last; m.assetID == l.asset.ID && m.SHA256 != "" && l.asset.Digest == "" && l.subject.Now.Sub(m.ReadAt) < l.policy.Keep {
		condition = m.Condition()
	}
	response, err := l.client.Get(l.ctx, l.asset.URL, condition)
	if err != nil {
		return err //nolint:wrapcheck // told apart by failed
	}
	defer response.Body.Close()
	if response.NotModified {
		l.now = l.last
		return nil
	}
	l.now = memory{assetID: l.asset.ID, digest: l.asset.Digest, seen: l.last.seen}
	l.now.File, err = builds.Read(l.ctx, Name, response, l.policy.Limits, l.subject.Now)
	l.now.ID, l.now.Version = checks.Shorten(l.now.ID, maxText), checks.Shorten(l.now.Version, maxText)
	return err //nolint:wrapcheck // told apart by failed
}

// failed makes a result of a bundle that could not be fetched: what may pass by
// itself is an error and tried again, the rest fails. The result keeps what is
// remembered of other bundles.
func (l *look) failed(err error) (checks.Result, error) {
	var refused *safehttp.Error
	if !errors.As(err, &refused) {
		return checks.Result{}, fmt.Errorf("read the bundle %q of the release %q: %w", l.asset.Name, l.release.Tag, err)
	}
	zerolog.Ctx(l.ctx).Info().AnErr("cause", errors.Unwrap(refused)).Str("rule", refused.Rule).Msg("could not fetch a release's bundle")
	l.result.Add(refused.Finding(Name))
	result := l.finish()
	if refused.Retry {
		result.Outcome = checks.Error
	}
	result.Title = checks.Shorten(refused.Message, 80)
	return result, nil
}

// algorithm starts the digests that GitHub makes.
const algorithm = "sha256:"

// digest checks that the bundle is the file that GitHub has.
func (l *look) digest() error {
	want := l.asset.Digest
	switch {
	case want == "" && l.now.Bytes != l.asset.Size:
		l.add(digestDiffers, fmt.Sprintf("The bundle %q is %d bytes large, but GitHub says that it is %d.", l.asset.Name, l.now.Bytes, l.asset.Size))
	case want != "" && !strings.HasPrefix(strings.ToLower(want), algorithm):
		return fmt.Errorf("compare the bundle %q with GitHub's digest %q: no sha256", l.asset.Name, checks.Shorten(want, 80))
	case want != "" && !strings.EqualFold(want, algorithm+l.now.SHA256):
		l.add(digestDiffers, fmt.Sprintf("The sha256 of the bundle %q is %.16s…, but GitHub says that it is %.16s….",
			l.asset.Name, l.now.SHA256, want[len(algorithm):]))
	}
	return nil
}

// identity checks that the bundle is this plugin's: its id is the repository's,
// capital letters aside (S5).
func (l *look) identity() error {
	manifest, err := builds.Manifest(l.ctx, l.subject, l.policy.Limits.Manifest)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // it says all
	case manifest == nil || manifest.Id == "":
		l.add(identity, "The repository has no plugin.json with an id at its root, so nobody can tell whether the bundle is this plugin's.")
	case !strings.EqualFold(manifest.Id, l.now.ID):
		l.add(identity, fmt.Sprintf("The bundle is of the plugin %q, but the repository's plugin.json has the id %q.", l.now.ID, checks.Shorten(manifest.Id, maxText)))
	}
	return nil
}

// version checks that the bundle was built as the tag's version.
func (l *look) version() {
	if strings.TrimPrefix(l.now.Version, "v") != strings.TrimPrefix(l.release.Tag, "v") {
		l.add(versionDiffers, fmt.Sprintf("The bundle's plugin.json has the version %q, but the release's tag is %q.", checks.Shorten(l.now.Version, 100), l.release.Tag))
	}
}

// replaced compares the bundle with the first one of its version. Only a bundle
// in which nothing fails is a first one: who mends a broken one replaces nothing
// that anybody could have signed off.
func (l *look) replaced() {
	version := strings.TrimPrefix(l.release.Tag, "v")
	first, known := l.now.seen[version]
	switch {
	case known && first != l.now.SHA256:
		l.add(replacedAsset, fmt.Sprintf("The bundle of %q was replaced: its sha256 was %.16s… when it was first looked at, and is %.16s… now.",
			l.release.Tag, first, l.now.SHA256))
	case !known && l.result.Outcome == checks.Pass:
		l.now.note(version, l.now.SHA256)
	}
}

// claims says what of the bundle is nothing but the author's word (S3).
func (l *look) claims() {
	if l.now.ID == "" {
		return
	}
	if l.now.Revision != "" && l.commit != "" && l.now.Revision != l.commit {
		l.add(claimsDiffer, fmt.Sprintf("Go's build info in the bundle names the commit %.12s, but the tag %q is the commit %.12s.",
			l.now.Revision, l.release.Tag, l.commit))
	}
	l.add(claimsOnly, "That the bundle is made of the tag's commit is what its author claims: version and build info can say anything.")
}
