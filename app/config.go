package app

import (
	"fmt"
	"os"
	"time"

	"github.com/onboard-app/onboard/checks/licence"
)

// Config is the whole configuration of the App, as config.yml holds it. It has
// only keys that do something. [Load] fills it; [Default] says what an absent
// key means.
//
// The tags: json names the key in YAML, JSON and the schema; env its part of
// the variable's name; doc describes it in config.yml and the schema; example
// is a right value, shown beside a wrong one.
type Config struct {
	GitHub   GitHub   `json:"github" envPrefix:"GITHUB_"`
	Server   Server   `json:"server" envPrefix:"SERVER_"`
	Database Database `json:"database" envPrefix:"DATABASE_"`
	Writes   Writes   `json:"writes" envPrefix:"WRITES_"`
	Queue    Queue    `json:"queue" envPrefix:"QUEUE_"`
	Policy   Policy   `json:"policy" envPrefix:"POLICY_"`
	Log      Log      `json:"log" envPrefix:"LOG_"`
}

// GitHub says which GitHub the App talks to, and as which App. The keys are
// go-githubapp's own, plus private_key_file.
type GitHub struct {
	WebURL   string    `json:"web_url" env:"WEB_URL" doc:"GitHub for people, where links lead." example:"https://github.com"`
	V3APIURL string    `json:"v3_api_url" env:"V3_API_URL" doc:"GitHub's REST API, used exactly as given." example:"https://api.github.com"`
	V4APIURL string    `json:"v4_api_url" env:"V4_API_URL" doc:"GitHub's GraphQL API." example:"https://api.github.com/graphql"`
	App      GitHubApp `json:"app" envPrefix:"APP_"`
}

// GitHubApp is the identity of the GitHub App. Nothing of it has a default:
// see [Config.Missing].
type GitHubApp struct {
	IntegrationID  int64  `json:"integration_id" env:"INTEGRATION_ID" doc:"App ID, from the App's settings page." example:"123456"`
	WebhookSecret  Secret `json:"webhook_secret" env:"WEBHOOK_SECRET" doc:"What GitHub signs deliveries with. Keep it out of this file." example:"the-secret-of-the-App's-settings-page"`
	PrivateKey     Secret `json:"private_key" env:"PRIVATE_KEY" doc:"RSA private key as PEM text; better is private_key_file." example:"|, then the lines of the .pem file, indented"`
	PrivateKeyFile string `json:"private_key_file" env:"PRIVATE_KEY_FILE" doc:"File with the RSA private key (PEM), from the working directory." example:"onboard.private-key.pem"`
}

// Server says where the App listens. Port 0 takes any free port.
type Server struct {
	Listen      string `json:"listen" env:"LISTEN" doc:"Where deliveries and pages are served, host:port." example:"127.0.0.1:8080"`
	AdminListen string `json:"admin_listen" env:"ADMIN_LISTEN" doc:"Where operators look, host:port. Never make it public." example:"127.0.0.1:8081"`
	PublicURL   string `json:"public_url" env:"PUBLIC_URL" doc:"The App's address as people see it; empty: no links to it." example:"https://onboard.example.com"`
}

// Database says where the record is kept.
type Database struct {
	URL string `json:"url" env:"URL" doc:"sqlite:// and a file, from the working directory." example:"sqlite://onboard.db"`
}

// Writes paces what the App writes to GitHub, for each installation by itself,
// below GitHub's secondary limits (github-facts.md).
type Writes struct {
	Burst     int     `json:"burst" env:"BURST" doc:"Writes to GitHub that may go out at once, per installation." example:"60"`
	PerSecond float64 `json:"per_second" env:"PER_SECOND" doc:"Writes per second after that, per installation." example:"1"`
}

// Queue says how stored deliveries are worked off.
type Queue struct {
	Workers  int           `json:"workers" env:"WORKERS" doc:"Repositories worked on at the same time." example:"4"`
	Debounce time.Duration `json:"debounce" env:"DEBOUNCE" doc:"Pause that gathers deliveries arriving together, as 250ms or 1s." example:"250ms"`
	Lease    time.Duration `json:"lease" env:"LEASE" doc:"After this silence a worker counts as dead, as 60s or 2m." example:"60s"`
}

