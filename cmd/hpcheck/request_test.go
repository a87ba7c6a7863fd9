package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/reports"
)

// What people type is a flag, what is true is a flag alone, and the rest is a key.
func TestLine(t *testing.T) {
	assert.Equal(
		t,
		[]string{"hpcheck", "--states", "m.txt", "--cpus", "3", "--liveness", "--set", "wake-ups=2"},
		line([]reports.Setting{
			{Key: "ladder", Value: "m.txt"}, {Key: "cpus", Value: "3"}, {Key: "liveness", Value: "true"},
			{Key: "wake-ups", Value: "2"},
		}),
	)
}
