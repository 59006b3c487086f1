package app

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWrongFileIsExplained(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"an unknown key, with the nearest": {
			"server:\n  lisen: 127.0.0.1:1\n",
			"config.yml:2:3: server.lisen: unknown key; did you mean \"server.listen\"?\n    for example  listen: 127.0.0.1:8080",
		},
		"an unknown section": {
			"kubernetes: {}\n",
			"config.yml:1:1: kubernetes: unknown key\n    for example  writes: …",
		},
		"a text where a number belongs": {
			"writes:\n  burst: lots\n",
			"config.yml:2:3: writes.burst: must be a whole number\n    for example  burst: 60",
		},
		"a number where a text belongs": {
			"database:\n  url: 5\n",
			"config.yml:2:3: database.url: must be sqlite:// and a file name, or postgres://user@host/name\n    for example  url: sqlite://onboard.db",
		},
		"a number that does not fit": {
			"github:\n  app:\n    integration_id: 99999999999999999999\n",
			"config.yml:3:5: github.app.integration_id: must be a whole number\n    for example  integration_id: 123456",
		},
		"a server's channel that hears all already": {
			"targets:\n  community:\n    url: https://a.example.com\n    channel: c4yjx6n7bibzpqc6h8w8gq6cfh\nchat:\n  url: https://a.example.com\n  channel: c4yjx6n7bibzpqc6h8w8gq6cfh\n",
			"config.yml:4:5: targets.community.channel: is chat.channel, which hears all of it already\n    for example  channel: c4yjx6n7bibzpqc6h8w8gq6cfh",
		},
		"a name where a server's channel belongs": {
			"targets:\n  community:\n    url: https://a.example.com\n    channel: town-square\n",
			"config.yml:4:5: targets.community.channel: must be the channel's id, 26 letters and digits, as its View Info shows it\n    for example  channel: c4yjx6n7bibzpqc6h8w8gq6cfh",
		},
		"a duration without a unit": {
			"queue:\n  lease: 60\n",
			"config.yml:2:3: queue.lease: must be a duration with a unit (ms, s, m, h)\n    for example  lease: 60s",
		},
		"a duration with a wrong unit": {
			"queue:\n  lease: 60 parsecs\n",
			"config.yml:2:3: queue.lease: must be a duration with a unit (ms, s, m, h)\n    for example  lease: 60s",
		},
		"a duration that is none": {
			"queue:\n  debounce: 0s\n",
			"config.yml:2:3: queue.debounce: must be longer than 0\n    for example  debounce: 250ms",
		},
		"a text where a list belongs": {
			"policy:\n  licence:\n    allowed: ISC\n",
			"config.yml:3:5: policy.licence.allowed: must be a list of texts\n    for example  allowed: [ISC, Zlib]",
		},
		"a list of numbers": {
			"policy:\n  licence:\n    allowed: [1]\n",
			"config.yml:3:5: policy.licence.allowed: \"1\" is not known as an SPDX licence id\n    for example  allowed: [ISC, Zlib]",
		},
		"a list of lists": {
			"policy:\n  licence:\n    allowed: [[ISC]]\n",
			"config.yml:3:5: policy.licence.allowed: must be a list of texts\n    for example  allowed: [ISC, Zlib]",
		},
		"a text where a section belongs": {
			"server: here\n",
			"config.yml:1:9: server: must hold keys\n    for example  listen: 127.0.0.1:8080",
		},
		"a list where the whole file belongs": {
			"- server\n",
			"config.yml:1:1: must hold keys\n    for example  github: …",
		},
		"a key without a value": {
			"server:\n  listen:\n",
			"config.yml:2:3: server.listen: must be text\n    for example  listen: 127.0.0.1:8080",
		},
		"a tag": {
			"server:\n  listen: !!str x\n",
			"config.yml:2:3: server.listen: must be text\n    for example  listen: 127.0.0.1:8080",
		},
		"a key that stands twice": {
			"server:\n  listen: 127.0.0.1:1\n  listen: 127.0.0.1:2\n",
			"config.yml:3:3: is no YAML: mapping key \"listen\" already defined at [2:3]\n    for example  listen: 127.0.0.1:8080  (a space after the colon, two more before it for each level)",
		},
		"a second document": {
			"log:\n  level: info\n---\nlog:\n  level: debug\n",
			"config.yml:3:1: a second YAML document; everything belongs into one",
		},
		"somebody away whom GitHub cannot know": {
			"reviewers:\n  away:\n    - login: an n\n",
			"config.yml:3:7: reviewers.away[0].login: \"an n\" is no login on GitHub\n    for example  login: octocat",
		},
		"somebody away without a name": {
			"reviewers: {away: [{until: 2027-01-31}]}\n",
			"config.yml:1:20: reviewers.away[0].login: \"\" is no login on GitHub\n    for example  login: octocat",
		},
		"a day that is none": {
			"reviewers: {away: [{login: ann, until: 2027-02-30}]}\n",
			"config.yml:1:33: reviewers.away[0].until: \"2027-02-30\" is no day, as 2027-01-31\n    for example  until: 2027-01-31",
		},
		"a holiday that is none": {
			"reviewers: {holidays: [Christmas]}\n",
			"config.yml:1:13: reviewers.holidays: \"Christmas\" is no day, as 2027-01-31\n    for example  holidays: [2026-12-25]",
		},
		"fewer reviews than none": {
			"reviewers: {max_open_reviews: -1}\n",
			"config.yml:1:13: reviewers.max_open_reviews: must be 0 or more\n    for example  max_open_reviews: 5",
		},
		"who may start is nobody who is known": {
			"start: {who: anyone}\n",
			"config.yml:1:9: start.who: must be one of writers, roles\n    for example  who: writers",
		},
		"a plugin's owners without a repository": {
			"plugin_owners: {hello: [ann]}\n",
			"config.yml:1:17: plugin_owners.hello: \"hello\" must be owner/name, as in the address of its page\n    for example  hello: [octocat]",
		},
		"one plugin's owner, not in a list": {
			"plugin_owners:\n  acme/plugin.js: ann\n",
			"config.yml:2:3: plugin_owners.acme/plugin.js: must be a list of texts\n    for example  acme/plugin.js: [octocat]",
		},
		"a plugin's owner whom GitHub cannot know": {
			"plugin_owners:\n  acme/plugin.js: [\"@ann\"]\n",
			"config.yml:2:3: plugin_owners.acme/plugin.js: \"@ann\" is no login on GitHub\n    for example  acme/plugin.js: [octocat]",
		},
		"plugin owners in a list": {
			"plugin_owners: [ann]\n",
			"config.yml:1:1: plugin_owners: must be names, each with a list of texts\n    for example  plugin_owners: {octo-org/mattermost-plugin-hello: [octocat]}",
		},
		"a listen address without a port": {
			"server:\n  listen: localhost\n",
			"config.yml:2:3: server.listen: \"localhost\" must be host:port\n    for example  listen: 127.0.0.1:8080",
		},
		"a port out of range": {
			"server:\n  listen: 127.0.0.1:70000\n",
			"config.yml:2:3: server.listen: port \"70000\" must be a number from 0 to 65535\n    for example  listen: 127.0.0.1:8080",
		},
		"one address for two things": {
			"server:\n  admin_listen: 127.0.0.1:8080\n",
			"config.yml:2:3: server.admin_listen: is the address of server.listen too; give operators their own\n    for example  admin_listen: 127.0.0.1:8081",
		},
		"a URL that is none": {
			"github:\n  v3_api_url: api.github.com\n",
			"config.yml:2:3: github.v3_api_url: must be a URL: https:// and a host\n    for example  v3_api_url: https://api.github.com",
		},
		"true where a text belongs": {
			"log:\n  level: true\n",
			"config.yml:2:3: log.level: must be text\n    for example  level: info",
		},
		"a list where a text belongs": {
			"log:\n  level: [info]\n",
			"config.yml:2:3: log.level: must be text\n    for example  level: info",
		},
		"a section near to a known one": {
			"servr:\n  listen: 127.0.0.1:1\n",
			"config.yml:1:1: servr: unknown key; did you mean \"server\"?\n    for example  server: …",
		},
		"a password in a database's URL": {
			"database:\n  url: postgres://u:p@h/d\n",
			"config.yml:2:3: database.url: must not hold a password; give it as database.password_file\n    for example  url: sqlite://onboard.db",
		},
		"a negative burst": {
			"writes:\n  burst: -1\n",
			"config.yml:2:3: writes.burst: must be 1 or more\n    for example  burst: 60",
		},
		"a rate of infinity": {
			"writes:\n  per_second: .inf\n",
			"config.yml:2:3: writes.per_second: must be a number\n    for example  per_second: 1",
		},
		"a template that is no repository's name": {
			"template:\n  repository: https://github.com/acme/starter\n",
			"config.yml:2:3: template.repository: must be owner/name\n    for example  repository: mattermost/mattermost-plugin-starter-template",
		},
		"a template that leads elsewhere": {
			"template:\n  repository: acme/..\n",
			"config.yml:2:3: template.repository: must be owner/name\n    for example  repository: mattermost/mattermost-plugin-starter-template",
		},
		"a log level that does not exist": {
			"log:\n  level: loud\n",
			"config.yml:2:3: log.level: must be one of trace, debug, info, warn, error\n    for example  level: info",
		},
		"a licence in two tiers, whatever its case": {
			"policy:\n  licence:\n    allowed: [ISC,\n      mit]\n",
			"config.yml:3:5: policy.licence.allowed: \"mit\" stands in recommended already; keep one of them\n    for example  allowed: [ISC, Zlib]",
		},
		"a licence that is none": {
			"policy:\n  licence:\n    allowed: [the nice one]\n",
			"config.yml:3:5: policy.licence.allowed: \"the nice one\" is not known as an SPDX licence id\n    for example  allowed: [ISC, Zlib]",
		},
		"a policy that nothing passes": {
			"policy:\n  licence:\n    recommended: []\n    allowed: []\n",
			"config.yml:3:5: policy.licence.recommended: is empty, and so is allowed: no plugin could pass\n    for example  recommended: [Apache-2.0, MIT]",
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

func TestAWrongVariableIsExplained(t *testing.T) {
	for name, test := range map[string]struct {
		environ      []string
		dotenv, want string
	}{
		"a wrong type": {
			[]string{"ONBOARD_QUEUE_WORKERS=many"}, "",
			"environment ONBOARD_QUEUE_WORKERS: queue.workers: must be a whole number\n    for example  ONBOARD_QUEUE_WORKERS=4",
		},
		"a wrong value, with a list for example": {
			[]string{"ONBOARD_POLICY_LICENCE_ALLOWED=ISC,Zlibb"}, "",
			"environment ONBOARD_POLICY_LICENCE_ALLOWED: policy.licence.allowed: \"Zlibb\" is not known as an SPDX licence id\n    for example  ONBOARD_POLICY_LICENCE_ALLOWED=ISC,Zlib",
		},
		"a wrong value of .env": {
			nil, "ONBOARD_QUEUE_LEASE=-1s\n",
			".env ONBOARD_QUEUE_LEASE: queue.lease: must be longer than 0\n    for example  ONBOARD_QUEUE_LEASE=60s",
		},
		"an unknown name of .env": {
			nil, "ONBOARD_SERVER_LISTN=x\nOTHER=y\n",
			".env: ONBOARD_SERVER_LISTN: unknown variable; did you mean \"ONBOARD_SERVER_LISTEN\"?\n    for example  ONBOARD_SERVER_LISTEN=127.0.0.1:8080",
		},
		"a .env that is broken": {
			nil, "# fine\nONBOARD_LOG_LEVEL=info\n\nwhat is this?\nONBOARD_LOG_FORMAT=json\n",
			".env: has a line that is no NAME=value\n    for example  ONBOARD_GITHUB_WEB_URL=https://github.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if test.dotenv != "" {
				writeHere(t, ".env", test.dotenv)
			}
			_, err := Load("", test.environ, ".env")
			require.EqualError(t, err, "the configuration is wrong:\n"+test.want+"\n")
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	file := write(t, "config.yml", "servr: {}\nserver: {listen: 1, prot: 2}\nwrites: {burst: 0}\nqueue: {lease: soon}\npolicy: {licence: {allowed: [Foo-1.0], forbidden: [MIT]}}\n")
	_, err := Load(file, []string{"ONBOARD_LOG_LEVEL=loud"}, "")
	var problems Problems
	require.ErrorAs(t, err, &problems)
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key)
	}
	assert.Equal(t, []string{"servr", "server.prot", "queue.lease", "server.listen", "writes.burst", "log.level", "policy.licence.allowed", "policy.licence.forbidden"}, keys)
}
