package setup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"github.com/onboard-app/onboard/app/ghapi"
)

// The variables by which `onboard serve` knows an App.
const (
	idVariable       = "ONBOARD_GITHUB_APP_INTEGRATION_ID"
	hookVariable     = "ONBOARD_GITHUB_APP_WEBHOOK_SECRET"
	keyVariable      = "ONBOARD_GITHUB_APP_PRIVATE_KEY"
	clientIDVariable = "ONBOARD_GITHUB_OAUTH_CLIENT_ID"
	clientVariable   = "ONBOARD_GITHUB_OAUTH_CLIENT_SECRET"
	webVariable      = "ONBOARD_GITHUB_WEB_URL"
	v3Variable       = "ONBOARD_GITHUB_V3_API_URL"
	v4Variable       = "ONBOARD_GITHUB_V4_API_URL"
	publicVariable   = "ONBOARD_SERVER_PUBLIC_URL"
	cookieVariable   = "ONBOARD_SERVER_COOKIE_KEYS"
	asFile           = "_FILE" // ends the name of a variable that names a file with the value
)

// identity are those that tell which App it is.
var identity = []string{
	idVariable, hookVariable, hookVariable + asFile, keyVariable, keyVariable + asFile, clientIDVariable, clientVariable, clientVariable + asFile,
}

// line is one variable of .env.
type line struct{ name, value string }

type lines struct {
	about  string // a comment above them
	list   []line
	drops  []string // names whose old lines go
	cookie string   // a key for cookies, unless there is one; "" for none
}

// wanted are the variables that do not depend on the App; those that are the
// default's are left out.
func (o Options) wanted() []line {
	var list []line
	if o.WebURL != "https://github.com" || o.V3APIURL != "https://api.github.com" {
		list = append(list, line{webVariable, o.WebURL}, line{v3Variable, o.V3APIURL}, line{v4Variable, o.V4APIURL})
	}
	if o.PublicURL != "" {
		list = append(list, line{publicVariable, o.PublicURL})
	}
	return slices.DeleteFunc(list, func(l line) bool { return l.value == "" })
}

// conflicts is what stands in the way of the App's values: .env or the environment
// say otherwise already.
func (o Options) conflicts(content []byte) error {
	present, err := parse(content)
	if err != nil {
		return err
	}
	environment := o.environment()
	for _, name := range identity {
		if environment[name] != "" {
			return fmt.Errorf("the environment sets %s, which would win over this file: unset it first", name)
		}
		if present[name] != "" && !o.Replace {
			return fmt.Errorf("it holds an App already (%s): run 'onboard doctor' to see whether it works, give another --directory, or say --replace", name)
		}
	}
	for _, want := range o.wanted() {
		if set := environment[want.name]; set != "" && set != want.value {
			return fmt.Errorf("the environment sets %s, which would win over this file: unset it first", want.name)
		}
		if set := present[want.name]; set != "" && set != want.value && !o.Replace {
			return fmt.Errorf("it has another %s: take it out, or say --replace", want.name)
		}
	}
	return nil
}

func (o Options) environment() map[string]string {
	variables := map[string]string{}
	for _, entry := range o.Environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return variables
}

// parse reads the variables of a .env; what is wrong is told without quoting it.
func parse(content []byte) (map[string]string, error) {
	variables, err := godotenv.UnmarshalBytes(content)
	if err != nil {
		return nil, errors.New("it has a line that is no NAME=value: mend it first") // err quotes the file, secrets included
	}
	return variables, nil
}

// lines are what .env is to say of the App.
func (o Options) lines(app ghapi.NewApp, key string) (lines, error) {
	l := lines{
		about: fmt.Sprintf("# The GitHub App %s, made by 'onboard setup' on %s.", app.Slug, time.Now().UTC().Format(time.DateOnly)),
		list: []line{
			{idVariable, strconv.FormatInt(app.ID, 10)}, {hookVariable, app.WebhookSecret}, {keyVariable + asFile, key},
			{clientIDVariable, app.ClientID}, {clientVariable, app.ClientSecret},
		},
	}
	l.list = append(l.list, o.wanted()...)
	l.list = slices.DeleteFunc(l.list, func(l line) bool { return l.value == "" })
	if set := o.environment(); o.PublicURL != "" && set[cookieVariable] == "" && set[cookieVariable+asFile] == "" {
		l.cookie = rand.Text() + rand.Text() // so that a restart signs nobody out
	}
	l.drops = slices.Clone(identity)
	for _, one := range l.list {
		if !plainValue.MatchString(one.value) {
			return lines{}, fmt.Errorf("GitHub sent something that is no value for %s", one.name)
		}
		if !slices.Contains(l.drops, one.name) {
			l.drops = append(l.drops, one.name)
		}
	}
	if !plainValue.MatchString(app.Slug) {
		return lines{}, errors.New("GitHub sent something that is no App's name")
	}
	return l, nil
}

// plainValue is what needs no quotes in a .env, and can be no second line.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=~,-]+$`)

func (l lines) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, l.about)
	if l.cookie != "" {
		fmt.Fprintf(&b, "%s=%s\n", cookieVariable, l.cookie)
	}
	for _, one := range l.list {
		fmt.Fprintf(&b, "%s=%s\n", one.name, one.value)
	}
	return b.String()
}

// assignment finds the name that a line of .env sets.
var assignment = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]`)

// added is a .env with the lines in it, in the place of older ones of their names.
// All else stays as it is.
func (l lines) added(content []byte) ([]byte, error) {
	before, err := parse(content)
	if err != nil {
		return nil, err
	}
	if before[cookieVariable] != "" || before[cookieVariable+asFile] != "" {
		l.cookie = ""
	}
	var kept strings.Builder
	for text := range strings.Lines(string(content)) {
		if set := assignment.FindStringSubmatch(text); set == nil || !slices.Contains(l.drops, set[1]) {
			kept.WriteString(text)
		}
	}
	if kept.Len() > 0 {
		if !strings.HasSuffix(kept.String(), "\n") {
			kept.WriteString("\n")
		}
		kept.WriteString("\n")
	}
	kept.WriteString(l.text())
	for _, name := range l.drops {
		delete(before, name)
	}
	for _, one := range l.list {
		before[one.name] = one.value
	}
	if l.cookie != "" {
		before[cookieVariable] = l.cookie
	}
	if now, err := parse([]byte(kept.String())); err != nil || !maps.Equal(now, before) { // as with a value of several lines
		return nil, errors.New("its older values cannot be taken out: do that by hand")
	}
	return []byte(kept.String()), nil
}
