package manifest

import (
	"fmt"

	"github.com/onboard-app/onboard/checks"
)

// The rules' ids. They are stable: appeals and waivers name them.
const (
	missing      = "manifest/missing"
	several      = "manifest/several"
	notAFile     = "manifest/not-a-file"
	tooLarge     = "manifest/too-large"
	syntax       = "manifest/syntax"
	wrongType    = "manifest/wrong-type"
	duplicateKey = "manifest/duplicate-key"
	unknownKey   = "manifest/unknown-key"
	refused      = "manifest/refused"

	invalidID        = "manifest/invalid-id"
	reservedID       = "manifest/reserved-id"
	foreignID        = "manifest/foreign-id"
	changedID        = "manifest/changed-id"
	takenID          = "manifest/taken-id"
	missingField     = "manifest/missing-field"
	recommendedField = "manifest/recommended-field"
	invalidVersion   = "manifest/invalid-version"
	invalidURL       = "manifest/invalid-url"
	brokenURL        = "manifest/broken-url"
	releaseNotes     = "manifest/release-notes"
	settingsSchema   = "manifest/settings-schema"

	unsafePath     = "manifest/unsafe-path"
	noExecutable   = "manifest/no-executable"
	iconFile       = "manifest/icon-file"
	iconElsewhere  = "manifest/icon-elsewhere"
	missingFolder  = "manifest/missing-folder"
	undeclaredPart = "manifest/undeclared-part"

	missingReadme   = "manifest/missing-readme"
	readmeUnread    = "manifest/readme-unread"
	readmeImage     = "manifest/readme-image"
	readmeHeadings  = "manifest/readme-headings"
	readmeSupport   = "manifest/readme-support"
	securityContact = "manifest/security-contact"

	evidencePrefix      = "manifest/evidence-"
	evidenceHTTP        = evidencePrefix + "http-login"
	evidenceTLS         = evidencePrefix + "insecure-tls"
	evidenceExec        = evidencePrefix + "exec"
	evidencePrint       = evidencePrefix + "print"
	evidenceEnvironment = evidencePrefix + "environment"
	evidenceGlobalMap   = evidencePrefix + "global-map"
	evidenceTicker      = evidencePrefix + "ticker"
	evidenceSecret      = evidencePrefix + "secret"
	evidenceUnread      = evidencePrefix + "unread"
)

// maxListed bounds the findings of one rule; one more says how many there are.
const maxListed = 20

