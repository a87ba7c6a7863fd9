package invariants

import (
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// survivors says of mutants that no property minds why that is right, or what is missing. A key is the beginning of the mutant's text.
var survivors = []struct{ mutant, why string }{}

// explain is the reason of a survivor; "" if none is known.
func explain(mu model.Mutation) string {
	text := mu.String()
	for _, s := range survivors {
		if strings.HasPrefix(text, s.mutant) {
			return s.why
		}
	}
	return ""
}
