package app

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/checks/all"
	"github.com/onboard-app/onboard/checks/template"
)

// Config is the whole configuration of the App, as config.yml holds it. It has
// only keys that do something. [Load] fills it; [Default] says what an absent
// key means.
//
// The tags: json names the key, and by its path its variable (server.listen is
// ONBOARD_SERVER_LISTEN); jsonschema describes it in config.yml and the schema;
// example is a right value. Beside every [Secret] stands a key <name>_file, to
// read it from a file.
type Config struct {
	GitHub       GitHub              `json:"github"`
	Server       Server              `json:"server"`
	Database     Database            `json:"database"`
	Replicas     int                 `json:"replicas" jsonschema:"Processes of Onboard that work at the same time. They share what may be written to GitHub." example:"1"`
	Mode         string              `json:"mode" jsonschema:"full: all is published on GitHub; comment: only the status comment, answers and reactions; observe: nothing, all is on record." example:"full"`
	Writes       Writes              `json:"writes"`
	Queue        Queue               `json:"queue"`
	Template     Template            `json:"template"`
	ReviewPR     ReviewPR            `json:"review_pr"`
	Checks       Checks              `json:"checks"`
	Pipeline     onboarding.Pipeline `json:"pipeline"`
	Roles        Roles               `json:"roles" jsonschema:"Who decides, by role. A login is resolved once: whoever claims it later has no role." example:"{qa: {users: [octocat]}}"`
	Start        Start               `json:"start"`
	Reviewers    Reviewers           `json:"reviewers"`
	PluginOwners PluginOwners        `json:"plugin_owners" jsonschema:"Who owns a plugin beside its repository's owner, and so decides nothing about it: logins, by owner/name." example:"{octo-org/mattermost-plugin-hello: [octocat]}"`
	Policy       Policy              `json:"policy"`
	SafeHTTP     SafeHTTP            `json:"safehttp"`
	Targets      Targets             `json:"targets" jsonschema:"The Mattermost servers that plugins are deployed to, by the gate before each." example:"{ci-extensions: {url: 'https://ci-extensions.example.com'}}"`
	Bundles      Bundles             `json:"bundles"`
	Chat         ChatConfig          `json:"chat"`
	Log          Log                 `json:"log"`
}

// GitHub says which GitHub the App talks to, and as which App. The keys are
// go-githubapp's own.
type GitHub struct {
	WebURL   string    `json:"web_url" jsonschema:"GitHub for people, where links lead." example:"https://github.com"`
	V3APIURL string    `json:"v3_api_url" jsonschema:"GitHub's REST API, used exactly as given." example:"https://api.github.com"`
	V4APIURL string    `json:"v4_api_url" jsonschema:"GitHub's GraphQL API." example:"https://api.github.com/graphql"`
	App      GitHubApp `json:"app"`
	OAuth    OAuth     `json:"oauth"`
}

// OAuth is the GitHub App as people sign in with it. Without it nobody can.
type OAuth struct {
	ClientID         string `json:"client_id" jsonschema:"Client ID, from the App's settings page: with it people sign in to the pages. Not given: nobody can." example:"Iv23abcdefghijklmnop"`
	ClientSecret     Secret `json:"client_secret" jsonschema:"A client secret, from the App's settings page; better is client_secret_file." example:"…"`
	ClientSecretFile string `json:"client_secret_file" jsonschema:"File with the client secret; it is read again when it changes." example:"/run/secrets/client_secret"`
}

// GitHubApp is the identity of the GitHub App. Nothing of it has a default:
// see [Config.Missing].
type GitHubApp struct {
	IntegrationID     int64  `json:"integration_id" jsonschema:"App ID, from the App's settings page." example:"123456"`
	WebhookSecret     Secret `json:"webhook_secret" jsonschema:"What GitHub signs deliveries with, or a list while a new one takes the place of an old one; better is webhook_secret_file." example:"…"`
	WebhookSecretFile string `json:"webhook_secret_file" jsonschema:"File with the webhook secret, or several, one a line; it is read again when it changes." example:"/run/secrets/webhook_secret"`
	PrivateKey        Secret `json:"private_key" jsonschema:"RSA private key as PEM text, or a list, of which the first signs; better is private_key_file." example:"…"`
	PrivateKeyFile    string `json:"private_key_file" jsonschema:"File with the RSA private key (PEM), or several; it is read again when it changes." example:"onboard.private-key.pem"`
}

