package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/setup"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

// desk is a person at a browser who sets the App up: the set-up runs, and GitHub is
// there.
type desk struct {
	t       *testing.T
	github  *fakegithub.GitHub
	url     string // GitHub's
	name    string // that the App shall have
	options setup.Options
	terminal
	address string // of the set-up's page
	ended   chan error
	stop    context.CancelFunc
}

// terminal is what the person reads there.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *terminal) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(text)
}

func (t *terminal) shown() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// newDesk has ann, who owns octo-org, before her browser.
func newDesk(t *testing.T) *desk {
	d := &desk{t: t, github: fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t)})}
	url, err := d.github.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.github.Close()) })
	d.url, d.name = url, "Onboard of Octo"
	d.github.SetOrgRole(d.github.CreateOrganization("octo-org"), d.github.CreateUser("ann"), "owner")
	d.options = setup.Options{
		Listen: "127.0.0.1:0", WebURL: url, V3APIURL: url + "/api/v3", V4APIURL: url + "/api/graphql", PublicURL: "https://onboard.example.com",
		HookPath: "/api/github/hook", CallbackPath: "/login/callback", Directory: t.TempDir(), UserAgent: "onboard/test", Out: &d.terminal,
	}
	return d
}

var printed = regexp.MustCompile(`http://127\.0\.0\.1:\d+/[A-Z0-9]{26}/`)

// start runs the set-up until the page is there.
func (d *desk) start() *desk {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d.ended, d.stop = make(chan error, 1), cancel
	d.t.Cleanup(cancel)
	go func() { d.ended <- setup.Run(ctx, d.options) }()
	require.Eventually(d.t, func() bool { d.address = printed.FindString(d.shown()); return d.address != "" }, 10*time.Second, time.Millisecond)
	return d
}

// file is what a file of the directory holds.
func (d *desk) file(name string) string {
	content, err := os.ReadFile(filepath.Join(d.options.Directory, name))
	require.NoError(d.t, err)
	return string(content)
}

// seen is what a browser gets.
type seen struct {
	status int
	header http.Header
	body   string
}

// location is where it is sent.
func (s seen) location() string { return s.header.Get("Location") }

// text is what a person reads.
func (s seen) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`(?s)<style>.*</style>|<[^>]*>`).ReplaceAllString(s.body, " "))), " ")
}

// ask sends a request, which change makes another one, and follows no redirect.
func (d *desk) ask(method, address string, form url.Values, change ...func(*http.Request)) seen {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(d.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	require.NoError(d.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(d.t, err)
	return seen{answer.StatusCode, answer.Header, string(body)}
}

func (d *desk) get(address string) seen { d.t.Helper(); return d.ask("GET", address, nil) }

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
	fields     = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)
)

// form is the form of a page, and where it goes.
func (s seen) form(t *testing.T) (action string, values url.Values) {
	t.Helper()
	found := formAction.FindStringSubmatch(s.body)
	require.NotNil(t, found, "a form in %s", s.body)
	values = url.Values{}
	for _, field := range fields.FindAllStringSubmatch(s.body, -1) {
		values.Set(field[1], html.UnescapeString(field[2]))
	}
	return html.UnescapeString(found[1]), values
}

// manifest is what the page takes to GitHub.
func (d *desk) manifest() (action string, manifest map[string]any) {
	d.t.Helper()
	action, values := d.get(d.address).form(d.t)
	require.NoError(d.t, json.Unmarshal([]byte(values.Get("manifest")), &manifest))
	return action, manifest
}

// confirm presses both buttons, and returns where GitHub sends the browser.
func (d *desk) confirm() string {
	d.t.Helper()
	action, values := d.get(d.address).form(d.t)
	asked := d.ask("POST", action, values)
	require.Equal(d.t, 200, asked.status, asked.text())
	action, values = asked.form(d.t)
	values.Set("name", d.name)
	values.Set("as", "ann")
	sent := d.ask("POST", d.url+action, values)
	require.Equal(d.t, http.StatusFound, sent.status, sent.text())
	return sent.location()
}

// finish goes the whole way, and returns the last page.
func (d *desk) finish() seen {
	d.t.Helper()
	back := d.get(d.confirm())
	require.Equal(d.t, http.StatusSeeOther, back.status, back.text())
	last := d.get(back.location())
	require.NoError(d.t, d.end())
	return last
}

// end is what the set-up says in the end.
func (d *desk) end() error {
	d.t.Helper()
	select {
	case err := <-d.ended:
		return err
	case <-time.After(30 * time.Second):
		d.t.Fatal("the set-up does not end")
		return nil
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	at, err := url.Parse(address)
	require.NoError(t, err)
	return at.Query()
}

// quote is a text in JSON.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a text
	return string(quoted)
}
