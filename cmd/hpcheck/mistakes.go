package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/model"
)

// mistake is one of the user's, about a flag.
type mistake struct {
	flag  string // without the dashes
	says  string // what stands behind the flag: ": is empty"
	cause error
}

// Error begins with the flag: "--cpus 99: want 2 to 8".
func (m *mistake) Error() string { return "--" + m.flag + m.says }

func (m *mistake) Unwrap() error { return m.cause }

func mistaken(flag, says string, cause error) error {
	return &exitError{exitUsage, &mistake{flag, says, cause}}
}

// usage is a mistake of the user's, about a flag or a file.
func usage(about string, err error) error {
	if flag, ok := strings.CutPrefix(about, "--"); ok {
		return mistaken(flag, fmt.Sprintf(": %v", err), err)
	}
	return &exitError{exitUsage, fmt.Errorf("%s: %w", about, err)}
}

// flagError says in one line which flag has a bad value, and what is allowed.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		return &exitError{exitUsage, &model.UnknownError{Kind: "flag", Name: name, Known: known}}
	case !errors.As(err, &invalid):
		return &exitError{exitUsage, fmt.Errorf("%w (%s --help)", err, cmd.CommandPath())}
	}
	return mistaken(invalid.GetFlag().Name, fmt.Sprintf(" %s: want %s", invalid.GetValue(), wanted(invalid)), err)
}

// wanted is what a flag with a bad value wants.
func wanted(invalid *pflag.InvalidValueError) string {
	sc := model.Default()
	if want := sc.Range(invalid.GetFlag().Name); want != "" {
		return want
	}
	switch invalid.GetFlag().Value.Type() {
	case "int", "uint64":
		return "a whole number"
	case "duration":
		return "a time such as 90s or 2h"
	case "bool":
		return "true or false"
	}
	return strings.TrimPrefix(errors.Unwrap(invalid).Error(), "want ")
}

// notEmpty refuses a flag that was given nothing, such as an unset variable of a shell.
func notEmpty(fs *pflag.FlagSet) (err error) {
	fs.Visit(func(flag *pflag.Flag) {
		if text := flag.Value.String(); text == "" || text == "[]" {
			err = usage("--"+flag.Name, errors.New("is empty"))
		}
	})
	return err
}

// exactly wants so many arguments, and says which.
func exactly(n int, says string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return errors.New(says)
		}
		return nil
	}
}

// atMostOne refuses a second argument.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s takes one %s, and %q is a second one", cmd.Name(), what, args[1])
		}
		return nil
	}
}
