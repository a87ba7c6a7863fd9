package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// A file appears whole or not at all, and nothing else is left.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("disk full")
	half := func(w io.Writer) error { return errors.Join(text("half")(w), broken) }
	err := Write(dir+"/x", half)
	require.ErrorIs(t, err, broken)
	var write *WriteError
	require.ErrorAs(t, err, &write)
	assert.Equal(t, dir+"/x", write.Name)
	assert.Empty(t, names(t, dir))

	require.NoError(t, Write(dir+"/x", text("old")))
	require.NoError(t, os.Chmod(dir+"/x", 0o600))
	require.Error(t, Write(dir+"/x", half))
	assert.Equal(t, "old", read(t, dir+"/x"))
	require.NoError(t, Write(dir+"/x", text("new")))
	assert.Equal(t, "new", read(t, dir+"/x"))
	info, err := os.Stat(dir + "/x")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode(), "a file that is replaced keeps its mode")
	assert.Equal(t, []string{"x"}, names(t, dir))
}

// A program that ends at once leaves nothing that is not whole.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	_, _, err := Temporary(dir)
	require.NoError(t, err)
	require.Len(t, names(t, dir), 1)
	Clean()
	assert.Empty(t, names(t, dir))
}

func TestReadAll(t *testing.T) {
	data, err := ReadAll(strings.NewReader("12345678"), 8)
	require.NoError(t, err)
	assert.Len(t, data, 8)
	_, err = ReadAll(endless{}, 1<<20)
	assert.EqualError(t, err, "is too large: want 1 MiB at most")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A directory has the files of one thing.
func TestDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	write := func(of string, files ...string) *Dir {
		d, err := OpenDir(path)
		require.NoError(t, err)
		require.NoError(t, d.Begin(of))
		for _, f := range files {
			require.NoError(t, d.Write(f, text(of)))
		}
		_, err = d.Finish(func(name string) bool { return name == "unknown" })
		require.NoError(t, err)
		return d
	}
	d := write("one", "a", "b", "unknown")
	_, err := OpenDir(path)
	assert.ErrorContains(t, err, "another hpcheck is writing to "+path)
	require.NoError(t, d.Close())
	require.NoError(t, os.WriteFile(path+"/notes", nil, 0o666))
	require.NoError(t, os.WriteFile(path+"/.hpcheck-123", nil, 0o666)) // of one that was killed

	require.NoError(t, write("one", "a").Close())
	assert.Equal(t, []string{Manifest, "a", "notes", "unknown"}, names(t, path))
	require.NoError(t, write("two", "c").Close())
	assert.Equal(t, []string{Manifest, "c", "notes"}, names(t, path))
}

// A manifest names files of its directory only: what it says is removed.
func TestManifestIsLocal(t *testing.T) {
	path := t.TempDir()
	dir := filepath.Join(path, "sub")
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.NoError(t, os.WriteFile(path+"/precious", nil, 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, Manifest), []byte("# x\n../precious\n/etc/x\n..\n\n"), 0o666))
	d, err := OpenDir(dir)
	require.NoError(t, err)
	defer d.Close()
	assert.Empty(t, d.earlier)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}
