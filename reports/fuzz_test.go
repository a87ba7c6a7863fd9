package reports

import (
	"bytes"
	"testing"
)

// savedFile is a small counterexample, and one of a run.
const (
	savedFile = `{"version":1,"kind":"counterexample","kernel":{"name":"v4.6"},"scenario":{"cpus":2,"ops":1},
"property":"no-deadlock","trace":[0,0,1],"steps":[{"number":1,"thread":"task 0"}],"command":"hpcheck"}`
	savedRun = `{"version":1,"kind":"run","kernel":{"name":"v4.6"},"scenario":{"cpus":2},
"extent":{"runs":3,"stop":"exhausted",
"share":{"of":3,"parts":[1,2]}},"coverage":{"missed":[],"entered":["a"]},"properties":[
{"name":"a","verdict":"holds-in-share"},
{"name":"b","verdict":"violated","steps":3,"counterexample":` + savedFile + `}]}`
)

// Whatever is in a file that was saved, it is counterexamples that a machine can be made for, or an error.
func FuzzReadSaved(f *testing.F) {
	f.Add([]byte(savedFile))
	f.Add([]byte(savedRun))
	f.Add([]byte(`{"version":1,"kind":"counterexample","scenario":{"op":["boot","up:1"],"cpus":9}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ReadSaved(bytes.NewReader(data))
		if err != nil {
			return
		}
		for i := range all {
			_, _ = all[i].Machine("", nil)
		}
	})
}

// Whatever runs are joined, there is a summary, or an error.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(savedRun), []byte(`{"version":1,"kind":"run","extent":{"share":{"of":3,"parts":[3]}}}`))
	f.Add([]byte(savedRun), []byte(savedRun))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		var m Merged
		if m.Add(one) != nil {
			return
		}
		_ = m.Add(other)
		var b bytes.Buffer
		if err := m.Summary(&b); err != nil {
			t.Fatal(err)
		}
		if err := m.JSON(&b); err != nil {
			t.Fatal(err)
		}
		_, _ = m.Violated(), m.Complete()
	})
}
