package demo

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// open plays the demo until it says what to open in a browser, and ends it with the test.
func open(t *testing.T) (address string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, ended := terminal{make(chan string, 1)}, make(chan error, 1)
	go func() { ended <- Run(ctx, Options{Out: out, Listen: "127.0.0.1:0"}) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	select {
	case address = <-out.address:
	case err := <-ended:
		ended <- nil
		require.NoError(t, err)
		require.Fail(t, "the demo ended by itself")
	}
	return address
}

// Pages that everybody may look at.
var pages = map[string]string{
	"board":        "/",
	"board-column": "/?stage=licence",
	"commands":     "/commands",
	"policy":       "/policy",
	"plugin":       "/p/ben/mattermost-plugin-incidents",
	"check":        "/p/tom/mattermost-plugin-polls/licence",
	"review":       "/p/lars/mattermost-plugin-retro/complete-review",
	"no-role":      "/ops",
	"not-found":    "/none",
}

// views are how people look.
var views = map[string]view{"light": {width: desktopWidth}, "dark": {width: desktopWidth, dark: true}, "phone": {width: phoneWidth}}

func TestBrowserShowsEveryPageToEverybody(t *testing.T) {
	b := newBrowser(t)
	address := open(t)
	for name, path := range pages {
		for look, v := range views {
			t.Run(name+"-"+look, func(t *testing.T) {
				tab := b.tab(t, v)
				tab.do(chromedp.Navigate(address + path))
				tab.keepsNobodyOut(name+"-"+look, v)
			})
		}
	}
}

// keepsNobodyOut is what holds of every page, however somebody looks.
func (b *tab) keepsNobodyOut(name string, v view) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS("main h1")))
	assert.Zero(b.t, evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), "nobody scrolls sideways")
	colour := evaluate[string](b, `getComputedStyle(document.documentElement).backgroundColor`)
	assert.Equal(b.t, v.dark, colour != "rgb(255, 255, 255)", "the background is %s", colour)
	b.picture(name)
	for _, p := range b.examine() {
		assert.Fail(b.t, p.ID+": "+p.Help, fmt.Sprint(p.Nodes))
	}
}

// signIn signs in as somebody from the page that is shown, and comes back there.
func (b *tab) signIn(login string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("header a[href^='/login']")), chromedp.Click(chromedp.CSS("button[value="+login+"]")),
		chromedp.WaitVisible(chromedp.CSS("form[action='/logout']")))
}

func TestBrowserShowsThoseWhoHaveARoleWhatWaitsForThem(t *testing.T) {
	b := newBrowser(t)
	address := open(t)
	for look, v := range views {
		t.Run(look, func(t *testing.T) {
			tab := b.tab(t, v)
			tab.do(chromedp.Navigate(address+"/reviewers"), chromedp.WaitVisible(chromedp.CSS("main h1")))
			assert.NotContains(t, ask(tab, chromedp.Text(chromedp.CSS("main"))), "quinn", "nobody has signed in")
			tab.signIn("quinn")
			assert.Equal(t, address+"/reviewers", ask(tab, chromedp.Location()), "one comes back to where one was")
			assert.Contains(t, ask(tab, chromedp.Text(chromedp.CSS("main"))), "quinn")
			tab.keepsNobodyOut("reviewers-"+look, v)
			tab.do(chromedp.Navigate(address + "/ops"))
			tab.keepsNobodyOut("ops-"+look, v)
			assert.Zero(t, evaluate[int](tab, `document.querySelectorAll("main button").length`), "QA looks and does not act")
			tab.do(chromedp.Navigate(address))
			assert.Contains(t, ask(tab, chromedp.Text(chromedp.CSS("main"))), "Waiting for you")
			tab.keepsNobodyOut("waiting-"+look, v)

			tab.do(chromedp.Click(chromedp.CSS("form[action='/logout'] button")), chromedp.WaitVisible(chromedp.CSS("header a[href^='/login']")))
			assert.NotContains(t, ask(tab, chromedp.Text(chromedp.CSS("main"))), "Waiting for you")
		})
	}
}

func TestBrowserHasAnAdminTryAgainWhatIsParked(t *testing.T) {
	b := newBrowser(t)
	story, onboard := backstage(t)
	mend := story.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs", Status: http.StatusUnprocessableEntity})
	story.GitHub.Install(story.App, story.Alice)
	require.NoError(t, begin(story))
	for range 12 { // ten failures park it
		require.NoError(t, quiet(t.Context(), story, onboard))
		story.later.Add(int64(time.Hour))
		onboard.Wake()
	}
	require.NoError(t, quiet(t.Context(), story, onboard))

	v := view{width: desktopWidth}
	tab := b.tab(t, v)
	tab.do(chromedp.Navigate(onboard.URL()+"/ops"), chromedp.WaitVisible(chromedp.CSS("main h1")))
	tab.signIn("ada")
	parked := chromedp.CSS("[aria-labelledby=parked]")
	assert.Contains(t, ask(tab, chromedp.Text(parked)), "mattermost-plugin-hello")
	tab.keepsNobodyOut("ops-parked", v)
	mend()
	tab.do(chromedp.Click(chromedp.CSS("[aria-labelledby=parked] button")), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	require.NoError(t, quiet(t.Context(), story, onboard))
	tab.do(chromedp.Navigate(onboard.URL()+"/ops"), chromedp.WaitNotPresent(parked))
	assert.Equal(t, "failure", story.Conclusion("licence"), "it was looked at")
}

// backstage runs the App for a story of which nothing was played yet.
func backstage(t *testing.T) (*Story, *app.App) {
	t.Helper()
	story, err := NewStory(fakegithub.Options{})
	require.NoError(t, err)
	onboard, err := app.New(t.Context(), Config(story, "sqlite://"+filepath.Join(t.TempDir(), "demo.db"), "127.0.0.1:0"), zerolog.Nop(),
		app.WithClock(story.Now), app.WithOwnURL())
	require.NoError(t, err)
	story.GitHub.SetWebhookURL(story.App, onboard.URL()+app.HookPath)
	story.GitHub.SetCallbackURLs(story.App, onboard.URL()+app.CallbackPath)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- onboard.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, story.GitHub.Close())
	})
	return story, onboard
}

func TestBrowserFindsAPluginOnTheBoardByKeysAlone(t *testing.T) {
	b := newBrowser(t)
	tab := b.tab(t, view{width: desktopWidth})
	tab.do(chromedp.Navigate(open(t)), chromedp.Focus(chromedp.CSS("input[name=q]")), chromedp.KeyEvent("retro\r"),
		chromedp.WaitNotPresent(chromedp.CSS("a[href$=polls]")))
	cards := evaluate[[]string](tab, `[...document.querySelectorAll(".card a")].map(a => a.textContent)`)
	assert.Equal(t, []string{"mattermost-plugin-retro"}, cards)
}
