package app

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

// gates is the end of a pipeline whose stages are given before it.
const gates = "  gates: [{name: community, needs: [a]}]\n"

func TestAWrongPipelineIsExplainedWithTheLineOfTheKey(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"an unknown key of a stage": {
			"pipeline:\n  stages:\n    - {name: a, kind: automatic}\n    - name: b\n      kind: review\n      role: qa\n      aprovals: 1\n      approvals: 1\n" + gates,
			"config.yml:7:7: pipeline.stages[1].aprovals: unknown key; did you mean \"pipeline.stages[1].approvals\"?\n    for example  approvals: 2",
		},
		"a text where a number belongs": {
			"pipeline:\n  stages:\n    - {name: a, kind: review, role: qa, approvals: two}\n" + gates,
			"config.yml:3:41: pipeline.stages[0].approvals: must be a whole number\n    for example  approvals: 2",
		},
		"a key that is missing, at its stage": {
			"pipeline:\n  stages:\n    - name: a\n      kind: review\n      approvals: 1\n" + gates,
			"config.yml:3:7: pipeline.stages[0].role: is missing: somebody must decide \"a\"\n    for example  role: qa",
		},
		"a stage that is a text": {
			"pipeline:\n  stages: [a]\n" + gates,
			"config.yml:2:12: pipeline.stages[0]: must hold keys\n    for example  name: qa",
		},
		"stages that are no list": {
			"pipeline:\n  stages: {name: a}\n",
			"config.yml:2:3: pipeline.stages: must be a list of entries, each with keys\n    for example  stages: [{name: licence, kind: automatic}]",
		},
		"a circle": {
			"pipeline:\n  stages:\n    - {name: a, kind: automatic, opens_after: [community]}\n" + gates,
			"config.yml:3:34: pipeline.stages[0].opens_after: \"a\" would wait for itself: a → community → a\n    for example  opens_after: [ci-extensions]",
		},
		"gates that the default stages do not fit, at the gates": {
			"pipeline:\n  gates:\n    - {name: ci-extensions, needs: [licence]}\n",
			"config.yml:2:3: pipeline.stages[9].opens_after: \"ci-extensions-release\" is the name of no stage or gate",
		},
		"roles that are a list": {
			"roles: [qa]\n",
			"config.yml:1:1: roles: must be keys and their values\n    for example  roles: {qa: {users: [octocat]}}",
		},
		"an unknown key of a role": {
			"roles:\n  qa:\n    user: [ann]\n",
			"config.yml:3:5: roles.qa.user: unknown key; did you mean \"roles.qa.users\"?\n    for example  users: [octocat]",
		},
		"a role that is mistyped": {
			"roles:\n  core-commiter:\n    users: [ann]\n",
			"config.yml:3:5: roles.core-commiter: no stage asks for this role; did you mean \"core-committer\"?\n    for example  core-committer: …",
		},
		"a role whose name could be no variable's": {
			"roles:\n  Core Committer: {}\n",
			"config.yml:2:3: roles.Core Committer: a name must be of a to z, 0 to 9 and -, and not long\n    for example  roles: {qa: {users: [octocat]}}",
		},
		"what is no login": {
			"roles:\n  qa:\n    users: ['@ann']\n",
			"config.yml:3:5: roles.qa.users: \"@ann\" is no login on GitHub\n    for example  users: [octocat]",
		},
		"what is no team": {
			"roles:\n  qa:\n    teams: [qa]\n",
			"config.yml:3:5: roles.qa.teams: \"qa\" must be organisation/team, as in the address of its page\n    for example  teams: [octo-org/reviewers]",
		},
		"another way to start": {
			"start:\n  accept: maybe\n",
			"config.yml:2:3: start.accept: must be one of required, none\n    for example  accept: required",
		},
		"a path where keys within keys belong": {
			"server.listen: 127.0.0.1:1\n",
			"config.yml:1:1: server.listen: unknown key\n    for example  server: …",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeHere(t, "config.yml", test.yaml)
			_, err := Load("config.yml", nil, "")
			require.EqualError(t, err, "the configuration is wrong:\n"+test.want+"\n")
		})
	}
}

