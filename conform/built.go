package conform

import (
	"reflect"
	"slices"
	"sync"

	"github.com/hpcheck/hpcheck/model"
)

// machines are the last few that were built, the newest last. The traces of one recording are mostly of the same
// machine, and to build it takes longer than to follow a short trace. A machine never changes, so that several
// goroutines may share it.
var machines struct {
	sync.Mutex
	built []builtMachine
}

type builtMachine struct {
	kernel   model.Kernel
	scenario model.Scenario
	machine  *model.Machine
}

// maxBuilt is how many are kept: a recording has as many that differ in what fails and in how far a write goes.
const maxBuilt = 8

// sameKernel reports whether two kernels are the same. That their programs come from equal trees is not enough: what is
// in a source may change while another goroutine assembles a program.
func sameKernel(a, b model.Kernel) bool {
	from := reflect.TypeOf(a.Source)
	if from != reflect.TypeOf(b.Source) || from != nil && (!from.Comparable() || a.Source != b.Source) {
		return false
	}
	a.Source, b.Source = nil, nil
	return reflect.DeepEqual(a, b)
}

// build returns the machine of a kernel and a scenario, as [model.New] does.
func build(k model.Kernel, sc model.Scenario) (*model.Machine, error) {
	is := func(b builtMachine) bool { return reflect.DeepEqual(b.scenario, sc) && sameKernel(b.kernel, k) }
	machines.Lock()
	i := slices.IndexFunc(machines.built, is)
	if i >= 0 {
		defer machines.Unlock()
		return machines.built[i].machine, nil
	}
	machines.Unlock()
	m, err := model.New(k, sc)
	if err != nil {
		return nil, err
	}
	machines.Lock()
	defer machines.Unlock()
	if len(machines.built) == maxBuilt {
		machines.built = slices.Delete(machines.built, 0, 1)
	}
	machines.built = append(machines.built, builtMachine{k, sc, m})
	return m, nil
}
