package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

func newLitmusCommand() *cobra.Command {
	property, origin := "", sourceFlags{}
	cmd := &cobra.Command{
		Use:   "litmus FILE",
		Short: "Print what weak memory does in a counterexample as a litmus test for the kernel's memory model",
		Long: `litmus turns a counterexample of --memory-model relaxed, as --json or --out writes it, into a litmus test
in the form of tools/memory-model: what the threads store and load where one of them reads what was overwritten before,
and, as its condition, what they read. herd7 with linux-kernel.cat says whether the kernel's memory model allows that.

Every lock, completion and wake-up counts as a full barrier, and a store hangs on every load before it, unless the
model lets it overtake that load: the test forbids more than the kernel does.`,
		Example: `  hpcheck --kernel v6.12 --memory-model relaxed --op down:1 --fault fail/sched:active --json cex.json
  hpcheck litmus cex.json >cex.litmus
  cd linux/tools/memory-model && herd7 -conf linux-kernel.cfg cex.litmus`,
		Args: exactly(1, "litmus of what? name one file, such as cex.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return litmus(cmd.InOrStdin(), cmd.OutOrStdout(), args[0], property, &origin)
		},
	}
	cmd.Flags().StringVar(
		&property, "property", "", "of the counterexamples in the file, that of this property, `NAME`",
	)
	origin.addSaved(cmd.Flags())
	return cmd
}

func litmus(stdin io.Reader, w io.Writer, file, property string, origin *sourceFlags) error {
	saved, err := chosenOf(stdin, file, property)
	if err != nil {
		return err
	}
	m, err := origin.again(saved, file)
	if err != nil {
		return err
	}
	l, err := reports.LitmusOf(m, saved)
	if err != nil {
		return usage(file, err)
	}
	return l.Write(w)
}

// chosenOf reads the counterexample of a property from a file, the first if none is named.
func chosenOf(stdin io.Reader, file, property string) (*reports.Saved, error) {
	all, err := readSaved(file, stdin)
	if err != nil {
		return nil, usage(file, err)
	}
	var names []string
	for i := range all {
		if property == "" || property == all[i].Property {
			return &all[i], nil
		}
		names = append(names, all[i].Property)
	}
	if len(all) == 0 {
		return nil, usage(file, errors.New("it has no counterexample: nothing is violated"))
	}
	return nil, usage("--property", &model.UnknownError{Kind: "counterexample", Name: property, Known: names})
}