func TestAWrongPipelineInAVariableIsExplained(t *testing.T) {
	for name, test := range map[string]struct{ variable, want string }{
		"a key of a stage": {
			`ONBOARD_PIPELINE_STAGES=[{"name": "a", "kind": "review", "role": "qa"}]`,
			"environment ONBOARD_PIPELINE_STAGES:1:2: pipeline.stages[0].approvals: must be 1 or more: \"a\" is a review\n    for example  approvals: 2",
		},
		"what is no YAML": {
			"ONBOARD_PIPELINE_STAGES=[{",
			"environment ONBOARD_PIPELINE_STAGES:1:2: is no YAML: could not find flow mapping end token '}'\n" +
				"    for example  ONBOARD_PIPELINE_STAGES='[{name: licence, kind: automatic}]'",
		},
		"a list of texts": {
			"ONBOARD_ROLES=ann,bob",
			"environment ONBOARD_ROLES: roles: must be keys and their values\n    for example  ONBOARD_ROLES='{qa: {users: [octocat]}}'",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("", []string{test.variable, "ONBOARD_PIPELINE_GATES=[{name: community, needs: [a]}]"}, "")
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestAListReplacesTheOneBeforeAndAMapAddsToIt(t *testing.T) {
	file := write(t, "config.yml", `
pipeline:
  stages:
    - {name: licence, kind: automatic}
    - {name: law, kind: sign-off, role: lawyer, label: "4: Law"}
  gates:
    - name: community
      needs: [licence, law]
roles:
  lawyer: {users: [portia], teams: [acme/law]}
  qa:
    users: [ann]
`)
	t.Run("from the file", func(t *testing.T) {
		config, err := Load(file, nil, "")
		require.NoError(t, err)
		assert.Equal(t, onboarding.Pipeline{
			Stages: []onboarding.Stage{
				{Name: "licence", Kind: onboarding.Automatic},
				{Name: "law", Kind: onboarding.SignOff, Role: "lawyer", Label: "4: Law"},
			},
			Gates: []onboarding.Gate{{Name: "community", Needs: []string{"licence", "law"}}},
		}, config.Pipeline)
		assert.Len(t, config.Roles, 6)
		assert.Equal(t, &People{Users: []string{"portia"}, Teams: []string{"acme/law"}}, config.Roles["lawyer"])
		assert.Equal(t, &People{Users: []string{"ann"}}, config.Roles[onboarding.QA])
	})
	t.Run("from variables, which win", func(t *testing.T) {
		config, err := Load(file, []string{
			`ONBOARD_PIPELINE_STAGES=[{"name": "licence", "kind": "automatic"}]`, `ONBOARD_PIPELINE_GATES=[{name: community, needs: [licence]}]`,
			"ONBOARD_ROLES={pm: {users: [ben]}, writer: {}}", "ONBOARD_ROLES_WRITER_USERS=will", "ONBOARD_ROLES_LAWYER_USERS=shylock",
		}, "")
		require.NoError(t, err)
		assert.Len(t, config.Pipeline.Stages, 1)
		assert.Equal(t, []string{"ben"}, config.Roles[onboarding.PM].Users)
		assert.Equal(t, []string{"will"}, config.Roles["writer"].Users, "a role that a variable brought")
		assert.Equal(t, &People{Users: []string{"shylock"}, Teams: []string{"acme/law"}}, config.Roles["lawyer"])
		assert.Equal(t, []string{"ann"}, config.Roles[onboarding.QA].Users)
	})
	t.Run("and what is printed is read again as the same", func(t *testing.T) {
		config, err := Load(file, nil, "")
		require.NoError(t, err)
		text, err := config.Masked()
		require.NoError(t, err)
		again, err := Load(write(t, "again.yml", text), nil, "")
		require.NoError(t, err)
		assert.Equal(t, config, again)
	})
}

func TestWhatIsProbablyNotMeantIsNoted(t *testing.T) {
	t.Chdir(t.TempDir())
	writeHere(t, "config.yml", `
pipeline:
  stages:
    - {name: licence, kind: automatic}
    - {name: magic, kind: automatic}
    - {name: law, kind: sign-off, role: lawyer}
  gates: [{name: community, needs: [licence, law]}]
roles:
  lawyer: {}
  poet: {users: [john]}
  admin: {users: [root]}
`)
	_, notes, err := Examine("config.yml", nil, "")
	require.NoError(t, err)
	assert.Equal(t, Problems{
		{Where: "config.yml:5:8", Key: "pipeline.stages[1].name", What: `there is no check "magic", so this stage will never pass; there are: licence, starter-template, manifest, nightly-build, release`},
		{Where: "config.yml:9:3", Key: "roles.lawyer", What: "nobody has this role, so nobody can pass law"},
		{Where: "config.yml:10:10", Key: "roles.poet", What: "no stage asks for this role"},
	}, notes)
}
