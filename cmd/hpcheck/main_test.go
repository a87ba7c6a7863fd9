package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"hpcheck": main,
	})
}

// The command as people use it.
func TestScripts(t *testing.T) {
	hook, err := filepath.Abs("../../deploy/post-commit")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOOK", hook)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"story": story},
	})
}

// story is a command of the scripts: it writes to the file story what hpcheck has just told first, which is how it came
// to the violation. What follows counts states and instructions, and is not of the story.
func story(ts *testscript.TestScript, _ bool, _ []string) {
	told, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n\n")
	ts.Check(os.WriteFile(ts.MkAbs("story"), []byte(told+"\n"), 0o666))
}
