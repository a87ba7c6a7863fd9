package conform

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// machineOf is the folder of that name, with its states.
func machineOf(t *testing.T, name string) (folder, model.Kernel) {
	t.Helper()
	i := slices.IndexFunc(folders, func(f folder) bool { return f.name == name })
	require.GreaterOrEqual(t, i, 0)
	return folders[i], folders[i].kernel(t)
}

// with is the trace with other lines above it; a value of "" takes the line out.
func with(trace *ftrace.Trace, lines ...string) *ftrace.Trace {
	other := *trace
	other.Header = maps.Clone(trace.Header)
	for i := 0; i < len(lines); i += 2 {
		other.Header[lines[i]] = lines[i+1]
		if lines[i+1] == "" {
			delete(other.Header, lines[i])
		}
	}
	return &other
}

func named(t *testing.T, all []*ftrace.Trace, part string) *ftrace.Trace {
	t.Helper()
	i := slices.IndexFunc(all, func(trace *ftrace.Trace) bool { return strings.Contains(trace.File, part) })
	require.GreaterOrEqual(t, i, 0, part)
	return all[i]
}

func accepted(t *testing.T, k model.Kernel, trace *ftrace.Trace) bool {
	t.Helper()
	r := Check(t.Context(), k, trace)
	if r.Verdict == VerdictUndecided || r.Verdict == VerdictUnread {
		t.Errorf("%s: %s: %s", r.File, r.Verdict, r.Why)
	}
	return r.Verdict == VerdictAccepted
}

// A trace may begin where no single write leads to: a callback of the dead CPU has failed before, by a number in the
// file fail that nobody tells. How it came there is searched for.
func TestBeginningsThatTakeAFailure(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	all := recorded(t, "6.12-cloud", "causes")
	half := 0
	for _, trace := range all {
		r := Check(t.Context(), k, trace)
		assert.Equal(t, VerdictAccepted, r.Verdict, "%s:%d: %s %s %v", r.File, r.Line, r.Why, r.Seen, r.Could)
		if from := trace.Header["from"]; from != "0" && from != "236" {
			half++
			assert.False(t, accepted(t, k, with(trace, "final_state", "145")), trace.File)
		}
	}
	assert.GreaterOrEqual(t, half, 2)
	none := with(named(t, all, "latent-then.c1.146-000.fnone.11"), "from", "140")
	r := Check(t.Context(), k, none)
	assert.Equal(t, VerdictUnread, r.Verdict)
	assert.Equal(t, "it was at state 140, and no history was found in which the model gets there", r.Why)
}

// The other CPUs begin as the mask tells that the recording ends with, and as something runs on them.
func TestOtherCPUsBeginAsTheyAreTold(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	all := recorded(t, "6.12-cloud", "causes")
	last := named(t, all, "nat-all.c3.236-000") // CPUs 1 and 2 are down
	require.Equal(t, "0", last.Header["online_mask"])
	c, err := New(k, with(last, "online_mask", "0,2"))
	require.NoError(t, err)
	assert.Equal(t, cast{0, 2, 3}, c.cast)
	assert.True(t, c.start.CPU[1].Online)
	c, err = New(k, last)
	require.NoError(t, err)
	assert.Equal(t, cast{0, 3}, c.cast, "what is down is not needed")

	first := named(t, recorded(t, "6.12-cloud", "plain"), "plain.c1.236-000")
	c, err = New(k, with(first, "online_mask", "0"))
	require.NoError(t, err)
	assert.Equal(t, cast{0, 1}, c.cast, "a machine with two CPUs")
	assert.True(t, accepted(t, k, with(first, "online_mask", "0")))
	assert.False(t, accepted(t, k, with(first, "online_mask", "0-1")), "CPU 1 went down")
}

