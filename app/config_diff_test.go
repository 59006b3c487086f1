package app_test

import (
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestDiffSaysInPlainWordsWhatChanges(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*app.Config)
		want   []string
	}{
		"nothing": {func(*app.Config) {}, nil},
		"a new stage that a gate needs": {
			func(c *app.Config) {
				c.Pipeline.Stages = append(c.Pipeline.Stages, onboarding.Stage{Name: "law", Kind: onboarding.SignOff, Role: onboarding.PM, OpensAfter: []string{"basic-review"}})
				c.Pipeline.Gates[2].Needs = append(c.Pipeline.Gates[2].Needs, "law")
			},
			[]string{
				"stage law is new: a sign-off by pm, open after basic-review | rounds that start from now on; those under way keep their pipeline",
				"gate community needs law too | rounds that start from now on; those under way keep their pipeline",
			},
		},
		"a stage that is gone": {
			func(c *app.Config) {
				c.Pipeline.Stages = slices.Delete(c.Pipeline.Stages, 7, 8)
				c.Pipeline.Gates[1].Needs = []string{"ci-extensions", "complete-review", "qa", "release"}
			},
			[]string{
				"stage pm-ux is gone | rounds that start from now on; those under way keep their pipeline",
				"gate ci-extensions-release needs pm-ux no more | rounds that start from now on; those under way keep their pipeline",
			},
		},
		"all about a review": {
			func(c *app.Config) {
				s := &c.Pipeline.Stages[5]
				s.Role, s.Approvals, s.Seats, s.OpensAfter, s.Sensitive, s.Label = onboarding.QA, 1, []onboarding.Role{onboarding.PM}, nil, false, "3: Review"
			},
			[]string{
				"complete-review is a review by 1 approval of qa, not a review by 2 approvals of core-committer | rounds that start from now on; those under way keep their pipeline",
				"complete-review needs 1 approval, not 2 | rounds that start from now on; those under way keep their pipeline",
				"one of those who approve complete-review must have the role pm too | rounds that start from now on; those under way keep their pipeline",
				"none of those who approve complete-review needs the role security any more | rounds that start from now on; those under way keep their pipeline",
				"complete-review opens at the start, not after basic-review | rounds that start from now on; those under way keep their pipeline",
				"complete-review can be waived by one admin, and its approvals stay when code is pushed | rounds that start from now on; those under way keep their pipeline",
				`complete-review has the label "3: Review", not "stage:complete-review" | rounds that start from now on; those under way keep their pipeline`,
			},
		},
		"a label that is given as it was by default": {func(c *app.Config) { c.Pipeline.Stages[0].Label = "stage:licence" }, nil},
		"another order": {
			func(c *app.Config) { slices.Reverse(c.Pipeline.Stages) },
			[]string{"stages, gates or what they wait for stand in another order | rounds that start from now on; those under way keep their pipeline"},
		},
		"a gate that is gone and one that is new": {
			func(c *app.Config) { c.Pipeline.Gates[2].Name = "production" },
			[]string{
				"gate production is new: it needs ci-extensions-release and release-qa | rounds that start from now on; those under way keep their pipeline",
				"gate community is gone | rounds that start from now on; those under way keep their pipeline",
			},
		},
		"roles": {
			func(c *app.Config) {
				c.Roles[onboarding.QA] = &app.People{Users: []string{"ann"}, Teams: []string{"acme/qa"}}
				c.Roles["poet"] = &app.People{}
			},
			[]string{
				"role poet is new | no onboarding: no stage asks for this role",
				"ann has the role qa | what is decided on qa and release-qa from now on; what was decided stays",
				"team acme/qa has the role qa | what is decided on qa and release-qa from now on; what was decided stays",
			},
		},
		"policy": {
			func(c *app.Config) {
				c.Policy.Licence.Allowed = []string{"ISC", "Beerware"}
				c.Policy.Nightly.Lag = time.Hour
				c.Policy.Owners.Block = []string{"mallory"}
				c.Start.Accept = app.AcceptNone
			},
			[]string{
				`start.accept is "none", not "required" | onboardings that start from now on`,
				"policy.licence.allowed has Beerware too | all onboardings under way: every check looks again; a gate that was reached stays, until the plugin changes",
				"policy.nightly.lag is 1h0m0s, not 48h0m0s | all onboardings under way: every check looks again; a gate that was reached stays, until the plugin changes",
				"policy.owners.block has mallory too | onboardings that start from now on, of these owners",
			},
		},
		"who is asked, who starts, who owns": {
			func(c *app.Config) {
				c.Start.Who = app.StartRoles
				c.Reviewers.MaxOpen, c.Reviewers.Holidays = 3, []app.Day{"2026-12-25"}
				c.Reviewers.Away = []app.Away{{Login: "ann", Until: "2027-01-31"}, {Login: "bob"}}
				c.PluginOwners = app.PluginOwners{"acme/b": {"ann", "bob"}, "acme/a": {"ann"}}
			},
			[]string{
				`start.who is "roles", not "writers" | onboardings that start from now on`,
				"reviewers.max_open_reviews is 3, not 5 | who is asked to review from now on",
				"reviewers.away has ann until 2027-01-31 and bob too | who is asked to review from now on",
				"reviewers.holidays has 2026-12-25 too | when people are reminded from now on",
				"plugin_owners of acme/a has ann too | onboardings of these plugins: what their owners decided about them does not count",
				"plugin_owners of acme/b has ann and bob too | onboardings of these plugins: what their owners decided about them does not count",
			},
		},
		"a secret, which is not shown": {
			func(c *app.Config) { c.GitHub.App.WebhookSecret = "hunter2" },
			[]string{"github.app.webhook_secret is another one | no onboarding, only how the App itself runs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := app.Default(), app.Default()
			from.Policy.Licence.Allowed, to.Policy.Licence.Allowed = []string{"ISC"}, []string{"ISC"}
			test.change(&to)
			var got []string
			for _, change := range app.Diff(from, to) {
				got = append(got, change.What+" | "+change.Concerns)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestCompareSaysWhichPipelineEachRoundKeepsAndWhatChangesAtOnce(t *testing.T) {
	w := newWorld(t, func(c *app.Config) {
		c.Pipeline.Stages[7].Role, c.Roles["law"] = "law", &app.People{}
	})
	w.say(w.Alice, "/onboard")
	to := w.config
	to.Pipeline = onboarding.Default()
	to.Pipeline.Stages[4].OpensAfter = []string{"manifest"} // the licence fails
	to.Pipeline.Gates[2].Name = "production"

	found, err := app.Compare(t.Context(), w.config, to, time.Now()) // the App runs
	require.NoError(t, err)
	kept := app.Concerned{Repository: "alice/mattermost-plugin-hello", Pipeline: w.config.Pipeline.Version()}
	assert.Equal(t, app.Comparison{UnderWay: 1, Concerned: []app.Concerned{kept}}, found)

	to.Roles = app.Default().Roles
	found, err = app.Compare(t.Context(), w.config, to, time.Now())
	require.NoError(t, err)
	kept.Steps = []string{"pm-ux: nobody can decide it any more, since the role law is gone"}
	assert.Equal(t, []app.Concerned{kept}, found.Concerned)

	w.forgetPipelines()
	found, err = app.Compare(t.Context(), w.config, to, time.Now())
	require.NoError(t, err)
	assert.Equal(t, []app.Concerned{{Repository: "alice/mattermost-plugin-hello", Steps: []string{
		"basic-review: later → waiting for core-committer", "production: new → later", "community: later → gone",
	}}}, found.Concerned, "a round of before pipelines were kept takes the new one")

	w.start()
	w.say(w.Alice, "/onboard recheck")
	same, err := app.Compare(t.Context(), w.config, w.config, time.Now())
	require.NoError(t, err)
	assert.Equal(t, app.Comparison{UnderWay: 1}, same)

	w.say(w.Alice, "/onboard withdraw")
	over, err := app.Compare(t.Context(), w.config, to, time.Now())
	require.NoError(t, err)
	assert.Equal(t, app.Comparison{}, over)

	to.Database.URL = "sqlite://" + filepath.Join(t.TempDir(), "none.db")
	_, err = app.Compare(t.Context(), w.config, to, time.Now())
	require.ErrorIs(t, err, fs.ErrNotExist)
}
