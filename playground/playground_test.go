// Package playground is hpcheck in a browser: a folder of files, made by build.sh, that any web server serves.
package playground

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/browser"
)

// The playground works from a plain file server: it finds the seed's bug, shows the report, and the explorer goes where
// its links lead. A link brings back what it was made of.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles hpcheck for the browser")
	}
	dir := t.TempDir()
	out, err := exec.Command("./build.sh", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()

	p := browser.Open(t, server.URL+"/#property=no-deadlock", 1280, 900)
	await(t, p, "Ready.")
	p.Click("#check")
	await(t, p, "A property is violated. It took ")
	var report string
	p.Eval(`document.getElementById("view").srcdoc`, &report)
	assert.Contains(t, report, "hpcheck: v4.6-rc3")
	assert.Contains(t, report, "no-deadlock")
	p.Do(chromedp.Sleep(2 * time.Second)) // until it is drawn
	p.Shot("playground-1280")
	fits(t, p)

	p.Click("#explore")
	await(t, p, "It took ")
	var address string
	p.Eval("location.hash", &address)
	assert.Contains(t, address, "show=explore")

	linked := browser.Open(t, server.URL+"/#kernel=v4.6-rc3&cpus=3&show=explore&at=1.0", 640, 900)
	await(t, linked, "It took ")
	linked.Eval(`document.getElementById("view").srcdoc`, &report)
	assert.Contains(t, report, "after step 2")
	assert.Contains(t, report, "3 CPUs")
	fits(t, linked)
	shown(t, linked, "explore")

	// A key in the explorer takes a step, and the address follows.
	var top float64
	linked.Eval(`document.getElementById("view").getBoundingClientRect().top`, &top)
	for range 4 { // a busy machine may show the page before it listens
		linked.Do(chromedp.MouseClickXY(24, top+6))
		linked.Press("0")
		for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			if linked.Eval("location.hash", &address); strings.Contains(address, "at=1.0x") {
				break
			}
		}
		if strings.Contains(address, "at=1.0x") {
			break
		}
	}
	assert.Regexp(t, `at=1\.0x\d`, address)
	linked.Dark()
	linked.Shot("playground-640")

	bad := browser.Open(t, server.URL+"/#set=reader%3D1&show=check", 1920, 900)
	await(t, bad, `unknown key "reader", did you mean "readers"?`)
	fits(t, bad)
	bad.Shot("playground-1920")
}

// await waits for a status. The first one takes as long as the browser needs to compile 30 MB.
func await(t *testing.T, p *browser.Page, want string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if strings.Contains(p.Text("#status"), want) {
			return
		}
	}
	require.Fail(t, "the status never was", "%q, it is %q", want, p.Text("#status"))
}

// shown waits until the frame shows something.
func shown(t *testing.T, p *browser.Page, want string) {
	t.Helper()
	var what string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		p.Eval(`document.getElementById("view").dataset.shown || ""`, &what)
		if what == want {
			return
		}
	}
	require.Fail(t, "the frame never showed "+want)
}

// fits asserts that nothing overflows sideways.
func fits(t *testing.T, p *browser.Page) {
	t.Helper()
	var over int
	p.Eval("document.documentElement.scrollWidth - innerWidth", &over)
	assert.LessOrEqual(t, over, 0)
}

// The tests share one Chromium.
func TestMain(m *testing.M) { browser.Main(m) }
