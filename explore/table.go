package explore

import "math/bits"

// table is a set of 64-bit keys. It is an array of lines of eight keys, each the size of a cache line: a key is looked
// for in its home line, all eight slots at once and without a branch, and only if that is full in the next. The home
// lines follow the order of the keys, rotated, so growing is one pass over both arrays from front to back, and the
// array may have any size: once it is large it grows by an eighth at a time, and is always well filled.
//
// A table is used by one goroutine at a time.
type table struct {
	slots []uint64
	lines uint64 // home lines; tailLines more take what runs over at the end
	n     uint64 // keys
	zero  bool   // it has the key zero, which stands for a free slot in a line
	mem   *memory
}

const (
	lineSlots = 8
	tailLines = 32

	// A table is filled to maxLoad/1024 before it grows. Higher loads cost time, since more lines are full; lower
	// ones memory.
	maxLoad = 928

	smallLines  = 1 << 8  // below this a table doubles
	middleLines = 1 << 11 // and below this it grows by a half

	placeBits = 8 // of a key that may choose a table
)

func newTable(mem *memory, lines uint64) table {
	return table{slots: mem.alloc(int(lines+tailLines) * lineSlots), lines: lines, mem: mem}
}

// home returns the first slot of a key's home line. The top bits of a key may have chosen the table, so they come last.
func (t *table) home(key uint64) uint64 {
	line, _ := bits.Mul64(bits.RotateLeft64(key, placeBits), t.lines)
	return line * lineSlots
}

// touch brings the home line of a key into the cache; the result is of no use.
func (t *table) touch(key uint64) uint64 { return t.slots[t.home(key)] }

// insert adds a key and reports whether it is new.
func (t *table) insert(key uint64) bool {
	if key == 0 {
		was := t.zero
		t.zero = true
		return !was
	}
	for i := t.home(key); ; i += lineSlots {
		l := (*[lineSlots]uint64)(t.slots[i : i+lineSlots])
		if contains(l, key) {
			return false
		}
		if l[lineSlots-1] != 0 {
			continue
		}
		if t.n >= t.lines*lineSlots*maxLoad/1024 || i >= (t.lines+tailLines-1)*lineSlots {
			t.grow()
			return t.insert(key)
		}
		free := 0
		for l[free] != 0 {
			free++
		}
		l[free] = key
		t.n++
		return true
	}
}

// contains reports whether a line has the key. For each slot x is zero if it does, and only then (x-1)&^x has its top
// bit.
func contains(l *[lineSlots]uint64, key uint64) bool {
	x := l[0] ^ key
	z := (x - 1) &^ x
	x = l[1] ^ key
	z |= (x - 1) &^ x
	x = l[2] ^ key
	z |= (x - 1) &^ x
	x = l[3] ^ key
	z |= (x - 1) &^ x
	x = l[4] ^ key
	z |= (x - 1) &^ x
	x = l[5] ^ key
	z |= (x - 1) &^ x
	x = l[6] ^ key
	z |= (x - 1) &^ x
	x = l[7] ^ key
	z |= (x - 1) &^ x
	return int64(z) < 0
}

// grown returns the number of lines after the next growth.
func (t *table) grown() uint64 {
	switch {
	case t.lines < smallLines:
		return 2 * t.lines
	case t.lines < middleLines:
		return t.lines + t.lines/2
	}
	return t.lines + t.lines/8
}

// grow makes the array longer and moves the keys, from the last line to the first: a key's new home is at or behind its
// old one. Where the line that it is found in lies behind the new home, since it had run over, it waits until all lines
// have moved.
func (t *table) grow() {
	lines := t.grown()
	t.slots = t.mem.extend(t.slots, int(lines+tailLines)*lineSlots)
	old := (t.lines + tailLines) * lineSlots
	t.lines = lines
	var late []uint64
	for i := old; i > 0; i -= lineSlots {
		at := i - lineSlots
		l := *(*[lineSlots]uint64)(t.slots[at:i])
		clear(t.slots[at:i])
		for _, key := range l {
			switch {
			case key == 0:
			case t.home(key) < at:
				late = append(late, key)
			default:
				t.move(key)
			}
		}
	}
	for _, key := range late {
		t.move(key)
	}
}

// move inserts a key that is not there, into a table that has room.
func (t *table) move(key uint64) {
	for i := t.home(key); ; i += lineSlots {
		l := (*[lineSlots]uint64)(t.slots[i : i+lineSlots])
		if l[lineSlots-1] != 0 {
			continue
		}
		free := 0
		for l[free] != 0 {
			free++
		}
		l[free] = key
		return
	}
}

// growth returns how many bytes the table would grow by if so many keys were added.
func (t *table) growth(keys uint64) uint64 {
	bytes, future := uint64(0), *t
	for t.n+keys > future.lines*lineSlots*maxLoad/1024 {
		bytes += 8 * lineSlots * (future.grown() - future.lines)
		future.lines = future.grown()
	}
	return bytes
}

// has reports whether the table has the key. Several goroutines may ask at a time.
func (t *table) has(key uint64) bool {
	if key == 0 {
		return t.zero
	}
	for i := t.home(key); ; i += lineSlots {
		l := (*[lineSlots]uint64)(t.slots[i : i+lineSlots])
		if contains(l, key) {
			return true
		}
		if l[lineSlots-1] == 0 {
			return false
		}
	}
}
