package fakegithub

import (
	"path"
	"regexp"
	"strings"
)

// attributes are the rules of one .gitattributes file that change an archive.
// Quoted patterns and macros are left out: they are rare.
type attributes struct {
	folder string // where the file is, "" for the root
	rules  []attributeRule
}

type attributeRule struct {
	pattern    *regexp.Regexp
	nameOnly   bool // the pattern has no slash: it is compared with the last part of a path
	folderOnly bool
	settings   map[string]bool // attribute → set or not
}

// readAttributes parses a .gitattributes file that stands in a folder.
func readAttributes(folder, text string) attributes {
	found := attributes{folder: folder}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || strings.HasPrefix(fields[0], "[attr]") || strings.HasPrefix(fields[0], "!") {
			continue
		}
		settings := map[string]bool{}
		for _, setting := range fields[1:] {
			name := strings.TrimLeft(setting, "-!")
			settings[name] = name == setting // "name=value" is neither set nor unset: nobody asks for it
		}
		pattern, folderOnly := strings.CutSuffix(fields[0], "/")
		anchored, slash := strings.CutPrefix(pattern, "/")
		found.rules = append(found.rules, attributeRule{
			pattern: globExpression(anchored), nameOnly: !slash && !strings.Contains(pattern, "/"), folderOnly: folderOnly, settings: settings,
		})
	}
	return found
}

// attribute says whether an attribute is set for a path. The files are in order
// from the root to the nearest, and what is said last counts.
func attribute(files []attributes, name, file string, isFolder bool) bool {
	set := false
	for _, f := range files {
		relative := file
		if f.folder != "" {
			inside, ok := strings.CutPrefix(file, f.folder+"/")
			if !ok {
				continue
			}
			relative = inside
		}
		for _, rule := range f.rules {
			if value, mentioned := rule.settings[name]; mentioned && rule.fits(relative, isFolder) {
				set = value
			}
		}
	}
	return set
}

func (rule attributeRule) fits(file string, isFolder bool) bool {
	if rule.folderOnly && !isFolder {
		return false
	}
	if rule.nameOnly {
		file = path.Base(file)
	}
	return rule.pattern.MatchString(file)
}

// globExpression turns git's pattern into a regular expression: * and ? stop at
// slashes, ** does not. A pattern that makes no sense fits nothing.
func globExpression(glob string) *regexp.Regexp {
	var expression strings.Builder
	for rest := glob; rest != ""; {
		switch end := strings.IndexByte(rest, ']'); {
		case strings.HasPrefix(rest, "**/"):
			expression.WriteString("(?:.*/)?")
			rest = rest[3:]
		case rest == "**":
			expression.WriteString(".*")
			rest = ""
		case rest[0] == '*':
			expression.WriteString("[^/]*")
			rest = rest[1:]
		case rest[0] == '?':
			expression.WriteString("[^/]")
			rest = rest[1:]
		case rest[0] == '[' && end > 1:
			inner, negated := strings.CutPrefix(rest[1:end], "!")
			if negated {
				inner = "^" + inner
			}
			expression.WriteString("[" + inner + "]")
			rest = rest[end+1:]
		case rest[0] == '\\' && len(rest) > 1:
			expression.WriteString(regexp.QuoteMeta(rest[1:2]))
			rest = rest[2:]
		default:
			expression.WriteString(regexp.QuoteMeta(rest[:1]))
			rest = rest[1:]
		}
	}
	compiled, err := regexp.Compile("^(?s:" + expression.String() + ")$")
	if err != nil {
		return regexp.MustCompile(`^\b$`)
	}
	return compiled
}
