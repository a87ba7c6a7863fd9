package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// values are what a flag or a key may be set to: words, each with what it means behind a tab. sc is the scenario as far
// as it has been typed.
type values func(k model.Kernel, sc model.Scenario) []string

// valuesOf are those of each flag that has some, by its name. Beside them there are the words and ranges of a scenario.
var valuesOf = map[string]values{
	"kernel": func(model.Kernel, model.Scenario) []string {
		return described(model.Kernels(), func(k model.Kernel) (string, string) { return k.Name, k.Doc })
	},
	"arch": func(model.Kernel, model.Scenario) []string { return model.Architectures() },
	"apply": func(model.Kernel, model.Scenario) []string {
		return described(model.Candidates(), func(c model.Candidate) (string, string) { return c.Name, c.Doc })
	},
	"revert": func(model.Kernel, model.Scenario) []string {
		return described(model.Fixes(), func(f model.Fix) (string, string) { return f.Name, f.Doc })
	},
	"property": func(model.Kernel, model.Scenario) []string {
		all := slices.Concat(invariants.All(), invariants.Elsewhere(), invariants.AllLive())
		return described(all, func(p *invariants.Property) (string, string) { return p.Name, p.Doc })
	},
	"fault": func(k model.Kernel, sc model.Scenario) []string {
		m, err := model.New(k, sc)
		if err != nil {
			return nil
		}
		return described(m.FaultPoints, func(p model.FaultPoint) (string, string) { return p.Name, p.Doc })
	},
	"format": func(model.Kernel, model.Scenario) []string {
		return described(reports.Formats(), func(f reports.Format) (string, string) { return f.Name, f.Doc })
	},
	"op":     operations,
	"module": func(k model.Kernel, _ model.Scenario) []string { return states(k) },
	"search": func(model.Kernel, model.Scenario) []string { return explore.Searches() },
	"store":  func(model.Kernel, model.Scenario) []string { return explore.Modes() },
	"reduce": func(model.Kernel, model.Scenario) []string {
		return append([]string{"auto", "none"}, invariants.Reductions()...)
	},
}

// described are the names of things, with what they are.
func described[T any](all []T, of func(T) (name, doc string)) []string {
	words := make([]string, len(all))
	for i, one := range all {
		name, doc := of(one)
		words[i] = name + "\t" + doc
	}
	return words
}

// states are the names on the ladder of a kernel.
func states(k model.Kernel) []string {
	var all []string
	for _, s := range k.Steps {
		if s.Name != "" {
			all = append(all, fmt.Sprintf("%s\t%d, %s", s.Name, s.Number, s.Symbol))
		}
	}
	return all
}

// operations are what a task can be asked to do.
func operations(k model.Kernel, sc model.Scenario) []string {
	all := []string{"smt:off", "smt:on", "boot"}
	for cpu := range sc.CPUs {
		for _, text := range []string{"down:%d", "up:%d", "online:%d=0", "online:%d=1"} {
			all = append(all, fmt.Sprintf(text, cpu))
		}
		for _, s := range states(k) {
			all = append(all, fmt.Sprintf("target:%d=%s", cpu, s))
		}
	}
	return all
}

// complete tells the shell what may follow the flags of a command. sc is where its flags put the scenario, nil if it
// has none.
func complete(cmd *cobra.Command, sc *model.Scenario) {
	typed := func() (model.Kernel, model.Scenario) {
		now := model.Default()
		if sc != nil {
			now = *sc
			now.FaultPoints = nil
		}
		k := model.Kernels()[len(model.Kernels())-1]
		if f := cmd.Flags().Lookup("kernel"); f != nil {
			if named, err := model.Lookup(f.Value.String()); err == nil {
				k = named
			}
		}
		return k, now
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch _, list := f.Value.(pflag.SliceValue); {
		case f.Name == "set":
			register(cmd, f.Name, func(text string) ([]string, cobra.ShellCompDirective) {
				k, sc := typed()
				return completeKey(cmd.Flags(), text, k, sc)
			})
		case f.Name == "out":
			register(cmd, f.Name, func(string) ([]string, cobra.ShellCompDirective) {
				return nil, cobra.ShellCompDirectiveFilterDirs
			})
		case hasValues(f.Name):
			register(cmd, f.Name, func(text string) ([]string, cobra.ShellCompDirective) {
				k, sc := typed()
				return completeValue(f, list, text, k, sc), cobra.ShellCompDirectiveNoFileComp
			})
		}
	})
}

// register tells the shell how to complete a flag.
func register(cmd *cobra.Command, flag string, words func(text string) ([]string, cobra.ShellCompDirective)) {
	err := cmd.RegisterFlagCompletionFunc(
		flag,
		func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
			return words(text)
		},
	)
	if err != nil {
		panic(err) // there is no such flag, or it is completed already
	}
}

// hasValues reports whether it is known what a flag may be. It is asked at every start of many flags of all commands,
// most of which have the same names, so the answers are kept.
func hasValues(name string) bool {
	if has, ok := answers.Load(name); ok {
		return has.(bool)
	}
	sc := model.Default()
	has := valuesOf[name] != nil || sc.Words(name) != nil || sc.Range(name) != ""
	answers.Store(name, has)
	return has
}

var answers sync.Map // of hasValues

// completeValue are the values of a flag. In a list, those that come before stay.
func completeValue(f *pflag.Flag, list bool, text string, k model.Kernel, sc model.Scenario) []string {
	all := sc.Words(f.Name)
	var low, high int
	switch {
	case valuesOf[f.Name] != nil:
		all = valuesOf[f.Name](k, sc)
	case f.Value.Type() == "bool":
		all = []string{"true"}
	case sc.Range(f.Name) != "":
		_, _ = fmt.Sscanf(sc.Range(f.Name), "%d to %d", &low, &high)
		for n := low; n <= high; n++ {
			all = append(all, fmt.Sprint(n))
		}
	}
	before := text[:strings.LastIndex(text, ",")+1]
	if !list || before == "" {
		return all
	}
	longer := make([]string, len(all))
	for i, word := range all {
		longer[i] = before + word
	}
	return longer
}

// completeKey completes --set: first the keys, and after the = what each may be.
func completeKey(
	fs *pflag.FlagSet,
	text string,
	k model.Kernel,
	sc model.Scenario,
) ([]string, cobra.ShellCompDirective) {
	name, value, whole := strings.Cut(text, "=")
	if !whole {
		docs := map[string]string{}
		for _, name := range keys(fs) {
			_, docs[name] = pflag.UnquoteUsage(fs.Lookup(flagOfKey(name)))
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(docs)) {
			all = append(all, name+"=\t"+docs[name])
		}
		return all, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	f := fs.Lookup(flagOfKey(name))
	if f == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, list := f.Value.(pflag.SliceValue)
	var all []string
	for _, word := range completeValue(f, list, value, k, sc) {
		all = append(all, name+"="+word)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completeKernels is complete for a command without a scenario.
func completeKernels(cmd *cobra.Command, _, _ string) { complete(cmd, nil) }
