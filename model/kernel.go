package model

import (
	"fmt"
	"slices"
	"strings"
)

// Kernel is one edition of the hotplug core: its step tables, and a switch for each thing that editions do differently.
// The programs ask for switches, never for a version.
type Kernel struct {
	Name   string // the edition, "v4.6"
	Doc    string // a sentence on what it is
	Commit string // the upstream commit of kernel/cpu.c that it follows
	Steps  []Step // the built-in steps; the order does not matter

	DynFirst, DynLast int // the enum values of the slots for dynamic states

	Without []string // the fixes that were taken out of the edition
	States  string   // the machine's ladder that it has, as FormatStates writes it; "" for the edition's own
	Machine string   // the name of that machine's list of states

	// Stepwise: the hotplug thread calls one callback each time that it runs, and whoever asked decides where it goes after an error (since
	// 4dddfb5faa61). Before, it goes the whole way, and back, by itself. With it came the file fail; there are no notifiers any more,
	// one step table, a percpu rwsem, and states of their own for what the notifiers of the scheduler did.
	Stepwise bool

	// SplitStartup: CONFIG_HOTPLUG_SPLIT_STARTUP and CONFIG_HOTPLUG_CORE_SYNC_FULL, as on x86. A CPU is kicked in a state of its own, says that it is alive, and
	// waits until it is told to come online; and it says that it is dead (since 6f062123172a and a631be92b996, v6.5).
	SplitStartup bool

	// TargetNop: a write of the state at which the CPU is to its file target does nothing (since 64ea6e44f85b). Before, it is a cpu_down() that has
	// nothing to do.
	TargetNop bool

	// DownInWorker: cpu_down() has a work item on another CPU that is online do its work (since 2b8272ff4a70). It changes nothing but who is seen to do it.
	DownInWorker bool

	// APRollback: after a takedown that failed, _cpu_down() sets st->rollback and kicks the hotplug thread, which undoes its
	// own steps (since 3b9d6da67e11). Before, they stay torn down.
	APRollback bool

	// UnparkOnError: takedown_cpu() unparks the hotplug thread when the CPU refused to die (since 3b9d6da67e11). Before,
	// it stays parked, and whoever kicks it next waits for ever.
	UnparkOnError bool

	// DownFailedOnAP: the hotplug thread sends CPU_DOWN_FAILED once it has undone its steps (since 3b9d6da67e11). Before,
	// takedown_cpu() sends it, on the controlling CPU, and first of all.
	DownFailedOnAP bool

	// UnlockOnError: write_cpuhp_target() gives device_hotplug_lock back when the target is refused (since 40da1b11f01e).
	// Before, it keeps it, and nobody can write to such a file again.
	UnlockOnError bool
}

// editions are all editions, each defined in a file of its own.
var editions []*Kernel

// edition registers an edition. A mistake in one is a bug of the program, so it panics.
func edition(k Kernel) *Kernel {
	if k.Name == "" || k.Doc == "" || k.Commit == "" || len(k.Steps) == 0 {
		panic("model: an edition needs a name, a sentence, a commit and steps")
	}
	editions = append(editions, &k)
	return &k
}

// Kernels returns all editions, oldest first.
func Kernels() []Kernel {
	ks := make([]Kernel, 0, len(editions))
	for _, k := range editions {
		ks = append(ks, *k)
	}
	slices.SortFunc(ks, func(a, b Kernel) int { return strings.Compare(a.order(), b.order()) })
	return ks
}

// order makes names comparable in time: v4.6-rc3 comes before v4.6, and v4.6 before v4.10.
func (k *Kernel) order() string {
	var major, minor, rc int
	rc = 99
	if n, _ := fmt.Sscanf(k.Name, "v%d.%d-rc%d", &major, &minor, &rc); n < 3 {
		rc = 99
	}
	return fmt.Sprintf("%03d.%03d.%02d", major, minor, rc)
}

// Lookup returns the edition with that name.
func Lookup(name string) (Kernel, error) {
	names := []string{}
	for _, k := range Kernels() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kernel{}, &UnknownError{Kind: "kernel", Name: name, Known: names}
}

// Fix is a named change that an edition has and its predecessor has not. Taking it out puts the bug back.
type Fix struct {
	Name   string
	Doc    string // what it changed
	Before string // what happened without it
	Commit string

	has func(*Kernel) bool
	set func(*Kernel, bool)
}

// In reports whether the kernel has the fix.
func (f *Fix) In(k Kernel) bool { return f.has(&k) }

// Revert returns the kernel with the named fixes taken out. It is an error if the kernel does not have one of them.
func (k Kernel) Revert(names ...string) (Kernel, error) {
	whole := k
	k.Steps, k.Without = slices.Clone(k.Steps), slices.Concat(k.Without, names)
	for _, name := range names {
		i := slices.IndexFunc(fixes, func(f Fix) bool { return f.Name == name })
		if i < 0 {
			return Kernel{}, &UnknownError{Kind: "fix", Name: name, Known: fixNames()}
		}
		if !fixes[i].has(&k) {
			return Kernel{}, fmt.Errorf("%s is not in %v: it was taken out twice, or it never was there", name, whole)
		}
		fixes[i].set(&k, false)
	}
	return k, nil
}

// allows returns a *ParamError if the edition has no such scenario. Notifiers that it does not have are not there.
func (k *Kernel) allows(sc *Scenario) error {
	if !k.Stepwise {
		return nil
	}
	sc.Notifiers = 0
	for _, p := range []struct {
		name  string
		wrong bool
	}{
		{"installers", sc.Installers > 0}, {"suspend", sc.Suspend},
	} {
		if p.wrong {
			return &ParamError{p.name, "with --kernel " + k.Name, "a kernel before v4.14: of later ones it is not modelled"}
		}
	}
	return nil
}

// String returns the edition's name, and what was taken out: "v4.6 without rollback, unpark".
func (k Kernel) String() string {
	name := k.Name
	if k.States != "" {
		name += fmt.Sprintf(" on the %d states of %s", strings.Count(k.States, "\n"), k.Machine)
	}
	if len(k.Without) == 0 {
		return name
	}
	return name + " without " + strings.Join(k.Without, ", ")
}

// Fixes returns all fixes, in the order of the steps that they mend.
func Fixes() []Fix { return slices.Clone(fixes) }

func fixNames() []string {
	names := make([]string, len(fixes))
	for i := range fixes {
		names[i] = fixes[i].Name
	}
	return names
}

// UnknownError says that a name means nothing, and which do.
type UnknownError struct {
	Kind  string // what it was to name: "kernel", "fix", ...
	Name  string
	Known []string
}

// Error suggests the nearest known name.
func (e *UnknownError) Error() string {
	msg := fmt.Sprintf("unknown %s %q", e.Kind, e.Name)
	if near := nearest(e.Name, e.Known); near != "" {
		msg += fmt.Sprintf(", did you mean %q?", near)
	}
	return msg + " (known: " + strings.Join(e.Known, ", ") + ")"
}

// nearest returns the known name with the smallest edit distance, "" if none is close enough to be meant.
func nearest(name string, known []string) string {
	best, at := "", len(name)/2+1
	for _, k := range known {
		if d := editDistance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// editDistance is Levenshtein's distance.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
