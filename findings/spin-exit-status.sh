#!/bin/sh
# SPIN ends with status 0 when an assertion is violated or the model is stuck: pan, spin -run, -search and the replay.
#
# Guessed: as compilers and test programs do, a checker that found an error ends with another status than 0.
# Seen with spin 6.5.2+dfsg-1 of Debian 12: two processes that add 1 to a byte in two steps, and a third that asserts
# that it is 2. "pan" prints "errors: 1", writes the trail, and ends with 0; so do "spin -run", "spin -search" and
# "spin -t", which prints "text of failed assertion". Two processes that wait for each other: the same. A job of CI that
# runs SPIN has to read what it prints.
#
# It needs apt-get, dpkg and gcc. It ends with 0 if SPIN still does so, with 1 if it does something else, and with 2
# if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
{ apt-get -q download spin=6.5.2+dfsg-1 && dpkg -x spin_*.deb spin; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
spin=spin/usr/bin/spin
cat >adders.pml <<'END'
byte x, ready;
active [2] proctype add() { byte t; t = x; x = t + 1; ready++ }
active proctype judge() { (ready == 2); assert(x == 2) }
END
cat >stuck.pml <<'END'
chan a = [0] of { bit };
chan b = [0] of { bit };
active proctype p() { a ! 1; b ? 1 }
active proctype q() { b ! 1; a ? 1 }
END
# expect PATTERN COMMAND...: it ends with 0 and prints PATTERN
expect() {
	pattern=$1
	shift
	status=0
	"$@" >out 2>&1 || status=$?
	printf '%s: status %s, %s\n' "$*" "$status" "$(grep -m 1 -o "$pattern" out)"
	[ "$status" = 0 ]
	grep -q "$pattern" out
}
for model in adders stuck; do
	$spin -a $model.pml
	gcc -O2 -w -DSAFETY -o pan pan.c
	expect 'errors: 1' ./pan
	expect 'errors: 1' $spin -run -safety $model.pml
	expect 'errors: 1' $spin -search -safety $model.pml
done
$spin -run -safety adders.pml >/dev/null 2>&1
expect 'text of failed assertion' $spin -t adders.pml
