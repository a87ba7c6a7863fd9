package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/museum"
	"github.com/hpcheck/hpcheck/reports"
)

// exhibit is a defect that the hotplug core really had.
type exhibit struct {
	Name, Title       string
	From, Until       string // the first and the last version that had it
	Introduced, Fixed string // commits
	Verified          string // what of that was seen in the sources, and what is from memory
	Story             string
	BredBy            string // the exhibit with whose fix it came, if it came with one
	violates          string // the property that catches it first
	bug, twin         *suiteRun
}

// museumFlags are those of hpcheck museum.
type museumFlags struct {
	out    string
	format tableFormat
	story  bool
}

func newMuseumCommand() *cobra.Command {
	var f museumFlags
	cmd := &cobra.Command{
		Use:   "museum [NAME...]",
		Short: "Put historic bugs of the hotplug core back, and find them again",
		Long: `museum has defects that the hotplug core really had. Each is run twice: on the edition that carried it,
where a property must be violated, and on its twin, with the fix, where that property must hold. Without a name all of
them are run, and a table is printed; with one, its story is told too.

The exit status is 0 if each bug is found and each twin is clean of it, 1 if not, and 3 if a limit or a signal came
first.`,
		Example: `  hpcheck museum
  hpcheck museum double-increment --out cex`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			f.story = len(args) > 0 && f.format != ktapFormat
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			all, err := readMuseum()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return exhibitNames(all), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "", "write every form of report of each bug to `DIR`/NAME")
	f.format.add(cmd.Flags())
	return cmd
}

// readMuseum reads all exhibits, in the order of the versions that had them first.
func readMuseum() ([]*exhibit, error) {
	files, err := fs.Glob(museum.Entries, "*.toml")
	if err != nil {
		return nil, err
	}
	var all []*exhibit
	for _, file := range files {
		data, err := museum.Entries.ReadFile(file)
		if err != nil {
			return nil, err
		}
		e, err := readExhibit("museum/"+file, data)
		if err != nil {
			return nil, err
		}
		e.Name = strings.TrimSuffix(file, ".toml")
		all = append(all, e)
	}
	for _, e := range all {
		if names := exhibitNames(all); e.BredBy != "" && !slices.Contains(names, e.BredBy) {
			return nil, fmt.Errorf(
				"museum/%s.toml: bred-by: %w", e.Name, &model.UnknownError{Kind: "bug", Name: e.BredBy, Known: names},
			)
		}
	}
	slices.SortStableFunc(all, func(a, b *exhibit) int { return model.CompareVersions(a.From, b.From) })
	return all, nil
}

func readExhibit(file string, data []byte) (*exhibit, error) {
	t, err := positioned.Parse(file, data)
	if err != nil {
		return nil, err
	}
	var e exhibit
	texts := []struct {
		key  string
		into *string
	}{
		{"title", &e.Title},
		{"from", &e.From},
		{"until", &e.Until},
		{"introduced", &e.Introduced},
		{"fixed", &e.Fixed},
		{"verified", &e.Verified},
		{"story", &e.Story},
		{"violates", &e.violates},
	}
	if e.BredBy, err = t.String("bred-by"); err != nil {
		return nil, err
	}
	for _, text := range texts {
		if *text.into, err = t.String(text.key); err != nil {
			return nil, err
		}
		if *text.into == "" {
			return nil, t.Errorf("%s is missing", text.key)
		}
	}
	e.Story = strings.Join(strings.Fields(e.Story), " ")
	if err := t.Only(
		"title",
		"from",
		"until",
		"introduced",
		"fixed",
		"bred-by",
		"verified",
		"story",
		"violates",
		"bug",
		"twin",
	); err != nil {
		return nil, err
	}
	for _, run := range []struct {
		key  string
		into **suiteRun
	}{{"bug", &e.bug}, {"twin", &e.twin}} {
		v := t.Get(run.key)
		if v == nil {
			return nil, t.Errorf("[%s] is missing", run.key)
		}
		if err := v.Want(positioned.Map); err != nil {
			return nil, err
		}
		r := &suiteRun{
			fs: pflag.NewFlagSet(run.key, pflag.ContinueOnError), keys: map[string]positioned.Pos{}, at: v.Table.Pos,
		}
		r.flags.addCheck(r.fs)
		r.flags.read = func(file string) ([]byte, error) {
			return museum.Entries.ReadFile(strings.TrimPrefix(filepath.ToSlash(file), "museum/"))
		}
		for _, key := range v.Table.Keys {
			if err := r.set(file, key); err != nil {
				return nil, err
			}
		}
		if _, err := r.machine(); err != nil {
			return nil, err
		}
		*run.into = r
	}
	return &e, nil
}

