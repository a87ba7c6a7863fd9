package main

import (
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Lists of CPUs are those that the kernel takes, as for isolcpus= (lib/bitmap.c).
func TestLists(t *testing.T) {
	for text, want := range map[string][]int{
		"1": {1}, "0,2-3": {0, 2, 3}, "0-7:1/2": {0, 2, 4, 6}, "0-6:2/3": {0, 1, 3, 4, 6}, "5-5": {5}, "1, 2": {1, 2},
	} {
		cpus, err := parseCPUs(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, cpus, text)
	}
	for _, text := range []string{"", "a", "-1", "3-1", "1-", "1,,2", "0-7:2", "0-7:0/2", "0-7:3/2", "1:1/2", "8192"} {
		_, err := parseCPUs(text)
		assert.Error(t, err, text)
	}
	cpus := []int{1}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	addCPUs(fs, &cpus, "cpu", "")
	require.NoError(t, fs.Parse([]string{"--cpu", "2-3", "--cpu", "3,5"}))
	assert.Equal(t, []int{2, 3, 5}, cpus)
}
