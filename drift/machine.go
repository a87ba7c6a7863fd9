package drift

import (
	"fmt"
	"strconv"
	"strings"
)

// Machine is how a machine's list of states differs from the tree's ladder.
type Machine struct {
	File    string   `json:"file"`
	Same    int      `json:"same"`     // states with the number and the name that the source gives
	RunTime int      `json:"run_time"` // states that the step table does not have: they are set up at run time
	Differ  []string `json:"differ"`   // what is not as the source has it
}

// Machine compares a machine's /sys/devices/system/cpu/hotplug/states with the tree's ladder. An error says which line
// is not one of such a file.
func (t *Taken) Machine(file, text string) (*Machine, error) {
	m := &Machine{File: file, Differ: []string{}}
	named := map[int64]Step{}
	for _, s := range t.Steps {
		if s.Name != "" {
			named[s.Number] = s
		}
	}
	seen := map[int64]bool{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if strings.TrimSpace(line) == "" {
			continue
		}
		number, name, found := strings.Cut(strings.TrimSpace(line), ": ")
		state, err := strconv.ParseInt(number, 10, 64)
		if !found || err != nil {
			return nil, fmt.Errorf("%s:%d: %.60q is no state: want NUMBER: NAME", file, n, strings.TrimSpace(line))
		}
		seen[state] = true
		switch s, ok := named[state]; {
		case !ok:
			m.RunTime++
		case s.Name == strings.TrimSpace(name):
			m.Same++
		default:
			m.Differ = append(m.Differ, fmt.Sprintf("%d is %s there, the source has %s", state, name, s.Name))
		}
	}
	for _, s := range t.Steps {
		if s.Name != "" && !seen[s.Number] {
			m.Differ = append(m.Differ, fmt.Sprintf("%d is not there, the source has %s", s.Number, s.Name))
		}
	}
	return m, nil
}
