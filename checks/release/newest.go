package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/blang/semver/v4"

	"github.com/onboard-app/onboard/checks"
)

// candidate is a published release whose tag is semver.
type candidate struct {
	checks.Release
	version semver.Version
}

// stable reports whether a release is no pre-release, neither by its tag nor by
// its author's word.
func (c candidate) stable() bool { return !c.Prerelease && len(c.version.Pre) == 0 }

// maxTag bounds a tag that is read as a version, in bytes.
const maxTag = 100

// tagVersion returns the version that a tag names, "v1.2.3" or "1.2.3".
func tagVersion(tag string) (semver.Version, bool) {
	if len(tag) > maxTag {
		return semver.Version{}, false
	}
	version, err := semver.Parse(strings.TrimPrefix(tag, "v"))
	return version, err == nil
}

// candidates returns the published releases with semver tags, the newest first:
// stable ones, then pre-releases, each by falling version (S3).
func candidates(releases []checks.Release) []candidate {
	var list []candidate
	for _, r := range releases {
		if version, ok := tagVersion(r.Tag); ok && !r.Draft {
			list = append(list, candidate{r, version})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		switch {
		case a.stable() && !b.stable():
			return -1
		case b.stable() && !a.stable():
			return 1
		default:
			return cmp.Or(b.version.Compare(a.version), b.PublishedAt.Compare(a.PublishedAt), cmp.Compare(a.Tag, b.Tag))
		}
	})
	return list
}

// choose finds the newest release. It is false if there is none to look at.
func (l *look) choose(releases []checks.Release) bool {
	list := candidates(releases)
	if len(list) == 0 {
		return false
	}
	l.release = list[0]
	var twins []string
	for _, other := range list {
		if other.stable() == l.release.stable() && other.version.EQ(l.release.version) {
			twins = append(twins, other.Tag)
		}
	}
	if len(twins) > 1 {
		l.add(sameVersion, fmt.Sprintf("Nobody can tell which release is the newest, because several are of the version %s: %s.", l.release.version, listed(twins)))
	}
	for _, r := range releases {
		if _, ok := tagVersion(r.Tag); !ok && !r.Draft && !r.Prerelease && r.PublishedAt.After(l.release.PublishedAt) {
			l.add(ignored, fmt.Sprintf("The release %q was published later than %q, but its tag is no semver version, so it was not looked at.",
				checks.Shorten(r.Tag, 60), l.release.Tag))
			break
		}
	}
	return true
}

// chooseAsset finds the one bundle of the release. It is false, with a finding,
// if there is none or more than one.
func (l *look) chooseAsset() bool {
	var bundles []string
	for _, asset := range l.release.Assets {
		if strings.HasSuffix(strings.ToLower(asset.Name), ".tar.gz") { // not x.tar.gz.sig, not x.tar.gz.asc
			bundles = append(bundles, asset.Name)
			l.asset = asset
		}
	}
	switch len(bundles) {
	case 0:
		l.add(noBundle, fmt.Sprintf("The release %q has no bundle, no file whose name ends in .tar.gz.", l.release.Tag))
	case 1:
		return true
	default:
		l.asset = checks.Asset{}
		l.add(severalBundles, fmt.Sprintf("The release %q has %d bundles, so nobody can tell which one is meant: %s.", l.release.Tag, len(bundles), listed(bundles)))
	}
	return false
}
