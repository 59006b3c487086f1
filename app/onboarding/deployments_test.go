package onboarding

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// green is a round in which everything passed, with a nightly build and a release.
func green() (Record, Facts) {
	at := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	record := Record{Repository: 7, Round: 1, StartedAt: at, AcceptedAt: at}
	decide := func(id int64, verb Verb, stage, bound string, roles ...Role) {
		record.Decisions = append(record.Decisions, Decision{ID: string(rune('a' + len(record.Decisions))), Verb: verb, Stage: stage, Bound: bound, By: Person{ID: id}, Roles: roles, At: at.Add(time.Minute)})
	}
	decide(1, Approve, "qa", "head", QA)
	decide(2, Approve, "pm-ux", "head", PM)
	decide(1, Approve, "release-qa", "of-release", QA)
	decide(3, Waive, "basic-review", "", Admin)
	decide(3, Waive, "complete-review", "", Admin)
	decide(4, Waive, "complete-review", "", Admin)
	facts := Facts{Commit: "head", Results: map[string]Result{}}
	for _, name := range []string{"licence", "starter-template", "manifest"} {
		facts.Results[name] = Result{Outcome: OutcomePass, Commit: "head"}
	}
	facts.Results[NightlyStage] = Result{Outcome: OutcomePass, Commit: "head", Digest: "of-nightly"}
	facts.Results[ReleaseStage] = Result{Outcome: OutcomePass, Commit: "head", Digest: "of-release", Source: "head"}
	return record, facts
}

func deployments(record Record, facts Facts) []Deployment {
	now := record.StartedAt.Add(time.Hour)
	return Deployments(Default(), record, Evaluate(Default(), record, facts, now), facts)
}

func digests(list []Deployment) (digests, why []string) {
	for _, d := range list {
		digests, why = append(digests, d.Digest), append(why, d.Why)
	}
	return digests, why
}

func TestEachGateLetsItsBundleOntoItsServer(t *testing.T) {
	record, facts := green()
	list := deployments(record, facts)
	require.Len(t, list, 3)
	assert.Equal(t, Deployment{Gate: "ci-extensions", Stage: NightlyStage, Digest: "of-nightly"}, list[0])
	assert.Equal(t, Deployment{Gate: "ci-extensions-release", Stage: ReleaseStage, Digest: "of-release"}, list[1])
	assert.Equal(t, Deployment{Gate: "community", Stage: ReleaseStage, Digest: "of-release"}, list[2])
}

func TestWhatStopsDeployments(t *testing.T) {
	none := []string{"", "", ""}
	for name, row := range map[string]struct {
		change func(*Record, *Facts)
		want   []string
		why    string
	}{
		"another bundle than QA signed off": {func(_ *Record, f *Facts) {
			r := f.Results[ReleaseStage]
			r.Digest = "of-another"
			f.Results[ReleaseStage] = r
		}, []string{"of-nightly", "of-another", ""}, "the gate is not green"},
		"a licence that fails": {func(_ *Record, f *Facts) {
			f.Results["licence"] = Result{Outcome: OutcomeFail, Commit: "head"}
		}, none, "the gate is not green"},
		"a build that cannot be read any more": {func(_ *Record, f *Facts) {
			f.Results[NightlyStage] = Result{Outcome: OutcomeError, Commit: "head", Digest: "of-nightly"}
		}, none, "the gate is not green"},
		"a pause":        {func(r *Record, _ *Facts) { r.Paused = &Pause{} }, none, "the onboarding is paused"},
		"a hold":         {func(r *Record, _ *Facts) { r.Held = &Hold{Why: NewOwner} }, none, "the onboarding is held"},
		"the withdrawal": {func(r *Record, _ *Facts) { r.Withdrawn = &Withdrawal{} }, none, "the onboarding was withdrawn"},
	} {
		t.Run(name, func(t *testing.T) {
			record, facts := green()
			row.change(&record, &facts)
			got, why := digests(deployments(record, facts))
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.why, why[2])
		})
	}
}

