package nightlybuild

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Tag is that of the pre-release in which builds are found without a command.
const Tag = "nightly"

// discover finds the build if nobody gave a URL: where it was found last time,
// which asks nobody, or in the list of releases.
func (l *look) discover() error {
	l.missing = "Nobody has said where the latest build of the default branch can be downloaded."
	if l.subject.NightlyURL != "" || l.subject.Releases == nil {
		return nil
	}
	last := l.subject.Nightly
	if last != nil && ownAsset(last.URL, l.subject.Repository) && strings.Contains(last.URL, "/download/"+Tag+"/") {
		l.subject.NightlyURL, l.guessed = last.URL, true
		return nil
	}
	return l.list()
}

// fetchElsewhere looks for the build again that is not where it was last time.
func (l *look) fetchElsewhere(failed error) error {
	before := l.subject.NightlyURL
	l.guessed, l.subject.NightlyURL = false, ""
	if err := l.list(); err != nil {
		return err
	}
	if l.subject.NightlyURL == "" || l.subject.NightlyURL == before {
		l.subject.NightlyURL = before
		return failed
	}
	l.last = l.remember()
	return l.fetch()
}

// list finds the build in the pre-release “nightly”. If there is none,
// l.missing says why.
func (l *look) list() error {
	releases, err := l.subject.Releases(l.ctx)
	if err != nil {
		return fmt.Errorf("look for a pre-release %q: %w", Tag, err)
	}
	i := slices.IndexFunc(releases, func(r checks.Release) bool { return r.Tag == Tag && !r.Draft })
	if i < 0 {
		return nil
	}
	var bundles []checks.Asset
	for _, asset := range releases[i].Assets {
		if strings.HasSuffix(asset.Name, ".tar.gz") {
			bundles = append(bundles, asset)
		}
	}
	switch {
	case !releases[i].Prerelease:
		l.missing = fmt.Sprintf("The release %q is not marked as a pre-release, so it is not taken for the latest build.", Tag)
	case len(bundles) == 0:
		l.missing = fmt.Sprintf("The pre-release %q has no .tar.gz yet.", Tag)
	case len(bundles) > 1:
		l.missing = fmt.Sprintf("The pre-release %q has %d files that end in .tar.gz, so nobody can tell which one is the latest build.", Tag, len(bundles))
	default:
		l.subject.NightlyURL = bundles[0].URL
	}
	return nil
}
