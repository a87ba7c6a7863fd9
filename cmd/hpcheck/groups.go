package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// group is a heading of --help.
type group string

// The groups, in the order of --help.
const (
	groupWhat   group = "What is checked"
	groupWho    group = "Who takes part, and what may happen"
	groupSearch group = "How it is searched"
	groupOutput group = "What is written"
	groupOther  group = "Other flags"
)

var groups = []group{groupWhat, groupWho, groupSearch, groupOutput, groupOther}

// everyday are the flags of a check that people type, and that --help shows. What else says what is checked is a key of
// scenario files, of suites and of --set, and still works as a flag; --help-all shows everything.
var everyday = []string{
	"kernel", "source", "against", "states", "revert", "property", "liveness",
	"cpus", "tasks", "ops", "op", "faults", "fault", "readers", "client", "set",
	"depth", "search", "timeout", "memory", "resume",
	"out", "format", "json", "quiet", "verbose",
	"help", "help-all", "version",
}

// unusual are flags that --help-all shows, and that are no keys in a command line that makes a run again.
var unusual = []string{
	"apply", "arch", "config", "property-file",
	"workers", "checkpoint",
	"json-lines", "timings", "trace", "full",
}

const (
	inGroup   = "hpcheck_group"   // the annotation of a flag with its group
	isKey     = "hpcheck_key"     // of a flag that people set in a file or by --set
	isUnusual = "hpcheck_unusual" // of a flag that only --help-all shows
)

// in adds flags under a heading. A flag of hpcheck that is neither everyday nor unusual is a key.
func in(fs *pflag.FlagSet, g group, add func(fs *pflag.FlagSet)) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	add(own)
	own.VisitAll(func(f *pflag.Flag) {
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[inGroup] = []string{string(g)}
		switch {
		case slices.Contains(everyday, f.Name):
		case slices.Contains(unusual, f.Name):
			f.Annotations[isUnusual] = nil
		default:
			f.Annotations[isKey] = nil
			f.Hidden = true
		}
		fs.AddFlag(f)
	})
}

// key reports whether a flag is one that people set in a file or by --set.
func key(f *pflag.Flag) bool {
	_, ok := f.Annotations[isKey]
	return ok
}

// rare reports whether only --help-all shows a flag.
func rare(f *pflag.Flag) bool {
	_, ok := f.Annotations[isUnusual]
	return ok
}

// groupOf is the heading of a flag.
func groupOf(f *pflag.Flag) group {
	if g := f.Annotations[inGroup]; len(g) > 0 {
		return group(g[0])
	}
	return groupOther
}

// setFlag is --set, which sets keys.
type setFlag struct {
	fs    *pflag.FlagSet
	given map[string]string // by flag, what it has set
}

func addSet(fs *pflag.FlagSet) {
	in(fs, groupWho, func(own *pflag.FlagSet) {
		own.Var(
			setFlag{fs, map[string]string{}}, "set", "set any key of a scenario file, `KEY=VALUE`, as often as needed",
		)
		own.Lookup("set").DefValue = ""
	})
}

// Set implements [pflag.Value].
func (s setFlag) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("want KEY=VALUE, such as readers=2")
	}
	f := s.fs.Lookup(flagOfKey(name))
	if f == nil || groupOf(f) == groupOutput || groupOf(f) == groupOther || name == "set" {
		return fmt.Errorf("want a key: %w", unknownKey(s.fs, name))
	}
	if _, again := s.given[f.Name]; f.Changed && !again {
		return fmt.Errorf("want only one of --set %s and --%s", name, f.Name)
	}
	if err := s.fs.Set(f.Name, value); err != nil {
		var invalid *pflag.InvalidValueError
		if errors.As(err, &invalid) {
			return errors.New("want " + wanted(invalid))
		}
		return err
	}
	s.given[f.Name] = f.Value.String()
	return nil
}

// settled refuses a flag that --set has set before to something else.
func settled(fs *pflag.FlagSet) error {
	if fs == nil || fs.Lookup("set") == nil {
		return nil
	}
	given := fs.Lookup("set").Value.(setFlag).given
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if f := fs.Lookup(name); f.Value.String() != given[name] {
			return mistaken(
				name, fmt.Sprintf(" %s: want only one of --set %s and --%s", plainValue(f), suiteKey(f), name), nil,
			)
		}
	}
	return nil
}

// String implements [pflag.Value]. What was set is in the flags themselves.
func (setFlag) String() string { return " " }

// Type implements [pflag.Value].
func (setFlag) Type() string { return "KEY=VALUE" }

// keys are the names of all keys of a run.
func keys(fs *pflag.FlagSet) []string {
	var all []string
	fs.VisitAll(func(f *pflag.Flag) {
		if g := groupOf(f); g != groupOutput && g != groupOther && f.Name != "set" {
			all = append(all, suiteKey(f))
		}
	})
	return all
}

// oldSpellings are the flags on the command line that are keys, as --set takes them.
func oldSpellings(fs *pflag.FlagSet, args []string) []string {
	var all []string
	fs.Visit(func(f *pflag.Flag) {
		typed := slices.ContainsFunc(args, func(a string) bool {
			name, _, _ := strings.Cut(a, "=")
			return name == "--"+f.Name
		})
		if key(f) && typed {
			all = append(all, fmt.Sprintf("--set %s=%s", suiteKey(f), plainValue(f)))
		}
	})
	return all
}

