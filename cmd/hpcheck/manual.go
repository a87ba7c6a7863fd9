package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the man pages and docs/manual.md say beside the flags.
var (
	exitStatuses = [][2]string{
		{"0", "no property is violated; everything is as expected, accepted, the same"},
		{"1", "a property is violated; something is not as expected, refused, different"},
		{"2", "bad usage or input"},
		{"3", "a limit or a signal stopped the run, and nothing is violated so far"},
		{"4", "nothing is violated so far, but the result could not be written (a full disk, a directory in the way)"},
	}
	manualFiles = [][2]string{
		{"scenario.toml", "a scenario: hpcheck init writes one, hpcheck check checks it, --out saves that of the run"},
		{"DIR/report.html", "the report to open first, in the directory of --out"},
		{"DIR/MANIFEST", "the files that this run wrote to DIR; the next run removes those that it does not replace"},
		{".hpcheck-*", "an incomplete file; if a run is killed it stays, and the next run into DIR removes it"},
		{"/sys/devices/system/cpu/hotplug/states", "a machine's states, of which --states takes a copy"},
	}
	environment = [][2]string{
		{"NO_COLOR", "if set, no colours on a terminal"},
		{"TERM", "if dumb, no colours"},
		{"GOMAXPROCS", "the number of workers without --workers"},
		{"GOMEMLIMIT", "a soft limit for the garbage collector; --memory limits the whole process"},
	}
)

// manSections are what a man page has beside what cobra makes of the command.
func manSections(cmd *cobra.Command) string {
	var b strings.Builder
	var keys []*pflag.Flag
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if key(f) {
			keys = append(keys, f)
		}
	})
	if len(keys) > 0 {
		b.WriteString(".SH KEYS\nFor \\fB--set\\fP and for scenario files.\n")
		for _, f := range keys {
			usage := keyUsage(f)
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", roff(usage[0]), roff(usage[1]))
		}
	}
	for _, s := range []struct {
		title string
		rows  [][2]string
	}{{"EXIT STATUS", exitStatuses}, {"FILES", manualFiles}, {"ENVIRONMENT", environment}} {
		fmt.Fprintf(&b, ".SH %s\n", s.title)
		for _, row := range s.rows {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", roff(row[0]), roff(row[1]))
		}
	}
	return b.String()
}

// roff escapes text for a man page.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\\`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

// manual is docs/manual.md: every flag and every key, by what they are about.
func manual() string {
	root := newRootCommand()
	var b strings.Builder
	b.WriteString(
		"# Manual\n\nGenerated from the program by `make generate`; `hpcheck COMMAND --help-all` says the same.\n",
	)
	b.WriteString("\n## Commands\n\n| command | |\n|---|---|\n")
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			row(&b, "hpcheck "+cmd.Name(), "", cmd.Short)
		}
	}
	b.WriteString(
		"\n## Flags and keys of a check\n\n`hpcheck` and `hpcheck check` have them all; other commands have " +
			"some. Set a key in a scenario file,\nin a run of a suite, or with `--set KEY=VALUE`. Every flag of the " +
			"first three tables is also a key, without the\ndashes (`--states` is the key `ladder`).\n",
	)
	for _, g := range groups[:4] {
		flags, keys := flagsOf(root.Flags(), g)
		fmt.Fprintf(&b, "\n### %s\n\n| | default | |\n|---|---|---|\n", g)
		flags.VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			name := strings.TrimSpace("--" + f.Name + " " + value)
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			row(&b, name, defaultOf(f), usage)
		})
		for _, f := range keys {
			value, usage := pflag.UnquoteUsage(f)
			if f.Value.Type() == "bool" {
				value = "true"
			}
			row(&b, suiteKey(f)+"="+value, defaultOf(f), usage)
		}
	}
	for _, s := range []struct {
		title string
		rows  [][2]string
	}{{"Exit status", exitStatuses}, {"Files", manualFiles}, {"Environment", environment}} {
		fmt.Fprintf(&b, "\n## %s\n\n| | |\n|---|---|\n", s.title)
		for _, r := range s.rows {
			fmt.Fprintf(&b, "| `%s` | %s |\n", r[0], r[1])
		}
	}
	return b.String()
}

// row is a row of a table in Markdown.
func row(b *strings.Builder, name, value, usage string) {
	usage = strings.ReplaceAll(usage, "|", `\|`)
	usage = strings.ReplaceAll(usage, "*", `\*`)
	if strings.HasPrefix(name, "hpcheck ") {
		fmt.Fprintf(b, "| `%s` | %s |\n", name, usage)
		return
	}
	if value != "" {
		value = "`" + value + "`"
	}
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", strings.ReplaceAll(name, "|", `\|`), value, usage)
}

// defaultOf is what a flag is if nobody sets it; "" where that is nothing.
func defaultOf(f *pflag.Flag) string {
	switch text := strings.Trim(f.DefValue, "[]"); {
	case f.Name == "workers":
		return "all CPUs"
	case text == "false" || text == "0s":
		return ""
	default:
		return text
	}
}
