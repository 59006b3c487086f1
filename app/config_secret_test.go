package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hunter = "hunter2-do-not-show"

// writeHere makes a file in the working directory.
func writeHere(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
}

func TestAttackASecretNeverShowsHoweverItIsPrinted(t *testing.T) {
	config := Default()
	config.GitHub.App.WebhookSecret, config.GitHub.App.PrivateKey = hunter, hunter

	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%U", "%20s"} {
		fmt.Fprintf(&shown, verb+"\n", config)
		fmt.Fprintf(&shown, verb+"\n", config.GitHub.App.WebhookSecret)
		fmt.Fprintf(&shown, verb+"\n", &config.GitHub)
	}
	asJSON, err := json.Marshal(config)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(config)
	require.NoError(t, err)
	masked, err := config.Masked()
	require.NoError(t, err)
	logger := zerolog.New(&shown)
	logger.Info().Interface("config", config).Any("secret", config.GitHub.App.WebhookSecret).Stringer("s", config.GitHub.App.WebhookSecret).Send()
	shown.Write(asJSON)
	shown.Write(asYAML)
	shown.WriteString(masked)

	hex := fmt.Sprintf("%x", hunter)
	for _, part := range []string{"hunter", "do-not", "-show", hex, strings.ToUpper(hex), fmt.Sprintf("%U", 'h')} {
		assert.NotContains(t, shown.String(), part)
	}
	assert.Contains(t, masked, `webhook_secret: "********"`)
	assert.Contains(t, string(asJSON), `"webhook_secret":"********"`)
}

func TestASecretThatIsNotSetShowsAsEmpty(t *testing.T) {
	masked, err := Default().Masked()
	require.NoError(t, err)
	assert.Contains(t, masked, `webhook_secret: ""`)
	assert.Empty(t, fmt.Sprintf("%#v", Secret("")))
}

func TestASecretInTheFileIsWhatYAMLSays(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"plain":                  {"s3cret # not this", "s3cret"},
		"with escapes":           {`"a\tb\"c"`, "a\tb\"c"},
		"in single quotes":       {"'it''s, so'", "it's, so"},
		"of digits only":         {"0123", "0123"},
		"of digits, like floats": {"1e10", "1e10"},
		"of several lines":       {"|\n      one\n      two", "one\ntwo\n"},
		"folded":                 {">-\n      one\n      two", "one two"},
		"a list, new and old":    {"[new, 'o,ld']", "new\no,ld"},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Load(write(t, "config.yml", "github:\n  app:\n    webhook_secret: "+test.yaml+"\n"), nil, "")
			require.NoError(t, err)
			assert.Equal(t, test.want, config.GitHub.App.WebhookSecret.Reveal())
		})
	}
}

func TestAttackNoMessageQuotesASecret(t *testing.T) {
	app := func(lines string) string { return "github:\n  app:\n" + lines }
	for name, test := range map[string]struct{ yaml, dotenv, environ string }{
		"a private key that is none":               {yaml: app("    private_key: " + hunter + "\n")},
		"a secret that is a list":                  {yaml: app("    webhook_secret: [[" + hunter + "]]\n")},
		"a secret with an alias":                   {yaml: app("    webhook_secret: &" + hunter + " " + hunter + "\n")},
		"broken YAML beside a secret":              {yaml: app("    webhook_secret: " + hunter + "\n  - broken: [\n")},
		"broken quotes around a secret":            {yaml: app("    webhook_secret: \"" + hunter + "\n")},
		"an unknown key beside a secret":           {yaml: app("    webhook_secret: " + hunter + "\n    x: 1\n")},
		"a broken .env with a secret":              {dotenv: "what now\nONBOARD_GITHUB_APP_WEBHOOK_SECRET=" + hunter + "\n"},
		"an open quote in a .env":                  {dotenv: "ONBOARD_GITHUB_APP_WEBHOOK_SECRET=\"" + hunter + "\n"},
		"a private key of the environment":         {environ: "ONBOARD_GITHUB_APP_PRIVATE_KEY=" + hunter},
		"a password in a database's URL":           {environ: "ONBOARD_DATABASE_URL=postgres://u:" + hunter + "@h/d"},
		"a password beside a database's URL":       {environ: "ONBOARD_DATABASE_URL=postgres://u@h/d?sslpassword=" + hunter},
		"a cookie key that is too short":           {environ: "ONBOARD_SERVER_COOKIE_KEYS=" + hunter},
		"a client secret that is a list":           {yaml: "github:\n  oauth:\n    client_secret: [" + hunter + ", x]\n"},
		"a password in a broken URL":               {environ: "ONBOARD_GITHUB_V3_API_URL=https://u:" + hunter + "@h:port/%zz"},
		"a password in a URL that is fine":         {environ: "ONBOARD_GITHUB_V3_API_URL=https://u:" + hunter + "@h/"},
		"stages that a secret was written for":     {environ: "ONBOARD_PIPELINE_STAGES=" + hunter},
		"stages with a secret in quotes":           {environ: "ONBOARD_PIPELINE_STAGES=[\"" + hunter},
		"roles that a secret was written for":      {environ: "ONBOARD_ROLES=[" + hunter + "]"},
		"a number that a secret was written into":  {environ: "ONBOARD_GITHUB_APP_INTEGRATION_ID=" + hunter},
		"a duration that a secret was written for": {yaml: "queue:\n  lease: " + hunter + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeHere(t, "config.yml", test.yaml)
			writeHere(t, ".env", test.dotenv)
			_, err := Load("config.yml", []string{test.environ}, ".env")
			require.Error(t, err)
			assert.NotContains(t, err.Error(), hunter)
			assert.NotContains(t, fmt.Sprintf("%#v", err), hunter)
		})
	}
}

