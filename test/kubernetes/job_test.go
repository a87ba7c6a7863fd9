// Package kubernetes holds deploy/shares-job.yaml against the types that Kubernetes publishes. It is a module of its
// own, so that hpcheck does not depend on them.
package kubernetes

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestSharesJob(t *testing.T) {
	text, err := os.ReadFile("../../deploy/shares-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job batchv1.Job
	if err := yaml.UnmarshalStrict(text, &job); err != nil { // also a field that there is not is an error
		t.Fatal(err)
	}
	spec, pod := job.Spec, job.Spec.Template.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		t.Errorf("is a %s of %s", job.Kind, job.APIVersion)
	}
	if spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion {
		t.Error("without Indexed there is no JOB_COMPLETION_INDEX")
	}
	if pod.RestartPolicy != corev1.RestartPolicyNever {
		t.Error("a podFailurePolicy needs restartPolicy Never")
	}
	c := pod.Containers[0]
	if want := strconv.Itoa(int(*spec.Completions)); c.Env[0].Name != "SHARES" || c.Env[0].Value != want {
		t.Errorf("%v, and %s completions: a share would be missing, or given twice", c.Env[0], want)
	}
	if !regexp.MustCompile(`--shard "\$share/\$SHARES"`).MatchString(c.Args[0]) {
		t.Error("does not divide by SHARES")
	}
	for _, r := range spec.PodFailurePolicy.Rules {
		if *r.OnExitCodes.ContainerName != c.Name {
			t.Errorf("a rule is about %s, not %s", *r.OnExitCodes.ContainerName, c.Name)
		}
	}
}
