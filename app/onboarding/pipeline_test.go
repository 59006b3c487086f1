package onboarding_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestTheDefaultPipelineIsValidAndHasTenStagesAndThreeGates(t *testing.T) {
	p := onboarding.Default()
	require.NoError(t, p.Validate(onboarding.DefaultRoles()))
	assert.Len(t, p.Stages, 10)
	assert.Len(t, p.Gates, 3)
	var sensitive []string
	for _, s := range p.Stages {
		assert.Equal(t, "stage:"+s.Name, s.LabelName())
		if s.Sensitive {
			sensitive = append(sensitive, s.Name)
		}
	}
	assert.Equal(t, []string{"licence", "complete-review"}, sensitive)
	assert.Equal(t, []string{"qa", "release-qa"}, p.WaitingFor(onboarding.QA))
	assert.Equal(t, []string{"complete-review"}, p.WaitingFor(onboarding.Security))
}

// An onboarding keeps the pipeline that it started with: what is on record must
// be read by later programs, and have the same version there.
func TestTheJSONOfAPipelineAndItsVersionAreStable(t *testing.T) {
	const text = `{"stages":[{"name":"licence","kind":"automatic","sensitive":true},` +
		`{"name":"review","kind":"review","opens_after":["licence"],"role":"core-committer","approvals":2,"seats":["security"],"label":"2: Dev Review"}],` +
		`"gates":[{"name":"community","needs":["licence","review"]}]}`
	var p onboarding.Pipeline
	require.NoError(t, json.Unmarshal([]byte(text), &p))
	again, err := json.Marshal(p)
	require.NoError(t, err)
	assert.Equal(t, text, string(again)) //nolint:testifylint // the order of the keys counts, too
	assert.Equal(t, "a213eb3391de", p.Version())
	assert.Equal(t, "7ff11ea170a9", onboarding.Default().Version())

	same := onboarding.Default()
	same.Stages[0].Label = "stage:licence"
	assert.Equal(t, onboarding.Default().Version(), same.Version())
	assert.Equal(t, "stage:licence", same.Stages[0].Label, "it is not changed by asking")
	same.Stages[0].Label = "1: Licence"
	assert.NotEqual(t, onboarding.Default().Version(), same.Version())
}

func TestAStageIsFoundByItsLabelWhateverTheCase(t *testing.T) {
	p := onboarding.Default()
	p.Stages[6].Label = "3: QA Review"
	for label, name := range map[string]string{"3: qa review": "qa", "Stage:Licence": "licence", "stage:qa": "", "licence": "", "": ""} {
		stage, ok := p.StageByLabel(label)
		assert.Equal(t, name, stage.Name, label)
		assert.Equal(t, name != "", ok, label)
	}
}

