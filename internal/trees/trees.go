// Package trees finds the real kernel trees that tests are run on, if there are any.
package trees

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Variable names the directory with the trees.
const Variable = "HPCHECK_TREES"

// All returns each kernel tree in the directory that HPCHECK_TREES names, in the order of their names. If it names none
// the test is skipped.
func All(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " names no directory with kernel trees, each with a .config by make x86_64_defconfig or not")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "kernel", "cpu.c"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s=%s: there is no kernel tree", Variable, dir)
	}
	for i, file := range files {
		files[i] = filepath.Dir(filepath.Dir(file))
	}
	return files
}

// Of returns the tree of a series, as "6.1": the newest if there are several. If there is none the test is skipped.
func Of(t testing.TB, series string) string {
	t.Helper()
	dir := Find(t, series)
	if dir == "" {
		t.Skipf("%s has no tree of %s", os.Getenv(Variable), series)
	}
	return dir
}

// Find returns the tree of a series, "" if there is none.
func Find(t testing.TB, series string) string {
	t.Helper()
	newest, last := "", -1
	for _, dir := range All(t) {
		if s, sublevel := version(t, dir); s == series && sublevel > last {
			newest, last = dir, sublevel
		}
	}
	return newest
}

var assignment = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)`)

// version is that of a tree's Makefile.
func version(t testing.TB, dir string) (series string, sublevel int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, m := range assignment.FindAllSubmatch(text, 3) {
		numbers = append(numbers, string(m[2]))
	}
	if len(numbers) != 3 {
		t.Fatalf("%s: the Makefile names no version", dir)
	}
	sublevel, err = strconv.Atoi(numbers[2])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(numbers[:2], "."), sublevel
}