// A trace may be of any CPUs: they are mapped to the model's, and reports keep the machine's numbers.
func TestManyCPUs(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	for _, part := range []string{"plain.c1.236-000", "plain.c1.000-236", "plain.c3.236-000"} {
		trace := named(t, recorded(t, "6.12-cloud", "plain"), part)
		subject := trace.Header["cpu"]
		far := with(
			trace, "cpu", "200", "online_mask", strings.ReplaceAll(trace.Header["online_mask"], "0-3", "0-255"), "pin",
			"63",
		)
		if trace.Header["op"] == "down" {
			far.Header["online_mask"] = "0-199,201-255"
		}
		far.Events = slices.Clone(trace.Events)
		number := map[int]int{0: 63, 1: 64, 2: 65, 3: 66}
		number[int(subject[0]-'0')] = 200
		for i := range far.Events {
			e := &far.Events[i]
			if e.Kind != ftrace.Invoked {
				e.CPU = number[e.CPU]
			}
			e.On = number[e.On]
			if name, cpu, ok := strings.Cut(e.Comm, "/"); ok && name != "kworker" {
				e.Comm = name + "/200"
				assert.Equal(t, subject, cpu)
			} else if ok {
				e.Comm = strings.Replace(e.Comm, "kworker/0:", "kworker/63:", 1)
			}
		}
		assert.True(t, accepted(t, k, far), part)
		far.Events = slices.Delete(far.Events, 10, 11)
		r := Check(t.Context(), k, far)
		require.Equal(t, VerdictRefused, r.Verdict)
		assert.Contains(t, r.Seen, "cpu: 0200")
		assert.Contains(t, r.Could[0], "cpu: 0200")
		assert.Contains(t, r.Where, "CPU 200: state ")
	}
	many := *named(t, recorded(t, "6.12-cloud", "plain"), "plain.c1.236-000")
	many.Header = map[string]string{}
	for cpu := range 9 {
		many.Events = append(many.Events, ftrace.Event{Kind: ftrace.Enter, CPU: cpu, Line: 100 + cpu})
	}
	r := Check(t.Context(), k, &many)
	assert.Equal(t, VerdictUnread, r.Verdict)
	assert.Contains(t, r.Why, "8 CPUs go up and down in this trace, and the model has 8 with the first")
	assert.Equal(t, 108, r.Line)
}

// A bring-up with probes and without a header is known by what is invoked.
func TestProbesWithoutHeader(t *testing.T) {
	_, k := machineOf(t, "6.1-cloud")
	n := 0
	for _, trace := range recorded(t, "6.1-cloud", "ksweep") {
		if trace.Header["op"] != "up" || trace.Header["skipped"] != "" || n == 5 {
			continue
		}
		n++
		assert.True(t, accepted(t, k, bare(trace)), trace.File)
	}
	assert.Equal(t, 5, n)
}

// A number that hotplug/target does not take is refused with -EINVAL, and nothing changes.
func TestTargetsThatAreRefused(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	n := 0
	for _, trace := range recorded(t, "6.12-cloud", "causes") {
		if trace.Header["errno"] != "22" {
			continue
		}
		n++
		assert.True(t, accepted(t, k, trace), trace.File)
		assert.False(t, accepted(t, k, with(trace, "final_state", "235")), trace.File)
		assert.False(t, accepted(t, k, with(trace, "errno", "0")), trace.File)
	}
	assert.GreaterOrEqual(t, n, 3, "-1, one above the last, and one in the middle without "+
		"CONFIG_CPU_HOTPLUG_STATE_CONTROL")
}

// A write that has not come back has no end in the trace, and where things stand is told.
func TestWritesThatDoNotComeBack(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	down := named(t, recorded(t, "6.12-cloud", "plain"), "plain.c1.236-000")
	last := slices.IndexFunc(down.Events, func(e ftrace.Event) bool { return e.Kind == ftrace.Exit && e.Step == 236 })
	require.Positive(t, last)
	hung := with(down, "errno", "-1", "final_state", "145", "final_target", "145", "online_mask", "0-3")
	hung.Events = down.Events[:last]
	assert.True(t, accepted(t, k, hung))
	assert.False(t, accepted(t, k, with(hung, "final_state", "150")))
	assert.False(t, accepted(t, k, with(hung, "errno", "16")), "of that there would be an end")
}

