package drift

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"strings"
	"sync"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// What a primitive of the model stands for is a function of the kernel. Its hash is kept for the editions that were
// made from a tree, so that it can be told when a tree's function is another one.

//go:embed stands.json
var stands []byte

// Stand is a function of a tree for which a primitive stands.
type Stand struct {
	Name, File string
	Line       int    // 0 if the tree has no such function
	Words      string // 16 hex digits: a hash of its words, without comments and white space
	Pinned     string // that of the function that the primitive was made from, "" if that is not known
}

// Other reports whether it is another function than that from which the primitive was made.
func (s Stand) Other() bool { return s.Pinned != "" && s.Words != s.Pinned }

// pinnedStands are the hashes by edition and primitive.
var pinnedStands = sync.OnceValue(func() (all map[string]map[string]string) {
	if err := json.Unmarshal(stands, &all); err != nil {
		panic(fmt.Sprintf("stands.json: %v", err)) // it is our own
	}
	return all
})

// Stands looks up in a tree what primitives stand for, those that have a name and a file, beside what they were made
// from in an edition. Primitives without a file, for macros and for what each architecture has, are left out.
func Stands(tree *ktree.Tree, cfg *ktree.Config, edition string, names ...string) []Stand {
	var all []Stand
	pinned, texts := pinnedStands()[edition], map[string]string{}
	for _, name := range names {
		p := model.PrimitiveOf(name)
		if p == nil || p.File == "" {
			continue
		}
		text, read := texts[p.File]
		if !read {
			text, _ = tree.Read(p.File) // a tree may lack the file
			texts[p.File] = text
		}
		s := Stand{Name: name, File: p.File, Pinned: pinned[name]}
		s.Line, s.Words = stand(name, p.File, text, cfg.Set)
		all = append(all, s)
	}
	return all
}

// stand finds a function in the text of a file, and hashes it. Line 0 says that there is none.
func stand(name, file, text string, config cfront.Config) (line int, hash string) {
	var texts []string
	for from, end := range definitions(text, name) {
		f := cfront.Parse(file, text[from:end], config).ByName[name]
		if f == nil {
			continue
		}
		if line == 0 {
			line = f.Line + strings.Count(text[:from], "\n")
		}
		texts = append(texts, words(f.Toks))
	}
	if line == 0 {
		return 0, ""
	}
	return line, digest(strings.Join(texts, "\n"), wordDigits)
}

// longestHead is how many characters of a definition may come before its name.
const longestHead = 201

// definitions are where in a text a function of that name seems to be defined, each from the line on which its head
// begins to its last bracket. To parse the whole file takes many times as long.
func definitions(text, name string) iter.Seq2[int, int] {
	return func(yield func(from, end int) bool) {
		for at := 0; ; {
			n := strings.Index(text[at:], name+"(")
			if n < 0 {
				return
			}
			at += n
			from, body := head(text, at), text[at+len(name)+1:]
			at += len(name)
			open := strings.IndexAny(body, ";{}")
			if from < 0 || open < 0 || body[open] != '{' || !strings.Contains(body[:open], ")") {
				continue
			}
			last := strings.Index(body[open:], "\n}")
			if last < 0 {
				return
			}
			at += 1 + open
			if !yield(from, at+last+2) {
				return
			}
		}
	}
}

// head is where the definition begins whose name stands at a place in a text: at the start of a line, with nothing
// between them that ends a statement. -1 says that no definition begins there.
func head(text string, at int) int {
	if at == 0 || isWord(text[at-1]) {
		return -1
	}
	first := max(at-longestHead, 0)
	first += strings.LastIndexAny(text[first:at], ";={}#\"") + 1
	for i := first; i < at; i++ {
		if (i == 0 || text[i-1] == '\n') && isWord(text[i]) && (text[i] < '0' || text[i] > '9') {
			return i
		}
	}
	return -1
}

func isWord(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// PinStands returns what is kept, with the hashes of an edition from a tree.
func PinStands(tree *ktree.Tree, cfg *ktree.Config, edition string) ([]byte, error) {
	all := maps.Clone(pinnedStands())
	var names []string
	for _, p := range model.Primitives() {
		names = append(names, p.Name)
	}
	all[edition] = map[string]string{}
	for _, s := range Stands(tree, cfg, edition, names...) {
		if s.Line > 0 {
			all[edition][s.Name] = s.Words
		}
	}
	b, err := json.MarshalIndent(all, "", " ")
	return append(b, '\n'), err
}
