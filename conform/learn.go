package conform

import (
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// Learn returns the states with what traces show of their callbacks: which function is the startup and which the teardown, whether it is called for
// instances, and for how many. What the traces do not show stays as it is.
func Learn(k model.Kernel, steps []model.Step, traces ...*ftrace.Trace) []model.Step {
	learned := make([]model.Step, len(steps))
	copy(learned, steps)
	at := map[int]*model.Step{}
	for i := range learned {
		at[learned[i].Number] = &learned[i]
	}
	counted := map[*model.Step]int{}
	for _, t := range traces {
		for step, n := range learnTrace(k, t, at) {
			counted[step] = max(counted[step], n)
		}
	}
	for step, n := range counted {
		step.Instances = n
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
	for i := range t.Events {
		e := &t.Events[i]
		step := at[e.Step]
		if e.Kind != ftrace.Enter && e.Kind != ftrace.MultiEnter || step == nil || e.Func == "cpuhp_kick_ap_work" {
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
