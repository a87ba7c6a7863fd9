// Package browser lets tests drive pages in a real, headless Chromium.
package browser

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// names are what Chromium is called.
var names = []string{"chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"}

// Page is a tab.
type Page struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	problems []string // what the console complained of
	requests []string // what was asked of the network
}

// Main runs the tests of a package, which share one Chromium, and ends that.
func Main(m *testing.M) {
	code := m.Run()
	if end != nil {
		end()
	}
	os.Exit(code)
}

var end func() // ends the Chromium that is there

// chromium is the browser that all tests of a package share; to begin one takes as long as a test. The context is nil
// if none is installed.
var chromium = sync.OnceValues(func() (context.Context, error) {
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(
			chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		)
		allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, _ := chromedp.NewContext(allocator)
		end = func() {
			_ = chromedp.Cancel(ctx) // and wait until it has gone
			cancel()
		}
		return ctx, chromedp.Run(ctx)
	}
	return nil, nil
})

// Open opens a page in a tab of its own. The test is skipped where there is no Chromium; it fails in the end if the
// console has complained.
func Open(t *testing.T, url string, width, height int64) *Page {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long")
	}
	shared, err := chromium()
	require.NoError(t, err)
	if shared == nil {
		t.Skip("no Chromium is installed (Debian: apt-get install chromium); .ci/run installs it")
	}
	ctx, cancel := chromedp.NewContext(shared)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	p := &Page{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, p.listen)
	p.Do(
		network.Enable(), log.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, false),
		emulation.SetFocusEmulationEnabled(true), // as if the tab were in front
		chromedp.Navigate(url),
	)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Errorf("the browser's console: %s", problem)
		}
	})
	return p
}

func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		p.problems = append(p.problems, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			p.problems = append(p.problems, fmt.Sprintf("%s: %v", e.Type, e.Args))
		}
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Do runs actions.
func (p *Page) Do(actions ...chromedp.Action) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Run(p.ctx, actions...))
}

// Click clicks the first element that the selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.Do(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// Press presses a key.
func (p *Page) Press(key string) {
	p.t.Helper()
	p.Do(chromedp.KeyEvent(key))
}

// Text returns the text of the first element that the selector finds, "" if there is none.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	var text string
	p.Eval(innerText(selector), &text)
	return text
}

// innerText is "" until the page is complete: before, its script may not listen to keys yet.
func innerText(selector string) string {
	return fmt.Sprintf(
		`(document.readyState === "complete" && document.querySelector(%q) || {innerText: ""}).innerText`,
		selector,
	)
}

// Await waits until the text of the first element that the selector finds contains what is wanted. While the browser
// goes from one page to another there is no text, and that is no failure.
func (p *Page) Await(selector, want string) {
	p.t.Helper()
	var text string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := chromedp.Run(
			p.ctx,
			chromedp.Evaluate(innerText(selector), &text),
		); err == nil &&
			strings.Contains(text, want) {
			return
		}
	}
	p.t.Fatalf("%s: %q does not contain %q", selector, text, want)
}

// Eval evaluates JavaScript into what result points to.
func (p *Page) Eval(js string, result any) {
	p.t.Helper()
	p.Do(chromedp.Evaluate(js, result))
}

//go:embed defects.js
var defects string

// Defects is what is wrong with how the page looks, in the colours of the moment: it is wider than its window, letters
// are smaller than least pixels, or can hardly be told from what is behind them.
func (p *Page) Defects(least float64) []string {
	p.t.Helper()
	var wrong []string
	p.Eval(fmt.Sprintf("%s(%g)", strings.TrimSpace(defects), least), &wrong)
	return wrong
}

// Resize has the window be of a size.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.Do(emulation.SetDeviceMetricsOverride(width, height, 1, false))
}

// Light has the page think that the user likes it light.
func (p *Page) Light() { p.t.Helper(); p.prefers("light") }

// Requests are the addresses that the page has asked for.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...)
}

// Dark has the page think that the user likes it dark.
func (p *Page) Dark() { p.t.Helper(); p.prefers("dark") }

func (p *Page) prefers(scheme string) {
	p.t.Helper()
	p.Do(emulation.SetEmulatedMedia().WithFeatures(
		[]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	))
}

// Print has the page look as it does on paper.
func (p *Page) Print() {
	p.t.Helper()
	p.Do(emulation.SetEmulatedMedia().WithMedia("print"))
}

// Shot writes a picture of what is in view to the directory that HPCHECK_SHOTS names, for people to look at.
func (p *Page) Shot(name string) {
	p.t.Helper()
	dir := os.Getenv("HPCHECK_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	p.Do(chromedp.CaptureScreenshot(&picture))
	require.NoError(p.t, os.MkdirAll(dir, 0o777))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o666))
}
