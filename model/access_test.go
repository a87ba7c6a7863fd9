package model

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// often says of an instruction that has been met so many times whether to look at it again: at first each time, later
// each sixteenth, so that those that are met all the time leave some for the others.
func often(met int) bool { return met <= 100 || met%16 == 0 }

// An instruction must change nothing shared but what it is declared to write, on no other CPU than its own unless it
// says so, and no other thread's registers.
func TestDeclaredWrites(t *testing.T) {
	t.Parallel()
	for _, kernel := range append(engines, "v4.6-rc3") {
		for _, b := range beside {
			for _, boot := range []int{0, 1} {
				m := machine(t, kernel, func(sc *Scenario) {
					sc.Boot, sc.Faults = boot, 2
					b.change(sc)
				})
				audit, x, met := m.NewAudit(), m.NewExec(), map[*node]int{}
				visit(m, 8_000, func(_ *Exec, before, after *State, act Action) {
					x.become(before, act.Thread())
					if met[x.node()]++; !often(met[x.node()]) {
						return
					}
					if err := audit.Step(before, after, act); err != nil {
						t.Fatal(err)
					}
				})
			}
		}
	}
}

// mayRead are the objects on which what a thread does next may depend, and those of clients.
func (x *Exec) mayRead(id ThreadID) (mine, clients Object) {
	n, m, info := x.node(), x.m, &x.m.threads[id]
	a := x.accessNow(n)
	mine = a.read | a.write | a.add | objStopped
	mine |= n.access.write & (objStop | objAck) // a stopper is in its round, see acks
	if !info.kind.unbound() && info.kind != kindIRQ {
		mine |= taskOf(info.slot)
	}
	if info.kind.unbound() {
		mine |= objQueue // where it sleeps
	}
	clients = a.clientRead | a.clientWrite
	if m.mayBeThrottled(id) {
		clients |= m.objectOf(throttledOf)
	}
	if info.kind.unbound() || x.t.Elsewhere {
		mine |= objOnline // of every CPU: there must be one for it
	}
	return mine, clients
}

// standing is a thread at an instruction.
type standing struct {
	state  State
	thread ThreadID
}

// stand are states in which threads stand at each instruction: of each instruction and thread the first, the second,
// the fourth, the eighth and so on.
func stand(m *Machine, limit int) (all []standing) {
	type place struct {
		n  *node
		id ThreadID
	}
	x, met := m.NewExec(), map[place]int{}
	var last State
	visit(m, limit, func(_ *Exec, before, _ *State, _ Action) {
		if *before == last { // once, and not for each transition
			return
		}
		last = *before
		for _, id := range m.Threads() {
			x.become(before, id)
			p := place{x.node(), id}
			if met[p]++; met[p]&(met[p]-1) == 0 {
				all = append(all, standing{*before, id})
			}
		}
	})
	return all
}

func TestObjectNames(t *testing.T) {
	assert.Equal(t, "st->state, st->target", (objState | objTarget).String())
	assert.Equal(t, "cpuhp state, migration exists", (taskOf(slotCpuhp) | kthreadOf(slotStopper)).String())
	assert.Equal(t, "faults left, sparse_irq_lock", (objLock<<SparseIRQLock | objFaults).String())
	for o := objState; o < objThread<<(2*(slotSmpboot+MaxSmpboot)); o <<= 1 {
		assert.NotEmpty(t, o.String())
	}
	for o := objWriter; o < objLock<<numLocks; o <<= 1 {
		assert.NotEmpty(t, o.String())
	}
	assert.Less(t, kthreadOf(slotSmpboot+MaxSmpboot-1), objWriter, "the objects of a CPU and of the machine overlap")
}