// Somebody may write to the file fail meanwhile. A header says so, or something is left in the file that nobody told.
func TestFailFileThatIsRewritten(t *testing.T) {
	_, k := machineOf(t, "6.1-cloud")
	n := 0
	for _, trace := range recorded(t, "6.1-cloud", "ksweep") {
		if trace.Header["errno"] != "11" || n == 5 {
			continue
		}
		n++
		none := with(trace, "fail_state", "none", "fail_write", "-")
		assert.False(t, accepted(t, k, none), trace.File)
		assert.True(t, accepted(t, k, with(none, "fail", "unknown")), trace.File)
		assert.True(t, accepted(t, k, with(none, "final_fail", "50")), trace.File)
	}
	assert.Equal(t, 5, n)
}

// Of a recording without events its outcome is judged.
func TestHeadersAlone(t *testing.T) {
	_, k := machineOf(t, "6.1-cloud")
	for _, part := range []string{"plain.c1.236-000", "plain.c1.000-236"} {
		trace := with(named(t, recorded(t, "6.1-cloud", "plain"), part))
		trace.Events = nil
		r := Check(t.Context(), k, trace)
		assert.Equal(t, VerdictAccepted, r.Verdict, "%s %s", r.Why, r.Reason)
		assert.Contains(t, r.Notes, "it has no events: only what it came to was looked at")
		assert.False(t, accepted(t, k, with(trace, "final_state", "50")))
		assert.False(t, accepted(t, k, with(trace, "errno", "11")))
	}
}

// After a walk down that failed, the kernel stands at the number below the state whose callback failed, named or not.
func TestStandsAtTheNumberBelow(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	named146 := func(s model.Step) bool { return s.Number == 146 && s.Name != "" }
	require.False(t, slices.ContainsFunc(k.Steps, named146))
	n := 0
	for _, trace := range recorded(t, "6.12-cloud", "causes") {
		if trace.Header["final_state"] != "146" || n == 3 {
			continue
		}
		n++
		assert.True(t, accepted(t, k, trace), trace.File)
		for _, other := range []string{"144", "145", "147"} {
			assert.False(t, accepted(t, k, with(trace, "final_state", other)), "%s: %s", trace.File, other)
		}
	}
	assert.Equal(t, 3, n)
}

