package conform

import (
	"archive/tar"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// sample is which recordings of one operation are predicted without -update, one of so many: which third it is differs
// from machine to machine.
const sample = 3

// sampled reports whether a recording of a folder, by its number, is in the sample.
func sampled(f folder, n int) bool { return *update || (n+slices.IndexFunc(folders, f.is))%sample == 0 }

// known are the outcomes that a test has predicted before: tests ask for the same ones, and a machine may have recorded
// the same operation several times.
var known sync.Map

// prediction is what the model comes to in the place of a recording, or why not.
type prediction struct {
	outcomes []Outcome
	err      error
}

// predicted says what the model comes to in the place of a recording.
func predicted(t *testing.T, k model.Kernel, trace *ftrace.Trace) ([]Outcome, error) {
	t.Helper()
	key := k.Machine
	for _, name := range []string{"cpu", "from", "write", "fail_state", "skipped"} {
		key += " " + trace.Header[name]
	}
	if p, ok := known.Load(key); ok {
		return p.(prediction).outcomes, p.(prediction).err
	}
	outcomes, err := predict(t, k, trace)
	known.Store(key, prediction{outcomes, err})
	return outcomes, err
}

func predict(t *testing.T, k model.Kernel, trace *ftrace.Trace) (outcomes []Outcome, err error) {
	t.Helper()
	number := func(key string) int {
		n, err := strconv.Atoi(trace.Header[key])
		require.NoError(t, err, "%s: %s", trace.File, key)
		return n
	}
	top := topOf(k)
	h := header{cpu: number("cpu"), from: number("from")}
	if trace.Header["skipped"] == "1" { // the file refused the state, and nothing more was done
		h.cpu = 1
	}
	file, value, _ := strings.Cut(trace.Header["write"], "=")
	_, file, _ = strings.Cut(file, "/")
	op, err := model.ParseOp(map[string]string{"online": "online",
		"hotplug/target": "target"}[file] + ":" + strconv.Itoa(h.cpu) + "=" + value)
	require.NoError(t, err, trace.File)
	sc := model.Default()
	sc.CPUs, sc.DynStates, sc.Targets, sc.FaultPoints = 4, 0, model.TargetsAll, []string{"fail/*"}
	sc.Sequence = append(directly(h.cpu, h.from, top), op)
	m, err := model.New(k, sc)
	require.NoError(t, err)
	arms := make([]int, len(sc.Sequence))
	for i := range arms {
		arms[i] = -1
	}
	last := len(arms) - 1
	if text := trace.Header["fail_state"]; text != "" && text != "none" {
		arms[last] = number("fail_state")
	}
	return Predict(m, arms, last)
}

// What a recorded operation came to is what the model comes to, on every schedule: the result, st->state, st->target,
// what is left in the file fail, the CPUs that are online. No recording has a warning of the hotplug core. A state that
// the file refused, it refuses in the model. A third of the recordings is predicted, and all of them by make fidelity.
func TestOutcomesOfRealMachines(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	for _, f := range folders {
		k := f.kernel(t)
		for _, mode := range f.modes {
			if many(mode) {
				continue // it is one trace of many operations, without marks
			}
			t.Run(f.name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				made, refused := 0, 0
				for n, trace := range recorded(t, f.name, mode) {
					for _, line := range trace.Kernel {
						assert.NotContains(t, line, "WARNING", trace.File)
					}
					if !sampled(f, n) {
						continue
					}
					outcomes, err := predicted(t, k, trace)
					var no *Refused
					if trace.Header["skipped"] == "1" {
						require.True(t, errors.As(err, &no), "%s: the file takes a state that it refused", trace.File)
						refused++
						continue
					}
					require.NoError(t, err, trace.File)
					h, err := readHeader(trace)
					require.NoError(t, err)
					want := Outcome{Errno: h.errno, State: h.finalState, Target: h.finalGoal, Fail: h.finalFail,
						Online: h.online}
					assert.Equal(t, []Outcome{want}, outcomes, trace.File)
					made++
				}
				assert.NotZero(t, made)
				t.Logf("%d predicted, %d refused", made, refused)
			})
		}
	}
}