// The values of mode.
const (
	ModeFull    = "full"
	ModeComment = "comment"
	ModeObserve = "observe"
)

// Server says where the App listens. Port 0 takes any free port.
type Server struct {
	Listen      string `json:"listen" jsonschema:"Where deliveries and pages are served, host:port." example:"127.0.0.1:8080"`
	AdminListen string `json:"admin_listen" jsonschema:"Where operators look, host:port. Never make it public." example:"127.0.0.1:8081"`
	PublicURL   string `json:"public_url" jsonschema:"Where people reach the pages, without a / at the end; check runs link there. Not given: they link nowhere." example:"https://onboard.example.com"`

	CookieKeys     Secret `json:"cookie_keys" jsonschema:"What sessions are sealed with, 32 characters or more, or a list, of which the first seals; better is cookie_keys_file. Not given: a process makes one for itself, and several replicas sign nobody in." example:"…"`
	CookieKeysFile string `json:"cookie_keys_file" jsonschema:"File with the cookie key, or several, one a line; it is read again when it changes." example:"/run/secrets/cookie_keys"`
}

// Database says where the record is kept.
type Database struct {
	URL          string `json:"url" jsonschema:"sqlite:// and a file, from the working directory; or postgres://user@host/name." example:"sqlite://onboard.db"`
	Password     Secret `json:"password" jsonschema:"Password of PostgreSQL's user; better is password_file." example:"…"`
	PasswordFile string `json:"password_file" jsonschema:"File with the password of PostgreSQL's user." example:"/run/secrets/database_password"`
}

// Writes paces what the App writes to GitHub, for each installation by itself,
// below GitHub's secondary limits (github-facts.md), and bounds what notifies
// people (S23).
type Writes struct {
	Burst     int     `json:"burst" jsonschema:"Writes to GitHub that may go out at once, per installation. All replicas together." example:"60"`
	PerSecond float64 `json:"per_second" jsonschema:"Writes per second after that, per installation. All replicas together." example:"1"`

	PostsPerHour           int `json:"posts_per_hour" jsonschema:"Comments and review requests that may go out an hour, of the whole App; what is beyond waits." example:"500"`
	PostsPerRepositoryHour int `json:"posts_per_repository_hour" jsonschema:"The same, to one repository." example:"30"`
}

// Queue says how stored deliveries are worked off.
type Queue struct {
	Workers  int           `json:"workers" jsonschema:"Repositories worked on at the same time." example:"4"`
	Debounce time.Duration `json:"debounce" jsonschema:"Pause that gathers deliveries arriving together, as 250ms or 1s." example:"250ms"`
	Lease    time.Duration `json:"lease" jsonschema:"After this silence a worker counts as dead, as 60s or 2m." example:"60s"`
}

// ReviewPR says how the App keeps review PRs.
type ReviewPR struct {
	KeepBranches bool `json:"keep_branches" jsonschema:"Keep the branches onboarding/* after the end of an onboarding." example:"false"`
}

// Checks says what is checked beside the default branch and what is released.
type Checks struct {
	PullRequests bool `json:"pull_requests" jsonschema:"Look at what is pushed to other pull requests, too." example:"true"`
}

// Start says how onboardings start.
type Start struct {
	Who    string `json:"who" jsonschema:"writers: people who may write to the repository, and those with a role; roles: only those with a role." example:"writers"`
	Accept string `json:"accept" jsonschema:"required: people are asked once somebody with a role accepts the start; none: at once." example:"required"`
}

// The values of start.who.
const (
	StartWriters = "writers"
	StartRoles   = "roles"
)

// The values of start.accept.
const (
	AcceptRequired = "required"
	AcceptNone     = "none"
)

// Policy is the policies of all checks, and whose plugins are not taken.
type Policy struct {
	all.Policy `yaml:",inline"`
	Owners     Owners `json:"owners"`
}

// Owners says whose plugins are not taken.
type Owners struct {
	Block []string `json:"block" jsonschema:"Logins of owners whose repositories Onboard does not take." example:"[octocat]"` // (S18)
}

// SafeHTTP says what may be fetched of what people name by a URL: builds and
// releases. What allows more weakens the protection of the own network.
type SafeHTTP struct {
	AllowHTTP  bool     `json:"allow_http" jsonschema:"Fetch over plain http too; for tests." example:"false"`
	AllowHosts []string `json:"allow_hosts" jsonschema:"Hosts that may be on a private network, as GitHub Enterprise Server." example:"[github.example.com]"`
	AllowCIDRs []string `json:"allow_cidrs" jsonschema:"Addresses that may be dialled though they are not public." example:"[10.20.0.0/16]"`
	DailyMiB   int      `json:"daily_mib" jsonschema:"MiB that are downloaded a day for the repositories of one owner." example:"4096"`
}

