package ghapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestReviewPRRulesetsAreForeseenAndTheirRefusalIsUnderstood(t *testing.T) {
	d := newDesk(t, nil)
	for name, test := range map[string]struct {
		rules    []string
		hindered string
		refused  []string // writes
	}{
		"nothing":              {nil, "", nil},
		"of other branches":    {[]string{"main", "creation"}, "", nil},
		"creation":             {[]string{"onboarding/**", "creation"}, "branches may not be created", []string{"branch"}},
		"updates":              {[]string{"~ALL", "update"}, "branches may not be updated", []string{"move"}},
		"signatures":           {[]string{"onboarding/*", "required_signatures"}, "commits must be signed", nil},
		"pull requests":        {[]string{"~ALL", "pull_request"}, "branches change by pull requests only", []string{"move"}},
		"deletion":             {[]string{"~ALL", "deletion", "non_fast_forward"}, "", []string{"delete"}},
		"the second that does": {[]string{"~ALL", "required_linear_history", "creation"}, "branches may not be created", []string{"branch"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, repo, writes := stage(t, d, strings.ReplaceAll(name, " ", "-"))
			if len(test.rules) > 0 {
				r.SetRules(test.rules[0], test.rules[1:]...)
			}
			why, err := repo.Hindrance(t.Context(), "onboarding/not-there-yet")
			require.NoError(t, err)
			assert.Equal(t, test.hindered, why)
			for _, write := range []string{"branch", "move", "delete"} {
				err := writes[write](t.Context())
				if !slices.Contains(test.refused, write) {
					require.NoError(t, err, write)
					continue
				}
				assertRefused(t, err, byRuleset)
			}
			assert.Equal(t, test.rules != nil && test.rules[1] == "deletion", r.Branch("onboarding/base") != "")
		})
	}
}

func TestReviewPRUnsignedCommitsAreRefusedWhereSignaturesAreRequired(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	r.SetRules("onboarding/base", "required_signatures")
	_, err := repo.PutBranch(t.Context(), "onboarding/base", first)
	assertRefused(t, err, byRuleset)
	r.MoveBranch(d.alice, "onboarding/base", first)
	_, err = repo.MoveBranch(t.Context(), "onboarding/base", second)
	assertRefused(t, err, byRuleset)
	assert.Equal(t, first, r.Branch("onboarding/base"))
}

func TestReviewPRRulesThatNobodyKnowsHinderNothing(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	for body, want := range map[string]string{
		`[{"type":"quantum_entanglement","parameters":{"x":[1]}},{"type":"merge_queue"}]`: "branches change by a merge queue only",
		`[{"type":"max_file_size","parameters":{"max_file_size":1}}]`:                     "",
	} {
		remove := d.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/rules/branches/{branch}", Status: http.StatusOK, Body: body})
		why, err := repo.Hindrance(t.Context(), "onboarding/base")
		remove()
		require.NoError(t, err)
		assert.Equal(t, want, why)
	}
}

func TestReviewPRTheRulesOfExactlyThatBranchAreAsked(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n"})
	const odd = "onboarding/a#b%2F ü"
	r.SetRules(odd, "creation")
	for branch, want := range map[string]string{odd: "branches may not be created", "onboarding/a": "", "onboarding/a#b/ ü": ""} {
		why, err := repo.Hindrance(t.Context(), branch)
		require.NoError(t, err)
		assert.Equal(t, want, why, branch)
	}
}

func TestReviewPRAPrivateRepositoryOfAFreePlanHasNoRules(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{"a": "a\n"})
	rules := fakegithub.Fault{Route: "/repos/{owner}/{repo}/rules/branches/{branch}", Times: 1, Status: http.StatusForbidden}
	rules.Body = `{"message":"Upgrade to GitHub Pro or make this repository public to enable this feature."}`
	d.Inject(rules)
	why, err := repo.Hindrance(t.Context(), "onboarding/base")
	require.NoError(t, err)
	assert.Empty(t, why)
	rules.Body = ""
	d.Inject(rules)
	_, err = repo.Hindrance(t.Context(), "onboarding/base")
	require.ErrorContains(t, err, "read the rules of branch onboarding/base in alice/plugin-1")
}
