package serve

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/browser"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/stepper"
)

func start(t *testing.T, kernel string, change func(*model.Scenario)) *httptest.Server {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	sc := model.Default()
	if change != nil {
		change(&sc)
	}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	s, err := New(m, nil)
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return server
}

// get asks for an address, and returns the status and the page at which it ends.
func get(t *testing.T, server *httptest.Server, target string) (int, string, *url.URL) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+target, nil)
	require.NoError(t, err)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body), resp.Request.URL
}

func TestPages(t *testing.T) {
	server := start(t, "v4.6-rc3", nil)
	status, body, _ := get(t, server, "/")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "operation → down:1")
	status, body, _ = get(t, server, "/?at=0x2")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "cpu_down(1) begins")
	_, body, at := get(t, server, "/find?at=&q="+url.QueryEscape("violates no-deadlock"))
	assert.Contains(t, body, "VIOLATED here: <b>no-deadlock</b>")
	assert.NotEmpty(t, at.Query().Get("at"))
	_, body, _ = get(t, server, "/counterexample?property=rollback-restores-smpboot")
	assert.Contains(t, body, "VIOLATED here: <b>rollback-restores-smpboot</b>")
	_, again, _ := get(t, server, "/counterexample?property=rollback-restores-smpboot") // from memory
	assert.Contains(t, again, "after step 78")
}

// A server of a counterexample begins where it ends, whatever is typed, and its boot can still be reached.
func TestHome(t *testing.T) {
	k, err := model.Lookup("v4.6-rc3")
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	s, err := New(m, nil)
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	_, _, at := get(t, server, "/counterexample?property=no-deadlock")
	path, err := stepper.ParsePath(at.Query().Get("at"))
	require.NoError(t, err)
	address, err := s.Show("no-deadlock", path)
	require.NoError(t, err)
	_, body, at := get(t, server, "/")
	assert.Equal(t, address, at.RequestURI())
	assert.Contains(t, body, "VIOLATED here: <b>no-deadlock</b>")
	_, body, _ = get(t, server, "/?at=")
	assert.Contains(t, body, `<b id="where">booted</b>`)
	assert.Contains(t, body, `id="first" href="/?at="`)
}

// Whatever is in an address, the answer is a page.
func TestHostileAddresses(t *testing.T) {
	server := start(t, "v4.6", nil)
	long := strings.Repeat("0.", 40000)
	for target, want := range map[string]string{
		"/?at=99":                                "leads nowhere",
		"/?at=0.0.7":                             "leads nowhere",
		"/?at=-1":                                "no part of a path",
		"/?at=0x99999999":                        "longer than",
		"/?at=0x0":                               "no part of a path",
		"/?at=0x90000.0x90000":                   "longer than",
		"/?at=1e9":                               "no part of a path",
		"/?at=%00":                               "no part of a path",
		"/?at=" + url.QueryEscape("<script>x"):   "no part of a path",
		"/?at=" + long:                           "too long",
		"/find?q=":                               "say what to look for",
		"/find?q=" + url.QueryEscape("a ; drop"): "is no condition",
		"/find?q=" + url.QueryEscape("<b>x</b> = 1"): "unknown variable",
		"/find?q=violates+x":                         "unknown property",
		"/find?at=x&q=ends":                          "no part of a path",
		"/counterexample?property=":                  "of which property",
		"/counterexample?property=" + url.QueryEscape(`"><img src=x onerror=alert(1)>`): "unknown property",
		"/../../etc/passwd": "404",
		"/nothing":          "404",
	} {
		_, body, _ := get(t, server, target)
		assert.Contains(t, body, want, target[:min(len(target), 60)])
		assert.NotContains(t, body, "<script>x", target[:min(len(target), 60)])
		assert.NotContains(t, body, "<img", target[:min(len(target), 60)])
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		req, err := http.NewRequestWithContext(context.Background(), method, server.URL+"/", nil)
		require.NoError(t, err)
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	}
}

// Another site can neither run searches nor read pages under a name of its own.
func TestOtherSites(t *testing.T) {
	server := start(t, "v4.6", nil)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/find?q=ends", nil)
	require.NoError(t, err)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusForbidden, resp.StatusCode)

	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for host, want := range map[string]int{
		"127.0.0.1:80": 200, "localhost:8000": 200, "[::1]:80": 200, "[::1]": 200, "localhost": 200,
		"evil.example": 403, "evil.example:80": 403, "10.0.0.1": 403, "": 403,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		Local(ok, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}).ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
	}
}

// A large state space is explored without being loaded: this one would never be.
func TestLargeStateSpace(t *testing.T) {
	server := start(t, "v4.6", func(sc *model.Scenario) { sc.CPUs, sc.Tasks, sc.Ops, sc.Faults = 8, 2, 9, 3 })
	status, body, _ := get(t, server, "/?at=0x200")
	require.Equal(t, 200, status, body[:min(len(body), 100)])
	assert.Contains(t, body, "after step 200")
}

func TestAtTheSameTime(t *testing.T) {
	server := start(t, "v4.6", nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			status, _, _ := get(t, server, "/?at=0x30")
			assert.Equal(t, 200, status)
		})
	}
	wg.Wait()
}