func TestAttackTokensNeverTravelInTheClear(t *testing.T) {
	for url, fine := range map[string]bool{
		"http://api.github.com": false, "http://10.0.0.1/api/v3": false, "http://127.0.0.1.example/": false, "http://localhost.example/": false,
		"http://127.0.0.1:4000/api/v3/": true, "http://[::1]:4000": true, "http://localhost:4000": true, "https://github.example/api/v3": true,
	} {
		t.Run(url, func(t *testing.T) {
			config, err := Load("", []string{"ONBOARD_GITHUB_V3_API_URL=" + url}, "")
			if !fine {
				require.ErrorContains(t, err, "must be https://")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, url, config.GitHub.V3APIURL, "used exactly as given")
		})
	}
}

func TestAttackASecretInADotenvThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
		fine    bool
	}{
		"is refused":                         {"ONBOARD_GITHUB_APP_WEBHOOK_SECRET=x\n", 0o644, false},
		"is refused for the group too":       {"ONBOARD_GITHUB_APP_WEBHOOK_SECRET=x\n", 0o640, false},
		"is fine for the owner alone":        {"ONBOARD_GITHUB_APP_WEBHOOK_SECRET=x\n", 0o600, true},
		"does not stand if there is none":    {"ONBOARD_LOG_LEVEL=debug\n", 0o644, true},
		"does not stand if it is in a file":  {"ONBOARD_GITHUB_APP_WEBHOOK_SECRET_FILE=secret\n", 0o644, true},
		"of another program is its business": {"DATABASE_PASSWORD=x\n", 0o644, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeHere(t, "secret", "x")
			writeHere(t, ".env", test.content)
			require.NoError(t, os.Chmod(".env", test.mode))
			_, err := Load("", nil, ".env")
			if test.fine {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "chmod 600 .env")
		})
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, seed := range []string{"", "server: {listen: 127.0.0.1:1}\n", "a: &a [*a]\n", "? x\n: y\n", "<<: {a: 1}\n", "policy:\n  licence:\n    allowed: [MIT]\n", "---\n...\n---\n",
		"pipeline:\n  stages:\n    - {name: a, kind: review, role: qa, approvals: 1, seats: [pm], opens_after: [b]}\n    - name: b\n      kind: automatic\n      label: \"1: B\"\n  gates: [{name: c, needs: [a, b]}]\n",
		"pipeline: {stages: [], gates: [1, [], {}, *a]}\n", "roles:\n  qa: {users: [a], teams: [o/t]}\n  q-a: {}\n  core-commiter:\n", "start: {accept: none}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		config := Default()
		l := &loader{file: "config.yml", layer: 1, keys: keysOf(&config)}
		l.applyFile([]byte(content))
		l.validate(config)
		for _, p := range l.problems {
			if p.What == "" || !strings.HasPrefix(p.Where, "config.yml") {
				t.Errorf("a problem without a place or a reason: %+v", p)
			}
		}
	})
}
