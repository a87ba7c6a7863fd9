package conform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/model"
)

// Selftest says what a script for a real machine is to compare with the model.
type Selftest struct {
	CPUs    []int // that it takes down and up
	Machine func([]model.Op) (*model.Machine, error)
}

// Case is a write to the file online of a CPU, with a state in the file fail or without.
type Case struct {
	CPU      int
	Up       bool
	Fail     string // the state's name, "" for none
	Refused  bool   // the file fail does not take it
	Outcomes []Outcome
	machine  *model.Machine
}

// Cases are the writes that do no harm: those that return, on every schedule, without a warning, and leave the CPU at
// an end of the ladder. left are the states with which they would, on the way down or up, as "down STATE".
func (s *Selftest) Cases() (all []Case, left []string, err error) {
	for _, cpu := range s.CPUs {
		for _, up := range []bool{false, true} {
			as := cpu
			if as >= model.MaxCPUs { // all but the first are alike
				as = 1
			}
			ops := []model.Op{{CPU: as, Via: model.ViaOnline, Up: up}}
			if up {
				ops = slices.Insert(ops, 0, model.Op{CPU: as, Via: model.ViaOnline})
			}
			m, err := s.Machine(ops)
			if err != nil {
				return nil, nil, err
			}
			names := []string{""}
			for i := range m.Ladder {
				if step := &m.Ladder[i]; m.Kernel.StatePerRun && step.Name != "" && !step.Unknown {
					names = append(names, step.Name)
				}
			}
			for _, name := range names {
				c := Case{CPU: cpu, Up: up, Fail: name, machine: m}
				switch harmless, err := c.predict(len(ops)); {
				case err != nil:
					return nil, nil, err
				case harmless:
					all = append(all, c)
				case cpu == s.CPUs[0]:
					left = append(left, choose.If(up, "up ", "down ")+name)
				}
			}
		}
	}
	return all, left, nil
}

// predict fills in what the last of so many operations comes to, and reports whether that does no harm.
func (c *Case) predict(ops int) (harmless bool, err error) {
	arms := slices.Repeat([]int{-1}, ops)
	for _, step := range c.machine.Ladder {
		if c.Fail != "" && step.Name == c.Fail {
			arms[ops-1] = step.Number
		}
	}
	var no *Refused
	if c.Outcomes, err = Predict(c.machine, arms, ops-1); errors.As(err, &no) {
		c.Refused = true
		return true, nil
	}
	top := c.machine.Ladder[len(c.machine.Ladder)-1].Number
	stays := !c.machine.Kernel.DeadBarred // such a kernel does not take -1: what is left in the file fail stays there
	return !slices.ContainsFunc(c.Outcomes, func(o Outcome) bool {
		return o.End != "" || o.Warnings != "" || o.State != 0 && o.State != top || stays && o.Fail != -1
	}), err
}

// Script is a shell script that makes the writes of the cases and prints KTAP, as the kernel's own tests do. It does
// nothing unless it is told --yes, and puts everything back that it touches.
func (s *Selftest) Script() (string, error) {
	cases, left, err := s.Cases()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Takes CPUs down and up, also with a failure injected at each state, and compares " +
		"what that\n" +
		"# comes to with what hpcheck's model predicts. It needs root, and puts everything back.\n")
	if len(left) > 0 {
		fmt.Fprintf(
			&b, "# Left out, since the CPU or the machine would not be well after it: %s.\n", strings.Join(left, ", "),
		)
	}
	fmt.Fprintf(
		&b, "set -u\nname=selftest\nplanned=%d\nselected='%s'\n", len(cases), strings.Trim(fmt.Sprint(s.CPUs), "[]"),
	)
	for _, file := range []string{"common.sh", "repro.sh", "selftest.sh"} {
		b.WriteString(part(file) + "\n")
	}
	b.WriteString("careful \"${1:-}\"\nbegin\n")
	for i := range cases {
		b.WriteString(cases[i].line() + "\n")
	}
	b.WriteString("restore\nfinish\n")
	return b.String(), nil
}

// line is the case in the script.
func (c *Case) line() string {
	fail, armed, wants := "none", 0, "- - - -"
	if c.Fail != "" {
		fail = quote(c.Fail)
	}
	if c.Refused {
		armed = model.EINVAL.Number()
	} else {
		wants = expected(c.machine, c.Outcomes)
	}
	return fmt.Sprintf("check %d %d %s %d %s", c.CPU, choose.If(c.Up, 1, 0), fail, armed, wants)
}
