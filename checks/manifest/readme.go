package manifest

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/onboard-app/onboard/checks"
)

var (
	// readmeName matches READMEs; GitHub shows those at the root, in docs and in .github.
	readmeName = regexp.MustCompile(`(?i)^(\.github/|docs/)?readme(\.(md|markdown|mdown|rst|txt|adoc|asciidoc|org))?$`)
	// securityName matches files that GitHub takes for a security policy.
	securityName = regexp.MustCompile(`(?i)^(\.github/|docs/)?security(\.(md|rst|txt|adoc))?$`)

	// heading matches a line that is a heading, or one in reStructuredText by its underline.
	heading = regexp.MustCompile(`(?im)^ {0,3}#{1,6}[ \t]*(.+)$|<h[1-6][^>]*>(.*?)</h[1-6]>|^={1,5}[ \t]+(.+)$|^(\S.*)\r?\n(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$`)
	// picture matches a picture and its address in Markdown, HTML, reStructuredText and AsciiDoc.
	picture = regexp.MustCompile(`(?i)!\[[^\]]*\]\(\s*<?([^)\s>]+)|!\[[^\]]*\]\[|<(?:img|video)\b[^>]*|\.\. (?:image|figure)::\s*(\S+)|image::?(\S+)\[|https://github\.com/user-attachments/assets/\S+`)
	// badge matches the addresses of pictures that show a state, not the plugin.
	badge = regexp.MustCompile(`(?i)shields\.io|badge|circleci\.com|travis-ci|goreportcard|codecov|img\.buymeacoffee|herokucdn|api\.netlify`)
	// vulnerability matches a way to report one.
	vulnerability = regexp.MustCompile(`(?i)security|vulnerabilit|responsible disclosure`)
)

// topics are what a README should have a heading about (process.md).
var topics = []struct {
	name string
	word *regexp.Regexp
}{
	{"installation", regexp.MustCompile(`(?i)install|set.?up|getting started|quick.?start|deploy`)},
	{"configuration", regexp.MustCompile(`(?i)config|setting|set.?up|environment|admin`)},
	{"usage", regexp.MustCompile(`(?i)\bus(e|age|ing)\b|feature|command|how to|example|guide|what .* does|getting started`)},
	{"troubleshooting", regexp.MustCompile(`(?i)trouble|faq|q&a|frequently|known (issue|problem|limitation)|limitation|debug|problem`)},
	{"help", regexp.MustCompile(`(?i)help|support|contact|feedback|issue|question|get involved|bug`)},
	{"development", regexp.MustCompile(`(?i)develop|contribut|build|compil|hack|releas`)},
}

// readme looks at the README.
func (l *look) readme() error {
	file, ok := l.named(readmeName)
	if !ok {
		l.add(missingReadme, "", span{}, "The repository has no README.")
		return nil
	}
	content, ok, err := l.document(file)
	if err != nil {
		return err
	}
	if !ok {
		l.add(readmeUnread, file.Path, span{}, "The README is not a text file of at most 1 MiB, so it was not looked at.")
		return nil
	}
	if !shown(content) {
		l.add(readmeImage, file.Path, span{}, "The README has no picture of the plugin.")
	}
	headings := strings.Join(headingsOf(content), "\n")
	var absent []string
	for _, topic := range topics {
		if !topic.word.MatchString(headings) {
			absent = append(absent, topic.name)
		}
	}
	if len(absent) > 0 {
		l.add(readmeHeadings, file.Path, span{}, fmt.Sprintf("The README has no heading about: %s.", strings.Join(absent, ", ")))
	}
	if support := strings.TrimRight(l.manifest.SupportURL, "/"); support != "" && !strings.Contains(content, support) {
		l.add(readmeSupport, file.Path, span{}, "The README does not link to the manifest's support_url.")
	}
	return nil
}

// security looks for a way to report vulnerabilities.
func (l *look) security() error {
	if _, ok := l.named(securityName); ok {
		return nil
	}
	if file, ok := l.named(readmeName); ok {
		content, _, err := l.document(file)
		if err != nil || vulnerability.MatchString(strings.Join(headingsOf(content), "\n")) {
			return err
		}
	}
	l.add(securityContact, "", span{}, "Nothing says how to report a vulnerability of the plugin.")
	return nil
}

// named returns the file whose path matches: the one at the root, else that in
// .github, else that in docs.
func (l *look) named(name *regexp.Regexp) (found checks.File, ok bool) {
	for _, file := range l.subject.Files {
		if name.MatchString(file.Path) && (!ok || strings.Contains(found.Path, "/") && !strings.Contains(file.Path, "/")) {
			found, ok = file, true
		}
	}
	return found, ok
}

// document reads a text file, or the file beside it that a symbolic link leads
// to. It is false for what is no text of at most maxBytes.
func (l *look) document(file checks.File) (content string, ok bool, err error) {
	if file.Mode == checks.Symlink && file.Size <= 4096 {
		target, err := l.subject.Read(l.ctx, file, 4096)
		if err != nil {
			return "", false, fmt.Errorf("read symbolic link %q: %w", file.Path, err)
		}
		if file, ok = l.subject.Find(path.Join(path.Dir(file.Path), string(target))); !ok {
			return "", false, nil
		}
	}
	if file.Mode != checks.Regular && file.Mode != checks.Executable || file.Size > maxBytes {
		return "", false, nil
	}
	raw, err := l.subject.Read(l.ctx, file, maxBytes)
	if err != nil {
		return "", false, fmt.Errorf("read %q: %w", file.Path, err)
	}
	return string(raw), utf8.Valid(raw), nil
}

// headingsOf returns the text of each heading, code blocks left out: a comment
// in a shell script looks like a heading.
func headingsOf(content string) []string {
	var list []string
	for _, found := range heading.FindAllStringSubmatch(withoutCode(content), -1) {
		list = append(list, strings.TrimSpace(strings.Join(found[1:], "")))
	}
	return list
}

// withoutCode removes the fenced code blocks of Markdown.
func withoutCode(content string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(content) {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// shown reports whether a README shows a picture that is no badge.
func shown(content string) bool {
	for _, found := range picture.FindAllString(content, -1) {
		if !badge.MatchString(found) {
			return true
		}
	}
	return false
}
