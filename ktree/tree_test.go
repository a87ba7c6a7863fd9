package ktree

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a tree of the tests' own: it has the names of a kernel and nothing of its text.
var small = map[string]string{
	"Makefile": "# SPDX\nVERSION = 9\nPATCHLEVEL = 4\nSUBLEVEL = 0\nEXTRAVERSION = -rc2\nNAME = Small\n",
	"include/linux/cpuhotplug.h": `
enum cpuhp_state {
	CPUHP_INVALID = -1,
	CPUHP_OFFLINE = 0,
	CPUHP_SHELVES,
#ifdef CONFIG_CUPS
	CPUHP_CUPS,
#endif
	CPUHP_BRINGUP_CPU,
	CPUHP_AP_DYN,
	CPUHP_AP_DYN_END = CPUHP_AP_DYN + 2,
	CPUHP_ONLINE,
};
enum other { CPUHP_NOT_A_STATE = 4 };
`,
	"kernel/cpu.c": `
static int go(int cpu) { return shelve(cpu) + hidden(); }
static int hidden(void) { return IS_ENABLED(CONFIG_CUPS); }
static int unused(void) { return hidden(); }
void __weak arch_tea(void) { }
static struct cpuhp_step cpuhp_hp_states[] = {
	[CPUHP_OFFLINE] = { .name = "offline", .startup.single = NULL, },
	[CPUHP_SHELVES] = { .name = "shelves:put", .startup.single = shelve, .teardown.single = unshelve,
			    .cant_stop = true },
	[CPUHP_AP_DYN] = { .startup.multi = go, .multi_instance = true },
};
int cpu_up(int cpu)
{
	int (*cb)(int) = cpuhp_hp_states[1].startup.single;
	guard(mutex)(&lock);
	arch_tea();
	return cb(cpu) + st->fn(go);
}
`,
	"kernel/smpboot.c": `
static int hidden(void) { return 2; }
int shelve(int cpu) { return hidden(); }
int unshelve(int cpu) { arch_tea(); return kick(cpu); }
`,
	"arch/x86/Makefile":                    "KBUILD_DEFCONFIG := $(ARCH)_defconfig\n",
	"arch/x86/configs/x86_64_defconfig":    "CONFIG_CUPS=y\n",
	"arch/oven/Makefile":                   "KBUILD_DEFCONFIG := big_defconfig\n",
	"arch/oven/configs/big_defconfig":      "# nothing\n",
	"arch/powerpc/Makefile":                "KBUILD_DEFCONFIG := $(if $(filter ppc%,$(uname)),$(uname))_defconfig\n",
	"arch/powerpc/configs/ppc64_defconfig": "# nothing\n",
	"arch/lost/Makefile":                   "KBUILD_DEFCONFIG := $(guess)_defconfig\n",
	"arch/x86/kernel/tea.c":                "void arch_tea(void) { boil(); }\n",
	"arch/x86/kernel/not.c":                "/* arch_tea(void) */ void x(void) { arch_tea(); }\n",
	"Kconfig": "config CUPS\n\tbool \"Cups\"\nconfig 64BIT\n\tdef_bool \"$(SRCARCH)\" = " +
		"\"x86\"\n",
}

// write makes a tree of files below a directory.
func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

// commit makes a directory a repository, and what is in it a commit.
func commit(t *testing.T, dir, tag string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {
		"-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-m", "x",
	}, {"tag", tag}} {
		_, err := git(dir, args...)
		require.NoError(t, err)
	}
}

