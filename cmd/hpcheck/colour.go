package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
)

// painted adds colours to what goes to a terminal, unless NO_COLOR is set (no-color.org). What a colour says is always
// written as well.
func painted(w io.Writer) io.Writer {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(w) {
		return w
	}
	return &painter{w: w}
}

// painter colours lines by what they begin with or contain.
type painter struct {
	w    io.Writer
	part []byte // of a line that has not ended yet
}

const reset = "\x1b[0m"

var paints = []struct {
	line   *regexp.Regexp
	colour string
}{
	{regexp.MustCompile(`VIOLATED|^! |is violated after \d+ steps$`), "\x1b[1;31m"},
	{regexp.MustCompile(`INCOMPLETE|^\* |  incomplete$`), "\x1b[1;33m"},
	{regexp.MustCompile(`  vacuous: .*$|  holds within depth \d+$`), "\x1b[33m"},
	{regexp.MustCompile(`^         \.\.\. |  holds$`), "\x1b[2m"},
}

// Write implements [io.Writer].
func (p *painter) Write(text []byte) (int, error) {
	p.part = append(p.part, text...)
	for {
		end := bytes.IndexByte(p.part, '\n')
		if end < 0 {
			return len(text), nil
		}
		line := paint(p.part[:end])
		if _, err := p.w.Write(append(line, '\n')); err != nil {
			return 0, err
		}
		p.part = p.part[end+1:]
	}
}

// paint colours a line.
func paint(line []byte) []byte {
	for _, c := range paints {
		if c.line.Match(line) {
			return []byte(c.colour + string(line) + reset)
		}
	}
	return bytes.Clone(line)
}