// rules documents every kind of finding.
var rules = []checks.Rule{
	{ID: missing, Severity: checks.Failure, Summary: "There is a manifest, plugin.json, at the root of the repository.",
		Fix: "Add a plugin.json at the root; the plugin starter template shows what belongs into it."},
	{ID: several, Severity: checks.Failure, Summary: "There is one manifest only: a server reads plugin.yml or plugin.yaml before plugin.json.",
		Fix: "Keep one of the manifests and delete the others."},
	{ID: notAFile, Severity: checks.Failure, Summary: "The manifest is a file, not a symbolic link or a submodule.",
		Fix: "Replace it with a file that holds the manifest's text."},
	{ID: tooLarge, Severity: checks.Failure, Summary: "The manifest is at most 1 MiB.",
		Fix: "Move what is large, for example pictures, out of the manifest into files of their own."},
	{ID: syntax, Severity: checks.Failure, Summary: "The manifest is valid JSON (or YAML) in UTF-8.",
		Fix: "Correct this line; most editors show whether such a file is valid."},
	{ID: wrongType, Severity: checks.Failure, Summary: "Each value has the type that a Mattermost server expects.",
		Fix: "Write the value as the manifest reference of Mattermost's developer site shows."},
	{ID: duplicateKey, Severity: checks.Failure, Summary: "No key is there twice, not even in another case.",
		Fix: "Keep the value that is meant and delete the other."},
	{ID: unknownKey, Severity: checks.Notice, Summary: "Each key is one that a Mattermost server knows.",
		Fix: "Correct the key if it is misspelt, or delete it."},
	{ID: refused, Severity: checks.Failure, Summary: "A Mattermost server accepts the manifest.",
		Fix: "Correct what the server refuses."},

	{ID: invalidID, Severity: checks.Failure, Summary: "The id has 3 to 190 letters, digits, “-”, “_” and “.”.",
		Fix: "Choose an id such as “com.example.my-plugin”."},
	{ID: reservedID, Severity: checks.Notice, Summary: "The id does not start with a prefix that is reserved for others.",
		Fix: "If the plugin is not theirs, choose an id that starts with a domain name of yours."},
	{ID: foreignID, Severity: checks.Warning, Summary: "An id with a reserved prefix belongs to the prefix's owner. Onboard looks at this on GitHub only.",
		Fix: "Choose an id that starts with a domain name of yours, or ask an admin to look at it and approve."},
	{ID: changedID, Severity: checks.Failure, Summary: "The id stays the one with which the plugin was onboarded. Onboard looks at this on GitHub only.",
		Fix: "Write the id as it was: servers know an installed plugin by it."},
	{ID: takenID, Severity: checks.Failure, Summary: "The id is no other onboarded plugin's, in whatever case. Onboard looks at this on GitHub only.",
		Fix: "Choose an id of your own, one that starts with a domain name of yours."},
	{ID: missingField, Severity: checks.Failure, Summary: "The manifest says what every plugin must say: id, name, description, min_server_version and support_url.",
		Fix: "Add the field with its value to the manifest."},
	{ID: recommendedField, Severity: checks.Notice, Summary: "The manifest says what the marketplace shows: homepage_url and icon_path.",
		Fix: "Add the field before the plugin goes to the marketplace."},
	{ID: invalidVersion, Severity: checks.Failure, Summary: "Versions are semantic versions.",
		Fix: "Write three numbers, as in “1.2.3”, without a “v” before them."},
	{ID: invalidURL, Severity: checks.Failure, Summary: "Links are complete addresses that start with https://.",
		Fix: "Write the whole address, as in “https://github.com/you/your-plugin”."},
	{ID: brokenURL, Severity: checks.Failure, Summary: "The pages that the manifest links to exist.",
		Fix: "Correct the address, or publish the page that it leads to."},
	{ID: releaseNotes, Severity: checks.Notice, Summary: "The release notes that are linked are those of the manifest's version.",
		Fix: "Change the link together with the version, or leave both to the build."},
	{ID: settingsSchema, Severity: checks.Notice, Summary: "The settings are described as a Mattermost server expects.",
		Fix: "Correct the setting as the manifest reference shows, and look at it in the System Console."},

	{ID: unsafePath, Severity: checks.Failure, Summary: "Paths in the manifest are relative and stay within the plugin.",
		Fix: "Write the path from the plugin's root, with “/” and without “..”, as in “server/dist/plugin-linux-amd64”."},
	{ID: noExecutable, Severity: checks.Failure, Summary: "A plugin with a server part has an executable for linux-amd64.",
		Fix: "Add “linux-amd64” to server.executables, as the starter template does."},
	{ID: iconFile, Severity: checks.Failure, Summary: "The icon exists and is an SVG or PNG picture.",
		Fix: "Add the picture, preferably an SVG, and write its path from the plugin's root in icon_path."},
	{ID: iconElsewhere, Severity: checks.Notice, Summary: "The icon is where the manifest says, or the build puts it there.",
		Fix: "Make sure that the bundle holds the icon at this path."},
	{ID: missingFolder, Severity: checks.Warning, Summary: "The parts that the manifest declares have their source code in the repository.",
		Fix: "Correct the path, delete the part from the manifest, or ask an admin to look at it and approve."},
	{ID: undeclaredPart, Severity: checks.Warning, Summary: "The parts that are in the repository are declared in the manifest, else the server does not start them.",
		Fix: "Declare the part as the starter template does, or ask an admin to look at it and approve."},

	{ID: missingReadme, Severity: checks.Failure, Summary: "The repository has a README.",
		Fix: "Add a README.md that says what the plugin does, how to install and configure it and how to get help."},
	{ID: readmeUnread, Severity: checks.Warning, Summary: "The README is a text file of at most 1 MiB.",
		Fix: "Save the README as a text file of the repository, or ask an admin to look at it and approve."},
	{ID: readmeImage, Severity: checks.Notice, Summary: "The README shows the plugin in at least one picture.",
		Fix: "Add a screenshot to the README before the plugin goes to the marketplace."},
	{ID: readmeHeadings, Severity: checks.Notice, Summary: "The README has headings about installation, configuration, usage, troubleshooting, help and development.",
		Fix: "Add the missing sections, or write them in other documentation that the README links to."},
	{ID: readmeSupport, Severity: checks.Notice, Summary: "The README links to where people get help, the manifest's support_url.",
		Fix: "Add the support_url to the README."},
	{ID: securityContact, Severity: checks.Notice, Summary: "The repository says how to report a vulnerability.",
		Fix: "Add a SECURITY.md that says whom to tell, or name an address in the onboarding issue."},

	{ID: evidenceHTTP, Severity: checks.Notice, Summary: "For reviewers: HTTP handlers that do not seem to ask who is logged in.",
		Fix: "Check the header Mattermost-User-Id in the handler or before it, or tell the reviewers how requests are authenticated."},
	{ID: evidenceTLS, Severity: checks.Notice, Summary: "For reviewers: code that can switch off the verification of TLS certificates.",
		Fix: "Remove InsecureSkipVerify, or tell the reviewers why it is needed and who can switch it on."},
	{ID: evidenceExec, Severity: checks.Notice, Summary: "For reviewers: code that starts other programs.",
		Fix: "Tell the reviewers which programs are started and that no user chooses their arguments."},
	{ID: evidencePrint, Severity: checks.Notice, Summary: "For reviewers: server code that prints instead of logging.",
		Fix: "Use the plugin API's LogDebug, LogInfo, LogWarn and LogError."},
	{ID: evidenceEnvironment, Severity: checks.Notice, Summary: "For reviewers: server code that reads the environment or files.",
		Fix: "If this is configuration, move it to settings_schema, so that it can be changed in the System Console."},
	{ID: evidenceGlobalMap, Severity: checks.Notice, Summary: "For reviewers: maps of a whole package that change at run time; each server of a cluster has its own.",
		Fix: "Keep the data in the plugin's KV store, or tell the reviewers why each server may have its own."},
	{ID: evidenceTicker, Severity: checks.Notice, Summary: "For reviewers: work that repeats itself without a cluster mutex, so on every server of a cluster.",
		Fix: "Use the package cluster of the plugin API, or tell the reviewers why each server may do the work."},
	{ID: evidenceSecret, Severity: checks.Notice, Summary: "For reviewers: what looks like a committed secret; it is not quoted.",
		Fix: "Revoke the secret and remove it: it stays in the repository's history."},
	{ID: evidenceUnread, Severity: checks.Notice, Summary: "For reviewers: server code that was not looked at, because it is too large or not valid Go.",
		Fix: "Nothing has to be done; reviewers look at it themselves."},
}

// add adds a finding of the rule to the result, at most maxListed of them.
func (l *look) add(id, path string, at span, message string) {
	if l.count[id]++; l.count[id] > maxListed {
		return
	}
	finding := checks.NewFinding(rules, id, message)
	finding.Path, finding.Line, finding.EndLine = path, at.line, max(at.line, at.end)
	l.result.Add(finding)
}

// closeLists adds how many findings were not listed.
func (l *look) closeLists() {
	for _, rule := range rules {
		if more := l.count[rule.ID] - maxListed; more > 0 {
			l.result.Add(checks.NewFinding(rules, rule.ID,
				fmt.Sprintf("There are %d more places like these; the first %d are listed.", more, maxListed)))
		}
	}
}
