#!/bin/sh
# trace-cmd report -F looks at a signed field as if it had no sign, and an equality with a negative number holds
# always.
#
# Guessed: -F 'cpuhp_exit: ret == -11' shows the callbacks that returned -EAGAIN, and 'ret < 0' all that failed; the
# filter files of the kernel take the same words so.
# Seen with trace-cmd 3.1.6-1 and libtraceevent 1.7.1-1 of Debian 12 (3.4-2 of sid does the same), on five events with
# a field "int ret" of 0, -11, 0, -16 and 7, which the report prints so:
#
#   ret < 0       nothing
#   ret > 0       -11 -16 7
#   ret == -11    0 -11 0 -16 7
#   ret == -5     0 -11 0 -16 7
#   ret != 0      -11 -16 7
#
# It ends with 0 and says nothing. What failed is found by 'ret != 0' alone.
#
# It needs apt-get, dpkg and python3, which writes the trace.dat (version 6, one CPU, one event format). It ends with
# 0 if trace-cmd still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"
{
	apt-get -q download trace-cmd=3.1.6-1 libtracecmd1=3.1.6-1 libtracefs1=1.6.4-1 libtraceevent1=1:1.7.1-1
	for deb in *.deb; do
		dpkg -x "$deb" root
	done
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
python3 "$here/door_dat.py" 0 -11 0 -16 7 >door.dat
libraries=$(dirname "$(find root -name 'libtraceevent.so.1' | head -n 1)")
# shown FILTER: the field ret of the events that are shown
shown() {
	LD_LIBRARY_PATH=$libraries root/usr/bin/trace-cmd report ${1:+-F "door_moves: $1"} door.dat 2>&1 | sed -n 's/.*ret: //p' | tr '\n' ' '
}
# expect FILTER RETS
expect() {
	got=$(shown "$1")
	printf '%-12s %s\n' "$1" "$got"
	[ "$got" = "$2" ]
}
expect '' '0 -11 0 -16 7 '
expect 'ret < 0' ''
expect 'ret > 0' '-11 -16 7 '
expect 'ret == -11' '0 -11 0 -16 7 '
expect 'ret == -5' '0 -11 0 -16 7 '
expect 'ret != 0' '-11 -16 7 '
