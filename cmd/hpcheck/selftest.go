package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/model"
)

func newSelftestCommand() *cobra.Command {
	var f predictFlags
	cpus := []int{1}
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Print a shell script that tests a machine against the model, as the kernel's selftests do",
		Long: `selftest prints a shell script in the manner of tools/testing/selftests, for a machine or a guest of your
own: with --yes, and as root, it takes CPUs down and up by their files online, also with a failure injected at each
state, and compares the error number of each write, and state, target and fail after it, with what the model predicts.
It prints KTAP, and ends with 0 if all is as predicted, with 1 if not, and with 4 if the machine has nothing to test.

Only what does no harm is in it: what returns on every schedule, without a warning, with the CPU at an end of the
ladder. Its head names what is left out. It puts back what it touches, and skips states that the machine has not.`,
		Example: `  cat /sys/devices/system/cpu/hotplug/states >states.txt
  hpcheck selftest --kernel v6.1 --states states.txt --cpu 1,2 >selftest.sh
  sudo sh selftest.sh --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return f.selftest(cpus, cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	f.states.add(cmd.Flags())
	addCPUs(cmd.Flags(), &cpus, "cpu", "take these CPUs down and up, `CPUS`, such as 1,3-5")
	completeKernels(cmd, "kernel", "")
	return cmd
}

func (f *predictFlags) selftest(cpus []int, stdout io.Writer) error {
	f.cpus, f.smt = defaultCPUs, string(model.SMTNone)
	for _, cpu := range cpus {
		if cpu < model.MaxCPUs {
			f.cpus = max(f.cpus, cpu+1)
		}
	}
	s := conform.Selftest{CPUs: cpus, Machine: func(ops []model.Op) (*model.Machine, error) {
		f.ops = nil
		for _, op := range ops {
			f.ops = append(f.ops, op.String())
		}
		return f.machine()
	}}
	script, err := s.Script()
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, script)
	return err
}
