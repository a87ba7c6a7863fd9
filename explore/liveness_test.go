package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// processes is a system of processes with states of one word.
type processes struct {
	n     int
	next  func(s uint64, process int) []uint64
	waits func(s uint64) uint64
	takes func(s uint64) uint64
}

func (p processes) Width() int                { return 1 }
func (p processes) Initial() [][]uint64       { return [][]uint64{{0}} }
func (p processes) NumProperties() int        { return 0 }
func (p processes) Processes() int            { return p.n }
func (p processes) Process(action uint32) int { return int(action) }
func (p processes) Pending(state []uint64) (waits, takes uint64) {
	if p.takes != nil {
		takes = p.takes(state[0])
	}
	return p.waits(state[0]), takes
}
func (p processes) NewWorker() Worker { return processWorker{p} }

type processWorker struct{ processes }

func (w processWorker) Marks() []uint64 { return nil }
func (w processWorker) Expand(state []uint64, b *Batch) uint64 {
	for process := range w.n {
		for _, to := range w.next(state[0], process) {
			b.Add(Step{Action: uint32(process)})[0] = to
		}
	}
	return 0
}

func live(sys processes) *LiveResult { return Liveness(context.Background(), sys, Options{}) }

// fair executes a lasso and checks that it is one: it closes, waits all along, and gives each process its due.
func fair(t *testing.T, sys processes, l Lasso) {
	t.Helper()
	w, b := sys.NewWorker(), NewBatch(1)
	at := l.Trace.Initial[0]
	start, always, acts, could, took := at, ^uint64(0), uint64(0), uint64(0), uint64(0)
	for i := 0; ; i++ {
		b.Reset()
		w.Expand([]uint64{at}, b)
		if i >= l.Stem {
			if i == l.Stem {
				start = at
			}
			require.NotZero(t, sys.waits(at)>>l.Wait&1, "it does not wait in state %d", at)
			enabled := uint64(0)
			for _, s := range b.Steps {
				enabled |= 1 << s.Action
			}
			always &= enabled
			_, takes := sys.Pending([]uint64{at})
			could |= takes & enabled
			if i < len(l.Trace.Steps) {
				took |= takes & (1 << b.Steps[l.Trace.Steps[i]].Action)
			}
		}
		if i == len(l.Trace.Steps) {
			break
		}
		if i >= l.Stem {
			acts |= 1 << b.Steps[l.Trace.Steps[i]].Action
		}
		at = b.State(l.Trace.Steps[i])[0]
	}
	assert.Equal(t, start, at, "the cycle does not close")
	assert.Zero(t, always&^acts, "the cycle is not fair")
	assert.Zero(t, could&^took, "somebody never gets a lock that it could take")
	if len(l.Trace.Steps) == l.Stem {
		assert.Empty(t, b.Steps, "a lasso without a cycle must end where nobody can go on")
	}
}

// lock makes two processes that want a lock again and again: 0 elsewhere, then whatever take and give do. Wait i is
// that process i wants it.
func twoProcesses(next func(s uint64, process int) []uint64) processes {
	return processes{n: 2, next: next, waits: func(s uint64) (waits uint64) {
		for i := range 2 {
			if pc := get(s, 2*i, 2); pc == 1 || pc == 2 {
				waits |= 1 << i
			}
		}
		return waits
	}}
}

func TestLivenessOfTextbooks(t *testing.T) {
	// A lock that is taken by test-and-set: whoever comes at the right time gets it, and the other may never.
	testAndSet := twoProcesses(func(s uint64, i int) []uint64 {
		switch pc := get(s, 2*i, 2); {
		case pc == 0:
			return []uint64{set(s, 2*i, 2, 1)}
		case pc == 1 && has(s, 4):
			return []uint64{s} // it spins
		case pc == 1:
			return []uint64{set(set(s, 2*i, 2, 3), 4, 1, 1)}
		}
		return []uint64{set(set(s, 2*i, 2, 0), 4, 1, 0)}
	})
	r := live(testAndSet)
	require.Equal(t, Exhausted, r.Stop)
	require.Len(t, r.Lassos, 2)
	for _, l := range r.Lassos {
		fair(t, testAndSet, l)
	}
	// The same lock, waiting without a turn of its own: blocked while it is taken, so that it is never due.
	blocking := twoProcesses(func(s uint64, i int) []uint64 {
		if get(s, 2*i, 2) == 1 && has(s, 4) {
			return nil
		}
		return testAndSet.next(s, i)
	})
	require.Len(t, live(blocking).Lassos, 2)
	// As a lock that everybody gets who could take it again and again, it is fair.
	blocking.takes = blocking.waits
	require.Empty(t, live(blocking).Lassos)

	// Peterson's lock: nobody waits for ever. 1 is before turn is given away, 2 is the wait, 3 inside.
	peterson := twoProcesses(func(s uint64, i int) []uint64 {
		other := 1 - i
		switch get(s, 2*i, 2) {
		case 0:
			return []uint64{set(s, 2*i, 2, 1)}
		case 1:
			return []uint64{set(set(s, 4, 1, uint64(other)), 2*i, 2, 2)}
		case 2:
			if get(s, 2*other, 2) != 0 && get(s, 4, 1) == uint64(other) {
				return []uint64{s}
			}
			return []uint64{set(s, 2*i, 2, 3)}
		}
		return []uint64{set(s, 2*i, 2, 0)}
	})
	r = live(peterson)
	assert.Equal(t, uint64(3), r.Waits)
	assert.Empty(t, r.Lassos)

	// Two that wait for each other, and nothing moves: the cycle is empty.
	deadlock := twoProcesses(func(s uint64, i int) []uint64 {
		if get(s, 2*i, 2) == 0 {
			return []uint64{set(s, 2*i, 2, 1)}
		}
		return nil
	})
	r = live(deadlock)
	require.Len(t, r.Lassos, 2)
	for _, l := range r.Lassos {
		assert.Equal(t, l.Stem, len(l.Trace.Steps))
		fair(t, deadlock, l)
	}
}

