# smp: 4,threads=2
# Suspends the machine to memory again and again, from which its clock wakes it, and forbids and allows second threads (smt/control), alone and while CPUs go down and up, with
# failures at random: traces of all that. Between "== trace" and "== to here" are traces for hpcheck conform, with the list of states, as base64 of a tar file.
seed=20261127
tracing=/sys/kernel/tracing
mkdir /tmp/out
cat /sys/devices/system/cpu/hotplug/states >/tmp/out/states.txt
echo 16384 >$tracing/buffer_size_kb
echo mono >$tracing/trace_clock
numbers=$(awk -F: '{ print $1 + 0 }' /sys/devices/system/cpu/hotplug/states)
suspends() { # HOW OFTEN
	for i in $(seq "$1"); do
		echo 0 >/sys/class/rtc/rtc0/wakealarm
		echo +2 >/sys/class/rtc/rtc0/wakealarm
		echo mem >/sys/power/state
	done
	rm /tmp/on
}
threads() { # HOW OFTEN
	for i in $(seq "$1"); do
		echo off >/sys/devices/system/cpu/smt/control
		echo on >/sys/devices/system/cpu/smt/control
	done
	rm /tmp/on
}
writer() { # CPU
	cpu=/sys/devices/system/cpu/cpu$1
	awk -v seed=$((seed + $1)) -v states="$numbers" 'BEGIN {
		srand(seed); n = split(states, s, "[ \n]+")
		for (i = 0; i < 100000; i++) print (rand() < 0.3 ? s[1 + int(n * rand())] : "-"), int(2 * rand())
	}' | while read -r fail online; do
		[ -e /tmp/on ] || break
		[ "$fail" = - ] || echo "$fail" >$cpu/hotplug/fail
		echo "$online" >$cpu/online
	done
}
# take NAME "CPU..." WHAT: what is done, with writers to these CPUs beside it, is the trace NAME.
take() {
	name=$1 writers=$2
	shift 2
	for c in 1 2 3; do echo -1 >/sys/devices/system/cpu/cpu$c/hotplug/fail; echo 1 >/sys/devices/system/cpu/cpu$c/online; done
	: >$tracing/trace
	echo 1 >$tracing/events/cpuhp/enable
	echo 1 >$tracing/events/power/suspend_resume/enable
	: >/tmp/on
	for c in $writers; do writer $c & done
	"$@"
	wait
	echo 0 >$tracing/events/cpuhp/enable
	echo 0 >$tracing/events/power/suspend_resume/enable
	grep -E '^#|^CPU:|cpuhp_|CPU_O' $tracing/trace | gzip -c >/tmp/out/$name.trace.gz
	echo "$name: $(grep -c cpuhp_ $tracing/trace) events, $(grep -c CPU_O $tracing/trace) of a suspend"
}
[ -e /sys/class/rtc/rtc0/wakealarm ] && grep -qw mem /sys/power/state || { echo "no clock can wake this machine, or it cannot be suspended to memory"; exit; }
exec 2>/dev/null # what is refused
take suspend "" suspends 3
take suspend-and-writers "1 2 3" suspends 4
take threads "" threads 4
take threads-and-writers "1 2 3" threads 6
echo "== trace"
tar cz -C /tmp out | base64
echo "== to here"
