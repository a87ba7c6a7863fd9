package reports

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/browser"
	"github.com/hpcheck/hpcheck/model"
)

// page writes a report to a file, as a user gets it, and returns its address.
func page(t *testing.T, r *Run) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(name, render(t, r.HTML), 0o666))
	return (&url.URL{Scheme: "file", Path: name}).String()
}

// What a newcomer reads first must name the failure, what is left behind, and what fixes it.
func TestHTMLSaysWhatWentWrong(t *testing.T) {
	text := string(render(t, run(t, "v4.6-rc3", explore.Options{}).HTML))
	top, _, _ := strings.Cut(text, `id="properties"`)
	assert.Contains(t, top, `<span class="nb">-EBUSY</span>`, "an error is not broken behind its sign")
	top = strings.NewReplacer(`<span class="nb">`, "", "</span>", "").Replace(top)
	for _, want := range []string{
		"8 of 30 properties are violated", "__cpu_disable() fails with -EBUSY: the CPU refuses to die",
		"CPU 1 is online, and cpuhp/1 and smpboot1/1 are left parked", "task 0 waits for ever",
		"takedown_cpu() unparks the hotplug thread",
	} {
		assert.Contains(t, top, want)
	}
}

// No report needs the network: nothing is loaded from anywhere.
func TestHTMLIsSelfContained(t *testing.T) {
	text := render(t, run(t, "v4.6-rc3", explore.Options{}).HTML)
	for _, load := range []string{"src=", "@import", "url(http", "fetch(", "XMLHttpRequest", `rel="stylesheet"`} {
		assert.False(t, bytes.Contains(text, []byte(load)), load)
	}
}

func TestHTMLOfEveryVerdict(t *testing.T) {
	for name, r := range someRuns(t) {
		text := string(render(t, r.HTML))
		for _, v := range r.Verdicts {
			assert.Contains(t, text, r.verdict(v), name)
		}
		if name == "incomplete" {
			assert.Contains(t, text, "Not done: nothing is violated so far")
		}
	}
}

func TestHTMLInBrowser(t *testing.T) {
	p := browser.Open(t, page(t, run(t, "v4.6-rc3", explore.Options{})), 1700, 1100)
	p.Shot("report-top")
	const first = "#rollback-restores-smpboot "
	// It begins at the failure, which the story's button shows too.
	assert.Contains(t, p.Text(first+".now"), "⚡ FAULT: step 62 of 78: migration/1, on CPU 1")
	p.Click(first + `button[data-step="33"]`)
	assert.Contains(t, p.Text(first+".now"), "step 33 of 78: task 0")
	assert.Contains(t, p.Text(first+".threads"), "KTHREAD_SHOULD_PARK")
	p.Shot("report-step-33")
	// Forward and back by button and by key.
	p.Click(first + `[data-go="next"]`)
	assert.Contains(t, p.Text(first+".now"), "step 34 of 78")
	p.Press(kb.ArrowLeft)
	p.Press(kb.ArrowLeft)
	assert.Contains(t, p.Text(first+".now"), "step 32 of 78")
	p.Press("n")
	assert.Contains(t, p.Text(first+".now"), "step 33 of 78")
	p.Press(kb.Home)
	assert.Contains(t, p.Text(first+".now"), "booted")
	assert.Contains(t, p.Text(first+".cpus"), "CPUHP_ONLINE (43)")
	p.Press(kb.End)
	assert.Contains(t, p.Text(first+".now"), "✖ VIOLATED: step 78 of 78")
	assert.Contains(t, p.Text(first+".cpus"), "CPUHP_AP_ONLINE_IDLE (9)")
	p.Shot("report-end")
	p.Click(first + `button[data-step="62"]`)
	p.Shot("report-fault")
	// A box of the diagram.
	p.Do(clickNode(first + `.diagram .node.fault`))
	assert.Contains(t, p.Text(first+".now"), "step 62 of 78")
	p.Shot("report-diagram")
	// The address names the step, and leads there.
	var hash string
	p.Eval("location.hash", &hash)
	assert.Equal(t, "#rollback-restores-smpboot/62", hash)
	p.Eval(`location.hash = "#no-deadlock/79"; 0`, new(int))
	p.Await("#no-deadlock .now", "step 79 of 90")
	// The quiet steps are hidden until somebody asks for them.
	var shown int
	const count = `[...document.querySelectorAll("#no-deadlock .steps tbody tr")].filter(r => r.offsetParent).length`
	p.Eval(count, &shown)
	assert.Less(t, shown, 60)
	p.Click("#no-deadlock .quiet-toggle")
	p.Eval(count, &shown)
	assert.Equal(t, 90, shown)
	for _, request := range p.Requests() {
		assert.Regexp(t, "^(file|data):", request, "nothing leaves the file")
	}
}

