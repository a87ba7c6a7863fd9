package reports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/model"
)

// A primitive that stands for another function than that from which it was made is named, with its place.
func TestAssembledText(t *testing.T) {
	var b strings.Builder
	a := Assembled{Tree: "linux", Edition: "v6.12", Functions: []string{"_cpu_up"}, Rests: []Rest{
		{Name: "kthread_park", As: "primitive", File: "kernel/kthread.c", Line: 7, Code: "1", Pinned: "2"},
		{Name: "wake_up_process", As: "primitive", File: "kernel/sched/core.c", Pinned: "2"},
		{Name: "complete", As: "primitive", File: "kernel/sched/completion.c", Line: 9, Code: "3", Pinned: "3"},
		{Name: "smp_call_function_single", As: "primitive", File: "kernel/smp.c", Line: 4, Code: "5"},
		{Name: "set_cpu_dying", As: "primitive", File: "include/linux/cpumask.h"},
		{Name: "tick_offline_cpu", As: "abstraction", Why: "no clock"},
	}}
	a.text(&b)
	text := strings.Join(strings.Fields(b.String()), " ")
	assert.Contains(t, text, "primitives that stand for functions which differ in v6.12: kthread_park() "+
		"(kernel/kthread.c:7), wake_up_process() (not in kernel/sched/core.c) "+
		"primitives for which v6.12 has no hash: smp_call_function_single() ")
	assert.NotContains(t, text, "complete()")
	assert.Contains(t, text, "rests on: tick_offline_cpu() (no clock)")
}

// What a tree has is not said of the release that it names.
func TestSubject(t *testing.T) {
	r := Run{Kernel: model.Kernel{Name: "v6.12", Machine: "6.12.9"}}
	assert.Equal(t, r.Kernel.String(), r.Subject())
	r.Assembled = &Assembled{Tree: "linux"}
	assert.Equal(t, "the tree linux ("+r.Kernel.String()+")", r.Subject())
}
