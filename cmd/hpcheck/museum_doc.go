package main

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/reports"
)

// docs/museum.md and docs/museum.svg, made from the exhibits.

// museumIntro stands at the top of the page.
const museumIntro = `# The museum

<!-- Made by make generate from museum/*.toml and from what hpcheck finds. -->

How CPU hotplug broke over the years, told by the defects that it really had. Each one is put back on a kernel that
carried it, or, where no edition did, on one with the same code in that place, and found again. With the fix, the
property that catches it holds: on a kernel that has the fix or, where the fix was not in the hotplug core, on the same
kernel without the offender.

Versions are those of the main line. The editions v6.1 and v6.12 follow 6.1.192 and 6.12.117, which have fixes of later
versions as backports.

    hpcheck museum                      # all of them
    hpcheck museum double-increment     # one, with its story and the way there

![a time line: for each defect a bar over the versions that had it](museum.svg)

Taking a CPU down is a walk down a ladder of states, on which several threads take turns. Any step may fail, and then
all of them have to walk back. These are on the stage:

- **States.** Each subsystem that keeps something for every CPU (the scheduler, timers, a driver) has a step of the
  ladder, with a callback for the way up, its startup, and one for the way down, its teardown. st->state says which step
  the CPU is on, st->target where it is to go.
- **The control task** asked for the operation. It makes the steps of a CPU that is not there: the lowest ones, of the
  *prepare* section, which are the *dead* section on the way down.
- **The hotplug thread**, cpuhp/N, lives on CPU N and makes the upper steps there. The control task hands it a request
  and waits for its answer.
- **The stopper**, migration/N, stops everything else on its CPU for a moment. In its hands the CPU takes itself off the
  mask of online CPUs and makes the *dying* steps, with interrupts off, when nothing may fail any more.
- **The idle task** is what runs when nobody else can: the last on a CPU that dies, and the first on one that comes. It
  must never sleep.
- **Readers** of the hotplug lock keep CPUs from coming and going while they look; an operation is its writer. Other
  locks keep operations apart.
- **Parking**: threads that belong to a CPU are parked while it is down, which is sleep with a promise to stay there.

Nearly everything that went wrong is one of six mistakes:

- **The way back is not the way down in reverse.** The rollback leaves a step out, or does one twice:
  takedown-without-rollback, double-increment, failure-in-the-dead-section, atomic-bail-out, swallowed-instance-error.
- **Somebody works where they must not wait, or is asked to work before they are there, or after they have gone:**
  idle-blocks, stopper-late, stopper-drops-work, death-report-race.
- **Two share what was made for one:** shared-mailbox, stale-node, node-on-two-lists.
- **The one who waits is the one who is waited for:** callback-reads, nested-reader, park-before-grace-period,
  control-task-throttled, holder-throttled, stoppers-in-a-ring.
- **A message is late, or lost:** lost-wakeup-of-the-writer, writer-starvation, should-run-out-of-order,
  cpuset-work-later.
- **Nobody looks.** A callback is never called, a mask never cleared, a lock never given back: wrong-table,
  prepare-state-without-calls, dying-mask-stale, write-same-target, refused-target-keeps-lock.

Fixes breed bugs; the arrows of the time line show which. The rollback that v4.6 got (takedown-without-rollback) was
lost when v4.14 rewrote the hotplug thread (double-increment). The file that came with that rewrite to exercise
rollbacks could start one from where there is no way back (failure-in-the-dead-section). To keep the idle task from
sleeping (idle-blocks), the unparking of the stopper moved to another task, which was late (stopper-late), and moved
back. The lock that ended the starvation of writers (writer-starvation) forbids what the old one allowed
(nested-reader). The mask of dying CPUs was kept in the wrong place (dying-mask-stale); in the right place, a write that
changes nothing sets it for good (write-same-target). A worker that nobody throttles (control-task-throttled) still
waits for tasks that are (holder-throttled).

`

