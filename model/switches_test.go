package model

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Everything that editions can do differently is a switch or a fix, so that the lists and hpcheck diff tell of it; and
// what is listed changes with one field alone.
func TestSwitchesAreListed(t *testing.T) {
	listed := func(k Kernel) (names []string) {
		for _, s := range slices.Concat(Switches(), Platforms()) {
			if s.In(k) {
				names = append(names, s.Name)
			}
		}
		for _, c := range candidates {
			if *c.field(&k) {
				names = append(names, c.Name)
			}
		}
		for _, f := range fixes {
			if f.has(&k) {
				names = append(names, f.Name)
			}
		}
		return names
	}
	plain := listed(Kernel{})
	for i := range reflect.TypeFor[Kernel]().NumField() {
		field := reflect.TypeFor[Kernel]().Field(i)
		if field.Type.Kind() != reflect.Bool {
			continue
		}
		var k Kernel
		reflect.ValueOf(&k).Elem().Field(i).SetBool(true)
		more, less := len(listed(k))-len(plain), len(plain)-len(listed(k))
		assert.Equal(t, 1, max(more, less), "%s is neither a switch nor a fix", field.Name)
	}
	for _, s := range Switches() {
		assert.NotEmpty(t, s.Doc+s.Before+s.Commit, s.Name)
		in := 0
		for _, k := range Kernels() {
			if s.In(k) {
				in++
			}
		}
		assert.NotZero(t, in, "no edition has %s", s.Name)
		assert.Less(t, in, len(Kernels()), "every edition has %s", s.Name)
	}
}
