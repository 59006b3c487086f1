package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/weburl"
	"github.com/onboard-app/onboard/checks"
)

// Problem is one thing that is wrong with the configuration. It never quotes a
// secret.
type Problem struct {
	Where   string // "config.yml:12:3", "environment ONBOARD_SERVER_LISTEN"; empty: nowhere in particular
	Key     string // "server.listen"; empty if it is about no key
	What    string // what is wrong, in words
	Example string // what would be right; may be empty
}

// Problems is everything that is wrong with a configuration: the error of
// [Load] when the files could be read.
type Problems []Problem

// Error lists the problems.
func (p Problems) Error() string { return "the configuration is wrong:\n" + p.list("for example ") }

// Notes lists the problems as what [Examine] noted.
func (p Problems) Notes() string { return "Worth a look:\n" + p.list("for example ") }

// list is a line for each problem, and one for its example with that lead.
func (p Problems) list(lead string) string {
	var b strings.Builder
	for _, problem := range p {
		parts := slices.DeleteFunc([]string{problem.Where, problem.Key, problem.What}, func(part string) bool { return part == "" })
		fmt.Fprintln(&b, strings.Join(parts, ": "))
		if problem.Example != "" {
			fmt.Fprintln(&b, "   ", lead, problem.Example)
		}
	}
	return b.String()
}

// MissingError is what `onboard serve` needs and does not have.
type MissingError Problems

// Error lists the keys, and how to set them.
func (e MissingError) Error() string {
	return "'onboard serve' still needs:\n" + Problems(e).list("export")
}

// Missing lists what `onboard serve` needs and does not have. An empty webhook
// secret counts as missing because it verifies nothing; so does a private key
// that is no RSA key.
func (c Config) Missing() MissingError {
	l := &loader{keys: keysOf(&c)}
	l.check("github.app.integration_id", unless(c.GitHub.App.IntegrationID > 0, "is missing"))
	l.check("github.app.webhook_secret", unless(len(c.GitHub.App.WebhookSecret.lines()) > 0, "is missing"))
	l.check("github.app.private_key", unless(parseKeys(c.GitHub.App.PrivateKey) == nil, "is missing"))
	return MissingError(l.problems)
}

// validate reports every value that has the right kind and still makes no
// sense. A value that was never set is not wrong here: see [Config.Missing].
func (l *loader) validate(c Config) {
	l.check("mode", unless(slices.Contains([]string{ModeFull, ModeComment, ModeObserve}, c.Mode), "must be one of full, comment, observe"))
	l.check("github.web_url", githubURLFault(c.GitHub.WebURL))
	l.check("github.v3_api_url", githubURLFault(c.GitHub.V3APIURL))
	l.check("github.v4_api_url", githubURLFault(c.GitHub.V4APIURL))
	l.check("github.app.integration_id", unless(c.GitHub.App.IntegrationID >= 0, "must not be negative"))
	keyErr := parseKeys(c.GitHub.App.PrivateKey)
	l.check("github.app.private_key", unless(keyErr == nil || c.GitHub.App.PrivateKey == "", "is no RSA private key in PEM form"))
	l.check("server.listen", addressFault(c.Server.Listen))
	l.check("server.admin_listen", addressFault(c.Server.AdminListen))
	shared := c.Server.Listen == c.Server.AdminListen && !strings.HasSuffix(c.Server.Listen, ":0")
	l.check("server.admin_listen", unless(!shared, "is the address of server.listen too; give operators their own"))
	l.check("server.public_url", publicURLFault(c.Server.PublicURL))
	l.check("server.cookie_keys", unless(c.Server.CookieKeys == "" || checkCookieKeys(c.Server.CookieKeys) == nil, "must be 32 characters or longer, each, as openssl rand -hex 32 makes them"))
	l.check("github.oauth.client_secret", unless(len(c.GitHub.OAuth.ClientSecret.lines()) <= 1, "must be one"))
	l.check("database.url", databaseFault(c.Database.URL))
	l.check("replicas", unless(c.Replicas >= 1, "must be 1 or more"))
	l.check("database.password", unless(len(c.Database.Password.lines()) <= 1, "must be one"))
	l.check("writes.burst", unless(c.Writes.Burst >= 1, "must be 1 or more"))
	l.check("writes.per_second", unless(c.Writes.PerSecond > 0 && c.Writes.PerSecond <= 1e6, "must be a number above 0"))
	l.check("writes.posts_per_hour", unless(c.Writes.PostsPerHour >= 1, "must be 1 or more; mode: observe writes nothing"))
	l.check("writes.posts_per_repository_hour", unless(c.Writes.PostsPerRepositoryHour >= 1, "must be 1 or more; mode: observe writes nothing"))
	l.check("queue.workers", unless(c.Queue.Workers >= 1, "must be 1 or more"))
	l.check("queue.debounce", unless(c.Queue.Debounce > 0, "must be longer than 0"))
	l.check("queue.lease", unless(c.Queue.Lease > 0, "must be longer than 0"))
	_, cidrErr := c.SafeHTTP.cidrs()
	l.check("safehttp.allow_cidrs", unless(cidrErr == nil, "must be ranges of addresses, as 10.20.0.0/16"))
	l.check("safehttp.daily_mib", unless(c.SafeHTTP.DailyMiB >= 1, "must be 1 or more"))
	l.check("template.repository", unless(repositoryName.MatchString(c.Template.Repository), "must be owner/name"))
	level, err := zerolog.ParseLevel(c.Log.Level)
	l.check("log.level", unless(err == nil && level >= zerolog.TraceLevel && level <= zerolog.ErrorLevel, "must be one of trace, debug, info, warn, error"))
	l.check("log.format", unless(slices.Contains([]string{"auto", "text", "json"}, c.Log.Format), "must be one of auto, text, json"))
	l.check("start.accept", unless(c.Start.Accept == AcceptRequired || c.Start.Accept == AcceptNone, "must be one of required, none"))
	l.check("start.who", unless(c.Start.Who == StartWriters || c.Start.Who == StartRoles, "must be one of writers, roles"))
	l.validateReviewers(c)
	l.check("policy.owners.block", loginsFault(c.Policy.Owners.Block))
	l.validatePolicy(c)
	l.validateRoles(c)
	l.validatePipeline(c)
	l.validateTargets(c)
	l.validateChat(c.Chat, c.Targets)
}

