#!/bin/sh
# BFSWithDepth of dominikbraun/graph counts the vertices that it has taken, and calls that the depth.
#
# Guessed: the depth of a vertex is its distance from the start, plus a constant.
# Seen with v0.23.0, the newest release, and Go 1.26: in a star, where a start has edges to four vertices, the depths
# are 1 2 3 4 5, in another order in each run. On 300 random graphs of 2 to 9 vertices they differ from the distances
# in 160. In a chain, where only one vertex is taken at each depth, they are right.
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
	"math/rand"
	"slices"

	"github.com/dominikbraun/graph"
)

// depths are those that BFSWithDepth gives the vertices, from vertex 1 on.
func depths(g graph.Graph[int, int]) map[int]int {
	of := map[int]int{}
	if err := graph.BFSWithDepth(g, 1, func(v, depth int) bool { of[v] = depth; return false }); err != nil {
		panic(err)
	}
	return of
}

// with is a directed graph of the vertices 1 to n; next are its edges, which it fills.
func with(n int, edges [][2]int) (graph.Graph[int, int], map[int][]int) {
	g, next := graph.New(graph.IntHash, graph.Directed()), map[int][]int{}
	for v := 1; v <= n; v++ {
		_ = g.AddVertex(v)
	}
	for _, e := range edges {
		if g.AddEdge(e[0], e[1]) == nil {
			next[e[0]] = append(next[e[0]], e[1])
		}
	}
	return g, next
}

func main() {
	star, _ := with(5, [][2]int{{1, 2}, {1, 3}, {1, 4}, {1, 5}})
	var of []int
	for _, depth := range depths(star) {
		of = append(of, depth)
	}
	slices.Sort(of)
	fmt.Println("star", of)

	chain, _ := with(4, [][2]int{{1, 2}, {2, 3}, {3, 4}})
	fmt.Println("chain", depths(chain))

	random, wrong := rand.New(rand.NewSource(1)), 0
	for range 300 {
		n := 2 + random.Intn(8)
		var edges [][2]int
		for range 2 * n {
			edges = append(edges, [2]int{1 + random.Intn(n), 1 + random.Intn(n)})
		}
		g, next := with(n, edges)
		distance, queue := map[int]int{1: 0}, []int{1}
		for ; len(queue) > 0; queue = queue[1:] {
			for _, w := range next[queue[0]] {
				if _, seen := distance[w]; !seen {
					distance[w] = distance[queue[0]] + 1
					queue = append(queue, w)
				}
			}
		}
		got := depths(g)
		for v, far := range distance {
			if got[v]-got[1] != far {
				wrong++
				break
			}
		}
	}
	fmt.Println("random", wrong > 100)
	fmt.Println(wrong, "of 300 differ")
}
END
{ go mod init star && go get github.com/dominikbraun/graph@v0.23.0; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
go run . | tee out
[ "$(head -n 3 out)" = "star [1 2 3 4 5]
chain map[1:1 2:2 3:3 4:4]
random true" ]
