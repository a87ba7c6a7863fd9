package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The script of the action and of the GitLab example, as platforms call it. A shim in the place of go build gives it
// the hpcheck of the test.
func TestCIScript(t *testing.T) {
	script, err := filepath.Abs("../../deploy/ci.sh")
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte(`#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
cat >"$out" <<'END'
#!/bin/sh
echo "checks $*"
while [ $# -gt 0 ]; do
	case $1 in
	--out) mkdir -p "$2"; cd "$2"; shift ;;
	--format) only=$2; shift ;;
	--status) status=$2; shift ;;
	esac
	shift
done
if [ "$only" = html ]; then echo page >report.html; else echo notes >github.txt; echo summary >report.md; fi
exit "${status:-0}"
END
chmod +x "$out"
`), 0o777))
	run := func(env ...string) (string, int) {
		cmd := exec.Command("bash", script)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), append(env, "PATH="+bin+":"+os.Getenv("PATH"))...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			return string(out), exit.ExitCode()
		}
		return string(out), 0
	}
	for _, c := range []struct {
		name   string
		env    []string
		status int
		says   string
	}{
		{"github", []string{"GITHUB_ACTIONS=1"}, 0, "notes"},
		{"a form without annotations", []string{"GITHUB_ACTIONS=1", "HPCHECK_ARGUMENTS=--format html"}, 0, ""},
		{"bogus", []string{"HPCHECK_FAIL_ON=bogus"}, 2, "want violated, incomplete or never"},
		{"violated", []string{"HPCHECK_ARGUMENTS=--status 1", "HPCHECK_FAIL_ON=violated"}, 1, ""},
		{"never", []string{"HPCHECK_ARGUMENTS=--status 1", "HPCHECK_FAIL_ON=never"}, 0, ""},
		{"incomplete", []string{"HPCHECK_ARGUMENTS=--status 3"}, 3, ""},
		{"incomplete does not matter", []string{"HPCHECK_ARGUMENTS=--status 3", "HPCHECK_FAIL_ON=violated"}, 0, ""},
		{"unwritten", []string{"HPCHECK_ARGUMENTS=--status 4", "HPCHECK_FAIL_ON=never"}, 4, ""},
		{"a patch", []string{"HPCHECK_AGAINST=v1", "HPCHECK_SOURCE=a b"}, 0,
			"checks --source a b --against v1 --out hpcheck-report\n"},
		{"a bad patch", []string{"HPCHECK_AGAINST=v1", "HPCHECK_ARGUMENTS=--status 1"}, 1, "checks"},
		{"no such revision", []string{"HPCHECK_AGAINST=v1", "HPCHECK_ARGUMENTS=--status 2"}, 2, "checks"},
		{"bad usage", []string{"HPCHECK_ARGUMENTS=--status 2", "HPCHECK_FAIL_ON=never"}, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, status := run(c.env...)
			assert.Equal(t, c.status, status, out)
			assert.Contains(t, out, c.says)
		})
	}
}
