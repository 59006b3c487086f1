package texts

import (
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Who review commits are by, whether the App or `onboard review-branch` writes
// them; so both make the same commits. The address is nobody's.
const (
	ReviewName  = "Onboard"
	ReviewEmail = "onboard@onboard.invalid"
)

// source is the trailer that names the plugin's commit.
const source = "Onboard-Source: "

// ReviewBase is the message of the commit that holds the boilerplate of a
// template, named "owner/name".
func ReviewBase(template string) string {
	return render("review-base", map[string]string{"Template": template})
}

// ReviewAccepted is the message of the commit that holds the plugin as a round
// accepted it.
func ReviewAccepted(baseline *onboarding.Baseline) string { return render("review-accepted", baseline) }

// ReviewCommit is the message of a commit that shows a plugin's commit for
// review; it ends with a trailer that ReviewSource reads.
func ReviewCommit(commit string) string {
	return render("review-commit", map[string]string{"Commit": commit, "Trailer": source + commit})
}

// ReviewSource returns the plugin's commit that a review commit's message
// names at its end, "" if it names none.
func ReviewSource(message string) string {
	message = strings.TrimRight(message, "\n")
	commit, ok := strings.CutPrefix(message[strings.LastIndex(message, "\n")+1:], source)
	if !ok || len(commit) != 40 || strings.Trim(commit, "0123456789abcdef") != "" {
		return ""
	}
	return commit
}
