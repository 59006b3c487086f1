package startertemplate

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// maxText bounds a README or go.mod, in bytes.
const maxText = 1 << 20

// readmeName matches the READMEs that GitHub shows as the repository's.
var readmeName = regexp.MustCompile(`(?i)^((docs|\.github)/)?readme(\.(md|markdown|mdown|txt|rst|adoc))?$`)

// readmes looks for the template's words in the plugin's README.
func (l *look) readmes() error {
	for _, file := range l.subject.Files {
		if !readmeName.MatchString(file.Path) || !isFile(file) {
			continue // where a symbolic link leads is a file of its own
		}
		content, ok, err := l.text(file)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		heading, sentences := template.Readme(content)
		if l.index.OwnsHeading(heading.Text) {
			l.add(leftReadme, place{path: file.Path, line: heading.Line}, fmt.Sprintf("The README's heading is still “%s”, that of the starter template.", heading.Text))
			continue
		}
		for _, sentence := range sentences {
			if l.index.OwnsSentence(sentence.Text) {
				l.add(leftReadme, place{path: file.Path, line: sentence.Line}, "The README still introduces the plugin with the words of the starter template.")
				break
			}
		}
	}
	return nil
}

// modules looks for the template's name in the plugin's main go.mod.
func (l *look) modules() error {
	for _, name := range template.GoModules() {
		file, ok := l.subject.Find(name)
		if !ok || !isFile(file) {
			continue
		}
		content, ok, err := l.text(file)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if module, line := template.Module(content); l.index.OwnsModule(module) {
			l.add(modulePath, place{path: name, line: line}, fmt.Sprintf("The Go module is still called %s, as the starter template's.", module))
		}
	}
	return nil
}

// text reads a file that may hold leftovers. It is false, and a finding says
// so, if the file is too large.
func (l *look) text(file checks.File) ([]byte, bool, error) {
	if file.Size > maxText {
		l.add(notLookedAt, place{path: file.Path}, "The file is larger than 1 MiB, so leftovers of the template in it cannot be found.")
		return nil, false, nil
	}
	content, err := l.subject.Read(l.ctx, file, maxText)
	if err != nil {
		return nil, false, fmt.Errorf("read %q: %w", file.Path, err)
	}
	return content, true, nil
}

// helloPath is the template's example page, which a plugin serves to everybody.
const helloPath = "public/hello.html"

// leftFiles looks for whole files of the template that a plugin should not have.
func (l *look) leftFiles() {
	for _, file := range l.subject.Files {
		if isFile(file) && l.index.OwnsIcon(file.SHA) {
			l.add(icon, place{path: file.Path}, "This picture is the starter template's icon.")
		}
		if file.Path == helloPath && len(l.index.At(helloPath)) > 0 {
			l.add(helloHTML, place{path: file.Path}, "This example page is a leftover of the starter template.")
		}
	}
}

// runs matches what runs on machines of CI and of whoever builds the plugin.
var runs = regexp.MustCompile(`^((GNUm|[Mm])akefile|build/.*|[^/]*\.mk|\.github/(workflows|actions)/.*|\.circleci/.*|\.travis\.yml|\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.yml)$`)

// build lists the files that run while building and are not the template's.
func (l *look) build() {
	var changed, large []checks.File
	for _, m := range l.compared.Matches {
		if m.Class != template.Unmodified && runs.MatchString(m.File.Path) {
			changed = append(changed, m.File)
		}
		if m.TooLarge && !template.IsLock(m.File.Path) {
			large = append(large, m.File)
		}
	}
	l.addEach(changedBuild, changed, func(file checks.File) string {
		if len(l.index.At(file.Path)) == 0 {
			return "This file runs while the plugin is built or tested, and no version of the starter template has it."
		}
		return "This file runs while the plugin is built or tested, and differs from every version of the starter template."
	})
	l.addEach(notCompared, large, func(checks.File) string {
		return "This file is larger than 256 KiB, so it was not compared with the template and counts as the plugin's own."
	})
}

// oldAfter is the time behind the template's newest version, in days, after
// which boilerplate is called old.
const oldAfter = 365

// origin says where the boilerplate is from and what it misses.
func (l *look) origin() {
	c := l.compared
	switch c.Derived {
	case template.No:
		l.add(notDerived, place{}, "The plugin was not made from the starter template, so all its files are for review.")
		return
	case template.Weak:
		l.add(weaklyDerived, place{}, "The plugin only resembles the starter template: none of the template's telling files is unchanged.")
	case template.Yes:
	}
	newest := len(l.commits) - 1
	if days := int(l.commits[newest].Date.Sub(l.commits[c.Nearest].Date).Hours() / 24); days > oldAfter {
		l.add(age, place{}, fmt.Sprintf("The boilerplate is that of %s; the template's newest version, %s later, is of %s.",
			l.date(c.Nearest), counted(newest-c.Nearest, "commit"), l.date(newest)))
	}
	if n := len(c.Missed); n > 0 {
		last := c.Missed[n-1]
		l.add(missedFixes, place{}, fmt.Sprintf("%s of the template changed files after the plugin took them over, the last on %s: %s.%s",
			counted(n, "commit"), l.date(last.Version), some(last.Paths), l.compareLink()))
	}
}

// compareLink is a sentence with the address of all that changed since.
func (l *look) compareLink() string {
	if l.index.Repository() == "" {
		return ""
	}
	return fmt.Sprintf(" All changes: https://github.com/%s/compare/%s...%s", l.index.Repository(),
		l.commits[l.compared.Nearest].SHA[:12], l.commits[len(l.commits)-1].SHA[:12])
}

// some names at most three files.
func some(paths []string) string {
	if len(paths) <= 3 {
		return strings.Join(paths, ", ")
	}
	return strings.Join(paths[:3], ", ") + fmt.Sprintf(" and %d more", len(paths)-3)
}

// extension is a path's extension in lower case, without the dot.
func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}