func TestOpen(t *testing.T) {
	dir := write(t, t.TempDir(), small)
	tree, err := Open(dir)
	require.NoError(t, err)
	assert.Equal(t, "v9.4-rc2", tree.Version.String())
	assert.Equal(t, "int unshelve(int cpu) { arch_tea(); return kick(cpu); }", tree.Line("kernel/smpboot.c", 4))
	assert.Empty(t, tree.Line("kernel/smpboot.c", 5))
	assert.Empty(t, tree.Line("kernel/none.c", 1))
	_, err = tree.Read("kernel/none.c")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	files, err := tree.List("arch/x86")
	require.NoError(t, err)
	assert.Equal(t, []string{
		"arch/x86/Makefile", "arch/x86/configs/x86_64_defconfig", "arch/x86/kernel/not.c", "arch/x86/kernel/tea.c",
	}, files)
	files, err = tree.List("arch/none")
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestOpenMistakes(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(write(t, t.TempDir(), map[string]string{"x": ""}), "x")
	repo := write(t, t.TempDir(), small)
	commit(t, repo, "one")
	for spec, want := range map[string]string{
		empty + "/none":       "there is no directory " + empty + "/none: want a kernel tree, as DIR or DIR@REVISION",
		empty + "/none@HEAD":  "there is no directory " + empty + "/none@HEAD",
		file:                  file + " is no directory",
		empty:                 empty + " is no kernel tree: want a Makefile that names a version, and a kernel/cpu.c",
		repo + "@nothing":     "the repository at " + repo + " has no revision nothing",
		repo + "@--all":       "the repository at " + repo + " has no revision --all",
		repo + "@":            "want a revision behind the @",
		repo + "/kernel@HEAD": "is no kernel tree",
		"":                    "there is no directory",
	} {
		_, err := Open(spec)
		assert.ErrorContains(t, err, want, spec)
	}
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(empty))
	_, err := Open(empty + "@HEAD")
	assert.ErrorContains(t, err, "is in no git repository")
	t.Setenv("PATH", empty)
	_, err = Open(repo + "@HEAD")
	assert.ErrorContains(t, err, "git is needed to read a revision")
}

// A revision is read as it was, whatever lies in the directory now, and nothing in the directory changes.
func TestRevision(t *testing.T) {
	top := t.TempDir()
	dir := write(t, filepath.Join(top, "sub@dir"), small)
	write(t, top, map[string]string{"Makefile": "VERSION = 1\n"})
	commit(t, top, "one")
	write(t, dir, map[string]string{
		"kernel/cpu.c": "int cpu_up(void) { return 2; }\n", "Makefile": "VERSION = 9\nPATCHLEVEL = 5\n", "new.c": "",
	})
	for _, spec := range []string{dir + "@one", dir + "@HEAD", dir + "@HEAD@{0}"} {
		old, err := Open(spec)
		require.NoError(t, err, spec)
		assert.Equal(t, "v9.4-rc2", old.Version.String())
		assert.Len(t, old.Revision, 40)
		text, err := old.Read("kernel/cpu.c")
		require.NoError(t, err)
		assert.Equal(t, small["kernel/cpu.c"], text)
		for _, none := range []string{"new.c", "kernel", "kernel/cpu.c/", "no such file.c", "a\nb"} {
			_, err = old.Read(none)
			assert.ErrorIs(t, err, fs.ErrNotExist, none)
		}
		files, err := old.List("arch/x86/kernel")
		require.NoError(t, err)
		assert.Equal(t, []string{"arch/x86/kernel/not.c", "arch/x86/kernel/tea.c"}, files)
		require.NoError(t, old.Close())
	}
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "another")) // as in a hook
	now, err := Open(dir)
	require.NoError(t, err)
	assert.Equal(t, "v9.5", now.Version.String())
	for _, beside := range []string{"one", dir + "@one", "HEAD"} {
		old, err := now.OpenBeside(beside)
		require.NoError(t, err)
		assert.Equal(t, "v9.4-rc2", old.Version.String(), beside)
		old.Close()
	}
	_, err = now.OpenBeside("nothing")
	assert.ErrorContains(t, err, "nothing is no directory, and as a revision: ")
	_, err = now.OpenBeside(top + "/sub@dir/kernel")
	assert.ErrorContains(t, err, "is no kernel tree")
	state, err := git(top, "status", "--porcelain")
	require.NoError(t, err)
	assert.Equal(t, 3, len(strings.Split(state, "\n")), state)
}