// museumDoc writes the page.
func museumDoc(w io.Writer, all []*exhibit, made map[string]*shown) {
	io.WriteString(w, museumIntro)
	fmt.Fprintln(
		w,
		"| bug | fixed by | in | found on | caught first by | steps | states | with the fix "+
			"|\n|---|---|---|---|---|---|---|---|",
	)
	for _, e := range all {
		s := made[e.Name]
		fmt.Fprintf(
			w,
			"| [%s](#%s) | %.12s | %s | %s | `%s` | %s | %s | %s |\n",
			e.Name,
			e.Name,
			e.Fixed,
			versions(e.From, e.Until),
			s.bug.Kernel,
			s.first,
			s.steps(),
			reports.Thousands(s.bug.States),
			s.withFix(e),
		)
	}
	fmt.Fprintln(w)
	for _, e := range all {
		fmt.Fprintf(w, "## %s\n\n", e.Name)
		paragraph(w, "**%s.** In %s; introduced by %s, fixed by %s. Verified: %s.", e.Title, versions(e.From, e.Until),
			e.Introduced, e.Fixed, e.Verified)
		paragraph(w, "%s", e.Story)
		if e.BredBy != "" {
			paragraph(w, "It came with the fix of [%s](#%s).", e.BredBy, e.BredBy)
		}
		s := made[e.Name]
		fmt.Fprintf(w, "    %s\n    # with the fix\n    %s\n\n", folded(s.bug.Command()), folded(s.fixed.Command()))
		for _, v := range s.bug.Verdicts {
			if v.Property.Name == s.first && v.Counterexample != nil {
				paragraph(w, "It is caught by `%s`: %s.", s.first, v.Property.Doc)
			}
		}
	}
}

// museumWidth is how wide the lines of the page are.
const museumWidth = 120

// paragraph writes a paragraph.
func paragraph(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "%s\n\n", wrap(fmt.Sprintf(format, args...), museumWidth))
}

// folded breaks a command into lines for a shell, before its flags.
func folded(command string) string {
	const indent = "        "
	parts := strings.Split(command, " --")
	lines := parts[:1:1]
	for _, flag := range parts[1:] {
		last := &lines[len(lines)-1]
		if len(*last)+len(flag)+len(indent)+len(" -- \\") > museumWidth {
			lines = append(lines, "--"+flag)
		} else {
			*last += " --" + flag
		}
	}
	return strings.Join(lines, " \\\n"+indent)
}

