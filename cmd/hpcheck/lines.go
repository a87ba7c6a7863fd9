package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// Where the assertions stand in the sources: a log names the line of one, and its function may have several.

// assertFiles are the files that have them. In the last one only what the model has is of interest.
var assertFiles = []string{
	"kernel/cpu.c", "kernel/smpboot.c", "kernel/kthread.c", "kernel/stop_machine.c", workqueueFile,
}

const workqueueFile = "kernel/workqueue.c"

// spot is where an assertion stands: a macro, which may take several lines, in a function.
type spot struct {
	release     string // of the kernel, "" of a tree
	file        string
	first, last int
	function    string
	assertion   string // of the model, "" if that has none for it
	near        string // where in the file the nearest one stands, if there is none here
}

// knownLines are the places in releases whose sources were at hand, a line for each: release, file, first and last
// line, function, assertion. TestKnownLines makes it.
//
//go:embed lines.tsv
var knownLines string

// placesOf are those in a release; none if its sources were not at hand.
func placesOf(release string) (all []spot) {
	for line := range strings.Lines(knownLines) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if f[0] != release {
			continue
		}
		first, _ := strconv.Atoi(f[2])
		last, _ := strconv.Atoi(f[3])
		all = append(all, spot{f[0], f[1], first, last, f[4], f[5], ""})
	}
	return all
}

// macro is a call of an assertion's macro.
var macro = regexp.MustCompile(`\b((?:DEBUG_LOCKS_)?WARN(?:_ON)?(?:_ONCE)?|BUG(?:_ON)?)\(`)

// placesIn are the places in a tree, with the assertions of the model that they are.
func placesIn(tree *ktree.Tree, k model.Kernel) ([]spot, error) {
	cfg, err := tree.Config(ktree.Options{})
	if err != nil {
		return nil, err
	}
	sc := model.Default()
	if k.SMTControl {
		sc.SMT = model.SMTOn
	}
	m, err := model.New(k, sc)
	var lacks *lower.Error
	if errors.As(err, &lacks) && k.SMTControl { // the assertions of what the tree has
		m, err = model.New(k, model.Default())
	}
	if err != nil {
		return nil, err
	}
	files := assertFiles
	if _, err := tree.Read(workqueueFile); errors.Is(err, fs.ErrNotExist) { // --source has no other use for it
		files = files[:len(files)-1]
	}
	u, err := tree.Load(cfg, files...)
	if err != nil {
		return nil, err
	}
	var all []spot
	for _, f := range u.Files {
		text, err := tree.Read(f.Path)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(text, "\n")
		for _, fn := range f.Funcs {
			known := slices.ContainsFunc(
				m.Assertions, func(a model.Assertion) bool { return a.Function == fn.Name },
			)
			if known || f.Path != workqueueFile {
				all = append(all, placesOfFunction(lines, f.Path, fn.Name, fn.Line, fn.End, m.Assertions)...)
			}
		}
	}
	return all, nil
}

// placesOfFunction are those from its first line to its last one.
func placesOfFunction(
	lines []string, file, function string, first, last int, assertions []model.Assertion,
) (all []spot) {
	scores := map[string]int{} // of each assertion, how well the best place fits
	for n := first; n <= last && n <= len(lines); n++ {
		at := macro.FindStringSubmatchIndex(lines[n-1])
		if at == nil {
			continue
		}
		whole, end := statement(lines, n, at[0])
		p := spot{file: file, first: n, last: end, function: function}
		best := 0
		for _, a := range assertions {
			if score := fits(a, function, lines[n-1][at[2]:at[3]], whole); score > best {
				best, p.assertion = score, a.String()
			}
		}
		if best > scores[p.assertion] { // the one that fits best is it
			for i := range all {
				if all[i].assertion == p.assertion {
					all[i].assertion = ""
				}
			}
			scores[p.assertion] = best
		} else {
			p.assertion = ""
		}
		all = append(all, p)
		n = end
	}
	return all
}

// statement is a macro's call that begins in a line, and the line in which it ends.
func statement(lines []string, n, at int) (whole string, end int) {
	depth := 0
	for end = n; end <= len(lines); end++ {
		for i := at; i < len(lines[end-1]); i++ {
			switch lines[end-1][i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return whole + lines[end-1][at:i+1], end
				}
			}
		}
		whole += lines[end-1][at:] + " "
		at = 0
	}
	return whole, n
}

// fits is how many identifiers an assertion of the model has in common with the macro's call in a function; 0 if it is
// of another function, or of another kind.
func fits(a model.Assertion, function, macro, whole string) int {
	if a.Function != function || strings.TrimSuffix(a.Macro, "_ONCE") != strings.TrimSuffix(macro, "_ONCE") {
		return 0
	}
	words, n := identifiers(whole), 1
	for _, word := range identifiers(a.Text) {
		if slices.Contains(words, word) {
			n++
		}
	}
	return n
}

// placeOf is where a symptom is, by the tree or by what is known of the release; found is false if nothing is known of
// either.
func (f *explainFlags) placeOf(s *symptom, k model.Kernel) (p spot, found bool, err error) {
	file, number, ok := strings.Cut(s.At, ":")
	line, bad := strconv.Atoi(number)
	if !ok || bad != nil {
		return p, false, nil
	}
	all := placesOf(s.Upstream)
	if f.origin.source != nil {
		if all, err = placesIn(f.origin.source.tree, k); err != nil {
			return p, false, &exitError{exitUsage, err} // it says where
		}
	}
	for _, p := range all {
		if strings.HasSuffix(file, p.file) && line >= p.first && line <= p.last {
			return p, true, nil
		}
	}
	near := nearestSpot(all, file, line)
	if near == nil {
		return p, false, nil
	}
	where := fmt.Sprintf("line %d, in %s()", near.first, near.function)
	return spot{file: file, first: line, last: line, near: where}, true, nil
}

// nearestSpot is that of a file which is nearest to a line; nil if there is none.
func nearestSpot(all []spot, file string, line int) (near *spot) {
	far := func(p *spot) int { return max(p.first-line, line-p.last) }
	for i := range all {
		if p := &all[i]; strings.HasSuffix(file, p.file) && (near == nil || far(p) < far(near)) {
			near = p
		}
	}
	return near
}

// says is what is printed of a spot.
func (p spot) says() string {
	switch {
	case p.function == "":
		return fmt.Sprintf("no assertion stands in %s:%d of these sources, the nearest in %s: it may be another kernel",
			p.file, p.first, p.near)
	case p.assertion == "":
		return fmt.Sprintf("%s:%d is an assertion of %s() that the model does not have", p.file, p.first, p.function)
	}
	return fmt.Sprintf("by its line it is %s", p.assertion)
}
