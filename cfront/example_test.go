package cfront_test

import (
	"fmt"

	"github.com/hpcheck/hpcheck/cfront"
)

func ExampleParse() {
	f := cfront.Parse("shop.c", `
#ifdef CONFIG_TEA
static int brew(struct pot *p)
{
	for_each_cup(c, p->tray)
		pour(c);
	return p->lid : 0;
}
#endif
`, cfront.Config{"CONFIG_TEA": "1"})
	for _, s := range f.Funcs[0].Body.List {
		fmt.Printf("%d %s: %s%s\n", s.Line, s.Op, s.X.String(), s.Text)
	}
	fmt.Println(f.Err())
	// Output:
	// 5 macro: for_each_cup(c, p->tray)
	// 7 bad: ":" where ";" was expected
	// shop.c:7: ":" where ";" was expected
}
