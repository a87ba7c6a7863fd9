package stepper

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Path is a way from the initial state: which of the possible steps was taken in each state, by its number. It is what
// names a state in an address.
type Path []int

// longest is the longest path that is read: a longer one is no state that anybody has gone to by hand, or that a
// checker has found.
const longest = 100_000

// String writes the path, runs of the same number as one: "0x12.2.0".
func (p Path) String() string {
	var parts []string
	for i := 0; i < len(p); {
		n := 1
		for i+n < len(p) && p[i+n] == p[i] {
			n++
		}
		if n > 1 {
			parts = append(parts, fmt.Sprintf("%dx%d", p[i], n))
		} else {
			parts = append(parts, strconv.Itoa(p[i]))
		}
		i += n
	}
	return strings.Join(parts, ".")
}

// ParsePath reads what String has written.
func ParsePath(text string) (Path, error) {
	var p Path
	if text == "" {
		return p, nil
	}
	for part := range strings.SplitSeq(text, ".") {
		number, times, run := strings.Cut(part, "x")
		ordinal, err := strconv.ParseUint(number, 10, 16)
		n := uint64(1)
		if err == nil && run {
			n, err = strconv.ParseUint(times, 10, 32)
		}
		if err != nil || n == 0 {
			return nil, fmt.Errorf(
				"%.40q is no part of a path: numbers are, and numbers with a count such as 0x12", part,
			)
		}
		if n > longest || len(p)+int(n) > longest {
			return nil, fmt.Errorf("the path is longer than %d steps", longest)
		}
		for range n {
			p = append(p, int(ordinal))
		}
	}
	return p, nil
}

// And is the path and one more step.
func (p Path) And(ordinal int) Path { return append(slices.Clip(p), ordinal) }

// Back is the path without its last steps.
func (p Path) Back(steps int) Path { return p[:max(0, len(p)-steps)] }
