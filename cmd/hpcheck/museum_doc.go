package main

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// docs/museum.md and docs/museum.svg, made from the exhibits.

// museumIntro stands at the top of the page.
const museumIntro = `# The museum

<!-- Made by make generate from museum/*.toml and from what hpcheck finds. -->

How CPU hotplug broke over the years, told by the defects that it really had. Each one that the model has is put back on a kernel that carried it, and found again; on the twin, with the fix, the property that catches it holds.

    hpcheck museum                      # all of them
    hpcheck museum double-increment     # one, with its story and the way there

![a time line: for each defect a bar over the versions that had it](museum.svg)

Taking a CPU down is a walk along a ladder of steps that several threads take turns at, and that may have to turn round anywhere. Nearly everything that went wrong is one of five things. **The way back is not the way there**, turned round: a step is left out, or called
twice (takedown-without-rollback, double-increment, failure-in-the-dead-section, atomic-bail-out, swallowed-instance-error). **Somebody works where he must not wait, or is not there yet** (idle-blocks, stopper-late). **Two share what is made for one** (shared-mailbox, stale-node, node-on-two-lists). **Who waits
is waited for** (callback-reads, nested-reader, park-before-grace-period, control-task-throttled). And **nobody looks**: a callback that is never called, a mask that is never cleared, a lock that is never given back, an error that is lost (wrong-table, dying-mask-stale, write-same-target, refused-target-keeps-lock).

Fixes breed bugs. The rollback that v4.6 got (takedown-without-rollback) was lost when v4.14 rewrote the hotplug thread (double-increment), and the file that came with that rewrite, to try such ways back, had one that leads nowhere (failure-in-the-dead-section). The unparking that
was moved out of the idle task (idle-blocks) took the stopper's with it, which was then late (stopper-late) and went back. The walk over ranges that made one loop of four stops where it must not (atomic-bail-out); the mask of dying CPUs was kept in the wrong place (dying-mask-stale), and in the right one a write of nothing
at all sets it (write-same-target).

`

// museumDoc writes the page.
func museumDoc(w io.Writer, all []*exhibit, made map[string]*shown) {
	io.WriteString(w, museumIntro)
	fmt.Fprintln(w, "| bug | fixed by | in | found on | caught first by | steps | the twin |\n|---|---|---|---|---|---|---|")
	for _, e := range all {
		s := made[e.Name]
		if s == nil {
			fmt.Fprintf(w, "| [%s](#%s) | %.12s | %s | out of reach: %s | | | |\n", e.Name, e.Name, e.Fixed, versions(e.From, e.Until), e.beyond)
			continue
		}
		fmt.Fprintf(w, "| [%s](#%s) | %.12s | %s | %s | `%s` | %s | %s |\n", e.Name, e.Name, e.Fixed, versions(e.From, e.Until), s.bug.Kernel, s.first, s.steps(), s.twinSays(e))
	}
	fmt.Fprintln(w)
	for _, e := range all {
		fmt.Fprintf(w, "## %s\n\n**%s.** In %s; introduced by %s, fixed by %s. Verified: %s.\n\n%s\n\n", e.Name, e.Title, versions(e.From, e.Until), e.Introduced, e.Fixed, e.Verified, e.Story)
		s := made[e.Name]
		if s == nil {
			fmt.Fprintf(w, "Out of the model's reach: %s.\n\n", e.beyond)
			continue
		}
		fmt.Fprintf(w, "    %s\n    %s    # the twin\n\n", s.bug.Command(), s.twin.Command())
		for _, v := range s.bug.Verdicts {
			if v.Property.Name == s.first && v.Counterexample != nil {
				fmt.Fprintf(w, "It is caught by `%s`: %s.\n\n", s.first, v.Property.Doc)
			}
		}
	}
}

