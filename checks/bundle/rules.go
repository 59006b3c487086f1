package bundle

import (
	"fmt"
	"strconv"

	"github.com/onboard-app/onboard/checks"
)

// The rules' ids. They are stable: appeals and waivers name them.
const (
	empty             = "bundle/empty"
	html              = "bundle/html"
	notGzip           = "bundle/not-gzip"
	notTar            = "bundle/not-tar"
	truncated         = "bundle/truncated"
	corrupt           = "bundle/corrupt"
	trailingData      = "bundle/trailing-data"
	tooLarge          = "bundle/too-large"
	bomb              = "bundle/bomb"
	tooManyEntries    = "bundle/too-many-entries"
	absolutePath      = "bundle/absolute-path"
	parentPath        = "bundle/parent-path"
	badName           = "bundle/bad-name"
	longName          = "bundle/long-name"
	linkOut           = "bundle/link-out"
	link              = "bundle/link"
	specialFile       = "bundle/special-file"
	sparse            = "bundle/sparse"
	badHeader         = "bundle/bad-header"
	duplicateFile     = "bundle/duplicate-file"
	caseDuplicate     = "bundle/case-duplicate"
	duplicateManifest = "bundle/duplicate-manifest"
	layout            = "bundle/layout"
	noManifest        = "bundle/no-manifest"
	manifestTooLarge  = "bundle/manifest-too-large"
	badManifest       = "bundle/manifest"
	badID             = "bundle/id"
	badVersion        = "bundle/version"
	badMinVersion     = "bundle/min-server-version"
	executableMissing = "bundle/executable-missing"
	executableMachine = "bundle/executable-machine"
	noLinux           = "bundle/no-linux-amd64"
	webappMissing     = "bundle/webapp-missing"
)

const again = "Make the bundle with `make dist` of the starter template, which makes it right, and upload it again."

// Rules documents every rule that a Problem names. A check that reads bundles
// lists them as its own (checks.Rule.Under).
func Rules() []checks.Rule {
	rule := func(id, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: checks.Failure, Summary: summary, Fix: fix}
	}
	list := []checks.Rule{
		rule(empty, "The bundle is not empty.", again),
		rule(html, "The file is a bundle, not a web page.", "Give the URL that downloads the file itself, not the page that shows it, and let everybody open it without logging in."),
		rule(notGzip, "The bundle is packed by gzip.", again),
		rule(notTar, "The bundle is a tar archive.", again),
		rule(truncated, "The bundle is whole.", "Upload the bundle again: its end is missing."),
		rule(corrupt, "The bundle is not damaged.", "Upload the bundle again: it was damaged on its way."),
		rule(trailingData, "Nothing follows the end of the archive.", again),
		rule(tooLarge, "The bundle is at most 256 MiB large, and 1 GiB unpacked.", "Leave out of the bundle what the plugin does not need to run."),
		rule(bomb, "The bundle does not unpack to a hundred times its size.", "Leave files out of the bundle that are filled with nothing."),
		rule(tooManyEntries, "The bundle has at most 20,000 files and folders.", "Leave out of the bundle what the plugin does not need to run, such as node_modules."),
		rule(absolutePath, "Every path in the bundle starts in the bundle.", again),
		rule(parentPath, "No path in the bundle has the part “..”.", again),
		rule(badName, "Paths in the bundle are plain text without control characters and backslashes.", "Rename the file."),
		rule(longName, "Paths in the bundle are at most 1,024 bytes long and 32 names deep, and names 255 bytes.", "Rename or move the file."),
		rule(linkOut, "No link in the bundle leads out of it.", "Replace the link with the file itself."),
		rule(specialFile, "The bundle has files and folders only.", again),
		rule(sparse, "The bundle has no sparse files.", "Pack the bundle without the option --sparse."),
		rule(badHeader, "The archive's headers are sound.", again),
		rule(duplicateFile, "Each path stands in the bundle once.", again),
		rule(caseDuplicate, "Paths in the bundle differ by more than capital letters.", "Rename one of the two files."),
		rule(duplicateManifest, "The bundle has one manifest.", "Leave one of plugin.json and plugin.yaml out of the bundle."),
		rule(layout, "Everything in the bundle lies in one folder, or the manifest lies at the top.", again),
		rule(noManifest, "The bundle has a plugin.json at the top or in its only folder.", again),
		rule(manifestTooLarge, "The manifest is at most 1 MiB large and not very intricate.", "Move data out of the manifest into files of their own."),
		rule(badManifest, "The manifest can be read as the server reads it.", "Correct plugin.json; a JSON checker shows the place."),
		rule(badID, "The manifest has a valid id.", "Give plugin.json an id of 3 to 190 letters, digits, dots, hyphens and underscores."),
		rule(badVersion, "The manifest has a version that is valid semver.", "Give the bundle's plugin.json a version such as 1.2.3; `make dist` does."),
		rule(badMinVersion, "The manifest has a min_server_version that is valid semver.", "Give plugin.json the oldest server that the plugin runs on as min_server_version, such as 9.11.0."),
		rule(executableMissing, "Every program that the manifest names is in the bundle.", "Build the programs for all platforms (`make dist` without MM_SERVICESETTINGS_ENABLEDEVELOPER), or name only those that you build."),
		rule(executableMachine, "Every program is made for the platform for which the manifest names it.", "Build each program with the GOOS and GOARCH of its platform."),
		rule(noLinux, "There is a program for linux-amd64, on which the servers run.", "Build the server for linux-amd64 and name it in plugin.json under server.executables."),
		rule(webappMissing, "The web app's file that the manifest names is in the bundle.", "Build the web app before you make the bundle, or correct webapp.bundle_path in plugin.json."),
	}
	return append(list, checks.Rule{
		ID: link, Severity: checks.Notice, Summary: "The bundle has no links, which servers leave out.", Fix: "Replace the link with the file itself if the plugin needs it.",
	})
}

// problem makes a problem about an entry, or about the whole bundle if its path
// is "". The message has a verb for the path, if there is one.
func problem(rule, path, message string, args ...any) *Problem {
	if path != "" {
		args = append([]any{quote(path)}, args...)
	}
	return &Problem{Rule: rule, Path: path, Message: fmt.Sprintf(message, args...)}
}

// quote shows a path of the archive, shortened, with what does not print escaped.
func quote(path string) string {
	if runes := []rune(path[:min(len(path), 1024)]); len(runes) > 120 {
		path = string(runes[:60]) + "…" + string(runes[len(runes)-59:])
	}
	return strconv.Quote(path)
}
