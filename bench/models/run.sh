#!/bin/sh
# Measures the engine on the standard models beside SPIN and a program that is written for the model, all in one run and each in a
# process of its own, and prints a table: the median of three. It needs Go, a C compiler and spin; without spin its lines are left out.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
: "${CC:=cc}" "${RUNS:=3}"
$CC -O3 -march=native -o "$dir/roof" roof.c
go test -c -o "$dir/explore" ../../explore

# median COMMAND... : of lines "states transitions cpu-seconds peak-KiB [wall-seconds]", the one with the median time
median() {
	for _ in $(seq "$RUNS"); do "$@"; done | sort -k3,3n | sed -n "$(((RUNS + 1) / 2))p"
}
ours() {
	HPCHECK_BENCH="$*" "$dir/explore" -test.run '^TestMeasure$' | sed -n 's/^measured //p'
}
roof() { "$dir/roof" "$@"; }
spin_build() { # model n; the searches that SPIN is fastest with: depth-first, and breadth-first with its lock-free table
	(cd "$dir" && mkdir -p spin && cd spin && spin -a -DN="$2" "$here/$1.pml" >/dev/null &&
		$CC -O3 -march=native -w -DSAFETY -DNOREDUCE -DNOFAIR -DMEMLIM=20000 -o "../$1-dfs" pan.c &&
		$CC -O3 -march=native -w -DSAFETY -DNOREDUCE -DNOFAIR -DBFS_PAR -DMEMLIM=20000 -o "../$1-bfspar" pan.c -lpthread 2>/dev/null)
}
spin_run() { # binary
	case $1 in *dfs) flags="-m3000000 -w25" ;; *) flags="-u1 -w25" ;; esac
	/usr/bin/time -f 'cpu %U %S %M' "$dir/$1" $flags >"$dir/spin.out" 2>&1
	if grep -q "max search depth too small" "$dir/spin.out"; then # and yet it exits 0
		echo "$1: SPIN cut its search, which is no measurement: raise -m" >&2
		return 1
	fi
	awk '
		/states, stored/ { states = $1 } /transitions \(=/ { transitions = $1 } /^cpu / { cpu = $2 + $3; peak = $4 }
		END { printf "%d %d %.3f %d\n", states, transitions, cpu, peak }' "$dir/spin.out"
}
here=$PWD
line() { # name, measurement, roof's seconds
	echo "$2" | awk -v name="$1" -v roof="$3" '{
		printf "  %-28s %12d %13d %9.2f %8.1f %7.1f %9.2fx", name, $1, $2, $3, $3 * 1e9 / $2, $4 * 1024 / $1, $3 / roof
		if ($5) printf "  %6.2f s wall", $5
		print "" }'
}
for model in ${MODELS:-commit-8-23 commit-9-25 philosophers-13-22 filter-6-22 peterson-4-22}; do
	name=${model%%-*} rest=${model#*-}
	n=${rest%-*} slots=${rest#*-}
	echo "$name $n"
	printf '  %-28s %12s %13s %9s %8s %7s %10s\n' '' states transitions 'CPU s' 'ns/tr.' 'B/state' 'of roof'
	r=$(median roof "$name" "$n" "$slots")
	seconds=$(echo "$r" | cut -d' ' -f3)
	line 'written for the model, in C' "$r" "$seconds"
	for mode in compact exact wide; do
		r=$(median ours "$name" "$n" "$mode" 1)
		line "hpcheck, $mode" "$r" "$seconds"
		[ $mode = compact ] || ours="${ours:-} $mode $(echo "$r" | cut -d' ' -f3)"
	done
	line 'hpcheck, exact, 2 workers' "$(median ours "$name" "$n" exact 2)" "$seconds"
	if command -v spin >/dev/null && [ -x /usr/bin/time ]; then
		spin_build "$name" "$n"
		best=1e9
		for search in dfs bfspar; do
			[ -x "$dir/$name-$search" ] || continue
			r=$(median spin_run "$name-$search")
			line "SPIN, $search" "$r" "$seconds"
			best=$(echo "$r" | awk -v best="$best" '{ print ($3 < best ? $3 : best) }')
		done
		# The goals: three times SPIN's best; within three times of C with a word, within six with six words.
		echo "$ours" | awk -v spin="$best" -v roof="$seconds" '{
			for (i = 1; i < NF; i += 2) {
				most = ($i == "wide" ? 6 : 3)
				printf "  goal, %-5s  SPIN takes %.1f times as long (3: %s); %.1f times C (%d: %s)\n", $i, spin / $(i + 1),
					(spin / $(i + 1) >= 3 ? "met" : "missed"), $(i + 1) / roof, most, ($(i + 1) / roof <= most ? "met" : "missed")
			} }'
	fi
	ours=
done
