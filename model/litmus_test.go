package model

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// The litmus tests of tools/memory-model, with two fields of a CPU as x and y, both 0 at first. The code of each thread
// is a word for each instruction: Wx stores 1, Rx loads, mb is a barrier, and Rx?Wy stores y if 1 was loaded from x. A
// thread's first load goes to its register I, its second to N.

type litmus struct {
	name    string
	row     string // of the table in docs/model.md
	threads []string
	outcome string // the registers that the test is about: I and N of each thread
	allowed []MemoryModel
	herd    string // what herd7 says with linux-kernel.cat; "" if it was not asked
	note    string
}

const (
	litmusX = FieldShouldRun
	litmusY = FieldBringup
)

// litmusField is the field of a letter.
func litmusField(letter byte) (CPUField, Object) {
	if letter == 'x' {
		return litmusX, objShouldRun
	}
	return litmusY, objBringup
}

// assembleLitmus assembles a thread of a litmus test.
func assembleLitmus(a *assembler, code string) {
	registers := []func(*Thread) *uint8{
		func(t *Thread) *uint8 { return &t.I }, func(t *Thread) *uint8 { return &t.N },
	}
	store := func(letter byte) {
		f, o := litmusField(letter)
		a.do("WRITE_ONCE", writes(o), func(x *Exec) { x.st().store(f, 1) })
		a.free()
	}
	for _, word := range strings.Fields(code) {
		switch {
		case word == "mb":
			a.smpMB()
		case word == "bit":
			a.do("set_cpu_dying()", writes(objDying), func(x *Exec) { x.st().Dying = !x.st().Dying })
		case word[0] == 'W':
			store(word[1])
		default:
			f, o := litmusField(word[1])
			register := registers[0]
			registers = registers[1:]
			load := func(x *Exec) bool {
				*register(x.t) = uint8(x.st().value(f))
				return *register(x.t) == 1
			}
			if len(word) > 2 {
				a.test("if (READ_ONCE)", reads(o), load, func() { store(word[4]) })
			} else {
				a.do("READ_ONCE", reads(o), func(x *Exec) { load(x) })
			}
		}
	}
	a.done()
}

