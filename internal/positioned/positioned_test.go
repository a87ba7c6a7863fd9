package positioned_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/positioned"
)

const text = `title = "a  b"
n = 0x10

[[run]]
name = "first"
list = ["x", 2]

  [run.inner]
  deep.key = true

[[run]]
name = """
second"""
`

func TestPlaces(t *testing.T) {
	root, err := positioned.Parse("f.toml", []byte(text))
	require.NoError(t, err)

	title, err := root.String("title")
	require.NoError(t, err)
	assert.Equal(t, "a b", title, "a text is one line")
	n, err := root.Get("n").Int()
	require.NoError(t, err)
	assert.Equal(t, 16, n)

	runs, err := root.Tables("run", "run")
	require.NoError(t, err)
	require.Len(t, runs, 2)
	assert.Equal(t, positioned.Pos{File: "f.toml", Line: 4, Col: 3}, runs[0].Pos)
	assert.Equal(t, positioned.Pos{File: "f.toml", Line: 11, Col: 3}, runs[1].Pos)
	list := runs[0].Get("list")
	require.Len(t, list.List, 2)
	assert.Equal(t, positioned.Pos{File: "f.toml", Line: 6, Col: 9}, list.List[0].Pos)
	deep := runs[0].Get("inner").Table.Get("deep").Table.Get("key")
	assert.True(t, deep.Kind == positioned.Truth && deep.True)
	assert.Equal(
		t, positioned.Pos{File: "f.toml", Line: 13, Col: 4}, runs[1].Get("name").Inside(3),
		"the fourth letter of what begins in the next line",
	)
}

// Every mistake is told with the place where it stands.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		read       func(*positioned.Table) error
		want       string
	}{
		{"no TOML", "a = 1\nb = = 2\n", nil, "f.toml:2:5: "},
		{"a key twice", "a = 1\na = 2\n", nil, "f.toml:2:1: "},
		{"a key that nobody knows", "a = 1\n b = 2\n", func(t *positioned.Table) error { return t.Only("a") },
			`f.toml:2:2: unknown key "b"; here are known: a`},
		{"a number for a text", "a = 17\n", func(t *positioned.Table) error { _, err := t.String("a"); return err },
			"f.toml:1:5: want a string, not a whole number"},
		{"a fraction", "a = 1.5\n", func(t *positioned.Table) error { _, err := t.Get("a").Int(); return err },
			"want a whole number, not something else"},
		{"a bell", `a = "x\u0007"`, func(t *positioned.Table) error { _, err := t.String("a"); return err }, "U+0007"},
		{"a path for a word", `a = "../x"`, func(t *positioned.Table) error { _, err := t.Word("a", "-"); return err },
			"f.toml:1:5: a \"../x\": want small letters, digits and -"},
		{"a long word", `a = "` + strings.Repeat("x", 65) + `"`,
			func(t *positioned.Table) error { _, err := t.Word("a", "-"); return err }, "want 64 at most"},
		{"a table for tables", "[a]\n", func(t *positioned.Table) error { _, err := t.Tables("a", "a"); return err },
			"want tables, each headed [[a]]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, err := positioned.Parse("f.toml", []byte(tt.text))
			if tt.read != nil {
				require.NoError(t, err)
				err = tt.read(root)
			}
			require.ErrorContains(t, err, tt.want)
			var at *positioned.Error
			assert.True(t, errors.As(err, &at))
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte("[a.b]\n[[a.b]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := positioned.Parse("f.toml", data)
		if err == nil {
			require.NotNil(t, root)
		}
	})
}
