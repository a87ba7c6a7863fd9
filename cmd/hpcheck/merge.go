package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/reports"
)

func newMergeCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Join the results of several runs, such as the shares of one run",
		Long: `merge joins runs that were written with --json. They must be about one kernel, scenario and list of
properties. A property that one of them violates is violated, by the shortest of the counterexamples; what none of them
executed was not executed.`,
		Example: `  hpcheck --kernel v4.6-rc3 --search swarm --runs 4 --shard 1/2 --json 1.json    on one machine
  hpcheck --kernel v4.6-rc3 --search swarm --runs 4 --shard 2/2 --json 2.json    on another
  hpcheck merge 1.json 2.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			var m reports.Merged
			var failed error
			for _, name := range names {
				data, err := files.Read(name, files.Runs)
				if err != nil {
					return usage(name, err)
				}
				if err := m.Add(data); err != nil {
					return &exitError{exitUsage, fmt.Errorf("%s: %w", name, err)}
				}
			}
			if file != "" {
				failed = files.Write(file, m.JSON)
			}
			if err := m.Summary(cmd.OutOrStdout()); err != nil {
				return err
			}
			switch {
			case m.Violated():
				return errors.Join(failed, ended(exitViolated))
			case !m.Complete():
				return errors.Join(failed, ended(exitIncomplete))
			}
			return failed
		},
	}
	cmd.Flags().StringVar(&file, "json", "", "write the joint run as JSON to `FILE`, too")
	return cmd
}
