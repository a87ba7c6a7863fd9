package model

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The ladder of a real machine: /sys/devices/system/cpu/hotplug/states lists the states that there are, with their
// numbers, and says nothing of their callbacks. Those come from what is known of the edition's source, or stand in the
// file itself, after a bar.

//go:embed known
var known embed.FS

// StatesError is a mistake in a list of states.
type StatesError struct {
	Line int // from 1; 0 for the list as a whole
	Text string
}

// Error says where, and what.
func (e *StatesError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// maxInstances is how many instances a state may have.
const maxInstances = 64

// ParseStates reads a list of states, as the kernel prints it: a line "NUMBER: NAME" for each. After the name, " |
// STARTUP TEARDOWN" may say which functions it calls, "-" for none, and after these "multi N" that it is called for
// each of N instances. Lines without a name, empty ones and those that begin with # are left out. Two states may have
// one name; the second is then "NAME (2)". What neither the list nor the edition's source says the callbacks of is
// Unknown. The error is a *StatesError.
func (k Kernel) ParseStates(text string) ([]Step, error) {
	if k.Notifiers {
		return nil, &StatesError{
			0, fmt.Sprintf("%s has other states: most of what they do it does by notifiers", k.Name),
		}
	}
	callbacks := k.known()
	var steps []Step
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := parseState(line, callbacks)
		if err != nil {
			return nil, &StatesError{i + 1, err.Error()}
		}
		if n := len(steps); n > 0 && s.Number <= steps[n-1].Number {
			return nil, &StatesError{
				i + 1,
				fmt.Sprintf(
					"state %d comes after state %d: want them in the order of the ladder", s.Number, steps[n-1].Number,
				),
			}
		}
		if s.Name == "" {
			continue // a hole
		}
		name := s.Name
		for n := 2; slices.ContainsFunc(steps, func(other Step) bool { return other.Name == s.Name }); n++ {
			s.Name = fmt.Sprintf("%s (%d)", name, n)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// parseState reads a line of it.
func parseState(line string, callbacks map[string]Step) (Step, error) {
	number, rest, ok := strings.Cut(line, ":")
	name, functions, told := strings.Cut(rest, "|")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	name = strings.TrimSpace(name)
	if err == nil && (n < 0 || n > 999) {
		return Step{}, fmt.Errorf("state %d: want a number from 0 to 999", n)
	}
	if !ok || err != nil {
		return Step{}, fmt.Errorf(
			"%q is no state: want NUMBER: NAME, and, if they are to be told, | STARTUP TEARDOWN [multi INSTANCES]",
			line,
		)
	}
	s, found := callbacks[name]
	if told {
		if s, err = parseCallbacks(functions); err != nil {
			return Step{}, fmt.Errorf("%s: %w", name, err)
		}
	} else if !found {
		s.Unknown = true
	}
	s.Number, s.Name = n, name
	return s, nil
}

// Unknown are the names of the states whose callbacks nobody knows.
func Unknown(steps []Step) (names []string) {
	for _, s := range steps {
		if s.Unknown {
			names = append(names, s.Name)
		}
	}
	return names
}

// Assume gives the states whose callbacks nobody knows and no trace has shown those that such states mostly have: a
// startup and a teardown, of which the names are made up, or a teardown alone for a state of a CPU that dies or is
// dead.
func Assume(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		s := &steps[i]
		if !s.Unknown || s.Startup != "" || s.Teardown != "" {
			continue
		}
		name := strings.ReplaceAll(s.Name, " ", "_")
		s.Teardown = name + ":teardown"
		if !strings.HasSuffix(s.Name, ":dead") && !strings.HasSuffix(s.Name, ":dying") {
			s.Startup = name + ":startup"
		}
	}
	return steps
}

// parseCallbacks reads "STARTUP TEARDOWN [multi [INSTANCES]]".
func parseCallbacks(text string) (Step, error) {
	fields := strings.Fields(text)
	wrong := fmt.Errorf(
		"%q are no callbacks: want STARTUP TEARDOWN, - for none, and multi INSTANCES, 0 to %d, if it has such",
		strings.TrimSpace(text), maxInstances,
	)
	if len(fields) < 2 || len(fields) > 4 || len(fields) > 2 && fields[2] != "multi" {
		return Step{}, wrong
	}
	var s Step
	for i, to := range []*string{&s.Startup, &s.Teardown} {
		if fields[i] != "-" {
			*to = fields[i]
		}
	}
	s.Multi = len(fields) > 2
	if len(fields) == 4 {
		n, err := strconv.Atoi(fields[3])
		if err != nil || n < 0 || n > maxInstances {
			return Step{}, wrong
		}
		s.Instances = n
	}
	return s, nil
}

// known are the callbacks of all states that the edition's source has, by name; if its source was not searched for
// them, those of the next edition whose source was, and of those before it what that has not any more, with what is
// different in the edition's own steps.
func (k *Kernel) known() map[string]Step {
	all := map[string]Step{}
	for _, other := range Kernels() {
		text, err := known.ReadFile("known/" + other.Name + ".txt") // an edition need not have such a list
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			name, functions, ok := strings.Cut(line, " | ")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			s, err := parseCallbacks(functions)
			if err != nil {
				panic("model: known/" + other.Name + ".txt: " + err.Error())
			}
			all[name] = s
		}
		if other.order() >= k.order() {
			break
		}
	}
	for _, s := range k.Steps {
		if s.Name != "" {
			all[s.Name] = Step{Startup: s.Startup, Teardown: s.Teardown}
		}
	}
	return all
}

// WithStates returns the edition with the ladder of a machine, of which name is a name: steps as ParseStates reads
// them. The core's own states must be among them; the others take their turn, and share nothing with the core. The
// error is a *StatesError.
func (k Kernel) WithStates(name string, steps []Step) (Kernel, error) {
	own := map[string]Step{}
	for _, s := range k.Steps {
		own[s.Name] = s
	}
	at := func(name string) (Step, error) {
		for _, s := range steps {
			if s.Name == name {
				return s, nil
			}
		}
		return Step{}, &StatesError{0, fmt.Sprintf("state %q is missing, which %s cannot do without", name, k.Name)}
	}
	bringup, err := at("cpu:bringup")
	if err != nil {
		return Kernel{}, err
	}
	teardown, err := at("cpu:teardown")
	if err != nil {
		return Kernel{}, err
	}
	var ladder []Step
	for _, s := range steps {
		s.Table = AP
		if s.Number <= bringup.Number || s.Number == teardown.Number {
			s.Table = BP
		}
		s.Symbol = fmt.Sprintf("CPUHP state %d", s.Number)
		if o, ok := own[s.Name]; ok {
			s.Symbol, s.CantStop = o.Symbol, o.CantStop
		}
		ladder = append(ladder, s)
	}
	for _, s := range k.Steps { // AP_ONLINE_IDLE has no name, and so is not in the list
		switch {
		case s.Symbol == "CPUHP_AP_ONLINE_IDLE":
			s.Number = teardown.Number + 1
			ladder = append(ladder, s)
		case s.core():
			if _, err := at(s.Name); err != nil {
				return Kernel{}, err
			}
		}
	}
	slices.SortFunc(ladder, func(a, b Step) int { return a.Number - b.Number })
	both := 0
	for _, s := range ladder {
		if s.Startup != "" && s.Teardown != "" {
			both++
		}
	}
	if both > maxBoth {
		return Kernel{}, &StatesError{
			0, fmt.Sprintf("%d states with a startup and a teardown: want at most %d", both, maxBoth),
		}
	}
	if len(ladder) > maxRungs {
		return Kernel{}, &StatesError{0, fmt.Sprintf("%d states: want at most %d", len(ladder), maxRungs)}
	}
	k.Steps, k.States, k.Machine = ladder, FormatStates(steps), name
	k.DynFirst = k.lastBelowActive() + 1
	return k, nil
}

// maxRungs is how many states a ladder may have, those of a scenario left out, and maxBoth how many of them may have
// both callbacks: properties keep sets of these in a word.
const (
	maxRungs = 100
	maxBoth  = 56
)

// core reports whether the kernel's code names the state.
func (s *Step) core() bool {
	return slices.Contains([]string{
		"CPUHP_OFFLINE",
		"CPUHP_CREATE_THREADS",
		"CPUHP_BP_KICK_AP",
		"CPUHP_BRINGUP_CPU",
		"CPUHP_AP_IDLE_DEAD",
		"CPUHP_AP_OFFLINE",
		"CPUHP_AP_ONLINE",
		"CPUHP_TEARDOWN_CPU",
		"CPUHP_AP_SMPBOOT_THREADS",
		"CPUHP_AP_ACTIVE",
		"CPUHP_ONLINE",
	}, s.Symbol)
}

// lastBelowActive is the number of the last state below the scheduler's own.
func (k *Kernel) lastBelowActive() int {
	last := 0
	for _, s := range k.Steps {
		if s.Symbol == "CPUHP_AP_ACTIVE" {
			break
		}
		last = s.Number
	}
	return last
}

// FormatStates writes steps as ParseStates reads them, with their callbacks.
func FormatStates(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		if s.Name == "" {
			continue
		}
		fmt.Fprintf(&b, "%3d: %s", s.Number, s.Name)
		dash := func(name string) string {
			if name == "" {
				return "-"
			}
			return name
		}
		fmt.Fprintf(&b, " | %s %s", dash(s.Startup), dash(s.Teardown))
		if s.Multi {
			fmt.Fprintf(&b, " multi %d", s.Instances)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
