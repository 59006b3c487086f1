package demo

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	"no-role":      "/ops",
	"not-found":    "/none",
}

func TestBrowserShowsEveryPageToEverybody(t *testing.T) {
	b := newBrowser(t)
	address := open(t)
	views := map[string]view{"light": {width: desktopWidth}, "dark": {width: desktopWidth, dark: true}, "phone": {width: phoneWidth}}
	for name, path := range pages {
		for look, v := range views {
			t.Run(name+"-"+look, func(t *testing.T) {
				tab := b.tab(t, v)
				tab.do(chromedp.Navigate(address+path), chromedp.WaitVisible(chromedp.CSS("main h1")))
				assert.Zero(t, evaluate[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), "nobody scrolls sideways")
				colour := evaluate[string](tab, `getComputedStyle(document.documentElement).backgroundColor`)
				assert.Equal(t, v.dark, colour != "rgb(255, 255, 255)", "the background is %s", colour)
				tab.picture(name + "-" + look)
				for _, p := range tab.examine() {
					assert.Fail(t, p.ID+": "+p.Help, fmt.Sprint(p.Nodes))
				}
			})
		}
	}
}

func TestBrowserFindsAPluginOnTheBoardByKeysAlone(t *testing.T) {
	b := newBrowser(t)
	tab := b.tab(t, view{width: desktopWidth})
	tab.do(chromedp.Navigate(open(t)), chromedp.Focus(chromedp.CSS("input[name=q]")), chromedp.KeyEvent("retro\r"),
		chromedp.WaitNotPresent(chromedp.CSS("a[href$=polls]")))
	cards := evaluate[[]string](tab, `[...document.querySelectorAll(".card a")].map(a => a.textContent)`)
	assert.Equal(t, []string{"mattermost-plugin-retro"}, cards)
}
