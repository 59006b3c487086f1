package onboarding_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestAttackThePluginsSideIsNeverAskedAndHoldsNoPlace(t *testing.T) {
	panel := review(committer(ann, 0), committer(bob, 0, onboarding.Security))
	panel.Record.PluginOwners = []onboarding.Person{carl}
	for why, person := range map[onboarding.Why]onboarding.Person{
		onboarding.WhyAuthor: alice, onboarding.WhyOwner: mallory, onboarding.WhyPluginOwner: carl,
		onboarding.WhyStarter: root, onboarding.WhyUnknown: {Login: "ghost"},
	} {
		panel.Candidates = append(panel.Candidates[:2:2], committer(person, 0, onboarding.Security))
		panel.First, panel.Asked, panel.Assigned = person, []onboarding.Person{person}, []onboarding.Person{person}
		panel.Decided = []onboarding.Decision{{By: person, Verb: onboarding.Approve, Roles: panel.Candidates[2].Roles}}
		choice := onboarding.Choose(panel, now)
		assert.Len(t, choice.Ask, 2, why)
		assert.Equal(t, []onboarding.LeftOut{{Person: person, Reason: onboarding.Reason{Why: why}}}, choice.LeftOut)
	}
}

func TestAttackALoginOnTwoListsIsOnePerson(t *testing.T) {
	twice := committer(onboarding.Person{ID: bob.ID, Login: "bobby"}, 0)
	choice := onboarding.Choose(review(committer(bob, 0, onboarding.Security), twice), now)
	assert.Equal(t, []string{"ask bob, seat security, fewest security", "missing 1 core-committer"}, said(choice))
}

func TestAttackAFreedLoginInheritsNothing(t *testing.T) {
	panel := review(committer(onboarding.Person{ID: 99, Login: "ann"}, 0), committer(bob, 0, onboarding.Security), committer(carl, 4))
	panel.First, panel.Asked = ann, []onboarding.Person{ann}
	for _, pick := range onboarding.Choose(panel, now).Ask {
		for _, reason := range pick.Because {
			assert.NotContains(t, []onboarding.Why{onboarding.WhyFirst, onboarding.WhyAsked}, reason.Why)
		}
	}
}

func TestAttackPushingDrawsNoOtherReviewer(t *testing.T) {
	panel := review(committer(ann, 0), committer(bob, 0, onboarding.Security), committer(carl, 0), committer(sue, 0, onboarding.Security))
	want := onboarding.Choose(panel, now)
	for i := range 50 {
		panel.Record.ReviewPR = &onboarding.ReviewPR{Commits: []onboarding.ReviewCommit{{SHA: fmt.Sprintf("%040d", i)}}}
		assert.Equal(t, want, onboarding.Choose(panel, now))
	}
}
