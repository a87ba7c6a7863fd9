#!/bin/sh
# Size of dominikbraun/graph counts an edge from a vertex to itself for half in an undirected graph, and rounds down.
#
# Guessed: Size is the number of the edges that Edges returns.
# Seen with v0.23.0, the newest release, and Go 1.26: with one such edge Size is 0 and Edges has 1; with two of them
# it is 1 and 2; with an edge between two vertices as well 2 and 3. An undirected edge is stored twice and counted for
# half, but this one is stored once. A state that a step does not leave is such an edge.
#
# It needs Go and a module proxy. It ends with 0 if the library still does so, with 1 if it does something else, and
# with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOWORK=off
cat >main.go <<'END'
package main

import (
	"fmt"

	"github.com/dominikbraun/graph"
)

func main() {
	g := graph.New(graph.IntHash)
	_, _ = g.AddVertex(1), g.AddVertex(2)
	for _, e := range [][2]int{{1, 1}, {2, 2}, {1, 2}} {
		if err := g.AddEdge(e[0], e[1]); err != nil {
			panic(err)
		}
		size, _ := g.Size()
		edges, _ := g.Edges()
		fmt.Println(size, len(edges))
	}
}
END
{ go mod init loop && go get github.com/dominikbraun/graph@v0.23.0; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
go run . | tee out
[ "$(cat out)" = "0 1
1 2
2 3" ]
