package ktree

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// revision is a store of the files of a commit. They are read by one git cat-file --batch, which is started when it is
// needed first.
type revision struct {
	dir    string
	commit string
	prefix string // where the tree lies in the repository: "" or a path that ends in a slash

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// openRevision opens a revision of the repository at dir.
func openRevision(name, dir, rev string) (*Tree, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("%s: git is needed to read a revision, and there is none in the PATH", name)
	}
	prefix, err := git(dir, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("%s: %s is in no git repository: %w", name, dir, err)
	}
	if rev == "" {
		return nil, fmt.Errorf("%s: want a revision behind the @, as %s@HEAD", name, dir)
	}
	commit, err := git(dir, "rev-parse", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("%s: the repository at %s has no revision %s", name, dir, rev)
	}
	return open(&Tree{
		Name: name, Dir: dir, Revision: commit, files: &revision{dir: dir, commit: commit, prefix: prefix},
	})
}

// elsewhere are the variables that point git to another repository than the directory's, as those of a hook do.
var elsewhere = []string{"GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_COMMON_DIR=", "GIT_PREFIX="}

// command is a git command for the repository of a directory.
func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return slices.ContainsFunc(elsewhere, func(name string) bool { return strings.HasPrefix(v, name) })
	})
	return cmd
}

// git runs git in a directory and returns what it prints, without the end of the line. The error is the first line that
// it complains with.
func git(dir string, args ...string) (string, error) {
	cmd := command(dir, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		if line == "" {
			return "", err
		}
		return "", errors.New(line)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func (r *revision) start() error {
	r.cmd = command(r.dir, "cat-file", "--batch")
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	r.out = bufio.NewReader(out)
	return r.cmd.Start()
}

func (r *revision) read(path string) (string, error) {
	if strings.Contains(path, "\n") {
		return "", fmt.Errorf("%q: %w", path, fs.ErrNotExist)
	}
	if r.cmd == nil {
		if err := r.start(); err != nil {
			return "", err
		}
	}
	if _, err := fmt.Fprintf(r.in, "%s:%s%s\n", r.commit, r.prefix, path); err != nil {
		return "", fmt.Errorf("git cat-file: %w", err)
	}
	head, err := r.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("git cat-file: %w", err)
	}
	// "HASH blob SIZE", or "NAME missing"
	fields := strings.Fields(head)
	if len(fields) < 3 || strings.HasSuffix(head, " missing\n") {
		return "", fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return "", fmt.Errorf("git cat-file says %q", strings.TrimSpace(head))
	}
	b := make([]byte, size+1)
	if _, err := io.ReadFull(r.out, b); err != nil {
		return "", fmt.Errorf("git cat-file: %w", err)
	}
	if fields[len(fields)-2] != "blob" {
		return "", fmt.Errorf("%s is no file: %w", path, fs.ErrNotExist)
	}
	return string(b[:size]), nil
}

func (r *revision) list(dir string) ([]string, error) {
	out, err := git(r.dir, "ls-tree", "-r", "-z", "--name-only", "--full-tree", r.commit, "--", r.prefix+dir+"/")
	if err != nil {
		return nil, err
	}
	var files []string
	for name := range strings.SplitSeq(out, "\x00") {
		if name != "" {
			files = append(files, strings.TrimPrefix(name, r.prefix))
		}
	}
	return files, nil
}

func (r *revision) close() error {
	if r.cmd == nil {
		return nil
	}
	r.in.Close()
	err := r.cmd.Wait()
	r.cmd = nil
	return err
}
