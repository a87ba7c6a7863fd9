package model

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded is a write to a file of CPU 1 of a real machine, and what came of it.
type recorded struct {
	name     string
	from, to int
	fail     int    // the state that was written to the file fail before, -1 for none
	armed    string // what that write returned
	errno    int
	state    int
	target   int
	left     int // what is in the file fail afterwards
}

func recordings(t *testing.T, file string) []recorded {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	number := func(s string) int {
		if s == "" || s == "none" {
			return -1
		}
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return n
	}
	var all []recorded
	for _, r := range rows[1:] {
		all = append(all, recorded{
			name: r[0], from: number(r[2]), to: number(r[3]), fail: number(r[4]), armed: r[5], errno: number(r[6]), state: number(r[7]),
			target: number(r[8]), left: number(r[9]),
		})
	}
	return all
}

// outcome is what an operation of the model comes to: as in recorded.
type outcome struct{ errno, state, target, left int }

// predict follows every schedule of the operations, of which the last is the one that was recorded. offered says whether the file
// fail took the state.
func predict(m *Machine, fail int) (outcomes map[outcome]bool, offered bool) {
	ops := len(m.Scenario.Sequence)
	outcomes = map[outcome]bool{}
	x := m.NewExec()
	queue := []State{m.Initial()}
	seen := map[State]bool{queue[0]: true}
	for i := 0; i < len(queue); i++ {
		for _, act := range x.Enabled(&queue[i], nil) {
			x.become(&queue[i], act.Thread())
			if n := x.node(); n.label == "st->fail = fail" {
				choice := -1
				if act.Outcome() > 0 {
					name := n.outcome(x, act.Outcome())
					for _, s := range m.Ladder {
						if s.Name == name {
							choice = s.Number
						}
					}
				}
				last := int(x.task.Made) == ops
				offered = offered || last && fail >= 0 && choice == fail
				if want := map[bool]int{true: fail, false: -1}[last]; choice != want {
					continue
				}
			}
			after := queue[i]
			x.Do(&after, act)
			for _, e := range x.Events {
				if e.Kind != EventReturn || int(after.Task[0].Made) != ops {
					continue
				}
				c := &after.CPU[1]
				o := outcome{e.Ret.Number(), m.Ladder[c.State].Number, m.Ladder[c.Target].Number, -1}
				if c.Fail != 0 {
					o.left = m.Ladder[c.Fail].Number
				}
				outcomes[o] = true
			}
			if !seen[after] {
				seen[after] = true
				queue = append(queue, after)
			}
		}
	}
	return outcomes, offered
}

// What real machines came to must be what the model comes to, on every schedule: the result of the write, st->state, st->target, and what
// is left in the file fail. A state that the real file refuses, the model's must refuse.
func TestOutcomesOfRealMachines(t *testing.T) {
	accepted, refused := 0, 0
	for _, r := range recordings(t, "testdata/real/6.1.csv") {
		t.Run(r.name, func(t *testing.T) {
			var ops []Op
			switch r.from {
			case 236:
			case 0:
				ops = append(ops, Op{CPU: 1})
			default:
				ops = append(ops, Op{CPU: 1, Via: ViaTarget, Target: r.from})
			}
			switch {
			case r.to == 0:
				ops = append(ops, Op{CPU: 1})
			case r.to == 236:
				ops = append(ops, Op{CPU: 1, Up: true})
			default:
				ops = append(ops, Op{CPU: 1, Via: ViaTarget, Target: r.to})
			}
			m := machine(t, "v6.1", func(sc *Scenario) {
				sc.CPUs, sc.Sequence, sc.DynStates, sc.Smpboot, sc.Targets = 3, ops, 0, 1, TargetsAll // the recorded machine had other CPUs online
				if r.fail < 0 {
					sc.Faults = 0
				} else {
					sc.FaultPoints = []string{"fail/*"}
				}
			})
			outcomes, offered := predict(m, r.fail)
			if r.armed == "EINVAL" {
				assert.False(t, offered, "the file takes a state that it refused")
				refused++
				return
			}
			assert.Equal(t, r.fail >= 0, offered)
			want := outcome{r.errno, r.state, r.target, r.left}
			assert.Equal(t, map[outcome]bool{want: true}, outcomes)
			accepted++
		})
	}
	assert.GreaterOrEqual(t, accepted, 50)
	assert.GreaterOrEqual(t, refused, 20)
}