// place is where a version stands on the time line, in releases since v4.4; what is older stands at 0.
func place(version string) float64 {
	if version == "today" {
		return museumEnd
	}
	var major, minor, rc int
	n, _ := fmt.Sscanf(version, "v%d.%d-rc%d", &major, &minor, &rc)
	at := float64(minor)
	switch {
	case model.CompareVersions(version, "v4.4") < 0:
		return 0
	case major == 4:
		at -= 4
	case major == 5:
		at += 17
	case major == 6:
		at += 37
	default:
		at += 57
	}
	if n == 3 { // a release candidate comes before its release
		at += float64(rc)/10 - 1
	}
	return at
}

// museumEnd is the place of today.
const museumEnd = 60

// museumTimeline writes the time line.
func museumTimeline(w io.Writer, all []*exhibit) {
	const left, step, row, top = 230.0, 12.0, 22.0, 44.0
	x := func(at float64) float64 { return left + at*step }
	width, height := x(museumEnd)+90, top+row*float64(len(all))+40
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title">
<title id="title">Defects of CPU hotplug over the versions of the kernel that had them</title>
<style>
svg { background: #fff; font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; } text { fill: #1b1f24; } .dim { fill: #57606a; } line { stroke: #d5dae0; }
.found { fill: #005b9a; } .yet { fill: #fff; stroke: #57606a; stroke-dasharray: 4 3; } .fix { fill: #b83a00; }
@media (prefers-color-scheme: dark) { svg { background: #14171a; } text { fill: #e6e9ec; } .dim { fill: #a0a8b1; } line { stroke: #343b42; } .found { fill: #6db6f2; } .yet { fill: #14171a; stroke: #a0a8b1; } .fix { fill: #ff9166; } }
</style>
`, width, height, width, height)
	fmt.Fprintf(w, "<text class=\"dim\" x=\"%.0f\" y=\"20\" text-anchor=\"end\">older</text>\n", x(0))
	for _, version := range []string{"v4.6", "v4.10", "v4.14", "v4.19", "v5.4", "v5.8", "v5.13", "v6.1", "v6.6", "v6.12", "v7.0"} {
		at := x(place(version))
		fmt.Fprintf(w, "<line x1=\"%.1f\" y1=\"28\" x2=\"%.1f\" y2=\"%.0f\"/><text class=\"dim\" x=\"%.1f\" y=\"20\" text-anchor=\"middle\">%s</text>\n", at, at, height-34, at, version)
	}
	for i, e := range all {
		y := top + row*float64(i)
		from, until := x(place(e.From)), x(place(e.Until))
		class := "found"
		if e.beyond != "" {
			class = "yet"
		}
		fmt.Fprintf(w, "<g><title>%s: %s</title><text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%s</text><rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"10\" rx=\"3\"/>",
			html.EscapeString(e.Title), versions(e.From, e.Until), left-16, y+9, e.Name, class, from, y, max(until-from, 6))
		if e.Until != "today" {
			fmt.Fprintf(w, "<circle class=\"fix\" cx=\"%.1f\" cy=\"%.0f\" r=\"4\"/>", max(until, from+6)+4, y+5)
		}
		fmt.Fprintln(w, "</g>")
	}
	y := height - 14
	fmt.Fprintf(w, `<rect class="found" x="%.0f" y="%.0f" width="26" height="10" rx="3"/><text x="%.0f" y="%.0f">put back and found</text><rect class="yet" x="%.0f" y="%.0f" width="26" height="10" rx="3"/><text x="%.0f" y="%.0f">not in the model yet</text><circle class="fix" cx="%.0f" cy="%.0f" r="4"/><text x="%.0f" y="%.0f">the fix</text>
</svg>
`, left, y-9, left+34, y, left+200, y-9, left+234, y, left+410, y-4, left+422, y)
}

// museumPage is the page as a text.
func museumPage(all []*exhibit, made map[string]*shown) string {
	var b strings.Builder
	museumDoc(&b, all, made)
	return strings.TrimRight(b.String(), "\n") + "\n"
}
