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
