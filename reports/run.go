package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Status is what a run says of a property.
type Status int

// The statuses. Only Holds is a proof.
const (
	Holds       Status = iota // on every path
	HoldsWithin               // on every path of at most so many steps
	Violated
	Vacuous    // it was not violated, and what it speaks of never happened
	Incomplete // it was not violated before the run was stopped
	NotSeen    // it was not violated in the samples that were taken
	InShare    // on every path of this share of a run that was divided: the others may still violate it
)

// String returns the status in words.
func (s Status) String() string {
	return [...]string{
		"holds", "holds within depth", "VIOLATED", "vacuous", "incomplete", "not violated in the samples",
		"holds in this share",
	}[s]
}

// icon is a sign for the status that does not need colour.
func (s Status) icon() string { return [...]string{"✔", "✔", "✖", "∅", "…", "…", "…"}[s] }

// Verdict is what a run says of a property, with a counterexample if it is violated.
type Verdict struct {
	Property       *invariants.Property
	Status         Status
	Counterexample *Counterexample
}

// Run is a finished run.
type Run struct {
	Kernel      model.Kernel
	Scenario    model.Scenario
	DepthBound  int // as it was asked for; 0: none
	Stop        explore.Stop
	States      uint64
	Transitions uint64
	Levels      int
	Depth       int
	Ends        uint64
	Reduce      invariants.Reduction
	Search      explore.Search
	Share       *Shares // of a run that was divided; nil for the whole
	Runs        int
	Mode        explore.Mode
	Missed      float64 // see [explore.Result]
	Bytes       uint64
	Spilled     uint64
	Elapsed     time.Duration
	Timed       bool // reports tell time and memory, which no other run has again
	Coverage    model.Coverage
	Live        *explore.LiveResult // the search for lassos, nil if there was none
	Verdicts    []Verdict           // in the order of the suite's properties
	Version     string              // of the hpcheck that made it; whoever makes the run sets it
	Request     *Request            // what was asked for, nil if nobody said
	Tree        *Tree               // where lines are looked up, if there is one

	Assembled *Assembled // of a kernel tree; nil for an edition
}

// Shares says which parts of a run that was divided it is about: those numbers, sorted, of 1 to Of.
type Shares struct {
	Of    int    `json:"of"`
	Parts []int  `json:"parts"`
	Seed  uint64 `json:"seed,omitempty"` // of samples
	Runs  int    `json:"runs,omitempty"` // of samples: how many in all shares
}

// String returns the parts as --shard has them: "2/8", or "2,3/8".
func (s *Shares) String() string {
	parts := make([]string, len(s.Parts))
	for i, p := range s.Parts {
		parts[i] = strconv.Itoa(p)
	}
	return fmt.Sprintf("%s/%d", strings.Join(parts, ","), s.Of)
}

// Missing returns the parts that are not there.
func (s *Shares) Missing() []int {
	var missing []int
	for p := 1; p <= s.Of; p++ {
		if !slices.Contains(s.Parts, p) {
			missing = append(missing, p)
		}
	}
	return missing
}

// valid reports whether the numbers are what they must be.
func (s *Shares) valid() bool {
	in := func(p int) bool { return 1 <= p && p <= s.Of }
	return len(s.Parts) > 0 && slices.IsSorted(s.Parts) && in(s.Parts[0]) && in(s.Parts[len(s.Parts)-1])
}

// join returns both.
func (s *Shares) join(o *Shares) *Shares {
	parts := slices.Concat(s.Parts, o.Parts)
	slices.Sort(parts)
	return &Shares{Of: s.Of, Parts: parts, Seed: s.Seed, Runs: s.Runs}
}

