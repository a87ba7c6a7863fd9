#!/bin/sh
# StronglyConnectedComponents of dominikbraun/graph loses the component of the vertex whose hash is the zero value.
#
# Guessed: every vertex is in exactly one component, whatever it is called.
# Seen with v0.23.0, the newest release, and Go 1.26: where the vertices of a chain are 0, 1 and 2, the components are
# [1], [2] and one with no vertex; where they are 1, 2 and 3, there is one for each. With strings the vertex "" is
# lost. In 0 <-> 1 -> 2 <-> 3 the first cycle is lost if the walk enters it at 0, and found if it enters it at 1:
# which of the two is as the order of a map has it, so runs of the same program differ. Who numbers states from 0 and
# looks for cycles, which is what a checker of liveness does, may miss the one through the first state.
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
	"slices"

	"github.com/dominikbraun/graph"
)

// components are those of a graph, each sorted, as one text.
func components[K int | string](hash graph.Hash[K, K], vertices []K, edges [][2]K) string {
	g := graph.New(hash, graph.Directed())
	for _, v := range vertices {
		_ = g.AddVertex(v)
	}
	for _, e := range edges {
		_ = g.AddEdge(e[0], e[1])
	}
	all, err := graph.StronglyConnectedComponents(g)
	if err != nil {
		panic(err)
	}
	for _, c := range all {
		slices.Sort(c)
	}
	slices.SortFunc(all, slices.Compare)
	return fmt.Sprintf("%v", all)
}

// twoCycles counts what the components of first <-> +1 -> +2 <-> +3 are, in 500 runs.
func twoCycles(first int) map[string]int {
	seen := map[string]int{}
	for range 500 {
		a, b, c, d := first, first+1, first+2, first+3
		seen[components(graph.IntHash, []int{a, b, c, d}, [][2]int{{a, b}, {b, a}, {b, c}, {c, d}, {d, c}})]++
	}
	return seen
}

func main() {
	fmt.Println("from 0", components(graph.IntHash, []int{0, 1, 2}, [][2]int{{0, 1}, {1, 2}}))
	fmt.Println("from 1", components(graph.IntHash, []int{1, 2, 3}, [][2]int{{1, 2}, {2, 3}}))
	fmt.Println("empty", components(graph.StringHash, []string{"", "b"}, [][2]string{{"", "b"}}))
	cycles := twoCycles(0)
	fmt.Println("cycles from 0, right and lost:", cycles["[[0 1] [2 3]]"] > 0, cycles["[[] [2 3]]"] > 0)
	fmt.Println("cycles from 1", twoCycles(1))
}
END
{ go mod init chain && go get github.com/dominikbraun/graph@v0.23.0; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
go run . | tee out
[ "$(cat out)" = "from 0 [[] [1] [2]]
from 1 [[1] [2] [3]]
empty [[] [b]]
cycles from 0, right and lost: true true
cycles from 1 map[[[1 2] [3 4]]:500]" ]
