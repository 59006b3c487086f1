package texts

import (
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Pull is what people are told about a review PR, beside what is on record.
type Pull struct {
	Branch   string // the default branch
	Source   string // its commit that the PR shows
	Template string // "owner/name"
	Nearest  *TemplateVersion
	First    *TemplateVersion // of the versions that fit as well
	Last     *TemplateVersion

	Own, Unmodified int          // files
	Modified        []PulledFile // boilerplate that the plugin changed
	Adopted         []PulledFile // boilerplate that came after the PR was opened
	Deleted         []string     // the template's files that the plugin lacks
	Unseen          []Unseen     // what reviewers cannot see there (S7)
	Fingerprint     string       // of Unseen; "" if there is nothing to look at
	Removed         int          // files that the base has and the plugin has no more
	Shown           int          // files in the PR
	Lines           int          // that it shows of them
}

// TemplateVersion is a commit of the starter template.
type TemplateVersion struct {
	SHA  string
	Date time.Time
}

// PulledFile is a file in the PR.
type PulledFile struct {
	Path  string
	Lines int // that the PR shows of it
}

// Unseen is a file that reviewers cannot see in the PR, or not whole.
type Unseen struct {
	Path        string
	Kind        string
	Boilerplate bool // as in the template
}

// How many bytes of the texts lists take at most, so that nothing is cut.
const (
	maxUnseen   = 36_000
	maxModified = 10_000
	maxDeleted  = 6_000
)

// PullTitle is the title of the review PR.
func (v View) PullTitle() string { return Truncate(Line(render("pull-title", v)), 200) }

// PullBody is the text of the review PR.
func (v View) PullBody() string { return clip(render("pull-body", v), v.restInTree()) }

// PullEnd is the text of the review PR after the end of the onboarding.
func (v View) PullEnd() string { return render("pull-end", v) }

// PullReplaced tells those who follow a review PR which one took its place.
func (v View) PullReplaced() string { return render("pull-replaced", v) }

// AdoptionRefused answers who wants a PR for the review PR that cannot be it.
func (v View) AdoptionRefused(number int, gaps []string) string {
	return render("adoption-refused", map[string]any{"View": v, "Number": number, "Gaps": gaps, "More": max(0, len(gaps)-20)})
}

// Adopted answers who had a PR taken for the review PR.
func (v View) Adopted(number int) string {
	return render("adopted", map[string]any{"View": v, "Number": number})
}

// AdoptedAlready answers who wanted the App's own review PR to be adopted.
func (v View) AdoptedAlready(number int) string {
	return render("adopted-already", map[string]any{"View": v, "Number": number})
}

// SourceURL is the page of a file at the commit that the PR shows.
func (v View) SourceURL(path string) string {
	return v.fileAt(v.Pull.Source, path)
}

// TreeURL is the page of all files at the commit that the PR shows.
func (v View) TreeURL() string { return v.URL() + "/tree/" + v.Pull.Source }

// restInTree says where all files are.
func (v View) restInTree() string { return "All files are [here](" + v.TreeURL() + ")." }

// VersionURL is the page of a version of the template.
func (v View) VersionURL(version TemplateVersion) string {
	return fmt.Sprintf("%s/%s/commit/%s", trimSlash(v.WebURL), v.Pull.Template, version.SHA)
}

// PRLink names the review PR with a link.
func (v View) PRLink() string {
	return fmt.Sprintf("[pull request %d](%s)", v.Record.ReviewPR.Number, v.Record.ReviewPR.URL)
}

// MovedFrom is what the check runs on a commit of the default branch show that
// were made before there was a review PR: they are gone on with there, and must
// not stay red or unfinished. (GitHub would count neutral ones as passing.) What
// a check found good about that very commit stays: it is as true as before.
func (v View) MovedFrom(commit string) View {
	v.RunsAt, v.RunsNew, v.Moved = commit, false, true
	v.Verdict.Standings = slices.Clone(v.Verdict.Standings)
	for i, s := range v.Verdict.Standings {
		if s.Kind != onboarding.Automatic || s.State != onboarding.Passed || s.Result.Commit != commit {
			v.Verdict.Standings[i] = onboarding.Standing{Name: s.Name, Kind: s.Kind, State: onboarding.Cancelled}
		}
	}
	return v
}

// Reviewed tells whether there is a review PR to look at.
func (v View) Reviewed() bool { return v.Record.ReviewPR.Open() }

// ReviewedCode tells whether there is a review PR, or was one until all passed:
// which commits reviews were about, the check runs say for good.
func (v View) ReviewedCode() bool {
	pr := v.Record.ReviewPR
	return pr.Open() || pr != nil && pr.Closed && v.Record.Withdrawn == nil
}

// unseenKinds says why files cannot be seen, by what reviewpr calls it, the most
// dangerous first. The last is for those that are not known here.
var unseenKinds = []struct{ kind, one, many, why string }{
	{"workflow", "workflow", "workflows", "left out, since GitHub runs workflows of any branch"},
	{"codeowners", "code owners file", "code owners files", "left out, since GitHub would ask the owners for reviews"},
	{"gitattributes", "gitattributes file", "gitattributes files", "left out, since attributes can hide other files here"},
	{"submodule", "submodule", "submodules", "the code is in another repository"},
	{"symlink", "symbolic link", "symbolic links", "only the path of the target is shown"},
	{"lfs", "Git LFS file", "Git LFS files", "only a pointer is shown, since the content is kept elsewhere"},
	{"generated", "generated file", "generated files", "folded by GitHub, as the plugin's attributes say"},
	{"large", "large file", "large files", "longer than what GitHub shows"},
	{"unread", "unread file", "unread files", "not looked at, since there is too much before"},
	{"beyond", "late file", "late files", "after the last file that GitHub lists"},
	{"binary", "binary file", "binary files", "no text to show"},
	{"", "other file", "other files", "cannot be shown"},
}

// Unseens lists the unseen files that a person must look at, by kind. Each kind
// has its share of the room, so that none can push out another (S7).
func (v View) Unseens() []Listing {
	paths := make([][]string, len(unseenKinds))
	kinds := 0
	for _, u := range v.Pull.Unseen {
		if u.Boilerplate {
			continue
		}
		i := 0
		for i < len(unseenKinds)-1 && unseenKinds[i].kind != u.Kind {
			i++
		}
		if paths[i] = append(paths[i], u.Path); len(paths[i]) == 1 {
			kinds++
		}
	}
	var lists []Listing
	room := maxUnseen
	for i, kind := range unseenKinds {
		if len(paths[i]) == 0 {
			continue
		}
		share := room / (kinds - len(lists))
		list, left := listing(len(paths[i]), func(n int) string { return v.sourceLink(paths[i][n]) }, share)
		list.Count, list.Why = counted(len(paths[i]), kind.one, kind.many), kind.why
		room -= share - left
		lists = append(lists, list)
	}
	return lists
}

// counts says how many files there are of each kind.
func counts(lists []Listing) string {
	var each []string
	for _, l := range lists {
		each = append(each, l.Count)
	}
	return list(each)
}

// Modified lists the boilerplate that the plugin changed.
func (v View) Modified() Listing {
	files := v.Pull.Modified
	shown, _ := listing(len(files), func(i int) string {
		if files[i].Lines == 0 {
			return v.sourceLink(files[i].Path)
		}
		return v.sourceLink(files[i].Path) + ", " + counted(files[i].Lines, "line", "lines")
	}, maxModified)
	return shown
}

// Deleted lists the template's files that the plugin lacks.
func (v View) Deleted() Listing {
	shown, _ := listing(len(v.Pull.Deleted), func(i int) string { return Code(shortPath(v.Pull.Deleted[i])) }, maxDeleted)
	return shown
}

// maxDiffLines is how many changed lines GitHub shows of a PR at once, by its
// documentation ("Repository limits").
const maxDiffLines = 20_000

// Long tells whether GitHub shows only a part of the PR at first.
func (p *Pull) Long() bool { return p.Lines > maxDiffLines }

// LeftOut counts the files that are in neither tree.
func (p *Pull) LeftOut() int {
	n := 0
	for _, u := range p.Unseen {
		if u.Kind == "workflow" || u.Kind == "codeowners" || u.Kind == "gitattributes" {
			n++
		}
	}
	return n
}

// replacedWhy says why a review PR, named by what, was given up for another one.
func replacedWhy(why onboarding.Replacement, what string) string {
	switch why {
	case onboarding.BranchMoved:
		return "somebody pushed to the branches of " + what
	case onboarding.BranchDeleted:
		return "the branches of " + what + " were deleted"
	case onboarding.Retargeted:
		return what + " was pointed at another branch"
	case onboarding.Superseded:
		return "people made one that was taken for " + what
	case onboarding.NotReopened:
		return what + " was closed and could not be opened again"
	case onboarding.Merged:
		return what + " was merged"
	default:
		return what + " could not be used any more"
	}
}
