package texts

import (
	"fmt"

	"github.com/onboard-app/onboard/app/onboarding"
)

// lacks says in a sentence whom nobody can be asked for to decide a stage, what
// became of those who could, and when somebody is back.
func lacks(stage string, choice onboarding.Choice) string {
	text := ""
	for _, short := range choice.Missing {
		who := fmt.Sprintf("%s (%s)", counted(short.Lacks, "more person", "more people"), Party(onboarding.Party(short.Role)))
		if short.Seat {
			who = "somebody of " + Party(onboarding.Party(short.Role))
		}
		text += fmt.Sprintf("For %s %s should be asked, and nobody can be: %s. ", stage, who, outs(short.Out))
	}
	if !choice.Next.IsZero() {
		text += fmt.Sprintf("Somebody is back on %s. ", choice.Next.UTC().Format("2006-01-02"))
	}
	return text[:max(0, len(text)-1)]
}

// outs says what became of those who have a role.
func outs(tallies []onboarding.Tally) string {
	if len(tallies) == 0 {
		return "nobody has that role"
	}
	side := 0
	var words []string
	for _, t := range tallies {
		switch is, has := "is", "has"; t.Why {
		case onboarding.WhyAuthor, onboarding.WhyOwner, onboarding.WhyPluginOwner, onboarding.WhyStarter:
			side += t.People
		default:
			if t.People > 1 {
				is, has = "are", "have"
			}
			words = append(words, fmt.Sprintf("%d %s", t.People, outBecause(t.Why, is, has)))
		}
	}
	if side > 0 {
		words = append(words, counted(side, "is", "are")+" on the plugin's side")
	}
	return list(words)
}

// outBecause is a reason in the middle of a sentence, with the verb's form: "is"
// or "are", "has" or "have".
func outBecause(why onboarding.Why, is, has string) string {
	switch why {
	case onboarding.WhyApproved:
		return "approved already"
	case onboarding.WhyObjected:
		return "asked for changes"
	case onboarding.WhyDeclined:
		return "declined"
	case onboarding.WhyUnassigned:
		return is + " taken off by hand"
	case onboarding.WhyNoRole:
		return has + " not the stage's own role"
	case onboarding.WhyAway:
		return is + " away"
	case onboarding.WhyBusy:
		return has + " enough open reviews"
	case onboarding.WhyNotNeeded:
		return is + " kept for other places"
	default:
		return is + " not known to GitHub"
	}
}
