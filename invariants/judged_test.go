package invariants

import (
	"context"
	flags "flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

var update = flags.Bool("update", false, "write the table of docs/properties.md anew")

// Which property has something to judge when somebody takes part is a table of docs/properties.md.
func TestWhoIsJudged(t *testing.T) {
	if testing.Short() && !*update {
		t.Skip("half a minute on a machine that does something else")
	}
	const from, to = "<!-- made by go test ./invariants -run TestWhoIsJudged -update -->\n", "<!-- to here -->\n"
	columns := append([]model.Participant{{Key: "nobody", Join: func(*model.Scenario) {}}}, model.Participants()...)
	judged := map[string]map[string]bool{}
	var head, rule strings.Builder
	for _, p := range columns {
		judged[p.Key] = judgedWith(t, p)
		fmt.Fprintf(&head, " %s |", p.Key)
		rule.WriteString(" --- |")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| property |%s vacuous where |\n| --- |%s --- |\n", &head, &rule)
	for _, p := range inOrder() {
		if p.Live() {
			continue
		}
		fmt.Fprintf(&b, "| `%s` |", p.Name)
		for _, c := range columns {
			cell := " "
			if judged[c.Key][p.Name] {
				cell = " x "
			}
			fmt.Fprintf(&b, "%s|", cell)
		}
		fmt.Fprintf(&b, " %s|\n", strings.TrimLeft(p.Idle+" ", " "))
	}
	text, err := os.ReadFile("../docs/properties.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	old, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile("../docs/properties.md", []byte(before+from+b.String()+to+after), 0o666))
		return
	}
	assert.Equal(t, b.String(), old)
}

// judgedWith are the properties whose premise occurs when a CPU goes down and up beside somebody.
func judgedWith(t *testing.T, p model.Participant) map[string]bool {
	m := machine(t, "v6.12", nil, func(sc *model.Scenario) {
		sc.Sequence, sc.Notifiers, sc.DynStates, sc.Smpboot = []model.Op{{CPU: 1}, {CPU: 1, Up: true}}, 0, 0, 1
		p.Join(sc)
	})
	s := Compile(m, For(m))
	r, err := explore.Run(context.Background(), s, explore.Options{Workers: 2, MaxStates: 200_000})
	require.NoError(t, err)
	all := map[string]bool{}
	for i, p := range s.Properties {
		all[p.Name] = p.always || r.Marks[0]>>i&1 != 0
	}
	for _, v := range r.Violations {
		all[s.Properties[v.Property].Name] = true
	}
	return all
}
