package model

import "slices"

// Primitive is what stands for a function of the kernel that is not assembled from its C.
type Primitive struct {
	Name    string // the C name
	File    string // where the kernel has it, "" for a macro or what each architecture has
	Doc     string // what it means in the model
	Returns bool   // it is instructions of its own, and returns an error
	Spare   bool   // it stands for the function only if the file is not among those that are assembled

	truth  bool                       // it returns true, and not 0, if all went well
	made   bool                       // it returns what it made, and not 0, if all went well
	value  func(*Builder, Call) Value // it is a value, had within one instruction
	code   func(*Builder, Call)       // it is instructions of its own
	gives  func(*Builder, Call) Value // the same, with a value that is kept in a register
	spoils slotSet                    // the registers that these write
}

// Call is a call of a primitive.
type Call struct {
	Text  string // as C writes it
	Args  []Value
	Names []string // of arguments that are no numbers, such as masks
}

// IsValue reports whether a call is a value within an instruction, and not instructions of its own.
func (p *Primitive) IsValue() bool { return p.value != nil }

// Value is the value of a call.
func (p *Primitive) Value(b *Builder, c Call) Value { return p.value(b, c) }

// Primitives lists all, by name.
func Primitives() []Primitive { return slices.Clone(primitives) }

// PrimitiveOf returns the primitive that stands for a function; nil if there is none.
func PrimitiveOf(name string) *Primitive {
	i, ok := slices.BinarySearchFunc(primitives, name, func(p Primitive, name string) int {
		switch {
		case p.Name < name:
			return -1
		case p.Name > name:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &primitives[i]
}

// results is what a call that returns an error writes besides.
var results = slotsOf("Ret")

// everything is what callbacks written by hand may write.
var everything = slotsOf("Ret", "Save", "N")

// just is a primitive that takes no notice of its arguments.
func just(f func(*assembler)) func(*Builder, Call) { return func(b *Builder, _ Call) { f(b.a) } }

// slotOf is a primitive on a thread, which is st->thread.
func slotOf(f func(*assembler, int)) func(*Builder, Call) {
	return func(b *Builder, c Call) {
		slot, _ := c.Args[0].Known()
		f(b.a, int(slot))
	}
}

// primitives is the table, sorted by name.
var primitives = func() []Primitive {
	all := slices.Concat(lockPrimitives, threadPrimitives, filePrimitives, devicePrimitives, listPrimitives,
		maskPrimitives, platformPrimitives, kthreadPrimitives)
	slices.SortFunc(all, func(a, b Primitive) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}()