// Whether an instruction can run, and what it does, must depend on nothing shared but what it is declared to read or
// write: with anything else as it is in another state, the outcome must be the same.
func TestDeclaredReads(t *testing.T) {
	t.Parallel()
	for i, b := range slices.Repeat(beside, len(engines)) {
		m := machine(t, engines[i/len(beside)], func(sc *Scenario) {
			sc.CPUs, sc.Ops, sc.Faults = 3, 1, 2
			b.change(sc)
		})
		places := stand(m, 20_000)
		if len(places) == 0 {
			continue // nobody of the edition is in this scenario
		}
		rng := rand.New(rand.NewPCG(1, 2))
		x, vars := m.NewExec(), m.Variables()
		for i := range places {
			s, id, donor := &places[i].state, places[i].thread, &places[rng.IntN(len(places))].state
			x.become(s, id)
			n, own, info := x.node(), int(x.cpu), &m.threads[id]
			a := x.accessNow(n)
			mine, clients := x.mayRead(id)
			other := *s
			for i := range vars {
				v := &vars[i]
				switch o := v.object; {
				case o == objOwn || o == objFaults || o == objOnline && mine&objOnline != 0 || o == objStopped:
				case v.CPU == ofClients && clients&o != 0:
				case v.CPU == ofClients:
					v.set(&other, v.get(donor))
				case (a.allCPUs || v.CPU == own || v.CPU == MaxCPUs) && mine&o != 0 || v.CPU == 0 && a.boot&o != 0:
				default:
					v.set(&other, v.get(donor))
				}
			}
			outcomes := x.outcomes(s, id)
			if got := x.outcomes(&other, id); got != outcomes {
				t.Fatalf("%s: %s of %s depends on what it does not declare: %d outcomes, not %d",
					n.fn.name, n.label, m.ThreadName(id), got, outcomes)
			}
			for alt := range outcomes {
				one, two := *s, other
				x.Do(&one, action(id, alt))
				events := slices.Clone(x.Events)
				x.Do(&two, action(id, alt))
				// That is shared.
				registers := func(s *State) Task { t := s.Task[info.index]; t.Stop = StopMachine{}; return t }
				if info.kind.unbound() && registers(&one) != registers(&two) || !slices.Equal(events, x.Events) {
					t.Fatalf("%s: %s of %s reads what it does not declare", n.fn.name, n.label, m.ThreadName(id))
				}
				grafted := touched(vars, s, &other)
				for cpu, wrote := range touched(vars, &one, &two) {
					if extra := wrote &^ grafted[cpu]; extra != 0 {
						t.Fatalf(
							"%s: %s writes %v of CPU %d depending on what it does not declare", n.fn.name, n.label,
							extra, cpu,
						)
					}
				}
			}
		}
	}
}

// Whatever is taken from what cpuhp_set_state() declares to write, the audit misses it.
func TestAuditKnowsTheWritesOfSetState(t *testing.T) {
	strip := func(m *Machine, o Object) (all Object) {
		for _, p := range m.programs {
			for i := range p.nodes {
				if n := &p.nodes[i]; n.fn != nil && n.fn.name == "cpuhp_set_state" {
					all |= n.access.write
					n.access.write &^= o
				}
			}
		}
		return all
	}
	written := strip(machine(t, "v6.12", nil), 0)
	for _, b := range beside[:9] { // as it is declared nothing is missed, in more states than TestDeclaredWrites has
		m := machine(t, "v6.12", b.change)
		audit, x := m.NewAudit(), m.NewExec()
		visit(m, 50_000, func(_ *Exec, before, after *State, act Action) {
			x.become(before, act.Thread())
			if fn := x.node().fn; fn != nil && fn.name == "cpuhp_set_state" {
				require.NoError(t, audit.Step(before, after, act))
			}
		})
	}
	for o := objState; o < objThread; o <<= 1 {
		if written&o == 0 {
			continue
		}
		missed := false
		for _, b := range beside[:9] {
			m := machine(t, "v6.12", b.change)
			strip(m, o)
			audit := m.NewAudit()
			visit(m, 50_000, func(_ *Exec, before, after *State, act Action) {
				missed = missed || audit.Step(before, after, act) != nil
			})
			if missed {
				break
			}
		}
		assert.True(t, missed, "nothing is said of an undeclared write of %v", o)
	}
	assert.NotZero(t, written&objBringup)
	assert.NotZero(t, written&objDying)
}
