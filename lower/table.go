package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// dropped are functions that have nothing to do with what the model has. Calls of them are left out, with the
// arguments.
var dropped = map[string]string{
	"cpuhp_lock_acquire":        "lockdep",
	"cpuhp_lock_release":        "lockdep",
	"lockdep_acquire_cpus_lock": "lockdep",
	"lockdep_release_cpus_lock": "lockdep",
	"scs_task_reset":            "the shadow stack of the idle task",
	"kasan_unpoison_task_stack": "a sanitizer",
	"arch_smt_update":           "mitigations of the processor",
	"lockup_detector_cleanup":   "the watchdog",
	"might_sleep":               "a debugging aid; the model checks it by itself",
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
}

// lockedOperations are the operations that take the lock themselves under which they are alone.
var lockedOperations = map[string]bool{"cpu_up": true, "cpu_down": true}

// pointers are fields that are only pointed to: what primitives take for them.
var pointers = map[string]int64{"done_down": 0, "done_up": 1, "thread": 0}

// constants are enumerators that are other numbers in the model.
var constants = map[string]int64{
	"CPU_SMT_ENABLED": 0, "CPU_SMT_DISABLED": 1, "CPU_SMT_FORCE_DISABLED": 2, "CPU_SMT_NOT_SUPPORTED": 3,
	"CPU_SMT_NOT_IMPLEMENTED": 4,
}

// opaque are names that only primitives know.
var opaque = map[string]bool{"cpu_online_mask": true, "current": true}

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
		"per_cpu_ptr":  first,
		"this_cpu_ptr": first,
		"READ_ONCE":    first,
		"likely":       first,
		"unlikely":     first,
		"PTR_ERR":      first,
		"min":          least(true),
		"max":          least(false),
		"housekeeping_cpumask": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(Note{e.Callee(), "abstraction", "all CPUs are housekeepers"})
			return operand{what: aMask, name: e.String()}
		},
		"cpumask_of":       func(_ *lowering, e *cfront.Expr) operand { return operand{what: aMask, name: e.String()} },
		"smp_processor_id": func(*lowering, *cfront.Expr) operand { return self(nil) },
		"IS_ENABLED": func(l *lowering, e *cfront.Expr) operand {
			return operand{Value: model.Truth(l.s.config.Enabled(e.Args[0].Name))}
		},
		"cc_platform_has": func(l *lowering, e *cfront.Expr) operand {
			l.s.note(
				Note{
					e.Callee(),
					"abstraction",
					"no confidential guest, unless CPUs cannot go down (--offline-disabled)",
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
		"cpumask_first": func(_ *lowering, e *cfront.Expr) operand { return operand{what: anOpaque, name: e.String()} },
		"cpu_to_node":   func(_ *lowering, e *cfront.Expr) operand { return operand{what: anOpaque, name: e.String()} },
		"IS_ERR": func(l *lowering, e *cfront.Expr) operand {
			return operand{
				Value: model.Unary(func(n int64) int64 { return truth(n < 0) }, model.KindCount, l.value(e.Args[0])),
			}
		},
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
}
