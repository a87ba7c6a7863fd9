package reports

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/explore"
)

// The violation is inevitable after the fault and not before: until then there is a way out,
// and after it there is none.
func TestPointOfNoReturn(t *testing.T) {
	for _, c := range run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot", "no-deadlock").Violations() {
		alternatives := c.Alternatives()
		assert.True(t, c.Steps[alternatives.NoReturn-1].Fault, c.Property)
		assert.True(t, alternatives.Complete)
		assert.NotEmpty(t, alternatives.Untaken)
	}
}

// What is said of an alternative must be true of every walk along it.
func TestFatesHoldOnWalks(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0]
	alternatives := c.Alternatives()
	random := rand.New(rand.NewPCG(1, 2))
	walk := c.suite.Walk()
	bit := uint64(1) << c.property
	saw := map[Prospect]int{}
	for _, alternative := range alternatives.Untaken {
		for range 5 {
			state := c.start
			violated := false
			take := func(ordinal int) bool {
				ts, ends := walk.Transitions(state)
				violated = violated || ends&bit != 0
				if len(ts) == 0 {
					return false
				}
				tr := ts[ordinal%len(ts)]
				violated = violated || tr.Violated&bit != 0
				state = tr.Next
				return true
			}
			for _, ordinal := range c.Trace[:alternative.Step-1] {
				take(ordinal)
			}
			for more := take(alternative.Ordinal); more; more = take(random.IntN(1 << 20)) {
			}
			saw[alternative.Prospect]++
			switch alternative.Prospect {
			case Inevitable:
				assert.True(t, violated, "%v", alternative)
			case Impossible:
				assert.False(t, violated, "%v", alternative)
			}
		}
	}
	assert.NotZero(t, saw[Inevitable])
	assert.NotZero(t, saw[Impossible])
	assert.NotZero(t, saw[Possible])
}

// What was not looked at must not be called safe.
func TestFatesWithinALimit(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	all, some := c.Alternatives(), c.findAlternatives(150)
	assert.False(t, some.Complete)
	for i, alternative := range some.Untaken {
		if alternative.Prospect == Impossible {
			assert.Equal(t, Impossible, all.Untaken[i].Prospect)
		}
	}
}

func TestNeighbourhood(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	golden(t, "v4.6-rc3-no-deadlock.alternatives.dot", render(t, c.Neighbourhood))
}

// Graphviz writes the label of an edge over other edges: nothing that is to be read stands there. What stays possible
// is drawn once.
func TestAlternativesCanBeRead(t *testing.T) {
	for _, c := range run(t, "v4.6-rc3", explore.Options{}, "idle-never-blocks", "no-deadlock").Violations() {
		for _, line := range strings.Split(string(render(t, c.Neighbourhood)), "\n") {
			if edgeLine.MatchString(line) {
				assert.NotContains(t, line, "label", c.Property)
			}
		}
	}
	a := func(step int, text string, rejoins int) Alternative {
		return Alternative{Step: step, Until: step, Text: text, Rejoins: rejoins}
	}
	merged := merge([]Alternative{a(1, "x", -1), a(1, "y", -1), a(2, "x", -1), a(4, "x", -1), a(5, "x", 5)})
	var instead []string
	for i := range merged {
		instead = append(instead, merged[i].Text+" "+merged[i].Instead())
	}
	assert.Equal(t, []string{"x 1-2", "y 1", "x 4", "x 5"}, instead)
}

func TestOldNameOfAFormat(t *testing.T) {
	f, err := LookupFormat("roads")
	assert.NoError(t, err)
	assert.Equal(t, "alternatives", f.Name)
	_, err = LookupFormat("")
	assert.Error(t, err)
}
