package reports

import (
	"fmt"
	"slices"
	"strings"
)

// Round is what a thread does in a cycle.
type Round struct {
	Thread    string
	Steps     int
	From, To  int      // its first step in the cycle, and its last
	Functions []string // that it comes to, in the order of its first step in each
}

// Cycle says who makes the steps that are repeated for ever, in the order of their first.
func (c *Counterexample) Cycle() []Round {
	var rounds []Round
	if c.CycleFrom == 0 {
		return nil
	}
	for i := range c.Steps[c.CycleFrom-1:] {
		s := &c.Steps[c.CycleFrom-1+i]
		at := slices.IndexFunc(rounds, func(r Round) bool { return r.Thread == s.Thread })
		if at < 0 {
			at = len(rounds)
			rounds = append(rounds, Round{Thread: s.Thread, From: s.Number})
		}
		r := &rounds[at]
		r.Steps, r.To = r.Steps+1, s.Number
		if !slices.Contains(r.Functions, s.Function) {
			r.Functions = append(r.Functions, s.Function)
		}
	}
	return rounds
}

// lasso tells the stem, the cycle, and who starves.
func (c *Counterexample) lasso() []Sentence {
	if !c.Lasso {
		return nil
	}
	last := len(c.Steps)
	var told []Sentence
	say := func(from, to int, kind SentenceKind, format string, args ...any) {
		told = append(told, Sentence{from, to, fmt.Sprintf(format, args...), kind})
	}
	if stem := c.stem(); stem > 0 {
		say(1, stem, SentenceWork, "stem: what leads to the cycle")
		if c.CycleFrom == 0 {
			told[0].Text = "stem: after it nobody can go on"
		}
	}
	if c.CycleFrom > 0 {
		say(c.CycleFrom, last, SentenceFault, "cycle: these steps repeat for ever, under a fair schedule: every "+
			"thread that can go on does, and every waiter that can take a mutex gets it")
	}
	starving := false
	for _, r := range c.Cycle() {
		text := fmt.Sprintf("in the cycle, %s makes %s in %s()", r.Thread, stepsInAll(r.Steps),
			strings.Join(r.Functions, "(), "))
		if r.Thread == c.Starves {
			starving = true
			say(r.From, r.To, SentenceClue, "%s, and starves: it comes back to where it was", text)
			continue
		}
		say(r.From, r.To, SentenceWork, "%s", text)
	}
	if c.Starves != "" && !starving {
		say(last, last, SentenceClue, "%s starves: it makes no step any more", c.Starves)
	}
	return told
}

func stepsInAll(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// laneName is the head of a thread's lane.
func (c *Counterexample) laneName(thread string) string {
	if thread == c.Starves && thread != "" {
		return thread + " ✖ starves"
	}
	return thread
}
