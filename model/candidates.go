package model

import (
	"slices"
	"strings"
)

// Candidate is a change that would fix a finding, and that no kernel has.
type Candidate struct {
	Name    string
	Finding string // its number in docs/findings.md
	Doc     string // the function, and the order of what changes

	applies func(*Kernel) bool
	field   func(*Kernel) *bool
}

// Applies reports whether the code that it changes is there.
func (c *Candidate) Applies(k Kernel) bool { return c.applies(&k) }

// Candidates returns all of them, by the findings.
func Candidates() []Candidate { return slices.Clone(candidates) }

// Apply returns the kernel with the named candidates, whose name says so: "v7.3+smt-count-restored".
func (k Kernel) Apply(names ...string) (Kernel, error) {
	for _, name := range names {
		i := slices.IndexFunc(candidates, func(c Candidate) bool { return c.Name == name })
		if i < 0 {
			known := make([]string, len(candidates))
			for i := range candidates {
				known[i] = candidates[i].Name
			}
			return Kernel{}, &UnknownError{Kind: "candidate", Name: name, Known: known}
		}
		c := &candidates[i]
		if !c.applies(&k) {
			return Kernel{}, &UnknownError{Kind: "candidate of " + k.Name, Name: name, Known: k.candidates()}
		}
		if on := c.field(&k); !*on {
			*on = true
			k.Name += "+" + name
		}
	}
	return k, nil
}

// candidates are the names of those that can be applied to the kernel.
func (k *Kernel) candidates() (names []string) {
	for i := range candidates {
		if candidates[i].applies(k) {
			names = append(names, candidates[i].Name)
		}
	}
	return names
}

// splitCandidates takes the candidates off a name: "v7.3+a+b". What else stands behind a plus is a distribution's.
func splitCandidates(name string) (kernel string, names []string) {
	for {
		i := strings.LastIndexByte(name, '+')
		if i < 0 || !slices.ContainsFunc(candidates, func(c Candidate) bool { return c.Name == name[i+1:] }) {
			slices.Reverse(names)
			return name, names
		}
		name, names = name[:i], append(names, name[i+1:])
	}
}

var candidates = []Candidate{
	{
		Name:    "fail-spares-the-dead",
		Finding: "12, 27",
		Doc: "cpuhp_invoke_callback() does not let st->fail have a teardown fail at or below CPUHP_BRINGUP_CPU: it " +
			"leaves " +
			"st->fail as it is, and calls the callback",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		field:   func(k *Kernel) *bool { return &k.FailSparesDead },
	},
	{
		Name:    "transit-states-barred",
		Finding: "13, 14, 15, 17",
		Doc: "the states from cpu:kick_ap, or cpu:bringup, to cpu:teardown are cant_stop, so that target_store() " +
			"refuses " +
			"them with -EINVAL",
		applies: func(k *Kernel) bool { return k.RangeWalk },
		field:   func(k *Kernel) *bool { return &k.TargetsBarred },
	},
	{
		Name:    "fail-spares-removals",
		Finding: "24",
		Doc: "cpuhp_invoke_callback() looks at st->fail only on a walk of the CPU or for a startup: " +
			"cpuhp_issue_call() calls " +
			"the teardown of a driver that is removed, whatever st->fail says",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		field:   func(k *Kernel) *bool { return &k.FailSparesRemovals },
	},
	{
		Name:    "device-follows-target",
		Finding: "28",
		Doc: "target_store() sets dev->offline to !cpu_online(cpu) when cpu_up() or cpu_down() has returned, before " +
			"unlock_device_hotplug()",
		applies: func(k *Kernel) bool { return true },
		field:   func(k *Kernel) *bool { return &k.DeviceFollowsTarget },
	},
	{
		Name:    "direction-after-barrier",
		Finding: "29",
		Doc:     "cpuhp_thread_fun() reads st->bringup after its smp_mb(), and not in its first line",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		field:   func(k *Kernel) *bool { return &k.BringupAfterBarrier },
	},
	{
		Name:    "smt-enable-asks",
		Finding: "31",
		Doc: "cpuhp_smt_enable() returns -EBUSY if cpu_hotplug_disabled is set, after cpu_maps_update_begin() and " +
			"before it " +
			"sets cpu_smt_control",
		applies: func(k *Kernel) bool { return k.SMTControl },
		field:   func(k *Kernel) *bool { return &k.SMTAsksDisabled },
	},
	{
		Name:    "smt-count-restored",
		Finding: "33",
		Doc: "__store_smt_control() sets cpu_smt_num_threads back to what it was when cpuhp_smt_enable() or " +
			"cpuhp_smt_disable() returns an error, before unlock_device_hotplug()",
		applies: func(k *Kernel) bool { return k.SMTCounts },
		field:   func(k *Kernel) *bool { return &k.SMTCountRestored },
	},
	{
		Name:    "another-housekeeper",
		Finding: "34",
		Doc: "_cpu_down() returns -EBUSY, under the lock and before cpuhp_set_state(), unless a housekeeping CPU " +
			"other than " +
			"the one that goes is online",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		field:   func(k *Kernel) *bool { return &k.AnotherHousekeeper },
	},
	{
		Name:    "alive-is-kicked",
		Finding: "35",
		Doc: "cpuhp_can_boot_ap() leaves a CPU as it is that is in SYNC_STATE_ALIVE, and cpuhp_kick_ap_alive() " +
			"returns 0 without arch_cpuhp_kick_ap_alive(): the CPU waits in cpuhp_ap_sync_alive(), where " +
			"cpuhp_bp_sync_alive() finds it",
		applies: func(k *Kernel) bool { return k.SplitStartup },
		field:   func(k *Kernel) *bool { return &k.AliveIsKicked },
	},
	{
		Name:    "resume-marks-device",
		Finding: "37",
		Doc: "thaw_secondary_cpus() sets dev->offline of a CPU for which _cpu_up() returns an error, under " +
			"cpu_add_remove_lock, as cpuhp_smt_disable() does of one that goes",
		applies: func(*Kernel) bool { return true },
		field:   func(k *Kernel) *bool { return &k.ResumeMarksDevice },
	},
	{
		Name:    "boot-counts-who-came",
		Finding: "38",
		Doc: "cpuhp_bringup_mask() takes 1 from ncpus only if st->state of the CPU is the target after cpu_up(), or " +
			"above it: neither a second thread that is taken down again counts, nor a CPU that does not come up",
		applies: func(k *Kernel) bool { return k.BringupMask && !k.CountsEarly },
		field:   func(k *Kernel) *bool { return &k.CountsWhoCame },
	},
	{
		Name:    "reboot-asks-active",
		Finding: "39",
		Doc: "migrate_to_reboot_cpu() takes the CPU that is asked for if it is in cpu_active_mask, not in " +
			"cpu_online_mask, and else the first that is in there",
		applies: func(*Kernel) bool { return true },
		field:   func(k *Kernel) *bool { return &k.RebootAsksActive },
	},
}
