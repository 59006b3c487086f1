package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/setup"
)

// page waits for a page of the set-up and looks whether everybody can use it.
func (b *tab) page(name, heading string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS("main h1")))
	assert.Equal(b.t, heading, evaluate[string](b, `document.querySelector("h1").textContent`))
	assert.Zero(b.t, evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), "nobody scrolls sideways")
	assert.NotEqual(b.t, "0px", evaluate[string](b, `getComputedStyle(document.body).paddingLeft`), "the policy allows the style")
	b.picture(name)
	for _, p := range b.examine() {
		assert.Fail(b.t, p.ID+": "+p.Help, fmt.Sprint(p.Nodes))
	}
}

func TestBrowserSetsTheAppUp(t *testing.T) {
	b := newBrowser(t)
	for name, v := range map[string]view{"light": {width: desktopWidth}, "dark": {width: desktopWidth, dark: true}, "phone": {width: phoneWidth}} {
		t.Run(name, func(t *testing.T) {
			tab := b.tab(t, v)
			github := fakegithub.New(fakegithub.Options{})
			at, err := github.Start("127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, github.Close()) })
			github.SignIn(github.CreateUser("ann"))

			folder, out, ended := t.TempDir(), words{make(chan string, 1)}, make(chan error, 1)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				ended <- setup.Run(ctx, setup.Options{
					Listen: "127.0.0.1:0", WebURL: at, V3APIURL: at + "/api/v3", V4APIURL: at + "/api/graphql", PublicURL: "https://onboard.example.com",
					HookPath: app.HookPath, CallbackPath: app.CallbackPath, Directory: folder, UserAgent: "onboard", Out: out,
				})
			}()
			tab.do(chromedp.Navigate(<-out.address))
			tab.page("setup-start-"+name, "Create Onboard's GitHub App")
			tab.do(chromedp.Click(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS("input[name=name]")))
			tab.do(chromedp.Click(chromedp.CSS("button")))
			tab.page("setup-done-"+name, "The App onboard is there")
			assert.NotContains(t, evaluate[string](tab, `location.href`), "code=", "the code is not left in the address")
			require.NoError(t, <-ended)
			assert.FileExists(t, filepath.Join(folder, ".env"))
			keys, err := filepath.Glob(filepath.Join(folder, "*.pem"))
			require.NoError(t, err)
			assert.Len(t, keys, 1)
			for _, key := range keys {
				info, err := os.Stat(key)
				require.NoError(t, err)
				assert.Equal(t, os.FileMode(0o600), info.Mode())
			}
		})
	}
}

// words is a terminal that hears the address of the set-up's page.
type words struct{ address chan string }

func (w words) Write(text []byte) (int, error) {
	if found := regexp.MustCompile(`http://127\S+`).Find(text); found != nil {
		select {
		case w.address <- string(found):
		default: // it was heard before
		}
	}
	return len(text), nil
}