func TestABuildThatWasWaivedWithoutABundleLetsNothingThrough(t *testing.T) {
	record, facts := green()
	facts.Results[NightlyStage] = Result{Outcome: OutcomeFail, Commit: "head", Findings: []Finding{{Rule: "nightly-build/gone"}}}
	subject := Fingerprint(facts.Results[NightlyStage])
	record.Decisions = append(record.Decisions, Decision{ID: "z", Verb: Waive, Stage: NightlyStage, Bound: subject, By: Person{ID: 3}, Roles: []Role{Admin}, At: record.StartedAt.Add(time.Minute), Reason: "x"})
	list := deployments(record, facts)
	assert.Empty(t, list[0].Digest)
	assert.Equal(t, "there is no bundle that passed", list[0].Why)
	assert.Equal(t, "of-release", list[1].Digest)
}

// TestAttackCommunityGetsNothingThatQADidNotSignOff: whatever the release's bundle
// is by now, it is let onto the community server only if a sign-off names it.
func TestAttackCommunityGetsNothingThatQADidNotSignOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record, facts := green()
		signed := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3).Draw(t, "signed")
		kept := record.Decisions[:0]
		for _, d := range record.Decisions {
			if d.Stage != "release-qa" {
				kept = append(kept, d)
			}
		}
		record.Decisions = kept
		for i, digest := range signed {
			record.Decisions = append(record.Decisions, Decision{ID: "s" + digest, Verb: Approve, Stage: "release-qa", Bound: digest, By: Person{ID: 1}, Roles: []Role{QA}, At: record.StartedAt.Add(time.Duration(i+2) * time.Minute)})
		}
		r := facts.Results[ReleaseStage]
		r.Digest = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "bundle")
		facts.Results[ReleaseStage] = r
		list := deployments(record, facts)
		if got := list[2].Digest; got != "" {
			assert.Equal(t, r.Digest, got)
			assert.Contains(t, signed, got)
		}
	})
}

func TestAnOrderIsHandedOn(t *testing.T) {
	record, facts := green()
	record.Orders = map[string]Order{"community": {By: Person{Login: "ada"}, Digest: "of-release"}}
	list := deployments(record, facts)
	assert.Nil(t, list[0].Order)
	assert.Equal(t, "ada", list[2].Order.By.Login)
}

// TestAttackWhatAnAdminHadRolledBackStaysRefused through all that is asked after it,
// and through all rounds, until an admin asks for that very bundle.
func TestAttackWhatAnAdminHadRolledBackStaysRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bundles := []string{"a", "b", "c", "d"}
		record, refused := Record{Round: 1}, map[string]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			one := rapid.SampledFrom(bundles).Draw(t, "one")
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				record.Order("community", Order{Digest: one})
				refused[one] = false
			case 1:
				record.Order("community", Order{Remove: true})
			case 2:
				other := rapid.SampledFrom(bundles).Draw(t, "other")
				record.Order("community", Order{Digest: other, Instead: one})
				refused[other], refused[one] = false, true
			default:
				last := record.Orders["community"]
				record = record.Next(Default())
				if again := record.Orders["community"]; last.Remove || last.Instead != "" {
					assert.Equal(t, last, again, "what is off or back stays so")
				} else {
					assert.Zero(t, again)
				}
			}
		}
		for _, digest := range bundles {
			assert.Equal(t, refused[digest], slices.Contains(record.Refused["community"], digest), digest)
		}
		assert.Empty(t, record.Refused["ci-extensions"])
	})
}

func TestWhatIsRefusedIsSaidToBeSo(t *testing.T) {
	record, facts := green()
	record.Order("community", Order{Digest: "before", Instead: "of-release"})
	for _, d := range deployments(record, facts) {
		assert.Equal(t, d.Gate == "community", d.Refused, d.Gate)
	}
	before := record
	record.Order("community", Order{Digest: "of-release"})
	assert.False(t, deployments(record, facts)[2].Refused)
	assert.True(t, deployments(before, facts)[2].Refused, "the record before is as it was")
	for range 2 * maxRefused {
		record.Order("community", Order{Digest: "x", Instead: string(rune('a' + len(record.Refused["community"])))})
	}
	assert.LessOrEqual(t, len(record.Refused["community"]), maxRefused)
}
