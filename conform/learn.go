package conform

import (
	"maps"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// Learn returns the states with what traces show of their callbacks: which function is the startup and which the
// teardown, whether it is called for instances, and for how many. What the traces do not show stays as it is.
func Learn(k model.Kernel, steps []model.Step, traces ...*ftrace.Trace) []model.Step {
	return learn(k, steps, traces, true)
}

// Count returns the states with the number of instances that traces show, and with what is known of their callbacks,
// whatever the traces show: it is for who holds them against it. Of states whose callbacks nobody knows it takes what
// the traces show.
func Count(k model.Kernel, steps []model.Step, traces ...*ftrace.Trace) []model.Step {
	return learn(k, steps, traces, false)
}

// learn does both. Of traces that differ in the number of instances most are right, or if there is no such number those
// that show more: one may have been cut off.
func learn(k model.Kernel, steps []model.Step, traces []*ftrace.Trace, callbacks bool) []model.Step {
	counted := make([]map[int]int, len(steps)) // of each state, in how many traces it has so many instances
	learned := slices.Clone(steps)
	at := map[int]*model.Step{}
	for i := range learned {
		at[learned[i].Number] = &learned[i]
		counted[i] = map[int]int{}
	}
	for _, t := range traces {
		for step, n := range learnTrace(k, t, at) {
			counted[slices.IndexFunc(steps, func(s model.Step) bool { return s.Number == step.Number })][n]++
		}
	}
	for i := range learned {
		s := &learned[i]
		if !callbacks && !s.Unknown {
			*s = steps[i]
		}
		most := 0
		for _, n := range slices.Sorted(maps.Keys(counted[i])) {
			if counted[i][n] >= most && s.Multi {
				most, s.Instances = counted[i][n], n
			}
		}
	}
	return learned
}

// learnTrace learns from one trace, and returns how many instances the states have in it.
func learnTrace(k model.Kernel, t *ftrace.Trace, at map[int]*model.Step) map[*model.Step]int {
	h, err := readHeader(t)
	if err != nil {
		h = header{}
	}
	single := singles(t.Events, standing(k, t, h), topOf(k))
	type run struct {
		step *model.Step
		f    string
		n    int
	}
	runs := map[int]run{} // of each task, the calls for instances that it is at
	counted := map[*model.Step]int{}
	if step := at[h.fail]; h.known && h.fail >= 0 && step != nil && step.Unknown { // or the file had not taken it
		hidden(step, true)
		hidden(step, false)
	}
	for i := range t.Events {
		e := &t.Events[i]
		step := at[e.Step]
		if e.Kind == ftrace.Invoke && step != nil && step.Unknown {
			hidden(step, e.Up)
		}
		if !enters(e) || step == nil || e.Func == "cpuhp_kick_ap_work" {
			continue
		}
		step.Multi = e.Kind == ftrace.MultiEnter
		if single[i] { // it may come or go
			continue
		}
		if e.Target >= e.Step { // a walk up calls what is at its target as well, one down does not
			step.Startup = e.Func
		} else {
			step.Teardown = e.Func
		}
		r := runs[e.PID]
		if r.step != step || r.f != e.Func || e.Kind == ftrace.Enter {
			r = run{step: step, f: e.Func}
		}
		r.n++
		runs[e.PID] = r
		if step.Multi {
			counted[step] = max(counted[step], r.n)
		}
	}
	return counted
}

// hidden says of a state whose callbacks nobody knows that there is one, which no trace has shown by name: it is called
// for instances, and there are none.
func hidden(step *model.Step, up bool) {
	name := strings.ReplaceAll(step.Name, " ", "_")
	if step.Startup+step.Teardown == "" {
		step.Multi = true
	}
	if up && step.Startup == "" {
		step.Startup = name + ":startup"
	}
	if !up && step.Teardown == "" {
		step.Teardown = name + ":teardown"
	}
}
