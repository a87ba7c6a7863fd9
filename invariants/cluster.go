package invariants

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// alone reports whether the next step of the i-th thread is enough, whatever its outcome.
func (sc *scout) alone(state *model.State, i int) bool {
	set, ok := sc.cluster(state, i, 1)
	return ok && set == 1<<i
}

// enough appends the sets of threads, a bit for each, whose next steps are enough, those of few threads first; if one
// is asked for, none but the first.
func (sc *scout) enough(state *model.State, sets []uint64, one bool) []uint64 {
	switch {
	case sc.enabled < 2 || state.Crashed:
		return sets
	case sc.free >= 0:
		return append(sets, 1<<sc.free)
	}
	for i := range sc.threads {
		if sc.all>>i&1 == 0 {
			continue
		}
		set, ok := sc.cluster(state, i, sc.enabled-1)
		if ok && one && set == 1<<i {
			return append(sets[:0], set)
		}
		if ok && !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	slices.SortStableFunc(sets, func(a, b uint64) int { return cmp.Compare(bits.OnesCount64(a), bits.OnesCount64(b)) })
	return sets
}

// cluster returns the smallest set of threads that it finds which has the seed and is enough, false if that has more
// than so many.
func (sc *scout) cluster(state *model.State, seed, most int) (uint64, bool) {
	switch {
	case sc.enabled < 2 || state.Crashed:
		return 0, false
	case sc.free >= 0:
		return 1 << sc.free, sc.free == seed
	}
	set := uint64(1) << seed
	for {
		for i := 0; i < len(sc.threads); i++ {
			o := &sc.threads[i]
			if (sc.all&^set)>>i&1 == 1 && (!o.known || sc.opposes(state, state, set, &o.ahead.Steps, o.visible)) {
				set |= 1 << i
				i = -1 // the others have to be asked again
			}
			if bits.OnesCount64(set) > most {
				return 0, false
			}
		}
		apart := func(c pair) bool { return (set>>c.a|set>>c.b)&1 == 0 }
		if !slices.ContainsFunc(sc.clash, apart) && sc.lasts(state, set) {
			return set, true
		}
		more, found := sc.foresee(state, set)
		if !found {
			return set, true
		}
		set |= 1 << more
	}
}

// opposes reports whether steps with that footprint, in a state to come, are not independent of a next step of the set.
func (sc *scout) opposes(state, now *model.State, set uint64, f *model.Footprint, visible bool) bool {
	for ; set != 0; set &= set - 1 {
		n := sc.next(state, bits.TrailingZeros64(set))
		if n.ends || n.Conflicts(f) || n.Blocks(f) || n.Crowds(f, sc.machine, now) || n.visible && visible {
			return true
		}
	}
	return false
}

// lasts reports whether some thread of the set can make its next step whatever the others do by themselves.
func (sc *scout) lasts(state *model.State, set uint64) bool {
	for rest := set; rest != 0; rest &= rest - 1 {
		n, taken := sc.next(state, bits.TrailingZeros64(rest)), false
		for i := range sc.threads {
			o := &sc.threads[i].ahead
			taken = taken || set>>i&1 == 0 && o.Moves &&
				(o.Steps.Blocks(&n.Footprint) || o.Steps.Crowds(&n.Footprint, sc.machine, state))
		}
		if !taken {
			return true
		}
	}
	return false
}

// stuck reports whether no thread of the set can make its next step where the others have come to a halt: that may be
// an end, which they would miss if they went first.
func (sc *scout) stuck(m *moment) bool {
	for rest := sc.run.set; rest != 0; rest &= rest - 1 {
		if sc.exec.Outcomes(&m.state, sc.threads[bits.TrailingZeros64(rest)].id) > 0 {
			return false
		}
	}
	return true
}

// run is a run of several threads.
type run struct {
	set   uint64 // those that do not take part
	first moment
	forks []moment
	left  int // how many steps it may still make, in all its branches
}

// moment is how far a run has come.
type moment struct {
	state   model.State
	threads []runner
	steps   []scouted
}

// runner is a thread in a run.
type runner struct {
	can   int         // the outcomes of its next step
	waits model.Guard // for what, if there are none
	past  past        // the steps that must come before it
}

// scouted is a step of a run.
type scouted struct {
	model.Footprint
	thread  int
	outcome int
	past    past // the steps that must come before it
}

// past is a set of steps of a run.
type past [longestRun / 64]uint64

const (
	longestRun   = 128
	longestTree  = 512
	mostBranches = 32
)

func (p *past) has(k int) bool { return p[k/64]>>(k%64)&1 == 1 }
func (p *past) add(k int)      { p[k/64] |= 1 << (k % 64) }

func (p *past) join(q *past) {
	for i := range p {
		p[i] |= q[i]
	}
}

func (m *moment) copy(from *moment) {
	m.state = from.state
	m.threads = append(m.threads[:0], from.threads...)
	m.steps = append(m.steps[:0], from.steps...)
}

// begin finds out who can run.
func (sc *scout) begin(m *moment) {
	m.threads = m.threads[:0]
	for i := range sc.threads {
		t := runner{can: sc.exec.Outcomes(&m.state, sc.threads[i].id)}
		if t.can == 0 {
			sc.exec.Waits(&m.state, sc.threads[i].id, &t.waits)
		}
		m.threads = append(m.threads, t)
	}
}

// foresee lets all threads but those of the set run until none can, with all their choices. It returns a thread that
// must be in the set, because it, or one that it lets go on, has a race or does what is not independent of the set's
// next steps, or does not come to a halt; false if there is none.
func (sc *scout) foresee(state *model.State, set uint64) (int, bool) {
	r := &sc.run
	*r = run{set: set, first: r.first, forks: r.forks, left: longestTree}
	m := &r.first
	m.state, m.steps = *state, m.steps[:0]
	sc.begin(m)
	return sc.runOn(state, m, 0)
}

// runOn runs on after so many choices.
func (sc *scout) runOn(state *model.State, m *moment, choices int) (int, bool) {
	r := &sc.run
	for {
		i := 0
		for i < len(m.threads) && (m.threads[i].can <= 0 || r.set>>i&1 == 1) {
			i++
		}
		if i == len(m.threads) {
			others := sc.all &^ r.set
			return bits.TrailingZeros64(others), others != 0 && sc.stuck(m)
		}
		n := m.threads[i].can
		if r.left -= n; r.left < 0 || len(m.steps) == longestRun || n > mostBranches {
			return sc.root(m, i), true
		}
		if n == 1 {
			if more, found := sc.step(state, m, i, 0); found {
				return more, true
			}
			continue
		}
		for outcome := range n {
			if len(r.forks) == choices {
				r.forks = append(r.forks, moment{})
			}
			fork := r.forks[choices]
			fork.copy(m)
			more, found := sc.step(state, &fork, i, outcome)
			if !found {
				more, found = sc.runOn(state, &fork, choices+1)
			}
			r.forks[choices] = fork
			if found {
				return more, true
			}
		}
		return 0, false
	}
}

// root is a thread that can go on at the beginning and without which the i-th does not come to where it is.
func (sc *scout) root(m *moment, i int) int {
	roots := uint64(1) << i
	for k := range m.steps {
		if m.threads[i].past.has(k) {
			roots |= 1 << m.steps[k].thread
		}
	}
	return bits.TrailingZeros64(roots & sc.all)
}

// step takes a step of a run. It returns a thread that must be in the set, as foresee does.
func (sc *scout) step(state *model.State, m *moment, i, outcome int) (int, bool) {
	r := &sc.run
	t := &m.threads[i]
	step := scouted{thread: i, outcome: outcome, past: t.past}
	sc.exec.Next(&m.state, sc.threads[i].id, &step.Footprint)
	last := true // no step that it conflicts with comes after the k-th
	for k := len(m.steps) - 1; k >= 0; k-- {
		if !step.Conflicts(&m.steps[k].Footprint) {
			continue
		}
		switch {
		case step.past.has(k):
		case sc.patient && last && sc.awaits(state, m, i, k):
			step.past.join(&m.steps[k].past)
			step.past.add(k)
		default: // a race
			return min(sc.root(m, i), sc.root(m, m.steps[k].thread)), true
		}
		last = false
	}
	t.past = step.past
	sc.exec.Do(&m.state, model.ActionOf(sc.threads[i].id, outcome))
	visible := sc.visible(state, &m.state)
	if m.state.Crashed || sc.opposes(state, &m.state, r.set, &step.Footprint, visible) {
		return sc.root(m, i), true
	}
	m.steps = append(m.steps, step)
	t.past.add(len(m.steps) - 1)
	if !sc.settle(m, i) {
		return sc.root(m, i), true
	}
	return 0, false
}

// awaits reports whether the i-th thread, had it come to its next step sooner, would have had to wait for the k-th step
// of a run. That is the last one that it conflicts with, so that nothing else can have changed what it waits for.
func (sc *scout) awaits(state *model.State, m *moment, i, k int) bool {
	sc.before = *state
	for j := range m.steps[:k] {
		sc.exec.Do(&sc.before, model.ActionOf(sc.threads[m.steps[j].thread].id, m.steps[j].outcome))
	}
	return sc.exec.Barred(&sc.before, &m.state, sc.threads[i].id)
}

// settle finds out who can run after the last step of a run, the i-th thread's. It returns false if the step has taken
// that from somebody.
func (sc *scout) settle(m *moment, i int) bool {
	step := &m.steps[len(m.steps)-1].Footprint
	for j := range m.threads {
		t, id := &m.threads[j], sc.threads[j].id
		could := t.can > 0
		if sc.run.set>>j&1 == 1 || !could && !step.Changes(&t.waits) {
			continue
		}
		t.can = sc.exec.Outcomes(&m.state, id)
		switch {
		case t.can > 0 && !could:
			for k := range m.steps {
				if m.steps[k].Changes(&t.waits) {
					t.past.join(&m.steps[k].past)
					t.past.add(k)
				}
			}
		case t.can > 0:
		case could && j != i:
			return false
		default:
			t.waits = model.Guard{}
			sc.exec.Waits(&m.state, id, &t.waits)
		}
	}
	return true
}
