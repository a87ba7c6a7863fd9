// Package fold folds lines as mails have them.
package fold

import (
	"fmt"
	"io"
	"strings"
)

// Width is the longest line.
const Width = 78

// Writer writes folded lines, and keeps the first error.
type Writer struct {
	W   io.Writer
	Err error
}

// Linef writes a line, folded at spaces, with what follows indented by four more than the line. A word that is too long
// stays whole.
func (w *Writer) Linef(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	indent := strings.Repeat(" ", len(text)-len(strings.TrimLeft(text, " "))+4)
	for len(text) > Width {
		cut := strings.LastIndexByte(text[:Width+1], ' ')
		if strings.TrimSpace(text[:max(cut, 0)]) == "" {
			if cut = strings.IndexByte(text[Width:], ' '); cut < 0 {
				break
			}
			cut += Width
		}
		w.write(text[:cut])
		text = indent + strings.TrimLeft(text[cut:], " ")
	}
	w.write(text)
}

func (w *Writer) write(text string) {
	if _, err := fmt.Fprintln(w.W, strings.TrimRight(text, " ")); w.Err == nil {
		w.Err = err
	}
}
