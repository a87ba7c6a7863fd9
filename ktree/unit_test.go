package ktree

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unit loads the small tree under a configuration.
func unit(t *testing.T, config string) *Unit {
	t.Helper()
	dir := write(t, t.TempDir(), small)
	write(t, dir, map[string]string{".config": config})
	tree, err := Open(dir)
	require.NoError(t, err)
	cfg, err := tree.Config(Options{})
	require.NoError(t, err)
	u, err := tree.Load(cfg, "include/linux/cpuhotplug.h", "kernel/cpu.c", "kernel/smpboot.c")
	require.NoError(t, err)
	require.Empty(t, u.Problems())
	return u
}

func TestConfig(t *testing.T) {
	dir := write(t, t.TempDir(), small)
	tree, err := Open(dir)
	require.NoError(t, err)

	cfg, err := tree.Config(Options{})
	require.NoError(t, err)
	assert.Equal(t, "the defaults of x86 (x86_64_defconfig)", cfg.From)
	assert.Equal(t, []string{"y", "64"}, []string{cfg.Set.Value("CONFIG_CUPS"), cfg.Set["BITS_PER_LONG"]})

	cfg, err = tree.Config(Options{Arch: "oven"})
	require.NoError(t, err)
	assert.Equal(t, "the defaults of oven (big_defconfig)", cfg.From)
	assert.Equal(t, []string{"n", "32"}, []string{cfg.Set.Value("CONFIG_CUPS"), cfg.Set["BITS_PER_LONG"]})

	cfg, err = tree.Config(Options{Arch: "powerpc"})
	require.NoError(t, err)
	assert.Equal(t, "the defaults of powerpc (ppc64_defconfig)", cfg.From)

	write(t, dir, map[string]string{
		".config": "CONFIG_X86=y\nCONFIG_CUPS=m\n", "other": "CONFIG_PPC=y\n", "no": "CONFIG_CUPS=y\n", "bad": "x\n",
	})
	cfg, err = tree.Config(Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{dir + "/.config", "x86", "m"}, []string{cfg.From, cfg.Arch, cfg.Set.Value("CONFIG_CUPS")})
	cfg, err = tree.Config(Options{File: dir + "/other"})
	require.NoError(t, err)
	assert.Equal(t, []string{dir + "/other", "powerpc"}, []string{cfg.From, cfg.Arch})

	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{File: dir + "/none"}, "no such file"},
		{Options{File: "/dev/zero"}, "is too large: want 16 MiB at most"},
		{Options{File: dir + "/bad"}, dir + `/bad:1: "x" is no line of a .config`},
		{Options{File: dir + "/no"}, dir + "/no sets no architecture (as CONFIG_X86=y): want a whole .config"},
		{Options{File: dir + "/other", Arch: "x86"}, "is a configuration for powerpc, not for x86"},
		{Options{Arch: "x86_64"}, "want the name of a directory under arch, as x86"},
		{Options{Arch: "moon"}, "has no architecture moon: there is no arch/moon/Makefile"},
		{Options{Arch: "lost"}, "which of arch/lost/configs are the defaults of lost cannot be told"},
	} {
		_, err := tree.Config(c.o)
		assert.ErrorContains(t, err, c.want)
	}
}

func names(funcs []*Func) string {
	var s []string
	for _, f := range funcs {
		s = append(s, strings.TrimSuffix(strings.TrimPrefix(f.File, "kernel/"), ".c")+":"+f.Name)
	}
	return strings.Join(s, " ")
}

func TestReach(t *testing.T) {
	u := unit(t, "CONFIG_X86=y\n")
	r := u.Reach("cpu_up", "no_such_function")
	assert.Equal(
		t,
		"cpu:cpu_up smpboot:shelve smpboot:hidden smpboot:unshelve cpu:arch_tea cpu:go cpu:hidden",
		names(r.Funcs),
	)
	var calls []string
	for _, c := range r.Calls {
		calls = append(calls, c.Name+" in "+names(c.In))
	}
	assert.Equal(t, []string{
		"(*cb) in cpu:cpu_up", "(*st->fn) in cpu:cpu_up", "IS_ENABLED in cpu:hidden", "guard(mutex) in cpu:cpu_up",
		"kick in smpboot:unshelve",
	}, calls)
	assert.Equal(t, map[string][]string{
		"cpu_up": {"cpuhp_hp_states", "arch_tea", "go"}, "cpuhp_hp_states": {"shelve", "unshelve", "go"},
		"shelve": {"hidden"}, "unshelve": {"arch_tea", "kick"}, "go": {"shelve", "hidden"}, "hidden": {"IS_ENABLED"},
	}, r.Edges)
	require.Len(t, r.Vars, 1)
	assert.Equal(t, "kernel/cpu.c", r.Vars[0].File)
}