func TestInBrowser(t *testing.T) {
	server := start(t, "v4.6-rc3", nil)
	p := browser.Open(t, server.URL+"/", 1700, 1000)
	p.Shot("serve-boot")
	p.Click(`[data-choice="0"]`)
	p.Await("#where", "after step 1")
	p.Press("0")
	p.Await("#where", "after step 2")
	p.Press(kb.ArrowLeft)
	p.Await("#where", "after step 1")
	// The diagram has what is possible on the lane of its thread, and a click takes the step.
	var lane string
	p.Eval(`(n => { const x = +n.querySelector("rect").getAttribute("x");
		return [...document.querySelectorAll("text.lane")].filter(t => +t.getAttribute("x") >= x)[0].textContent; })(
		document.querySelector(".node.possible"))`, &lane)
	assert.Equal(t, "task 0", lane)
	p.Click(`.diagram a[href*="at="]`)
	p.Await("#where", "after step 2")
	p.Press(kb.ArrowLeft)
	p.Await("#where", "after step 1")
	// Search, by the keyboard.
	p.Press("/")
	p.Do(chromedp.SendKeys("#q", "CPU 1 active = false"+kb.Enter, chromedp.ByQuery))
	p.Await("#where", "after step 22")
	p.Shot("serve-found")
	// To a counterexample.
	p.Click(`a[href^="/counterexample?property=rollback-restores-smpboot"]`)
	p.Await("#where", "after step 78")
	assert.Contains(t, p.Text(".violated"), "cpuhp/1 and smpboot1/1 are left parked")
	p.Shot("serve-violated")
	// The ladder says where the CPU stands, what failed and what was not undone; the diagram is where the way has come
	// to.
	ladder := p.Text(".ladders")
	assert.Contains(t, ladder, "The ladder of CPU 1: cpu_down(1)")
	for _, want := range []string{
		"▼ dyn1_teardown()", "✖ not called: dyn1_startup()", "▼ takedown_cpu() ⚡ -EBUSY",
	} {
		assert.Contains(t, ladder, want)
	}
	var seen bool
	p.Eval(`(b => { const n = document.querySelector(".node.now").getBoundingClientRect();
		return n.top >= b.top && n.bottom <= b.bottom; })(
		document.querySelector(".diagram .scroll").getBoundingClientRect())`, &seen)
	assert.True(t, seen, "the last step is in sight")
	// A click on a value puts it into the search.
	p.Click(`td[data-find="CPU 1 online = true"]`)
	var q string
	p.Do(chromedp.Value("#q", &q, chromedp.ByQuery))
	assert.Equal(t, "CPU 1 online = true", q)
	var wide int
	p.Eval("document.documentElement.scrollWidth", &wide)
	assert.LessOrEqual(t, wide, 1700)
	for _, request := range p.Requests() {
		assert.True(t, strings.HasPrefix(request, server.URL) || strings.HasPrefix(request, "data:"), request)
	}
}

func TestInNarrowBrowser(t *testing.T) {
	server := start(t, "v4.6-rc3", nil)
	p := browser.Open(t, server.URL+"/?at=0x20", 400, 800)
	var wide int
	p.Eval("document.documentElement.scrollWidth", &wide)
	assert.LessOrEqual(t, wide, 400)
	p.Dark()
	p.Shot("serve-narrow")
}

// The explorer can be read in a narrow window, in a usual one and in a wide one, in light and in dark: nothing sticks
// out, no letter is smaller than ten pixels, and none is faint.
func TestCanBeRead(t *testing.T) {
	server := start(t, "v4.6-rc3", nil)
	for _, target := range []string{
		"/", "/?at=0x60", "/counterexample?property=no-deadlock", "/find?q=online+%3D+maybe",
	} {
		p := browser.Open(t, server.URL+target, 1280, 900)
		for _, width := range []int64{400, 1280, 1700} {
			p.Resize(width, 900)
			p.Do(chromedp.Reload())
			p.Await("footer", "Keys")
			for scheme, set := range map[string]func(){"light": p.Light, "dark": p.Dark} {
				set()
				assert.Empty(t, p.Defects(10), "%s, %s at %d pixels", target, scheme, width)
			}
		}
	}
}

// Whatever the width of the window, nothing is cut off: tables scroll in their place, and columns go below each other.
func TestWidths(t *testing.T) {
	server := start(t, "v4.6-rc3", nil)
	for _, width := range []int64{640, 1000, 1160, 1280, 1440, 1920} {
		p := browser.Open(t, server.URL+"/?at=0x60", width, 900)
		var over, right int
		p.Eval("document.documentElement.scrollWidth - innerWidth", &over)
		assert.LessOrEqual(t, over, 0, "at %d pixels", width)
		p.Eval(`Math.max(...[...document.querySelectorAll("main > section, .props, .threads, .way")].map(
			e => Math.ceil(e.getBoundingClientRect().right)))`, &right)
		assert.LessOrEqual(t, right, int(width), "at %d pixels", width)
		if width >= 1280 {
			var cut int
			p.Eval(
				`Math.max(...[...document.querySelectorAll(".state .scroll")].map(e => e.scrollWidth - e.clientWidth))`,
				&cut,
			)
			assert.LessOrEqual(t, cut, 0, "every table is seen whole at %d pixels", width)
		}
		p.Shot(fmt.Sprintf("serve-%d", width))
	}
}

// The tests share one Chromium.
func TestMain(m *testing.M) { browser.Main(m) }
