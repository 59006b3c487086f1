package startertemplate

import (
	"fmt"

	"github.com/onboard-app/onboard/checks"
)

// The rules' ids. They are stable: appeals and waivers name them.
const (
	manifestIdentity   = Name + "/manifest-identity"
	manifestUnreadable = Name + "/manifest-unreadable"
	leftURL            = Name + "/url"
	leftReadme         = Name + "/readme"
	hiddenText         = Name + "/hidden-text"
	confusablePath     = Name + "/confusable-path"
	notLookedAt        = Name + "/not-looked-at"
	notDerived         = Name + "/not-derived"
	weaklyDerived      = Name + "/weakly-derived"
	modulePath         = Name + "/module-path"
	icon               = Name + "/icon"
	helloHTML          = Name + "/hello-html"
	changedBuild       = Name + "/changed-build"
	binary             = Name + "/binary"
	age                = Name + "/age"
	missedFixes        = Name + "/missed-fixes"
	notCompared        = Name + "/not-compared"
)

// rules documents every kind of finding.
func rules() []checks.Rule {
	rule := func(id string, severity checks.Severity, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: severity, Summary: summary, Fix: fix}
	}
	return []checks.Rule{
		rule(manifestIdentity, checks.Failure, "The id, name and description in plugin.json are the plugin's own, not the template's.",
			"Write the plugin's own id, name and description into plugin.json."),
		rule(manifestUnreadable, checks.Failure, "plugin.json at the root can be read, so that leftovers of the template in it are found.",
			"Make plugin.json a regular file of at most 1 MiB that holds one valid JSON object."),
		rule(leftURL, checks.Failure, "The addresses in plugin.json do not lead to the template's repository.",
			"Change homepage_url, support_url and release_notes_url in plugin.json to the addresses of your own repository."),
		rule(leftReadme, checks.Failure, "The README no longer has the template's heading or introduction.",
			"Replace the template's heading and introduction in the README with what your plugin is called and does."),
		rule(hiddenText, checks.Warning, "No code has invisible characters or characters that change the direction of text.",
			"Remove these characters or write them as escape sequences, or ask an admin to look at them and approve."),
		rule(confusablePath, checks.Warning, "No path reads like another one or has characters that nobody can see.",
			"Rename the file so that its path has plain characters only and differs from other paths in more than upper and lower case."),
		rule(notLookedAt, checks.Warning, "No text is too large to be searched for hidden characters.",
			"Remove the file from the repository or split it, or ask an admin to look at it and approve."),
		rule(notDerived, checks.Notice, "The plugin was made from the starter template.",
			"Nothing has to be done; reviewers will look at all files."),
		rule(weaklyDerived, checks.Notice, "Files of the starter template that the plugin took over are unchanged.",
			"Nothing has to be done; if you changed the files only by accident, for example their line ends, take them from the template again."),
		rule(modulePath, checks.Notice, "The Go module in go.mod is named after the plugin's own repository.",
			"Change the module line in go.mod, and the imports that use it, to the path of your own repository."),
		rule(icon, checks.Notice, "The plugin has an icon of its own.",
			"Replace the template's icon with your own, or remove the file and icon_path in plugin.json."),
		rule(helloHTML, checks.Notice, "The template's example page public/hello.html is gone.",
			"Delete public/hello.html if the plugin does not use it: everybody can open it on the server."),
		rule(changedBuild, checks.Notice, "The Makefile, the build folder and the CI configuration are the template's, because they run on other people's machines.",
			"Nothing has to be done; reviewers will look closely at this file."),
		rule(binary, checks.Notice, "The repository has no binary files other than pictures, sounds, fonts and documents.",
			"Remove the file and build it from source or download it while building, if you can."),
		rule(age, checks.Notice, "The boilerplate is that of a template version of the last year.",
			"Run the template's build/sync, or copy its newer files by hand."),
		rule(missedFixes, checks.Notice, "The plugin has the later changes of the template to the files that it took over.",
			"Look through the later commits of the template and take over those that the plugin needs."),
		rule(notCompared, checks.Notice, "Files that the template has, too, are at most 256 KiB, so that they can be compared with it.",
			"Nothing has to be done; reviewers will see the whole file."),
	}
}

// place is where a finding is. Zero lines mean the whole file.
type place struct {
	path string
	line int
	end  int
}

// add adds a finding of the rule to the result.
func (l *look) add(id string, at place, message string) {
	finding := checks.NewFinding(rules(), id, message)
	finding.Path, finding.Line, finding.EndLine = at.path, at.line, max(at.line, at.end)
	l.result.Add(finding)
}

// maxFindings of one notice are shown one by one.
const maxFindings = 30

// addEach adds a finding for each file; the last one speaks for those beyond
// maxFindings.
func (l *look) addEach(id string, files []checks.File, message func(checks.File) string) {
	for i, file := range files {
		if i == maxFindings {
			l.add(id, place{}, fmt.Sprintf("The same holds for %s more.", counted(len(files)-i, "file")))
			return
		}
		l.add(id, place{path: file.Path}, message(file))
	}
}
