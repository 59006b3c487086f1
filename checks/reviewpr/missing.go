package reviewpr

import (
	"cmp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// Gap is a path at which a PR does not show what it should.
type Gap struct {
	Path    string
	Problem Problem
}

// Problem says what is wrong at a path of a PR.
type Problem string

// The problems of S2.
const (
	Lacking     Problem = "lacking"      // the plugin has it, the PR's head does not
	Different   Problem = "different"    // the PR's head has something else than the plugin
	Surplus     Problem = "surplus"      // the PR's head has it, the plugin does not
	Collapsing  Problem = "collapsing"   // a .gitattributes in the PR that is not a template's: it can hide files
	NotTemplate Problem = "not-template" // the PR's base has it, and no template version does: it hides code
)

// Missing returns why a PR that people opened cannot be the review PR (S2),
// sorted by path; nothing if it can. Tree is the plugin's at the default
// branch's head, base and head are the PR's. The head may have what our own PRs
// leave out if it is as in the plugin: the PR then shows more.
func Missing(index *template.Index, tree, base, head []checks.File) []Gap {
	tree, head = slices.SortedFunc(slices.Values(tree), byPath), slices.SortedFunc(slices.Values(head), byPath)
	var gaps []Gap
	for _, file := range less(tree) {
		if find(head, file.Path) == nil {
			gaps = append(gaps, Gap{file.Path, Lacking})
		}
	}
	for _, file := range head {
		switch plugin := find(tree, file.Path); {
		case plugin == nil:
			gaps = append(gaps, Gap{file.Path, Surplus})
		case plugin.SHA != file.SHA || plugin.Mode != file.Mode:
			gaps = append(gaps, Gap{file.Path, Different})
		case Excluded(file.Path) == Attributes && !index.Unmodified(file):
			gaps = append(gaps, Gap{file.Path, Collapsing})
		}
	}
	for _, file := range base {
		if !index.Unmodified(file) {
			gaps = append(gaps, Gap{file.Path, NotTemplate})
		}
	}
	slices.SortFunc(gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(string(a.Problem), string(b.Problem)))
	})
	return gaps
}
