package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/invariants/custom"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// lists are what hpcheck list can list.
var lists = []struct {
	name, short string
	write       func(io.Writer, *model.Machine, []*invariants.Property)
}{
	{"kernels", "the editions of the hotplug core", listKernels},
	{"fixes", "the fixes that can be taken out", listFixes},
	{"candidates", "the candidates for fixes, which no kernel has", listCandidates},
	{"properties", "the properties that are checked", listProperties},
	{"vocabulary", "what the expressions of a property file may speak of", listVocabulary},
	{"faults", "the places where something may fail", listFaults},
	{"steps", "the ladder, with its callbacks", listSteps},
	{"states", "the ladder as --states reads it", listStates},
	{"formats", "the forms of report", listFormats},
	{"schema", "the JSON Schema of scenarios, suites and clients, for editors", listSchema},
}

func newListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list",
		Short: "List kernels, fixes, candidates, properties, faults, steps, states, formats, the vocabulary of " +
			"properties, or the schema of files",
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			return &exitError{exitUsage, fmt.Errorf("list what? %s", strings.Join(names, ", "))}
		},
	}
	for _, l := range lists {
		var f machineFlags
		var properties propertyFlags
		sub := &cobra.Command{
			Use:   l.name,
			Short: "List " + l.short,
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				m, err := f.machine(cmd.Flags())
				if err != nil {
					return err
				}
				given, err := properties.given(m)
				if err != nil {
					return err
				}
				l.write(cmd.OutOrStdout(), m, given)
				return nil
			},
		}
		sub.Flags().SortFlags = false
		f.add(sub.Flags())
		if l.name == "properties" {
			properties.addFiles(sub.Flags())
		}
		complete(sub, &f.scenario)
		cmd.AddCommand(sub)
	}
	cmd.AddCommand(newListSourceCommand())
	return cmd
}

// table aligns columns that are separated by tabs, without spaces at the ends of lines.
func table(w io.Writer, rows func(io.Writer)) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	rows(t)
	t.Flush()
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
}

func listKernels(w io.Writer, _ *model.Machine, _ []*invariants.Property) {
	table(w, func(w io.Writer) {
		for _, k := range model.Kernels() {
			fmt.Fprintf(w, "%s\t%.12s\t%s\t%s\n", k.Name, k.Commit, dash(k.Covers()), k.Doc)
		}
	})
	fmt.Fprintln(w, "\nThe third column says which versions an edition covers: --kernel takes any of them, such as "+
		"6.12.117.")
	fmt.Fprintln(
		w, "\nWhat they do differently, besides their states (hpcheck list steps) and fixes (hpcheck list fixes):",
	)
	for _, s := range model.Switches() {
		var in []string
		for _, k := range model.Kernels() {
			if s.In(k) {
				in = append(in, k.Name)
			}
		}
		fmt.Fprintf(
			w, "%s (%s; in %s)\n    %s\n    before: %s\n", s.Name, s.Commit, strings.Join(in, ", "), s.Doc, s.Before,
		)
	}
	fmt.Fprintf(
		w,
		"\nWhat other architectures than x86 do differently (--arch %s):\n",
		strings.Join(model.Architectures(), ", "),
	)
	for _, s := range model.Platforms() {
		fmt.Fprintf(w, "%s (%s)\n    %s\n    elsewhere: %s\n", s.Name, s.Commit, s.Doc, s.Before)
	}
}

func listFixes(w io.Writer, _ *model.Machine, _ []*invariants.Property) {
	for _, f := range model.Fixes() {
		fmt.Fprintf(
			w, "%s (%.12s, in %s)\n    %s\n    without it: %s\n", f.Name, f.Commit, strings.Join(f.Kernels(), ", "),
			f.Doc, f.Before,
		)
	}
}

func listCandidates(w io.Writer, m *model.Machine, _ []*invariants.Property) {
	for _, c := range model.Candidates() {
		note := ""
		if !c.Applies(m.Kernel) {
			note = "; not for " + m.Kernel.Name
		}
		fmt.Fprintf(w, "%s (for finding %s%s)\n    %s\n", c.Name, c.Finding, note, c.Doc)
	}
}

func listProperties(w io.Writer, _ *model.Machine, given []*invariants.Property) {
	for _, p := range slices.Concat(invariants.All(), invariants.Elsewhere(), invariants.AllLive(), given) {
		fmt.Fprintf(w, "%s\n    %s\n    why: %s\n", p.Name, p.Doc, p.Why)
	}
}

func listVocabulary(w io.Writer, m *model.Machine, _ []*invariants.Property) {
	for i, words := range custom.NewVocabulary(m).List() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, words.Heading)
		table(w, func(w io.Writer) {
			for _, word := range words.Words {
				fmt.Fprintf(w, "  %s\t%s\n", word[0], word[1])
			}
		})
	}
}

func listFaults(w io.Writer, m *model.Machine, _ []*invariants.Property) {
	table(w, func(w io.Writer) {
		for _, p := range m.FaultPoints {
			note := ""
			if p.Contract || p.Named {
				note = "\tonly with --fault"
			}
			fmt.Fprintf(w, "%s\t%v\t%s%s\n", p.Name, p.Errno, p.Doc, note)
		}
	})
}

func listStates(w io.Writer, m *model.Machine, _ []*invariants.Property) {
	fmt.Fprint(w, model.FormatStates(m.Kernel.Steps))
}

func listSteps(w io.Writer, m *model.Machine, _ []*invariants.Property) {
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "no.\tstate\tname\ttable\tstartup\tteardown\tflags")
		for _, s := range m.Ladder {
			var flags []string
			if s.SkipOnErr {
				flags = append(flags, "skip_onerr")
			}
			if s.CantStop {
				flags = append(flags, "cant_stop")
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%v\t%s\t%s\t%s\n", s.Number, s.Symbol, dash(s.Name), s.Table, dash(s.Startup),
				dash(s.Teardown), strings.Join(flags, ", "))
		}
	})
}

func listFormats(w io.Writer, _ *model.Machine, _ []*invariants.Property) {
	table(w, func(w io.Writer) {
		for _, f := range reports.Formats() {
			name := f.File
			if strings.HasPrefix(name, ".") {
				name = "PROPERTY" + name
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, name, f.Doc)
		}
	})
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
