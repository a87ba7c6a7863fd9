#!/bin/sh
# draw.DOT of dominikbraun/graph writes weight=0 for every edge that was given no weight, and dot then does not care
# how long it draws it.
#
# Guessed: an edge without a weight has none in the DOT either, so that dot takes its own, which is 1.
# Seen with v0.23.0, the newest release, and graphviz 2.43.0 of Debian 12: in a graph of seven vertices and nine edges
# an edge to a vertex that has another one into it, from higher up, spans two ranks, an inch each. With weight=0 taken
# out, everything else being the same, it spans one. What dot minimises is the sum of the lengths, each times its
# weight.
#
# It needs Go, a module proxy and graphviz. It ends with 0 if the two still do so, with 1 if they do something else,
# and with 2 if they could not be asked.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOWORK=off
command -v dot >/dev/null || exit 2
cat >main.go <<'END'
package main

import (
	"os"

	"github.com/dominikbraun/graph"
	"github.com/dominikbraun/graph/draw"
)

func main() {
	g := graph.New(graph.StringHash, graph.Directed())
	for _, v := range []string{"a", "b", "c", "d", "e", "x", "y"} {
		_ = g.AddVertex(v)
	}
	for _, e := range []string{"ab", "bc", "cd", "de", "ae", "ax", "xy", "ye", "by"} {
		_ = g.AddEdge(e[:1], e[1:])
	}
	if err := draw.DOT(g, os.Stdout); err != nil {
		panic(err)
	}
}
END
{ go mod init paths && go get github.com/dominikbraun/graph@v0.23.0; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
go run . | grep -v '^$' >body
{ sed '1d;$d' body | LC_ALL=C sort >sorted; } # the library's order is that of a map
{ echo 'strict digraph {'; cat sorted; echo '}'; } >as-written.dot
sed 's/weight=0//' as-written.dot >without.dot
grep -c -e '->.*weight=0' as-written.dot
for f in as-written without; do
	# over how many ranks the edge from x to y goes
	dot -Tplain "$f.dot" | awk -v f="$f" '
		$1 == "node" { at[$2] = $4 }
		END { printf "%s: x to y spans %.0f\n", f, at["x"] - at["y"] }'
done | tee out
[ "$(cat out)" = "as-written: x to y spans 2
without: x to y spans 1" ]
