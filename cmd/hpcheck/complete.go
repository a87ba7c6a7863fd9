package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// complete tells the shell what may follow a flag.
func complete(cmd *cobra.Command, f *checkFlags) {
	names := func(list func() []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return list(), cobra.ShellCompDirectiveNoFileComp
		}
	}
	register := func(flag string, fn cobra.CompletionFunc) {
		if err := cmd.RegisterFlagCompletionFunc(flag, fn); err != nil {
			panic(err) // the flag does not exist
		}
	}
	completeKernels(cmd, "kernel", "revert")
	register("property", names(func() (out []string) {
		for _, p := range slices.Concat(invariants.All(), invariants.Elsewhere(), invariants.AllLive()) {
			out = append(out, p.Name+"\t"+p.Doc)
		}
		return out
	}))
	register("fault", names(func() (out []string) {
		sc := f.scenario
		sc.FaultPoints = nil
		k, err := model.Lookup(f.kernel)
		if err != nil {
			return nil
		}
		m, err := model.New(k, sc)
		if err != nil {
			return nil
		}
		for _, p := range m.FaultPoints {
			out = append(out, p.Name+"\t"+p.Doc)
		}
		return out
	}))
	register("format", names(func() (out []string) {
		for _, x := range reports.Formats() {
			out = append(out, x.Name+"\t"+x.Doc)
		}
		return out
	}))
	register("out", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
}

// completeKernels tells the shell which editions and which fixes there are.
func completeKernels(cmd *cobra.Command, kernel, revert string) {
	list := func(flag string, items func() []string) {
		err := cmd.RegisterFlagCompletionFunc(
			flag,
			func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return items(), cobra.ShellCompDirectiveNoFileComp
			},
		)
		if err != nil {
			panic(err) // the flag does not exist
		}
	}
	list(kernel, func() (out []string) {
		for _, k := range model.Kernels() {
			out = append(out, k.Name+"\t"+k.Doc)
		}
		return out
	})
	if cmd.Flags().Lookup("arch") != nil {
		list("arch", model.Architectures)
		list("apply", func() (out []string) {
			for _, c := range model.Candidates() {
				out = append(out, c.Name+"\t"+c.Doc)
			}
			return out
		})
	}
	if revert == "" {
		return
	}
	list(revert, func() (out []string) {
		for _, x := range model.Fixes() {
			out = append(out, x.Name+"\t"+x.Doc)
		}
		return out
	})
}