// c is the test in the form of herd7.
func (l *litmus) c() string {
	var b strings.Builder
	fmt.Fprintf(&b, "C %s\n\n{}\n", strings.NewReplacer(" ", "-", ",", "").Replace(l.name))
	var condition []string
	outcomes := strings.Fields(l.outcome)
	for i, code := range l.threads {
		fmt.Fprintf(&b, "\nP%d(int *x, int *y)\n{\n", i)
		for r := range strings.Count(code, "R") {
			fmt.Fprintf(&b, "\tint r%d;\n", r)
			condition = append(condition, fmt.Sprintf("%d:r%d=%s", i, r, outcomes[2*i+r]))
		}
		loads := 0
		for _, word := range strings.Fields(code) {
			switch {
			case word == "mb":
				b.WriteString("\tsmp_mb();\n")
			case word[0] == 'W':
				fmt.Fprintf(&b, "\tWRITE_ONCE(*%c, 1);\n", word[1])
			default:
				fmt.Fprintf(&b, "\tr%d = READ_ONCE(*%c);\n", loads, word[1])
				if len(word) > 2 {
					fmt.Fprintf(&b, "\tif (r%d == 1)\n\t\tWRITE_ONCE(*%c, 1);\n", loads, word[4])
				}
				loads++
			}
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "\nexists (%s)\n", strings.Join(condition, ` /\ `))
	return b.String()
}

// outcomes explores a litmus test, and returns what the registers of its threads may hold in the end.
func (l *litmus) outcomes(memory MemoryModel) (all []string) {
	sc := Default()
	sc.MemoryModel = memory
	m := &Machine{Kernel: *editions[0], Scenario: sc, threads: []threadInfo{{name: "nobody"}}, unbound: len(l.threads)}
	m.weakMemory = sc.Weak()
	for i, code := range l.threads {
		p := m.assemble(fmt.Sprint("P", i), false, &crew{}, func(a *assembler) { assembleLitmus(a, code) })
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

// The models under which a test's outcome is seen.
var (
	never      []MemoryModel
	everywhere = []MemoryModel{SC, TSO, Relaxed}
	late       = []MemoryModel{TSO, Relaxed}
	anyOrder   = []MemoryModel{Relaxed}
)

// The rows of the table in docs/model.md of which there are several tests.
const (
	rowOneSide   = "MP with a barrier on one side only"
	rowCoherence = "CoRR, CoWR, CoRW: coherence"
	rowLBOneSide = "LB with a barrier, or a control dependency, on one side only"
	rowLBBoth    = "LB with a barrier, or a control dependency, on both"
)

type code = []string

var litmusTests = []litmus{
	{"MP", "MP: message passing", code{"Wx Wy", "Ry Rx"}, "0 0 1 0", anyOrder, "Sometimes", "MP+poonceonces"},
	{
		"MP+wmb", rowOneSide, code{"Wx mb Wy", "Ry Rx"}, "0 0 1 0", anyOrder, "Sometimes",
		"the reader needs a barrier too",
	},
	{"MP+rmb", rowOneSide, code{"Wx Wy", "Ry mb Rx"}, "0 0 1 0", anyOrder, "Sometimes", "and so does the writer"},
	{
		"MP+mbs", "MP with both", code{"Wx mb Wy", "Ry mb Rx"}, "0 0 1 0", never, "Never",
		"MP+fencewmbonceonce+fencermbonceonce",
	},
	{
		"MP+bits", "MP with set_cpu_dying(), a set_bit(), in place of both", code{"Wx bit Wy", "Ry bit Rx"}, "0 0 1 0",
		anyOrder, "", "set_bit() orders nothing",
	},
	{"MP, seen", "", code{"Wx mb Wy", "Ry mb Rx"}, "0 0 1 1", everywhere, "Sometimes", "the message comes at all"},
	{"SB", "SB: store buffering", code{"Wx Ry", "Wy Rx"}, "0 0 0 0", late, "Sometimes", "SB+poonceonces"},
	{"SB+mbs", "SB with barriers", code{"Wx mb Ry", "Wy mb Rx"}, "0 0 0 0", never, "Never", "SB+fencembonceonces"},
	{"LB", "LB: load buffering", code{"Rx Wy", "Ry Wx"}, "1 0 1 0", anyOrder, "Sometimes", "LB+poonceonces"},
	{
		"LB, one side", rowLBOneSide, code{"Rx Wy", "Ry mb Wx"}, "1 0 1 0", anyOrder, "Sometimes",
		"the other thread needs a barrier too",
	},
	{"LB+mbs", rowLBBoth, code{"Rx mb Wy", "Ry mb Wx"}, "1 0 1 0", never, "Never", "LB+fencembonceonces"},
	{"LB+ctrls", rowLBBoth, code{"Rx?Wy", "Ry?Wx"}, "1 0 1 0", never, "Never", "LB with control dependencies"},
	{
		"LB+ctrl, one side", rowLBOneSide, code{"Rx?Wy", "Ry Wx"}, "1 0 1 0", anyOrder, "Sometimes",
		"LB+fencembonceonce+ctrlonceonce needs the barrier",
	},
	{"CoRW", rowCoherence, code{"Rx Wx"}, "1 0", never, "Never", "a thread does not see what it is to store"},
	{"CoRR", rowCoherence, code{"Wx", "Rx Rx"}, "0 0 1 0", never, "Never", "CoRR+poonceonce+Once"},
	{"CoWR", rowCoherence, code{"Wx Rx"}, "0 0", never, "Never", "a thread sees its own stores"},
	{
		"IRIW", "IRIW: independent reads of independent writes", code{"Wx", "Wy", "Rx Ry", "Ry Rx"}, "0 0 0 0 1 0 1 0",
		anyOrder, "Sometimes", "IRIW+poonceonces+OnceOnce",
	},
	{
		"IRIW+mbs", "IRIW with barriers", code{"Wx", "Wy", "Rx mb Ry", "Ry mb Rx"}, "0 0 0 0 1 0 1 0", never, "Never",
		"IRIW+fencembonceonces+OnceOnce",
	},
}

func TestLitmus(t *testing.T) {
	for _, l := range litmusTests {
		for _, memory := range everywhere {
			assert.Equal(
				t, slices.Contains(l.allowed, memory), slices.Contains(l.outcomes(memory), l.outcome), "%s with %s: %s",
				l.name, memory, l.note,
			)
		}
	}
}

// What docs/model.md says of these tests is what they say.
func TestLitmusTable(t *testing.T) {
	doc, err := os.ReadFile("../docs/model.md")
	require.NoError(t, err)
	for _, l := range litmusTests {
		if l.row == "" {
			continue
		}
		line := "| " + l.row + " |"
		for _, memory := range everywhere {
			line += choose.If(slices.Contains(l.allowed, memory), " sometimes |", " never |")
		}
		assert.Contains(
			t, string(doc), line+" "+strings.ToLower(cmp.Or(l.herd, "not asked"))+" |\n", l.name,
		)
	}
}

// herd7 must say what we say that it does. Name it in HPCHECK_HERD7, and a kernel's tree in HPCHECK_KERNEL_TREE; it was
// run with herd7 7.58 and the tree of 7.3.
func TestHerd(t *testing.T) {
	herd, tree := os.Getenv("HPCHECK_HERD7"), os.Getenv("HPCHECK_KERNEL_TREE")
	if herd == "" || tree == "" {
		t.Skip("HPCHECK_HERD7 and HPCHECK_KERNEL_TREE do not name herd7 and a kernel's tree")
	}
	for _, l := range litmusTests {
		if l.herd == "" {
			continue
		}
		file := filepath.Join(t.TempDir(), "test.litmus")
		require.NoError(t, os.WriteFile(file, []byte(l.c()), 0o666))
		cmd := exec.Command(herd, "-conf", "linux-kernel.cfg", file)
		cmd.Dir = filepath.Join(tree, "tools", "memory-model")
		out, err := cmd.Output()
		require.NoError(t, err, l.name)
		_, verdict, found := strings.Cut(string(out), "\nObservation ") // without one the test was not read
		require.True(t, found, "%s: %s", l.name, out)
		assert.Equal(t, l.herd, strings.Fields(verdict)[1], l.name)
	}
}
