package nightlybuild

import (
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
)

// The rules' ids, beside those of the bundle and of the URL. They are stable:
// appeals and waivers name them.
const (
	noURL         = Name + "/no-url"
	unreachable   = Name + "/unreachable"
	identity      = Name + "/identity"
	stale         = Name + "/stale"
	unknownCommit = Name + "/unknown-commit"
	otherHost     = Name + "/other-host"
	claimsDiffer  = Name + "/claims-differ"
	ageUnknown    = Name + "/age-unknown"
	hostUnknown   = Name + "/host-unknown"
	readRecently  = Name + "/read-recently"
)

// own documents the check's own rules.
func own() []checks.Rule {
	rule := func(id string, severity checks.Severity, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: severity, Summary: summary, Fix: fix}
	}
	asks := rule(noURL, checks.Failure, "The latest build of the default branch is published.",
		"Add a workflow that publishes each build of the default branch in a pre-release named nightly, or give the URL of your builds with `/onboard nightly <url>`.")
	asks.Asks = true
	outside := func(r checks.Rule) checks.Rule { r.Outside = true; return r }
	return []checks.Rule{
		asks,
		outside(rule(unreachable, checks.Failure, "The build can be downloaded, in one of three nights at least.",
			"Make the build available again, or give another URL with `/onboard nightly <url>`.")),
		rule(identity, checks.Failure, "The build is this plugin's: the ids in its manifest and in the repository's are the same.",
			"Publish a build of this repository, or correct the id in plugin.json."),
		outside(rule(stale, checks.Failure, "The build is not behind the default branch for longer than the allowed lag.",
			"Build the default branch again, and make sure that each push to it is built and published.")),
		outside(rule(unknownCommit, checks.Failure, "The build is made of a commit of this repository.",
			"Publish a build that is made of a commit on the default branch.")),
		rule(otherHost, checks.Warning, "The build comes from a release of this repository or from a host that is known.",
			"Publish the build in a release of the repository, or ask an admin to look at the host and approve."),
		rule(claimsDiffer, checks.Notice, "The version and Go's build info name the same commit.",
			"Nothing has to be done; build from a clean clone to make them agree."),
		rule(ageUnknown, checks.Notice, "The build says which commit it is made of.",
			"Nothing has to be done; builds by the starter template's `make dist` say it in their version."),
		rule(hostUnknown, checks.Notice, "Where the build comes from can be told.",
			"Nothing has to be done here: Onboard checks it on GitHub."),
		rule(readRecently, checks.Notice, "A build is read at most once in ten minutes.",
			"Nothing has to be done: Onboard reads the build again by itself; `/onboard recheck nightly-build` asks for it, too."),
	}
}

// rules documents every kind of finding.
func rules() []checks.Rule { return builds.Rules(Name, own()) }

// add adds a finding of one of the check's own rules.
func (l *look) add(id, message string) { l.result.Add(checks.NewFinding(own(), id, message)) }

// noURL tells the author how to publish builds: the workflow is the fix's example.
func (l *look) noURL() {
	l.add(noURL, l.missing)
	last := &l.result.Findings[len(l.result.Findings)-1]
	last.Fix += "\n\n" + Workflow
	l.result.Title = "No URL of the latest build yet"
}

// Workflow is a GitHub workflow that publishes each build of the default branch
// as nightly.tar.gz in the pre-release “nightly”. The name has no plus sign,
// which would have to be percent-encoded in the URL.
const Workflow = `# .github/workflows/nightly.yml
name: nightly
on:
  push:
  workflow_dispatch:
permissions:
  contents: write
concurrency:
  group: nightly-${{ github.ref }}
  cancel-in-progress: true
jobs:
  nightly:
    if: github.ref_name == github.event.repository.default_branch
` + builds.WorkflowDist + `      - name: Publish
        env:
          GH_TOKEN: ${{ github.token }}
        run: |
          cp dist/*.tar.gz nightly.tar.gz
          git tag --force nightly
          git push --force origin refs/tags/nightly
          gh release view nightly || gh release create nightly --prerelease --title nightly --notes "The latest build of the default branch."
          gh release upload nightly nightly.tar.gz --clobber
`
