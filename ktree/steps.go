package ktree

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
)

// Step is a state of CPU hotplug: an enumerator of enum cpuhp_state, and what cpuhp_hp_states says of it.
type Step struct {
	Number   int64
	Symbol   string // CPUHP_CREATE_THREADS
	Line     int    // in include/linux/cpuhotplug.h
	Table    bool   // it is in cpuhp_hp_states; the fields below are from there
	Name     string
	Startup  string // the function, "" for none
	Teardown string
	CantStop bool
	Multi    bool // multi_instance
	At       int  // the line in kernel/cpu.c
}

// stepsHeader has enum cpuhp_state, stepsSource the table.
const (
	stepsHeader = "include/linux/cpuhotplug.h"
	stepsSource = "kernel/cpu.c"
)

// Steps are the states of CPU hotplug as the unit's files have them, which must be include/linux/cpuhotplug.h and
// kernel/cpu.c among others, by number. Several symbols may have a number: the first one has it, and marks that stand
// for a range (CPUHP_AP_ONLINE_DYN_END) are steps, too.
func (u *Unit) Steps() ([]Step, error) {
	var steps []Step
	for _, f := range u.Files {
		if f.Path != stepsHeader {
			continue
		}
		for _, c := range f.Consts {
			if c.Enum == "enum cpuhp_state" {
				steps = append(steps, Step{Number: c.Value, Symbol: c.Name, Line: c.Line})
			}
		}
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("%s: %s has no enum cpuhp_state", u.Tree.Name, stepsHeader)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return int(a.Number - b.Number) })
	table := u.stepTable()
	if table == nil {
		return nil, fmt.Errorf("%s: %s has no table cpuhp_hp_states", u.Tree.Name, stepsSource)
	}
	for _, entry := range table.Args {
		if err := u.tableEntry(steps, entry); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// stepTable is the initializer of cpuhp_hp_states, nil if there is none.
func (u *Unit) stepTable() *cfront.Expr {
	for _, f := range u.Files {
		for _, v := range f.Vars {
			if f.Path == stepsSource && v.Name == "cpuhp_hp_states" && v.Init != nil && v.Init.Op == cfront.Init {
				return v.Init
			}
		}
	}
	return nil
}

// tableEntry puts [SYMBOL] = { .name = ..., ... } into the steps.
func (u *Unit) tableEntry(steps []Step, entry *cfront.Expr) error {
	refuse := func(e *cfront.Expr) error {
		return fmt.Errorf("%s:%d: this is no entry of cpuhp_hp_states that can be read: %.60s", stepsSource, e.Line, e)
	}
	if entry.Op != cfront.Set || entry.X.Y == nil || entry.Y.Op != cfront.Init {
		return refuse(entry)
	}
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Symbol == entry.X.Y.Name })
	if i < 0 {
		return fmt.Errorf("%s:%d: %s is not in enum cpuhp_state", stepsSource, entry.Line, entry.X.Y)
	}
	s := &steps[i]
	s.Table, s.At = true, entry.Line
	for _, field := range entry.Y.Args {
		if field.Op != cfront.Set || field.X.Op != cfront.Desig {
			return refuse(field)
		}
		value := field.Y.String()
		if value == "NULL" {
			value = ""
		}
		switch field.X.String() {
		case ".name":
			s.Name = strings.Trim(value, `"`)
		case ".startup.single", ".startup.multi":
			s.Startup = value
		case ".teardown.single", ".teardown.multi":
			s.Teardown = value
		case ".cant_stop":
			s.CantStop = value == "true"
		case ".multi_instance":
			s.Multi = value == "true"
		case ".skip_onerr": // before 4.20
		default:
			return refuse(field)
		}
	}
	return nil
}
