package texts

import (
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// StatusComment is the one comment that says where an onboarding stands.
func StatusComment(v View) string { return render("status-comment", v) }

// Turned tells the author that a stage which had passed fails now.
func Turned(v View, name string) string {
	return render("turned", struct {
		View View
		Name string
	}{v, name})
}

// Stage names a stage, with a link to its check run if there is one.
func (v View) Stage(name string) string {
	if v.RunURLs[name] == "" {
		return "**" + name + "**"
	}
	return "**[" + name + "](" + v.RunURLs[name] + ")**"
}

// Title is what the check of a stage said; "" if it said nothing.
func (v View) Title(stage string) string {
	s, _ := v.Verdict.Standing(stage)
	if s.Result == nil {
		return ""
	}
	return s.Result.Title
}

// Asks tells whether a stage waits for something that the author was asked for.
func (v View) Asks(stage string) bool {
	s, _ := v.Verdict.Standing(stage)
	return s.Result != nil && s.Result.Asks
}

// Objected is the change request that stands on a stage which people decide; nil
// if there is none.
func (v View) Objected(stage string) *onboarding.Decision {
	s, _ := v.Verdict.Standing(stage)
	if s.Kind == onboarding.Automatic {
		return nil
	}
	return s.Objection
}

// Since is when a stage opened.
func (v View) Since(stage string) time.Time {
	s, _ := v.Verdict.Standing(stage)
	return s.Since
}

// Busy tells whether a check is under way.
func (v View) Busy() bool {
	return slices.ContainsFunc(v.Verdict.Standings, func(s onboarding.Standing) bool { return s.State == onboarding.Running })
}

// Complete tells whether every gate is open, be it by waivers.
func (v View) Complete() bool { return v.Verdict.Complete() }

// StateDescription explains the label of how a whole onboarding stands, in at most
// 100 characters.
func StateDescription(label string) string {
	return map[string]string{
		onboarding.StatePaused:    "Onboard: nothing is asked or published until somebody says /onboard resume",
		onboarding.StateHeld:      "Onboard: held by something about the repository; the status comment says what",
		onboarding.StateWithdrawn: "Onboard: the onboarding was withdrawn",
		onboarding.StateComplete:  "Onboard: every gate was reached",
	}[label]
}

// LabelDescription explains the label of a stage, in at most 100 characters.
func LabelDescription(stage string) string {
	return Truncate("Onboard: "+Line(stage)+" is open and has not passed yet", 100)
}
