package clients

import (
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// place is where steps stand.
type place struct {
	what     string
	callback bool // in a callback
	perCPU   bool // the code is about a CPU
	loop     bool // in a loop over the CPUs
	depth    int
}

// Verb is a word with which a step may begin.
type Verb struct {
	Name  string
	Kinds []model.ClientKind // of what its object may be; none if it has no object
	Doc   string
	Where string // "" for everywhere, "tasks" where it may be in a task or a work item alone
}

// inTasks are the verbs that are not for callbacks.
const inTasks = "tasks"

// Verbs are the words with which a step may begin.
var Verbs = []Verb{
	{"mutex_lock", []model.ClientKind{model.ClientMutex}, "waits for the mutex and takes it", ""},
	{"mutex_unlock", []model.ClientKind{model.ClientMutex}, "gives it back", ""},
	{"spin_lock", []model.ClientKind{model.ClientSpinlock}, "spins until it has the lock", ""},
	{"spin_unlock", []model.ClientKind{model.ClientSpinlock}, "gives it back", ""},
	{"down_read", []model.ClientKind{model.ClientRWSem}, "waits until nobody writes or is about to, and reads", ""},
	{"up_read", []model.ClientKind{model.ClientRWSem}, "reads no more", ""},
	{
		"down_write",
		[]model.ClientKind{model.ClientRWSem},
		"lets no reader in any more, waits for those inside, and writes",
		"",
	},
	{"up_write", []model.ClientKind{model.ClientRWSem}, "writes no more", ""},
	{"wait_for_completion", []model.ClientKind{model.ClientCompletion}, "sleeps until it is completed, once", ""},
	{"complete", []model.ClientKind{model.ClientCompletion}, "lets one waiter go on", ""},
	{"complete_all", []model.ClientKind{model.ClientCompletion}, "lets all go on, those to come too", ""},
	{"reinit_completion", []model.ClientKind{model.ClientCompletion}, "it is not completed any more", ""},
	{"queue_work", []model.ClientKind{kindWork}, "queues the work item, if it is not pending", ""},
	{"queue_work_on", []model.ClientKind{kindWork}, "the same, for the CPU that the code is about, or `cpu N`", ""},
	{"flush_work", []model.ClientKind{kindWork}, "waits until it is neither pending nor executed", ""},
	{
		"cancel_work_sync",
		[]model.ClientKind{kindWork},
		"takes it off the queue, and waits until it is not executed",
		"",
	},
	{"set", []model.ClientKind{model.ClientFlag, model.ClientCPUFlag}, "sets the flag", ""},
	{"clear", []model.ClientKind{model.ClientFlag, model.ClientCPUFlag}, "clears it", ""},
	{
		"wait_event",
		[]model.ClientKind{model.ClientFlag, model.ClientCPUFlag},
		"sleeps until it is set, or with `!` until it is not",
		"",
	},
	{"take", []model.ClientKind{model.ClientDuty}, "the CPU, or `cpu N`, has the duty from now on", ""},
	{
		"hand_over",
		[]model.ClientKind{model.ClientDuty},
		"if the CPU has it, the first other CPU that is online gets it",
		"",
	},
	{"warn_on", conditions, "WARN_ON() of a condition", ""},
	{"return", nil, "leaves the task, the work item or the callback", ""},
	{"may_fail", nil, "may fail here, with ENOMEM or the error that is named, if a fault is left; then it returns", ""},
	{"cpus_read_lock", nil, "keeps CPUs from coming and going", ""},
	{"cpus_read_unlock", nil, "lets them", ""},
	{"cpu_hotplug_disable", nil, "forbids hotplug", inTasks},
	{"cpu_hotplug_enable", nil, "allows it again", inTasks},
	{
		"cpuhp_setup_state",
		[]model.ClientKind{kindState},
		"installs the state, and calls its startup for the CPUs that are up; also with `_nocalls`, `_cpuslocked` or " +
			"both behind it",
		inTasks,
	},
	{
		"cpuhp_remove_state",
		[]model.ClientKind{kindState},
		"removes it, with calls of its teardown; also with `_nocalls` or `_cpuslocked`",
		inTasks,
	},
	{
		"cpuhp_state_add_instance",
		[]model.ClientKind{kindState},
		"adds an instance, with calls; also with `_nocalls`",
		inTasks,
	},
	{
		"cpuhp_state_remove_instance",
		[]model.ClientKind{kindState},
		"removes one, with calls; also with `_nocalls`",
		inTasks,
	},
}

// conditions are the objects that may be conditions. Besides, failed, cpu_online and cpu_dying are.
var conditions = []model.ClientKind{
	model.ClientFlag, model.ClientCPUFlag, model.ClientCompletion, model.ClientDuty,
}

// verb finds a verb by its name.
func verb(name string) *Verb {
	if slices.Contains(model.ClientStateVerbs, name) {
		name, _ = strings.CutSuffix(name, "_cpuslocked")
		name, _ = strings.CutSuffix(name, "_nocalls")
	}
	i := slices.IndexFunc(Verbs, func(v Verb) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &Verbs[i]
}

func verbNames() (names []string) {
	for _, v := range Verbs {
		names = append(names, v.Name)
	}
	return names
}

// maxSteps is how many steps a body may have, and maxDepth how deep they may be nested.
const (
	maxSteps = 64
	maxDepth = 6
)

// steps reads the steps of a key.
func (f *file) steps(t *positioned.Table, key string, at place) ([]model.ClientStep, error) {
	v := t.Get(key)
	if v == nil {
		return nil, t.Errorf("%s is missing", key)
	}
	return f.list(v, at)
}

func (f *file) list(v *positioned.Value, at place) (steps []model.ClientStep, err error) {
	if err := v.Want(positioned.Array); err != nil {
		return nil, err
	}
	if at.depth++; at.depth > maxDepth {
		return nil, v.Errorf("steps are nested more than %d deep", maxDepth)
	}
	for _, e := range v.List {
		var more []model.ClientStep
		switch e.Kind {
		case positioned.String:
			more, err = f.sentence(e, at)
		case positioned.Map:
			more, err = f.nested(e, at)
		default:
			err = e.Errorf(`want a step such as "mutex_lock M", or a table with choice, if, loop, repeat or may_fail`)
		}
		if err != nil {
			return nil, err
		}
		if steps = append(steps, more...); len(steps) > maxSteps {
			return nil, e.Errorf("more than %d steps", maxSteps)
		}
	}
	return steps, nil
}

// sentence reads a step that is a text: a verb, its object, and perhaps "cpu N".
func (f *file) sentence(v *positioned.Value, at place) ([]model.ClientStep, error) {
	parts := strings.Fields(v.Text)
	if len(parts) == 0 {
		return nil, v.Errorf("an empty step: want one of %s", strings.Join(verbNames(), ", "))
	}
	known := verb(parts[0])
	if known == nil {
		return nil, v.Errorf("%v", &model.UnknownError{Kind: "step", Name: parts[0], Known: verbNames()})
	}
	if known.Where == inTasks && (at.callback || at.loop) {
		return nil, v.Errorf(
			"%s is not for %s",
			parts[0],
			choose.If(at.callback, "callbacks", "loops over CPUs"),
		)
	}
	s := model.ClientStep{Verb: parts[0]}
	rest := parts[1:]
	switch {
	case s.Verb == "may_fail":
		if len(rest) > 1 {
			return nil, v.Errorf("may_fail: want one error at most")
		}
		return made(&s, failing(v, strings.Join(rest, ""), &s))
	case len(known.Kinds) == 0:
		if len(rest) > 0 {
			return nil, v.Errorf("%s has no object", s.Verb)
		}
		return []model.ClientStep{s}, nil
	case s.Verb == "warn_on":
		return made(&s, f.condition(v, rest, at, &s))
	}
	if s.Verb == "wait_event" && len(rest) > 0 {
		rest[0], s.Not = strings.CutPrefix(rest[0], "!")
	}
	return made(&s, f.object(v, rest, at, &s, known.Kinds))
}

// made is a step that was read, unless there was a mistake.
func made(s *model.ClientStep, err error) ([]model.ClientStep, error) {
	if err != nil {
		return nil, err
	}
	return []model.ClientStep{*s}, nil
}
