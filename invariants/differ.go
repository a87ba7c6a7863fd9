package invariants

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// Whether a reduction loses a verdict. Mutants violate what no kernel does, so each of them is explored with every
// transition, by the book and not by the engine, and by the engine with each reduction.

// Trial is a mutant that was explored in one scenario, with every transition and with each of some reductions.
type Trial struct {
	model.Mutation
	Scenario   string
	TooLarge   bool     // it has more states than were asked for, and was not explored to the end
	Undeclared string   // what it does that its instructions do not declare, if anything
	Violated   []string // with every transition: the properties, and [ranOff] if its code ran off the ladder
	Differ     []Differ // the reductions with which other properties are violated
}

// Differ is a reduction with which other properties are violated.
type Differ struct {
	Reduce   Reduction
	Violated []string
}

// ranOff stands among the properties for code that runs off the ladder, or comes to a state that can't be kept.
const ranOff = "(it runs off the ladder)"

// TrialScenarios are those in which reductions are tried: one of each who may be beside an operation, as small as can
// be.
func TrialScenarios(k model.Kernel) []MutationScenario {
	var fit []MutationScenario
	add := func(name string, change func(*model.Scenario)) {
		sc := model.Default()
		sc.Ops, sc.Faults, sc.Notifiers, sc.DynStates, sc.Smpboot = 1, 0, 0, 0, 0
		if k.Notifiers {
			sc.Notifiers = 1
		}
		change(&sc)
		if sc, ok := fits(k, sc); ok {
			fit = append(fit, MutationScenario{name, sc})
		}
	}
	add("one operation", func(*model.Scenario) {})
	add("two operations", func(sc *model.Scenario) { sc.Ops = 2 })
	add("a fault", func(sc *model.Scenario) { sc.Faults, sc.DynStates, sc.Smpboot = 1, 1, 1 })
	add("a disabler", func(sc *model.Scenario) { sc.Disablers = 1 })
	add("a reader", func(sc *model.Scenario) { sc.Readers = 1 })
	add("two tasks", func(sc *model.Scenario) { sc.Tasks = 2 })
	add("an installer", func(sc *model.Scenario) { sc.Installers, sc.Ops = 1, 0 })
	add("an installer beside an operation", func(sc *model.Scenario) {
		sc.Installers, sc.Sequence = 1, []model.Op{{CPU: 1}}
	})
	add("an installer beside a CPU that begins to come up", func(sc *model.Scenario) {
		sc.Installers, sc.Notifiers, sc.Sequence, sc.Boot = 1, 0, []model.Op{target(rungs(k, *sc)[0])}, 1
	})
	add("suspend", func(sc *model.Scenario) { sc.Suspend, sc.Ops = true, 0 })
	add("suspend beside an operation", func(sc *model.Scenario) {
		sc.Suspend, sc.Sequence = true, []model.Op{{CPU: 1}}
	})
	add("targets", func(sc *model.Scenario) { sc.Targets = model.TargetsAll })
	add("second threads", func(sc *model.Scenario) { sc.SMT = model.SMTOn })
	add("a migrator", func(sc *model.Scenario) { sc.Migrators, sc.Sequence = 1, []model.Op{{CPU: 1}} })
	add("an instance that comes and goes", func(sc *model.Scenario) {
		sc.Instances, sc.InstancesComeAndGo, sc.Ops = 1, model.InstanceOfOne, 0
	})
	add("cpuset", func(sc *model.Scenario) { sc.Cpuset, sc.Sequence = true, []model.Op{{CPU: 1}} })
	add("a task that may be throttled", func(sc *model.Scenario) { sc.Throttle = model.ThrottleTask })
	add("grace periods", func(sc *model.Scenario) { sc.RCU, sc.Smpboot = true, 1 })
	add("wake-ups for no reason", func(sc *model.Scenario) { sc.WakeUps = 1 })
	add("three CPUs", func(sc *model.Scenario) { sc.CPUs = 3 })
	for _, p := range model.Participants() { // those of whom the list does not know
		if !slices.ContainsFunc(fit, func(s MutationScenario) bool { return p.In(&s.Scenario) }) {
			add(p.Key, func(sc *model.Scenario) { p.Join(sc) })
		}
	}
	return fit
}

