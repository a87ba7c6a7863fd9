package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Outcome is what an operation may come to.
type Outcome struct {
	Errno    int    // of the write, 0 for none
	State    int    // st->state of its CPU afterwards
	Target   int    // st->target
	Fail     int    // what is left in the file fail, -1 for nothing
	Online   string // the mask of CPUs that are online
	Warnings string // the warnings on the way, one after the other
	End      string // "" if it returns; else that it never does, or how the kernel dies
}

// String says it in words.
func (o Outcome) String() string {
	text := fmt.Sprintf(
		"returns %s; state %d, target %d, fail %d, online %s", errnoName(o.Errno), o.State, o.Target, o.Fail, o.Online,
	)
	if o.End != "" {
		text = fmt.Sprintf("%s; state %d, target %d, fail %d, online %s", o.End, o.State, o.Target, o.Fail, o.Online)
	}
	if o.Warnings != "" {
		text += "; warns: " + o.Warnings
	}
	return text
}

// errnoName is the name of an error number, "0" for none.
func errnoName(n int) string {
	for e := model.OK; e.Valid(); e++ {
		if e.Number() == n {
			return e.String()
		}
	}
	return fmt.Sprint(-n)
}

// Refused is that the file fail does not take the state.
type Refused struct{ State int }

// Error says so.
func (r *Refused) Error() string {
	return fmt.Sprintf("the file fail does not take %d there: the write returns -EINVAL", r.State)
}

// Predict says what the operation of the machine's sequence at the index may come to, on any schedule. The operations
// before it take one schedule. Before each of them the number of a state is written to the file fail of its CPU, if
// there is one in arms that is not below 0. The error is a *Refused, or says why there is no prediction.
func Predict(m *model.Machine, arms []int, index int) ([]Outcome, error) {
	return PredictUnder(m, arms, index, Conditions{})
}

// before is the state before the operation, with the file fail as it was written.
func before(m *model.Machine, arms []int, index int) (s model.State, err error) {
	s = m.Initial()
	for i := 0; i <= index; i++ {
		if i < len(arms) {
			if err := arm(m, &s, m.Scenario.Sequence[i].Files(), arms[i]); err != nil {
				return s, err
			}
		}
		if i < index {
			if s, err = walk(m, s, m.Scenario.Sequence[i:i+1]); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

// predictor follows every schedule that can make a difference.
type predictor struct {
	m      *model.Machine
	x      *model.Exec
	tracer *invariants.Tracer // nil: everybody's steps are taken
	cpu    int
	seen   map[fingerprint]bool // where the search was: true as long as it has not come back from there

	still func(model.ThreadID) bool // who does nothing, nil: nobody
	must  bool                      // the fault happens where it can
	rests func(*node)               // nobody returns: what there is when nobody goes on; nil: somebody does

	pending  []node
	words    []uint64
	outcomes map[Outcome]bool
	happened bool // the fault did
}

// node is a state, and which warnings there were.
type node struct {
	state   model.State
	warns   uint64
	entered bool // the search has gone on from there, and comes back to it
}

func (p *predictor) run(start model.State) ([]Outcome, error) {
	if len(p.m.Assertions) > bitsLeft {
		return nil, fmt.Errorf("%d warnings and assertions: want %d at most", len(p.m.Assertions), bitsLeft)
	}
	p.words, p.outcomes = make([]uint64, p.m.Words()+1), map[Outcome]bool{}
	start.Faults = 0
	if p.must {
		start.Faults = 1
	}
	p.pending = append(p.pending, node{state: start})
	for len(p.pending) > 0 {
		i := len(p.pending) - 1
		key := p.key(&p.pending[i])
		if in, was := p.seen[key]; was {
			p.seen[key] = in && !p.pending[i].entered
			p.pending = p.pending[:i]
			continue
		}
		p.seen[key], p.pending[i].entered = true, true
		n := p.pending[i]
		acts := slices.DeleteFunc(
			p.x.Enabled(&n.state, nil), func(a model.Action) bool {
				return p.x.WritesFail(&n.state, a) || p.still != nil && p.still(a.Thread())
			},
		)
		switch {
		case len(acts) == 0 && p.rests != nil:
			p.rests(&n)
			continue
		case len(acts) == 0:
			p.outcome(&n, 0, "never returns")
			continue
		}
		p.expand(&n, acts)
	}
	all := make([]Outcome, 0, len(p.outcomes))
	for o := range p.outcomes {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b Outcome) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

// expand takes the steps of few threads if they are enough, else all. They are not if one of them leads back to a state
// from which the search has not come back: what the others do could be put off for ever.
func (p *predictor) expand(n *node, acts []model.Action) {
	for i := 0; ; i++ {
		var ids []model.ThreadID
		ok := false
		if p.tracer != nil {
			ids, ok = p.tracer.Enough(&n.state, i)
		}
		if ok && p.still != nil && slices.ContainsFunc(ids, p.still) {
			continue
		}
		before, back := len(p.pending), false
		for _, act := range acts {
			if !ok || slices.Contains(ids, act.Thread()) {
				back = p.step(*n, act) || back
			}
		}
		if !ok || !back {
			return
		}
		p.pending = p.pending[:before]
	}
}

// step takes a step, and keeps where it leads; it reports whether that is back to where the search came from.
func (p *predictor) step(n node, act model.Action) bool {
	p.x.Do(&n.state, act)
	for _, e := range p.x.Events {
		switch e.Kind {
		case model.EventWarn:
			n.warns |= 1 << e.Assertion
		case model.EventBug:
			p.outcome(&n, 0, "BUG: "+p.m.Assertions[e.Assertion].String())
			return false
		case model.EventFault:
			n.warns |= bitFault
		case model.EventReturn:
			if p.rests == nil {
				p.outcome(&n, e.Ret.Number(), "")
				return false
			}
		}
	}
	if p.rests != nil && p.alone(&n.state) {
		n.warns |= bitSlept
	}
	n.entered = false
	p.pending = append(p.pending, n)
	return p.seen[p.key(&n)]
}

// key stands for a node.
func (p *predictor) key(n *node) fingerprint {
	p.m.Encode(p.words[:len(p.words)-1], &n.state)
	p.words[len(p.words)-1] = n.warns
	return fingerprintOf(p.words)
}

func (p *predictor) outcome(n *node, errno int, end string) {
	c := &n.state.CPU[p.cpu]
	o := Outcome{
		Errno: errno, State: p.m.Ladder[c.State].Number, Target: p.m.Ladder[c.Target].Number, Fail: -1,
		Online: onlineMask(&n.state, p.m.Scenario.CPUs), End: end,
	}
	if c.Fail != 0 {
		o.Fail = p.m.Ladder[c.Fail].Number
	}
	o.Warnings = p.warnings(n)
	if p.must && n.warns&bitFault != 0 && !p.happened { // what came without it does not count
		p.happened = true
		clear(p.outcomes)
	}
	if !p.must || !p.happened || n.warns&bitFault != 0 {
		p.outcomes[o] = true
	}
}

// warnings are those on the way, one after the other.
func (p *predictor) warnings(n *node) string {
	var warnings []string
	for i, a := range p.m.Assertions {
		if n.warns>>i&1 == 1 {
			warnings = append(warnings, a.String())
		}
	}
	return strings.Join(warnings, "; ")
}

// onlineMask lists the CPUs that are online, as the kernel does.
func onlineMask(state *model.State, cpus int) string {
	mask := make([]bool, cpus)
	for cpu := range mask {
		mask[cpu] = state.CPU[cpu].Online
	}
	return formatMask(mask)
}
