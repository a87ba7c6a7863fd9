package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/ktree"
)

// bakery has a construct of every kind. Its numbers are all different, and so are its global names.
const bakery = `
static int bake(struct oven *o, int first)
{
	struct tray *t __free(put_tray) = take(o, 11);
	static int batches = 12;
	int i, n = { 13 };

	for (i = 14; i < o->racks[15].size; i += 16) {
		if (t->loaves & ~17 || !o->hot)
			continue;
		else if (o->door.open == (u8)18)
			break;
		n = t ? sizeof(struct loaf) : o->spare ?: 19;
	}
	while (READ_ONCE(o->flour) > 20 && --n)
		knead(&o->dough, (struct recipe){ .salt = 21, .steps = { [22 ... 23] = 24 } });
	do {
		n <<= 25;
	} while (*o->timer++ != 26);
	switch (n) {
	case 27 ... 28:
		goto out;
	default:
		wait_event(o->queue, ({ int k = o->turn; k % 29; }));
	}
	for_each_rack(i, o->mask)
		n -= o->fn(i, 30, (n, 31));
	scoped_guard(irqsave, &o->lock) {
		asm volatile("bake %0" : : "r" (o->temperature) : "memory");
	}
	guard(mutex)(&o->mutex);
	return container_of(o, struct shop, oven)->price[32] + per_cpu(ovens, first);
out:
	return -33;
}
`

// printOf is the print of the function in a text.
func printOf(t *testing.T, text string) (p Print, ok bool) {
	t.Helper()
	f := cfront.Parse("x.c", text, nil)
	if f.Err() != nil || len(f.Funcs) != 1 {
		return p, false
	}
	u := &ktree.Unit{Files: []*cfront.File{f}}
	return fingerprint(u, &ktree.Func{Func: f.Funcs[0], File: "x.c"}), true
}

// other is another token that may stand in the place of one, "" if there is none.
func other(t cfront.Token) string {
	switch t.Kind {
	case cfront.Num:
		return "9" + t.Text
	case cfront.Ident:
		return "zz_" + t.Text
	}
	return map[string]string{
		"->": ".", "+=": "-=", "<<=": ">>=", "-=": "+=", "&": "|", "~": "!", "||": "&&", "!": "~", "==": "!=", ">": "<",
		"<": ">", "&&": "||", "--": "++", "++": "--", "!=": "==", "%": "*", "+": "-",
	}[t.Text]
}

// Whatever word of a function is another one, the code is another, except where it must not count.
func TestEveryWordCounts(t *testing.T) {
	before, ok := printOf(t, bakery)
	require.True(t, ok)
	uncounted := map[string]bool{}
	for _, name := range strings.Fields("o first t batches i n k out bake static volatile") {
		uncounted[name] = true // or what must not count
	}
	toks := cfront.Preprocess(bakery, nil).Tokens
	tried := 0
	for i, tok := range toks {
		with := other(tok)
		if with == "" || uncounted[tok.Text] {
			continue
		}
		var s strings.Builder
		for j, x := range toks[:len(toks)-1] {
			text := x.Text
			if j == i {
				text = with
			}
			s.WriteString(text + " ")
		}
		after, ok := printOf(t, s.String())
		if !ok { // it is no C any more
			continue
		}
		tried++
		where := fmt.Sprintf("%s for %s in line %d", with, tok.Text, tok.Line)
		assert.NotEqual(t, before.Words, after.Words, where)
		assert.NotEqual(t, before.Code, after.Code, where)
		if tok.Line > 2 { // what it returns and takes is in no statement
			assert.NotEqual(t, before.Lines, after.Lines, where)
		}
	}
	assert.Greater(t, tried, 110)
}