func exhibitNames(all []*exhibit) []string {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return names
}

func (f *museumFlags) run(ctx context.Context, names []string, stdout, stderr io.Writer) error {
	all, err := readMuseum()
	if err != nil {
		return err
	}
	known := exhibitNames(all)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &exitError{exitUsage, &model.UnknownError{Kind: "bug", Name: name, Known: known}}
		}
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(e *exhibit) bool { return !slices.Contains(names, e.Name) })
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bug\tfixed by\tin\ton\tcaught first by\tsteps\tstates\ttime\ttwin\t")
	ctx, done := interrupt.Work(ctx)
	defer done()
	status := exitOK
	var tests []reports.Test
	for _, e := range all {
		shown, err := e.show(ctx, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		if ctx.Err() != nil {
			fmt.Fprintf(stderr, "hpcheck: interrupted at %s: it is not in the table, nor what comes after it\n", e.Name)
			status = max(status, exitIncomplete)
			break
		}
		if f.out != "" {
			if err := (&runFlags{out: f.out}).report(e.Name, shown.bug); err != nil {
				return err
			}
			if script, err := shown.script(); err == nil {
				err = files.Write(
					filepath.Join(f.out, e.Name, "repro.sh"),
					func(w io.Writer) error { _, err := io.WriteString(w, script); return err },
				)
				if err != nil {
					return err
				}
			}
		}
		if f.story {
			e.tell(stdout, shown)
		}
		fmt.Fprintf(
			w, "%s\t%.12s\t%s\t%s\t%s\t%s\t%s\t%v\t%s\t\n", e.Name, e.Fixed, versions(e.From, e.Until),
			shown.bug.Kernel, shown.first, shown.steps(), reports.Thousands(shown.bug.States),
			shown.bug.Elapsed.Round(time.Millisecond), shown.twinSays(e),
		)
		status = max(status, shown.status(e))
		tests = append(tests, shown.test(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if f.format == ktapFormat {
		err = reports.WriteKTAP(stdout, tests...)
	} else {
		_, err = io.WriteString(stdout, table.String())
	}
	if err != nil {
		return err
	}
	if status == exitOK {
		return nil
	}
	return &exitError{status: status}
}

// versions is a span of them.
func versions(from, until string) string {
	if from == until {
		return from
	}
	return from + " to " + until
}

// shown is what came of an exhibit.
type shown struct {
	bug, twin *reports.Run
	// The property that is violated in the fewest steps, of those that hold on the twin; the earlier one in the
	// documentation, if there are several.
	first  string
	length int
}

// show makes both runs.
func (e *exhibit) show(ctx context.Context, stderr io.Writer) (*shown, error) {
	var s shown
	for _, run := range []struct {
		of   *suiteRun
		into **reports.Run
	}{{e.bug, &s.bug}, {e.twin, &s.twin}} {
		made, early, err := run.of.flags.check(ctx, run.of.fs, stderr)
		if err := errors.Join(err, early); err != nil {
			return nil, run.of.placed(err)
		}
		*run.into = made
	}
	for _, v := range s.bug.Verdicts {
		if v.Status == reports.Violated && !s.twinViolates(v.Property.Name) &&
			(s.first == "" || len(v.Counterexample.Steps) < s.length) {
			s.first, s.length = v.Property.Name, len(v.Counterexample.Steps)
		}
	}
	if s.first == "" {
		s.first = "nothing"
	}
	return &s, nil
}

// twinViolates reports whether the property is violated with the fix as well, so that it is not what tells the two
// apart.
func (s *shown) twinViolates(property string) bool {
	return slices.ContainsFunc(
		s.twin.Verdicts,
		func(v reports.Verdict) bool { return v.Property.Name == property && v.Status == reports.Violated },
	)
}

// twinJudges reports whether the twin was checked for the property that catches the bug.
func (s *shown) twinJudges(e *exhibit) bool {
	return slices.ContainsFunc(s.twin.Verdicts, func(v reports.Verdict) bool { return v.Property.Name == e.violates })
}

func (s *shown) steps() string {
	if s.length == 0 {
		return "-"
	}
	return fmt.Sprint(s.length)
}

// twinSays tells how the twin fares by what catches the bug.
func (s *shown) twinSays(e *exhibit) string {
	name := s.twin.Kernel.String()
	if name == s.bug.Kernel.String() {
		name = "the same, without the offender"
	}
	caught, others := s.twinCaught(e)
	switch {
	case caught != nil:
		return fmt.Sprintf("%s: VIOLATED in %d steps", name, len(caught.Counterexample.Steps))
	case !s.twinJudges(e):
		return fmt.Sprintf("%s: VIOLATED the rules: it was not checked for %s", name, e.violates)
	case !s.twin.Complete():
		return fmt.Sprintf("%s: incomplete", name)
	case others > 0:
		return fmt.Sprintf(
			"%s: holds; %d other%s violated", name, others, choose.If(others == 1, "", "s"),
		)
	}
	return fmt.Sprintf("%s: clean", name)
}

// twinCaught is the verdict by which the twin is caught by what catches the bug, nil if it is not; and how many other
// properties it violates.
func (s *shown) twinCaught(e *exhibit) (caught *reports.Verdict, others int) {
	for i := range s.twin.Verdicts {
		switch v := &s.twin.Verdicts[i]; {
		case v.Status == reports.Violated && v.Property.Name == e.violates:
			caught = v
		case v.Status == reports.Violated:
			others++
		}
	}
	return caught, others
}

// status is the exit status of one exhibit.
func (s *shown) status(e *exhibit) int {
	caught, _ := s.twinCaught(e)
	switch {
	case caught != nil || !s.twinJudges(e):
		return exitViolated
	case s.first != e.violates && !s.bug.Complete(), !s.twin.Complete():
		return exitIncomplete
	case s.first != e.violates:
		return exitViolated
	}
	return exitOK
}

// script is what user space does in the counterexample, as a script. The error says what of it cannot be forced.
func (s *shown) script() (string, error) {
	for _, v := range s.bug.Verdicts {
		if v.Property.Name != s.first || v.Counterexample == nil {
			continue
		}
		if len(s.bug.Kernel.Without) > 0 {
			return "", errors.New("no released kernel is this one: it is an edition without a fix")
		}
		saved := v.Counterexample.Save()
		whole, err := saved.Machine("", nil)
		if err != nil {
			return "", err
		}
		r, m, err := reproOf(whole, saved)
		if err != nil {
			return "", err
		}
		if r.Unforced {
			about := slices.DeleteFunc(r.About, func(line string) bool { return !strings.HasPrefix(line, cannotForce) })
			return "", errors.New("user space cannot force it: it takes " + strings.TrimPrefix(about[0], cannotForce))
		}
		return r.Script(m)
	}
	return "", errors.New("nothing is violated")
}

// tell tells the story of an exhibit, with the counterexample.
func (e *exhibit) tell(w io.Writer, s *shown) {
	fmt.Fprintf(w, "%s\n\n%s\n\n", e.Title, wrap(e.Story, 110))
	for _, fact := range [][2]string{
		{"in", versions(e.From, e.Until)}, {"introduced by", e.Introduced}, {"came with", e.BredBy},
		{"fixed by", e.Fixed}, {"verified", e.Verified},
	} {
		if fact[1] == "" {
			continue
		}
		if fact[0] == "came with" {
			fact[1] = "the fix of " + fact[1]
		}
		fmt.Fprintf(w, "%-14s %s\n", fact[0], fact[1])
	}
	fmt.Fprintf(w, "%-14s %s\n%-14s %s\n", "to see it", s.bug.Command(), "mended", s.twin.Command())
	on := "--out writes a script that does it on a machine with that kernel, repro.sh"
	if _, err := s.script(); err != nil {
		on = err.Error()
	}
	fmt.Fprintf(w, "%-14s %s\n", "on a machine", on)
	fmt.Fprintln(w)
	for _, v := range s.bug.Verdicts {
		if v.Property.Name == s.first && v.Counterexample != nil {
			_ = v.Counterexample.Text(w, false)
			fmt.Fprintln(w)
		}
	}
}

// wrap breaks a text into lines.
func wrap(text string, width int) string {
	var b strings.Builder
	line := 0
	for _, word := range strings.Fields(text) {
		switch {
		case line == 0:
		case line+1+len(word) > width:
			b.WriteByte('\n')
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += len(word)
	}
	return b.String()
}
