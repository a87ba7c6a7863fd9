package stepper

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

func stepperOf(t *testing.T, kernel string) *Stepper {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	return New(invariants.Compile(m, invariants.All()))
}

func TestPathIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Path(rapid.SliceOfN(rapid.IntRange(0, 12), 0, 200).Draw(t, "path"))
		got, err := ParsePath(p.String())
		if err != nil || got.String() != p.String() || len(got) != len(p) {
			t.Fatalf("%v: %v, %v", p, got, err)
		}
	})
	assert.Equal(t, "0x3.2.1", Path{0, 0, 0, 2, 1}.String())
	assert.Equal(t, Path{0, 1}, Path{0}.And(1))
	assert.Equal(t, Path{0}, Path{0, 1}.Back(1))
	assert.Empty(t, Path{0, 1}.Back(7))
}

func FuzzParsePath(f *testing.F) {
	f.Add("0x12.3")
	f.Add("99999999999x1")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err == nil && len(p) > longest {
			t.Fatal("too long")
		}
	})
}

// A step back is a step back: the state does not depend on the way one has looked at it.
func TestThereAndBack(t *testing.T) {
	s := stepperOf(t, "v4.6")
	a, err := s.At(Path{0, 0, 0})
	require.NoError(t, err)
	_, err = s.At(a.Choices[0].Path)
	require.NoError(t, err)
	b, err := s.At(a.Choices[0].Path.Back(1))
	require.NoError(t, err)
	assert.Equal(t, a, b)
}

func TestCounterexampleIsWhereItIsViolated(t *testing.T) {
	s := stepperOf(t, "v4.6-rc3")
	for _, name := range []string{"no-deadlock", "rollback-restores-smpboot"} {
		path, err := s.Counterexample(context.Background(), name, explore.Options{})
		require.NoError(t, err)
		v, err := s.At(path)
		require.NoError(t, err)
		var names []string
		for _, x := range v.Violated {
			names = append(names, x.Property)
			assert.NotEmpty(t, x.Clauses)
		}
		assert.Contains(t, names, name)
	}
	_, err := s.Counterexample(context.Background(), "no-bug-on", explore.Options{})
	assert.EqualError(t, err, "no-bug-on is not violated in this scenario")
	_, err = s.Counterexample(context.Background(), "no-deadlock", explore.Options{Depth: 3})
	assert.EqualError(t, err, "no-deadlock: no violation was found; the search was bounded by depth")
}

// What is found must be so, and nothing nearer.
func TestFind(t *testing.T) {
	s := stepperOf(t, "v4.6-rc3")
	ctx := context.Background()
	for text, want := range map[string]int{
		"violates rollback-restores-smpboot":           78,
		"happens FAULT cpu_disable":                    62,
		"CPU 1 active = false":                         22,
		"CPU 1 st->state = CPUHP_AP_ONLINE_DYN+0 (12)": 17,
		"CPU 1 st->state == CPUHP_AP_ONLINE_DYN+0":     17,
		"CPU 1 st->state != CPUHP_ONLINE":              17,
		"violates no-deadlock && ends":                 90,
	} {
		c, err := s.Condition(text)
		require.NoError(t, err, text)
		path, err := s.Find(ctx, nil, c, 1<<20)
		require.NoError(t, err, text)
		assert.Len(t, path, want, text)
	}
	c, err := s.Condition("happens BUG")
	require.NoError(t, err)
	_, err = s.Find(ctx, nil, c, 1<<20)
	assert.ErrorContains(t, err, "there is no such state: all")
	_, err = s.Find(ctx, nil, c, 100)
	assert.ErrorContains(t, err, "no such state among the first")
	_, err = s.Find(ctx, Path{9}, c, 100)
	assert.ErrorContains(t, err, "leads nowhere")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = s.Find(gone, nil, c, 1<<20)
	assert.Error(t, err)
}

func TestConditionErrors(t *testing.T) {
	s := stepperOf(t, "v4.6")
	for text, want := range map[string]string{
		"": "say what to look for", "online": "is no condition", "CPU 9 online = true": "unknown variable",
		"violates x": "unknown property",
		"ends &&":    "say what to look for",
	} {
		_, err := s.Condition(text)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := s.Condition(strings.Repeat("ends && ", 1000) + "ends")
	assert.NoError(t, err)
}

// A value that a variable never has is a mistake, and is told with those that it has; nothing is searched.
func TestConditionValues(t *testing.T) {
	k, err := model.Lookup("v4.6")
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	s := New(invariants.Compile(m, invariants.All()))
	for text, want := range map[string]string{
		"CPU 1 online = maybe":          `CPU 1 online is never "maybe": want one of false, true`,
		"CPU 1 online =":                `CPU 1 online is never "": want one of false, true`,
		"CPU 1 st->state = 99":          `CPU 1 st->state is never "99": want one of CPUHP_OFFLINE (0), `,
		"cpuhp/1 state = PARKED":        `cpuhp/1 state is never "PARKED": want one of TASK_RUNNING, `,
		"cpu_add_remove_lock != task 9": `cpu_add_remove_lock is never "task 9": want one of nobody, task 0, `,
		"nr_todo = many":                `nr_todo is never "many": want a number`,
	} {
		_, err := s.Condition(text)
		assert.ErrorContains(t, err, want, text)
	}
	top := m.Ladder[len(m.Ladder)-1]
	for _, text := range []string{
		"CPU 1 st->state = " + top.Symbol, fmt.Sprintf("CPU 1 st->state = %d", top.Number), "cpu_add_remove_lock = " +
			"task 0",
		"CPU 1 online = false", "nr_todo = 1",
	} {
		_, err := s.Condition(text)
		assert.NoError(t, err, text)
	}
}
