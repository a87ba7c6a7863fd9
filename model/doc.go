// Package model is the CPU hotplug core of Linux as a pure transition system: a [Kernel] (an edition, with the fixes
// that it has) in a [Scenario] (who takes part, and what may fail) is a [Machine], and a machine says which [Action] is
// enabled in a [State] and which state it leads to. There is no I/O, clock, randomness or goroutine in it; the same
// input gives the same output.
//
// Where to begin:
//
//   - state.go says what a state is, and variables.go has a row for each of its variables.
//   - core_v4_14.go and core_v4_14_ops.go are kernel/cpu.c since v4.14, which all kernels in use have; core_v4_6.go,
//     cpu_up.go and cpu_down.go are the core before that, and what both share. Read them beside the kernel's source:
//     a method assembles the instructions of the C function that it is named for.
//   - invoke.go calls one callback of the ladder after another, callbacks.go says what each does to the core.
//   - v4_6.go to v7_3.go are the editions: a step table and the switches of [Kernel].
//   - program.go says what an instruction is, exec.go executes one, and machine.go offers those that are enabled.
//   - independence.go says which two instructions commute, for partial-order reduction.
//
// docs/model.md lists the kernel's functions and where each of them is.
package model
