package app

import (
	"fmt"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Imports is what an import put on record, or would.
type Imports struct {
	Done  bool     // it is on record
	Again []string // repositories that were imported from this very file before, and are left alone
	list  []store.Imported

	pipeline onboarding.Pipeline
}

// String says it line by line, for people.
func (i Imports) String() string {
	var b strings.Builder
	decisions := 0
	for _, one := range i.list {
		r := one.Record
		decisions += len(r.Decisions)
		accepted := "not accepted yet, so that nothing of it counts until somebody with a role says /onboard accept"
		if r.Accepted() {
			accepted = "accepted " + r.AcceptedAt.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%s: issue %d, author %s, started %s, %s\n", one.Repository.FullName(), r.Issue, r.Author.Login, r.StartedAt.Format(time.DateOnly), accepted)
		for _, d := range r.Decisions {
			fmt.Fprintf(&b, "    %s  %s\n", d.At.Format(time.DateOnly), i.inWords(d))
		}
	}
	for _, name := range i.Again {
		fmt.Fprintf(&b, "%s: imported from this file before, nothing is added\n", name)
	}
	onboardings := fmt.Sprintf("%d onboardings", len(i.list))
	if len(i.list) == 1 {
		onboardings = "1 onboarding"
	}
	switch {
	case i.Done:
		fmt.Fprintf(&b, "Imported %s, decisions: %d. The App looks at them at its next start.\n", onboardings, decisions)
	case len(i.list) > 0:
		fmt.Fprintf(&b, "This is what would be imported: %s, decisions: %d. Nothing is recorded yet.\n", onboardings, decisions)
	default:
		fmt.Fprintln(&b, "There is nothing to import.")
	}
	return b.String()
}

// inWords says what somebody decided.
func (i Imports) inWords(d onboarding.Decision) string {
	text := fmt.Sprintf("%s: %s %s", d.By.Login, d.Verb, d.Stage)
	switch len(d.Bound) {
	case 40:
		text += " at commit " + d.Bound[:7]
	case 64:
		text += " of sha256 " + d.Bound[:12]
	}
	if !d.Until.IsZero() {
		text += " until " + d.Until.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if stage, _ := i.pipeline.Stage(d.Stage); stage.Kind == onboarding.Automatic && d.Bound == "" {
		text += " (for the record only: what the check finds is decided about anew)"
	}
	return text
}
