package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaves calls f for each bool and each number of a value, with its path.
func leaves(v reflect.Value, path string, f func(v reflect.Value, path string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Type().Field(i).Anonymous {
				name = path
			} else {
				name = path + "." + name
			}
			leaves(v.Field(i), name, f)
		}
	case reflect.Array:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	default:
		f(v, path)
	}
}

// poke gives a leaf another value.
func poke(v reflect.Value) {
	if v.Kind() == reflect.Bool {
		v.SetBool(!v.Bool())
	} else {
		v.SetUint(v.Uint() ^ 1)
	}
}

// Each variable of a state has one row in the tables, which reads and writes it and nothing else.
func TestEachVariableHasARow(t *testing.T) {
	m := machine(t, "v6.12", nil)
	all := m.allVariables()
	var s State
	bits := 0
	leaves(reflect.ValueOf(&s).Elem(), "State", func(leaf reflect.Value, path string) {
		bits++
		zero := s
		poke(leaf)
		changed := s
		var rows []string
		for _, v := range all {
			if v.get(&zero) == v.get(&changed) {
				continue
			}
			rows = append(rows, v.Name)
			again := zero
			if v.set(&again, v.get(&changed)); again != changed {
				t.Errorf("%s: what its row %q writes is not what it reads", path, v.Name)
			}
		}
		if len(rows) != 1 {
			t.Errorf("%s has %d rows in the tables of variables, not one: %q", path, len(rows), rows)
		}
		poke(leaf)
	})
	assert.Greater(t, bits, 1000)
}

// manyMachines are machines whose states together have every variable.
func manyMachines(t testing.TB) []*Machine {
	var all []*Machine
	for _, k := range Kernels() {
		for _, b := range beside {
			all = append(all, machine(t, k.Name, func(sc *Scenario) { sc.MemoryModel = ""; b.change(sc) }))
		}
	}
	return all
}

// The codec keeps each variable that a machine has, up to the number of bits that its row says, and nothing of one
// runs into another.
func TestCodecKeepsEachVariable(t *testing.T) {
	kept := map[string]bool{}
	for _, m := range manyMachines(t) {
		words := make([]uint64, m.Words())
		for _, v := range m.Variables() {
			for n := 1; n < 1<<v.bits; n = 2*n + 1 {
				var s, decoded State
				v.set(&s, n)
				m.Encode(words, &s)
				m.Decode(&decoded, words)
				if s != decoded {
					t.Fatalf("%s: %d as %q of CPU %d, thread %d is not kept", m.Kernel.Name, n, v.Name, v.CPU, v.Thread)
				}
			}
			kept[v.Name] = true
		}
	}
	assert.Greater(t, len(kept), 60)
}

// What does not fit its bits is not written over what is beside it: whoever counts too far finds out at once.
func TestCodecRefusesWhatDoesNotFit(t *testing.T) {
	var m *Machine
	var words []uint64
	for _, migrators := range []int{0, 1} { // without one a stopper has one work
		m = machine(t, "v6.12", func(sc *Scenario) {
			sc.Migrators, sc.Modules = migrators, []string{"workqueue:online"}[:migrators]
		})
		words = make([]uint64, m.Words())
		refused, nothing := 0, State{}
		for _, v := range m.Variables() {
			var s State
			v.set(&s, 1<<v.bits)
			if s == nothing || v.get(&s) < 1<<v.bits || v.kind == ThreadOf || v.kind == OwnerOf {
				continue // no value is too wide; of threads and owners there are no more, see TestWidths
			}
			refused++
			assert.Panics(t, func() { m.Encode(words, &s) }, "%q of CPU %d, thread %d", v.Name, v.CPU, v.Thread)
		}
		assert.Greater(t, refused, 100)
	}
	var s State
	s.CPU[1].Works = [maxWorks]Work{WorkOfStopMachine, WorkOfStopMachine}
	alone := machine(t, "v6.12", nil)
	assert.PanicsWithValue(
		t, "model: stopper->works has room for one work, that of stop_machine()", func() { alone.Encode(words, &s) },
	)
	s = State{}
	s.Disabled = 8
	assert.PanicsWithValue(t, "model: cpu_hotplug_disabled is 8, and has 3 bits", func() { m.Encode(words, &s) })
}

// Observable is what the tables say.
func TestObservable(t *testing.T) {
	for _, m := range manyMachines(t) {
		a := m.Initial()
		for _, v := range m.Variables() {
			b := a
			v.set(&b, v.get(&a)^1)
			want := v.Visible
			for cpu := range uint8(m.Scenario.CPUs) {
				want = want || m.Idles(&a, cpu) != m.Idles(&b, cpu)
			}
			require.Equal(
				t, want, m.Observable(&a, &b), "%s: %q of CPU %d, thread %d", m.Kernel.Name, v.Name, v.CPU, v.Thread,
			)
		}
	}
}

// What the scenario has no use for stays as it is from the beginning: the codec may leave it out.
func TestVariablesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for i, b := range beside {
		for j, kernel := range engines {
			if (i+j)%4 != 0 {
				continue // what one of them leaves out, another has
			}
			m := machine(t, kernel, b.change)
			var none []Variable
			for _, v := range m.allVariables() {
				if !v.exists {
					none = append(none, v)
				}
			}
			initial := m.Initial()
			rng := rand.New(rand.NewPCG(1, 2))
			visit(m, 10_000, func(_ *Exec, _, after *State, act Action) {
				if rng.IntN(8) > 0 {
					return
				}
				for i := range none {
					if v := &none[i]; v.get(after) != v.get(&initial) {
						t.Fatalf("%s, %s: %s writes %q of CPU %d, which the scenario does not have", kernel, b.name,
							m.ThreadName(act.Thread()), v.Name, v.CPU)
					}
				}
			})
		}
	}
}
