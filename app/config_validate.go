package app

import (
	"crypto/rsa"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/rs/zerolog"
)

// validate reports every value that has the right type and still makes no
// sense. A value that was never set is not wrong here: see [Config.Missing].
func (l *loader) validate() {
	for _, k := range l.keys {
		if what := l.fault(k); what != "" {
			l.report(k, what)
		}
	}
	c := l.config
	if c.Server.Listen == c.Server.AdminListen && !strings.HasSuffix(c.Server.Listen, ":0") {
		admin, _ := l.lookup("server.admin_listen")
		l.report(admin, "is the address of server.listen too; give operators their own")
	}
	l.validateTiers()
}

// fault says what is wrong with the value of k by itself, or nothing.
func (l *loader) fault(k key) string {
	switch value := k.value.Interface(); k.path {
	case "github.web_url", "github.v3_api_url", "github.v4_api_url":
		return githubURLFault(value.(string))
	case "github.app.integration_id":
		return unless(value.(int64) >= 0, "must not be negative")
	case "github.app.private_key":
		_, err := parseKey(value.(Secret))
		return unless(value.(Secret) == "" || err == nil, "is no RSA private key in PEM form")
	case "server.listen", "server.admin_listen":
		return addressFault(value.(string))
	case "server.public_url":
		return unless(value == "" || urlFault(value.(string)) == "", "must be empty or a URL: http:// or https://, and a host")
	case "database.url":
		return databaseFault(value.(string))
	case "writes.burst", "queue.workers":
		return unless(value.(int) >= 1, "must be 1 or more")
	case "writes.per_second":
		return unless(value.(float64) > 0 && value.(float64) <= 1e6, "must be a number above 0")
	case "queue.debounce", "queue.lease":
		return unless(value.(time.Duration) > 0, "must be longer than 0")
	case "log.level":
		level, err := zerolog.ParseLevel(value.(string))
		return unless(err == nil && level >= zerolog.TraceLevel && level <= zerolog.ErrorLevel, "must be one of trace, debug, info, warn, error")
	case "log.format":
		return unless(slices.Contains([]string{"auto", "text", "json"}, value.(string)), "must be one of auto, text, json")
	}
	return ""
}

func unless(right bool, fault string) string {
	if right {
		return ""
	}
	return fault
}

// urlFault never quotes the URL, which may hold a password.
func urlFault(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "must be a URL: https:// and a host"
	case u.User != nil:
		return "must not hold a user name or password"
	case u.RawQuery != "" || u.Fragment != "":
		return "must not hold a query (?) or fragment (#)"
	}
	return ""
}

// githubURLFault also asks for https: every request carries a token. On this
// machine itself http is fine, as the simulated GitHub speaks it.
func githubURLFault(text string) string {
	if fault := urlFault(text); fault != "" {
		return fault
	}
	u, _ := url.Parse(text) // urlFault has parsed it
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && !ip.IsLoopback() {
		return "must be https://, or the App's tokens could be read on the way"
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
	scheme, file, ok := strings.Cut(text, "://")
	switch {
	case ok && (scheme == "postgres" || scheme == "postgresql"):
		return "PostgreSQL is not supported yet"
	case !ok || scheme != "sqlite" || file == "":
		return "must be sqlite:// and a file name"
	}
	return ""
}

var spdxID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]*$`)

// validateTiers reports what is no SPDX id, and ids that stand twice: in two
// tiers, nobody could say what they mean. SPDX ids ignore case.
func (l *loader) validateTiers() {
	first := map[string]string{}
	for _, k := range l.keys {
		ids, ok := k.value.Interface().([]string)
		if !ok {
			continue
		}
		for i, id := range ids {
			earlier, twice := first[strings.ToLower(id)]
			switch {
			case !spdxID.MatchString(id):
				l.report(k, fmt.Sprintf("%q is no SPDX licence id", id), i)
			case twice:
				l.report(k, fmt.Sprintf("%q stands in %s already; keep one of them", id, earlier), i)
			default:
				first[strings.ToLower(id)] = k.path
			}
		}
	}
	if tiers := l.config.Policy.Licence; len(tiers.Recommended)+len(tiers.Allowed) == 0 {
		recommended, _ := l.lookup("policy.licence.recommended")
		l.report(recommended, "is empty, and so is policy.licence.allowed: no plugin could pass")
	}
}

// parseKey reads the key as ghinstallation does, which signs with it.
func parseKey(pem Secret) (*rsa.PrivateKey, error) {
	return jwt.ParseRSAPrivateKeyFromPEM([]byte(pem.Reveal()))
}

// Missing is a key that `onboard serve` cannot do without and that has no
// default.
type Missing struct {
	Key     string // "github.app.webhook_secret"
	Env     string // the variable that sets it
	Example string // a complete assignment, of a secret's _FILE variable
}

// Missing lists what `onboard serve` needs and does not have. An empty webhook
// secret counts as missing because it verifies nothing; so does a private key
// that is no RSA key.
func (c Config) Missing() []Missing {
	_, keyErr := parseKey(c.GitHub.App.PrivateKey)
	absent := map[string]bool{
		"github.app.integration_id":   c.GitHub.App.IntegrationID <= 0,
		"github.app.webhook_secret":   c.GitHub.App.WebhookSecret == "",
		"github.app.private_key_file": keyErr != nil,
	}
	var missing []Missing
	for _, k := range keysOf(&c) {
		if absent[k.path] {
			missing = append(missing, Missing{Key: k.path, Env: k.env, Example: k.envExample()})
		}
	}
	return missing
}
