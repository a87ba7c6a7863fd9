package model

import (
	"fmt"
	"slices"
)

// Rung is a position on the ladder of a machine: an index into [Machine.Ladder]. The kernel's enum cpuhp_state is
// sparse (the slots for dynamic states are mostly empty); the rungs are not, and they keep its order. [Step.Number] is
// the kernel's value.
type Rung uint8

// Table says which of the two step tables a step stands in, and so who runs its callbacks.
type Table uint8

// The step tables of kernel/cpu.c.
const (
	BP Table = iota // cpuhp_bp_states: run by the task that asked
	AP              // cpuhp_ap_states: run on the CPU that goes up or down
)

// String returns "BP" or "AP".
func (t Table) String() string { return [...]string{"BP", "AP"}[t] }

// Step is one entry of enum cpuhp_state with its struct cpuhp_step.
type Step struct {
	Number    int    // the value of the enum
	Symbol    string // the enum's constant
	Name      string // as in /sys/devices/system/cpu/hotplug/states
	Table     Table
	Startup   string // the kernel function; "" for none
	Teardown  string
	SkipOnErr bool // skip_onerr: not called in an undo
	CantStop  bool // cant_stop: no operation may end here
	Dyn       int  // n for the n-th dynamic state, 0 for a built-in step
	Slot      int  // n for the n-th step that installers use, 0 for others
	Multi     bool // multi_instance: its callbacks are called for each instance
	Instances int  // how many there are
	MayFail   bool // a state of the scenario, each of whose instances may fail
	Module    int  // n for the n-th state that comes and goes, 0 for others
	Client    ClientRef
	Unknown   bool // nobody knows its callbacks: it is in a machine's list, and not in the sources searched
}

// ClientRef says which client's state a step is, and which of its states, counting from 1; 0 of others.
type ClientRef struct{ Client, State int }

// Callback returns the function that the step calls on the way up or down, "" for none.
func (s *Step) Callback(up bool) string {
	if up {
		return s.Startup
	}
	return s.Teardown
}

// dynStep is the step of the n-th dynamic state, n counting from 1: a driver's state, registered at boot, with a
// startup and a teardown that may both fail.
func (k *Kernel) dynStep(n int) Step {
	return Step{
		Number: k.DynFirst + n - 1, Symbol: fmt.Sprintf("CPUHP_AP_ONLINE_DYN+%d", n-1), Name: fmt.Sprintf("dyn%d", n),
		Table: AP, Startup: fmt.Sprintf("dyn%d_startup", n), Teardown: fmt.Sprintf("dyn%d_teardown", n), Dyn: n,
	}
}

// slotStep is the n-th step that installers use, n counting from 1. The last is for those that ask for a certain state;
// the others are free dynamic states.
func (k *Kernel) slotStep(n int, sc *Scenario) Step {
	s := Step{Name: fmt.Sprintf("slot%d", n), Table: AP, Startup: "step->startup", Teardown: "step->teardown", Slot: n}
	s.Dyn = sc.DynStates + n
	s.Number, s.Symbol = k.DynFirst+s.Dyn-1, fmt.Sprintf("CPUHP_AP_ONLINE_DYN+%d", s.Dyn-1)
	if n > sc.Installers {
		s.Dyn, s.Number, s.Symbol, s.Name = 0, k.DynLast, "CPUHP_AP_DRIVER", "driver"
	}
	return s
}

// prepareSteps are those that installers use in the prepare section, which come after the others: free slots, and the
// last again for those that ask for a certain state.
func (k *Kernel) prepareSteps(sc *Scenario) []Step {
	free := k.freePrepare()
	if sc.Instances > 0 {
		free = free[1:]
	}
	n, steps := sc.Installers, make([]Step, 0, MaxSlots)
	for i := range n + 1 {
		slot := n + 2 + i
		s := Step{
			Name: fmt.Sprintf("slot%d", slot), Table: BP, Startup: "step->startup", Teardown: "step->teardown",
			Slot: slot, Dyn: sc.DynStates + slot,
		}
		if i < n {
			s.Number, s.Symbol = free[n-1-i], fmt.Sprintf("CPUHP_BP_PREPARE_DYN+%d", i)
		} else {
			s.Dyn, s.Number, s.Symbol, s.Name = 0, free[n], "CPUHP_DRIVER_PREPARE", "driver:prepare"
		}
		steps = append(steps, s)
	}
	return steps
}

// wantsPrepare is how many of these a scenario needs, and which of its parameters asks for them.
func (k *Kernel) wantsPrepare(sc *Scenario) (what string, n int) {
	what, n = "instances", int(bit(sc.Instances > 0))
	if sc.PrepareStates {
		what, n = "prepare-states", n+sc.Installers+1
	}
	if sc.Throttle.any() {
		what, n = "throttle", n+2
	}
	return what, n
}

