package lower

import (
	"maps"
	"slices"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// Account says what became of a function of the tree.
type Account struct {
	Function string
	File     string
	Line     int
	As       string // "assembled", "primitive", "left out", "abstraction", "by hand", "not modelled"
	Why      string
}

// roots are where the hotplug core begins, by file: whom others call, and what threads run.
var roots = map[string][]string{
	"kernel/cpu.c": {
		"_cpu_up", "_cpu_down", "cpu_up", "cpu_down", "cpu_device_up", "cpu_device_down", "cpuhp_thread_fun",
		"cpuhp_should_run", "takedown_cpu", "bringup_cpu", "cpuhp_bringup_ap", "cpuhp_kick_ap", "cpuhp_kick_ap_alive",
		"__cpuhp_setup_state", "__cpuhp_remove_state", "__cpuhp_state_add_instance", "__cpuhp_state_remove_instance",
		"cpuhp_online_idle", "cpuhp_report_idle_dead", "notify_cpu_starting", "take_cpu_down", "freeze_secondary_cpus",
		"thaw_secondary_cpus", "bringup_nonboot_cpus", "cpuhp_smt_disable", "cpuhp_smt_enable", "cpuhp_ap_sync_alive",
		"cpuhp_ap_report_dead", "target_store", "fail_store", "control_store", "cpus_read_lock", "cpus_read_unlock",
		"cpu_hotplug_disable", "cpu_hotplug_enable", "finish_cpu", "cpu_hotplug_disable_offlining",
		"cpu_hotplug_pm_callback",
	},
	"kernel/kthread.c": {"kthread_park", "kthread_unpark", "kthread_parkme", "kthread_should_park"},
	"kernel/smpboot.c": {
		"smpboot_thread_fn", "smpboot_create_threads", "smpboot_park_threads", "smpboot_unpark_threads",
		"idle_thread_get",
	},
	"kernel/stop_machine.c": {
		"stop_machine_cpuslocked", "stop_machine_park", "stop_machine_unpark", "cpu_stopper_thread", "cpu_stop_park",
		"cpu_stop_should_run", "stop_one_cpu", "stop_two_cpus",
	},
}

// byHand says of functions whose part in the model is written by hand, although nothing stands for their calls, why
// that is.
var byHand = map[string]string{
	"arch_cpuhp_init_parallel_bringup": "x86 has another one, which asks whether the guest is confidential; none is",
	"arch_cpuhp_sync_state_poll": "cpuhp_wait_for_sync_state(), a primitive, calls it while it waits: a wait has no " +
		"steps of its own",
	"cpu_hotplug_disable_offlining": "it is called while the machine boots; a scenario with offline-disabled " +
		"says that it was",
	"cpu_smt_num_threads_valid": "it is asked about a number in smt/control; a scenario writes on and off",
	"fail_store": "before each operation one is chosen of the states that the file takes: that it looks and that it " +
		"writes is one instruction, not one for each state that might be refused",
	"finish_cpu": "a callback that gives the memory of the idle task back, at which nothing of the model looks",

	"to_kthread": "a thread and its struct kthread are one in the model",

	"stop_one_cpu":             "it is what a migrator does, a thread that is no part of hotplug",
	"cpu_stop_queue_two_works": "it is what stop_two_cpus() does, for a migrator",
	"stop_two_cpus":            "it is what a migrator does, a thread that is no part of hotplug",
}

// Account lists the functions that the hotplug core consists of, in the order of the files, and what became of each
// where those that are named were assembled.
func (t *Tree) Account(assembled []string) ([]Account, error) {
	unit, err := t.Unit.Tree.Load(t.Unit.Config, accountFiles...)
	if err != nil {
		return nil, err
	}
	var all []Account
	for _, file := range accountFiles {
		from := len(all)
		for _, f := range unit.Reach(roots[file]...).Funcs {
			if f.File == file {
				all = append(all, t.account(f, assembled))
			}
		}
		slices.SortFunc(all[from:], func(a, b Account) int { return a.Line - b.Line })
	}
	return all, nil
}

// accountFiles are the files whose functions are listed.
var accountFiles = []string{"kernel/cpu.c", "kernel/kthread.c", "kernel/smpboot.c", "kernel/stop_machine.c"}

// account says what became of a function.
func (t *Tree) account(f *ktree.Func, assembled []string) Account {
	a := Account{Function: f.Name, File: f.File, Line: f.Line, As: "not known"}
	p := model.PrimitiveOf(f.Name)
	left, drop := drops(f.Name)
	abstract, is := abstractions[f.Name]
	hand, by := byHand[f.Name]
	switch assumed := t.Source.assumed[f.Name]; {
	case assumed != nil:
		a.As, a.Why = "assumption", assumed.Doc
	case slices.Contains(assembled, f.Name):
		a.As = "assembled"
	case p != nil:
		a.As, a.Why = "primitive", p.Doc
	case drop:
		a.As, a.Why = "left out", left
	case is:
		a.As, a.Why = "abstraction", abstract
	case by:
		a.As, a.Why = "by hand", hand
	}
	return a
}

// Assembled lists the functions that are assembled in one scenario or another.
func (t *Tree) Assembled() ([]string, error) {
	all := map[string]bool{}
	for _, sc := range everything() {
		m, err := model.New(t.Kernel, sc)
		if err != nil {
			return nil, err
		}
		for _, name := range m.Lowered() {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// everything are scenarios in which, between them, all programs take part.
func everything() []model.Scenario {
	with := func(change func(*model.Scenario)) model.Scenario {
		sc := model.Default()
		change(&sc)
		return sc
	}
	return []model.Scenario{
		with(func(sc *model.Scenario) { sc.Targets, sc.Readers, sc.Disablers = model.TargetsAll, 1, 1 }),
		with(func(sc *model.Scenario) { sc.Suspend = true }),
		with(func(sc *model.Scenario) { sc.Installers, sc.PrepareStates = 1, true }),
		with(func(sc *model.Scenario) { sc.Instances, sc.InstancesComeAndGo = 2, model.InstanceOfOne }),
		with(func(sc *model.Scenario) {
			sc.CPUs, sc.Boot, sc.SMT = 4, 1, model.SMTOff
			sc.Sequence = []model.Op{{Via: model.ViaBoot}, {Via: model.ViaSMT, Up: true}}
		}),
	}
}