// validatePolicy reports what the checks refuse.
func (l *loader) validatePolicy(c Config) {
	_, err := checksOf(c, nil, 0)
	if err == nil {
		return
	}
	var wrong checks.PolicyError
	if !errors.As(err, &wrong) {
		l.check("policy", err.Error())
	}
	for _, fault := range wrong {
		l.check("policy."+fault.Key, fault.What)
	}
}

// check reports the fault, if there is one, of the key or section.
func (l *loader) check(path, fault string) {
	if fault == "" {
		return
	}
	k := l.lookup(path)
	switch {
	case k == nil:
		l.add(l.near(path), path, fault, "")
	case !k.broken: // else it is reported already
		l.report(k, fault)
	}
}

// near is where the section of a path was set last, which is what made a value
// wrong that nothing sets by itself, such as an item of a default list.
func (l *loader) near(path string) (where string) {
	section, _, _ := strings.Cut(path, ".")
	layer := 0
	for _, k := range l.keys {
		if strings.HasPrefix(k.path, section+".") && k.layer > layer {
			where, layer = k.where, k.layer
		}
	}
	return where
}

func unless(right bool, fault string) string {
	if right {
		return ""
	}
	return fault
}

// githubURLFault is [weburl.Fault]: every request carries one of the App's tokens.
func githubURLFault(text string) string { return weburl.Fault(text, "the App's tokens") }

// publicURLFault allows plain http anywhere: a proxy in front may hold the certificate.
func publicURLFault(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return ""
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "must be a URL: https:// and a host"
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "":
		return "must be https:// and a host, and nothing after it"
	}
	return ""
}

func addressFault(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Sprintf("%q must be host:port", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("port %q must be a number from 0 to 65535", port)
	}
	return ""
}

func databaseFault(text string) string {
	const want = "must be sqlite:// and a file name, or postgres://user@host/name"
	if !store.IsPostgres(text) {
		scheme, file, _ := strings.Cut(text, "://")
		return unless(scheme == "sqlite" && file != "", want)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || len(u.Path) < 2 {
		return want
	}
	_, given := u.User.Password()
	for name := range u.Query() { // password, sslpassword
		given = given || strings.Contains(strings.ToLower(name), "password")
	}
	return unless(!given, "must not hold a password; give it as database.password_file")
}

// location is the database's URL with its password, for app/store alone.
func (d Database) location() string {
	u, err := url.Parse(d.URL)
	if d.Password == "" || err != nil || !store.IsPostgres(d.URL) {
		return d.URL
	}
	u.User = url.UserPassword(u.User.Username(), d.Password.Reveal())
	return u.String()
}

// cidrs are the ranges of allow_cidrs.
func (s SafeHTTP) cidrs() ([]netip.Prefix, error) {
	var ranges []netip.Prefix
	for _, text := range s.AllowCIDRs {
		r, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("read safehttp.allow_cidrs: %w", err)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

// repositoryName matches a repository's full name by GitHub's rules.
var repositoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/(\.?[A-Za-z0-9_-][A-Za-z0-9._-]{0,98})$`)
