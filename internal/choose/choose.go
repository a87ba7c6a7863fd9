// Package choose has the conditional expression that Go has not.
package choose

// If is yes if the condition holds, and no otherwise.
func If[T any](holds bool, yes, no T) T {
	if holds {
		return yes
	}
	return no
}
