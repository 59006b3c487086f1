package demo

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// Visible is all that people see of an onboarding, superseded check runs
// included, with what differs between two equal stories (ids, commits, hashes,
// owners, times) made equal: two stories came out the same if it is the same.
func Visible(repository *fakegithub.Repository, issue *fakegithub.Issue) string {
	var b strings.Builder
	for _, run := range repository.AllCheckRuns(Carrier(repository)) {
		fmt.Fprintf(&b, "run %s %s %s %s\n%s\n%s\n%v\n", run.Name, run.Status, run.Conclusion, run.Title, run.Summary, run.Text, run.Annotations)
	}
	for _, comment := range issue.Comments() {
		fmt.Fprintf(&b, "comment by %s: %s\n", comment.Author, comment.Body)
		for _, reaction := range comment.Reactions {
			fmt.Fprintf(&b, "reaction %s\n", reaction.Content)
		}
	}
	fmt.Fprintf(&b, "labels %v\n", issue.Labels())
	for _, pr := range repository.PullRequests() {
		head, _ := pr.Head()
		base, _ := pr.Base()
		fmt.Fprintf(&b, "pull request by %s, %s to %s, %s, %d commits: %s\n%s\nlabels %v\n",
			pr.Author(), head, base, pr.State(), len(pr.Commits()), pr.Title(), pr.Body(), pr.Labels())
		for _, file := range pr.Files() {
			fmt.Fprintf(&b, "file %s %s %s %s\n", file.Status, file.Path, file.Mode, file.SHA[:10])
		}
		for _, comment := range pr.Comments() {
			fmt.Fprintf(&b, "comment by %s: %s\n", comment.Author, comment.Body)
		}
	}
	for _, label := range repository.Labels() {
		fmt.Fprintf(&b, "label %s %s %s\n", label.Name, label.Color, label.Description)
	}
	return Comparable(repository, b.String())
}

// Comparable is a text about a repository with what differs between two equal
// stories made equal.
func Comparable(repository *fakegithub.Repository, text string) string {
	owner, _, _ := strings.Cut(repository.FullName(), "/")
	told := notRead.ReplaceAllString(strings.ReplaceAll(text, owner, "OWNER"), "")
	return differing.ReplaceAllString(told, "X")
}

// notRead is said of a build if there was another look shortly before, as there
// may be or not.
var notRead = regexp.MustCompile("- [^\n]*\n[^\n]*\n[^\n]*`nightly-build/read-recently`[^\n]*\n")

var differing = regexp.MustCompile(`http://127[^/]*|/runs/\d+|\b([0-9a-f]{7}|[0-9a-f]{12}|[0-9a-f]{40}|[0-9a-f]{64})\b|comment/\d+|pullrequestreview-\d+|\d{4}-\d\d-\d\d( \d\d:\d\d UTC|T\d\d:\d\d:\d\dZ)?|\b\d\d:\d\d UTC`)
