package invariants

import "github.com/hpcheck/hpcheck/model"

// layout says where a property's memory is.
type layout struct {
	word   []int // by field: the word, of the run's or of a CPU's words
	shift  []int
	mask   []uint64
	cpu    []bool
	perCPU int // words for each CPU, of all properties
	run    int // words for the run, of all properties
}

// lay gives each field of each property its place: first fit, in order, and no field crosses a word.
func lay(ps []*Property) (layouts []layout, run, perCPU int) {
	var runUsed, cpuUsed []int // bits taken of each word
	place := func(used *[]int, bits int) (word, shift int) {
		for w := range *used {
			if (*used)[w]+bits <= 64 {
				(*used)[w] += bits
				return w, (*used)[w] - bits
			}
		}
		*used = append(*used, bits)
		return len(*used) - 1, 0
	}
	layouts = make([]layout, len(ps))
	for i, p := range ps {
		l := &layouts[i]
		for _, f := range p.memory {
			used := &runUsed
			if f.perCPU {
				used = &cpuUsed
			}
			word, shift := place(used, f.bits)
			l.word = append(l.word, word)
			l.shift = append(l.shift, shift)
			l.mask = append(l.mask, 1<<f.bits-1)
			l.cpu = append(l.cpu, f.perCPU)
		}
	}
	for i := range layouts {
		layouts[i].run, layouts[i].perCPU = len(runUsed), len(cpuUsed)
	}
	return layouts, len(runUsed), len(cpuUsed)
}

// get returns a field of the property's memory; cpu matters only if there is one for each.
func (c *Check) get(field int, cpu uint8) uint64 {
	l := c.layout
	return c.memory[l.at(field, cpu)] >> l.shift[field] & l.mask[field]
}

// wroteRun says that what was written is of the run, not of a CPU.
const wroteRun = 1 << model.MaxCPUs

// set changes a field.
func (c *Check) set(field int, cpu uint8, v uint64) {
	l := c.layout
	w := &c.memory[l.at(field, cpu)]
	if l.cpu[field] {
		c.wrote |= 1 << cpu
	} else {
		c.wrote |= wroteRun
	}
	*w = *w&^(l.mask[field]<<l.shift[field]) | v&l.mask[field]<<l.shift[field]
}

func (l *layout) at(field int, cpu uint8) int {
	if l.cpu[field] {
		return l.run + int(cpu)*l.perCPU + l.word[field]
	}
	return l.word[field]
}
