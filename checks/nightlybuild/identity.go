package nightlybuild

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks/builds"
)

// identity checks that the build is this plugin's: its id is the repository's,
// capital letters aside (S5).
func (l *look) identity() error {
	manifest, err := builds.Manifest(l.ctx, l.subject, l.policy.Limits.Manifest)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // it says all
	case manifest == nil || manifest.Id == "":
		l.add(identity, "The repository has no plugin.json with an id at its root, so nobody can tell whether the build is this plugin's.")
	case !strings.EqualFold(manifest.Id, l.now.ID):
		l.add(identity, fmt.Sprintf("The build is of the plugin %q, but the repository's plugin.json has the id %q.", l.now.ID, manifest.Id))
	}
	return nil
}

// hosts checks where the build came from: releases of this very repository, or
// hosts of the policy all the way (S6).
func (l *look) hosts() {
	if ownAsset(l.subject.NightlyURL, l.subject.Repository) {
		return // what GitHub itself redirects to is GitHub's
	}
	if l.subject.Repository == "" && l.subject.CommitTime == nil {
		l.add(hostUnknown, "A folder does not say which repository it is of, so where the build comes from was not checked.")
		return
	}
	for _, host := range l.now.hosts {
		if !slices.ContainsFunc(l.policy.Hosts, func(allowed string) bool { return matches(allowed, host) }) {
			l.add(otherHost, fmt.Sprintf("The build comes from %s, which is neither a release of this repository nor a host that is known here.", host))
			return
		}
	}
	if len(l.now.hosts) == 0 {
		l.add(otherHost, "Nobody remembers which host the build came from.")
	}
}

// ownAsset reports whether the URL is that of a file in a release of the
// repository at this web address.
func ownAsset(raw, repository string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	home, err := url.Parse(repository)
	if err != nil || home.Host == "" || !strings.EqualFold(u.Host, home.Host) || u.Scheme != home.Scheme {
		return false
	}
	escaped := strings.ToLower(u.EscapedPath())
	if path.Clean(u.Path) != u.Path || strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") || strings.Contains(escaped, "%2e") {
		return false // programs differ in what folder this is
	}
	releases := strings.ToLower(strings.TrimSuffix(home.Path, "/")) + "/releases/"
	lower := strings.ToLower(u.Path)
	return strings.Count(home.Path, "/") >= 2 &&
		(strings.HasPrefix(lower, releases+"download/") || strings.HasPrefix(lower, releases+"latest/download/"))
}

// matches reports whether a host is the allowed one, or ends as "*.end" says.
func matches(allowed, host string) bool {
	if end, ok := strings.CutPrefix(allowed, "*"); ok && strings.HasPrefix(end, ".") {
		return len(host) > len(end) && strings.HasSuffix(strings.ToLower(host), strings.ToLower(end))
	}
	return strings.EqualFold(allowed, host)
}