// place is where a version stands on the time line, in releases since v4.4, or before it; what is older than v3.0
// stands at the beginning.
func place(version string) float64 {
	if version == "today" {
		return museumEnd
	}
	var major, minor, rc int
	n, _ := fmt.Sscanf(version, "v%d.%d-rc%d", &major, &minor, &rc)
	at := float64(minor)
	switch {
	case major < 3:
		return museumBegin
	case major == 3: // v3.19 came before v4.0
		at -= 24
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

// museumBegin is the place of what is older than v3.0, and museumEnd that of today.
const (
	museumBegin = -26
	museumEnd   = 60
)

// timeline draws the exhibits over the versions of the kernel.
type timeline struct {
	w             io.Writer
	all           []*exhibit
	width, height float64
}

// Its measures, in pixels.
const (
	lineLeft = 230.0 // where versions begin, right of the names
	lineStep = 12.0  // from one version to the next
	lineRow  = 22.0  // from one exhibit to the next
	lineTop  = 44.0
)

// museumTimeline writes the time line.
func museumTimeline(w io.Writer, all []*exhibit) {
	l := timeline{w, all, lineX(museumEnd) + 90, lineTop + lineRow*float64(len(all)) + 40}
	fmt.Fprintf(w, timelineHead, l.width, l.height, l.width, l.height)
	l.versions()
	for i, e := range all {
		l.exhibit(e, lineTop+lineRow*float64(i))
	}
	for i, e := range all {
		if of := slices.IndexFunc(all, func(b *exhibit) bool { return b.Name == e.BredBy }); of >= 0 {
			l.bred(of, i)
		}
	}
	y := l.height - 14
	fmt.Fprintf(
		w, timelineFoot, lineLeft, y-9, lineLeft+34, y, lineLeft+200, y-4, lineLeft+212, y, lineLeft+290, y-4,
		lineLeft+324, y,
	)
}

// lineX is where a place stands.
func lineX(at float64) float64 { return lineLeft + (at-museumBegin)*lineStep }

const timelineHead = `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f"
role="img" aria-labelledby="title">
<title id="title">Defects of CPU hotplug over the versions of the kernel that had them</title>
<style>
svg { background: #fff; font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
text { fill: #1b1f24; } .dim { fill: #57606a; } line { stroke: #d5dae0; }
.found { fill: #005b9a; } .fix { fill: #b83a00; } .breeds { fill: none; stroke: #b83a00; stroke-width: 1.3; }
marker path { fill: #b83a00; }
@media (prefers-color-scheme: dark) {
svg { background: #14171a; } text { fill: #e6e9ec; } .dim { fill: #a0a8b1; } line { stroke: #343b42; }
.found { fill: #6db6f2; } .fix { fill: #ff9166; } .breeds { stroke: #ff9166; } marker path { fill: #ff9166; }
}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 L8 4 L0 8 z"/></marker></defs>
`

const timelineFoot = `<rect class="found" x="%.0f" y="%.0f" width="26" height="10" rx="3"/>
<text x="%.0f" y="%.0f">put back and found</text>
<circle class="fix" cx="%.0f" cy="%.0f" r="4"/>
<text x="%.0f" y="%.0f">the fix</text>
<path class="breeds" d="M%.0f %.0f h26" marker-end="url(#head)"/>
<text x="%.0f" y="%.0f">with which another one came</text>
</svg>
`

// versions draws the scale.
func (l *timeline) versions() {
	fmt.Fprintf(
		l.w,
		"<text class=\"dim\" x=\"%.0f\" y=\"20\" text-anchor=\"middle\">older</text>\n",
		lineX(museumBegin),
	)
	for _, version := range []string{"v3.10", "v4.0", "v4.6", "v4.10", "v4.14", "v4.19", "v5.4", "v5.8", "v5.13",
		"v6.1", "v6.6", "v6.12", "v7.0"} {
		at := lineX(place(version))
		fmt.Fprintf(
			l.w,
			"<line x1=\"%.1f\" y1=\"28\" x2=\"%.1f\" y2=\"%.0f\"/><text class=\"dim\" x=\"%.1f\" y=\"20\" "+
				"text-anchor=\"middle\">%s</text>\n",
			at, at, l.height-34, at, version,
		)
	}
}

// exhibit draws from when to when the kernel had it.
func (l *timeline) exhibit(e *exhibit, y float64) {
	from, until := lineX(place(e.From)), lineX(place(e.Until))
	fmt.Fprintf(
		l.w,
		"<g><title>%s: %s</title><text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%s</text><rect class=\"found\" "+
			"x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"10\" rx=\"3\"/>",
		html.EscapeString(e.Title), versions(e.From, e.Until), lineLeft-16, y+9, e.Name, from, y, max(until-from, 6),
	)
	if e.Until != "today" {
		fmt.Fprintf(l.w, "<circle class=\"fix\" cx=\"%.1f\" cy=\"%.0f\" r=\"4\"/>", fixedAt(e), y+5)
	}
	fmt.Fprintln(l.w, "</g>")
}

// bred draws an arrow from a fix to the defect that came with it.
func (l *timeline) bred(fix, defect int) {
	from, to := fixedAt(l.all[fix]), lineX(place(l.all[defect].From))
	fromY, toY := lineTop+lineRow*float64(fix)+9, lineTop+lineRow*float64(defect)
	fmt.Fprintf(
		l.w,
		"<path class=\"breeds\" d=\"M%.1f %.0f C%.1f %.0f %.1f %.0f %.1f %.0f\" marker-end=\"url(#head)\"/>\n",
		from, fromY, from, toY-14, to+3, fromY+14, to+3, toY-2,
	)
}

// fixedAt is where the fix of a defect stands.
func fixedAt(e *exhibit) float64 { return max(lineX(place(e.Until)), lineX(place(e.From))+6) + 4 }

// museumPage is the page as a text.
func museumPage(all []*exhibit, made map[string]*shown) string {
	var b strings.Builder
	museumDoc(&b, all, made)
	return strings.TrimRight(b.String(), "\n") + "\n"
}
