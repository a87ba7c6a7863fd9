#!/bin/sh
# The kernel's own test of CPU hotplug reads lists of CPUs as numbers: 2-3 is below zero, so CPUs 2 and 3 are not
# tested; 0-1,3 ends with CPU "1,3", so a good kernel fails; and a machine with 0,2 online has "only one cpu".
#
# Guessed: cpu-on-off-test.sh takes the files online, offline and present as the kernel documents them, lists such as
# 0-1,3, and tests a CPU that is offline where there is one.
# Seen with the test of linux-source-7.3 7.3.4-1~bpo13+1 and bash 5.2, with 4 CPUs present, of which 0 has no file
# online, as on x86:
#
#   offline    what is tested                           status
#   3          CPU 2 down and up, CPU 3 up and down     0
#   2-3        CPU 1 down and up                        0
#   2          "CPU 1,3", which has no file, and CPU 3  1
#   1,3        nothing: "there is only one cpu: 0,2"    4, skipped
#
# "$offline_cpus -gt 0" is arithmetic within [[ ]], where 2-3 is -1; and ${list##*-} is the last CPU of a list only if
# a range comes last. With -a and 0-1,3 online, "[ $cpu -eq 1,3 ]" is no comparison for each CPU: the one that was
# to stay online is taken down too.
#
# The test asks mount where sysfs is: here it is a folder with the same files, since nothing else of it is used.
#
# It fetches the package into a temporary folder (160 MB), and needs apt-get, dpkg, xz and bash, and root, as the test
# does. It ends with 0 if the test still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$(id -u)" = 0 ] || { echo "the test runs as root only" >&2; exit 2; }
mkdir -p "$work/lists/partial" "$work/bin"
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
test=linux-source-7.3/tools/testing/selftests/cpu-hotplug/cpu-on-off-test.sh
dpkg-deb --fsys-tarfile linux-source-7.3_*.deb | tar xO --wildcards '*.tar.xz' | xz -dc | tar x "$test"

printf '#!/bin/sh\necho "sysfs on %s type sysfs (rw)"\n' "$work/sys" >bin/mount
printf '#!/bin/sh\n' >bin/taskset
chmod +x bin/*
flags=
# try ONLINE OFFLINE STATUS CPU...: runs the test on a machine with these lists, of which these CPUs are offline.
try() {
	online=$1 offline=$2 want=$3
	shift 3
	dir=sys/devices/system/cpu
	rm -rf sys
	for cpu in 0 1 2 3; do
		mkdir -p "$dir/cpu$cpu"
		[ "$cpu" = 0 ] || echo 1 >"$dir/cpu$cpu/online"
	done
	for cpu; do
		echo 0 >"$dir/cpu$cpu/online"
	done
	echo "$online" >"$dir/online"
	echo "$offline" >"$dir/offline"
	echo 0-3 >"$dir/present"
	status=0
	PATH="$work/bin:$PATH" bash "$test" $flags >out 2>&1 || status=$?
	echo "== offline $offline: status $status"
	grep -E 'online to offline to online: cpu|unexpected|only one|expected$' out || true
	[ "$status" = "$want" ]
}
try 0-2 3 0 3
[ "$(grep -c 'online to offline to online: cpu' out)" = 2 ]
try 0-1 2-3 0 2 3
[ "$(grep -c 'online to offline to online: cpu' out)" = 1 ]
grep -q 'online: cpu 1$' out
try 0-1,3 2 1 2
grep -q 'offline_cpu_expect_success 1,3: unexpected fail' out
try 0,2 1,3 4 1 3
grep -q 'only one cpu: 0,2' out
flags=-a
try 0-1,3 2 0 2
[ "$(grep -c '\[: 1,3: integer expression expected' out)" = 3 ]
