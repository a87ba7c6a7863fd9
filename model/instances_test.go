package model

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// comingAndGoing has two instances of each state, of which the last comes and goes, and nothing else.
func comingAndGoing(sc *Scenario) {
	sc.Instances, sc.InstancesComeAndGo, sc.Ops, sc.DynStates, sc.Smpboot, sc.Faults = 2, InstanceOfOne, 0, 0, 0, 0
}

// Who comes is the head of its list, and the others stay in their order.
func TestInstanceList(t *testing.T) {
	m := machine(t, "v6.12", comingAndGoing)
	s := m.Initial()
	rungs := m.multiRungs()
	require.Len(t, rungs, 2)
	assert.Equal(t, []int{1, 0}, m.instanceList(&m.Ladder[rungs[0]]))
	for _, r := range rungs {
		assert.True(t, m.Listed(&s, r, 0))
		assert.False(t, m.Listed(&s, r, 1), "it is not there at boot")
	}
	s.Listed = m.listBit(rungs[1])
	assert.False(t, m.Listed(&s, rungs[0], 1))
	assert.True(t, m.Listed(&s, rungs[1], 1))

	m = machine(t, "v6.12", func(sc *Scenario) { sc.Instances = 3 })
	assert.Equal(t, []int{0, 1, 2}, m.instanceList(&m.Ladder[m.multiRungs()[0]]))
}

func TestInstancesComeAndGoRefused(t *testing.T) {
	sc := Default()
	sc.InstancesComeAndGo = InstanceOfOne
	assert.EqualError(t, sc.Validate(), "instances-come-and-go one: want instances=1 or more, one of which it is")
	sc.Instances = 1
	sc.InstancesComeAndGo = "two"
	assert.EqualError(t, sc.Validate(), "instances-come-and-go two: want none, one, both or shared")
	sc.InstancesComeAndGo = InstanceShared
	assert.EqualError(
		t, sc.Validate(), "instances-come-and-go shared: want ops=0 and no suspend: nobody may walk over such lists",
	)
	sc.InstancesComeAndGo = InstanceOfOne
	k, err := Lookup("v4.13")
	require.NoError(t, err)
	_, err = New(k, sc)
	assert.EqualError(
		t, err,
		"instances-come-and-go on v4.13: want v4.14 or a later kernel, which has st->node in its hotplug "+
			"thread",
	)
	sc.Tasks, sc.Readers = 4, 3
	assert.ErrorContains(t, sc.Validate(), "at most 7 of all together")
}

// All that an instance which comes and goes brings about, in every order: of its state each callback is called for that
// instance alone and for each CPU, it is on the list between the two, and in the end nothing of it is left. Without the
// fix, st->node is.
func TestInstanceComesAndGoes(t *testing.T) {
	for _, kernel := range []string{"v4.14", "v6.1", "v6.12"} {
		for _, without := range [][]string{nil, {"node-reset"}} {
			k, err := Lookup(kernel)
			require.NoError(t, err)
			k, err = k.Revert(without...)
			require.NoError(t, err)
			sc := Default()
			comingAndGoing(&sc)
			m, err := New(k, sc)
			require.NoError(t, err)
			device := ThreadID(0)
			for _, id := range m.Threads() {
				if m.threads[id].crew.name == "device" {
					device = id
				}
			}
			ended, stale, listed := 0, 0, map[uint8]bool{}
			visit(m, 100_000, func(x *Exec, before, after *State, act Action) {
				listed[after.Listed] = true
				for _, e := range x.Events {
					if e.Kind == EventInstance {
						assert.Equal(t, uint8(1), e.Instance)
						assert.Equal(
							t, !e.Up, m.Listed(after, e.Step, 1),
							"the startup comes first, and the teardown before it leaves the list",
						)
						who := device
						if m.Ladder[e.Step].Table == AP {
							who = m.Cpuhp(e.CPU)
						}
						assert.Equal(t, who, act.Thread())
					}
				}
				if len(x.Enabled(after, nil)) == 0 {
					ended++
					assert.Zero(t, after.Listed)
					stale += int(after.CPU[0].Node + after.CPU[1].Node)
				}
			})
			assert.Positive(t, ended)
			assert.Equal(t, map[uint8]bool{0: true, 1: true, 2: true}, listed)
			assert.Equal(t, slices.Contains(without, "node-reset"), stale > 0, "%s without %v", kernel, without)
		}
	}
}

// A driver that adds an instance to each of two states needs two nodes. With one, the second state takes it from the
// first, and when it is to be taken off the first, its pointers are poison; whatever fails before, that does not
// happen.
func TestNodeOnTwoLists(t *testing.T) {
	for _, kind := range []ComeAndGo{InstanceOfBoth, InstanceShared} {
		for _, faults := range []int{0, 1} {
			m := machine(t, "v4.19", func(sc *Scenario) {
				comingAndGoing(sc)
				sc.InstancesComeAndGo, sc.Faults = kind, faults
			})
			listed, bugs, ended := map[uint8]bool{}, 0, 0
			visit(m, 100_000, func(x *Exec, _, after *State, _ Action) {
				listed[after.Listed] = true
				for _, e := range x.Events {
					if e.Kind == EventBug {
						bugs++
						assert.Equal(
							t, "hlist_del: general protection fault: node->pprev is LIST_POISON2",
							m.Assertions[e.Assertion].String(),
						)
						assert.Equal(t, uint8(2), after.Listed, "the first state still points to it")
					}
				}
				if len(x.Enabled(after, nil)) == 0 && !after.Crashed {
					ended++
					assert.Zero(t, after.Listed)
				}
			})
			assert.Equal(t, map[uint8]bool{0: true, 2: true, 3: true}, listed)
			assert.Equal(t, kind == InstanceShared, bugs > 0, kind)
			assert.Equal(t, kind == InstanceOfBoth || faults > 0, ended > 0, "%s with %d faults", kind, faults)
		}
	}
}
