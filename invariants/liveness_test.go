package invariants

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// liveness checks all liveness properties, replays what it finds, and returns which are violated and which were ever
// waited for.
func liveness(t *testing.T, m *model.Machine) (violated, waited map[string]bool) {
	t.Helper()
	s, err := CompileLive(m, AllLive())
	require.NoError(t, err)
	r := explore.Liveness(context.Background(), s, explore.Options{})
	require.Equal(t, explore.Exhausted, r.Stop)
	violated, waited = map[string]bool{}, map[string]bool{}
	for i := range s.Waits() {
		if r.Waits>>i&1 == 1 {
			waited[s.Wanted[s.Property(i)].Name] = true
		}
	}
	for _, l := range r.Lassos {
		steps, reasons, err := s.ReplayLasso(l)
		require.NoError(t, err)
		assert.Len(t, steps, len(l.Trace.Steps))
		assert.NotEmpty(t, reasons)
		violated[s.Wanted[s.Property(l.Wait)].Name] = true
	}
	return violated, waited
}

func TestLiveness(t *testing.T) {
	tests := []struct {
		name   string
		kernel string
		change func(*model.Scenario)
		want   []string // what is violated
	}{
		{"nobody reads", "v4.6", nil, nil},
		{
			"a reader that reads once", "v4.6", func(sc *model.Scenario) { sc.Readers, sc.Ops, sc.Notifiers = 1, 1, 0 },
			nil,
		},
		{"a reader that reads again and again", "v4.6", func(sc *model.Scenario) {
			sc.Readers, sc.ReadersLoop, sc.Ops, sc.Notifiers = 1, true, 1, 0
		}, []string{"operation-terminates", "writer-not-starved"}},
		{"threads that stay parked", "v4.6-rc3", nil, []string{"operation-terminates", "parked-unparks"}},
		{
			"a callback that reads", "v4.6", func(sc *model.Scenario) { sc.Callback = model.CallbackReads },
			[]string{"operation-terminates"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			violated, waited := liveness(t, machine(t, tt.kernel, nil, tt.change))
			var names []string
			for _, p := range AllLive() {
				if violated[p.Name] {
					names = append(names, p.Name)
				}
			}
			assert.Equal(t, tt.want, names)
			assert.True(t, waited["operation-terminates"])
		})
	}
}

// What is not a lasso must be refused.
func TestReplayLassoRefuses(t *testing.T) {
	m := machine(
		t, "v4.6", nil, func(sc *model.Scenario) { sc.Readers, sc.ReadersLoop, sc.Ops, sc.Notifiers = 1, true, 1, 0 },
	)
	s, err := CompileLive(m, AllLive())
	require.NoError(t, err)
	good := explore.Liveness(context.Background(), s, explore.Options{}).Lassos[0]
	for want, change := range map[string]func(*explore.Lasso){
		"does not close":  func(l *explore.Lasso) { l.Trace.Steps = l.Trace.Steps[:len(l.Trace.Steps)-1] },
		"is not possible": func(l *explore.Lasso) { l.Trace.Steps = append([]int{99}, l.Trace.Steps...) },
		"does not wait":   func(l *explore.Lasso) { l.Stem = 0 },
		"ends where somebody can go on": func(l *explore.Lasso) {
			l.Trace.Steps = l.Trace.Steps[:l.Stem]
		},
	} {
		bad := good
		bad.Trace.Steps = append([]int(nil), good.Trace.Steps...)
		change(&bad)
		_, _, err := s.ReplayLasso(bad)
		assert.ErrorContains(t, err, want)
	}
}

// plainGraph is a state graph in maps, built with none of the engine's means.
type plainGraph struct {
	waits, takes, enabled []uint64
	next, back            [][]plainEdge
}

type plainEdge struct {
	to int
	by uint64
}

