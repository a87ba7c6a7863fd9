package lower

import "github.com/hpcheck/hpcheck/model"

// entry is a function with which what is assembled from the tree begins.
type entry struct {
	name      string     // in the tree, if it is another than in the hand-written programs
	args      parameters // its parameters
	operation int        // 1: it brings a CPU up, -1: down, 0: neither
	returns   bool       // it returns an error
}

type parameters = []func(*model.Builder) operand

func self(*model.Builder) operand    { return operand{Value: model.Self(), what: theCPU} }
func frozen(*model.Builder) operand  { return operand{Value: model.OperationFrozen()} }
func target(*model.Builder) operand  { return operand{Value: model.OperationTarget()} }
func opaqued(*model.Builder) operand { return operand{what: anOpaque, name: "NULL"} }

// onlineIdle is CPUHP_AP_ONLINE_IDLE.
func onlineIdle(b *model.Builder) operand {
	return operand{Value: model.Constant(int64(b.Machine().APOnlineIdle()), model.KindRung)}
}

// entries are those functions, by their names in the hand-written programs.
var entries = map[string]entry{
	"do_cpu_up":              {"cpu_up", parameters{self, target}, 1, true},
	"do_cpu_down":            {"cpu_down", parameters{self, target}, -1, true},
	"_cpu_up":                {"", parameters{self, frozen, target}, 1, true},
	"_cpu_down":              {"", parameters{self, frozen, target}, -1, true},
	"bringup_cpu":            {"", parameters{self}, 0, true},
	"cpuhp_bringup_ap":       {"", parameters{self}, 0, true},
	"cpuhp_kick_ap_alive":    {"", parameters{self}, 0, true},
	"takedown_cpu":           {"", parameters{self}, 0, true},
	"cpuhp_thread_fun":       {"", parameters{self}, 0, false},
	"take_cpu_down":          {"", parameters{opaqued}, 0, true},
	"notify_cpu_starting":    {"", parameters{self}, 0, false},
	"cpuhp_online_idle":      {"", parameters{onlineIdle}, 0, false},
	"cpuhp_report_idle_dead": {"", parameters{}, 0, false},
}