// An architecture's own definition takes the place of a weak one.
func TestOverrides(t *testing.T) {
	u := unit(t, "CONFIG_X86=y\n")
	over, err := u.Overrides("arch_tea", "arch_coffee")
	require.NoError(t, err)
	require.Len(t, over, 1)
	assert.Equal(t, "arch/x86/kernel/tea.c", over["arch_tea"].File)
	assert.Equal(t, "boil", over["arch_tea"].Body.List[0].X.Callee())
	assert.True(t, u.Funcs["arch_tea"].Weak())
	assert.Equal(t, []string{"arch_tea"}, u.Weak())
}

func TestAsked(t *testing.T) {
	u := unit(t, "CONFIG_X86=y\nCONFIG_CUPS=m\n")
	assert.Equal(t, []Asked{
		{Name: "CONFIG_CUPS", Value: "m", By: []string{"include/linux/cpuhotplug.h", "kernel/cpu.c"}},
	}, u.Asked())
}

func TestSteps(t *testing.T) {
	u := unit(t, "CONFIG_X86=y\nCONFIG_CUPS=y\n")
	steps, err := u.Steps()
	require.NoError(t, err)
	assert.Equal(t, []Step{
		{Number: -1, Symbol: "CPUHP_INVALID", Line: 3},
		{Number: 0, Symbol: "CPUHP_OFFLINE", Line: 4, Table: true, Name: "offline", At: 7},
		{
			Number: 1, Symbol: "CPUHP_SHELVES", Line: 5, Table: true, Name: "shelves:put", Startup: "shelve",
			Teardown: "unshelve", CantStop: true, At: 8,
		},
		{Number: 2, Symbol: "CPUHP_CUPS", Line: 7},
		{Number: 3, Symbol: "CPUHP_BRINGUP_CPU", Line: 9},
		{Number: 4, Symbol: "CPUHP_AP_DYN", Line: 10, Table: true, Startup: "go", Multi: true, At: 10},
		{Number: 6, Symbol: "CPUHP_AP_DYN_END", Line: 11},
		{Number: 7, Symbol: "CPUHP_ONLINE", Line: 12},
	}, steps)
	steps, err = unit(t, "CONFIG_X86=y\n").Steps()
	require.NoError(t, err)
	assert.Equal(t, int64(6), steps[len(steps)-1].Number, "without cups")
}

func TestStepsMistakes(t *testing.T) {
	for old, c := range map[string][2]string{
		"enum cpuhp_state {":  {"enum states {", "has no enum cpuhp_state"},
		"cpuhp_hp_states[] =": {"steps[] =", "has no table cpuhp_hp_states"},
		"[CPUHP_SHELVES] =":   {"[CPUHP_PLATES] =", "kernel/cpu.c:8: CPUHP_PLATES is not in enum cpuhp_state"},
		".cant_stop = true": {".colour = 3", "kernel/cpu.c:9: this is no entry of cpuhp_hp_states that can " +
			"be read"},
		"[CPUHP_OFFLINE] = { .name": {"{ .name", "kernel/cpu.c:7: this is no entry"},
	} {
		files := map[string]string{".config": "CONFIG_X86=y\n"}
		for name, text := range small {
			files[name] = strings.Replace(text, old, c[0], 1)
		}
		tree, err := Open(write(t, t.TempDir(), files))
		require.NoError(t, err)
		cfg, err := tree.Config(Options{})
		require.NoError(t, err)
		u, err := tree.Load(cfg, "include/linux/cpuhotplug.h", "kernel/cpu.c")
		require.NoError(t, err)
		_, err = u.Steps()
		assert.ErrorContains(t, err, c[1])
	}
}
