package model

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// do is a step of a client about an object.
func do(verb, object string) ClientStep { return ClientStep{Verb: verb, Object: object} }

// everyVerb is a client that does everything that there is to do.
var everyVerb = Client{
	Name: "every",
	Objects: []ClientObject{
		{Name: "mutex", Kind: ClientMutex}, {Name: "spin", Kind: ClientSpinlock}, {Name: "sem", Kind: ClientRWSem},
		{Name: "done", Kind: ClientCompletion}, {Name: "flag", Kind: ClientFlag, Set: true},
		{Name: "served", Kind: ClientCPUFlag}, {Name: "duty", Kind: ClientDuty},
	},
	States: []ClientState{
		{
			Name: "every:prepare", Section: SectionPrepare, Startup: "every_prepare", Teardown: "every_dead",
			Up:   []ClientStep{do("down_read", "sem"), do("may_fail", ""), do("up_read", "sem")},
			Down: []ClientStep{do("hand_over", "duty")}, Registered: true,
		},
		{
			Name:     "every:online",
			Section:  SectionOnline,
			Startup:  "every_online",
			Teardown: "every_offline",
			Up: []ClientStep{
				do("mutex_lock", "mutex"),
				do("set", "served"),
				{
					Verb:   "may_fail",
					Errno:  EBUSY,
					Bodies: [][]ClientStep{{do("clear", "served"), do("mutex_unlock", "mutex")}},
				},
				do("mutex_unlock", "mutex"),
			},
			Down: []ClientStep{
				do("spin_lock", "spin"),
				do("clear", "served"),
				do("spin_unlock", "spin"),
				do("complete", "done"),
			},
			Effects: []string{"served"},
		},
		{
			Name: "every:multi", Section: SectionOnline, Startup: "every_add", Up: []ClientStep{do("take", "duty")},
			Multi: true, Instances: 1,
		},
	},
	Works: []ClientWork{
		{
			Name:    "first",
			Ordered: "wq",
			Steps:   []ClientStep{do("cpus_read_lock", ""), do("clear", "flag"), do("cpus_read_unlock", "")},
		},
		{Name: "second", Ordered: "wq", Steps: []ClientStep{
			{
				Verb:   "if",
				Object: "cpu_online",
				Bodies: [][]ClientStep{{do("set", "served")}, {do("reinit_completion", "done")}},
			},
		}},
	},
	Tasks: []ClientTask{
		{Name: "user", Steps: []ClientStep{
			do("cpuhp_setup_state", "every:online"),
			{
				Verb:   "if",
				Object: "failed",
				Not:    true,
				Bodies: [][]ClientStep{{do("cpuhp_remove_state", "every:online")}, nil},
			},
			do("cpuhp_state_add_instance", "every:multi"),
			do("cpuhp_state_remove_instance_nocalls", "every:multi"),
		}},
		{Name: "other", Steps: []ClientStep{
			{Verb: "choice", Bodies: [][]ClientStep{
				{do("down_write", "sem"), do("up_write", "sem")},
				{
					do("queue_work", "first"),
					{Verb: "queue_work_on", Object: "second", CPU: 2},
					do("flush_work", "second"),
				},
				{
					do("cpu_hotplug_disable", ""),
					do("cancel_work_sync", "first"),
					do("cpu_hotplug_enable", ""),
					do("return", ""),
				},
			}},
			{Verb: "for_each_online_cpu", Bodies: [][]ClientStep{{do("set", "served")}}},
			{
				Verb:   "wait_event",
				Object: "flag",
				Not:    true,
			},
			do("wait_for_completion", "done"),
			do("complete_all", "done"),
			do("warn_on", "flag"),
		}},
	},
}

// Every step that a client may take is taken in some execution.
func TestClientsDoWhatIsWritten(t *testing.T) {
	m := machine(t, "v6.12", func(sc *Scenario) {
		sc.Clients, sc.Sequence, sc.DynStates, sc.Smpboot = []Client{
			everyVerb,
		}, []Op{
			{CPU: 1},
			{CPU: 1, Up: true},
		}, 0, 0
	})
	seen, x, rng := map[string]bool{}, m.NewExec(), rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s := m.Initial()
		for acts := x.Enabled(&s, nil); len(acts) > 0; acts = x.Enabled(&s, acts[:0]) {
			act := acts[rng.IntN(len(acts))]
			x.become(&s, act.Thread())
			seen[x.node().label] = true
			x.Do(&s, act)
		}
	}
	for _, label := range []string{
		"mutex_lock(&mutex)", "spin_lock(&spin)", "down_read(&sem)", "down_write(&sem)", "up_write(&sem)",
		"wait_for_completion(&done)", "complete(&done)", "complete_all(&done)", "set served", "clear served",
		"hand_over duty", "take duty", "queue_work(&first)", "queue_work_on(&second)", "flush_work(&second)",
		"cancel_work_sync(&first): wait", "wait_event(!flag)", "WARN_ON(flag)", "if (cpu_online)", "choice",
		"process_one_work(first)", "process_one_work(second)", "hlist_add_head(node, &sp->list)", "hlist_del(node)",
	} {
		assert.True(t, seen[label], label)
	}
}

// At boot the states that are registered have been started.
func TestClientsAtBoot(t *testing.T) {
	c := Client{
		Name: "c", Objects: []ClientObject{{Name: "on", Kind: ClientCPUFlag}, {Name: "cold", Kind: ClientCPUFlag}},
		States: []ClientState{
			{
				Name:       "c:on",
				Section:    SectionOnline,
				Startup:    "c_on",
				Up:         []ClientStep{do("set", "on")},
				Registered: true,
			},
			{Name: "c:cold", Section: SectionOnline, Startup: "c_cold", Up: []ClientStep{do("set", "cold")}},
		},
	}
	m := machine(t, "v6.12", func(sc *Scenario) { sc.Clients, sc.CPUs, sc.Boot = []Client{c}, 4, 2 })
	s := m.Initial()
	assert.Equal(t, uint8(0b11), s.Client.Marks[0])
	assert.Zero(t, s.Client.Marks[1])
	assert.Equal(t, uint8(1), s.Modules[0])
	assert.Zero(t, s.Modules[1])
}

// What a machine cannot have is refused with what it can.
func TestClientsThatCannotBe(t *testing.T) {
	k, err := Lookup("v6.12")
	require.NoError(t, err)
	for _, tt := range []struct {
		want   string
		change func(*Scenario)
	}{
		{"at most 3", func(sc *Scenario) {
			for range 4 {
				s := everyVerb.States[1]
				sc.Clients[0].States = append(sc.Clients[0].States, s)
			}
		}},
		{"at most 8 of all clients", func(sc *Scenario) {
			for range 9 {
				sc.Clients[0].Objects = append(sc.Clients[0].Objects, ClientObject{Name: "m", Kind: ClientMutex})
			}
		}},
		{"memory-model sc", func(sc *Scenario) { sc.MemoryModel = TSO }},
		{"there is no nothing", func(sc *Scenario) {
			sc.Clients[0].Tasks = []ClientTask{{Name: "t", Steps: []ClientStep{do("set", "nothing")}}}
		}},
	} {
		sc := Default()
		sc.Notifiers, sc.Clients = 0, []Client{{Name: "c"}}
		tt.change(&sc)
		_, err := New(k, sc)
		assert.ErrorContains(t, err, tt.want)
	}
	old, err := Lookup("v4.13")
	require.NoError(t, err)
	sc := Default()
	sc.Clients = []Client{{Name: "c"}}
	_, err = New(old, sc)
	assert.ErrorContains(t, err, "v4.14")
}
