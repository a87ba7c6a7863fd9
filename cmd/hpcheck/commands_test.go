package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told is what comes of a command that a document shows: its status, and what it says; or why it is not run here.
type told struct {
	status    int
	says      string
	elsewhere string
}

const needsTree = "needs a kernel tree: TestTreeInOtherCommands and others have a small one"

// documented are the commands of README.md and of docs, by their documents, in the order in which they are to be run.
var documented = map[string]map[string]told{
	"README.md": {
		"hpcheck --cpus 4":                            {0, "no-deadlock                  holds", ""},
		"hpcheck --kernel v4.6-rc3 --out cex":         {1, "begin with cex/report.html", ""},
		"hpcheck --source ~/linux":                    {elsewhere: needsTree},
		"hpcheck --source ~/linux@my-branch --cpus 4": {elsewhere: needsTree},
		"hpcheck --source . --against HEAD --op down:1 --fault cpu_disable": {
			elsewhere: "TestReadmePatch",
		},
		"hpcheck record --cpu 1 --sweep":                                               {0, "#!/bin/sh", ""},
		"hpcheck conform --states hpcheck-traces/states.txt hpcheck-traces/*.trace":    {elsewhere: "TestExamples"},
		"hpcheck predict --kernel v6.12 --op online:1=0 --fail smpboot/threads:online": {0, "returns -EAGAIN", ""},
		"hpcheck init": {0, "wrote scenario.toml", ""},
		"hpcheck check scenario.toml --set readers=1": {0, "reader-excludes-writer       holds", ""},
	},
	"docs/clients.md": {
		"hpcheck --client suites/clients/perf.toml --op down:1 --faults 0": {
			1, "no-deadlock                  VIOLATED", "",
		},
		"hpcheck run suites/clients.toml": {elsewhere: "CI runs the suites"},
	},
	"docs/drift.md": {
		"hpcheck drift --source linux-6.1.176 --kernel v6.1": {
			elsewhere: "needs that tree: drift.txtar has a small one",
		},
	},
	"docs/fidelity.md": {
		"hpcheck selftest --kernel v6.1": {0, "KTAP version 1", ""},
	},
	"docs/gallery.md": {
		"hpcheck --kernel v4.6-rc3 --out cex":                                {1, "begin with cex/report.html", ""},
		"hpcheck replay --kernel v4.6 cex/no-deadlock.json":                  {elsewhere: "TestGallery compares it"},
		"hpcheck minimize --kernel v4.6-rc3 --property no-deadlock --cpus 3": {elsewhere: "TestGallery compares it"},
		"hpcheck diff v4.6-rc3 v4.6 --op down:1":                             {elsewhere: "TestGallery compares it"},
	},
	"docs/liveness.md": {
		"hpcheck --kernel v4.6 --readers 1 --readers-loop --ops 1 --property writer-not-starved": {
			1, "writer-not-starved  VIOLATED for ever", "",
		},
	},
	"docs/monitors.md": {
		"hpcheck monitor --kernel v6.12 --states states.txt --out monitors walk-complete one-writer-of-state " +
			"callback-context": {elsewhere: "monitor.txtar"},
	},
	"docs/properties.md": {
		"hpcheck --kernel v4.6-rc3 --property-file my.toml --property threads-come-back": {
			1, "threads-come-back  VIOLATED", "",
		},
		"hpcheck list properties --property-file my.toml": {0, "threads-come-back", ""},
		"hpcheck list vocabulary":                         {0, "cpu_add_remove_lock", ""},
	},
	"docs/shares.md": {
		"hpcheck --kernel v4.6-rc3 --shard 1/3 --json 1.json": {1, "in this share", ""},
		"hpcheck --kernel v4.6-rc3 --shard 2/3 --json 2.json": {1, "in this share", ""},
		"hpcheck --kernel v4.6-rc3 --shard 3/3 --json 3.json": {1, "in this share", ""},
		"hpcheck merge 1.json 2.json 3.json":                  {1, "VIOLATED in 90 steps", ""},
	},
	"docs/source.md": {
		"hpcheck --source ~/linux":                                     {elsewhere: needsTree},
		"hpcheck --source ~/linux@v6.12.34 --config /boot/config-6.12": {elsewhere: needsTree},
	},
	"docs/suites.md": {
		"hpcheck run suites/v4.6.toml": {elsewhere: "CI runs the suites"},
		"hpcheck run --only 'reader*' --out reports suites/v4.6.toml": {
			elsewhere: "run.txtar, and CI runs the suites",
		},
	},
}

// ownTests are documents all of whose commands a test of their own runs.
var ownTests = map[string]string{
	"docs/findings.md": "TestFindings", "docs/museum.md": "TestMuseum", "docs/tutorial.md": "TestTutorial",
	"docs/field.md": "TestFieldGuide",
}

var shownCommand = regexp.MustCompile(`(?m)^(?:    (?:\$ )?|\$ )(hpcheck [^#>\n]*)`)

// Every command that a document shows is run, or it is said why not, and comes to what is expected. What documents show
// of its output is compared by the tests of each.
func TestCommandsOfTheDocuments(t *testing.T) {
	home, err := filepath.Abs("../..")
	require.NoError(t, err)
	for _, name := range documents(t) {
		file, err := filepath.Abs(name)
		require.NoError(t, err)
		file, err = filepath.Rel(home, file)
		require.NoError(t, err)
		t.Run(file, func(t *testing.T) { runDocument(t, home, filepath.ToSlash(file)) })
	}
}

func runDocument(t *testing.T, home, file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, file))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(filepath.Join(home, "suites"), "suites"))
	if _, example, found := strings.Cut(string(text), "```toml\n"); found {
		example, _, _ = strings.Cut(example, "```")
		require.NoError(t, os.WriteFile("my.toml", []byte(example), 0o666))
	}
	left := map[string]bool{}
	for command := range documented[file] {
		left[command] = true
	}
	for _, m := range shownCommand.FindAllStringSubmatch(joined(text), -1) {
		command := strings.TrimSpace(m[1])
		want, known := documented[file][command]
		if !known {
			assert.NotEmpty(t, ownTests[file], "%q: say in this test what comes of it, or why it is not run", command)
			continue
		}
		delete(left, command)
		args := strings.Fields(strings.ReplaceAll(command, "'", ""))
		if want.elsewhere != "" || testing.Short() {
			understood(t, args)
			continue
		}
		var out bytes.Buffer
		root := newRootCommand()
		root.SetOut(&out)
		root.SetArgs(args[1:])
		status := 0
		if err := root.Execute(); err != nil {
			var exit *exitError
			require.True(t, errors.As(err, &exit), "%s: %v", command, err)
			status = exit.status
		}
		assert.Equal(t, want.status, status, command)
		assert.Contains(t, out.String(), want.says, command)
	}
	assert.Empty(t, left, "no command of %s any more", file)
}
