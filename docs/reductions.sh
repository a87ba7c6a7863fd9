#!/bin/sh
# Makes the table of reductions in docs/performance.md: states and CPU seconds of v4.6 with each way to explore less.
# usage: docs/reductions.sh [MOST-CPUS]   a run of over 10 minutes is left out: "-"
set -eu
hpcheck=$(mktemp)
trap 'rm -f "$hpcheck"' EXIT
go build -o "$hpcheck" ./cmd/hpcheck
cell() { # flags
	"$hpcheck" "$@" --workers 1 --timeout 10m --memory 12G -q --json - 2>/dev/null |
		awk '/"stop":/ { stop = $2 } /"states":/ { n = $2 } /"seconds":/ { s = $2 }
		END { gsub(/[",]/, "", stop); gsub(",", "", n); gsub(",", "", s); if (stop == "exhausted") printf " %d | %.1f |", n, s; else printf " - | - |" }'
}
for cpus in $(seq 2 "${1:-8}"); do
	printf '| %s CPUs |' "$cpus"
	for reduce in none symmetry por symmetry,por symmetry,por,merge; do
		if [ "$reduce" = none ] && [ "$cpus" -gt 6 ]; then printf ' - | - |'; else cell --kernel v4.6 --cpus "$cpus" --reduce $reduce || true; fi
	done
	echo
done
