package model

import (
	"cmp"
	"embed"
	"fmt"
	"maps"
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
	var steps []Step
	told := map[int]bool{} // of which numbers the list tells the callbacks
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s, tells, err := parseState(line)
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
		steps, told[s.Number] = append(steps, s), tells
	}
	if len(steps) == 0 {
		return nil, &StatesError{1, `there is no state: want lines such as "236: sched:active"`}
	}
	on, _ := k.inferred(steps)
	callbacks, seen := on.known(), map[string]int{}
	for i := range steps {
		s := &steps[i]
		all := callbacks[s.Name]
		seen[s.Name]++
		n := seen[s.Name]
		switch {
		case told[s.Number]:
		case len(all) == 0:
			s.Unknown = true
		default:
			known := all[min(n, len(all))-1]
			s.Startup, s.Teardown, s.Multi = known.Startup, known.Teardown, known.Multi
		}
		if s.Name == "padata:online" && !told[s.Number] && slices.ContainsFunc(steps, isPadataDead) {
			s.Teardown = ""
		}
		if n > 1 {
			s.Name = fmt.Sprintf("%s (%d)", s.Name, n)
		}
	}
	return steps, nil
}

// isPadataDead: where a list has this state, as that of 6.1.172, padata is told there of a dead CPU. Where it has not,
// as that of 6.1.192, the teardown of padata:online does that.
func isPadataDead(s Step) bool { return s.Name == "padata:dead" }

// parseState reads a line of it, and says whether it tells the callbacks.
func parseState(line string) (s Step, told bool, err error) {
	number, rest, ok := strings.Cut(line, ":")
	name, functions, told := strings.Cut(rest, "|")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	name = strings.TrimSpace(name)
	if err == nil && (n < 0 || n > 999) {
		return Step{}, false, fmt.Errorf("state %d: want a number from 0 to 999", n)
	}
	if !ok || err != nil {
		return Step{}, false, fmt.Errorf(
			"%q is no state: want NUMBER: NAME, and, if they are to be told, | STARTUP TEARDOWN [multi INSTANCES]",
			line,
		)
	}
	if told {
		if s, err = parseCallbacks(functions); err != nil {
			return Step{}, false, fmt.Errorf("%s: %w", name, err)
		}
	}
	s.Number, s.Name = n, name
	return s, told, nil
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

// CallbackOf is the state of which a function is a callback, as far as the sources of the edition's kernels are known,
// and whether it is its startup; "" if it is not one.
func (k *Kernel) CallbackOf(function string) (state string, startup bool) {
	known := k.known()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		for _, s := range known[name] {
			if function != "" && (s.Startup == function || s.Teardown == function) {
				return name, s.Startup == function
			}
		}
	}
	return "", false
}

// known are the callbacks of all states of which something is known, by name; there may be several states of a name.
// The lists in the folder known are of versions whose source was searched. Of those the first that is not older than
// the kernel counts, then the newer ones, and last the older ones, the newest first; before all these come what is
// different on its architecture, and the edition's own steps.
func (k *Kernel) known() map[string][]Step {
	all := map[string][]Step{}
	if k.Arch != "" {
		addKnown(all, k.Arch)
	}
	for _, s := range k.Steps {
		if _, ok := all[s.Name]; s.Name != "" && !ok {
			all[s.Name] = []Step{{Startup: s.Startup, Teardown: s.Teardown}}
		}
	}
	files, err := known.ReadDir("known")
	if err != nil {
		panic("model: " + err.Error()) // it is embedded
	}
	var newer, older []string
	for _, f := range files {
		version := strings.TrimSuffix(f.Name(), ".txt")
		switch _, ok := parseVersion(version); {
		case !ok:
		case versionOrder(version) >= k.version():
			newer = append(newer, version)
		default:
			older = append(older, version)
		}
	}
	slices.SortFunc(newer, CompareVersions)
	slices.SortFunc(older, func(a, b string) int { return CompareVersions(b, a) })
	for _, version := range slices.Concat(newer, older) {
		addKnown(all, version)
	}
	return all
}

// addKnown adds what a list tells of names of which nothing is known yet. An architecture need not have a list.
func addKnown(all map[string][]Step, list string) {
	text, err := known.ReadFile("known/" + list + ".txt")
	if err != nil {
		return
	}
	more := map[string][]Step{}
	for _, line := range strings.Split(string(text), "\n") {
		name, functions, ok := strings.Cut(line, " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := parseCallbacks(functions)
		if err != nil {
			panic("model: known/" + list + ".txt: " + err.Error())
		}
		more[name] = append(more[name], s)
	}
	for name, steps := range more {
		if _, ok := all[name]; !ok {
			all[name] = steps
		}
	}
}

// inferred returns the kernel with the configuration that a list of states shows, and says in words what it shows.
func (k Kernel) inferred(steps []Step) (Kernel, []string) {
	has := func(name string) bool { return slices.ContainsFunc(steps, func(s Step) bool { return s.Name == name }) }
	arch, why := archOf(steps), "by the names of its states"
	if arch == "" && !has("cpu:kick_ap") && k.SplitStartup {
		arch, why = "s390", "for it has neither cpu:kick_ap nor a state that is named after another architecture"
	}
	var words []string
	if arch != "" && arch != cmp.Or(k.Arch, "x86") {
		if on, err := k.On(arch); err == nil {
			k = on
			words = append(words, arch+", "+why)
		}
	}
	if !has("cpu:kick_ap") && k.SplitStartup {
		k = k.withStartup(false)
		words = append(words, "no split startup, for it has no cpu:kick_ap")
	}
	return k, words
}

// tell returns what was inferred, with these words of a file.
func (k *Kernel) tell(file string, words []string) []string {
	lines := slices.Clone(k.Inferred)
	for _, w := range words {
		lines = append(lines, file+": inferred "+w)
	}
	return lines
}

// WithStates returns the edition with the ladder of a machine, whose name is given: steps as ParseStates reads
// them. The core's own states must be among them; the others take their turn, and share nothing with the core. The
// error is a *StatesError.
func (k Kernel) WithStates(name string, steps []Step) (Kernel, error) {
	k, words := k.inferred(steps)
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
	if _, err := at("cpu:kick_ap"); err == nil && !k.SplitStartup {
		return Kernel{}, &StatesError{
			0, fmt.Sprintf("state %q is of kernels from v6.5 on: %s has none", "cpu:kick_ap", k),
		}
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
			if o.Symbol == "CPUHP_BRINGUP_CPU" {
				s.Startup = o.Startup
			}
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
	if err := fitsInWords(ladder); err != nil {
		return Kernel{}, err
	}
	k.Steps, k.States, k.Machine, k.Inferred = ladder, FormatStates(ladder), name, k.tell(name, words)
	k.DynFirst = k.lastBelowActive() + 1
	return k, nil
}

// fitsInWords returns a *StatesError if a ladder is too long for the sets that properties keep in a word.
func fitsInWords(ladder []Step) error {
	both := 0
	for _, s := range ladder {
		if s.Startup != "" && s.Teardown != "" {
			both++
		}
	}
	if both > maxBoth {
		return &StatesError{0, fmt.Sprintf("%d states with a startup and a teardown: want at most %d", both, maxBoth)}
	}
	if len(ladder) > maxRungs {
		return &StatesError{0, fmt.Sprintf("%d states: want at most %d", len(ladder), maxRungs)}
	}
	return nil
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

// KnownStates are the names of the states that were in some source that an edition was made from.
func (k *Kernel) KnownStates() map[string]bool {
	names := map[string]bool{}
	for name := range k.known() {
		names[name] = true
	}
	return names
}
