package lower_test

import (
	"testing"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// FuzzAssemble puts any text anywhere into the test's own core: it is assembled, or an error says why not.
func FuzzAssemble(f *testing.F) {
	text := core(f)
	for _, piece := range []string{
		"", ";", "st->state++;", "goto out;", "for_each_present_cpu(cpu) cpu_up(cpu, 0);", "{", "-1", "mutex_lock();",
		"return walk(up, cpu, st, goal);", "*which = 7;", "sp->name = NULL;", "case 3:", "for_each_cpu(cpu);",
	} {
		for at := 700; at < len(text); at += 1500 {
			f.Add(uint16(at), uint8(len(piece)/2), piece)
		}
	}
	k, err := model.Lookup("v6.12")
	if err != nil {
		f.Fatal(err)
	}
	sc := small()
	sc.Suspend, sc.Disablers = true, 1
	f.Fuzz(func(_ *testing.T, at uint16, drop uint8, piece string) {
		from := min(int(at), len(text))
		to := min(from+int(drop), len(text))
		file := cfront.Parse("core.c", text[:from]+piece+text[to:], cfront.Config{"CONFIG_HOTPLUG_CPU": "1"})
		k.Source = lower.New(cfront.Config{}, file)
		model.New(k, sc) //nolint:errcheck // either is right
	})
}
