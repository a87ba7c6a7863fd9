package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

func newGraphCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw the ladder of a kernel, or the state space of a small configuration, for graphviz",
		Example: `  hpcheck graph ladder --kernel v4.6 | dot -Tsvg >ladder.svg
  hpcheck graph states --op down:1 --notifiers 0 --dyn-states 0 --smpboot-threads 0 --faults 0 | dot -Tsvg >states.svg`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return &exitError{exitUsage, errors.New("graph what? ladder, states")}
		},
	}
	limit := 0
	ladder := graphCommand("ladder", "Draw the ladder of a kernel, with its callbacks",
		func(w io.Writer, m *model.Machine) error { return reports.LadderGraph(w, m) })
	states := graphCommand("states", "Draw the state space of a small configuration",
		func(w io.Writer, m *model.Machine) error {
			var large *reports.TooLargeError
			err := reports.StateGraph(w, invariants.Compile(m, invariants.For(m)), limit)
			if errors.As(err, &large) {
				return usage("graph states", fmt.Errorf("%w (--op down:1, say), or raise --max-states", err))
			}
			return err
		})
	states.Flags().IntVar(&limit, "max-states", 1500, "draw no more than `N` states")
	cmd.AddCommand(ladder, states)
	return cmd
}

func graphCommand(name, short string, write func(io.Writer, *model.Machine) error) *cobra.Command {
	var f machineFlags
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.machine(cmd.Flags())
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), m)
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	complete(cmd, &f.scenario)
	return cmd
}
