package demo

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browser is a real Chromium; each page of it is a tab.
type browser struct {
	t    *testing.T
	ctx  context.Context
	axe  string // the program that finds what keeps people out; "" if it is not there
	keep string // folder for pictures; "" for none
}

// newBrowser starts Chromium: the one that ONBOARD_TEST_BROWSER names, else one that
// is installed. Without any the test is skipped, unless that variable is set.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := os.Getenv("ONBOARD_TEST_BROWSER")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		t.Skip("there is no Chromium (on Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program))
	if os.Geteuid() == 0 { // Chromium keeps no sandbox for root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start %s", program)
	axe, err := os.ReadFile("../../.payloads/axe-core/package/axe.min.js")
	if err != nil {
		require.ErrorIs(t, err, os.ErrNotExist)
		t.Log("axe-core is not there (make payloads takes it): pages are not examined for what keeps people out")
	}
	return &browser{t: t, ctx: ctx, axe: string(axe), keep: os.Getenv("ONBOARD_SCREENSHOTS")}
}

// Sizes of windows.
const (
	desktopWidth = 1280
	phoneWidth   = 390
	windowHeight = 900
)

// view is how somebody looks at pages.
type view struct {
	width int64
	dark  bool
}

// patient bounds what a browser may take.
const patient = 30 * time.Second

// tab is a tab of a browser.
type tab struct {
	t       *testing.T
	ctx     context.Context
	browser *browser
}

// tab opens a tab with cookies of its own.
func (b *browser) tab(t *testing.T, v view) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	require.NoError(t, chromedp.Do(ctx)) // what opens it must not be bounded in time
	opened := &tab{t: t, ctx: ctx, browser: b}
	opened.do(chromedp.EmulateViewport(v.width, windowHeight), func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	})
	return opened
}

// do does something in the tab.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patient)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// ask finds something out in a tab.
func ask[T any](b *tab, question chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patient)
	defer cancel()
	answer, err := chromedp.Run(ctx, question)
	require.NoError(b.t, err)
	return answer
}

// evaluate is what a script comes to in a tab.
func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// picture keeps what the tab shows, if pictures are wanted.
func (b *tab) picture(name string) {
	b.t.Helper()
	if b.browser.keep == "" {
		return
	}
	png := ask(b, chromedp.CaptureScreenshot())
	require.NoError(b.t, os.MkdirAll(b.browser.keep, 0o750))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.browser.keep, name+".png"), png, 0o600))
}

// problem is something on a page that keeps people out.
type problem struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

// examine has axe look at what the tab shows.
func (b *tab) examine() []problem {
	b.t.Helper()
	if b.browser.axe == "" {
		return nil
	}
	b.do(chromedp.Evaluate[chromedp.Void](b.browser.axe))
	found := evaluate[struct{ Violations, Passes []problem }](b, `axe.run()`)
	require.NotEmpty(b.t, found.Passes, "axe looked at nothing")
	return found.Violations
}
