package release

import (
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
)

// The rules' ids, beside those of the bundle and of the URL. They are stable:
// appeals and waivers name them.
const (
	noRelease      = Name + "/none"
	noTag          = Name + "/no-tag"
	sameVersion    = Name + "/same-version"
	preRelease     = Name + "/pre-release"
	belowOne       = Name + "/below-one"
	noBundle       = Name + "/no-bundle"
	severalBundles = Name + "/several-bundles"
	versionDiffers = Name + "/version"
	identity       = Name + "/identity"
	digestDiffers  = Name + "/digest"
	replacedAsset  = Name + "/replaced-asset"
	ignored        = Name + "/ignored-release"
	mutable        = Name + "/mutable"
	noCI           = Name + "/no-ci"
	claimsDiffer   = Name + "/claims-differ"
	claimsOnly     = Name + "/claims"
	failingCheck   = Name + "/failing-check"
)

// own documents the check's own rules.
func own() []checks.Rule {
	rule := func(id string, severity checks.Severity, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: severity, Summary: summary, Fix: fix}
	}
	asks := rule(noRelease, checks.Failure, "A release is published whose tag is a semver version.",
		"Publish a release whose tag is a version such as v1.0.0, with the bundle that `make dist` makes.")
	asks.Asks = true
	outside := func(r checks.Rule) checks.Rule { r.Outside = true; return r }
	return []checks.Rule{
		asks,
		outside(rule(noTag, checks.Failure, "The release's tag is in the repository.",
			"Push the tag again, or delete the release and publish another one.")),
		outside(rule(sameVersion, checks.Failure, "Each version has one release.",
			"Delete all releases of this version but one, or publish a higher version.")),
		outside(rule(preRelease, checks.Failure, "The newest release is no pre-release.",
			"Publish a release that is not marked as a pre-release and whose tag has no suffix such as -rc1, or ask an admin to waive this for a beta.")),
		rule(belowOne, checks.Failure, "The newest release is version 1.0.0 or later.",
			"Publish version 1.0.0 when the plugin is ready for everybody, or ask an admin to waive this for a beta."),
		rule(noBundle, checks.Failure, "The release has a bundle.",
			"Attach the .tar.gz that `make dist` makes to the release."),
		outside(rule(severalBundles, checks.Failure, "The release has one bundle only.",
			"Publish a release with one .tar.gz that holds the programs for all platforms; `make dist` makes it.")),
		rule(versionDiffers, checks.Failure, "The bundle's version is the release's tag, with or without v.",
			"Set the tag first and build then: `make dist` at the tag's commit writes the tag's version into the bundle."),
		rule(identity, checks.Failure, "The bundle is this plugin's: the ids in its manifest and in the repository's are the same.",
			"Publish a bundle of this repository, or correct the id in plugin.json."),
		outside(rule(digestDiffers, checks.Failure, "The bundle that is downloaded is the file that GitHub has.",
			"Nothing has to be done if the file was uploaded a moment ago, since this is looked at again; else publish a new version.")),
		rule(failingCheck, checks.Failure, "The checks of the plugin's files pass at the release's tag, too. Onboard looks at this on GitHub only.",
			"Publish a release of a commit at which they pass; the newest commit's check runs say what is to be mended."),
		rule(replacedAsset, checks.Warning, "A release's bundle stays the one that was there first.",
			"Publish a new version instead of replacing a bundle, or ask an admin to look at the new bundle and approve."),
		rule(ignored, checks.Notice, "The release that was published last has a semver version as its tag.",
			"Nothing has to be done if that is meant; else publish it again with a tag such as v1.2.3."),
		rule(mutable, checks.Notice, "The release is immutable: nobody can replace its files.",
			"Nothing has to be done; the repository's settings have “Enable release immutability” for the releases to come."),
		rule(noCI, checks.Notice, "A CI configuration builds releases or tags.",
			"Let a workflow build and publish the bundle on each tag (`on: push: tags`), so that people can see how it was made."),
		rule(claimsDiffer, checks.Notice, "Go's build info names the tag's commit.",
			"Nothing has to be done; a clean clone at the tag makes them agree."),
		rule(claimsOnly, checks.Notice, "Versions and build infos are what the author claims.",
			"Nothing has to be done; reviewers look at the code of the tag's commit, and QA at the bundle itself."),
	}
}

// rules documents every kind of finding.
func rules() []checks.Rule { return builds.Rules(Name, own()) }

// add adds a finding of one of the check's own rules.
func (l *look) add(id, message string) { l.result.Add(checks.NewFinding(own(), id, message)) }