// reference finds out plainly whether anything can be awaited for ever: it looks at every set of states.
func (p processes) reference(size int) (waits uint64) {
	type edge struct {
		to int
		by uint64
	}
	edges := make([][]edge, size)
	reachable := 1
	for s := range size {
		for i := range p.n {
			for _, to := range p.next(uint64(s), i) {
				edges[s] = append(edges[s], edge{int(to), 1 << i})
			}
		}
	}
	grow := func(set, within int) int {
		for range size {
			for s := range size {
				for _, e := range edges[s] {
					if set>>s&1 == 1 && within>>e.to&1 == 1 {
						set |= 1 << e.to
					}
				}
			}
		}
		return set
	}
	reachable = grow(reachable, 1<<size-1)
	for set := 1; set < 1<<size; set++ {
		pending, always, acts, could, took := ^uint64(0), ^uint64(0), uint64(0), uint64(0), uint64(0)
		connected, dead := true, false
		for s := range size {
			if set>>s&1 == 0 {
				continue
			}
			connected = connected && grow(1<<s, set) == set
			enabled := uint64(0)
			for _, e := range edges[s] {
				enabled |= e.by
			}
			w, takes := p.Pending([]uint64{uint64(s)})
			pending, always, could = pending&w, always&enabled, could|takes&enabled
			for _, e := range edges[s] {
				if set>>e.to&1 == 1 {
					acts, took = acts|e.by, took|e.by&takes
				}
			}
			dead = dead || enabled == 0
		}
		cycle := acts != 0 && connected
		if reachable&set == set && (cycle || dead && set&(set-1) == 0) && always&^acts == 0 && could&^took == 0 {
			waits |= pending
		}
	}
	return waits & 3
}

// On random systems, the search must agree with the reference, and every lasso must be one.
func TestLivenessAgreesWithReference(t *testing.T) {
	found, none := 0, 0
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		size, n := 2+rng.IntN(6), 1+rng.IntN(3)
		next := map[string][]uint64{}
		waits, takes := make([]uint64, size), make([]uint64, size)
		set := func(n int, one float64) (bits uint64) {
			for i := range n {
				if rng.Float64() < one {
					bits |= 1 << i
				}
			}
			return bits
		}
		for s := range size {
			waits[s], takes[s] = set(2, 0.75), set(3, 0.25)
			for i := range n {
				for range rng.IntN(3) * rng.IntN(2) {
					key := fmt.Sprint(s, i)
					next[key] = append(next[key], uint64(rng.IntN(size)))
				}
			}
		}
		sys := processes{
			n, func(s uint64, i int) []uint64 { return next[fmt.Sprint(s, i)] },
			func(s uint64) uint64 { return waits[s] }, func(s uint64) uint64 { return takes[s] },
		}
		r := live(sys)
		got := uint64(0)
		for _, l := range r.Lassos {
			got |= 1 << l.Wait
			fair(t, sys, l)
			found++
		}
		require.Equal(t, sys.reference(size), got, "seed %d", seed)
		none += int(3 - got)
	}
	assert.Greater(t, found, 300)
	assert.Greater(t, none, 300)
}

// A graph that was not seen to its end proves nothing, and shows no lasso.
func TestLivenessStops(t *testing.T) {
	sys := processes{
		n: 1, next: func(s uint64, _ int) []uint64 { return []uint64{s + 1} }, waits: func(uint64) uint64 { return 1 },
	}
	r := Liveness(context.Background(), sys, Options{MaxStates: 5000})
	assert.Equal(t, StateLimit, r.Stop)
	assert.Empty(t, r.Lassos)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.Equal(t, Interrupted, Liveness(ctx, sys, Options{}).Stop)
}
