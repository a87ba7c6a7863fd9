package lower

import (
	"slices"

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

// roots are where the hotplug core begins: whom others call, and what threads run.
var roots = []string{
	"_cpu_up", "_cpu_down", "cpu_up", "cpu_down", "cpu_device_up", "cpu_device_down", "cpuhp_thread_fun",
	"cpuhp_should_run", "takedown_cpu", "bringup_cpu", "cpuhp_bringup_ap", "cpuhp_kick_ap", "cpuhp_kick_ap_alive",
	"__cpuhp_setup_state", "__cpuhp_remove_state", "__cpuhp_state_add_instance", "__cpuhp_state_remove_instance",
	"cpuhp_online_idle", "cpuhp_report_idle_dead", "notify_cpu_starting", "take_cpu_down", "freeze_secondary_cpus",
	"thaw_secondary_cpus", "bringup_nonboot_cpus", "cpuhp_smt_disable", "cpuhp_smt_enable", "cpuhp_ap_sync_alive",
	"cpuhp_ap_report_dead", "target_store", "fail_store", "control_store", "cpus_read_lock", "cpus_read_unlock",
	"cpu_hotplug_disable", "cpu_hotplug_enable", "finish_cpu", "cpu_hotplug_disable_offlining",
}

// byHand are functions whose part in the model is written by hand although nothing stands for their calls, by the file
// that has it.
var byHand = map[string][]string{
	"model/installer.go": {
		"__cpuhp_setup_state",
		"__cpuhp_setup_state_cpuslocked",
		"__cpuhp_remove_state",
		"__cpuhp_remove_state_cpuslocked",
		"cpuhp_cb_check",
		"cpuhp_reserve_state",
		"cpuhp_store_callbacks",
		"cpuhp_get_teardown_cb",
		"cpuhp_issue_call",
		"cpuhp_invoke_ap_callback",
		"cpuhp_rollback_install",
	},
	"model/instances.go": {
		"__cpuhp_state_add_instance", "__cpuhp_state_add_instance_cpuslocked", "__cpuhp_state_remove_instance",
	},
	"model/suspend.go": {
		"freeze_secondary_cpus",
		"thaw_secondary_cpus",
		"cpu_hotplug_disable",
		"cpu_hotplug_enable",
		"__cpu_hotplug_enable",
		"cpu_hotplug_disable_offlining",
	},
	"model/smt.go": {
		"cpuhp_smt_disable", "cpuhp_smt_enable", "control_store", "__store_smt_control", "cpuhp_offline_cpu_device",
		"cpuhp_online_cpu_device", "cpu_smt_num_threads_valid", "topology_is_core_online", "cpu_smt_thread_allowed",
		"bringup_nonboot_cpus", "cpuhp_bringup_mask", "cpuhp_bringup_cpus_parallel", "cpuhp_smt_aware",
		"cpuhp_get_primary_thread_mask",
	},
	"model/sysfs.go":        {"target_store", "cpu_device_up", "cpu_device_down"},
	"model/failfile.go":     {"fail_store"},
	"model/readers.go":      {"cpus_read_lock", "cpus_read_unlock"},
	"model/smpboot.go":      {"cpuhp_should_run"},
	"model/splitstartup.go": {"cpuhp_ap_sync_alive", "cpuhp_ap_report_dead", "cpuhp_wait_for_sync_state"},
	"model/cpu_down.go":     {"cpuhp_complete_idle_dead"},
	"model/cpu.go":          {"finish_cpu"},
}

// Account lists the functions of kernel/cpu.c that the hotplug core consists of, in the order of the file, and what
// became of each where those that are named were assembled.
func (t *Tree) Account(assembled []string) []Account {
	hand := map[string]string{}
	for file, names := range byHand {
		for _, name := range names {
			hand[name] = file
		}
	}
	var all []Account
	for _, f := range t.Unit.Reach(roots...).Funcs {
		a := Account{
			Function: f.Name,
			File:     f.File,
			Line:     f.Line,
			As:       "not modelled",
			Why:      "nothing in the model needs it",
		}
		p := model.PrimitiveOf(f.Name)
		left, drop := drops(f.Name)
		abstract, is := abstractions[f.Name]
		switch {
		case slices.Contains(assembled, f.Name):
			a.As, a.Why = "assembled", ""
		case p != nil:
			a.As, a.Why = "primitive", p.Doc
		case drop:
			a.As, a.Why = "left out", left
		case is:
			a.As, a.Why = "abstraction", abstract
		case hand[f.Name] != "":
			a.As, a.Why = "by hand", hand[f.Name]
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Account) int { return a.Line - b.Line })
	return all
}
