package lower

import "github.com/hpcheck/hpcheck/model"

// entry is a function with which what is assembled from the tree begins.
type entry struct {
	name      string     // in the tree, if it is another than in the hand-written programs
	args      parameters // its parameters
	operation int        // 1: it brings a CPU up, -1: down, 0: neither
	returns   bool       // it returns an error
	installs  installs   // it installs a state, or removes one
	aside     bool       // it returns nothing, and who calls it goes on with what it has
}

// installs is what an installer does.
type installs uint8

const (
	installsNot installs = iota
	sets
	removes
)

type parameters = []func(*model.Builder) operand

func self(*model.Builder) operand    { return operand{Value: model.Self(), what: theCPU} }
func frozen(*model.Builder) operand  { return operand{Value: model.OperationFrozen()} }
func target(*model.Builder) operand  { return operand{Value: model.OperationTarget()} }
func opaqued(*model.Builder) operand { return operand{what: anOpaque, name: "NULL"} }

func state(*model.Builder) operand  { return operand{what: theState} }
func device(*model.Builder) operand { return operand{what: theDevice} }

func zero(*model.Builder) operand    { return number(0) }
func allCPUs(*model.Builder) operand { return number(15) } // setup_max_cpus, as a number that is not too small
func onOrOff(*model.Builder) operand { return operand{what: anOpaque, name: aSwitch} }

func aNumberWritten(*model.Builder) operand { return operand{what: anOpaque, name: aState} }
func one(*model.Builder) operand            { return number(1) }

func action(b *model.Builder) operand      { return operand{Value: model.NotifierAction(b)} }
func askedState(b *model.Builder) operand  { return operand{Value: model.AskedState(b)} }
func askedInvoke(b *model.Builder) operand { return operand{Value: model.AskedInvoke(b)} }
func startup(b *model.Builder) operand     { return operand{Value: model.AskedCallback(b, true)} }
func teardown(b *model.Builder) operand    { return operand{Value: model.AskedCallback(b, false)} }
func node(b *model.Builder) operand        { return operand{Value: model.AskedNode(b)} }

// onlineIdle is CPUHP_AP_ONLINE_IDLE.
func onlineIdle(b *model.Builder) operand {
	return operand{Value: model.Constant(int64(b.Machine().APOnlineIdle()), model.KindRung)}
}

// entries are those functions, by their names in the hand-written programs.
var entries = map[string]entry{
	"do_cpu_up":                {"cpu_up", parameters{self, target}, 1, true, installsNot, false},
	"do_cpu_down":              {"cpu_down", parameters{self, target}, -1, true, installsNot, false},
	"_cpu_up":                  {"", parameters{self, frozen, target}, 1, true, installsNot, false},
	"_cpu_down":                {"", parameters{self, frozen, target}, -1, true, installsNot, false},
	"bringup_cpu":              {"", parameters{self}, 0, true, installsNot, false},
	"cpuhp_bringup_ap":         {"", parameters{self}, 0, true, installsNot, false},
	"cpuhp_kick_ap_alive":      {"", parameters{self}, 0, true, installsNot, false},
	"takedown_cpu":             {"", parameters{self}, 0, true, installsNot, false},
	"cpuhp_thread_fun":         {"", parameters{self}, 0, false, installsNot, false},
	"take_cpu_down":            {"", parameters{opaqued}, 0, true, installsNot, false},
	"notify_cpu_starting":      {"", parameters{self}, 0, false, installsNot, false},
	"cpuhp_online_idle":        {"", parameters{onlineIdle}, 0, false, installsNot, false},
	"cpuhp_report_idle_dead":   {"", parameters{}, 0, false, installsNot, false},
	"cpuhp_ap_sync_alive":      {"", parameters{}, 0, false, installsNot, true},
	"cpuhp_ap_report_dead":     {"", parameters{}, 0, false, installsNot, true},
	"cpuhp_complete_idle_dead": {"", parameters{state}, 0, false, installsNot, true},
	"cpu_device_up":            {"", parameters{device}, 1, true, installsNot, false},
	"cpu_device_down":          {"", parameters{device}, -1, true, installsNot, false},
	"cpu_hotplug_pm_callback":  {"", parameters{opaqued, action, opaqued}, 0, false, installsNot, true},
	"freeze_secondary_cpus":    {"", parameters{zero}, 0, false, installsNot, false},
	"thaw_secondary_cpus":      {"", parameters{}, 0, false, installsNot, false},
	"control_store":            {"", parameters{opaqued, opaqued, onOrOff, zero}, 0, true, installsNot, false},
	"write_cpuhp_target": {
		"target_store", parameters{device, opaqued, aNumberWritten, zero}, 0, true, installsNot, false,
	},
	"bringup_nonboot_cpus": {"", parameters{allCPUs}, 0, false, installsNot, false},
	"__cpuhp_setup_state": {
		"", parameters{askedState, one, askedInvoke, startup, teardown, zero}, 0, true, sets, false,
	},
	"__cpuhp_remove_state": {"", parameters{target, askedInvoke}, 0, false, removes, false},
	"__cpuhp_state_add_instance": {
		"", parameters{askedState, node, askedInvoke}, 0, true, installsNot, false,
	},
	"__cpuhp_state_remove_instance": {
		"", parameters{askedState, node, askedInvoke}, 0, false, installsNot, false,
	},
	"cpus_read_lock":      {"", parameters{}, 0, false, installsNot, true},
	"cpus_read_unlock":    {"", parameters{}, 0, false, installsNot, true},
	"cpus_write_lock":     {"", parameters{}, 0, false, installsNot, true},
	"cpus_write_unlock":   {"", parameters{}, 0, false, installsNot, true},
	"cpu_hotplug_disable": {"", parameters{}, 0, false, installsNot, true},
	"cpu_hotplug_enable":  {"", parameters{}, 0, false, installsNot, true},
}
