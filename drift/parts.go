package drift

import (
	"fmt"
	"slices"
)

// Part is a place at which a function differs.
type Part struct {
	What  string `json:"what"`            // "a condition changed"
	Lines []int  `json:"lines,omitempty"` // in the tree, of what is new or other there
	Was   []int  `json:"was,omitempty"`   // of what was there before; none if it is compared with an edition

	gone     int // how many statements of the reference
	old, now []statement
}

// statement is one of a function.
type statement struct {
	hash string
	place
	known bool // the place is
}

// structure are the hashes of what only says where a branch begins or a compound statement ends.
var structure = []string{digest(otherwise, lineDigits), digest(end, lineDigits)}

func (s statement) structure() bool { return slices.Contains(structure, s.hash) }

// statements are those of a function.
func (p *Print) statements() []statement {
	all := make([]statement, len(p.Lines)/lineDigits)
	for i := range all {
		all[i].hash = p.Lines[i*lineDigits : (i+1)*lineDigits]
		if i < len(p.at) {
			all[i].place, all[i].known = p.at[i], true
		}
	}
	return all
}

// partsOf says where two functions differ, by a longest common row of their statements.
func partsOf(was, is *Print) []Part {
	parts := rejoin(apart(was.statements(), is.statements()))
	if i := slices.IndexFunc(parts, func(p Part) bool { return !p.structure() }); i >= 0 {
		parts = slices.DeleteFunc(parts, Part.structure) // it follows from the others
	}
	for i := range parts {
		parts[i].describe()
	}
	return parts
}

// apart are the rows of statements that only one of two functions has.
func apart(a, b []statement) (parts []Part) {
	common := make([][]int, len(a)+1) // the longest common row of what is behind i and j
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].hash == b[j].hash {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var p Part
	done := func() {
		if len(p.old)+len(p.now) > 0 {
			parts = append(parts, p)
		}
		p = Part{}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i].hash == b[j].hash:
			done()
			i++
			j++
		case j < len(b) && (i == len(a) || common[i][j+1] >= common[i+1][j]):
			p.now = append(p.now, b[j])
			j++
		default:
			p.old = append(p.old, a[i])
			i++
		}
	}
	done()
	return parts
}

// rejoin makes one part of two if what is gone at one place is what is new at another.
func rejoin(parts []Part) []Part {
	same := func(a, b statement) bool { return a.hash == b.hash }
	for i := 0; i < len(parts); i++ {
		p := &parts[i]
		if len(p.now) > 0 {
			continue
		}
		j := slices.IndexFunc(parts, func(o Part) bool {
			return len(o.old) == 0 && slices.EqualFunc(p.old, o.now, same)
		})
		if j >= 0 {
			p.now = parts[j].now
			parts = slices.Delete(parts, j, j+1)
			if j < i {
				i--
			}
		}
	}
	return parts
}

func (p Part) structure() bool {
	return !slices.ContainsFunc(slices.Concat(p.old, p.now), func(s statement) bool { return !s.structure() })
}

// describe says what differs there, and where.
func (p *Part) describe() {
	where := func(all []statement) (lines []int) {
		for _, s := range all {
			if s.known && !slices.Contains(lines, s.line) {
				lines = append(lines, s.line)
			}
		}
		slices.Sort(lines)
		return lines
	}
	p.Was, p.Lines = where(p.old), where(p.now)
	if p.structure() {
		p.What = "a block ends elsewhere"
		return
	}
	real := func(all []statement) []statement { return slices.DeleteFunc(slices.Clone(all), statement.structure) }
	old, now := real(p.old), real(p.now)
	p.gone = len(old)
	same := func(a, b statement) bool { return a.hash == b.hash }
	switch {
	case len(now) == 0:
		p.What = named(old) + " gone"
	case len(old) == 0:
		p.What = named(now) + " new"
	case slices.EqualFunc(old, now, same):
		p.What, p.gone = named(now)+" moved", 0
	case len(old) == len(now):
		p.What = named(old, now) + " changed"
	default:
		p.What = fmt.Sprintf("%s in place of %s", named(now), named(old))
	}
}

// named counts statements; if all are conditions, or may be since nothing else is known of them, in each list, it says
// so.
func named(lists ...[]statement) string {
	thing := "condition"
	sure := false
	for _, list := range lists {
		for _, s := range list {
			if s.known && !s.condition {
				thing = "statement"
			}
			sure = sure || s.known
		}
	}
	if !sure {
		thing = "statement"
	}
	if n := len(lists[0]); n > 1 {
		return count(n, thing)
	}
	return "a " + thing
}
