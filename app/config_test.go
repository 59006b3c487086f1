package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

// write makes a file of the test's own folder and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// privateKey is an RSA key as GitHub hands it out.
func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestTheConfigurationAtTheTop(t *testing.T) {
	const file = "../config.yml"
	content, err := os.ReadFile(file)
	require.NoError(t, err)

	t.Run("equals the defaults", func(t *testing.T) {
		config, err := Load(file, nil, "")
		require.NoError(t, err)
		assert.Equal(t, Default(), config)
	})
	t.Run("has every key, described with its variable", func(t *testing.T) {
		config := Default()
		l := &loader{file: file, layer: 1, keys: keysOf(&config)}
		l.applyFile(content)
		require.Empty(t, l.problems)
		for _, k := range l.keys {
			indent := strings.Repeat("  ", strings.Count(k.path, "."))
			assert.Equal(t, 1, k.layer, k.path)
			assert.Contains(t, string(content), fmt.Sprintf("\n%s# %s %s\n%s%s:", indent, description(t, k.path), k.env(), indent, k.name()))
			for _, item := range k.items {
				assert.Contains(t, string(content), fmt.Sprintf("\n%s  # %s: %s\n", indent, item.name(), description(t, item.path)))
			}
		}
	})
}

// description is what the schema says about the key of that path.
func description(t *testing.T, path string) string {
	t.Helper()
	text, err := Schema()
	require.NoError(t, err)
	for name := range strings.SplitSeq(path, ".") {
		name, _, item := strings.Cut(name, "[")
		text = below(t, text, name)
		if item {
			text = below(t, text, "items")
		}
	}
	var node struct{ Description string }
	require.NoError(t, json.Unmarshal(text, &node))
	return node.Description
}

// below is the schema of what has this name in what the schema is of: a key, an
// entry of a map, or the items of a list. Sections take no keys but their own.
func below(t *testing.T, schema json.RawMessage, name string) json.RawMessage {
	t.Helper()
	var node struct {
		Items                json.RawMessage
		AdditionalProperties json.RawMessage
		Properties           map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(schema, &node))
	switch property, ok := node.Properties[name]; {
	case ok:
		assert.Equal(t, "false", string(node.AdditionalProperties), name)
		return property
	case node.Items != nil:
		return node.Items
	default:
		return node.AdditionalProperties
	}
}

func TestEveryKeyIsComplete(t *testing.T) {
	config := Default()
	for _, k := range keysOf(&config) {
		_, secret := k.value.(*Secret)
		assert.Equal(t, secret, k.file != nil, "%s: a secret has a key of its file, and nothing else has", k.path)
		assert.NotEmpty(t, k.example, k.path)
		assert.NotEmpty(t, description(t, k.path), k.path)
	}
}

func TestPrecedence(t *testing.T) {
	const key = "ONBOARD_SERVER_LISTEN"
	file := write(t, "config.yml", "server:\n  listen: 127.0.0.1:1001\n")
	dotenv := write(t, ".env", key+"=127.0.0.1:1002\n")

	for name, test := range map[string]struct {
		file, dotenv string
		environ      []string
		want         string
	}{
		"the default stands if nothing else is said":     {want: "127.0.0.1:8080"},
		"the file wins over the default":                 {file: file, want: "127.0.0.1:1001"},
		".env wins over the file":                        {file: file, dotenv: dotenv, want: "127.0.0.1:1002"},
		"the environment wins over .env":                 {file: file, dotenv: dotenv, environ: []string{key + "=127.0.0.1:1003"}, want: "127.0.0.1:1003"},
		"an empty variable counts as not set":            {file: file, environ: []string{key + "="}, want: "127.0.0.1:1001"},
		"a .env that does not exist is left out":         {dotenv: filepath.Join(t.TempDir(), "none"), want: "127.0.0.1:8080"},
		"variables of other programs are left alone":     {environ: []string{"LISTEN=x", "ONBOARD_PORT=tcp://10.0.0.1:80", "broken"}, want: "127.0.0.1:8080"},
		"a file of comments only changes nothing at all": {file: write(t, "c.yml", "# nothing\n"), want: "127.0.0.1:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Load(test.file, test.environ, test.dotenv)
			require.NoError(t, err)
			assert.Equal(t, test.want, config.Server.Listen)
		})
	}
}

