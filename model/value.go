package model

// What the lowering of C works with: values, places and registers. A value is computed within one instruction; what it
// reads of what is shared is known.

// Kind says what a number stands for, and so in which registers it fits.
type Kind uint8

// The kinds.
const (
	KindUnknown Kind = iota // a constant, or a register to which nothing but constants are assigned
	KindRung                // an enum cpuhp_state, as the position on the ladder
	KindErrno               // 0, or an error as the kernel returns it, below 0
	KindCount               // a small number, or a bool
	KindEither              // an error, or the position of a state
)

// Value is what an expression of C comes to.
type Value struct {
	get   func(*Exec) int64 // nil for a constant
	n     int64
	kind  Kind
	acc   access
	uses  []*Register // that it reads
	sets  []*Register // that it writes
	event bool        // it makes something visible, or changes something
	gives *int64      // the number, known before it runs, that is put into the register that it writes
}

// Constant is a number that is known.
func Constant(n int64, k Kind) Value { return Value{n: n, kind: k} }

// Truth is a bool that is known.
func Truth(is bool) Value { return Constant(int64(bit(is)), KindCount) }

// Known returns the number if it is known before the program runs.
func (v Value) Known() (n int64, ok bool) { return v.n, v.get == nil && !v.event }

// Kind returns what the number stands for.
func (v Value) Kind() Kind { return v.kind }

// As is the value, said to stand for something else.
func (v Value) As(k Kind) Value {
	v.kind = k
	return v
}

// Acts reports whether evaluating the value changes anything.
func (v Value) Acts() bool { return v.event || len(v.sets) > 0 }

// Shared is what it reads or writes that others may.
func (v Value) Shared() Object { return v.acc.read | v.acc.write | v.acc.add | v.acc.boot }

// Registers returns those that it reads.
func (v Value) Registers() []*Register { return v.uses }

func (v Value) run() func(*Exec) int64 {
	if v.get != nil {
		return v.get
	}
	n := v.n
	return func(*Exec) int64 { return n }
}

// computed is a value that is computed from others.
func computed(get func(*Exec) int64, kind Kind, of ...Value) Value {
	v := Value{get: get, kind: kind}
	for _, o := range of {
		v.acc = v.acc.and(o.acc)
		v.uses = append(v.uses, o.uses...)
		v.sets = append(v.sets, o.sets...)
		v.event = v.event || o.event
	}
	return v
}

// and is the access of two things that are done in one.
func (a access) and(b access) access {
	a.read |= b.read
	a.write |= b.write
	a.add |= b.add
	a.boot |= b.boot
	a.clientRead |= b.clientRead
	a.clientWrite |= b.clientWrite
	a.allCPUs = a.allCPUs || b.allCPUs
	a.now = nil
	return a
}

// Unary applies an operator.
func Unary(op func(int64) int64, kind Kind, v Value) Value {
	if n, ok := v.Known(); ok {
		return Constant(op(n), kind)
	}
	f := v.run()
	return computed(func(x *Exec) int64 { return op(f(x)) }, kind, v)
}

// Binary applies an operator.
func Binary(op func(a, b int64) int64, kind Kind, v, w Value) Value {
	n, ok1 := v.Known()
	k, ok2 := w.Known()
	if ok1 && ok2 {
		return Constant(op(n, k), kind)
	}
	f, g := v.run(), w.run()
	return computed(func(x *Exec) int64 { return op(f(x), g(x)) }, kind, v, w)
}

// Both is a && b.
func Both(a, b Value) Value { return either(a, b, false) }

// Either is a || b.
func Either(a, b Value) Value { return either(a, b, true) }

func either(a, b Value, decides bool) Value {
	if n, ok := a.Known(); ok {
		if (n != 0) == decides {
			return Truth(decides)
		}
		return Unary(func(n int64) int64 { return int64(bit(n != 0)) }, KindCount, b)
	}
	f, g := a.run(), b.run()
	return computed(func(x *Exec) int64 {
		if (f(x) != 0) == decides {
			return int64(bit(decides))
		}
		return int64(bit(g(x) != 0))
	}, KindCount, a, b)
}

