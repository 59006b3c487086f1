package onboarding

// Halts says why nothing is deployed of a plugin at present, whatever its gates say,
// in words; "" if nothing keeps from it. What is on the servers stays there
// (design.md, "Rounds"; S16).
func (r Record) Halts() string {
	switch {
	case r.Withdrawn != nil:
		return "the onboarding was withdrawn"
	case r.Held != nil:
		return "the onboarding is held"
	case r.Paused != nil:
		return "the onboarding is paused"
	}
	return ""
}
