package ftrace

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t *testing.T, text string) *Trace {
	t.Helper()
	all, err := Read("x.trace", strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

// The same event in each form in which the tracer's tools write it.
func TestForms(t *testing.T) {
	for name, line := range map[string]string{
		"trace": "         cpuhp/3-29      [003] .....     6.468980: cpuhp_enter: cpu: 0003 " +
			"target: 153 step: 235 (sched_cpu_deactivate)",
		"trace, RT": "         cpuhp/3-29      [003] .......     6.468980: cpuhp_enter: cpu: 0003 " +
			"target: 153 step: 235 (sched_cpu_deactivate)",
		"trace with tgid": "         cpuhp/3-29      (     29) [003] .....     6.468980: cpuhp_enter: cpu: " +
			"0003 target: 153 step: 235 (sched_cpu_deactivate)",
		"trace-cmd report": "         cpuhp/3-29    [003]     6.468980: cpuhp_enter:          cpu: 0003 " +
			"target: 153 step: 235 (sched_cpu_deactivate)",
		"trace-cmd, with flags": "         cpuhp/3-29    [003] .....     6.468980: cpuhp_enter:          cpu: 0003 " +
			"target: 153 step: 235 (sched_cpu_deactivate)",
		"a clock in nanoseconds": "         cpuhp/3-29      [003] ..... 6468980000: cpuhp_enter: cpu: 0003 target: " +
			"153 step: 235 (sched_cpu_deactivate)",
	} {
		trace := read(t, line+"\n")
		require.Len(t, trace.Events, 1, name)
		e := trace.Events[0]
		e.Time = 0
		assert.Equal(
			t,
			Event{
				Kind: Enter, Line: 1, Comm: "cpuhp/3", PID: 29, On: 3, CPU: 3, Target: 153, Step: 235,
				Func: "sched_cpu_deactivate",
			},
			e,
			name,
		)
	}
}

// Every kind of line.
func TestLines(t *testing.T) {
	trace := read(t, `# tracer: nop
# kernel: 6.1.0
# dmesg| DEAD callback error for CPU1
a task [1] x-1-7 [002] d..1. 1.000001: cpuhp_multi_enter: cpu: 0001 target: 0 step: 62 (virtnet_cpu_dead [virtio_net])
   a task [1] x-1-7  [002] d..1.  1.000002: cpuhp_exit:  cpu: 0001  state:  61 step:  62 ret: -11
CPU:2 [LOST 17 EVENTS]
   sh-9  [000] .....  1.000003: tracing_mark_write: BEGIN cpu1/hotplug/target=155
   sh-9  [000] .....  1.000004: print: tracing_mark_write: END cpu1/hotplug/target=155 errno=22
   sh-9  [000] .....  1.000005: tracing_mark_write: something else
   sh-9  [000] .....  1.000006: sched_switch: prev_comm=a
   sh-9  [000] .....  1.000007: invoke: (cpuhp_invoke_callback+0x0/0x480) cpu=1 step=235 bringup=0
   sh-9  [000] .....  1.000008: invoke_ret: (cpuhp_kick+0x3/0x9 <- cpuhp_invoke_callback) ret=-11
   sh-9  [000] .....  1.000009: suspend_resume: dpm_suspend[2] begin
   sh-9  [000] .....  1.000010: suspend_resume: CPU_OFF[3] begin
   sh-9  [000] .....  1.000011: suspend_resume: CPU_ON[3] end
   sh-9  [000] .....  1.000012: suspend_resume: CPU_ON[x] end
   sh-9  [000] .....  1.000013: suspend_resume: CPU_ON[3] middle
CPU:0 [4 EVENTS DROPPED]
CPU:0 [EVENTS DROPPED]
# entries-in-buffer/entries-written: 36/40   #P:4
not a line of a trace at all
`)
	assert.Equal(t, "6.1.0", trace.Header["kernel"])
	assert.Equal(t, []string{"DEAD callback error for CPU1"}, trace.Kernel)
	assert.Equal(t, 26, trace.Lost, "17, 4, one that is not told, and 4 that were written over")
	assert.Equal(t, 2, trace.At["kernel"])
	assert.Equal(t, 6, trace.Ignored)
	var got []string
	for i := range trace.Events {
		got = append(got, trace.Events[i].String())
	}
	assert.Equal(t, []string{
		"a task [1] x-1-7 [002] cpuhp_multi_enter: cpu: 0001 target:   0 step:  62 (virtnet_cpu_dead)",
		"a task [1] x-1-7 [002] cpuhp_exit: cpu: 0001  state:  61 step:  62 ret: -11",
		"sh-9 [000] BEGIN: cpu1/hotplug/target=155",
		"sh-9 [000] END: cpu1/hotplug/target=155 errno=22",
		"sh-9 [000] invoke: cpu=1 step=235 bringup=0",
		"sh-9 [000] invoke_ret: ret=-11",
		"sh-9 [000] suspend_resume: CPU_OFF[3] begin",
		"sh-9 [000] suspend_resume: CPU_ON[3] end",
	}, got)
}

// A line that is cut short is told with its place. The last line may be, and is left out.
func TestMistakes(t *testing.T) {
	whole := "sh-9  [000] .....  1.000003: cpuhp_enter: cpu: 0001 target:   0 step:  62 (a_callback)"
	read(t, whole)
	for n := strings.Index(whole, "cpuhp_enter") + len("cpuhp_e"); n < len(whole); n++ {
		all, err := Read("x.trace", strings.NewReader("# a\n"+whole[:n]+"\n"+whole+"\n"))
		if err == nil {
			assert.Len(t, all[0].Events, 1, "%q", whole[:n])
			continue
		}
		var mistake *Error
		require.ErrorAs(t, err, &mistake, "%q", whole[:n])
		assert.Equal(t, 2, mistake.Line)
		assert.Contains(t, err.Error(), "want ")
		last := read(t, whole+"\n"+whole[:n])
		assert.Len(t, last.Events, 1)
		assert.Equal(t, 2, last.Cut)
	}
	_, err := Read(
		"x.trace",
		io.MultiReader(strings.NewReader(whole+"\n"+whole[:len(whole)-9]), iotest.ErrReader(io.ErrUnexpectedEOF)),
	)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "half a line is not to blame if the file is half")
	strange := read(t, "a\ab"+whole[2:])
	assert.Equal(t, "a?b", strange.Events[0].Comm, "a name must not steer the terminal")

	_, err = Read("x.trace", strings.NewReader(strings.Repeat("x", maxLine+1)))
	assert.EqualError(
		t, err, fmt.Sprintf("x.trace:1: the line has more than %d characters: want the text of a trace", maxLine),
	)
}

// A trace may be compressed, and many of them may be in one archive.
func TestArchives(t *testing.T) {
	line := "sh-9  [000] .....  1.000003: cpuhp_enter: cpu: 0001 target:   0 step:  62 (a_callback)\n"
	dir := t.TempDir()
	zipped := filepath.Join(dir, "a.trace.gz")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, line)
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(zipped, b.Bytes(), 0o666))
	all := OpenAll(zipped).Traces
	require.Len(t, all, 1)
	require.NoError(t, all[0].Err)
	assert.Len(t, all[0].Events, 1)

	require.NoError(t, os.WriteFile(zipped, b.Bytes()[:b.Len()-9], 0o666))
	require.ErrorContains(t, OpenAll(zipped).Traces[0].Err, "unexpected EOF", "half a file is no trace")

	archive := func(names ...string) string {
		file := filepath.Join(dir, "a.tar.gz")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for _, name := range names {
			require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o666, Size: int64(len(line))}))
			fmt.Fprint(w, line)
		}
		require.NoError(t, w.Close())
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o666))
		return file
	}
	all = OpenAll(archive("one.trace", "states.txt", "deep/two.trace")).Traces
	require.Len(t, all, 3)
	assert.True(t, strings.HasSuffix(all[2].File, "a.tar.gz:two.trace"))
	line = "nothing of interest\n"
	require.ErrorContains(t, OpenAll(archive("other.txt", "other")).Traces[0].Err, "no file is a trace")
	require.ErrorContains(t, OpenAll(filepath.Join(dir, "none")).Traces[0].Err, "no such file")
}

