package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/reports"
)

// meter shows progress in one line of a terminal, and nothing elsewhere.
type meter struct {
	w     io.Writer
	every time.Duration
	on    bool
	last  explore.Progress
}

func newMeter(w io.Writer) *meter {
	return &meter{w: w, every: 200 * time.Millisecond, on: isTerminal(w)}
}

func (m *meter) show(p explore.Progress) {
	if !m.on {
		return
	}
	rate := float64(p.States-m.last.States) / (p.Elapsed - m.last.Elapsed).Seconds()
	m.last = p
	fmt.Fprintf(m.w, "\r\x1b[K%d states, %.0f k/s, level %d, frontier %d, %s", p.States, rate/1000, p.Level, p.Frontier,
		reports.Size(p.Bytes))
}

// line shows a line instead of the last one.
func (m *meter) line(format string, args ...any) {
	if m.on {
		fmt.Fprint(m.w, "\r\x1b[K", fmt.Sprintf(format, args...))
	}
}

func (m *meter) clear() {
	if m.on {
		fmt.Fprint(m.w, "\r\x1b[K")
	}
}
