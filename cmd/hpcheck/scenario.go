package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/positioned"
)

// scenarioFile is the name of the scenario that --out saves, and that hpcheck init writes.
const scenarioFile = "scenario.toml"

// readScenario sets the flags that a scenario file sets, except those that are set already.
func (f *checkFlags) readScenario(fs *pflag.FlagSet, file string) error {
	t, err := positioned.Read(file)
	var mistake *positioned.Error
	switch {
	case errors.As(err, &mistake):
		return &exitError{exitUsage, err} // it says where
	case err != nil:
		return usage(file, err)
	case clients.Is(t):
		err := t.Errorf("this is a client, and no scenario: want hpcheck check --client %s", file)
		return &exitError{exitUsage, err}
	}
	f.file = &suiteRun{fs: fs, keys: map[string]positioned.Pos{}}
	for _, key := range t.Keys {
		flag := fs.Lookup(flagOfKey(key.Name))
		switch {
		case key.Name == "name" || key.Name == "about":
			err = key.Value.Want(positioned.String)
		case slices.Contains([]string{"run", "defaults"}, key.Name):
			err = key.Errorf("this is a suite: hpcheck run %s makes its runs", file)
		case slices.Contains(ownKeys, key.Name):
			err = key.Errorf("%s is for the runs of a suite, which compare (hpcheck run)", key.Name)
		case flag == nil || groupOf(flag) == groupOutput || groupOf(flag) == groupOther:
			err = key.Errorf("%v", unknownKey(fs, key.Name))
		case !flag.Changed: // on the command line
			err = f.file.set(file, key)
		}
		if err != nil {
			return &exitError{exitUsage, err}
		}
	}
	return nil
}

// savedKeys are the keys that make the run again, with their values: what --out and a checkpoint keep. Paths are
// relative to a directory.
func savedKeys(fs *pflag.FlagSet, dir string) [][2]string {
	var all [][2]string
	fs.VisitAll(func(f *pflag.Flag) {
		g := groupOf(f)
		if g == groupOutput || g == groupOther || slices.Contains(notAsked, f.Name) {
			return
		}
		if f.Changed || f.Name == "kernel" && named(fs) {
			all = append(all, [2]string{suiteKey(f), tomlValue(f, dir)})
		}
	})
	return all
}

// pathKeys are the keys whose values are files.
var pathKeys = []string{"property-file", "client", ladderKey, "learn", "source", "config", "against"}

// tomlValue is the value of a flag in TOML.
func tomlValue(f *pflag.Flag, dir string) string {
	local := func(text string) string {
		if !slices.Contains(pathKeys, suiteKey(f)) || filepath.IsAbs(text) || dir == "" {
			return text
		}
		if rel, err := filepath.Rel(dir, text); err == nil {
			return filepath.ToSlash(rel)
		}
		if whole, err := filepath.Abs(text); err == nil { // where the directory is named in full
			return whole
		}
		return text
	}
	if list, ok := f.Value.(pflag.SliceValue); ok && f.Value.Type() == "intSlice" {
		return "[" + strings.Join(list.GetSlice(), ", ") + "]"
	} else if ok {
		var quoted []string
		for _, text := range list.GetSlice() {
			quoted = append(quoted, strconv.Quote(local(text)))
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	switch f.Value.Type() {
	case "int", "uint64", "bool":
		return f.Value.String()
	}
	return strconv.Quote(local(f.Value.String()))
}

// scenario writes the scenario that was run.
func scenario(w io.Writer, saved [][2]string) error {
	if _, err := fmt.Fprintf(w, "# hpcheck check %s makes this run again. hpcheck init writes a file with all keys.\n",
		scenarioFile); err != nil {
		return err
	}
	for _, kv := range saved {
		if _, err := fmt.Fprintf(w, "%s = %s\n", kv[0], kv[1]); err != nil {
			return err
		}
	}
	return nil
}

func newCheckCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [SCENARIO.toml]",
		Short: "Check a kernel in the scenario of a file, of flags, or both",
		Long: `check checks what a scenario file says: which kernel, who takes part, what may fail, how it is searched.
Its keys are those of the runs of a suite, and hpcheck init writes a file with all of them. Flags and --set come before
the file. Without a file it is hpcheck itself.`,
		Example: `  hpcheck init && hpcheck check scenario.toml
  hpcheck check scenario.toml --kernel v4.6 --set notifiers=1
  hpcheck check cex/scenario.toml --property no-deadlock     a run of --out again, and of it one property`,
		Args: atMostOne("scenario file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := f.readScenario(cmd.Flags(), args[0]); err != nil {
					return err
				}
			}
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	complete(cmd, &f.scenario)
	return cmd
}

func newInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a scenario file with every key, commented",
		Long: `init writes ` + scenarioFile + `, or FILE, with every key of a scenario: what it means, and what it is if
nobody sets it. It overwrites nothing. - is stdout.`,
		Example: `  hpcheck init
  hpcheck check scenario.toml`,
		Args: atMostOne("file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := scenarioFile
			if len(args) > 0 {
				name = args[0]
			}
			if name == "-" {
				return commented(cmd.OutOrStdout())
			}
			if _, err := os.Lstat(name); err == nil {
				return usage(name, errors.New("is there already: name another file, or remove it"))
			}
			if err := files.Write(name, commented); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: change it, then hpcheck check %s\n", name, name)
			return nil
		},
	}
}

// commented writes a scenario with every key.
func commented(w io.Writer) error {
	var f checkFlags
	fs := pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	fs.SortFlags = false
	f.addCheck(fs)
	var b strings.Builder
	fmt.Fprintf(&b, "# A scenario for hpcheck check. A line without # sets a key; all others have the value that is "+
		"shown.\n\n")
	fmt.Fprintf(&b, "kernel = %q\n", newest())
	for _, g := range groups {
		var keys []*pflag.Flag
		fs.VisitAll(func(f *pflag.Flag) {
			if groupOf(f) == g && f.Name != "kernel" && !slices.Contains(notAsked, f.Name) {
				keys = append(keys, f)
			}
		})
		if len(keys) > 0 {
			fmt.Fprintf(&b, "\n# %s.\n", g)
		}
		for _, f := range keys {
			_, doc := pflag.UnquoteUsage(f)
			b.WriteString("\n")
			for _, line := range wrapped(doc, 97) {
				fmt.Fprintf(&b, "# %s\n", line)
			}
			fmt.Fprintf(&b, "# %s = %s\n", suiteKey(f), tomlValue(f, ""))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
