package reports

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/explore"
)

// The seed's bug is sealed by the fault and not before: until then there is a way out, and after it there is none.
func TestPointOfNoReturn(t *testing.T) {
	for _, c := range run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot", "no-deadlock").Violations() {
		roads := c.Roads()
		assert.True(t, c.Steps[roads.NoReturn-1].Fault, c.Property)
		assert.True(t, roads.All)
		assert.NotEmpty(t, roads.Taken)
	}
}

// What is said of a road must be true of every walk along it.
func TestFatesHoldOnWalks(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0]
	roads := c.Roads()
	random := rand.New(rand.NewPCG(1, 2))
	walk := c.suite.Walk()
	bit := uint64(1) << c.property
	saw := map[Fate]int{}
	for _, road := range roads.Taken {
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
			for _, ordinal := range c.Trace[:road.Step-1] {
				take(ordinal)
			}
			for more := take(road.Ordinal); more; more = take(random.IntN(1 << 20)) {
			}
			saw[road.Fate]++
			switch road.Fate {
			case FateMust:
				assert.True(t, violated, "%v", road)
			case FateNever:
				assert.False(t, violated, "%v", road)
			}
		}
	}
	assert.NotZero(t, saw[FateMust])
	assert.NotZero(t, saw[FateNever])
	assert.NotZero(t, saw[FateMay])
}

// What was not looked at must not be called safe.
func TestFatesWithinALimit(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	all, some := c.Roads(), c.findRoads(150)
	assert.False(t, some.All)
	for i, road := range some.Taken {
		if road.Fate == FateNever {
			assert.Equal(t, FateNever, all.Taken[i].Fate)
		}
	}
}

func TestNeighbourhood(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	golden(t, "v4.6-rc3-no-deadlock.roads.dot", render(t, c.Neighbourhood))
}
