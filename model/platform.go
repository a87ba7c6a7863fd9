package model

import (
	"fmt"
	"slices"
	"strings"
)

// What a kernel takes from its configuration follows from the architecture, mostly: what arch/*/Kconfig selects. An
// edition as such is one for x86-64.

// platform is an architecture.
type platform struct {
	name string // the folder of arch/

	// The versions since which it selects these; "" for never.
	split, syncDead, smt string
	levels, asksCore     string // the same of CONFIG_SMT_NUM_THREADS_DYNAMIC, and of topology_is_core_online()
	kickOnce             bool
	bootCPU              bool     // CPU 0 has a file online
	byMask               bool     // topology_is_primary_thread() is the generic one
	names                []string // of states, from which a list of states is known to be of the architecture
}

// platforms are those that Debian ships, but for the 32-bit ones.
var architectures = []platform{
	{
		name: "x86", split: "v6.5", syncDead: "v6.5", smt: "v4.19",
		names: []string{"x86/", "perf/x86"},
	},
	{
		name: "arm64", syncDead: "v6.5", smt: "v6.16", bootCPU: true, byMask: true,
		names: []string{"arm64/", "perf/arm", "irqchip/arm/", "clockevents/arm/"},
	},
	{
		name: "riscv", split: "v7.0", syncDead: "v6.5", kickOnce: true, bootCPU: true,
		names: []string{"riscv", "perf/riscv", "clockevents/riscv"},
	},
	{
		name: "s390", smt: "v6.16",
		names: []string{"s390/", "perf/s390", "cpuidle/s390"},
	},
	{
		name: "powerpc", smt: "v6.6", levels: "v6.6", asksCore: "v6.12", bootCPU: true,
		names: []string{"powerpc/", "perf/powerpc", "ppc/", "cpuidle/pseries", "cpuidle/powernv"},
	},
}

// Architectures are the names of those that [Kernel.On] takes.
func Architectures() (names []string) {
	for _, p := range architectures {
		names = append(names, p.name)
	}
	return names
}

// On returns the edition as the architecture's Kconfig has it. The error is an *UnknownError.
func (k Kernel) On(arch string) (Kernel, error) {
	i := slices.IndexFunc(architectures, func(p platform) bool { return p.name == arch })
	if i < 0 {
		return Kernel{}, &UnknownError{Kind: "architecture", Name: arch, Known: Architectures()}
	}
	p := architectures[i]
	name, with := splitCandidates(k.Name)
	edition, _, _ := strings.Cut(name, "/")
	k.Name, k.Arch = edition, ""
	if i > 0 {
		k.Name, k.Arch = edition+"/"+arch, arch
	}
	for _, candidate := range with {
		k.Name += "+" + candidate
	}
	since := func(version string) bool { return version != "" && versionOrder(version) <= k.version() }
	if k = k.withStartup(since(p.split)); !k.SplitStartup {
		k.SyncDead = since(p.syncDead)
	}
	k.SMTControl, k.SMTCounts = since(p.smt), since(p.smt) && k.SMTCounts
	k.PrimaryByMask = k.SMTControl && p.byMask
	k.SMTLevels, k.SMTAsksCore = since(p.levels) && k.SMTCounts, since(p.asksCore) && k.SMTControl
	k.KickOnce, k.BootCPUOffline, k.BSPCheck = p.kickOnce, p.bootCPU, i == 0
	return k, nil
}

// Configured returns the edition as a .config has it, which is for the architecture; set reports whether a symbol is y
// in it. What the edition is without is told in Inferred.
func (k Kernel) Configured(file, arch string, set func(symbol string) bool) (Kernel, error) {
	if !set("CONFIG_HOTPLUG_CPU") {
		return k, fmt.Errorf("%s does not set CONFIG_HOTPLUG_CPU, without which no CPU goes down", file)
	}
	on, err := k.On(arch)
	if err != nil {
		return k, err
	}
	split := set("CONFIG_HOTPLUG_SPLIT_STARTUP")
	if split && !on.SplitStartup {
		return k, fmt.Errorf("%s sets CONFIG_HOTPLUG_SPLIT_STARTUP, which %s has not", file, on)
	}
	was := on
	on = on.withStartup(split)
	on.SyncDead = on.SyncDead && set("CONFIG_HOTPLUG_CORE_SYNC_DEAD")
	on.SMTControl = on.SMTControl && set("CONFIG_HOTPLUG_SMT")
	on.SMTCounts = on.SMTCounts && on.SMTControl
	on.SMTLevels, on.SMTAsksCore = on.SMTLevels && on.SMTControl, on.SMTAsksCore && on.SMTControl
	if arch != "x86" {
		on.Inferred = append(on.Inferred, file+": inferred "+arch)
	}
	for _, missing := range []struct {
		had, has bool
		what     string
	}{
		{was.SplitStartup, on.SplitStartup, "no split startup, for CONFIG_HOTPLUG_SPLIT_STARTUP"},
		{
			was.SyncDead, on.SyncDead,
			"that nobody waits until a CPU says that it is dead, for CONFIG_HOTPLUG_CORE_SYNC_DEAD",
		},
		{was.SMTControl, on.SMTControl, "no smt/control, for CONFIG_HOTPLUG_SMT"},
		{
			true, set("CONFIG_CPU_HOTPLUG_STATE_CONTROL"),
			"that hotplug/target takes the first state and the last, for CONFIG_CPU_HOTPLUG_STATE_CONTROL",
		},
	} {
		if missing.had && !missing.has {
			on.Inferred = append(on.Inferred, file+": inferred "+missing.what+" is not set")
		}
	}
	return on, nil
}

// withStartup returns the kernel with CONFIG_HOTPLUG_SPLIT_STARTUP, which one that has none cannot be given, or
// without.
func (k Kernel) withStartup(split bool) Kernel {
	if split || !k.SplitStartup {
		return k
	}
	k.SplitStartup = false
	k.Steps = slices.DeleteFunc(slices.Clone(k.Steps), func(s Step) bool { return s.Symbol == "CPUHP_BP_KICK_AP" })
	k.step("CPUHP_BRINGUP_CPU").Startup = "bringup_cpu"
	return k
}

// archOf is the architecture whose states are in a list; "" if no architecture is known by one.
func archOf(steps []Step) string {
	for _, s := range steps {
		for _, p := range architectures {
			if slices.ContainsFunc(p.names, func(name string) bool { return strings.HasPrefix(s.Name, name) }) {
				return p.name
			}
		}
	}
	return ""
}
