package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/reports"
)

// Every exhibit that the model has must be found by the property that it names, first of all that are on, and that
// property must hold with the fix. The page and the time line are made of that.
func TestMuseum(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector")
	}
	all, err := readMuseum()
	require.NoError(t, err)
	whole, err := chosen(slices.Clone(all), nil) // what hpcheck museum runs if it is told nothing
	require.NoError(t, err)
	assert.Equal(t, all, whole)
	made := map[string]*shown{}
	for _, e := range all {
		assert.Less(t, len(e.Title), 70, e.Name)
		assert.False(t, strings.HasSuffix(e.Verified, "."), "%s: it stands in a sentence", e.Name)
		s, err := e.show(context.Background(), io.Discard)
		require.NoError(t, err, e.Name)
		assert.Equal(t, e.violates, s.first, e.Name)
		assert.Equal(t, exitOK, s.status(e), "%s: %s", e.Name, s.withFix(e))
		judged := slices.IndexFunc(
			s.fixed.Verdicts, func(v reports.Verdict) bool { return v.Property.Name == e.violates },
		)
		require.GreaterOrEqual(t, judged, 0, "%s: the run with the fix is not checked for %s", e.Name, e.violates)
		assert.Contains(
			t, []reports.Status{reports.Holds, reports.Vacuous}, s.fixed.Verdicts[judged].Status, "%s: %s with the fix",
			e.Name, e.violates,
		)
		made[e.Name] = s
	}
	var svg strings.Builder
	museumTimeline(&svg, all)
	for file, text := range map[string]string{"museum.md": museumPage(all, made), "museum.svg": svg.String()} {
		if *update {
			require.NoError(t, os.WriteFile("../../docs/"+file, []byte(text), 0o666))
		}
		got, err := os.ReadFile("../../docs/" + file)
		require.NoError(t, err)
		assert.Equal(t, text, string(got), "make generate makes it")
	}
}

// Mistakes in an exhibit are told with their place.
func TestMuseumMistakes(t *testing.T) {
	whole := "title = \"a\"\nfrom = \"v4.6\"\nuntil = \"v4.6\"\nintroduced = \"a\"\nfixed = \"b\"\nverified = " +
		"\"c\"\nstory = \"d\"\n"
	for _, tt := range []struct{ text, want string }{
		{"", "x.toml:1:1: title is missing"},
		{whole, "x.toml:1:1: violates is missing"},
		{whole + "violates = \"no-deadlock\"\n", "[bug] is missing"},
		{whole + "violates = \"no-deadlock\"\n[bug]\ncpu = 2\n", "x.toml:10:1: unknown key \"cpu\""},
		{whole + "violates = \"no-deadlock\"\n[bug]\nkernel = \"v46\"\n[with-fix]\n", "unknown kernel \"v46\""},
		{whole + "violates = \"no-deadlock\"\nbred_by = \"a\"\n", "x.toml:9:1: unknown key \"bred_by\""},
	} {
		_, err := readExhibit("x.toml", []byte(tt.text))
		assert.ErrorContains(t, err, tt.want)
	}
}