// Policy is what the checks hold plugins to.
type Policy struct {
	Licence Licence `json:"licence" envPrefix:"LICENCE_"`
}

// Licence sorts SPDX licence ids into tiers (check-rules.md, licence 8). A
// licence in no tier counts as unknown. It converts to [licence.Policy].
type Licence struct {
	Recommended []string `json:"recommended" env:"RECOMMENDED" doc:"SPDX ids that pass." example:"[Apache-2.0, MIT]"`
	Allowed     []string `json:"allowed" env:"ALLOWED" doc:"SPDX ids that pass with a note (ASF category A)." example:"[ISC, Zlib]"`
	Forbidden   []string `json:"forbidden" env:"FORBIDDEN" doc:"SPDX ids that fail (ASF category B and X, source-available)." example:"[GPL-3.0, BUSL-1.1]"`
}

// Log says what the App reports about itself, and how.
type Log struct {
	Level  string `json:"level" env:"LEVEL" doc:"One of trace, debug, info, warn, error." example:"info"`
	Format string `json:"format" env:"FORMAT" doc:"One of auto, text, json; auto is text on a terminal, else json." example:"auto"`
}

// Default is the configuration without file and environment: GitHub itself,
// SQLite in the working directory, and nothing that listens beyond this
// machine.
func Default() Config {
	return Config{
		GitHub: GitHub{
			WebURL:   "https://github.com",
			V3APIURL: "https://api.github.com",
			V4APIURL: "https://api.github.com/graphql",
		},
		Server:   Server{Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:8081"},
		Database: Database{URL: "sqlite://onboard.db"},
		Writes:   Writes{Burst: 60, PerSecond: 1},
		Queue:    Queue{Workers: 4, Debounce: 250 * time.Millisecond, Lease: time.Minute},
		Policy:   Policy{Licence: Licence(licence.DefaultPolicy())},
		Log:      Log{Level: "info", Format: "auto"},
	}
}

// Load reads the configuration: defaults, overridden by the YAML file at path,
// by the .env file at dotenv, by environ ("NAME=value", as of [os.Environ]).
// An empty path or dotenv, or a dotenv that does not exist, is left out. An
// empty variable counts as not set.
//
// What is wrong with the configuration is returned as [Problems], all at once.
// Any other error means that a file could not be read.
func Load(path string, environ []string, dotenv string) (Config, error) {
	config := Default()
	l := &loader{config: &config, keys: keysOf(&config), origins: map[string]origin{}}
	if path != "" {
		content, err := os.ReadFile(path)
		if err != nil {
			return Config{}, fmt.Errorf("read the configuration: %w", err)
		}
		l.applyFile(path, content)
	}
	if err := l.applyEnvironment(environ, dotenv); err != nil {
		return Config{}, err
	}
	l.readPrivateKeyFile()
	l.validate()
	if len(l.problems) > 0 {
		return Config{}, l.problems
	}
	return config, nil
}

// loader carries what [Load] knows while it goes through the sources, the
// weakest first.
type loader struct {
	config   *Config
	keys     []key
	origins  map[string]origin // by key path, and by path[i] for what a list holds
	problems Problems
}

// origin is where a key's value comes from. A key without one has its default.
type origin struct {
	source source
	where  string // "config.yml:12:3", or the variable's name and its home
}

// source orders the places a value can come from, the stronger the greater.
type source int

const (
	fromDefault source = iota
	fromFile
	fromDotenv
	fromEnviron
)

// report notes a problem with the value of k. The place is that of k's
// element i if the problem is about that one, else k's own.
func (l *loader) report(k key, what string, element ...int) {
	o := l.origins[k.path]
	for _, i := range element {
		if at, ok := l.origins[fmt.Sprintf("%s[%d]", k.path, i)]; ok {
			o = at
		}
	}
	l.problems = append(l.problems, Problem{Where: o.where, Key: k.path, What: what, Example: k.exampleIn(o.source)})
}
