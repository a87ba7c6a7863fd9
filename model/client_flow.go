package model

import (
	"cmp"
	"fmt"
)

// Where what clients do branches, fails, or calls the hotplug core.

// choice is a step that does one of several things.
func (c *clientCode) choice(s *ClientStep) {
	c.emitNode(node{
		op: opAction, label: "choice", ready: func(*Exec) int { return len(s.Bodies) },
		outcome: func(_ *Exec, alt int) string {
			if len(s.Bodies[alt]) == 0 {
				return "nothing"
			}
			first := &s.Bodies[alt][0]
			return first.Verb + " " + first.Object
		},
	})
	end, cases := c.newTarget(), make([]target, len(s.Bodies))
	for i := range cases {
		cases[i] = c.newTarget()
	}
	c.switchOn("choice", func(x *Exec) int { return x.alt }, cases)
	before, after := c.holds, uint32(0)
	for i, body := range s.Bodies {
		c.put(cases[i])
		c.holds = before
		within(&c.reads, c.reads, func() { c.all(body) })
		after |= c.holds
		c.jump(end)
	}
	c.holds = after
	c.put(end)
}

// condition is a step that does something if something is so.
func (c *clientCode) condition(s *ClientStep) {
	then, otherwise := func() { c.all(s.Bodies[0]) }, func() { c.all(s.Bodies[1]) }
	label := "if (" + conditionText(s) + ")"
	switch s.Object {
	case "failed":
		c.whenElse(func(x *Exec) bool { return failed(x) != s.Not }, then, otherwise)
	case "cpu_online":
		c.testElse(label, reads(objOnline).aboutAny(s), func(x *Exec) bool {
			return x.s.CPU[x.clientCPU(s)].Online != s.Not
		}, then, otherwise)
	case "cpu_dying":
		c.testElse(label, reads(objDying).aboutAny(s), func(x *Exec) bool {
			return x.s.CPU[x.clientCPU(s)].Dying != s.Not
		}, then, otherwise)
	default:
		p := c.m.clientObject(c.client, s.Object)
		c.testElse(
			label, clientReads(p.object()), func(x *Exec) bool { return x.clientFlag(p, s) != s.Not }, then, otherwise,
		)
	}
}

// aboutAny is an access that is about the CPU that a step names, if it names one.
func (a access) aboutAny(s *ClientStep) access {
	if s.CPU > 0 {
		return a.everyCPU()
	}
	return a
}

// conditionText is a condition in words.
func conditionText(s *ClientStep) string {
	text := s.Object
	if s.CPU > 0 {
		text += fmt.Sprintf(" of CPU %d", s.CPU-1)
	}
	if s.Not {
		return "!" + text
	}
	return text
}

// warn is a condition that must not be.
func (c *clientCode) warn(s *ClientStep) {
	i := c.m.assertion(c.fn.name + ": WARN_ON(" + conditionText(s) + ")")
	test := *s
	test.Verb, test.Bodies = "if", [][]ClientStep{nil, nil}
	at := len(c.nodes)
	c.condition(&test)
	// The warning is what is done if it is so: right behind the test.
	n := &c.nodes[at]
	n.label, n.books = "WARN_ON("+conditionText(s)+")", true
	is := n.cond
	n.cond = func(x *Exec) bool {
		so := is(x)
		if so {
			x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: i})
		}
		return so
	}
}

// eachOnline is a loop over the CPUs that are online.
func (c *clientCode) eachOnline(s *ClientStep) {
	c.local(func(x *Exec) { x.aim(0) })
	c.forever(func(end target) {
		c.leaveIf(end, func(x *Exec) bool { return int(x.task.Left) >= x.m.Scenario.present() })
		c.test(
			"for_each_online_cpu(cpu)", reads(objOnline), func(x *Exec) bool { return x.st().Online },
			func() { c.all(s.Bodies[0]) },
		)
		c.local(func(x *Exec) { x.aim(x.task.Left + 1) })
	})
	c.local(func(x *Exec) { x.aim(0) })
}

// fail is where it may fail; then it undoes what it has done, and returns.
func (c *clientCode) fail(s *ClientStep) {
	c.points++
	name := c.point
	if c.points > 1 {
		name = fmt.Sprintf("%s/%d", name, c.points)
	}
	p := FaultPoint{
		Name: name, Doc: fmt.Sprintf("%s() of client %s fails", c.point, c.client), Errno: cmp.Or(s.Errno, ENOMEM),
		Contract: c.contract,
	}
	if c.contract {
		p.Doc += ", which the kernel forbids"
	}
	c.mayFail("may fail", own, p, nil)
	c.when(failed, func() {
		if len(s.Bodies) > 0 {
			c.all(s.Bodies[0])
		}
		c.jump(c.end)
	})
}

// state is a step about a state of the ladder.
func (c *clientCode) state(s *ClientStep) {
	r := c.m.clientRung(c.client, s.Object)
	step := &c.m.Ladder[r]
	c.local(func(x *Exec) { x.t.Ret, x.task.Target = OK, r })
	calls, locked := true, false
	switch s.Verb {
	case "cpuhp_setup_state_nocalls", "cpuhp_remove_state_nocalls", "cpuhp_state_add_instance_nocalls",
		"cpuhp_state_remove_instance_nocalls":
		calls = false
	case "cpuhp_setup_state_cpuslocked", "cpuhp_remove_state_cpuslocked":
		locked = true
	case "cpuhp_setup_state_nocalls_cpuslocked":
		calls, locked = false, true
	}
	switch s.Verb {
	case "cpuhp_setup_state", "cpuhp_setup_state_nocalls", "cpuhp_setup_state_cpuslocked",
		"cpuhp_setup_state_nocalls_cpuslocked", "cpuhp_state_add_instance", "cpuhp_state_add_instance_nocalls":
		c.comesWith(step, calls, locked)
	default:
		c.goesWith(step, calls, locked)
	}
	c.local(func(x *Exec) { x.task.Target = 0 })
}

// clientRung is the rung of a client's state.
func (m *Machine) clientRung(client, state string) Rung {
	for r := range m.Ladder {
		step := &m.Ladder[r]
		if s := m.clientStateOf(step); s != nil && s.Name == state &&
			m.Scenario.Clients[step.Client.Client-1].Name == client {
			return Rung(r)
		}
	}
	panic(failure{fmt.Errorf("client %s: there is no state %s", client, state)})
}