func TestEveryKeyCanBeSetByItsVariable(t *testing.T) {
	pipeline := onboarding.Default()
	pipeline.Stages[6].Label = "3: QA Review"
	stages, err := json.Marshal(pipeline.Stages)
	require.NoError(t, err)
	pemText := privateKey(t)
	values := map[string]string{
		"github.web_url": "https://github.example", "github.v3_api_url": "https://github.example/api/v3/", "github.v4_api_url": "https://github.example/api/graphql",
		"github.app.integration_id": "7", "github.app.webhook_secret": "s3cret", "github.app.webhook_secret_file": write(t, "secret", "s3cret"), "github.app.private_key": pemText, "github.app.private_key_file": write(t, "key.pem", pemText),
		"github.oauth.client_id": "Iv23", "github.oauth.client_secret": "s3cret", "github.oauth.client_secret_file": write(t, "client", "s3cret"),
		"mode": "observe", "writes.posts_per_hour": "50", "writes.posts_per_repository_hour": "3",
		"server.listen": "127.0.0.1:0", "server.admin_listen": "[::1]:0", "server.cookie_keys": strings.Repeat("k", 32), "server.cookie_keys_file": write(t, "keys", strings.Repeat("k", 32)), "server.public_url": "https://onboard.example",
		"database.url": "sqlite:///data/onboard.db", "database.password": "s3cret", "database.password_file": write(t, "password", "s3cret"), "replicas": "3", "writes.burst": "5", "writes.per_second": "0.5",
		"queue.workers": "9", "queue.debounce": "1s", "queue.lease": "2m",
		"policy.nightly.lag": "24h", "policy.nightly.hosts": "builds.example.com,*.example.org", "policy.nightly.nights": "5",
		"safehttp.allow_http": "true", "safehttp.allow_hosts": "github.example", "safehttp.allow_cidrs": "10.20.0.0/16", "safehttp.daily_mib": "100",
		"review_pr.keep_branches": "true", "checks.pull_requests": "false", "start.accept": "none", "start.who": "roles", "policy.owners.block": "spammer,Other-Spammer",
		"reviewers.max_open_reviews": "3", "reviewers.holidays": "2026-12-25,2026-12-26",
		"reviewers.away":             `[{login: ann, until: 2027-01-31}, {login: bob}]`,
		"plugin_owners":              `{acme/mattermost-plugin.js: [ann]}`,
		"pipeline.stages":            string(stages),
		"pipeline.gates":             `[{name: ci-extensions, needs: [licence]}, {name: ci-extensions-release, needs: [ci-extensions, qa]}]`,
		"roles":                      `{release: {users: [ann], teams: [acme/release]}}`,
		"policy.licence.recommended": "MIT", "policy.licence.allowed": "ISC, Zlib", "policy.licence.forbidden": "GPL-3.0,BUSL-1.1",
		"template.repository": "acme/starter",
		"log.level":           "debug", "log.format": "json",
	}
	for _, role := range onboarding.DefaultRoles() {
		values["roles."+string(role)+".users"], values["roles."+string(role)+".teams"] = "ann,bob", "acme/a, acme/b"
		values["roles."+string(role)+".lead"] = "lisa"
	}
	for key, value := range map[string]string{
		"url": "https://chat.example.com", "token": "s3cret", "token_file": write(t, "chat", "s3cret"), "channel": "c4yjx6n7bibzpqc6h8w8gq6cfh",
		"webhook": "https://chat.example.com/hooks/x", "webhook_file": write(t, "hook", "https://chat.example.com/hooks/x"), "people": `[{login: ann, name: ann.a}]`, "digest": "08:00",
	} {
		values["chat."+key] = value
	}
	values["targets"], values["bundles.dir"], values["bundles.max_mib"] = `{ci-extensions: {url: "https://chat.example.com"}}`, "/data/bundles", "100"
	for name := range defaultTargets() {
		for key, value := range map[string]string{
			"url": "https://chat.example.com", "token": "s3cret", "token_file": write(t, "token", "s3cret"), "mode": "off", "windows": "Sat 08:00-12:00", "channel": "c4yjx6n7bibzpqc6h8w8gq6cfh", "every": "12h",
		} {
			values["targets."+name+"."+key] = value
		}
	}
	for key, value := range map[string]string{
		"url": "https://s3.example.com", "region": "eu-central-1", "bucket": "onboard", "prefix": "bundles", "access_key": "key", "secret_key": "s3cret", "secret_key_file": write(t, "s3", "s3cret"),
	} {
		values["bundles.s3."+key] = value
	}
	initial := Default()
	for _, k := range keysOf(&initial) {
		t.Run(k.path, func(t *testing.T) {
			require.Contains(t, values, k.path)
			config, err := Load("", []string{k.env() + "=" + values[k.path]}, "")
			require.NoError(t, err)
			for _, got := range keysOf(&config) {
				if got.path == k.path {
					assert.NotEqual(t, k.value, got.value, "%s did nothing", k.env())
				}
			}
		})
	}
	config, err := Load("", []string{"ONBOARD_POLICY_LICENCE_ALLOWED=ISC, Zlib", "ONBOARD_QUEUE_LEASE=2m"}, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"ISC", "Zlib"}, config.Policy.Licence.Allowed)
	assert.Equal(t, 2*time.Minute, config.Queue.Lease)
}

