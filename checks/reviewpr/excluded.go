package reviewpr

import (
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Kind says why reviewers cannot see a file in the PR (S7).
type Kind string

// The kinds. The first three are in neither tree: GitHub refuses workflows from
// an App without that permission, requests reviews from code owners, and
// collapses what attributes call generated (github-facts.md section 5).
const (
	Workflow   Kind = "workflow"
	CodeOwners Kind = "codeowners"
	Attributes Kind = "gitattributes"

	Submodule Kind = "submodule" // its code is in another repository
	Symlink   Kind = "symlink"   // only the target's path is shown
	LFS       Kind = "lfs"       // only a pointer to the content is shown
	Binary    Kind = "binary"
	Large     Kind = "large"     // its diff is larger than GitHub shows
	Generated Kind = "generated" // called so by .gitattributes, or taken for it by GitHub, so its diff is folded
	Beyond    Kind = "beyond"    // after the last file that GitHub lists in a PR
	Unread    Kind = "unread"    // beyond what Onboard reads of one plugin, so it may be any of these
)

// Excluded returns why a path is left out of both trees, "" if it is not. The case
// does not count: it does not for those who check out on other systems.
func Excluded(path string) Kind {
	folded := strings.ToLower(path)
	switch {
	case folded == ".github/workflows", strings.HasPrefix(folded, ".github/workflows/"):
		return Workflow
	case folded == "codeowners", folded == "docs/codeowners", folded == ".github/codeowners":
		return CodeOwners
	case folded == ".gitattributes", strings.HasSuffix(folded, "/.gitattributes"):
		return Attributes
	default:
		return ""
	}
}

// less returns the files that are not left out.
func less(files []checks.File) []checks.File {
	var kept []checks.File
	for _, file := range files {
		if Excluded(file.Path) == "" {
			kept = append(kept, file)
		}
	}
	return kept
}

func byPath(a, b checks.File) int { return strings.Compare(a.Path, b.Path) }