func newPlainGraph(s *LiveSuite) *plainGraph {
	g, ids := &plainGraph{}, map[string]int{}
	var states [][]uint64
	id := func(words []uint64) int {
		key := keyOf(words)
		if _, known := ids[key]; !known {
			ids[key] = len(states)
			states = append(states, append([]uint64(nil), words...))
		}
		return ids[key]
	}
	id(s.Initial()[0])
	w, b := s.newWorker(), explore.NewBatch(s.Width())
	for i := 0; i < len(states); i++ {
		b.Reset()
		w.Expand(states[i], b)
		waits, takes := s.Pending(states[i])
		var edges []plainEdge
		enabled := uint64(0)
		for j, step := range b.Steps {
			by := uint64(1) << s.Process(step.Action)
			edges = append(edges, plainEdge{id(b.State(j)), by})
			enabled |= by
		}
		g.waits, g.takes, g.enabled = append(g.waits, waits), append(g.takes, takes&enabled), append(g.enabled, enabled)
		g.next = append(g.next, edges)
	}
	g.back = make([][]plainEdge, len(states))
	for i := range g.next {
		for _, e := range g.next[i] {
			g.back[e.to] = append(g.back[e.to], plainEdge{i, e.by})
		}
	}
	return g
}

// reach is what is reached from a state within a set, along the edges.
func reach(from int, in map[int]bool, edges [][]plainEdge) map[int]bool {
	seen, queue := map[int]bool{from: true}, []int{from}
	for i := 0; i < len(queue); i++ {
		for _, e := range edges[queue[i]] {
			if in[e.to] && !seen[e.to] {
				seen[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	return seen
}

// fair reports whether a set of states has a fair cycle or a dead end: by forward and backward reachability.
func (g *plainGraph) fair(in map[int]bool) bool {
	for changed := true; changed; { // what has no way in or no way out is on no cycle
		changed = false
		for v := range in {
			inside := func(edges []plainEdge) (n int) {
				for _, e := range edges {
					if in[e.to] {
						n++
					}
				}
				return n
			}
			if g.enabled[v] == 0 {
				return true
			}
			if inside(g.next[v]) == 0 || inside(g.back[v]) == 0 {
				delete(in, v)
				changed = true
			}
		}
	}
	for len(in) > 0 {
		var v int
		for v = range in {
			break
		}
		forth, back := reach(v, in, g.next), reach(v, in, g.back)
		always, acts, could, took := ^uint64(0), uint64(0), uint64(0), uint64(0)
		whole := map[int]bool{}
		for u := range forth {
			if back[u] {
				whole[u] = true
			}
		}
		for u := range whole {
			always, could = always&g.enabled[u], could|g.takes[u]
			for _, e := range g.next[u] {
				if whole[e.to] {
					acts, took = acts|e.by, took|e.by&g.takes[u]
				}
			}
			delete(in, u)
		}
		if acts == 0 || always&^acts != 0 {
			continue
		}
		if could&^took == 0 {
			return true
		}
		for u := range whole {
			if g.takes[u]&could&^took != 0 {
				delete(whole, u)
			}
		}
		if g.fair(whole) {
			return true
		}
	}
	return false
}

// Of every participant, the plain reference must find the same liveness verdicts.
func TestLivenessAgreesWithReference(t *testing.T) {
	for _, c := range small {
		t.Run(c.name, func(t *testing.T) {
			m := machine(t, "v4.6-rc3", nil, func(sc *model.Scenario) {
				if c.change != nil {
					c.change(sc)
				}
				sc.Ops, sc.Notifiers, sc.Faults = min(sc.Ops, 1), min(sc.Notifiers, 1), min(sc.Faults, 1)
			})
			violated, waited := liveness(t, m)
			s, err := CompileLive(m, AllLive())
			require.NoError(t, err)
			g := newPlainGraph(s)
			gotViolated, gotWaited := map[string]bool{}, map[string]bool{}
			for i := range s.Waits() {
				in := map[int]bool{}
				for v, waits := range g.waits {
					if waits>>i&1 == 1 {
						in[v] = true
					}
				}
				name := s.Wanted[s.Property(i)].Name
				if len(in) > 0 {
					gotWaited[name] = true
				}
				if g.fair(in) {
					gotViolated[name] = true
				}
			}
			assert.Equal(t, violated, gotViolated)
			assert.Equal(t, waited, gotWaited)
		})
	}
}