// Whatever it is given, it ends, and says what is wrong instead of breaking.
func FuzzRead(f *testing.F) {
	f.Add("sh-9  [000] .....  1.000003: cpuhp_enter: cpu: 0001 target:   0 step:  62 (a_callback)\n")
	f.Add("CPU:2 [LOST 17 EVENTS]\n# a: b\nsh-9 [0] 1: print: END cpu1/online=1 errno=0")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Read("x", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, trace := range all {
			_ = trace.Restarts()
			for i := range trace.Events {
				_ = trace.Events[i].String()
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	line := "         cpuhp/3-29      [003] .....     6.468980: cpuhp_enter: cpu: 0003 target: 153 step: 235 " +
		"(sched_cpu_deactivate)\n"
	text := strings.Repeat(line, 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Read("x", strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

// A number that is the last of a text without a newline at its end may go on: a trace of which it is not known whether
// it is whole is read without it.
func TestCutOff(t *testing.T) {
	head := "sh-9  [000] .....  1.000003: "
	for body, whole := range map[string]bool{
		"cpuhp_enter: cpu: 0001 target:   0 step:  62 (a_callback)": true,
		"cpuhp_exit:  cpu: 0001  state:  61 step:  62 ret: 0":       true,
		"cpuhp_exit:  cpu: 0001  state:  61 step:  62 ret: -1":      false,
		"tracing_mark_write: END cpu1/online=0 errno=0":             true,
		"tracing_mark_write: END cpu1/online=0 errno=1":             false,
		"tracing_mark_write: BEGIN cpu1/online=0":                   true,
		"tracing_mark_write: BEGIN cpu1/hotplug/target=15":          false,
	} {
		assert.Len(t, read(t, head+body+"\n").Events, 1, body)
		open := read(t, head+body)
		assert.Equal(t, whole, len(open.Events) == 1, body)
		assert.Equal(t, whole, open.Cut == 0, body)
	}
}

// What a mail program has broken, or a quoting one has written otherwise, is put together.
func TestBrokenLines(t *testing.T) {
	lines := "    sh-9  [000] .....  1.000001: tracing_mark_write: BEGIN cpu1/online=0\n" +
		"    sh-9  [000] .....  1.000003: cpuhp_enter: cpu: 0001 target:   0 step:  62 (a_callback)\n" +
		"    sh-9  [000] .....  1.000004: cpuhp_exit:  cpu: 0001  state:  61 step:  62 ret: -11\n" +
		"    sh-9  [000] .....  1.000005: tracing_mark_write: END cpu1/online=0 errno=11\n"
	want := read(t, lines)
	require.Len(t, want.Events, 4)
	for i := range want.Events {
		want.Events[i].Line = 0
	}
	same := func(text, what string) {
		t.Helper()
		got := read(t, text)
		for i := range got.Events {
			got.Events[i].Line = 0
		}
		assert.Equal(t, want.Events, got.Events, what)
	}
	words := strings.Count(lines, " ")
	for n := range words { // each space that is in a line
		at := -1
		for range n + 1 {
			at += 1 + strings.IndexByte(lines[at+1:], ' ')
		}
		line := lines[strings.LastIndexByte(lines[:at], '\n')+1:]
		begun := at - (len(lines) - len(line))
		if begun > strings.Index(line, ": ") { // where the event begins
			same(lines[:at]+"\n"+lines[at+1:], lines[at:min(at+9, len(lines))])
			same(lines[:at]+"\n\n> "+lines[at+1:], "quoted")
		}
	}
	mail := "From: a@b\nContent-Transfer-Encoding: quoted-printable\n\n" +
		strings.NewReplacer("=", "=3D", "step:", "st=\nep:", "ret:", "re=\r\nt:").Replace(lines)
	same(mail, "a mail")
}

// A text may hold several recordings: one after the other, of several files, or what each CPU has of one.
func TestRecordings(t *testing.T) {
	head := "# tracer: nop\n#\n"
	line := func(on int, time string) string {
		return fmt.Sprintf(
			"    sh-9       [%03d] .....  %s: cpuhp_exit:  cpu: 0001  state:  61 step:  62 ret: 0\n",
			on,
			time,
		)
	}
	files := func(text string) (files []string, events []int) {
		all, err := Read("x", strings.NewReader(text))
		require.NoError(t, err)
		for _, trace := range all {
			files, events = append(files, trace.File), append(events, len(trace.Events))
		}
		return files, events
	}
	one := line(0, "1.1") + line(1, "1.2")
	names, events := files(head + one + head + one + one)
	assert.Equal(t, []string{"x (1 of 2)", "x (2 of 2)"}, names)
	assert.Equal(t, []int{2, 4}, events)

	all, err := Read("x", strings.NewReader("# cpu: 1\n# final_state: 0\n"+head+one+"# cpu: 2\n# final_state: 1\n"))
	require.NoError(t, err)
	require.Len(t, all, 2, "the second has no events, and tells of its end")
	assert.Equal(t, "1", all[0].Header["cpu"])
	assert.Equal(t, "2", all[1].Header["cpu"])
	assert.Empty(t, all[1].Events)

	whole := read(t, head+line(0, "1.1")+line(0, "1.4")+head+line(1, "1.2"))
	require.Len(t, whole.Events, 3, "per_cpu/cpu0/trace and per_cpu/cpu1/trace")
	assert.Equal(t, 1, whole.Events[1].On)
	assert.Equal(t, "put together of what ran on 2 CPUs", whole.Part)

	var both string
	for range 4 {
		both += "a.dat: " + line(0, "1.1") + "second.dat: " + line(0, "1.1")
	}
	_, events = files(both)
	assert.Equal(t, []int{4, 4}, events)
	assert.Len(t, read(t, strings.ReplaceAll(both, "second", "a")).Events, 8, "of one file")
}

// A step back in time is another recording if the time stays back, and not if two lines are in each other's place.
func TestRestarts(t *testing.T) {
	restarts := func(times ...uint64) []int {
		var trace Trace
		for _, time := range times {
			trace.Events = append(trace.Events, Event{Kind: Exit, Time: time})
		}
		return trace.Restarts()
	}
	assert.Empty(t, restarts(1, 2, 3, 4))
	assert.Empty(t, restarts(1, 3, 2, 4))
	assert.Empty(t, restarts(2, 1, 3, 4))
	assert.Empty(t, restarts(3, 4, 6, 5))
	assert.Equal(t, []int{3}, restarts(5, 6, 7, 5, 6))
	assert.Equal(t, []int{3, 6}, restarts(5, 6, 7, 5, 6, 7, 1, 2))
}