// Choose is c ? a : b.
func Choose(c, a, b Value) Value {
	if n, ok := c.Known(); ok {
		if n != 0 {
			return a
		}
		return b
	}
	kind := a.kind
	if kind == KindUnknown {
		kind = b.kind
	}
	f, g, h := c.run(), a.run(), b.run()
	return computed(func(x *Exec) int64 {
		if f(x) != 0 {
			return g(x)
		}
		return h(x)
	}, kind, c, a, b)
}

// LValue is something that a value can be read from and written to: a variable of C.
type LValue struct {
	name string
	kind Kind
	o    Object
	all  bool // of every CPU
	get  func(*Exec) int64
	set  func(*Exec, int64)
	reg  *Register
	note func(*Exec, int64) // what a store makes visible
	of   Value              // which of several it is
	with Object             // what a store reads besides
	look Object             // what a load reads of what participants bring

	fixed  bool // it never has another value than n in this scenario, and is not looked at
	n      int64
	finds  bool // that it is fixed is only so until somebody is found who stores something
	pinned bool // what is stored is not kept, since nobody looks at it
}

// Name is how C writes it.
func (p LValue) Name() string { return p.name }

// Register returns the register that it is; nil for something shared.
func (p LValue) Register() *Register { return p.reg }

// Load reads it.
func (p LValue) Load() Value {
	if p.fixed {
		return Constant(p.n, p.kind)
	}
	v := Value{get: p.get, kind: p.kind, acc: access{read: p.o, clientRead: p.look, allCPUs: p.all}, uses: p.of.uses}
	if p.reg != nil {
		v.kind, v.uses = p.reg.kind, []*Register{p.reg}
	}
	return v
}

// Store writes it; the value is what was written.
func (p LValue) Store(v Value) Value {
	if p.fixed && !p.finds || p.pinned {
		if v.Acts() {
			return v
		}
		return Constant(0, p.kind)
	}
	f, set, note := v.run(), p.set, p.note
	w := computed(func(x *Exec) int64 {
		n := f(x)
		set(x, n)
		if note != nil {
			note(x, n)
		}
		return n
	}, v.kind, v)
	w.acc = w.acc.writes(p.o).reading(p.with)
	w.event = true
	w.uses = append(w.uses, p.of.uses...)
	if p.reg != nil {
		p.reg.learn(v.kind)
		if n, known := v.Known(); known {
			w.gives = &n
		}
		w.sets = append(w.sets, p.reg)
	}
	return w
}

// Keeps reports whether a store changes anything in this scenario.
func (p LValue) Keeps() bool { return (!p.fixed || p.finds) && !p.pinned }

// Steps adds a number to it; the value is what was there before, or after.
func (p LValue) Steps(by int64, before bool) Value {
	if !p.Keeps() {
		return Constant(p.n, p.kind)
	}
	v := p.Load()
	get, set := p.get, p.set
	v.get = func(x *Exec) int64 {
		n := get(x)
		set(x, n+by)
		if before {
			return n
		}
		return n + by
	}
	v.acc, v.event = v.acc.writes(p.o), true
	if p.reg != nil {
		v.sets = append(v.sets, p.reg)
	}
	return v
}

// Exchange is atomic_try_cmpxchg(p, old, to): it writes p if that is what old says, and old if not.
func (p LValue) Exchange(old LValue, to Value) Value {
	get, set, f := p.get, p.set, to.run()
	v := computed(func(x *Exec) int64 {
		if n := get(x); n != old.get(x) {
			old.set(x, n)
			return 0
		}
		set(x, f(x))
		return 1
	}, KindCount, p.Load(), old.Load(), to)
	v.acc, v.event = v.acc.writes(p.o), true
	if old.reg != nil {
		v.sets = append(v.sets, old.reg)
	}
	return v
}
