package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The litmus tests of tools/memory-model, with two fields of a CPU as x and y, both 0 at first. A thread's first load
// goes to its register I, its second to N; 1 is read as 1.

type litmus struct {
	name    string
	threads [][]func(*assembler)
	outcome string // the registers that the test is about: I and N of each thread
	allowed []MemoryModel
	note    string
}

const (
	litmusX = FieldShouldRun
	litmusY = FieldBringup
)

func litmusStore(f CPUField) func(*assembler) {
	return func(a *assembler) {
		o := map[CPUField]Object{litmusX: objShouldRun, litmusY: objBringup}[f]
		a.do("WRITE_ONCE", writes(o), func(x *Exec) { x.st().store(f, 1) })
		a.free()
	}
}

func litmusLoad(f CPUField, register func(*Thread) *uint8) func(*assembler) {
	return func(a *assembler) {
		o := map[CPUField]Object{litmusX: objShouldRun, litmusY: objBringup}[f]
		a.do("READ_ONCE", reads(o), func(x *Exec) { *register(x.t) = uint8(x.st().value(f)) })
	}
}

// litmusDepends is a load and a store of another field behind it, if 1 was loaded.
func litmusDepends(load, store CPUField, register func(*Thread) *uint8) func(*assembler) {
	return func(a *assembler) {
		o := map[CPUField]Object{litmusX: objShouldRun, litmusY: objBringup}[load]
		a.test("if (READ_ONCE)", reads(o), func(x *Exec) bool {
			*register(x.t) = uint8(x.st().value(load))
			return *register(x.t) == 1
		}, func() { litmusStore(store)(a) })
	}
}

func mb(a *assembler) { a.smpMB() }

func registerI(t *Thread) *uint8 { return &t.I }
func registerN(t *Thread) *uint8 { return &t.N }

// outcomes explores a litmus test, and returns what the registers of its threads may hold in the end.
func (l *litmus) outcomes(memory MemoryModel) (all []string) {
	sc := Default()
	sc.MemoryModel = memory
	m := &Machine{Kernel: *editions[0], Scenario: sc, threads: []threadInfo{{name: "nobody"}}, unbound: len(l.threads)}
	for i, body := range l.threads {
		p := m.assemble(fmt.Sprint("P", i), false, func(a *assembler) {
			for _, instruction := range body {
				instruction(a)
			}
			a.done()
		})
		p.base = m.numNodes
		m.numNodes += len(p.nodes)
		m.threads = append(m.threads, threadInfo{kind: kindTask, name: p.name, index: i, program: p})
	}
	var start State
	start.CPU[0].Online = true
	for i := range l.threads {
		start.Task[i].Queued = true
	}
	x := m.NewExec()
	seen := map[State]bool{start: true}
	for todo := []State{start}; len(todo) > 0; todo = todo[1:] {
		s := todo[0]
		actions := x.Enabled(&s, nil)
		if len(actions) == 0 {
			registers := ""
			for i := range l.threads {
				registers += fmt.Sprint(s.Task[i].I, s.Task[i].N, " ")
			}
			if registers = registers[:len(registers)-1]; !slices.Contains(all, registers) {
				all = append(all, registers)
			}
		}
		for _, a := range actions {
			next := s
			x.Do(&next, a)
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return all
}

func TestLitmus(t *testing.T) {
	storeX, storeY := litmusStore(litmusX), litmusStore(litmusY)
	loadX, loadY := litmusLoad(litmusX, registerI), litmusLoad(litmusY, registerI)
	thenX, thenY := litmusLoad(litmusX, registerN), litmusLoad(litmusY, registerN)
	everywhere := []MemoryModel{SC, TSO, Relaxed}
	type code = [][]func(*assembler)
	tests := []litmus{
		{"MP", code{{storeX, storeY}, {loadY, thenX}}, "0 0 1 0", []MemoryModel{Relaxed}, "MP+poonceonces: Sometimes"},
		{
			"MP+wmb", code{{storeX, mb, storeY}, {loadY, thenX}}, "0 0 1 0", []MemoryModel{Relaxed},
			"the reader needs a barrier too",
		},
		{
			"MP+rmb", code{{storeX, storeY}, {loadY, mb, thenX}}, "0 0 1 0", []MemoryModel{Relaxed},
			"and so does the writer",
		},
		{
			"MP+mbs", code{{storeX, mb, storeY}, {loadY, mb, thenX}}, "0 0 1 0", nil,
			"MP+fencewmbonceonce+fencermbonceonce: Never",
		},
		{"MP, seen", code{{storeX, mb, storeY}, {loadY, mb, thenX}}, "0 0 1 1", everywhere, "the message comes at all"},
		{
			"SB", code{{storeX, loadY}, {storeY, loadX}}, "0 0 0 0", []MemoryModel{TSO, Relaxed},
			"SB+poonceonces: Sometimes",
		},
		{"SB+mbs", code{{storeX, mb, loadY}, {storeY, mb, loadX}}, "0 0 0 0", nil, "SB+fencembonceonces: Never"},
		{"LB", code{{loadX, storeY}, {loadY, storeX}}, "1 0 1 0", []MemoryModel{Relaxed}, "LB+poonceonces: Sometimes"},
		{
			"LB, one side", code{{loadX, storeY}, {loadY, mb, storeX}}, "1 0 1 0", []MemoryModel{Relaxed},
			"the other thread needs a barrier too",
		},
		{"LB+mbs", code{{loadX, mb, storeY}, {loadY, mb, storeX}}, "1 0 1 0", nil, "LB+fencembonceonces: Never"},
		{
			"LB+ctrls",
			code{{litmusDepends(litmusX, litmusY, registerI)}, {litmusDepends(litmusY, litmusX, registerI)}}, "1 0 1 0",
			nil, "LB with control dependencies: Never",
		},
		{
			"LB+ctrl, one side", code{{litmusDepends(litmusX, litmusY, registerI)}, {loadY, storeX}}, "1 0 1 0",
			[]MemoryModel{Relaxed}, "LB+fencembonceonce+ctrlonceonce needs the barrier: Sometimes without",
		},
		{"CoRW", code{{loadX, storeX}}, "1 0", nil, "a thread does not see what it is to store"},
		{"CoRR", code{{storeX}, {loadX, thenX}}, "0 0 1 0", nil, "CoRR+poonceonce+Once: Never"},
		{"CoWR", code{{storeX, loadX}}, "0 0", nil, "a thread sees its own stores"},
		{
			"IRIW", code{{storeX}, {storeY}, {loadX, thenY}, {loadY, thenX}}, "0 0 0 0 1 0 1 0", []MemoryModel{Relaxed},
			"IRIW+poonceonces+OnceOnce: Sometimes",
		},
		{
			"IRIW+mbs", code{{storeX}, {storeY}, {loadX, mb, thenY}, {loadY, mb, thenX}}, "0 0 0 0 1 0 1 0", nil,
			"IRIW+fencembonceonces+OnceOnce: Never",
		},
	}
	for _, l := range tests {
		for _, memory := range everywhere {
			assert.Equal(
				t, slices.Contains(l.allowed, memory), slices.Contains(l.outcomes(memory), l.outcome), "%s with %s: %s",
				l.name, memory, l.note,
			)
		}
	}
}
