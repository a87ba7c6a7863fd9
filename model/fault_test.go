package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A callback of the ladder fails by itself if it is named, by its state or by its function, with the errors that are
// told, and no other does.
func TestCallbacksFailByThemselves(t *testing.T) {
	k, err := Lookup("v7.3")
	require.NoError(t, err)
	for text, want := range map[string][]Errno{
		"startup:workqueue:online":                {ENOMEM},
		"startup:workqueue:online=EIO":            {EIO},
		"workqueue_online_cpu=EIO+ENOMEM+-12+524": {EIO, ENOMEM, ENOTSUPP},
		"startup:*=ENOSPC":                        {ENOSPC},
	} {
		sc := Default()
		sc.FaultPoints = []string{text}
		m, err := New(k, sc)
		require.NoError(t, err, text)
		for _, p := range m.FaultPoints {
			if p.Name == "startup:workqueue:online" {
				assert.Equal(t, want, p.Errnos, text)
				assert.True(t, p.Enabled, text)
			}
			assert.False(t, p.Enabled && p.Name == "teardown:workqueue:online", text)
		}
	}
	for text, why := range map[string]string{
		"cpu_disable=EFOO": `unknown error "EFOO", did you mean "EIO"?`,
		"cpu_disable=":     `unknown error ""`,
		"cpu_disable=0":    `unknown error "0"`,
		"startup:nothing":  `unknown fault point "startup:nothing"`,
	} {
		sc := Default()
		sc.FaultPoints = []string{text}
		_, err := New(k, sc)
		assert.ErrorContains(t, err, why)
	}
	m, err := New(k, Default())
	require.NoError(t, err)
	for _, p := range m.FaultPoints {
		assert.False(t, p.Enabled && p.Named, "%s fires without being named", p.Name)
	}
	sc := Default()
	sc.FaultPoints = []string{"cpu_disable=any"}
	m, err = New(k, sc)
	require.NoError(t, err)
	assert.Len(t, m.FaultPoints[m.faultPoint(FaultPoint{Name: "cpu_disable"})].Errnos, int(numErrnos)-1)
}
