package cfront

import (
	"fmt"
	"slices"
)

// closers finds, for each bracket that opens, the place behind the one that closes it, and which brackets have no other
// one. If some have none, a brace in the first column ends a definition, and no other does that begins with one, as
// everywhere in the kernel: what is open there was forgotten inside of it.
func closers(toks []Token) (behind []int32, alone []int) {
	if behind, alone = match(toks, false); len(alone) == 0 {
		return behind, nil
	}
	behind, alone = match(toks, true)
	slices.Sort(alone)
	return behind, alone
}

// match does that: the end of the file is behind a bracket that nothing closes. A brace closes whatever is open inside
// its own, and a closing bracket to which none fits is none.
func match(toks []Token, edges bool) (behind []int32, alone []int) {
	behind = make([]int32, len(toks))
	var open []int
	for i, t := range toks {
		behind[i] = int32(i + 1)
		if t.Kind != Punct || len(t.Text) != 1 {
			continue
		}
		switch t.Text[0] {
		case '(', '[', '{':
			behind[i] = int32(len(toks) - 1)
			open = append(open, i)
		case ')', ']', '}':
			n := opener(toks, open, t, edges)
			if n < 0 {
				alone = append(alone, i)
				continue
			}
			for _, j := range open[n:] {
				behind[j] = int32(i)
			}
			behind[open[n]] = int32(i + 1)
			alone = append(alone, open[n+1:]...)
			open = open[:n]
		}
	}
	return behind, append(alone, open...)
}

// opener is which of the open brackets a token closes; -1 for none.
func opener(toks []Token, open []int, t Token, edges bool) int {
	fits := map[string]string{")": "(", "]": "[", "}": "{"}[t.Text]
	if edges && t.edge && t.Text == "}" {
		return slices.IndexFunc(open, func(i int) bool { return toks[i].Text == fits })
	}
	for n := len(open) - 1; n >= 0; n-- {
		switch o := toks[open[n]]; {
		case edges && t.Text == "}" && o.edge && o.Line != t.Line:
			return -1
		case o.Text == fits:
			return n
		case t.Text != "}" && o.Text == "{":
			return -1
		}
	}
	return -1
}

// unmatched says that a bracket has no other one.
func unmatched(t Token) Problem {
	if t.Text == "(" || t.Text == "[" || t.Text == "{" {
		return Problem{Line: t.Line, Text: fmt.Sprintf("%q that is opened here is not closed", t.Text)}
	}
	return Problem{Line: t.Line, Text: fmt.Sprintf("%q closes nothing", t.Text)}
}