// plainValue is the value of a flag as it is written behind it.
func plainValue(f *pflag.Flag) string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return strings.Join(list.GetSlice(), ",")
	}
	return f.Value.String()
}

// helpAll is --help-all: --help with everything.
type helpAll struct {
	root  *cobra.Command
	asked bool
}

// Set implements [pflag.Value]. Which command it is for is not known yet; the others will not look.
func (h *helpAll) Set(string) error {
	h.asked = true
	return help(h.root)
}

// help asks a command and its children for --help.
func help(cmd *cobra.Command) error {
	cmd.InitDefaultHelpFlag()
	err := cmd.Flags().Set("help", "true")
	for _, sub := range cmd.Commands() {
		err = errors.Join(err, help(sub))
	}
	return err
}

// String implements [pflag.Value].
func (h *helpAll) String() string { return "false" }

// Type implements [pflag.Value].
func (h *helpAll) Type() string { return "bool" }

// grouped makes --help show the flags of a command and its children under their headings: those that people type every
// day, and all with --help-all.
func grouped(cmd *cobra.Command) {
	all := &helpAll{root: cmd}
	flag := cmd.PersistentFlags().VarPF(all, "help-all", "", "help with everything")
	flag.NoOptDefVal = "true"
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		w := cmd.OutOrStderr()
		fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
		if cmd.HasExample() {
			fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
		}
		if cmd.HasAvailableSubCommands() {
			fmt.Fprintln(w, "\nCommands:")
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					fmt.Fprintf(w, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
				}
			}
		}
		for _, g := range groups {
			helpGroup(w, cmd.Flags(), g, all.asked)
		}
		if more := left(cmd.Flags()); more > 0 && !all.asked {
			fmt.Fprintf(w, "\n%s --help-all has %d more flags and keys.\n", cmd.CommandPath(), more)
		}
		if cmd.HasAvailableSubCommands() {
			fmt.Fprintf(w, "\n%s COMMAND --help says more of a command.\n", cmd.CommandPath())
		}
		return nil
	})
}

// left is how many flags and keys --help leaves to --help-all.
func left(fs *pflag.FlagSet) (n int) {
	fs.VisitAll(func(f *pflag.Flag) {
		if key(f) || rare(f) {
			n++
		}
	})
	return n
}

// helpGroup writes the flags of a group: in a few words those that people type every day, or all of them and the keys.
func helpGroup(w io.Writer, fs *pflag.FlagSet, g group, all bool) {
	flags, keys := flagsOf(fs, g)
	if !all {
		flags, keys = brief(flags), nil
	}
	if flags.HasFlags() {
		fmt.Fprintf(w, "\n%s:\n%s", g, flags.FlagUsagesWrapped(width(w)))
	}
	if len(keys) > 0 {
		fmt.Fprintf(w, "  Keys, for --set and for scenario files:\n")
		rows := make([][2]string, len(keys))
		for i, f := range keys {
			rows[i] = keyUsage(f)
		}
		writeRows(w, rows, width(w))
	}
}

// brief are the flags that are not unusual, each with what its usage says up to the first semicolon.
func brief(flags *pflag.FlagSet) *pflag.FlagSet {
	few := pflag.NewFlagSet("", pflag.ContinueOnError)
	few.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		if !rare(f) {
			short := *f
			short.Usage, _, _ = strings.Cut(f.Usage, "; ")
			few.AddFlag(&short)
		}
	})
	return few
}

// flagsOf are the flags and the keys of a group.
func flagsOf(fs *pflag.FlagSet, g group) (*pflag.FlagSet, []*pflag.Flag) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	var keys []*pflag.Flag
	fs.VisitAll(func(f *pflag.Flag) {
		switch {
		case groupOf(f) != g:
		case key(f):
			keys = append(keys, f)
		default:
			flags.AddFlag(f)
		}
	})
	return flags, keys
}

// keyUsage is a key with its value, and what it means.
func keyUsage(f *pflag.Flag) [2]string {
	value, usage := pflag.UnquoteUsage(f)
	if f.Value.Type() == "bool" {
		value = "true"
	}
	if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "0s" {
		usage += " (default " + strings.Trim(f.DefValue, "[]") + ")"
	}
	return [2]string{suiteKey(f) + "=" + value, usage}
}

// writeRows writes two columns.
func writeRows(w io.Writer, rows [][2]string, width int) {
	left := 0
	for _, r := range rows {
		left = max(left, len(r[0]))
	}
	left = min(left, 30)
	for _, r := range rows {
		indent := strings.Repeat(" ", left+9)
		lines := wrapped(r[1], width-len(indent))
		if len(r[0]) > left {
			fmt.Fprintf(w, "      %s\n%s%s\n", r[0], indent, lines[0])
		} else {
			fmt.Fprintf(w, "      %-*s   %s\n", left, r[0], lines[0])
		}
		for _, line := range lines[1:] {
			fmt.Fprintf(w, "%s%s\n", indent, line)
		}
	}
}

// wrapped breaks text into lines.
func wrapped(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) > width:
			lines = append(lines, word)
		default:
			*last += " " + word
		}
	}
	return lines
}

// width is how wide help is: as the terminal, 100 columns at most.
func width(w io.Writer) int {
	const most = 100
	if isTerminal(w) {
		if columns, _, err := term.GetSize(int(w.(*output).file.Fd())); err == nil {
			return min(max(columns, 60), most)
		}
	}
	return most
}
