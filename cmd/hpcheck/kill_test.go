package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A run that is killed at random moments, and goes on from its checkpoint each time, must end with the numbers and the
// verdicts of one that is not. HPCHECK_KILLS says how often it is killed, HPCHECK_KILL_ARGS what it checks.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	kills, args := 4, "--kernel v4.6 --cpus 3 --ops 3 --faults 2"
	if n, err := strconv.Atoi(os.Getenv("HPCHECK_KILLS")); err == nil {
		kills = n
	}
	if text := os.Getenv("HPCHECK_KILL_ARGS"); text != "" {
		args = text
	}
	bin := filepath.Join(t.TempDir(), "hpcheck")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)

	begun := time.Now()
	want, err := exec.Command(bin, strings.Fields(args)...).Output()
	require.Error(t, err, "v4.6 has findings")
	whole := time.Since(begun)

	file := filepath.Join(t.TempDir(), "run.ckpt")
	fresh := append(strings.Fields(args), "--checkpoint", file, "--checkpoint-interval", "50ms")
	resumed := append(fresh[:len(fresh):len(fresh)], "--resume", file)
	rng := rand.New(rand.NewPCG(1, 2))
	next := fresh
	for range kills {
		cmd := exec.Command(bin, next...)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(rng.Int64N(int64(whole)*2/int64(kills) + int64(300*time.Millisecond))))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if _, err := os.Stat(file); err == nil {
			next = resumed
		}
	}
	got, err := exec.Command(bin, next...).Output()
	require.Error(t, err)
	assert.Equal(t, steady(want), steady(got))
}

// steady is an output without what differs from run to run.
func steady(out []byte) string {
	return regexp.MustCompile(`; [0-9hmsµ.]+, [0-9.]+ [KMG]iB`).ReplaceAllString(string(out), "")
}
