package reports

import (
	"regexp"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// files says where functions of the hotplug core are, by file. One that is in none of these, and is no participant's,
// is in kernel/cpu.c.
var files = map[string]string{
	"kernel/smpboot.c": `smpboot_thread_fn smpboot_create_threads __smpboot_create_thread smpboot_park_threads
		smpboot_unpark_threads smpboot_park_thread smpboot_unpark_thread idle_thread_get
		cpu_report_state cpu_check_up_prepare`,
	"kernel/kthread.c": `kthread kthread_park kthread_unpark __kthread_unpark __kthread_parkme __kthread_bind
		kthread_parkme
		kthread_should_park kthread_bind`,
	"kernel/stop_machine.c": `stop_machine stop_cpus __stop_cpus queue_stop_cpus_work stop_machine_cpuslocked
		multi_cpu_stop cpu_stopper_thread cpu_stop_park cpu_stop_unpark cpu_stop_signal_done stop_machine_park
		stop_machine_unpark`,
	"kernel/rcu/tree.c":   `synchronize_rcu`,
	"kernel/notifier.c":   `__raw_notifier_call_chain notifier_call_chain raw_notifier_call_chain`,
	"kernel/sched/idle.c": `cpu_startup_entry cpu_idle_loop do_idle`,
	"kernel/sched/core.c": `sched_cpu_active sched_cpu_inactive migration_call sched_cpu_activate
		sched_cpu_deactivate`,
	"kernel/locking/percpu-rwsem.c": `percpu_down_write percpu_up_write`,
	"arch/x86/kernel/smpboot.c":     `start_secondary __cpu_up native_cpu_up native_cpu_disable native_cpu_die`,
	"drivers/base/cpu.c":            `cpu_subsys_online cpu_subsys_offline`,
	"drivers/base/core.c": `device_online device_offline online_store lock_device_hotplug_sysfs unlock_device_hotplug
		lock_device_hotplug`,
}

// driver matches the callbacks that stand for any driver's, which are in no file of the kernel.
var driver = regexp.MustCompile(
	`^((dyn|driver)\d+_(startup|teardown)|task)$`,
)

var fileOf = func() map[string]string {
	m := model.FilesBeside()
	for file, functions := range files {
		for _, f := range strings.Fields(functions) {
			m[f] = file
		}
	}
	return m
}()

// SourceFile is the kernel's file with a function, "" for one that stands for any driver's.
func SourceFile(function string) string {
	if driver.MatchString(function) {
		return ""
	}
	if file, ok := fileOf[function]; ok {
		return file
	}
	return "kernel/cpu.c"
}

// home is the file that the step's function is in; of one that SourceFile does not know, that in the tree.
func (s *Step) home() string {
	file := SourceFile(s.Function)
	if _, known := fileOf[s.Function]; file != "" && !known && s.File != "" {
		return s.File
	}
	return file
}

// SourceURL shows a function in the kernel's repository, at the edition's commit; "" for one that is not there. What
// was assembled from a tree is shown as the release has it whose name the tree bears, if it is one. The fragment has a
// browser look for the function's first mention.
func (e *Edition) SourceURL(function string) string {
	return e.sourceURL(SourceFile(function), function)
}

// release matches the name of a kernel for which the stable repository has a tag: it has those of mainline, too.
var release = regexp.MustCompile(`^(v\d+\.\d+(?:\.\d+|-rc\d+)?)(?:[/+].*)?$`)

func (e *Edition) sourceURL(file, function string) string {
	repository, commit := "torvalds", e.Commit
	if e.Tree != "" {
		repository, commit = "stable", ""
		if m := release.FindStringSubmatch(e.Name); m != nil {
			commit = m[1]
		}
	}
	if file == "" || commit == "" {
		return ""
	}
	return "https://git.kernel.org/pub/scm/linux/kernel/git/" + repository + "/linux.git/tree/" + file + "?id=" +
		commit + "#:~:text=" + function + "("
}
