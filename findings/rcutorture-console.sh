#!/bin/sh
# rcutorture's parse-console.sh ends with 0 whatever it finds, also a run that ended in RCU_HOTPLUG, for which it has an
# exit 3; and it counts lockdep's splats without ever telling them, but where there is Badness, of which it tells the
# count twice.
#
# Guessed: a console that ends with "End of test: RCU_HOTPLUG" is told as HOTPLUG FAILURES and gives status 3, one whose
# versions go back gives status 2, and the summary of one with a splat of lockdep has "lockdep: 1".
# Seen with the script of linux-source-7.3 7.3.4-1~bpo13+1 and bash 5.2:
#
#   console                   status  what is said
#   ends with RCU_HOTPLUG     0       HOTPLUG FAILURES
#   versions 10, 9            0       BAD SEQ 10:9
#   ends with FAILURE         0       FAILURE
#   a splat of lockdep        0       Warnings: 1 Call Traces: 1
#   Badness                   0       Badness: 1 lockdep: 1
#
# The checks stand in front of "| tee -a", so each exit leaves the shell of the pipe, and the script goes on. n_lockdep
# is set, and what is tested and printed is n_badness.
#
# It fetches the package into a temporary folder (160 MB), and needs apt-get, dpkg, xz and bash. It ends with 0 if the
# script still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie-backports main" >"$work/sources.list"
apt() {
	apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" "$@"
}
cd "$work"
{ apt update && apt download linux-source-7.3=7.3.4-1~bpo13+1; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
bin=linux-source-7.3/tools/testing/selftests/rcutorture/bin
dpkg-deb --fsys-tarfile linux-source-7.3_*.deb | tar xO --wildcards '*.tar.xz' | xz -dc | tar x "$bin"

# try NAME LINE...: what is said of a console with these lines.
try() {
	name=$1
	shift
	for line; do
		printf '[    1.000000] %s\n' "$line"
	done >console
	status=0
	PATH="$work/$bin:$PATH" bash "$bin/parse-console.sh" console RUN >out 2>&1 || status=$?
	sed 's/\x1b\[[0-9]*m//g' out >said
	echo "== $name: status $status"
	cat said
	[ "$status" = 0 ]
}
version='rcu-torture: rtc: 00000000a1b2c3d4 ver: 10 tfle: 0 rta: 11 rtaf: 0'
end='rcu-torture:--- End of test:'
try 'ends with RCU_HOTPLUG' "$version" "$end RCU_HOTPLUG: onoff_interval=1000"
grep -q '^WARNING: HOTPLUG FAILURES RUN' said
try 'versions 10, 9' "$version" 'rcu-torture: rtc: 00000000a1b2c3d4 ver: 9 tfle: 0' "$end SUCCESS: onoff_interval=1000"
grep -q '^WARNING: RUN BAD SEQ 10:9' said
try 'ends with FAILURE' "$version" "$end FAILURE: onoff_interval=1000"
grep -q '^BUG: RUN FAILURE' said
try 'a splat of lockdep' "$version" '======================================================' \
	'WARNING: possible circular locking dependency detected' 'Call Trace:' "$end SUCCESS: onoff_interval=1000"
grep -qx 'WARNING: Summary: Warnings: 1 Call Traces: 1' said
try 'Badness' "$version" 'Badness at kernel/cpu.c:100' "$end SUCCESS: onoff_interval=1000"
grep -qx 'WARNING: Summary: Badness: 1 lockdep: 1' said