// Template says what plugins are made from. The built-in index is that of the
// default; of another repository all versions are read first.
type Template struct {
	Repository string `json:"repository" jsonschema:"The starter template that plugins are compared with, owner/name on GitHub." example:"mattermost/mattermost-plugin-starter-template"`
}

// Log says what the App reports about itself, and how.
type Log struct {
	Level  string `json:"level" jsonschema:"One of trace, debug, info, warn, error." example:"info"`
	Format string `json:"format" jsonschema:"One of auto, text, json; auto is text on a terminal, else json." example:"auto"`
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
		Server:       Server{Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:8081"},
		Database:     Database{URL: "sqlite://onboard.db"},
		Replicas:     1,
		Mode:         ModeFull,
		Writes:       Writes{Burst: 60, PerSecond: 1, PostsPerHour: 500, PostsPerRepositoryHour: 30},
		Queue:        Queue{Workers: queue.DefaultWorkers, Debounce: queue.DefaultDebounce, Lease: queue.DefaultLease},
		Checks:       Checks{PullRequests: true},
		Template:     Template{Repository: template.BuiltinRepository},
		Pipeline:     onboarding.Default(),
		Roles:        defaultRoles(),
		Start:        Start{Who: StartWriters, Accept: AcceptRequired},
		Reviewers:    Reviewers{MaxOpen: 5},
		PluginOwners: PluginOwners{},
		Policy:       Policy{Policy: all.DefaultPolicy()},
		SafeHTTP:     SafeHTTP{DailyMiB: 4096},
		Targets:      defaultTargets(),
		Bundles:      Bundles{Dir: "bundles", MaxMiB: 8192},
		Log:          Log{Level: "info", Format: "auto"},
	}
}

// Load reads the configuration: defaults, overridden by the YAML file at path,
// by the .env file at dotenv, by environ ("NAME=value", as of [os.Environ]).
// An empty path or dotenv, or a dotenv that does not exist, is left out. An
// empty variable counts as not set. A list replaces the list before it; a map
// of the entries that it names the values.
//
// What is wrong with the configuration is returned as [Problems], all at once.
// Any other error means that a file could not be read.
func Load(path string, environ []string, dotenv string) (Config, error) {
	config, _, err := Examine(path, environ, dotenv)
	return config, err
}

// Examine is [Load], and notes what is right and probably not meant.
func Examine(path string, environ []string, dotenv string) (_ Config, notes Problems, err error) {
	config := Default()
	l := &loader{file: path, layer: 1, keys: keysOf(&config)}
	if path != "" {
		content, err := os.ReadFile(path)
		if err != nil {
			return Config{}, nil, fmt.Errorf("read the configuration: %w", err)
		}
		l.applyFile(content)
	}
	l.layer++
	variables, err := l.readDotenv(dotenv)
	if err != nil {
		return Config{}, nil, err
	}
	l.applyVariables(dotenv, variables)
	l.layer++
	variables = map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	l.applyVariables("environment", variables)
	l.readSecrets()
	l.validate(config)
	if len(l.problems) > 0 {
		return Config{}, nil, l.problems
	}
	return config, l.doubts(config), nil
}

// loader is what [Load] knows while it goes through the layers, the weakest
// first.
type loader struct {
	file     string // the configuration's
	source   string // what is being read: the file, or a variable that holds YAML
	layer    int    // see key
	keys     []*key
	problems Problems
}

// set sets k from the present layer.
func (l *loader) set(k *key, where, text string) {
	k.layer, k.where = l.layer, where
	if err := k.set(text); err != nil {
		l.refuse(k) // err quotes the text, which may be a secret in the wrong place
	}
}

// refuse notes that k was given what it cannot take.
func (l *loader) refuse(k *key) {
	k.broken = true
	l.report(k, "must be "+k.wanted())
}

// add notes a problem.
func (l *loader) add(where, key, what, example string) {
	l.problems = append(l.problems, Problem{Where: where, Key: key, What: what, Example: example})
}

// report notes a problem with the value of k.
func (l *loader) report(k *key, what string) {
	l.add(k.where, k.path, what, k.assignment(k.layer != 1))
}
