package explore

import (
	"context"
	"encoding/binary"
	"hash/crc64"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A run that is stopped again and again, and goes on from its checkpoint each time, must end as one that is not, in
// every mode.
func TestResume(t *testing.T) {
	model := peterson(3)
	model.bad = func(n int, s uint64) bool { return get(s, 0, 3) == 4 && get(s, 3, 3) == 3 }
	for _, opt := range []Options{{}, {Mode: Compact}, {Mode: Bitstate, Bits: 1 << 18}, {Depth: 30}} {
		t.Run(opt.Mode.String(), func(t *testing.T) {
			opt.Workers = 2
			sys := spread{model}
			want := run(t, sys, opt)
			opt.Checkpoint = filepath.Join(t.TempDir(), "run.ckpt")
			opt.Settings = []Setting{{"model", sys.String()}}
			parts := 0
			for opt.MaxStates = 500; ; opt.MaxStates += 900 {
				opt.Workers = 1 + parts%3
				got := run(t, sys, opt)
				opt.Resume = opt.Checkpoint
				if parts++; got.Stop == StateLimit {
					continue
				}
				want.Elapsed, got.Elapsed, want.Bytes, got.Bytes = 0, 0, 0, 0
				assert.Equal(t, want, got)
				break
			}
			assert.Greater(t, parts, 3)
		})
	}
}

// A checkpoint that is damaged, of another run or none at all must be refused, with the reason.
func TestResumeRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.ckpt")
	opt := Options{MaxStates: 2000, Checkpoint: file, Settings: []Setting{{"--cpus", "4"}}}
	run(t, philosophers(9), opt)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	refused := func(reason string, data []byte, opt Options) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, data, 0o666))
		opt.Resume = file
		_, err := Run(context.Background(), philosophers(9), opt)
		var wrong *CheckpointError
		require.ErrorAs(t, err, &wrong)
		assert.Contains(t, wrong.Error(), reason)
	}
	other := opt
	other.Settings = []Setting{{"--cpus", "3"}}
	refused(`is of another run: --cpus was "4" there and is "3" now`, whole, other)
	for _, at := range []int{40, len(whole) / 2, len(whole) - 1} {
		bad := append([]byte(nil), whole...)
		bad[at] ^= 4
		refused("damaged", bad, opt)
	}
	refused("damaged", whole[:len(whole)-100], opt)
	refused("no checkpoint", []byte("hello"), opt)
	refused("no checkpoint", nil, opt)
	opt.Resume = filepath.Join(t.TempDir(), "none")
	_, err = Run(context.Background(), philosophers(9), opt)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// The checkpoint that is there must always be a whole one: what is written in passing goes beside it.
func TestCheckpointLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	run(t, commit(6), Options{Checkpoint: filepath.Join(dir, "c"), Interval: time.Nanosecond})
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = Run(
		context.Background(), commit(6), Options{Checkpoint: filepath.Join(dir, "no", "c"), Interval: time.Nanosecond},
	)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// What does not fit into memory waits in a file, and comes back as it was.
func TestSpill(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	sys := padded{commit(8)}
	want := run(t, sys, Options{Mode: Compact})
	limited := Options{Mode: Compact, Memory: want.Bytes / 3 * 2, Spill: t.TempDir()}
	got := run(t, sys, limited)
	t.Logf("%d MB in all; %d MB and %d MB on disk", want.Bytes>>20, got.Bytes>>20, got.Spilled>>20)
	assert.LessOrEqual(t, got.Bytes, limited.Memory)
	assert.NotZero(t, got.Spilled)
	want.Elapsed, got.Elapsed, want.Bytes, got.Bytes, got.Spilled = 0, 0, 0, 0, 0
	assert.Equal(t, want, got)
}

// A run that could not write its checkpoint is no proof, whatever it has found.
func TestCheckpointFails(t *testing.T) {
	opt := Options{Workers: 2, Checkpoint: filepath.Join(t.TempDir(), "no", "such", "place"), Interval: time.Nanosecond}
	r, err := Run(context.Background(), philosophers(9), opt)
	require.Error(t, err)
	assert.Equal(t, Failed, r.Stop)
	var zero Result
	assert.Equal(t, Failed, zero.Stop, "whoever forgets to say why a run ended must not have proved anything")
}

// A run that the memory limit stops can go on from its checkpoint with more.
func TestResumeAfterMemoryLimit(t *testing.T) {
	sys := philosophers(12)
	want := run(t, sys, Options{Workers: 2})
	opt := Options{Workers: 2, Memory: 1 << 20, Checkpoint: filepath.Join(t.TempDir(), "run.ckpt")}
	require.Equal(t, MemoryLimit, run(t, sys, opt).Stop)
	opt.Memory, opt.Resume = 0, opt.Checkpoint
	got := run(t, sys, opt)
	want.Elapsed, got.Elapsed, want.Bytes, got.Bytes = 0, 0, 0, 0
	assert.Equal(t, want, got)
}

// Whatever is between the head and the checksum, it is settings or an error.
func FuzzCheckpoint(f *testing.F) {
	file := filepath.Join(f.TempDir(), "run.ckpt")
	run(f, philosophers(3), Options{MaxStates: 20, Checkpoint: file, Settings: []Setting{{"--cpus", "4"}}})
	whole, err := os.ReadFile(file)
	require.NoError(f, err)
	f.Add(whole[len(checkpointMagic) : len(whole)-8][:256])
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		text := append([]byte(checkpointMagic), data...)
		sum := crc64.Checksum(text, crcTable)
		require.NoError(t, os.WriteFile(file, binary.LittleEndian.AppendUint64(text, sum), 0o600))
		if settings, err := Settings(file); err == nil {
			require.LessOrEqual(t, len(settings), len(data))
			_, err = Run(t.Context(), philosophers(3), Options{MaxStates: 20, Resume: file, Settings: settings})
			var damaged *CheckpointError
			if err != nil {
				require.ErrorAs(t, err, &damaged)
			}
		}
	})
}
