package model

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A state must be a plain value: assignment copies it and == compares it.
func TestStateIsPlain(t *testing.T) {
	var look func(typ reflect.Type, path string)
	look = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				look(typ.Field(i).Type, path+"."+typ.Field(i).Name)
			}
		case reflect.Array:
			look(typ.Elem(), path+"[]")
		case reflect.Bool, reflect.Uint8, reflect.Uint16:
		default:
			t.Errorf("%s is a %v", path, typ)
		}
	}
	look(reflect.TypeFor[State](), "State")
}

// scenarios draws small scenarios.
func scenarios() *rapid.Generator[Scenario] {
	return rapid.Custom(func(t *rapid.T) Scenario {
		sc := Scenario{
			CPUs: rapid.IntRange(2, MaxCPUs).Draw(t, "cpus"), Tasks: rapid.IntRange(1, MaxTasks).Draw(t, "tasks"),
			Ops: rapid.IntRange(1, 15).Draw(t, "ops"), Notifiers: rapid.IntRange(0, 4).Draw(t, "notifiers"),
			DynStates: rapid.IntRange(0, 4).Draw(t, "dyn"), Smpboot: rapid.IntRange(0, MaxSmpboot).Draw(t, "smpboot"),
			Faults: rapid.IntRange(0, 15).Draw(t, "faults"),
		}
		sc.Boot = rapid.IntRange(0, sc.CPUs).Draw(t, "boot")
		sc.Targets = Targets(rapid.SampledFrom(sc.Words("targets")).Draw(t, "targets"))
		sc.Readers = rapid.IntRange(0, 1).Draw(t, "readers")
		sc.Installers = rapid.IntRange(0, 2).Draw(t, "installers")
		sc.Suspend = sc.Tasks < MaxTasks && rapid.Bool().Draw(t, "suspend")
		sc.Absent = rapid.IntRange(0, 1).Draw(t, "absent")
		sc.RCU, sc.PowerOff = rapid.Bool().Draw(t, "rcu"), rapid.Bool().Draw(t, "power off")
		sc.Migrators, sc.WakeUps = rapid.IntRange(0, 1).Draw(t, "migrators"), rapid.IntRange(0, 2).Draw(t, "wake-ups")
		if sc.unbound() >= MaxUnbound {
			sc.Migrators, sc.WakeUps = 0, 0
		}
		if sc.DynStates > 0 && sc.Readers > 0 {
			sc.Callback = CallbackKind(rapid.SampledFrom(sc.Words("callback")).Draw(t, "callback"))
		}
		return sc
	})
}

// Any state on any path must survive encoding, and unequal states must have unequal words.
func TestCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(Kernels()).Draw(t, "kernel")
		sc := scenarios().Draw(t, "scenario")
		sc.PrepareStates = sc.Installers > 0 && !k.Notifiers && rapid.Bool().Draw(t, "prepare states")
		if k.StatePerRun && sc.Tasks < 3 {
			kinds := rapid.SampledFrom(sc.Words("instances-come-and-go"))
			sc.InstancesComeAndGo = ComeAndGo(kinds.Draw(t, "instances that come and go"))
			sc.Instances = rapid.IntRange(1, MaxInstances).Draw(t, "instances")
			if sc.InstancesComeAndGo == InstanceShared {
				sc.Ops, sc.Suspend = 0, false
			}
		}
		if !k.Notifiers && sc.unbound() <= MaxUnbound-3 {
			sc.Throttle = Throttle(rapid.SampledFrom(sc.Words("throttle")).Draw(t, "throttle"))
			sc.Cpuset = rapid.Bool().Draw(t, "cpuset")
		}
		if k.SMTControl {
			sc.SMT = SMTControl(rapid.SampledFrom(sc.Words("smt")).Draw(t, "smt"))
		}
		m, err := New(k, sc)
		assert.NoError(t, err)
		x, state := m.NewExec(), m.Initial()
		words, last := make([]uint64, m.Words()), make([]uint64, m.Words())
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			m.Encode(last, &state)
			actions := x.Enabled(&state, nil)
			if len(actions) == 0 {
				break
			}
			before := state
			x.Do(&state, actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")])
			m.Encode(words, &state)
			changed := slices.Clone(last)
			changes := m.Changes(&before, &state, x.Reach())
			if m.EncodeChanges(changed, &before, &state, changes); !slices.Equal(changed, words) {
				t.Fatalf("what has changed is encoded as %x, want %x", changed, words)
			}
			restored := state
			if m.Restore(&restored, &before, changes); restored != before {
				t.Fatalf("restored %+v, want %+v", restored, before)
			}
			decoded, was := before, slices.Clone(last)
			if m.DecodeChanges(&decoded, was, words); decoded != state || !slices.Equal(was, words) {
				t.Fatalf("what has changed is decoded as %+v, want %+v", decoded, state)
			}
			m.Decode(&decoded, words)
			if decoded != state {
				t.Fatalf("decoded %+v, want %+v", decoded, state)
			}
			if (before == state) != reflect.DeepEqual(words, last) {
				t.Fatal("the words do not tell the states apart")
			}
		}
	})
}

// Decoding must overwrite whatever was there: the engine reuses states.
func TestDecodeOverwrites(t *testing.T) {
	m := machine(t, "v4.6", nil)
	var words [64]uint64
	other := m.Initial()
	dirty := m.Initial()
	dirty.Crashed, dirty.CPU[1].IPI, dirty.Task[0].Died = true, true, true
	m.Encode(words[:m.Words()], &other)
	m.Decode(&dirty, words[:m.Words()])
	assert.Equal(t, other, dirty)
}

// The largest machine must fit the widths of the encoding.
func TestWidths(t *testing.T) {
	for _, k := range Kernels() {
		m, err := New(
			k,
			Scenario{
				CPUs: MaxCPUs, Tasks: MaxTasks, Ops: 15, Notifiers: 4, DynStates: 4, Smpboot: MaxSmpboot, Faults: 15,
				Installers: 2, Suspend: true, Targets: TargetsAll, Callback: CallbackReads,
			},
		)
		assert.NoError(t, err)
		for _, p := range m.programs {
			assert.LessOrEqual(t, len(p.nodes), 1<<pcBits, "%s: %s", k.Name, p.name)
		}
		assert.LessOrEqual(t, len(m.threads), 1<<idBits)
		assert.LessOrEqual(t, len(m.Ladder), 64, "properties keep sets of rungs in a word")
		assert.Less(t, len(m.Chain), 1<<countBits)
		assert.LessOrEqual(t, len(m.FaultPoints), 1<<8)
	}
	assert.LessOrEqual(t, int(numErrnos), 1<<errnoBits)
}
