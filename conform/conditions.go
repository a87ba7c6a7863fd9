package conform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Conditions are what else is so while an operation is made.
type Conditions struct {
	Disabled bool // somebody forbids hotplug all the while; the scenario has a disabler, who does nothing else
	Deadline bool // the deadline tasks do not fit on the CPUs that stay
	Fails    bool // the scenario's fault happens, where it first can
}

// DeadlinePoint is the fault point of deadline tasks that do not fit.
const DeadlinePoint = "sched_cpu_deactivate"

// The bits of node.warns that are no warnings.
const (
	bitFault = 1 << 63 // the fault that must happen has happened
	bitSlept = 1 << 62 // CPU 0 was the only one that was online
	bitsLeft = 62
)

// PredictUnder is [Predict] with conditions.
func PredictUnder(m *model.Machine, arms []int, index int, c Conditions) ([]Outcome, error) {
	if c.Deadline &&
		!slices.ContainsFunc(m.FaultPoints, func(p model.FaultPoint) bool { return p.Name == DeadlinePoint }) {
		return nil, fmt.Errorf("%v does not look at deadline tasks", m.Kernel)
	}
	s, err := before(m, arms, index)
	if err != nil {
		return nil, err
	}
	p := newPredictor(m, m.Scenario.Sequence[index].Files())
	if c.Disabled {
		s.Disabled = 1
		p.still = func(id model.ThreadID) bool { return strings.HasPrefix(m.ThreadName(id), "disabler") }
	}
	p.must = c.Deadline || c.Fails
	outcomes, err := p.run(s)
	if err == nil && c.Fails && !p.happened {
		return nil, errors.New("nothing that is to fail is called")
	}
	return outcomes, err
}

// SuspendOutcome is what a suspend and its end may come to.
type SuspendOutcome struct {
	Slept    bool   // CPU 0 was alone, so the machine may sleep; else the suspend was given up
	Online   string // the mask of CPUs that are online afterwards
	Left     string // CPUs that are elsewhere than they were, with their states
	Warnings string
	End      string // "" if it comes to its end
}

// String says it in words.
func (o SuspendOutcome) String() string {
	text := choose.If(o.Slept, "the machine sleeps and wakes", "the suspend is given up")
	if o.End != "" {
		text = o.End
	}
	text += "; online afterwards " + o.Online
	if o.Left != "" {
		text += "; " + o.Left
	}
	if o.Warnings != "" {
		text += "; warns: " + o.Warnings
	}
	return text
}

// PredictSuspend says what a suspend, and its end, of a machine whose scenario has one may come to, on any schedule.
// fail is the number of a state that is written to the file fail of the CPU before, -1 for none; the error is a
// *Refused, or says why there is no prediction.
func PredictSuspend(m *model.Machine, cpu, fail int) ([]SuspendOutcome, error) {
	s := m.Initial()
	if err := arm(m, &s, cpu, fail); err != nil {
		return nil, err
	}
	p := newPredictor(m, cpu)
	ends := map[SuspendOutcome]bool{}
	p.rests = func(n *node) { ends[p.suspended(n)] = true }
	outcomes, err := p.run(s)
	for _, o := range outcomes { // of a BUG
		ends[SuspendOutcome{Online: o.Online, Warnings: o.Warnings, End: o.End}] = true
	}
	all := make([]SuspendOutcome, 0, len(ends))
	for o := range ends {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b SuspendOutcome) int { return strings.Compare(a.String(), b.String()) })
	return all, err
}

// suspended is where the machine is when nobody goes on.
func (p *predictor) suspended(n *node) SuspendOutcome {
	o := SuspendOutcome{
		Slept: n.warns&bitSlept != 0, Online: onlineMask(&n.state, p.m.Scenario.CPUs), Warnings: p.warnings(n),
	}
	for _, id := range p.m.Threads() {
		if !p.x.Resting(&n.state, id) {
			o.End = "never comes to its end"
		}
	}
	initial := p.m.Initial()
	var left []string
	for cpu := range p.m.Scenario.CPUs {
		is, was := &n.state.CPU[cpu], &initial.CPU[cpu]
		if is.State != was.State || is.Target != was.Target {
			left = append(left, fmt.Sprintf(
				"CPU %d: state %d, target %d", cpu, p.m.Ladder[is.State].Number, p.m.Ladder[is.Target].Number,
			))
		}
	}
	o.Left = strings.Join(left, ", ")
	return o
}

// alone reports whether CPU 0 is the only one that is online.
func (p *predictor) alone(s *model.State) bool {
	for cpu := range p.m.Scenario.CPUs {
		if s.CPU[cpu].Online != (cpu == 0) {
			return false
		}
	}
	return true
}

func newPredictor(m *model.Machine, cpu int) *predictor {
	return &predictor{
		m: m, x: m.NewExec(), cpu: cpu, seen: map[fingerprint]bool{},
		tracer: invariants.NewTracer(m, model.EventReturn, model.EventWarn, model.EventBug),
	}
}

// arm writes the number of a state to the file fail of a CPU, unless it is -1. The error is a *Refused.
func arm(m *model.Machine, s *model.State, cpu, number int) error {
	if number == -1 {
		return nil
	}
	rung := slices.IndexFunc(m.Ladder, func(s model.Step) bool { return s.Number == number })
	if rung < 0 || !m.TakesFail(s, uint8(cpu), model.Rung(rung)) {
		return &Refused{number}
	}
	s.CPU[cpu].Fail = model.Rung(rung)
	return nil
}
