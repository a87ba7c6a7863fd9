package lower

import "github.com/hpcheck/hpcheck/model"

// entry is a function with which what is assembled from the tree begins.
type entry struct {
	file      string     // without which the function is written by hand; "": there is always one
	name      string     // in the tree, if it is another than in the hand-written programs
	args      parameters // its parameters
	operation int        // 1: it brings a CPU up, -1: down, 0: neither
	returns   bool       // it returns an error
	installs  installs   // it installs a state, or removes one
	bare      bool       // nobody looks at its result, and no register of a caller is kept
	sleeps    bool       // it begins where its thread sleeps
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

func zero(*model.Builder) operand      { return number(0) }
func maxCPUs(b *model.Builder) operand { return number(int64(b.Machine().SetupMaxCPUs())) }
func onOrOff(*model.Builder) operand   { return operand{what: anOpaque, name: aSwitch} }

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
	"do_cpu_up":                {name: "cpu_up", args: parameters{self, target}, operation: 1, returns: true},
	"do_cpu_down":              {name: "cpu_down", args: parameters{self, target}, operation: -1, returns: true},
	"_cpu_up":                  {args: parameters{self, frozen, target}, operation: 1, returns: true},
	"_cpu_down":                {args: parameters{self, frozen, target}, operation: -1, returns: true},
	"bringup_cpu":              {args: parameters{self}, returns: true},
	"cpuhp_bringup_ap":         {args: parameters{self}, returns: true},
	"cpuhp_kick_ap_alive":      {args: parameters{self}, returns: true},
	"takedown_cpu":             {args: parameters{self}, returns: true},
	"cpuhp_thread_fun":         {args: parameters{self}},
	"take_cpu_down":            {args: parameters{opaqued}, returns: true},
	"notify_cpu_starting":      {args: parameters{self}},
	"cpuhp_online_idle":        {args: parameters{onlineIdle}},
	"cpuhp_report_idle_dead":   {},
	"cpuhp_ap_sync_alive":      {aside: true},
	"cpuhp_ap_report_dead":     {aside: true},
	"cpuhp_complete_idle_dead": {args: parameters{state}, aside: true},
	"cpu_device_up":            {args: parameters{device}, operation: 1, returns: true},
	"cpu_device_down":          {args: parameters{device}, operation: -1, returns: true},
	"cpu_hotplug_pm_callback":  {args: parameters{opaqued, action, opaqued}, aside: true},
	"freeze_secondary_cpus":    {args: parameters{zero}},
	"thaw_secondary_cpus":      {},
	"control_store":            {args: parameters{opaqued, opaqued, onOrOff, zero}, returns: true},
	"write_cpuhp_target": {
		name: "target_store", args: parameters{device, opaqued, aNumberWritten, zero}, returns: true,
	},
	"bringup_nonboot_cpus": {args: parameters{maxCPUs}},
	"__cpuhp_setup_state": {
		args: parameters{askedState, one, askedInvoke, startup, teardown, zero}, returns: true, installs: sets,
	},
	"__cpuhp_remove_state":          {args: parameters{target, askedInvoke}, installs: removes},
	"__cpuhp_state_add_instance":    {args: parameters{askedState, node, askedInvoke}, returns: true},
	"__cpuhp_state_remove_instance": {args: parameters{askedState, node, askedInvoke}},
	"cpus_read_lock":                {aside: true},
	"cpus_read_unlock":              {aside: true},
	"cpus_write_lock":               {aside: true},
	"cpus_write_unlock":             {aside: true},
	"cpu_hotplug_disable":           {aside: true},
	"cpu_hotplug_enable":            {aside: true},
}