func TestValidateExplainsEachMistakeWithItsKey(t *testing.T) {
	long := strings.Repeat("x", 41)
	for name, test := range map[string]struct {
		change func(*onboarding.Pipeline)
		want   []string
	}{
		"a name of other characters": {
			func(p *onboarding.Pipeline) { p.Stages[6].Name = "QA!" },
			[]string{`stages[6].name: "QA!" must be 1 to 40 of a to z, 0 to 9 and -`, `gates[1].needs: "qa" is the name of no stage or gate`},
		},
		"a name that is too long": {
			func(p *onboarding.Pipeline) { p.Gates[2].Name = long },
			[]string{`gates[2].name: "` + long + `" must be 1 to 40 of a to z, 0 to 9 and -`},
		},
		"a stage without a name": {
			func(p *onboarding.Pipeline) {
				p.Stages = append(p.Stages, onboarding.Stage{Kind: onboarding.Automatic})
			},
			[]string{`stages[10].name: "" must be 1 to 40 of a to z, 0 to 9 and -`},
		},
		"two stages of one name": {
			func(p *onboarding.Pipeline) { p.Stages = append(p.Stages, p.Stages[0]) },
			[]string{`stages[10].name: "licence" is the name of stages[0] already`},
		},
		"a gate named as a stage is": {
			func(p *onboarding.Pipeline) { p.Gates[2].Name = "qa" },
			[]string{`gates[2].name: "qa" is the name of stages[6] already`},
		},
		"two stages of one label, which GitHub takes for one": {
			func(p *onboarding.Pipeline) { p.Stages[6].Label, p.Stages[9].Label = "3: QA Review", "3: qa review" },
			[]string{`stages[9].label: "3: qa review" is the label of stages[6] already`},
		},
		"a label that is another stage's by default": {
			func(p *onboarding.Pipeline) { p.Stages[9].Label = "stage:qa" },
			[]string{`stages[9].label: "stage:qa" is the label of stages[6] already`},
		},
		"a label that is too long": {
			func(p *onboarding.Pipeline) { p.Stages[6].Label = strings.Repeat("ü", 51) },
			[]string{`stages[6].label: must be 50 characters or less`},
		},
		"a label of two lines": {
			func(p *onboarding.Pipeline) { p.Stages[6].Label = "a\nb" },
			[]string{`stages[6].label: must be a line of text without spaces around it`},
		},
		"a label that says how the onboarding stands": {
			func(p *onboarding.Pipeline) { p.Stages[6].Label = "Onboarding:held" },
			[]string{`stages[6].label: must not begin with onboarding:`},
		},
		"an unknown kind": {
			func(p *onboarding.Pipeline) { p.Stages[0].Kind = "magic" },
			[]string{`stages[0].kind: "magic" is none of automatic, review and sign-off`},
		},
		"a review without approvals": {
			func(p *onboarding.Pipeline) { p.Stages[4].Approvals = 0 },
			[]string{`stages[4].approvals: must be 1 or more: "basic-review" is a review`},
		},
		"approvals and seats of what is no review": {
			func(p *onboarding.Pipeline) {
				p.Stages[6].Approvals, p.Stages[6].Seats = 2, []onboarding.Role{onboarding.PM}
			},
			[]string{`stages[6].approvals: is for reviews only, and "qa" is none`, `stages[6].seats: is for reviews only, and "qa" is none`},
		},
		"a sign-off that nobody decides": {
			func(p *onboarding.Pipeline) { p.Stages[7].Role = "" },
			[]string{`stages[7].role: is missing: somebody must decide "pm-ux"`},
		},
		"an unknown role": {
			func(p *onboarding.Pipeline) { p.Stages[7].Role = "designer" },
			[]string{`stages[7].role: "designer" is no role; roles has its people`},
		},
		"a seat of an unknown role, and one twice": {
			func(p *onboarding.Pipeline) {
				p.Stages[5].Seats = []onboarding.Role{onboarding.Security, "sec", onboarding.Security}
			},
			[]string{`stages[5].seats: "sec" is no role; roles has its people`, `stages[5].seats: names "security" twice`},
		},
		"waiting for what does not exist": {
			func(p *onboarding.Pipeline) { p.Stages[5].OpensAfter = []string{"basic-view"} },
			[]string{`stages[5].opens_after: "basic-view" is the name of no stage or gate`},
		},
		"waiting for itself": {
			func(p *onboarding.Pipeline) { p.Stages[0].OpensAfter = []string{"licence"} },
			[]string{`stages[0].opens_after: "licence" would wait for itself: licence → licence`},
		},
		"a circle through a gate, which is named": {
			func(p *onboarding.Pipeline) { p.Stages[0].OpensAfter = []string{"community"} },
			[]string{`stages[0].opens_after: "licence" would wait for itself: licence → community → ci-extensions-release → ci-extensions → licence`},
		},
		"no stages and no gates": {
			func(p *onboarding.Pipeline) { *p = onboarding.Pipeline{} },
			[]string{`stages: must hold a stage`, `gates: must hold a gate, or no onboarding would ever be complete`},
		},
		"a gate without stages": {
			func(p *onboarding.Pipeline) { p.Gates[2].Needs = nil },
			[]string{`gates[2].needs: is empty: a gate needs a stage`},
		},
		"a gate that needs one thing twice": {
			func(p *onboarding.Pipeline) { p.Gates[2].Needs = append(p.Gates[2].Needs, "release-qa") },
			[]string{`gates[2].needs: names "release-qa" twice`},
		},
		"a gate that needs a later one": {
			func(p *onboarding.Pipeline) { p.Gates[1], p.Gates[2] = p.Gates[2], p.Gates[1] },
			[]string{`gates[1].needs: "ci-extensions-release" is a later gate; put the gates in the order in which they are reached`},
		},
		"all mistakes at once": {
			func(p *onboarding.Pipeline) {
				p.Stages[0].Kind, p.Stages[4].Approvals, p.Gates[0].Needs = "", -1, nil
			},
			[]string{
				`stages[0].kind: "" is none of automatic, review and sign-off`,
				`stages[4].approvals: must be 1 or more: "basic-review" is a review`,
				`gates[0].needs: is empty: a gate needs a stage`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := onboarding.Default()
			test.change(&p)
			var wrong onboarding.PipelineError
			require.ErrorAs(t, p.Validate(onboarding.DefaultRoles()), &wrong)
			var got []string
			for _, fault := range wrong {
				got = append(got, fault.Path+": "+fault.What)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestAnAutomaticStageThatNoCheckDecidesIsDoubted(t *testing.T) {
	p := onboarding.Default()
	p.Stages[2].Name = "manfest"
	doubts := p.Doubts([]string{"licence", "starter-template", "manifest", "nightly-build", "release"})
	require.Len(t, doubts, 1)
	assert.Equal(t, "stages[2].name", doubts[0].Path)
	assert.Contains(t, doubts[0].What, `there is no check "manfest", so this stage will never pass`)
}

// drawPipeline draws pipelines of which many are valid: names from a few, and
// steps that wait mostly for those before them.
func drawPipeline(t *rapid.T) onboarding.Pipeline {
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	roles := append(onboarding.DefaultRoles(), "", "nobody")
	var p onboarding.Pipeline
	drawn := rapid.Permutation(names).Draw(t, "names")
	n := rapid.IntRange(1, 5).Draw(t, "stages")
	list := func(label string, upTo int) []string {
		if rapid.IntRange(0, 9).Draw(t, label+" of all") == 0 {
			upTo = len(names)
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(drawn[:max(upTo, 1)]), 0, max(upTo, 1), rapid.ID[string]).Draw(t, label)
	}
	for i := range n {
		s := onboarding.Stage{Name: drawn[i], Kind: onboarding.Automatic, Sensitive: rapid.Bool().Draw(t, "sensitive")}
		if i > 0 {
			s.OpensAfter = list("opens after", i)
		}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			s.Kind, s.Approvals = onboarding.Review, rapid.IntRange(0, 3).Draw(t, "approvals")
			s.Role, s.Seats = rapid.SampledFrom(roles).Draw(t, "role"), rapid.SliceOfN(rapid.SampledFrom(roles), 0, 2).Draw(t, "seats")
		case 1:
			s.Kind, s.Role = onboarding.SignOff, rapid.SampledFrom(roles).Draw(t, "role")
		}
		p.Stages = append(p.Stages, s)
	}
	for i := n; i < len(names); i++ {
		p.Gates = append(p.Gates, onboarding.Gate{Name: drawn[i], Needs: list("needs", i)})
	}
	return p
}

// drawRecord draws what may be on record of an onboarding by a pipeline, and
// what was seen.
func drawRecord(t *rapid.T, p onboarding.Pipeline) (onboarding.Record, onboarding.Facts) {
	record := onboarding.Record{Opened: map[string]time.Time{}, Reached: map[string]time.Time{}, Author: onboarding.Person{ID: 1}}
	if rapid.Bool().Draw(t, "accepted") {
		record.AcceptedAt = now
	}
	seen := onboarding.Facts{Commit: "c", Results: map[string]onboarding.Result{}, Since: map[string]onboarding.Change{"c": onboarding.DocsChange}}
	outcomes := []onboarding.Outcome{onboarding.OutcomePass, onboarding.OutcomePass, onboarding.OutcomeReview, onboarding.OutcomeFail, onboarding.OutcomeError}
	for _, s := range p.Stages {
		if rapid.Bool().Draw(t, "opened") {
			record.Opened[s.Name] = now
		}
		if s.Kind == onboarding.Automatic && rapid.IntRange(0, 5).Draw(t, "checked") > 0 {
			seen.Results[s.Name] = onboarding.Result{Commit: "c", Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome")}
		}
		for i := range rapid.IntRange(0, 4).Draw(t, "decisions") {
			verbs := []onboarding.Verb{onboarding.Approve, onboarding.Approve, onboarding.RequestChanges, onboarding.Retract, onboarding.Waive, onboarding.Close, onboarding.Open, onboarding.Reopen}
			record.Decisions = append(record.Decisions, onboarding.Decision{
				ID: fmt.Sprintf("%s/%d", s.Name, i), Stage: s.Name, At: now, Bound: rapid.SampledFrom([]string{"c", ""}).Draw(t, "bound"),
				Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), By: onboarding.Person{ID: rapid.Int64Range(1, 4).Draw(t, "by")},
				Roles: rapid.SliceOfDistinct(rapid.SampledFrom(onboarding.DefaultRoles()), rapid.ID[onboarding.Role]).Draw(t, "roles"),
			})
		}
	}
	for _, g := range p.Gates {
		if rapid.Bool().Draw(t, "reached") {
			record.Reached[g.Name] = now
		}
	}
	return record, seen
}

func TestPropertyAValidPipelineIsEvaluatedAndNoGateIsGreenWithoutAllItNeeds(t *testing.T) {
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawPipeline(t)
		if p.Validate(onboarding.DefaultRoles()) != nil {
			return
		}
		valid++
		record, seen := drawRecord(t, p)
		verdict := onboarding.Evaluate(p, record, seen, now)
		if len(verdict.Standings) != len(p.Stages)+len(p.Gates) {
			t.Fatalf("%d standings", len(verdict.Standings))
		}
		for _, g := range p.Gates {
			standing, _ := verdict.Standing(g.Name)
			missing := slices.ContainsFunc(g.Needs, func(name string) bool {
				need, ok := verdict.Standing(name)
				return !ok || !need.Holds()
			})
			if standing.Holds() == missing {
				t.Fatalf("gate %s is %s, and what it needs does not fit: %+v", g.Name, standing.State, verdict.Standings)
			}
		}
	})
	assert.NotZero(t, valid, "none of the pipelines was valid")
}
