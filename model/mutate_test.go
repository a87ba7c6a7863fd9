package model

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodesOf are the nodes of all programs that differ from those of the machine as it is: in number, or in what they are.
func differing(m, mutant *Machine) (n int) {
	for i, p := range m.programs {
		q := mutant.programs[i]
		if len(p.nodes) != len(q.nodes) {
			n += len(q.nodes) - len(p.nodes)
			continue
		}
		for pc := range p.nodes {
			a, b := &p.nodes[pc], &q.nodes[pc]
			if a.op != b.op || a.label != b.label || (a.run == nil) != (b.run == nil) ||
				(a.then == nil) != (b.then == nil) ||
				!slices.Equal(a.table, b.table) {
				n++
			}
		}
	}
	return n
}

// Every mutation that a machine lists changes its programs in the place that it names; no two are one.
func TestMutations(t *testing.T) {
	for _, name := range engines {
		k, err := Lookup(name)
		require.NoError(t, err)
		sc := Default()
		m, err := New(k, sc)
		require.NoError(t, err)
		all := m.Mutations()
		kinds := map[MutationKind]int{}
		texts := map[string]bool{}
		for _, mu := range all {
			kinds[mu.Kind]++
			assert.False(t, texts[mu.String()], "%s: %v is there twice", name, mu)
			texts[mu.String()] = true
			mutant, err := NewMutant(k, sc, mu)
			require.NoError(t, err)
			require.NotNil(t, mutant, "%s: %v", name, mu)
			switch mu.Kind {
			case MutateDrop, MutateTwice, MutateSwap, MutateSkip:
				assert.Positive(t, differing(m, mutant), "%s: %v", name, mu)
			}
		}
		for _, kind := range []MutationKind{MutateDrop, MutateNegate, MutateTwice, MutateSwap, MutateAbove, MutateBelow,
			MutateAstray, MutateSkip} {
			assert.Greater(t, kinds[kind], 4, "%s: %s", name, kind)
		}
	}
}

// A call that is left out is jumped over, in every place to which its caller was expanded, and no other one is.
func TestCallsLeftOut(t *testing.T) {
	k, err := Lookup("v6.12")
	require.NoError(t, err)
	m, err := New(k, Default())
	require.NoError(t, err)
	for _, tt := range []struct {
		caller, callee string
		nth, nodes     int // that differ: two in each place, or one if the call's second node jumps to its end already
	}{
		{"cpuhp_kick_ap", "__cpuhp_kick_ap", 1, 4}, // on the way up, and on the way down
		{"takedown_cpu", "kthread_unpark", 0, 2},   // and where a way up is undone
	} {
		mu := Mutation{Kind: MutateCall, Instruction: Instruction{tt.caller, tt.callee}, Nth: tt.nth}
		mutant, err := NewMutant(k, Default(), mu)
		require.NoError(t, err)
		require.NotNil(t, mutant, "%v", mu)
		assert.Equal(t, tt.nodes, differing(m, mutant), "%v", mu)
		for i, p := range mutant.programs {
			for pc := range p.nodes {
				n := &p.nodes[pc]
				if n.op != opGoto || n.to == m.programs[i].nodes[pc].to {
					continue
				}
				assert.Equal(t, tt.callee, n.fn.name)
				assert.Equal(t, tt.caller, p.nodes[n.to].fn.name)
				assert.True(t, p.nodes[pc-1].op == opAction && p.nodes[pc-1].run == nil)
			}
		}
	}
	none, err := NewMutant(k, Default(),
		Mutation{Kind: MutateCall, Instruction: Instruction{"takedown_cpu", "kthread_unpark"}, Nth: 1})
	require.NoError(t, err)
	assert.Nil(t, none)
}

// What is put in moves whoever jumps over it.
func TestInsertedNodes(t *testing.T) {
	p := &program{
		nodes: []node{
			{op: opGoto, to: 3}, {op: opAction, label: "a"}, {op: opSwitch, table: []PC{1, 2, 3}}, {op: opGoto, to: 1},
		},
	}
	p.insert(1, p.nodes[1])
	assert.Equal(t, PC(4), p.nodes[0].to)
	assert.Equal(t, "a", p.nodes[1].label)
	assert.Equal(t, "a", p.nodes[2].label)
	assert.Equal(t, []PC{1, 3, 4}, p.nodes[3].table)
	assert.Equal(t, PC(1), p.nodes[4].to)
}

// A mutation that the programs do not have makes no mutant.
func TestNoSuchMutation(t *testing.T) {
	k, err := Lookup("v6.12")
	require.NoError(t, err)
	m, err := NewMutant(
		k, Default(), Mutation{Kind: MutateDrop, Instruction: Instruction{"takedown_cpu", "nothing of the kind"}},
	)
	require.NoError(t, err)
	assert.Nil(t, m)
}

// Nothing that the scenario's own drivers do is a mistake of the kernel's.
func TestOnlyTheKernelIsMutated(t *testing.T) {
	k, err := Lookup("v6.12")
	require.NoError(t, err)
	sc := Default()
	sc.Installers, sc.Disablers, sc.Readers, sc.Suspend, sc.Callback = 1, 1, 1, true, CallbackHalf
	m, err := New(k, sc)
	require.NoError(t, err)
	for _, mu := range m.Mutations() {
		assert.NotContains(
			t,
			[]string{"task", "installer", "reader", "suspend_enter", "fail_store", "dyn1_startup", "driver0_startup"},
			mu.Function,
		)
	}
}
