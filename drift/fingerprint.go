package drift

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/ktree"
)

// Print is what is kept of a function, or of a variable that is initialized with functions: hashes.
type Print struct {
	Name     string `json:"name"`
	File     string `json:"file"`
	Words    string `json:"words"` // 16 hex digits each
	Tree     string `json:"tree"`
	Code     string `json:"code"`
	Lines    string `json:"lines,omitempty"` // 6 hex digits for each statement of the code, to say where it differs
	Weak     bool   `json:"weak,omitempty"`
	Variable bool   `json:"variable,omitempty"`

	at      []place // where each statement is; nil of an edition
	line    int     // where it begins
	refused bool    // a part of it could not be read, and counts with all its words
}

// nothing reports whether nothing of a function counts: who calls it, does not, as far as its code goes.
func (p *Print) nothing() bool { return p.Lines == "" && !p.Weak && !p.Variable }

// digest is n hex digits of the hash of a text.
func digest(s string, n int) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])[:n]
}

// wordDigits and lineDigits are how much is kept of a hash.
const (
	wordDigits = 16
	lineDigits = 6
)

// fingerprint is a function's.
func fingerprint(u *ktree.Unit, f *ktree.Func) Print {
	p := Print{Name: f.Name, File: f.File, Words: digest(words(f.Toks), wordDigits), line: f.Line}
	tree := newNormal(u, f, false)
	p.Tree = digest(tree.function(), wordDigits)
	code := newNormal(u, f, true)
	p.Code = digest(code.function(), wordDigits)
	var lines strings.Builder
	for _, s := range code.lines {
		lines.WriteString(digest(s, lineDigits))
	}
	p.Lines, p.Weak = lines.String(), f.Weak()
	p.at, p.refused = code.at, len(f.Bad) > 0
	return p
}

// variable is the fingerprint of a variable with an initializer.
func variable(u *ktree.Unit, v *ktree.Var) Print {
	n := newNormal(u, nil, false)
	tree := n.expr(v.Init)
	return Print{
		Name: v.Name, File: v.File, Words: digest(v.Init.String(), wordDigits), Tree: digest(tree, wordDigits),
		Code: digest(tree, wordDigits), line: v.Line, Variable: true,
	}
}

// words is a text of tokens.
func words(toks []cfront.Token) string {
	var s strings.Builder
	for _, t := range toks {
		s.WriteString(t.Text)
		s.WriteByte(' ')
	}
	return s.String()
}
