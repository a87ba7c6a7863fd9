package conform

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/trees"
)

var update = flag.Bool("update", false, "write the table of docs/fidelity.md again")

// A table of the documentation stands between two lines.
const tableEnd = "<!-- to here -->\n"

// tableOf is where the table is: that of the editions, or that of the trees, if there are any.
func tableOf() (file, begin string) {
	if os.Getenv(trees.Variable) != "" {
		return "../docs/source.md", "<!-- made by make trees -->\n"
	}
	return "../docs/fidelity.md", "<!-- made by make fidelity -->\n"
}

// row is a line of the table: a kind of recording of a machine.
type row struct {
	folder, edition, mode string
	traces, events        int
	accepted              int
	skipped               int // of them, those of a write to fail that was refused
	outcomes, predicted   int // of what was predicted, a state that the file fail refused among it
	mutants, refused      string
}

// rowOf makes a line, with so many mutants of each kind.
func rowOf(t *testing.T, f folder, mode string, each int) row {
	k := f.kernel(t)
	r := row{folder: f.name, edition: f.edition, mode: mode}
	for n, trace := range recorded(t, f.name, mode) {
		r.traces++
		result := checked(t, k, trace)
		if trace.Header["skipped"] != "" {
			r.skipped++
		}
		if result.Verdict == VerdictAccepted {
			r.accepted++
			r.events += result.Events
		}
		if many(mode) || !sampled(f, n) {
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
	if each != none {
		made, survivors := mutants(t, f, mode, each)
		r.mutants, r.refused = fmt.Sprint(made), fmt.Sprint(made-len(survivors))
	}
	return r
}

// key is the beginning of the line, by which it is known.
func (r row) key() string { return fmt.Sprintf("| `%s` | %s | %s |", r.edition, r.folder, r.mode) }

// line is the line of the table.
func (r row) line() string {
	predicted := fmt.Sprintf("%d of %d", r.predicted, r.outcomes)
	if r.outcomes == 0 {
		predicted = "(one trace of many operations)"
	}
	return fmt.Sprintf("%s %d | %d | %d of %d | %d | %s | %s of %s |", r.key(), r.traces, r.skipped, r.accepted,
		r.traces, r.events, predicted, r.refused, r.mutants)
}

// The table in docs/fidelity.md, or that of trees in docs/source.md, is what comes out. Only with -update are its
// mutants made again, which takes minutes, and all predictions: else TestMutants makes some mutants, and a third is
// predicted. Of a part of the machines (-run Fidelity/of/6.1-cloud) only their lines are looked at.
func TestFidelity(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	var rows []row
	t.Run("of", func(t *testing.T) {
		for _, f := range folders {
			if os.Getenv(trees.Variable) != "" && treeOf(t, f) == "" {
				continue
			}
			for _, mode := range f.modes {
				i := len(rows)
				rows = append(rows, row{folder: f.name, edition: f.edition, mode: mode})
				t.Run(f.name+"/"+mode, func(t *testing.T) {
					t.Parallel()
					each := none
					switch {
					case *update && many(mode):
						each = 1
					case *update: // of a tree fewer: the edition, which it is held against, has more
						each = choose.If(treeOf(t, f) != "", few, 3)
					}
					rows[i] = rowOf(t, f, mode, each)
					t.Log(rows[i].line())
				})
			}
		}
	})
	compareTable(t, rows)
}

// madeInPart are the last two columns of the table, what was predicted and the mutants.
var madeInPart = regexp.MustCompile(`\| (?:(\d+) of (\d+)|[^|]*) \| [^|]* \|$`)

// compareTable compares the rows that were made with the table, or writes them into it. The columns that are made in
// part say that all came true, and all of the part did.
func compareTable(t *testing.T, rows []row) {
	t.Helper()
	file, begin := tableOf()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), begin)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, tableEnd)
	require.True(t, ok)
	there := strings.Split(table, "\n")
	lines := []string{
		"| edition | machine | recording | traces | refused by `fail` | accepted | events | outcomes predicted | " +
			"mutants refused |", "|---|---|---|---|---|---|---|---|---|",
	}
	for _, r := range rows {
		old := ""
		if i := slices.IndexFunc(there, func(line string) bool { return strings.HasPrefix(line, r.key()) }); i >= 0 {
			old = there[i]
		}
		switch {
		case r.traces == 0: // it was not asked for
			lines = append(lines, old)
		case *update:
			lines = append(lines, r.line())
		default:
			assert.Equal(t, madeInPart.ReplaceAllString(r.line(), "|"), madeInPart.ReplaceAllString(old, "|"),
				"run make fidelity")
			column := madeInPart.FindStringSubmatch(old)
			require.NotNil(t, column, old)
			assert.Equal(t, column[2], column[1], "the table says of an outcome that it was not predicted: %s", old)
			assert.Equal(t, r.outcomes, r.predicted, r.key())
			lines = append(lines, old)
		}
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	text := strings.Join(lines, "\n") + "\n"
	if *update && !t.Failed() {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+text+tableEnd+after), 0o644))
		return
	}
	assert.Equal(t, text, table, "run make fidelity")
}