// NewRun evaluates a result. Every counterexample is replayed; the error says that one could not be.
func NewRun(s *invariants.Suite, r *explore.Result, depthBound int) (*Run, error) {
	run := &Run{
		Kernel:      s.Machine.Kernel,
		Scenario:    s.Machine.Scenario,
		DepthBound:  depthBound,
		Stop:        r.Stop,
		States:      r.States,
		Transitions: r.Transitions,
		Levels:      len(r.Levels),
		Depth:       r.Depth(),
		Ends:        r.Ends,
		Reduce:      s.Reduce,
		Search:      r.Search,
		Runs:        r.Runs,
		Mode:        r.Mode,
		Missed:      r.Missed,
		Bytes:       r.Bytes,
		Spilled:     r.Spilled,
		Elapsed:     r.Elapsed,
		Coverage:    s.Machine.Coverage(r.Marks[1:]),
	}
	if part := s.Share(); part != nil {
		run.Share = &Shares{Of: part.Count, Parts: []int{part.Index + 1}}
	}
	run.Verdicts = make([]Verdict, len(s.Properties))
	for i, p := range s.Properties {
		run.Verdicts[i] = Verdict{Property: p, Status: status(r.Stop, r.Marks[0]>>i&1 == 1)}
		if v := &run.Verdicts[i]; run.Share != nil && (v.Status == Holds || v.Status == HoldsWithin) {
			v.Status = InShare
		}
	}
	for _, v := range r.Violations {
		c, err := New(s, v)
		if err != nil {
			return nil, err
		}
		run.Verdicts[v.Property].Status, run.Verdicts[v.Property].Counterexample = Violated, c
	}
	return run, nil
}

// AddLive adds the verdicts of a search for ways to wait for ever. Every lasso is replayed; the error says that one
// could not be.
func (r *Run) AddLive(s *invariants.LiveSuite, live *explore.LiveResult) error {
	first := len(r.Verdicts)
	r.Live = live
	for i, p := range s.Wanted {
		applied := false
		for wait := range s.Waits() {
			applied = applied || live.Waits>>wait&1 == 1 && s.Property(wait) == i
		}
		r.Verdicts = append(r.Verdicts, Verdict{Property: p, Status: status(live.Stop, applied)})
	}
	for _, l := range live.Lassos {
		v := &r.Verdicts[first+s.Property(l.Wait)]
		if old := v.Counterexample; old != nil && old.stem() <= l.Stem {
			continue // a shorter one of somebody else
		}
		c, err := NewLasso(s, l)
		if err != nil {
			return err
		}
		v.Status, v.Counterexample = Violated, c
	}
	return nil
}

// status is that of a property without a violation.
func status(stop explore.Stop, applied bool) Status {
	switch {
	case stop == explore.Sampled:
		return NotSeen
	case stop != explore.Exhausted && stop != explore.DepthBound:
		return Incomplete
	case !applied:
		return Vacuous
	case stop == explore.DepthBound:
		return HoldsWithin
	}
	return Holds
}

// Asked says what was asked for, so that the run and its counterexamples can say how they are made again.
func (r *Run) Asked(q *Request) {
	r.Request = q
	for _, c := range r.Violations() {
		c.request = q
	}
}

// Complete reports whether the run did all that it was asked to.
func (r *Run) Complete() bool {
	switch r.Stop {
	case explore.Exhausted, explore.DepthBound, explore.Sampled, explore.FirstFound:
		return true
	}
	return false
}

// Violations returns the counterexamples, in the order of the properties.
func (r *Run) Violations() []*Counterexample {
	var cs []*Counterexample
	for _, v := range r.Verdicts {
		if v.Counterexample != nil {
			cs = append(cs, v.Counterexample)
		}
	}
	return cs
}

// VerdictText is a verdict in words, with the bound where there is one.
func (r *Run) VerdictText(v Verdict) string { return r.verdict(v) }

// idle says why the property had nothing to judge.
func (v *Verdict) idle() string { return cmp.Or(v.Property.Idle, "what it speaks of never happened") }

func (r *Run) verdict(v Verdict) string {
	switch v.Status {
	case HoldsWithin:
		return fmt.Sprintf("%v %d", v.Status, r.DepthBound)
	case Vacuous:
		return fmt.Sprintf("%v: %s", v.Status, v.idle())
	case Violated:
		if v.Counterexample.Lasso {
			return fmt.Sprintf("%v for ever after %s", v.Status, stepsInAll(v.Counterexample.stem()))
		}
		return fmt.Sprintf("%v in %s", v.Status, stepsInAll(len(v.Counterexample.Steps)))
	}
	return v.Status.String()
}