// freePrepare are the numbers of the prepare section that no state has, the highest first.
func (k *Kernel) freePrepare() []int {
	end := k.step("CPUHP_BRINGUP_CPU").Number
	if n := k.step("CPUHP_BP_KICK_AP").Number; n > 0 {
		end = n
	}
	var free []int
	for n := end - 1; n > 0; n-- {
		if !slices.ContainsFunc(k.Steps, func(s Step) bool { return s.Number == n }) {
			free = append(free, n)
		}
	}
	return free
}

// multiSteps are the states with instances of a scenario: one in which the control task calls them, and one in which
// the hotplug thread does.
func (k *Kernel) multiSteps(sc *Scenario) []Step {
	s := Step{Startup: "multi_startup", Teardown: "multi_teardown", Multi: true, Instances: sc.Instances, MayFail: true}
	prepare, online := s, s
	prepare.Number, prepare.Symbol, prepare.Name, prepare.Table = k.freePrepare()[0], "CPUHP_BP_PREPARE_DYN+n",
		"multi:prepare", BP
	online.Number, online.Symbol, online.Name, online.Table = k.DynFirst+8, "CPUHP_AP_ONLINE_DYN+8", "multi:online", AP
	return []Step{prepare, online}
}

// ladder is a kernel's steps together with the scenario's dynamic states and those of its installers, in order.
func (k *Kernel) ladder(sc *Scenario) []Step {
	steps := slices.Clone(k.Steps)
	for n := 1; n <= sc.DynStates; n++ {
		steps = append(steps, k.dynStep(n))
	}
	if sc.Installers > 0 {
		for n := 1; n <= sc.Installers+1; n++ {
			steps = append(steps, k.slotStep(n, sc))
		}
	}
	if sc.PrepareStates {
		steps = append(steps, k.prepareSteps(sc)...)
	}
	if sc.Instances > 0 {
		steps = append(steps, k.multiSteps(sc)...)
	}
	if sc.Throttle.any() {
		steps = k.withTimers(steps, sc)
	}
	steps = append(steps, k.clientSteps(sc)...)
	slices.SortFunc(steps, func(a, b Step) int { return a.Number - b.Number })
	if sc.Targets == TargetsAll {
		steps = k.withGaps(steps)
	}
	return steps
}

// withGaps adds the first of the empty entries wherever there are some. An operation that starts at the top of the
// ladder passes them without a trace; one that starts below them may end in the first: undo_cpu_down() counts st->state
// up before it looks where it is to stop.
func (k *Kernel) withGaps(steps []Step) []Step {
	var all []Step
	for i, s := range steps {
		all = append(all, s)
		if i+1 < len(steps) && steps[i+1].Number > s.Number+1 {
			gap := Step{Number: s.Number + 1, Symbol: s.Symbol + "+1", Table: AP}
			if k.DynFirst <= gap.Number && gap.Number <= k.DynLast {
				gap.Symbol = fmt.Sprintf("CPUHP_AP_ONLINE_DYN+%d", gap.Number-k.DynFirst)
			}
			all = append(all, gap)
		}
	}
	return all
}

// rungs are the rungs that the kernel's code names.
type rungs struct {
	offline, kickAP, bringupCPU     Rung // kickAP is 0 where there is none
	apIdleDead, apOffline, apOnline Rung
	teardownCPU, apOnlineIdle       Rung
	online                          Rung
}

// findRungs looks up the rungs that the code names. It panics if the ladder lacks one: then the edition's table is
// wrong.
func findRungs(ladder []Step) rungs {
	find := func(symbol string) Rung {
		i := slices.IndexFunc(ladder, func(s Step) bool { return s.Symbol == symbol })
		if i < 0 {
			panic("model: the ladder has no " + symbol)
		}
		return Rung(i)
	}
	kickAP := max(0, slices.IndexFunc(ladder, func(s Step) bool { return s.Symbol == "CPUHP_BP_KICK_AP" }))
	return rungs{
		kickAP:       Rung(kickAP),
		offline:      find("CPUHP_OFFLINE"),
		bringupCPU:   find("CPUHP_BRINGUP_CPU"),
		apIdleDead:   find("CPUHP_AP_IDLE_DEAD"),
		apOffline:    find("CPUHP_AP_OFFLINE"),
		apOnline:     find("CPUHP_AP_ONLINE"),
		teardownCPU:  find("CPUHP_TEARDOWN_CPU"),
		apOnlineIdle: find("CPUHP_AP_ONLINE_IDLE"),
		online:       find("CPUHP_ONLINE"),
	}
}
