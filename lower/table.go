package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// dropped are functions that have nothing to do with what the model has. Calls of them are left out, with the
// arguments.
var dropped = map[string]string{
	"cpuhp_lock_acquire":         "lockdep",
	"cpuhp_lock_release":         "lockdep",
	"lockdep_acquire_cpus_lock":  "lockdep",
	"lockdep_release_cpus_lock":  "lockdep",
	"scs_task_reset":             "the shadow stack of the idle task",
	"kasan_unpoison_task_stack":  "a sanitizer",
	"arch_smt_update":            "mitigations of the processor",
	"kobject_uevent":             "user space is told",
	"INIT_HLIST_HEAD":            "a state that is new has no instances",
	"lockup_detector_cleanup":    "the watchdog",
	"might_sleep":                "a debugging aid; the model checks it by itself",
	"preempt_disable":            "threads of one CPU come between each other as those of several do",
	"preempt_enable":             "threads of one CPU come between each other as those of several do",
	"preempt_enable_no_resched":  "threads of one CPU come between each other as those of several do",
	"barrier":                    "what the compiler does, the model does not",
	"smp_wmb":                    "the stoppers' data is counted and completed, which orders it",
	"cpu_relax":                  "a wait has no steps of its own",
	"touch_nmi_watchdog":         "the watchdog",
	"hard_irq_disable":           "nothing, on x86",
	"local_save_flags":           "interrupts are on before",
	"rcu_momentary_eqs":          "RCU is told that it need not wait; the model's grace periods do not, for a stopper",
	"rcu_momentary_dyntick_idle": "RCU is told that it need not wait; the model's grace periods do not, for a stopper",
	"preempt_count_inc":          "the stopper has its CPU for itself since it took the work",
	"memset":                     "what is counted is set right after",
	"kfree":                      "memory",
	"get_task_struct":            "memory",
}

// droppedPrefixes are the same, by how their names begin.
var droppedPrefixes = map[string]string{"pr_": "printing", "trace_": "tracing", "lockdep_": "lockdep"}

// abstractions are functions of subsystems of which the model has no part. That they do nothing to the rest is what a
// verdict rests on.
var abstractions = map[string]string{
	"hotplug_cpu__broadcast_tick_pull": "the tick shares nothing with the core",
	"arch_cpuhp_cleanup_kick_cpu":      "how the processor is woken shares nothing with the core",
	"arch_thaw_secondary_cpus_begin":   "the caches' attributes share nothing with the core",
	"arch_thaw_secondary_cpus_end":     "the caches' attributes share nothing with the core",
	"tick_cleanup_dead_cpu":            "the tick shares nothing with the core",
	"tick_handover_do_timer":           "the tick shares nothing with the core",
	"tick_offline_cpu":                 "the tick shares nothing with the core",
	"tick_assert_timekeeping_handover": "the tick shares nothing with the core",
	"kthread_set_per_cpu":              "a thread of smpboot belongs to its CPU from the start",
	"sched_set_stop_task":              "that the stopper comes before all others is the model's scheduler",
}

// operation says of a function that it is an operation, or a part of one that may be made by itself.
type operation struct {
	up             int  // the argument that says whether it goes up; wentUp or wentDown if that is known
	target, frozen int  // the arguments; -1: there is none
	locks          bool // it takes cpu_add_remove_lock itself
	alone          bool // if it is made by itself, nobody else is there
}

const (
	wentUp   = -1
	wentDown = -2
)

// operations are these functions. Whoever calls one outside of another one makes an operation.
var operations = map[string]operation{
	"cpu_up":                      {wentUp, 1, -1, true, false},
	"cpu_down":                    {wentDown, 1, -1, true, false},
	"_cpu_up":                     {wentUp, 2, 1, false, false},
	"_cpu_down":                   {wentDown, 2, 1, false, false},
	"cpu_down_maps_locked":        {wentDown, 1, -1, false, false},
	"cpuhp_invoke_callback_range": {0, 3, -1, false, true},
}

// pointers are fields that are only pointed to: what primitives take for them.
var pointers = map[string]int64{"done_down": 0, "done_up": 1}