// inView reports whether an element is in the part of the diagram that can be seen.
const inView = `(selector => {
	const box = document.querySelector("#rollback-restores-smpboot .diagram .scroll").getBoundingClientRect();
	const e = document.querySelector("#rollback-restores-smpboot " + selector).getBoundingClientRect();
	return e.top >= box.top - 1 && e.bottom <= box.bottom + 1 && e.left >= box.left - 1 && e.right <= box.right + 1;
})`

// In a window of 1280 pixels every lane is seen, the diagram follows the step that is chosen anywhere, and the heads of
// the lanes stay in sight. Lanes can be hidden.
func TestHTMLDiagram(t *testing.T) {
	p := browser.Open(t, page(t, run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot")), 1280, 900)
	const first = "#rollback-restores-smpboot "
	seen := func(selector string) bool {
		var is bool
		p.Eval(inView+fmt.Sprintf("(%q)", selector), &is)
		return is
	}
	var over int
	p.Eval(`(e => e.scrollWidth - e.clientWidth)(document.querySelector(".diagram .scroll"))`, &over)
	assert.LessOrEqual(t, over, 0, "every lane is seen")
	assert.True(t, seen(".diagram .node.fault"), "it begins at the failure")
	p.Shot("report-1280")
	assert.True(t, seen(".heads text.lane"), "the heads of the lanes stay")
	assert.False(t, seen(`.node[data-from="1"]`))
	p.Eval(`(r => { r.value = 4; r.dispatchEvent(new Event("input")); })(document.querySelector("[type=range]")); 0`,
		new(int))
	assert.True(t, seen(".node.selected"), "the slider")
	p.Press(kb.End)
	assert.True(t, seen(".node.selected"), "the keys")
	p.Eval(`document.querySelector("#rollback-restores-smpboot .steps tr[data-step='33'] code").click(); 0`, new(int))
	assert.True(t, seen(".node.selected"), "a row of the table")
	assert.Contains(t, p.Text(first+".now"), "step 33 of 78")
	// Without a lane its boxes and arrows are gone.
	const boxes = `[...document.querySelectorAll(".node[data-from]")]
		.filter(n => n.getBoundingClientRect().width).length`
	var before, after int
	p.Eval(boxes, &before)
	p.Click(first + ".lanes button:nth-of-type(2)")
	p.Eval(boxes, &after)
	assert.Less(t, after, before)
	assert.Equal(t, "false", attribute(p, first+".lanes button:nth-of-type(2)", "aria-pressed"))
	p.Shot("report-1280-lanes")
	p.Click(first + ".lanes button:nth-of-type(2)")
	p.Eval(boxes, &after)
	assert.Equal(t, before, after)
}

func attribute(p *browser.Page, selector, name string) string {
	var value string
	p.Eval(fmt.Sprintf("document.querySelector(%q).getAttribute(%q)", selector, name), &value)
	return value
}

// On paper there is nothing to click, all of the diagram is on the page, and the ground is white even for who likes it
// dark.
func TestHTMLOnPaper(t *testing.T) {
	p := browser.Open(t, page(t, run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot")), 800, 1100)
	p.Print()
	var shown bool
	p.Eval(`getComputedStyle(document.querySelector(".panel")).display !== "none"`, &shown)
	assert.False(t, shown)
	var width float64
	p.Eval(`document.querySelector(".diagram svg").getBoundingClientRect().width`, &width)
	assert.LessOrEqual(t, width, 800.0)
	var ground string
	p.Eval(`getComputedStyle(document.body).backgroundColor`, &ground)
	assert.Equal(t, "rgb(255, 255, 255)", ground)
	p.Shot("report-paper")
}

// On a narrow screen nothing sticks out of the page: what is wide scrolls in its place.
func TestHTMLOnANarrowScreen(t *testing.T) {
	p := browser.Open(t, page(t, run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot")), 400, 800)
	var wide int
	p.Eval("document.documentElement.scrollWidth", &wide)
	assert.LessOrEqual(t, wide, 400)
	p.Shot("report-narrow")
	p.Dark()
	p.Shot("report-narrow-dark")
}

// Every report can be read in a narrow window, in a usual one and in a wide one, in light and in dark: nothing sticks
// out, no letter is smaller than ten pixels, and none is faint.
func TestHTMLCanBeRead(t *testing.T) {
	for name, r := range map[string]*Run{
		"violated": run(t, "v4.6-rc3", explore.Options{}), "holds": run(t, "v7.3", explore.Options{}),
	} {
		p := browser.Open(t, page(t, r), 1280, 900)
		for _, width := range []int64{400, 1280, 1700} {
			p.Resize(width, 900)
			p.Do(chromedp.Reload())
			p.Await("footer", "hpcheck")
			for scheme, set := range map[string]func(){"light": p.Light, "dark": p.Dark} {
				set()
				assert.Empty(t, p.Defects(10), "%s, %s at %d pixels", name, scheme, width)
			}
		}
	}
}

// The page of traces can be read as well, also where the names of its files are long.
func TestConformanceCanBeRead(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	long := strings.Repeat("a/rather/long/path/", 6) + "of-a.trace"
	c := &Conformance{Kernel: k, Results: []conform.Result{
		{File: long, Verdict: conform.VerdictRefused, Line: 27, Seen: "cpu: 0001 target: 145 step: 188", Events: 12},
		{File: long, Verdict: conform.VerdictAccepted, Events: 12, Searched: 1234567},
		{File: long, Verdict: conform.VerdictUndecided, Why: "too many states"},
	}}
	name := filepath.Join(t.TempDir(), "conform.html")
	require.NoError(t, os.WriteFile(name, render(t, c.HTML), 0o666))
	for _, width := range []int64{400, 1280, 1700} {
		p := browser.Open(t, "file://"+name, width, 900)
		assert.Empty(t, p.Defects(10), "light at %d pixels", width)
		p.Dark()
		assert.Empty(t, p.Defects(10), "dark at %d pixels", width)
		assert.Contains(t, p.Text("table"), "1,234,567")
	}
}

// The fonts of the machine must not make what was computed overlap: the browser measures it.
func TestSVGInBrowser(t *testing.T) {
	p := browser.Open(t, page(t, run(t, "v4.6-rc3", explore.Options{}, "no-deadlock")), 1700, 1100)
	p.Dark()
	p.Shot("report-dark")
	var outside []string
	p.Eval(
		`[...document.querySelectorAll(".swim .node")].flatMap(n => {
			const r = n.querySelector("rect"); if (!r) return [];
			const b = r.getBBox();
			const out = x => x.x < b.x || x.x + x.width > b.x + b.width || x.y < b.y - 1 ||
				x.y + x.height > b.y + b.height + 2;
			return [...n.querySelectorAll("text")].filter(t => out(t.getBBox())).map(t => t.textContent) })`,
		&outside,
	)
	assert.Empty(t, outside, "text sticks out of its box")
}

// The tests share one Chromium.
func TestMain(m *testing.M) { browser.Main(m) }
