package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// The forms that kernels from v4.6 to v7.3 print, on x86 and arm64.
func TestSymptoms(t *testing.T) {
	for text, want := range map[string]symptom{
		"[ 1.2] WARNING: CPU: 0 PID: 85 at kernel/cpu.c:763 _cpu_up+0x1ab/0x280\n[ 1.3] Call Trace:\n[ 1.4]  " +
			"cpu_up+0x7d/0xb0\n" +
			"[ 1.5]  ? nothing+0x1/0x2\n": {
			Kind: model.EventWarn, At: "kernel/cpu.c:763", Function: "_cpu_up", Functions: []string{"cpu_up"},
		},
		"WARNING: kernel/cpu.c:1463 at _cpu_down.constprop.0+0x1/0x2, CPU#1: sh/91": {
			Kind: model.EventWarn, At: "kernel/cpu.c:1463", Function: "_cpu_down",
		},
		"kernel BUG at kernel/smpboot.c:110!\npc : smpboot_thread_fn+0x1/0x2\nlr : kthread+0x1/0x2\n": {
			Kind: model.EventBug, At: "kernel/smpboot.c:110", Function: "smpboot_thread_fn",
		},
		"<3>[ 242.1] INFO: task cpuhp/3:25 blocked for more than 120 seconds.\n[ 242.2]  __schedule+0x1/0x2\n": {
			Kind: model.EventNone, Functions: []string{"__schedule"},
		},
		"INFO: task cpuhp/3 blocked for more than 120 seconds.\n": {Kind: model.EventNone},
		"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [migration/1:25]\nRIP: 0010:multi_cpu_stop+0x1/0x2\n": {
			Kind: model.EventNone, Function: "multi_cpu_stop",
		},
		"rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n  stop_machine_cpuslocked+0x1/0x2\n": {
			Kind: model.EventNone, Functions: []string{"stop_machine_cpuslocked"},
		},
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1\n": {Kind: model.EventNone},
		"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008\npc : f+0x1/0x2\n": {
			Kind: model.EventNone, Function: "f", Crash: true,
		},
		"[ 3.1] CPU 1 DOWN state hrtimers:dying (149) failed (-22)": {
			Kind: model.EventWarn, Function: "cpuhp_invoke_callback_range_nofail",
		},
	} {
		got, _, err := readSymptoms(strings.NewReader(text))
		require.NoError(t, err)
		require.Len(t, got, 1, text)
		want.Line, want.Text = 1, got[0].Text
		assert.Equal(t, want, got[0], text)
	}
	none, _, err := readSymptoms(strings.NewReader("[ 1.0] smpboot: CPU 1 is now offline\n cpu_up+0x7d/0xb0\n"))
	require.NoError(t, err)
	assert.Empty(t, none)
}

// Every finding that a way names is in docs/findings.md, and its section speaks of the property.
func TestWaysAreFindings(t *testing.T) {
	doc, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	for _, w := range ways {
		if w.finding == 0 {
			continue
		}
		_, section, ok := strings.Cut(string(doc), fmt.Sprintf("\n### %d. ", w.finding))
		require.True(t, ok, w.finding)
		section, _, _ = strings.Cut(section, "\n### ")
		assert.Contains(t, section, w.property, w.finding)
	}
}

// A log says of which kernel it is: when it boots, and with a warning, a BUG or a hang.
func TestRelease(t *testing.T) {
	for text, want := range map[string]string{
		"[    0.000000] Linux version 6.12.117+deb13-amd64 (x@y) (gcc-14)\n": "6.12.117+deb13-amd64",
		"CPU: 0 UID: 0 PID: 85 Comm: sh Not tainted 6.1.0-18-amd64 #1\n":     "6.1.0-18-amd64",
		"CPU: 0 PID: 85 Comm: sh Tainted: G        W  O       7.3.4 #1\n":    "7.3.4",
		"      Not tainted 6.12.9 #1 Debian 6.12.9-1\n":                      "6.12.9",
		"CPU: 0 PID: 85 Comm: sh\n":                                          "",
	} {
		_, release, err := readSymptoms(strings.NewReader(text))
		require.NoError(t, err)
		assert.Equal(t, want, release, text)
	}
}