// constants are enumerators and macros that have other numbers in the model, or stand in headers that are not read.
var constants = map[string]int64{
	"CPU_SMT_ENABLED": 0, "CPU_SMT_DISABLED": 1, "CPU_SMT_FORCE_DISABLED": 2, "CPU_SMT_NOT_SUPPORTED": 3,
	"CPU_SMT_NOT_IMPLEMENTED": 4,
	// include/linux/suspend.h and notifier.h
	"PF_EXITING": 4, "PF_NO_SETAFFINITY": 0x04000000,
	"TASK_RUNNING": 0, "TASK_INTERRUPTIBLE": 1, "TASK_UNINTERRUPTIBLE": 2, "TASK_PARKED": 3,
	"PM_HIBERNATION_PREPARE": 1, "PM_POST_HIBERNATION": 2, "PM_SUSPEND_PREPARE": 3, "PM_POST_SUSPEND": 4,
	"NOTIFY_DONE": 0, "NOTIFY_OK": 1,
}

// least is how many arguments of a function or a macro are looked at.
var least = map[string]int{
	"WARN_ON": 1, "WARN_ON_ONCE": 1, "WARN": 1, "WARN_ONCE": 1, "BUG_ON": 1, "trace_cpuhp_enter": 3,
	"trace_cpuhp_exit": 4, "work_on_cpu": 3, "per_cpu_ptr": 2, "this_cpu_ptr": 1, "READ_ONCE": 1, "likely": 1,
	"unlikely": 1, "PTR_ERR": 1, "min": 2, "max": 2, "get_cpu_device": 1, "cpumask_clear": 1, "cpumask_empty": 1,
	"cpumask_and": 3, "cpumask_andnot": 3, "hlist_empty": 1, "sysfs_streq": 2, "kstrtoint": 3, "IS_ENABLED": 1,
	"atomic_read": 1, "atomic_xchg": 2, "atomic_try_cmpxchg": 3, "cpumask_first": 1, "IS_ERR": 1, "cpu_online": 1,
	"mutex_lock": 1, "mutex_unlock": 1, "kthread_park": 1, "kthread_unpark": 1, "wake_up_process": 1,
	"wait_for_completion": 1, "complete": 1, "cpuhp_invoke_callback": 3, "set_cpu_dying": 2, "cpumask_test_cpu": 2,
	"list_empty": 1, "list_add_tail": 2, "list_first_entry": 1, "list_del_init": 1, "wake_q_add": 2, "wake_up_q": 1,
	"cpumask_weight": 1, "WRITE_ONCE": 2, "atomic_set": 2, "init_completion": 1, "atomic_dec_and_test": 1,
	"test_bit": 2, "set_bit": 2, "clear_bit": 2, "to_kthread": 1, "wake_up_state": 2, "wait_task_inactive": 2,
	"set_current_state": 1, "__set_current_state": 1, "set_special_state": 1, "do_set_cpus_allowed": 2,
	"cpumask_set_cpu": 2, "smp_call_function_single": 2, "cpuhp_wait_for_sync_state": 3, "hlist_add_head": 2,
}

// opaque are names that only primitives know.
var opaque = map[string]bool{"cpu_online_mask": true, "hotplug_threads": true}

// warns are the macros that warn if their argument is true, and are worth as much.
var warns = map[string]bool{"WARN_ON": true, "WARN_ON_ONCE": true, "WARN": true, "WARN_ONCE": true}

// tracepoints are those of which the model shows something.
var tracepoints map[string]func(*lowering, *cfront.Expr)

// builtins are macros and functions that work on values alone.
var builtins map[string]func(*lowering, *cfront.Expr) operand

