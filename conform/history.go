package conform

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hpcheck/hpcheck/model"
)

// Where a recording begins may be a state that no single write leads to: a callback of a dead CPU has failed, or a
// write to hotplug/target has. What was done before is searched for then: writes, and numbers in the file fail.

// maxWalks is how many writes are tried in all to find such a history.
const maxWalks = 3000

// histories are the states of a machine in which one CPU stands at a number, of those that writes to its files lead to,
// with nothing in the file fail: the shortest way first.
func (c *Checker) histories() []model.State {
	key := fmt.Sprint(c.m.Kernel.Name, c.m.Kernel.Without, c.m.Kernel.States, c.m.Scenario, c.header.cpu, c.down())
	known, ok := found.Load(key)
	if !ok {
		h := historian{m: c.m, cpu: c.header.cpu, seen: map[model.State]bool{}, at: map[int][]model.State{}}
		if start, err := walk(c.m, c.m.Initial(), c.down()); err == nil {
			h.search(start)
		}
		known, _ = found.LoadOrStore(key, &h)
	}
	h := known.(*historian)
	all := slices.Clone(h.at[c.header.from])
	for i := range c.m.Ladder { // the first of empty entries stands for the last
		if n := c.m.Ladder[i].Number; n != c.header.from && stands(c.m, n, c.header.from) {
			all = append(all, h.at[n]...)
		}
	}
	if c.m.Scenario.Targets != model.TargetsAll || stepAt(c.m.Kernel, c.header.from) == nil {
		return all
	}
	for _, number := range []int{0, topOf(c.m.Kernel)} {
		for _, s := range h.at[number] {
			op := model.Op{CPU: h.cpu, Via: model.ViaTarget, Target: c.header.from}
			if s, ok := h.after(s, 0, op); ok && h.number(&s) == c.header.from && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// found are the results of such searches, which depend on nothing but their key.
var found sync.Map

// historian searches for them.
type historian struct {
	m     *model.Machine
	cpu   int
	seen  map[model.State]bool
	at    map[int][]model.State // by the number at which the CPU stands
	walks int
}

func (h *historian) number(s *model.State) int { return h.m.Ladder[s.CPU[h.cpu].State].Number }

// add keeps a state, with nothing in the file fail, and reports whether it is new.
func (h *historian) add(s model.State) bool {
	known := h.seen[s]
	h.seen[s] = true
	s.CPU[h.cpu].Fail = 0
	if n := h.number(&s); !slices.Contains(h.at[n], s) {
		h.at[n] = append(h.at[n], s)
	}
	return !known
}

// search goes on from each new state with every write, and with every number in the file fail, until enough is found.
func (h *historian) search(start model.State) {
	h.add(start)
	for level := []model.State{start}; len(level) > 0; {
		var next []model.State
		for i := range level {
			for _, armed := range h.arms(&level[i]) {
				for _, op := range h.ops() {
					if h.walks++; h.walks > maxWalks {
						return
					}
					if s, ok := h.after(level[i], armed, op); ok && h.add(s) {
						next = append(next, s)
					}
				}
			}
		}
		level = next
	}
}

// after is the state after a write, with a rung in the file fail before it.
func (h *historian) after(s model.State, armed model.Rung, op model.Op) (model.State, bool) {
	s.CPU[h.cpu].Fail = armed
	before := s
	s, err := walk(h.m, s, []model.Op{op})
	if err != nil || s == before { // the number can be written later
		return s, false
	}
	bindParked(&s)
	return s, true
}

// arms are the rungs that may be in the file fail: what is there, or what it takes.
func (h *historian) arms(s *model.State) []model.Rung {
	all := []model.Rung{s.CPU[h.cpu].Fail}
	if all[0] != 0 {
		return all
	}
	for r := range h.m.Ladder {
		if h.m.TakesFail(s, uint8(h.cpu), model.Rung(r)) {
			all = append(all, model.Rung(r))
		}
	}
	return all
}

// ops are the writes.
func (h *historian) ops() []model.Op {
	ops := []model.Op{{CPU: h.cpu, Via: model.ViaOnline}, {CPU: h.cpu, Via: model.ViaOnline, Up: true}}
	if h.m.Scenario.Targets != model.TargetsAll {
		return ops
	}
	for _, target := range []int{0, topOf(h.m.Kernel)} {
		ops = append(ops, model.Op{CPU: h.cpu, Via: model.ViaTarget, Target: target})
	}
	return ops
}

// mayRefuse reports whether a kernel may refuse a number for hotplug/target with -EINVAL: it is not in the ladder, or
// no walk may end there, or the kernel was built without CONFIG_CPU_HOTPLUG_STATE_CONTROL, and it is neither end.
func mayRefuse(k model.Kernel, write string) bool {
	op, ok := writeOp(1, write)
	if !ok || op.Via != model.ViaTarget {
		return strings.HasPrefix(write, "hotplug/target=") // it is no number at all
	}
	return op.Target != 0 && op.Target != topOf(k)
}

// stands reports whether a CPU may be at a number of which the model says that it is at another one. The first of some
// empty entries stands for all of them in the model: a walk down that ends below a state whose callback has failed is
// in the last.
func stands(m *model.Machine, number, seen int) bool {
	if number >= seen {
		return number == seen
	}
	i := slices.IndexFunc(m.Ladder, func(step model.Step) bool { return step.Number == number })
	return i >= 0 && i+1 < len(m.Ladder) && m.Ladder[i].Name == "" && m.Ladder[i+1].Number == seen+1
}

// bindParked forgets on which CPU a parked thread went to sleep: it is bound to its own before it wakes up.
func bindParked(state *model.State) {
	for cpu := range state.CPU {
		for i := range state.CPU[cpu].Thread {
			if t := &state.CPU[cpu].Thread[i]; t.State == model.TaskParked && !t.Queued {
				t.Elsewhere = false
			}
		}
	}
}
