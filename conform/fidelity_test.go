package conform

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/choose"
)

var update = flag.Bool("update", false, "write the table of docs/fidelity.md again")

const (
	fidelityFile  = "../docs/fidelity.md"
	fidelityBegin = "<!-- made by make fidelity -->\n"
	fidelityEnd   = "<!-- to here -->\n"
)

// row is a line of the table: a kind of recording of a machine.
type row struct {
	folder, edition, mode string
	traces, events        int
	accepted              int
	skipped               int // of them, those of a write to fail that was refused
	outcomes, predicted   int // of what was recorded, a state that the file fail refused among it
	mutants, refused      string
}

// rowOf makes a line. Mutants are made if each is above 0.
func rowOf(t *testing.T, f folder, mode string, each int) row {
	k := f.kernel(t)
	r := row{folder: f.name, edition: f.edition, mode: mode}
	for _, trace := range recorded(t, f.name, mode) {
		r.traces++
		result := checked(t, k, trace)
		if trace.Header["skipped"] != "" {
			r.skipped++
		}
		if result.Verdict == VerdictAccepted {
			r.accepted++
			r.events += result.Events
		}
		if many(mode) {
			continue
		}
		r.outcomes++
		outcomes, err := predicted(t, k, trace)
		var no *Refused
		if trace.Header["skipped"] == "1" {
			if errors.As(err, &no) {
				r.predicted++
			}
			continue
		}
		require.NoError(t, err)
		h, err := readHeader(trace)
		require.NoError(t, err)
		if want := (Outcome{Errno: h.errno, State: h.finalState, Target: h.finalGoal, Fail: h.finalFail,
			Online: h.online}); len(outcomes) == 1 && outcomes[0] == want {
			r.predicted++
		}
	}
	if each > 0 {
		made, survivors := mutants(t, f, mode, each)
		r.mutants, r.refused = fmt.Sprint(made), fmt.Sprint(made-len(survivors))
	}
	return r
}

// cells are what the table has of a line, without its mutants.
func (r row) cells() []string {
	predicted := fmt.Sprintf("%d of %d", r.predicted, r.outcomes)
	if r.outcomes == 0 {
		predicted = "(one trace of many operations)"
	}
	return []string{"`" + r.edition + "`", r.folder, r.mode, fmt.Sprint(r.traces), fmt.Sprint(r.skipped),
		fmt.Sprintf("%d of %d", r.accepted, r.traces), fmt.Sprint(r.events), predicted}
}

// The table in docs/fidelity.md is what comes out. Its mutants are made again only with -update, which takes minutes;
// TestMutants makes some.
func TestFidelity(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	var lines []string
	for _, f := range folders {
		for _, mode := range f.modes {
			each := 0
			if *update {
				each = choose.If(many(mode), 1, 3)
			}
			r := rowOf(t, f, mode, each)
			lines = append(lines,
				"| "+strings.Join(r.cells(), " | ")+fmt.Sprintf(" | %s of %s |", r.refused, r.mutants))
		}
	}
	data, err := os.ReadFile(fidelityFile)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), fidelityBegin)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, fidelityEnd)
	require.True(t, ok)
	if *update {
		head := "| edition | machine | recording | traces | refused by `fail` | accepted | events | outcomes " +
			"predicted | mutants refused |\n|---|---|---|---|---|---|---|---|---|\n"
		text := before + fidelityBegin + head + strings.Join(lines, "\n") + "\n" + fidelityEnd + after
		require.NoError(t, os.WriteFile(fidelityFile, []byte(text), 0o644))
		return
	}
	last := regexp.MustCompile(`\| [^|]* \|$`)
	var want []string
	for _, line := range lines {
		want = append(want, last.ReplaceAllString(line, "|"))
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		got = append(got, last.ReplaceAllString(line, "|"))
	}
	assert.Equal(t, want, got, "run make fidelity")
}
