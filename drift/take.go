package drift

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ktree"
)

// Files are read together: enum cpuhp_state, the core, parking, the hotplug threads' framework and the stoppers.
var Files = []string{
	"include/linux/cpuhotplug.h", "kernel/cpu.c", "kernel/kthread.c", "kernel/smpboot.c", "kernel/stop_machine.c",
}

// Roots are where the model begins: what other parts of the kernel call, and what threads run. A tree need not have
// all.
var Roots = strings.Fields(`
	cpu_up cpu_down _cpu_up _cpu_down cpu_device_up cpu_device_down add_cpu remove_cpu bringup_nonboot_cpus
	bringup_hibernate_cpu smp_shutdown_nonboot_cpus
	cpuhp_thread_fun cpuhp_should_run cpuhp_create takedown_cpu take_cpu_down bringup_cpu cpuhp_bringup_ap finish_cpu
	cpuhp_kick_ap cpuhp_kick_ap_alive cpuhp_kick_ap_work cpuhp_online_idle cpuhp_report_idle_dead notify_cpu_starting
	cpuhp_ap_sync_alive cpuhp_ap_report_dead cpuhp_bp_sync_dead
	__cpuhp_setup_state __cpuhp_setup_state_cpuslocked __cpuhp_remove_state __cpuhp_remove_state_cpuslocked
	__cpuhp_state_add_instance __cpuhp_state_add_instance_cpuslocked __cpuhp_state_remove_instance
	freeze_secondary_cpus thaw_secondary_cpus cpu_hotplug_pm_callback cpu_hotplug_disable cpu_hotplug_enable
	cpu_hotplug_disable_offlining cpuhp_smt_disable cpuhp_smt_enable target_store fail_store control_store
	cpus_read_lock cpus_read_trylock cpus_read_unlock cpus_write_lock cpus_write_unlock cpu_maps_update_begin
	cpu_maps_update_done boot_cpu_init boot_cpu_hotplug_init cpuhp_threads_init
	kthread_park kthread_unpark kthread_parkme kthread_should_park kthread_create_on_cpu kthread_set_per_cpu
	kthread_bind
	smpboot_thread_fn smpboot_create_threads smpboot_park_threads smpboot_unpark_threads
	smpboot_register_percpu_thread smpboot_unregister_percpu_thread idle_thread_get
	stop_machine stop_machine_cpuslocked stop_machine_park stop_machine_unpark stop_machine_from_inactive_cpu
	stop_one_cpu stop_two_cpus stop_cpus cpu_stopper_thread cpu_stop_park cpu_stop_create cpu_stop_should_run
	cpu_stop_init`)

// stepTable is the variable that holds the steps.
const stepTable = "cpuhp_hp_states"

// Taken is what was taken of a tree: the prints of all functions that matter, and who calls whom.
type Taken struct {
	Unit   *ktree.Unit
	Prints []Print
	Steps  []Step
	calls  map[string][]string // from a function of the unit to the functions and the variables that it mentions
}

// Take reads a tree and takes the prints of all functions that can be reached from the roots and from the functions
// that the model names, and of the others, FILE:FUNCTION, for themselves.
func Take(t *ktree.Tree, cfg *ktree.Config, modeled, others []string) (*Taken, error) {
	u, err := t.Load(cfg, Files...)
	if err != nil {
		return nil, err
	}
	taken := &Taken{Unit: u}
	steps, err := u.Steps()
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		taken.Steps = append(taken.Steps, Step{
			Symbol:   s.Symbol,
			Number:   s.Number,
			Name:     s.Name,
			Startup:  s.Startup,
			Teardown: s.Teardown,
			CantStop: s.CantStop,
			Multi:    s.Multi,
		})
	}
	reach := u.Reach(slices.Concat(Roots, modeled)...)
	for _, f := range reach.Funcs {
		taken.Prints = append(taken.Prints, fingerprint(u, f))
	}
	for _, v := range reach.Vars {
		if v.Name != stepTable { // it is told by the steps
			taken.Prints = append(taken.Prints, variable(u, v))
		}
	}
	taken.calls = reach.Edges
	if err := taken.arch(reach); err != nil {
		return nil, err
	}
	return taken, taken.others(others)
}

// arch adds the prints of what the architecture has in place of weak functions, and of the hooks that it must have.
func (t *Taken) arch(reach *ktree.Reach) error {
	var hooks []string
	for _, f := range reach.Funcs {
		if f.Weak() {
			hooks = append(hooks, f.Name)
		}
	}
	for _, c := range reach.Calls {
		if strings.HasPrefix(c.Name, "arch_") || strings.HasPrefix(c.Name, "__cpu_") {
			hooks = append(hooks, c.Name)
		}
	}
	found, err := t.Unit.Overrides(hooks...)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		t.Prints = append(t.Prints, fingerprint(t.Unit, found[name]))
	}
	return nil
}

// others adds the prints of functions in other files.
func (t *Taken) others(list []string) error {
	byFile := map[string][]string{}
	var files []string
	for _, s := range list {
		file, name, _ := strings.Cut(s, ":")
		if byFile[file] == nil {
			files = append(files, file)
		}
		byFile[file] = append(byFile[file], name)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		_, err := t.Unit.Tree.Read(file)
		return errors.Is(err, fs.ErrNotExist)
	})
	u, err := t.Unit.Tree.Load(t.Unit.Config, files...)
	if err != nil {
		return err
	}
	for _, file := range files {
		for _, name := range byFile[file] {
			if f := u.Lookup(name, file); f != nil && f.File == file {
				t.Prints = append(t.Prints, fingerprint(u, f))
			}
		}
	}
	return nil
}

// Executes are the functions that a run executes: those that the model names, and those that they call, directly or
// through others, and that the model has no name for.
func (t *Taken) Executes(functions, modeled []string) map[string]bool {
	named := map[string]bool{}
	for _, f := range modeled {
		named[f] = true
	}
	done := map[string]bool{}
	var visit func(string)
	visit = func(f string) {
		if done[f] {
			return
		}
		done[f] = true
		for _, g := range t.calls[f] {
			if !named[g] {
				visit(g)
			}
		}
	}
	for _, f := range functions {
		visit(f)
	}
	return done
}
