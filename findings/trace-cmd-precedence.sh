#!/bin/sh
# trace-cmd report -F gives && and || the same rank, and goes from left to right.
#
# Guessed: 'door == 1 || door == 2 && ret == 0' means what it means in C, and what the filter files of the kernel make
# of it: && binds first.
# Seen with trace-cmd 3.1.6-1 and libtraceevent 1.7.1-1 of Debian 12 (3.4-2 of sid does the same), on five events with
# the doors 0 to 4 and the results 0, -11, 0, -16 and 7:
#
#   door == 1 || door == 2 && ret == 0                   2, not 1 2
#   door == 1 || (door == 2 && ret == 0)                 1 2
#   door == 4 || ret == 0 && door == 2 || door == 3      2 3, not 2 3 4
#
# So a filter that was tried in the kernel shows less in the report; parentheses help.
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
# expect FILTER DOORS: the doors of the events that are shown
expect() {
	got=$(LD_LIBRARY_PATH=$libraries root/usr/bin/trace-cmd report -F "door_moves: $1" door.dat 2>&1 |
		sed -n 's/.*door: \([0-9]*\).*/\1/p' | tr '\n' ' ')
	printf '%-50s %s\n' "$1" "$got"
	[ "$got" = "$2" ]
}
expect 'door == 1 || door == 2 && ret == 0' '2 '
expect 'door == 1 || (door == 2 && ret == 0)' '1 2 '
expect 'door == 4 || ret == 0 && door == 2 || door == 3' '2 3 '
