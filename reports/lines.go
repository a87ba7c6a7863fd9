package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Tree is a kernel's source tree, in which the lines of functions are looked up. hpcheck itself knows functions and not
// lines, which differ from commit to commit.
type Tree struct {
	read  func(file string) (string, error)
	lines map[string]map[string]int // by file, by function
	texts map[string][]string       // the lines of a file
}

// OpenTree checks that there is a kernel in the directory.
func OpenTree(dir string) (*Tree, error) {
	if _, err := os.Stat(filepath.Join(dir, "kernel", "cpu.c")); err != nil {
		return nil, fmt.Errorf("this is no kernel tree: %w", err)
	}
	return TreeOf(func(file string) (string, error) {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		return string(text), err
	}), nil
}

// TreeOf is a tree whose files are read with a function, as those of a revision are.
func TreeOf(read func(file string) (string, error)) *Tree {
	return &Tree{read, map[string]map[string]int{}, map[string][]string{}}
}

// Text is a line of a file, "" if there is no tree, or no such line. Lines count from 1.
func (t *Tree) Text(file string, line int) string {
	if t == nil {
		return ""
	}
	lines := t.file(file)
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[line-1], "\r")
}

// file is the lines of a file, none if there is no such file.
func (t *Tree) file(name string) []string {
	lines, ok := t.texts[name]
	if !ok {
		text, err := t.read(name)
		if err == nil { // another kernel has it elsewhere
			lines = strings.Split(text, "\n")
		}
		t.texts[name] = lines
	}
	return lines
}

// definition matches the head of a function's definition: the kernel's style has it begin in the first column.
var definition = regexp.MustCompile(`^(?:[A-Za-z_][\w \t*]*[ \t*])?(\w+)\(`)

// Line is the line on which a function's definition begins; 1 if there is no tree, or the function is not in its file.
func (t *Tree) Line(function string) int {
	file := SourceFile(function)
	if t == nil || file == "" {
		return 1
	}
	if t.lines[file] == nil {
		t.lines[file] = definitions(t.file(file))
	}
	return max(1, t.lines[file][function])
}

// definitions finds the functions that a file defines.
func definitions(lines []string) map[string]int {
	found := map[string]int{}
	head, at := "", 0
	for i, line := range lines {
		if m := definition.FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, "#") {
			head, at = m[1], i+1
		}
		switch {
		case head == "":
		case strings.Contains(line, ";"): // only declared
			head = ""
		case strings.HasPrefix(line, "{") || strings.HasSuffix(line, "{"):
			if found[head] == 0 {
				found[head] = at
			}
			head = ""
		}
	}
	return found
}
