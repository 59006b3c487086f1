package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// maxUnseen bounds the files that are listed for people.
const maxUnseen = 20

// WriteText writes the result for people: what the PR will show, what it cannot
// show, and what to do next. What is quoted from the plugin cannot control the
// terminal (S19).
func (r ReviewBranches) WriteText(w io.Writer) error {
	var b strings.Builder
	of := fmt.Sprintf("%.7s", r.Source.Commit)
	if r.Source.Branch != "" {
		of = texts.Line(r.Source.Branch) + " at " + of
	}
	switch r.Result {
	case reviewCreated:
		fmt.Fprintf(&b, "Made the branches of the review pull request of %s.\n\n", of)
	case reviewUpdated:
		fmt.Fprintf(&b, "Added %s to the branch %s.\n\n", of, reviewpr.HeadBranch)
	default:
		fmt.Fprintf(&b, "The branch %s shows %s already.\n\n", reviewpr.HeadBranch, of)
	}
	for _, line := range []struct {
		n    int
		says string
	}{
		{r.Files[string(reviewpr.Own)], "own %s, shown whole"},
		{r.Files[string(reviewpr.Modified)], "%s of modified boilerplate, shown as the difference from the template"},
		{r.Files[string(reviewpr.Late)], "%s of boilerplate that the base does not have, shown"},
		{r.Files[string(reviewpr.Unmodified)], "%s of unmodified boilerplate, not shown"},
		{r.Files[string(reviewpr.LeftOut)], "%s left out for technical reasons (workflows, code owners, attributes)"},
		{len(r.Removed), "%s of boilerplate no longer there, shown as deleted"},
	} {
		if line.n > 0 {
			fmt.Fprintf(&b, "%6d %s\n", line.n, fmt.Sprintf(line.says, plural("file", line.n)))
		}
	}
	r.writeUnseen(&b)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\nNote: %s\n", texts.Line(note))
	}
	fmt.Fprintf(&b, "\nNext, publish the branches and open the pull request:\n\n    %s\n    %s\n\n"+
		"Nobody merges it. After new commits, run this again and push again.\n", r.Push, r.Compare)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// writeUnseen lists what a reviewer has to look at elsewhere.
func (r ReviewBranches) writeUnseen(b *strings.Builder) {
	n := 0
	for _, u := range r.Unseen {
		if u.Boilerplate {
			continue
		}
		if n++; n == 1 {
			b.WriteString("\nReviewers cannot see these in the pull request, or not whole, and will look at them elsewhere:\n\n")
		}
		if n <= maxUnseen {
			fmt.Fprintf(b, "    %-13s %s\n", u.Kind, texts.Line(u.Path))
		}
	}
	if n > maxUnseen {
		fmt.Fprintf(b, "    … and %d more (--format json lists all)\n", n-maxUnseen)
	}
}

// plural writes a noun for a number of things.
func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