func TestSecretsFromFiles(t *testing.T) {
	pemText := privateKey(t)
	key := write(t, "key.pem", pemText)
	secret := write(t, "secret", "s3cret \n\n")
	const hook, private = "ONBOARD_GITHUB_APP_WEBHOOK_SECRET", "ONBOARD_GITHUB_APP_PRIVATE_KEY"

	t.Run("lose one trailing newline and nothing else", func(t *testing.T) {
		config, err := Load("", []string{hook + "_FILE=" + secret}, "")
		require.NoError(t, err)
		assert.Equal(t, "s3cret \n", config.GitHub.App.WebhookSecret.Reveal())
	})
	t.Run("lose a Windows newline whole", func(t *testing.T) {
		config, err := Load("", []string{hook + "_FILE=" + write(t, "crlf", "s3cret\r\n")}, "")
		require.NoError(t, err)
		assert.Equal(t, "s3cret", config.GitHub.App.WebhookSecret.Reveal())
	})
	t.Run("serve as private key from config.yml", func(t *testing.T) {
		config, err := Load(write(t, "config.yml", "github:\n  app:\n    private_key_file: "+key+"\n"), nil, "")
		require.NoError(t, err)
		assert.Equal(t, strings.TrimSuffix(pemText, "\n"), config.GitHub.App.PrivateKey.Reveal())
		assert.Equal(t, key, config.GitHub.App.PrivateKeyFile)
	})
	t.Run("give way to a key from a stronger source", func(t *testing.T) {
		config, err := Load(write(t, "config.yml", "github:\n  app:\n    private_key_file: /does/not/exist\n"), []string{private + "=" + pemText}, "")
		require.NoError(t, err)
		assert.Equal(t, pemText, config.GitHub.App.PrivateKey.Reveal())
		assert.Empty(t, config.GitHub.App.PrivateKeyFile)
	})
	t.Run("can be named in config.yml for every secret", func(t *testing.T) {
		config, err := Load(write(t, "config.yml", "github:\n  app:\n    webhook_secret_file: "+secret+"\n"), nil, "")
		require.NoError(t, err)
		assert.Equal(t, "s3cret \n", config.GitHub.App.WebhookSecret.Reveal())
	})
	t.Run("win over a variable of .env", func(t *testing.T) {
		config, err := Load("", []string{hook + "_FILE=" + secret}, write(t, ".env", hook+"=other\n"))
		require.NoError(t, err)
		assert.Equal(t, "s3cret \n", config.GitHub.App.WebhookSecret.Reveal())
	})
	for name, environ := range map[string][]string{
		"are refused beside the secret itself":      {hook + "=a", hook + "_FILE=" + secret},
		"are refused beside the private key itself": {private + "=" + pemText, private + "_FILE=" + key},
		"are refused if they do not exist":          {hook + "_FILE=/does/not/exist"},
		"are refused if they hold no RSA key":       {private + "_FILE=" + secret},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("", environ, "")
			var problems Problems
			require.ErrorAs(t, err, &problems)
			assert.Len(t, problems, 1)
			assert.Contains(t, problems[0].Where, "environment ONBOARD_GITHUB_APP_")
		})
	}
}

func TestAFileThatCannotBeReadIsNoProblemOfTheConfiguration(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yml"), nil, "")
	var problems Problems
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NotErrorAs(t, err, &problems)
}

func TestMissing(t *testing.T) {
	t.Run("names what serve needs, with an example", func(t *testing.T) {
		assert.EqualError(t, Default().Missing(), `'onboard serve' still needs:
github.app.integration_id: is missing
    export ONBOARD_GITHUB_APP_INTEGRATION_ID=123456
github.app.webhook_secret: is missing
    export ONBOARD_GITHUB_APP_WEBHOOK_SECRET_FILE=/run/secrets/webhook_secret
github.app.private_key: is missing
    export ONBOARD_GITHUB_APP_PRIVATE_KEY_FILE=onboard.private-key.pem
`)
	})
	t.Run("is empty once all three are set", func(t *testing.T) {
		config := Default()
		config.GitHub.App = GitHubApp{IntegrationID: 1, WebhookSecret: "s", PrivateKey: Secret(privateKey(t))}
		assert.Empty(t, config.Missing())
	})
	t.Run("names a private key that is none", func(t *testing.T) {
		config := Default()
		config.GitHub.App = GitHubApp{IntegrationID: 1, WebhookSecret: "s", PrivateKey: "x"}
		assert.Len(t, config.Missing(), 1)
	})
}
