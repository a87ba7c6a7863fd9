package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/hpcheck/hpcheck/reports"
)

// What the action and the GitLab example name must be there: their scripts, and the files that they upload.
func TestDeployments(t *testing.T) {
	var files []string
	for _, f := range reports.Formats() {
		files = append(files, f.File)
	}
	root := filepath.Join("..", "..")

	var action struct {
		Inputs map[string]struct{ Description, Default string }
		Runs   struct {
			Using string
			Steps []struct {
				Run  string
				Uses string
				With map[string]string
				Env  map[string]string
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "action.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &action))
	assert.Equal(t, "composite", action.Runs.Using)
	script, err := os.ReadFile(filepath.Join(root, "deploy", "ci.sh"))
	require.NoError(t, err)
	for _, step := range action.Runs.Steps {
		assert.True(t, (step.Run == "") != (step.Uses == ""), "a step runs or uses")
		if name, ok := strings.CutPrefix(step.Run, "$GITHUB_ACTION_PATH/"); ok {
			assert.FileExists(t, filepath.Join(root, name))
		}
		for name := range step.Env {
			assert.Contains(t, string(script), name)
		}
		if sarif := step.With["sarif_file"]; sarif != "" {
			assert.True(t, slices.Contains(files, filepath.Base(sarif)), sarif)
		}
	}
	for name, input := range action.Inputs {
		assert.NotEmpty(t, input.Description, name)
		assert.Contains(t, string(text), "inputs."+name, "%s is used", name)
	}

	var gitlab map[string]struct {
		Script    []string
		Variables map[string]string
		Artifacts struct {
			Reports map[string]string
		}
	}
	text, err = os.ReadFile(filepath.Join(root, "deploy", "gitlab-ci.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &gitlab))
	job := gitlab["hpcheck"]
	assert.FileExists(t, filepath.Join(root, job.Script[0]))
	assert.Equal(t, job.Variables["HPCHECK_OUT"]+"/junit.xml", job.Artifacts.Reports["junit"])
	assert.True(t, slices.Contains(files, "junit.xml"))
}
