package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A page with an error must not pass for one without.
func TestProblemsAreSeen(t *testing.T) {
	p := Open(t, "data:text/html,<script>undefined_thing()</script><p>there</p>", 400, 300)
	assert.Equal(t, "there", p.Text("p"))
	p.mu.Lock()
	assert.NotEmpty(t, p.problems)
	p.problems = nil
	p.mu.Unlock()
}

// What cannot be read must not pass: small letters, also of a picture that is shrunk, faint ones, and a page that is
// too wide.
func TestDefects(t *testing.T) {
	p := Open(t, `data:text/html,<body style="margin:0"><p>fine</p><p style="font-size:8px">small</p>`+
		`<p style="color:rgb(200,200,200)">faint</p><div style="width:500px">wide</div>`+
		`<svg width="100" viewBox="0 0 200 100"><rect width="200" height="100" style="fill:rgb(0,0,0)"/>`+
		`<text y="50" style="font-size:16px">dark</text></svg>`, 400, 300)
	assert.ElementsMatch(t, []string{
		"the page is 100 pixels wider than the window", `"small" is 8.0 pixels high`,
		`"faint" has a contrast of 1.7: 200,200,200 on 255,255,255`, `"dark" is 8.0 pixels high`,
		`"dark" has a contrast of 1.0: 0,0,0 on 0,0,0`,
	}, p.Defects(10))
}

// The tests share one Chromium.
func TestMain(m *testing.M) { Main(m) }
