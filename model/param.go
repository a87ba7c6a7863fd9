package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Param is a parameter of a scenario that a participant has: a key of scenario files, a flag, a field of [Scenario].
type Param struct {
	Key string // "readers"
	Doc string // what it means, for --help
	// Where it is in a scenario: an *int, a *bool, a *[]string, a *[]Client, or a [Word].
	At func(*Scenario) any

	lo, hi int                    // of an *int
	words  []string               // of a Word
	noun   string                 // what a scenario calls it in words; "" for what is left to others
	say    func(*Scenario) string // the same, where it depends on the scenario
	has    func(*Kernel) bool     // which kernels have it; nil: all
	since  string                 // which these are
}

// Word is a parameter that is one of a few words.
type Word interface {
	Set(string) error
	String() string
	Type() string
}

// wordIn is where a word is.
type wordIn[T ~string] struct{ value *T }

// Set sets the word. [Scenario.Validate] says whether it is one of those that may be.
func (w wordIn[T]) Set(text string) error {
	*w.value = T(text)
	return nil
}

// String returns the word.
func (w wordIn[T]) String() string { return string(*w.value) }

// Type is what kind of value it is.
func (w wordIn[T]) Type() string { return "WORD" }

// howMany is a parameter that says how many there are.
func howMany(key, noun, doc string, most int, at func(*Scenario) *int) Param {
	return Param{Key: key, Doc: fmt.Sprintf("%s, 0 to %d", doc, most), noun: noun, hi: most,
		At: func(sc *Scenario) any { return at(sc) }}
}

// whether is a parameter that is true or false.
func whether(key, noun, doc string, at func(*Scenario) *bool) Param {
	return Param{Key: key, Doc: doc, noun: noun, At: func(sc *Scenario) any { return at(sc) }}
}

// among is a parameter that is one of a few words, of which the first stands for nobody.
func among[T ~string](key, doc string, words []string, at func(*Scenario) *T) Param {
	return Param{Key: key, Doc: doc, words: words, At: func(sc *Scenario) any { return wordIn[T]{at(sc)} }}
}

// on says which kernels have it.
func (p Param) on(since string, has func(*Kernel) bool) Param {
	p.has, p.since = has, since
	return p
}

// saying says what a scenario calls it.
func (p Param) saying(say func(*Scenario) string) Param {
	p.say = say
	return p
}

// set reports whether it is not what it is if nobody sets it.
func (p *Param) set(sc *Scenario) bool {
	switch at := p.At(sc).(type) {
	case *int:
		return *at != 0
	case *bool:
		return *at
	case *[]string:
		return len(*at) > 0
	case *[]Client:
		return len(*at) > 0
	case Word:
		return at.String() != "" && at.String() != p.words[0]
	}
	panic("model: " + p.Key + " is of no kind that a parameter may have")
}

// least sets it to the least that is not what it is if nobody sets it.
func (p *Param) least(sc *Scenario) {
	switch at := p.At(sc).(type) {
	case *int:
		*at = 1
	case *bool:
		*at = true
	case Word:
		_ = at.Set(p.words[1]) // it takes everything
	default:
		panic("model: nobody says how " + p.Key + " takes part")
	}
}

// reset makes it what it is if nobody sets it.
func (p *Param) reset(sc *Scenario) {
	switch at := p.At(sc).(type) {
	case *int:
		*at = 0
	case *bool:
		*at = false
	case *[]string:
		*at = nil
	case *[]Client:
		*at = nil
	case Word:
		_ = at.Set(p.words[0]) // it takes everything
	}
}

// fits returns a *ParamError if it is not what it may be.
func (p *Param) fits(sc *Scenario) error {
	switch at := p.At(sc).(type) {
	case *int:
		if *at < p.lo || *at > p.hi {
			return &ParamError{p.Key, strconv.Itoa(*at), p.between()}
		}
	case Word:
		if text := cmp.Or(at.String(), p.words[0]); !slices.Contains(p.words, text) {
			return &ParamError{p.Key, text, oneOf(p.words)}
		}
	}
	return nil
}

// between is the range of a number.
func (p *Param) between() string { return fmt.Sprintf("%d to %d", p.lo, p.hi) }

// text is what a scenario says of it in words, "" for nothing.
func (p *Param) text(sc *Scenario, count func(int, string) string) string {
	if !p.set(sc) {
		return ""
	}
	noun := p.noun
	if p.say != nil {
		noun = p.say(sc)
	}
	if n, ok := p.At(sc).(*int); ok && noun != "" {
		return count(*n, noun)
	}
	return noun
}

// Params are the parameters of all participants.
func Params() (all []Param) {
	for _, p := range everybody() {
		all = append(all, p.params...)
	}
	return all
}

// Alone returns the scenario without any participant: only the tasks make operations.
func (sc Scenario) Alone() Scenario {
	for _, p := range Params() {
		p.reset(&sc)
	}
	return sc
}

// Unforced says what of the scenario's participants cannot be forced on a real machine, and what to do instead.
func (sc *Scenario) Unforced() (all []string) {
	for _, p := range everybody() {
		if !p.takesPart(sc) {
			continue
		}
		all = append(all, p.unforced(sc)...)
	}
	return all
}

// fitting returns a *ParamError if the participants of a scenario do not fit each other.
func (sc *Scenario) fitting() error {
	for _, p := range everybody() {
		for i := range p.params {
			if err := p.params[i].fits(sc); err != nil {
				return err
			}
		}
	}
	for _, p := range everybody() {
		if p.fits == nil {
			continue
		}
		if err := p.fits(sc); err != nil {
			return err
		}
	}
	return nil
}

// lacks returns a *ParamError if the kernel does not have what a scenario asks for.
func (k *Kernel) lacks(sc *Scenario) error {
	for _, p := range Params() {
		if p.set(sc) && p.has != nil && !p.has(k) {
			return &ParamError{p.Key, "on " + k.Name, p.since}
		}
	}
	return nil
}

// without returns a scenario without what the kernel does not have.
func (k *Kernel) without(sc Scenario) Scenario {
	for _, p := range Params() {
		if p.has != nil && !p.has(k) {
			p.reset(&sc)
		}
	}
	return sc
}

// inWords is what a scenario says of its participants.
func (sc *Scenario) inWords(count func(int, string) string) (parts []string) {
	for _, p := range Params() {
		if text := p.text(sc, count); text != "" {
			parts = append(parts, text)
		}
	}
	return parts
}

// notAtBoot reports whether somebody takes part who is not there while the machine boots.
func (sc *Scenario) notAtBoot() bool {
	return slices.ContainsFunc(sc.taking(), func(p participant) bool { return !p.atBoot })
}

// Since which versions kernels have what participants need.
func since410(k *Kernel) bool { return !k.Notifiers }
func since414(k *Kernel) bool { return k.StatePerRun }
