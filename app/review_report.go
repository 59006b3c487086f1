package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/onboard-app/onboard/checks/reviewpr"
)

// ReviewBranches is what `onboard review-branch` prints.
type ReviewBranches struct {
	Path        string         `json:"path"`
	Result      string         `json:"result"` // created, updated or up-to-date
	Source      ReviewRef      `json:"source"` // the plugin's commit that is shown
	Base        ReviewRef      `json:"base"`
	Review      ReviewRef      `json:"review"`
	Files       map[string]int `json:"files"`   // how many the PR shows as what: own, modified, unmodified, late, left-out
	Removed     []string       `json:"removed"` // files that an earlier review commit had
	Unseen      []ReviewUnseen `json:"unseen"`  // what reviewers cannot see, what is left out included
	Fingerprint string         `json:"unseen_fingerprint"`
	Template    ReviewTemplate `json:"template"`
	Push        string         `json:"push"`    // the command that publishes the branches
	Compare     string         `json:"compare"` // the page that opens the PR
	Notes       []string       `json:"notes"`
}

// ReviewRef is a branch, the commit it points to and that commit's tree.
type ReviewRef struct {
	Branch string `json:"branch"` // "" for a commit that was checked out by itself
	Commit string `json:"commit"`
	Tree   string `json:"tree"`
}

// ReviewUnseen is a file that reviewers cannot see in the PR.
type ReviewUnseen struct {
	Path        string `json:"path"`
	Kind        string `json:"kind"`
	SHA         string `json:"sha"`
	Boilerplate bool   `json:"boilerplate"` // as in the template, so nobody has to look
}

// ReviewTemplate is the template's version that the plugin is nearest to.
type ReviewTemplate struct {
	Repository string   `json:"repository"`
	Nearest    *string  `json:"nearest"` // 40 hex digits; null for a plugin of another origin
	Date       string   `json:"date"`    // 2006-01-02
	Interval   []string `json:"interval"`
}

// describe fills in what the branches show and what comes next.
func (b *brancher) describe(webURL string) {
	m := &b.made
	m.Source = ReviewRef{Branch: b.branch, Commit: b.source.SHA, Tree: b.source.Tree}
	m.Files = map[string]int{}
	for _, origin := range []reviewpr.Origin{reviewpr.Own, reviewpr.Modified, reviewpr.Unmodified, reviewpr.Late, reviewpr.LeftOut} {
		m.Files[string(origin)] = b.plan.Count(origin)
	}
	m.Removed, m.Unseen, m.Notes = append([]string{}, b.plan.Removed...), []ReviewUnseen{}, []string{}
	for _, u := range b.plan.Unseen {
		m.Unseen = append(m.Unseen, ReviewUnseen{u.Path, string(u.Kind), u.SHA, u.Boilerplate})
	}
	m.Fingerprint = b.plan.Fingerprint()
	m.Template = ReviewTemplate{Repository: b.index.Repository(), Interval: []string{}}
	if nearest := b.plan.Nearest; nearest != nil {
		m.Template.Nearest, m.Template.Date = &nearest.SHA, nearest.Date.Format("2006-01-02")
		m.Template.Interval = []string{b.plan.First.SHA, b.plan.Last.SHA}
	}
	m.Push = "git push origin " + reviewpr.BaseBranch + " " + reviewpr.HeadBranch
	remote, err := b.git.Remote("origin")
	if err != nil {
		m.Notes = append(m.Notes, fmt.Sprintf("The address of the remote origin could not be read: %v.", err))
	}
	name, known := repositoryOf(remote, webURL)
	if !known {
		name = "OWNER/NAME"
	}
	m.Compare = strings.TrimRight(webURL, "/") + "/" + name + "/compare/" + reviewpr.BaseBranch + "..." + reviewpr.HeadBranch + "?expand=1"
}

// onGitHub matches addresses of repositories as git takes them, and nothing
// that would need an escape where it is shown.
var onGitHub = regexp.MustCompile(`^(?:https?://|ssh://|git://)?(?:[^@/\s]*@)?([A-Za-z0-9.-]+)(?::\d+)?[:/]([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)(?:\.git)?/?$`)

// repositoryOf returns the "owner/name" of a remote on GitHub.
func repositoryOf(remote, webURL string) (name string, ok bool) {
	web, err := url.Parse(webURL)
	match := onGitHub.FindStringSubmatch(remote)
	if err != nil || match == nil || !strings.EqualFold(match[1], web.Hostname()) {
		return "", false
	}
	return match[2], true
}

// WriteJSON writes the result for programs.
func (r ReviewBranches) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	return nil
}