// A callback fails on the way up, another on the hotplug thread's way back, and who brings the CPU up goes on from
// there by itself: workqueue_offline_cpu() refuses to run on its CPU, and that is where the walk ends. The recording is
// that of one failure, with the second put into it by hand.
func TestWalkStopsAtWorkqueueOfflineElsewhere(t *testing.T) {
	_, k := machineOf(t, "6.1-cloud")
	trace := named(t, recorded(t, "6.1-cloud", "sweep"), "sweep.c1.000-236.f205")
	at := func(step int) int {
		return slices.IndexFunc(trace.Events, func(e ftrace.Event) bool {
			return e.Kind == ftrace.Enter && e.Step == step && e.Target == 154
		})
	}
	takes := slices.IndexFunc(trace.Events, func(e ftrace.Event) bool { return e.Func == "takedown_cpu" })
	last := len(trace.Events) - 1
	require.Equal(t, ftrace.End, trace.Events[last].Kind)
	writer := trace.Events[takes]
	events := slices.Clone(trace.Events[:at(202)+2])
	events[at(202)+1].Ret = -11 // vmstat_cpu_down_prep()
	up := trace.Events[takes-1]
	up.State = 201
	events = append(events, up)
	for _, e := range trace.Events[at(200) : at(197)+2] {
		e.Comm, e.PID, e.On = writer.Comm, writer.PID, writer.On
		if e.Kind == ftrace.Enter {
			e.Target = 0
		}
		events = append(events, e)
	}
	ends := len(events) - 1
	require.Equal(t, 197, events[ends].Step)
	events[ends].Ret = -1
	events = append(events, trace.Events[last])
	own := with(trace, "final_state", "196", "final_target", "0", "online_mask", "0-3")
	own.Events = events
	r := Check(t.Context(), k, own)
	assert.Equal(t, VerdictAccepted, r.Verdict, "%d %s %v %s", r.Line, r.Seen, r.Could, r.Reason)

	succeeds := with(own, "final_state", "196")
	succeeds.Events = slices.Clone(events)
	succeeds.Events[ends].Ret = 0
	assert.False(t, accepted(t, k, succeeds), "not on another CPU")
	assert.False(t, accepted(t, k, with(own, "final_state", "0", "online_mask", "0,2-3")), "the walk does not go on")
	further := with(own, "final_state", "195")
	below := trace.Events[at(196) : at(196)+2 : at(196)+2]
	further.Events = slices.Insert(slices.Clone(events), ends+1, below...)
	for i := ends + 1; i <= ends+2; i++ {
		e := &further.Events[i]
		e.Comm, e.PID, e.On, e.Target = writer.Comm, writer.PID, writer.On, 0
	}
	assert.False(t, accepted(t, k, further), "nor calls another callback")
}

// workqueue_offline_cpu() returns -1 where it runs on another CPU than the one that goes, and the walk turns round.
func TestWorkqueueOfflineElsewhere(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	trace := named(t, recorded(t, "6.12-cloud", "sweep"), "sweep.c1.236-000.f188")
	require.Equal(t, "11", trace.Header["errno"]) // the file fail made it fail, and that it was called does not show
	at := slices.IndexFunc(trace.Events, func(e ftrace.Event) bool { return e.Kind == ftrace.Enter && e.Target == 236 })
	require.Positive(t, at)
	up, down := trace.Events[at], trace.Events[at-2]
	require.Equal(t, ftrace.Enter, down.Kind)
	enter, exit := down, trace.Events[at-1]
	enter.Step, enter.Func, exit.Step, exit.State, exit.Ret = 188, "workqueue_offline_cpu", 188, 187, -1
	require.Greater(t, up.Step, 188)
	own := with(trace, "fail_state", "none", "fail_write", "", "errno", "1", "final_fail", "-1")
	own.Events = slices.Insert(slices.Clone(trace.Events), at, enter, exit)
	for i := range own.Events {
		e := &own.Events[i]
		switch {
		case e.Kind == ftrace.End:
			e.Ret = 1
		case e.Kind == ftrace.Exit && e.Ret == -11:
			e.Ret = -1
		}
	}
	r := Check(t.Context(), k, own)
	assert.Equal(t, VerdictAccepted, r.Verdict, "%d %s %v %s", r.Line, r.Seen, r.Could, r.Reason)
	own.Header["errno"] = "0"
	assert.False(t, accepted(t, k, own), "and the write fails")

	s := &search{m: &model.Machine{Kernel: k}}
	v := &shown{Event: exit}
	exit.Ret, exit.On = 0, 0
	assert.True(t, s.awayFromHome(&exit, v))
	assert.False(t, s.awayFromHome(&exit, &shown{Event: exit, kicked: true}), "a walk that began there has ended")
	c, err := New(k, trace)
	require.NoError(t, err)
	kick := &model.Event{Kind: model.EventKicked, CPU: 1}
	end, _ := newSearch(c, c.trace.Events).shows(kick, &c.start, model.Action(0))
	assert.True(t, end.kicked, "and the model's end of a walk says that it is one")
	exit.On = 1
	assert.False(t, s.awayFromHome(&exit, v), "at home it succeeds")
	exit.On, exit.Ret = 0, -1
	assert.False(t, s.awayFromHome(&exit, v))
}
