package ktree

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// Tree is a kernel tree. Its methods may be called by several goroutines at once.
type Tree struct {
	Name     string // as it was given: DIR, or DIR@REVISION
	Dir      string
	Revision string // the commit's full name; "" for the files as they lie in Dir
	Version  Version

	files store
	mu    sync.Mutex
	texts map[string]string
}

// store is where the files are. Paths are relative to the top of the tree, with slashes.
type store interface {
	read(path string) (string, error)  // fs.ErrNotExist if there is no such file
	list(dir string) ([]string, error) // all files below a directory, none if there is no such directory
	close() error
}

// Version is the version that the tree's Makefile names.
type Version struct {
	Version, Patchlevel, Sublevel string
	Extra                         string // -rc1, or what somebody put there
}

// String is a version as the kernel's tags have it: v6.12, v6.12.34, v6.13-rc1.
func (v Version) String() string {
	s := "v" + v.Version + "." + v.Patchlevel
	if v.Sublevel != "" && v.Sublevel != "0" {
		s += "." + v.Sublevel
	}
	return s + v.Extra
}

// Open opens a tree: DIR is the files of a directory as they are, DIR@REVISION a revision of the git repository there.
func Open(spec string) (*Tree, error) {
	if dir, ok := isDir(spec); ok {
		return open(&Tree{Name: spec, Dir: dir, files: directory(dir)})
	}
	for i, c := range spec {
		if c != '@' {
			continue
		}
		if dir, ok := isDir(spec[:i]); ok {
			return openRevision(spec, dir, spec[i+1:])
		}
	}
	if _, err := os.Stat(spec); err == nil {
		return nil, fmt.Errorf("%s is no directory: want a kernel tree, as DIR or DIR@REVISION", spec)
	}
	return nil, fmt.Errorf("there is no directory %s: want a kernel tree, as DIR or DIR@REVISION", spec)
}

// OpenBeside opens what t is compared with: a tree as Open takes it, or a revision of the repository that t lies in.
func (t *Tree) OpenBeside(spec string) (*Tree, error) {
	other, err := Open(spec)
	if err == nil {
		return other, nil
	}
	if _, isThere := os.Stat(spec); isThere == nil || strings.Contains(spec, "@") && !strings.HasPrefix(spec, "@") {
		if dir, _, _ := strings.Cut(spec, "@"); isThere == nil || dirExists(dir) {
			return nil, err
		}
	}
	revision, errRevision := openRevision(t.Dir+"@"+spec, t.Dir, spec)
	if errRevision != nil {
		return nil, fmt.Errorf("%s is no directory, and as a revision: %w", spec, errRevision)
	}
	return revision, nil
}

func dirExists(dir string) bool {
	_, ok := isDir(dir)
	return ok
}

func isDir(path string) (string, bool) {
	if path == "" {
		return "", false
	}
	info, err := os.Stat(path)
	return filepath.Clean(path), err == nil && info.IsDir()
}

// open looks whether there is a kernel.
func open(t *Tree) (*Tree, error) {
	t.texts = map[string]string{}
	makefile, err := t.Read("Makefile")
	if err == nil {
		t.Version = version(makefile)
		_, err = t.Read("kernel/cpu.c")
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && t.Version.Version == "":
		err = fmt.Errorf(
			"%s is no kernel tree: want a Makefile that names a version, and a kernel/cpu.c", t.Name,
		)
	case err == nil:
		return t, nil
	}
	t.Close()
	return nil, err
}

var assignment = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(.*?)[ \t\r]*$`)

// version reads it from the text of a Makefile.
func version(makefile string) Version {
	var v Version
	for _, m := range assignment.FindAllStringSubmatch(makefile, 4) {
		switch m[1] {
		case "VERSION":
			v.Version = m[2]
		case "PATCHLEVEL":
			v.Patchlevel = m[2]
		case "SUBLEVEL":
			v.Sublevel = m[2]
		case "EXTRAVERSION":
			v.Extra = m[2]
		}
	}
	return v
}

// Close ends what reads the tree.
func (t *Tree) Close() error { return t.files.close() }

// Read returns the text of a file. The error is an fs.ErrNotExist if there is no such file.
func (t *Tree) Read(path string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text, ok := t.texts[path]; ok {
		return text, nil
	}
	text, err := t.files.read(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", t.Name, err)
	}
	t.texts[path] = text
	return text, nil
}

// With is the tree with another text for a file.
func (t *Tree) With(path, text string) *Tree {
	t.mu.Lock()
	defer t.mu.Unlock()
	texts := maps.Clone(t.texts)
	texts[path] = text
	return &Tree{Name: t.Name, Dir: t.Dir, Revision: t.Revision, Version: t.Version, files: t.files, texts: texts}
}

// Line is a line of a file without its end, "" if there is none. Lines count from 1.
func (t *Tree) Line(path string, n int) string {
	text, err := t.Read(path)
	if err != nil || n < 1 {
		return ""
	}
	for line := range strings.Lines(text) {
		if n--; n == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}

// List returns the files below a directory, sorted: none if there is no such directory.
func (t *Tree) List(dir string) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.files.list(dir)
}

// directory is a store of files as they are.
type directory string

func (d directory) read(path string) (string, error) {
	b, err := os.ReadFile(filepath.Join(string(d), filepath.FromSlash(path)))
	return string(b), err
}

func (d directory) list(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(
		filepath.Join(string(d), filepath.FromSlash(dir)),
		func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			rel, err := filepath.Rel(string(d), path)
			files = append(files, filepath.ToSlash(rel))
			return err
		},
	)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return files, err
}

func (directory) close() error { return nil }