// Combinations returns every way to combine some reductions, without that of none.
func Combinations(of Reduction) (all []Reduction) {
	for r := Reduction(1); r <= of; r++ {
		if r&^of == 0 {
			all = append(all, r)
		}
	}
	return all
}

// TryReductions explores every mutant of a kernel in those scenarios, with at most so many states each, and calls done
// for each trial, in no order, from one goroutine at a time.
func TryReductions(
	ctx context.Context,
	k model.Kernel,
	scenarios []MutationScenario,
	reduce []Reduction,
	most, workers int,
	done func(Trial),
) error {
	type todo struct {
		model.Mutation
		in MutationScenario
	}
	next := make(chan todo)
	var all sync.WaitGroup
	var one sync.Mutex
	for range workers {
		all.Go(func() {
			for d := range next {
				m, err := model.NewMutant(k, d.in.Scenario, d.Mutation)
				if err != nil || m == nil || ctx.Err() != nil {
					continue // the scenario's programs do not have the instruction
				}
				t := Trial{Mutation: d.Mutation, Scenario: d.in.Name}
				if t.run(ctx, m, reduce, most); ctx.Err() == nil {
					one.Lock()
					done(t)
					one.Unlock()
				}
			}
		})
	}
	defer all.Wait()
	defer close(next)
	for _, s := range scenarios {
		m, err := model.New(k, s.Scenario)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, mu := range m.Mutations() {
			select {
			case next <- todo{mu, s}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (t *Trial) run(ctx context.Context, m *model.Machine, reduce []Reduction, most int) {
	b := &book{most: most}
	if b.search(Compile(m, For(m))); b.large {
		t.TooLarge = true
		return
	}
	t.Violated, t.Undeclared = b.violated, b.undeclared
	for _, r := range reduce {
		s := Compile(m, For(m))
		if len(s.alike) < 2 && r&Symmetry != 0 && slices.Contains(reduce, r&^Symmetry) {
			continue // no CPU is like another: there is nothing to rename, and without Symmetry it is tried anyhow
		}
		s.Reduce = r
		if violated := s.unhurt(ctx); !agree(violated, t.Violated) && ctx.Err() == nil {
			t.Differ = append(t.Differ, Differ{r, violated})
		}
	}
}

// agree reports whether a reduced search found what the whole one did. A step that runs off the ladder is left out, and
// with it all that the others would have done after it, in the order that a reduction has them in. So where the whole
// search runs off, the reduced one must run off as well, and may violate less.
func agree(reduced, whole []string) bool {
	if !slices.Contains(whole, ranOff) {
		return slices.Equal(reduced, whole)
	}
	return slices.Contains(reduced, ranOff) &&
		!slices.ContainsFunc(reduced, func(p string) bool { return !slices.Contains(whole, p) })
}

// names are the names of a set of properties, in order.
func (s *Suite) names(set uint64) (names []string) {
	for i, p := range s.Properties {
		if set>>i&1 == 1 {
			names = append(names, p.Name)
		}
	}
	return names
}

// book is what a search by the book finds: breadth first, every transition of every state.
type book struct {
	most       int // states
	large      bool
	violated   []string
	undeclared string
}

func (b *book) search(s *Suite) {
	m := s.Machine
	w, audit := &careful{worker: s.newWorker(), inner: s.newWorker()}, m.NewAudit()
	batch := explore.NewBatch(s.Width())
	queue := s.Initial()
	known := map[uint64]bool{hashWords(0, queue[0]): true}
	var violated uint64
	var before, after model.State
	for len(queue) > 0 && !b.large {
		state := queue[0]
		queue = queue[1:]
		batch.Reset()
		violated |= w.Expand(state, batch)
		m.Decode(&before, state)
		for i, step := range batch.Steps {
			violated |= step.Violated
			next := batch.State(i)
			if b.undeclared == "" {
				m.Decode(&after, next)
				if err := audit.Step(&before, &after, model.Action(step.Action)); err != nil {
					b.undeclared = err.Error()
				}
			}
			if key := hashWords(0, next); !known[key] {
				known[key] = true
				queue = append(queue, slices.Clone(next))
			}
		}
		b.large = len(known) > b.most
	}
	b.violated = s.names(violated)
	if w.fell {
		b.violated = append(b.violated, ranOff)
	}
}

// unhurt explores a suite with the engine, also if the machine's code runs off the ladder, and returns the properties
// that are violated.
func (s *Suite) unhurt(ctx context.Context) []string {
	c := &carefully{Suite: s}
	r, err := explore.Run(ctx, c, explore.Options{Workers: 1})
	if err != nil {
		return []string{err.Error()}
	}
	var violated uint64
	for _, v := range r.Violations {
		violated |= 1 << v.Property
	}
	names := s.names(violated)
	if slices.ContainsFunc(c.workers, func(w *careful) bool { return w.fell }) {
		names = append(names, ranOff)
	}
	return names
}

// carefully is a suite whose workers bear code that panics.
type carefully struct {
	*Suite
	workers []*careful
}

// NewWorker implements [explore.System].
func (c *carefully) NewWorker() explore.Worker {
	w := &careful{worker: c.newWorker(), inner: c.Suite.NewWorker()}
	c.workers = append(c.workers, w)
	if r, ok := w.inner.(explore.Reducer); ok {
		return &carefulReducer{w, r}
	}
	return w
}

// careful is a worker that leaves transitions out that panic.
type careful struct {
	worker *worker
	inner  explore.Worker
	fell   bool // one did
}

// Marks implements [explore.Worker].
func (c *careful) Marks() []uint64 { return c.inner.Marks() }

// Expand implements [explore.Worker].
func (c *careful) Expand(state []uint64, b *explore.Batch) (violated uint64) {
	if !panics(func() { violated = c.inner.Expand(state, b) }) {
		return violated
	}
	c.fell = true
	b.Reset()
	w, next := c.worker, make([]uint64, c.worker.suite.Width())
	w.load(state)
	for _, a := range slices.Clone(w.exec.Enabled(&w.start, nil)) {
		if violated, moved := c.far(a, state, next); moved {
			copy(b.Add(explore.Step{Action: uint32(a), Violated: violated}), next)
		}
	}
	return 0
}

// far takes an action from w.start, and the steps that are taken together with it, but none that panics. It returns
// false if there is none.
func (c *careful) far(a model.Action, state, next []uint64) (violated uint64, moved bool) {
	w := c.worker
	m := w.suite.Machine
	safe := slices.Clone(state)
	step := func(a model.Action) {
		v := w.take(a, next)
		w.encode(next)
		copy(safe, next)
		violated, moved = violated|v, true
	}
	copy(next, state)
	w.before = w.start
	panics(func() {
		step(a)
		w.follow(func(id model.ThreadID) { step(model.ActionOf(id, 0)) })
	})
	copy(next, safe)
	var last model.State
	m.Decode(&last, next)
	w.canonical(&last, next)
	return violated, moved
}

// carefulReducer is a reducer that takes a part for no part where it would have to run what panics.
type carefulReducer struct {
	*careful
	reducer explore.Reducer
}

// ExpandPart implements [explore.Reducer].
func (c *carefulReducer) ExpandPart(state []uint64, b *explore.Batch, attempt int) (part bool) {
	return !panics(func() { part = c.reducer.ExpandPart(state, b, attempt) }) && part
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
