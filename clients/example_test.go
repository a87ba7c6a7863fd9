package clients_test

import (
	"fmt"

	"github.com/hpcheck/hpcheck/clients"
)

func ExampleParse() {
	client, err := clients.Parse("quota.toml", []byte(`
name = "quota"
mutexes = ["quota_lock"]

[[task]]
name = "set_quota"
steps = ["mutex_lock quota_lock", "cpus_read_lock", "cpus_read_unlock", "mutex_unlock quota_lock"]
`))
	if err != nil {
		panic(err)
	}
	fmt.Println(client.Name, len(client.Tasks), "task")
	_, err = clients.Parse("quota.toml", []byte(`name = "quota"
[[task]]
name = "a"
steps = ["mutex_lok x"]
`))
	fmt.Println(err)
	// Output:
	// quota 1 task
	// quota.toml:4:10: unknown step "mutex_lok", did you mean "mutex_lock"?
}