// The file fail takes what it took on the real machine, of all numbers, whether the CPU is online or offline.
func TestFailMap(t *testing.T) {
	for _, f := range folders {
		file, err := os.Open(filepath.Join("testdata", f.name, "failmap.tar.gz"))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		defer file.Close()
		rows := failMap(t, file)
		sc := model.Default()
		sc.DynStates, sc.FaultPoints = 0, []string{"fail/*"}
		m, err := model.New(f.kernel(t), sc)
		require.NoError(t, err)
		online := m.Initial()
		offline := online
		offline.CPU[1].State = 0
		for _, row := range rows[1:] {
			n, err := strconv.Atoi(row[0])
			if err != nil || n == -1 {
				continue // it is no number, or empties the file
			}
			rung := slices.IndexFunc(m.Ladder, func(s model.Step) bool { return s.Number == n })
			for i, state := range []*model.State{&online, &offline} {
				takes := rung >= 0 && m.TakesFail(state, 1, model.Rung(rung))
				assert.Equal(t, row[2+i] == "OK", takes, "%s: state %d (%s), CPU offline: %v", f.name, n, row[1],
					i == 1)
			}
		}
		assert.Greater(t, len(rows), 200, f.name)
	}
}

func failMap(t *testing.T, r io.Reader) [][]string {
	t.Helper()
	z, err := gzip.NewReader(r)
	require.NoError(t, err)
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		require.NoError(t, err)
		if strings.HasSuffix(h.Name, ".csv") {
			rows, err := csv.NewReader(archive).ReadAll()
			require.NoError(t, err)
			return rows
		}
	}
}

// What is predicted is what comes out if every order of every step is tried. If there are trees it is about these.
func TestPredictionLosesNothing(t *testing.T) {
	for _, k := range kernelsToTry(t) {
		if !k.StatePerRun {
			continue
		}
		sc := model.Default()
		sc.CPUs, sc.DynStates, sc.Smpboot, sc.Targets, sc.FaultPoints = 2, 0, 0, model.TargetsAll, []string{"fail/*"}
		top, kinds := topOf(k), map[string]bool{}
		for _, texts := range [][]string{
			{"online:1=0"}, {"online:1=0", "online:1=1"}, {fmt.Sprintf("target:1=%d", stopsAt(k)), "online:1=0"},
		} {
			sc.Sequence = nil
			for _, text := range texts {
				op, err := model.ParseOp(text)
				require.NoError(t, err)
				sc.Sequence = append(sc.Sequence, op)
			}
			m, err := model.New(k, sc)
			require.NoError(t, err)
			arms := make([]int, len(texts))
			for _, fail := range []int{-1, top, stopsAt(k), k.Steps[1].Number} {
				for i := range arms {
					arms[i] = -1
				}
				arms[len(arms)-1] = fail
				start, err := before(m, arms, len(arms)-1)
				if err != nil {
					continue // the file does not take it
				}
				some, err := newPredictor(m, 1).run(start)
				require.NoError(t, err)
				every := newPredictor(m, 1)
				every.tracer = nil
				all, err := every.run(start)
				require.NoError(t, err)
				assert.Equal(t, all, some, "%s, %v, fail %d", k.Name, texts, fail)
				for _, o := range all {
					kinds[o.String()] = true
				}
			}
		}
		assert.Greater(t, len(kinds), 3, k.Name)
	}
}

// stopsAt is the number of a state of a subsystem that belongs to the hotplug thread's part.
func stopsAt(k model.Kernel) int {
	i := slices.IndexFunc(k.Steps, func(s model.Step) bool { return s.Name == "workqueue:online" })
	return k.Steps[i].Number
}
