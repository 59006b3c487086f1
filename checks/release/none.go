package release

import (
	"fmt"
	"slices"

	"github.com/blang/semver/v4"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
)

// none tells the author how to publish the first release. The workflow, if the
// repository has none, follows the fix's sentence after an empty line.
func (l *look) none(releases []checks.Release) (checks.Result, error) {
	tag, err := l.firstTag()
	if err != nil {
		return checks.Result{}, err
	}
	l.add(noRelease, without(releases))
	last := &l.result.Findings[len(l.result.Findings)-1]
	command := fmt.Sprintf("`git tag -a %[1]s -m %[1]s && git push origin %[1]s`", tag)
	if len(l.ci) > 0 {
		last.Fix = fmt.Sprintf("Run %s; on that tag, %s has to publish a release with the one .tar.gz that `make dist` makes.", command, listed(l.ci))
	} else {
		last.Fix = fmt.Sprintf("Run %s when a workflow like this one, which builds the tag and publishes its bundle, is in the default branch.\n\n%s", command, Workflow)
	}
	l.result.Title = checks.Shorten(last.Message, 80)
	l.result.Facts = l.facts()
	return l.result, nil
}

// without says what there is instead of a release with a semver tag.
func without(releases []checks.Release) string {
	published := slices.IndexFunc(releases, func(r checks.Release) bool { return !r.Draft })
	switch {
	case len(releases) == 0:
		return "No release of the plugin is published yet."
	case published < 0:
		return "No release of the plugin is published yet; there are drafts only."
	default:
		return fmt.Sprintf("No release of a version, with a tag such as v1.0.0, yet: only %q.", checks.Shorten(releases[published].Tag, 60))
	}
}

// firstTag is the tag of a first release: the manifest's version if that may be
// published, else v1.0.0.
func (l *look) firstTag() (string, error) {
	const first = "v1.0.0"
	manifest, err := builds.Manifest(l.ctx, l.subject, l.policy.Limits.Manifest)
	if err != nil || manifest == nil {
		return first, err //nolint:wrapcheck // it says all
	}
	version, err := semver.Parse(manifest.Version)
	if err != nil || version.Major == 0 || len(version.Pre) > 0 || len(version.Build) > 0 {
		return first, nil //nolint:nilerr // the check manifest says what is wrong with it
	}
	return "v" + version.String(), nil
}

// Workflow is a GitHub workflow that builds each version's tag and publishes its
// bundle in a release. The files are attached to a draft, which is published
// then, as immutable releases need it.
const Workflow = `# .github/workflows/release.yml
name: release
on:
  push:
    tags:
      - "v*"
permissions:
  contents: write
jobs:
  release:
` + builds.WorkflowDist + `      - name: Publish
        env:
          GH_TOKEN: ${{ github.token }}
          TAG: ${{ github.ref_name }}
        run: |
          gh release create "$TAG" --draft --verify-tag --title "$TAG" --generate-notes
          gh release upload "$TAG" dist/*.tar.gz
          gh release edit "$TAG" --draft=false
`