func init() {
	tracepoints = map[string]func(*lowering, *cfront.Expr){
		"trace_cpuhp_enter": func(l *lowering, e *cfront.Expr) {
			l.b.Trace(model.EventKick, l.value(e.Args[2]), model.Constant(0, model.KindErrno))
		},
		"trace_cpuhp_exit": func(l *lowering, e *cfront.Expr) {
			l.b.Trace(model.EventKicked, l.value(e.Args[2]), l.value(e.Args[3]))
		},
	}

	first := func(l *lowering, e *cfront.Expr) operand { return l.operand(e.Args[0]) }
	least := func(less bool) func(*lowering, *cfront.Expr) operand {
		return func(l *lowering, e *cfront.Expr) operand {
			v, w := l.pair(l.value(e.Args[0]), e.Args[0], e.Args[1])
			kind := v.Kind()
			if kind == model.KindUnknown {
				kind = w.Kind()
			}
			return operand{Value: model.Binary(func(a, b int64) int64 {
				if (a < b) == less {
					return a
				}
				return b
			}, kind, v, w)}
		}
	}
	builtins = map[string]func(*lowering, *cfront.Expr) operand{
		"per_cpu_ptr": func(l *lowering, e *cfront.Expr) operand {
			o := l.operand(e.Args[0])
			o.turn = l.about(e.Args[1])
			return o
		},
		"per_cpu": func(l *lowering, e *cfront.Expr) operand {
			o := l.operand(e.Args[0])
			o.turn = l.about(e.Args[1])
			return o
		},
		"this_cpu_ptr": func(l *lowering, e *cfront.Expr) operand {
			o := l.operand(e.Args[0])
			o.turn = l.now()
			return o
		},
		"READ_ONCE": first,
		"likely":    first,
		"unlikely":  first,
		"PTR_ERR": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.value(e.Args[0]).As(model.KindErrno)}
		},
		"min": least(true),
		"max": least(false),
		"housekeeping_cpumask": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "all CPUs are housekeepers"})
			return operand{what: aMask, name: e.String()}
		},
		"cpumask_of": func(_ *lowering, e *cfront.Expr) operand { return operand{what: aMask, name: e.String()} },
		"smp_processor_id": func(l *lowering, _ *cfront.Expr) operand {
			return operand{Value: l.b.Here(), what: theCPU, turn: l.now()}
		},
		"to_kthread": func(l *lowering, e *cfront.Expr) operand {
			o := l.operand(e.Args[0])
			if o.what != aThread {
				l.fail(e.Line, "which thread %s means is not known", e)
			}
			return operand{Value: model.Truth(true), what: aKthread, slot: o.slot, turn: o.turn}
		},
		"list_empty":        (*lowering).listEmpty,
		"list_add_tail":     (*lowering).listAdd,
		"list_first_entry":  (*lowering).listFirst,
		"list_del_init":     (*lowering).listDel,
		"wake_q_add":        (*lowering).wakeLater,
		"preempt_count_dec": func(l *lowering, _ *cfront.Expr) operand { return operand{Value: l.b.LeaveWork()} },
		"preempt_count":     func(*lowering, *cfront.Expr) operand { return number(0) },
		"cpumask_weight":    (*lowering).weight,
		"WRITE_ONCE":        (*lowering).writeOnce,
		"atomic_set":        (*lowering).atomicSet,
		"init_completion":   (*lowering).initCompletion,
		"atomic_dec_and_test": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.b.CountDown(l.atomic(e.Args[0]))}
		},
		"test_bit":  func(l *lowering, e *cfront.Expr) operand { return operand{Value: l.bit(e).Load()} },
		"set_bit":   func(l *lowering, e *cfront.Expr) operand { return l.setBit(e, true) },
		"clear_bit": func(l *lowering, e *cfront.Expr) operand { return l.setBit(e, false) },
		"get_cpu_device": func(l *lowering, e *cfront.Expr) operand {
			return operand{what: theDevice, turn: l.about(e.Args[0])}
		},
		"node_online": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "all memory nodes are online"})
			return operand{Value: model.Truth(true)}
		},
		"arch_cpuhp_init_parallel_bringup": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "CPUs can be started in parallel: no confidential guest"})
			return operand{Value: model.Truth(true)}
		},
		"housekeeping_cpu": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "CPU 0 keeps the time"})
			return operand{Value: model.Truth(true)}
		},
		"housekeeping_any_cpu": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "CPU 0 keeps the time"})
			return number(0)
		},
		"cpumask_clear": maskChange(func(b *model.Builder) model.Value {
			return b.Frozen().Store(model.Constant(0, model.KindCount))
		}),
		"cpumask_empty": maskChange(func(b *model.Builder) model.Value {
			return model.Unary(unaries["!"], model.KindCount, b.Frozen().Load())
		}),
		"cpumask_and": maskOf(func(v, w model.Value) model.Value { return model.Both(v, w) }),
		"cpumask_andnot": maskOf(func(v, w model.Value) model.Value {
			return model.Both(v, model.Unary(unaries["!"], model.KindCount, w))
		}),
		"hlist_empty": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.b.ListEmpty(l.operand(e.Args[0]).Value)}
		},
		"sysfs_streq": func(l *lowering, e *cfront.Expr) operand {
			if l.operand(e.Args[0]).name != aSwitch {
				l.fail(e.Line, "%s is not known", e)
			}
			switch e.Args[1].Name {
			case `"on"`:
				return operand{Value: model.OperationUp()}
			case `"off"`:
				return operand{Value: model.Unary(unaries["!"], model.KindCount, model.OperationUp())}
			}
			return operand{Value: model.Truth(false)}
		},
		"kstrtoint": func(l *lowering, e *cfront.Expr) operand {
			if l.operand(e.Args[0]).name != aState {
				n, _ := model.ErrorNamed("EINVAL")
				return operand{Value: model.Constant(-n, model.KindErrno)}
			}
			at := l.atomic(e.Args[2])
			l.b.Eval(e.String(), at.Store(l.b.TargetWritten()))
			return operand{Value: model.Constant(0, model.KindErrno)}
		},
		"IS_ENABLED": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: model.Truth(l.s.config.Enabled(e.Args[0].Name))}
		},
		"cc_platform_has": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(
				Note{
					e.Callee(),
					"abstraction",
					"no confidential guest, unless CPUs cannot go down (offline-disabled)",
				},
			)
			return operand{Value: model.Truth(l.b.Machine().Scenario.OfflineDisabled)}
		},
		"atomic_read": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.atomic(e.Args[0]).Load()}
		},
		"atomic_xchg": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.atomic(e.Args[0]).Store(l.value(e.Args[1]))}
		},
		"atomic_try_cmpxchg": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: l.atomic(e.Args[0]).Exchange(l.atomic(e.Args[1]), l.value(e.Args[2]))}
		},
		"cpumask_first": func(l *lowering, e *cfront.Expr) operand {
			if l.operand(e.Args[0]).name != "cpu_online_mask" {
				l.fail(e.Line, "%s is not known", e)
			}
			return operand{Value: l.b.FirstOnline(), name: e.String()}
		},
		"cpu_to_node": func(_ *lowering, e *cfront.Expr) operand { return operand{what: anOpaque, name: e.String()} },
		"IS_ERR": func(l *lowering, e *cfront.Expr) operand {
			return operand{
				Value: model.Unary(func(n int64) int64 { return truth(n < 0) }, model.KindCount, l.value(e.Args[0])),
			}
		},
	}
}

