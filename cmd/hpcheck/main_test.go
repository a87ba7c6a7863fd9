package main

import (
	"path/filepath"
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
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(env *testscript.Env) error {
		env.Setenv("HOOK", hook)
		return nil
	}})
}
