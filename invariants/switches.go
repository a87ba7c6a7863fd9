package invariants

import (
	"encoding/binary"
	"hash/fnv"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// mostOrders bounds how many points of the orders of a counterexample's steps are looked at.
const mostOrders = 200_000

// calm puts the steps of a counterexample into the order in which the acting thread changes least often, among all
// orders that keep what each thread does and still violate the property with the last step. A counterexample with too
// many orders stays as it is.
//
// A point is a state, how far each thread has come, and who acted last. What is looked for is a shortest way through
// these points, where to leave a thread that has steps left costs one. To leave one that is through costs nothing:
// every order does that once for each thread.
func (w *worker) calm(actions []model.Action, property int) []model.Action {
	o := newOrders(w, actions, property)
	for len(o.now) > 0 && len(o.points) < mostOrders {
		for i := 0; i < len(o.now); i++ { // it grows: what costs nothing belongs to the level
			at := o.now[i]
			if o.points[at].end {
				return o.path(at)
			}
			o.extend(at)
		}
		o.now, o.later = o.later, o.now[:0]
	}
	return actions
}

// orders are the orders of a counterexample's steps.
type orders struct {
	w        *worker
	property uint64
	threads  []model.ThreadID
	steps    [][]model.Action // of each thread, in its order
	total    int
	points   []point
	known    map[[16]byte]bool // points that were gone on from
	now      []int             // points to go on from
	later    []int             // those that cost one more
}

// point is a state that is reached by some of the steps.
type point struct {
	words  []uint64
	done   []uint8 // how many steps of each thread; the last thread behind them
	parent int
	action model.Action
	end    bool // all steps are made, and the property is violated
}

func newOrders(w *worker, actions []model.Action, property int) *orders {
	o := &orders{w: w, property: 1 << property, total: len(actions), known: map[[16]byte]bool{}, now: []int{0}}
	for _, a := range actions {
		i := slices.Index(o.threads, a.Thread())
		if i < 0 {
			i = len(o.threads)
			o.threads, o.steps = append(o.threads, a.Thread()), append(o.steps, nil)
		}
		o.steps[i] = append(o.steps[i], a)
	}
	order := make([]int, len(o.threads))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(o.threads[a]) - int(o.threads[b]) })
	threads, steps := make([]model.ThreadID, len(order)), make([][]model.Action, len(order))
	for to, from := range order {
		threads[to], steps[to] = o.threads[from], o.steps[from]
		if len(steps[to]) > 255 {
			o.now = nil // too long to be counted
		}
	}
	o.threads, o.steps = threads, steps
	o.points = []point{{words: w.suite.Boot(), done: make([]uint8, len(threads)+1), parent: -1}}
	o.points[0].done[len(threads)] = uint8(len(threads))
	return o
}

// extend goes on from a point by every thread that can.
func (o *orders) extend(at int) {
	w, m, n := o.w, o.w.suite.Machine, len(o.threads)
	p := o.points[at]
	id := p.id()
	if o.known[id] {
		return
	}
	o.known[id] = true
	o.points[at].words = nil // only its way is needed from now on
	made := 1
	for _, d := range p.done[:n] {
		made += int(d)
	}
	for i := range o.threads {
		if int(p.done[i]) == len(o.steps[i]) {
			continue
		}
		a := o.steps[i][p.done[i]]
		m.Decode(&w.before, p.words)
		if !w.exec.CanDo(&w.before, a) {
			continue
		}
		next := point{words: slices.Clone(p.words), done: slices.Clone(p.done), parent: at, action: a}
		next.done[i]++
		next.done[n] = uint8(i)
		violated := w.take(a, next.words)&o.property != 0
		m.Encode(next.words, &w.after)
		next.end = made == o.total && (violated || o.ends(next.words))
		if violated && !next.end {
			continue // before its time: what comes after it is of no use
		}
		o.points = append(o.points, next)
		if last := int(p.done[n]); last == n || last == i || int(p.done[last]) == len(o.steps[last]) {
			o.now = append(o.now, len(o.points)-1)
		} else {
			o.later = append(o.later, len(o.points)-1)
		}
	}
}

// id tells points apart: by 128 bits of a hash.
func (p *point) id() (id [16]byte) {
	b := slices.Clone(p.done)
	for _, word := range p.words {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	h := fnv.New128a()
	h.Write(b)
	h.Sum(id[:0])
	return id
}

// ends reports whether the state in w.after has no successor and violates the property itself.
func (o *orders) ends(words []uint64) bool {
	w := o.w
	w.actions = w.exec.Enabled(&w.after, w.actions[:0])
	return len(w.actions) == 0 && w.end(&w.after, words)&o.property != 0
}

// path is the way to a point.
func (o *orders) path(at int) []model.Action {
	var actions []model.Action
	for ; o.points[at].parent >= 0; at = o.points[at].parent {
		actions = append(actions, o.points[at].action)
	}
	slices.Reverse(actions)
	return actions
}
