package lower

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/hpcheck/hpcheck/ktree"
)

// Origin implements [model.Source].
func (s *Source) Origin() (tree, code string) { return s.tree, s.code }

// codeOf is a hash of what the files of a tree say under its configuration: of their words, without comments and what
// is left out.
func codeOf(unit *ktree.Unit) string {
	hash := sha256.New()
	for _, f := range unit.Files {
		for _, t := range f.Pre.Tokens {
			io.WriteString(hash, t.Text+"\n") // a hash takes all
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
}
