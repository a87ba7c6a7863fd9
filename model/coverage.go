package model

import "slices"

// Instruction is a labelled instruction of the programs, all its copies together.
type Instruction struct {
	Function string // the kernel function
	Label    string // the statement
}

// Marks returns how many bits [Exec.Marks] has: one for each instruction, one for each fault point, one for each pair
// of classes, and one for each set of variables.
func (m *Machine) Marks() int { return m.raceMarks() + 64 }

// raceMarks is where the bits of the variables begin.
func (m *Machine) raceMarks() int {
	return m.numNodes + len(m.FaultPoints) + int(NumClasses)*int(NumClasses)
}

// Marks returns the set of what this Exec has executed: a bit for each node of the programs, and one for each fault
// point.
func (x *Exec) Marks() []uint64 { return x.marks }

// mark notes that a node was executed, and that its fault was injected.
func (x *Exec) mark(p *program, pc PC) {
	x.markBit(p.base + int(pc))
	if n := &p.nodes[pc]; n.point > 0 && x.alt > 0 {
		x.markBit(x.m.numNodes + n.point - 1)
	}
}

// Place returns where a thread stands: the number of its next instruction among those of all programs. Threads of
// different CPUs share their programs.
func (x *Exec) Place(s *State, id ThreadID) int {
	x.become(s, id)
	return x.m.threads[id].program.base + int(x.t.PC)
}

func (x *Exec) markBit(i int) { x.marks[i>>6] |= 1 << (i & 63) }

// Coverage is what was never executed in a search, and which functions were.
type Coverage struct {
	Instructions int           // how many there are
	Missed       []Instruction // those never executed, in the order of the programs
	Unentered    []string      // the functions of which no instruction was executed
	Entered      []string      // those of which one was, in the order of the programs
	Points       int           // how many fault points may fire
	Unfired      []FaultPoint  // those that never did
}

// Coverage evaluates the union of all Execs' marks.
func (m *Machine) Coverage(marks []uint64) Coverage {
	marked := func(i int) bool { return marks[i>>6]>>(i&63)&1 != 0 }
	var c Coverage
	var order []Instruction
	done := map[Instruction]bool{}
	for _, p := range m.programs {
		for pc := range p.nodes {
			n := &p.nodes[pc]
			if n.label == "" || n.fn == nil {
				continue
			}
			in := Instruction{Function: n.fn.name, Label: n.label}
			if _, known := done[in]; !known {
				order = append(order, in)
			}
			done[in] = done[in] || marked(p.base+pc)
		}
	}
	c.Instructions = len(order)
	entered := map[string]bool{}
	for _, in := range order {
		if !done[in] {
			c.Missed = append(c.Missed, in)
		}
		if done[in] && !entered[in.Function] {
			c.Entered = append(c.Entered, in.Function)
		}
		entered[in.Function] = entered[in.Function] || done[in]
	}
	for _, in := range c.Missed {
		if !entered[in.Function] && !slices.Contains(c.Unentered, in.Function) {
			c.Unentered = append(c.Unentered, in.Function)
		}
	}
	for i, p := range m.FaultPoints {
		if !p.Enabled {
			continue
		}
		c.Points++
		if !marked(m.numNodes + i) {
			c.Unfired = append(c.Unfired, p)
		}
	}
	return c
}

// Instructions are the labelled instructions of the programs, each once.
func (m *Machine) Instructions() (all []Instruction) {
	seen := map[Instruction]bool{}
	for _, p := range m.programs {
		for pc := range p.nodes {
			n := &p.nodes[pc]
			if n.label == "" || n.fn == nil {
				continue
			}
			if in := (Instruction{n.fn.name, n.label}); !seen[in] {
				seen[in] = true
				all = append(all, in)
			}
		}
	}
	return all
}