// What a write to a file in sysfs may be.
const (
	aSwitch = "on or off"
	aState  = "the number of a state"
)

// maskChange is what is done to frozen_cpus, which is the argument.
func maskChange(do func(*model.Builder) model.Value) func(*lowering, *cfront.Expr) operand {
	return func(l *lowering, e *cfront.Expr) operand {
		if l.operand(e.Args[0]).name != "frozen_cpus" {
			l.fail(e.Line, "%s is not known", e)
		}
		return operand{Value: do(l.b)}
	}
}

// maskOf makes a mask of two others.
func maskOf(op func(v, w model.Value) model.Value) func(*lowering, *cfront.Expr) operand {
	return func(l *lowering, e *cfront.Expr) operand {
		v, w := l.operand(e.Args[1]).mask, l.operand(e.Args[2]).mask
		if v == nil || w == nil {
			l.fail(e.Line, "the masks of %s are not known", e)
		}
		l.setMask(e.Args[0], func(cpu model.Value) model.Value { return op(v(cpu), w(cpu)) })
		return number(0)
	}
}

func truth(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

var unaries = map[string]func(int64) int64{
	"!": func(n int64) int64 { return truth(n == 0) },
	"-": func(n int64) int64 { return -n },
	"~": func(n int64) int64 { return ^n },
}

var binaries = map[string]func(a, b int64) int64{
	"==": func(a, b int64) int64 { return truth(a == b) },
	"!=": func(a, b int64) int64 { return truth(a != b) },
	"<":  func(a, b int64) int64 { return truth(a < b) },
	">":  func(a, b int64) int64 { return truth(a > b) },
	"<=": func(a, b int64) int64 { return truth(a <= b) },
	">=": func(a, b int64) int64 { return truth(a >= b) },
	"+":  func(a, b int64) int64 { return a + b },
	"-":  func(a, b int64) int64 { return a - b },
	"&":  func(a, b int64) int64 { return a & b },
	"|":  func(a, b int64) int64 { return a | b },
}
