package ftrace_test

import (
	"fmt"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
)

func ExampleRead() {
	traces, err := ftrace.Read("down.trace", strings.NewReader(
		"  cpuhp/1-21  [001] .....  12.500000: cpuhp_enter: cpu: 0001 target: 143 step: 235 (sched_cpu_deactivate)\n"+
			"  cpuhp/1-21  [001] .....  12.500100: cpuhp_exit:  cpu: 0001  state: 234 step: 235 ret: -16\n"))
	if err != nil {
		panic(err)
	}
	for _, e := range traces[0].Events {
		fmt.Println(e.Comm, e.CPU, e.Step, e.Func, e.Ret)
	}
	// Output:
	// cpuhp/1 1 235 sched_cpu_deactivate 0
	// cpuhp/1 1 235  -16
}
