# Four writers take CPUs 1 to 3 down and up for a while, two of them the same CPU, with failures at random: one trace of all that.
# Between "== trace" and "== to here" is a gzipped trace for hpcheck conform, with the states before it, as base64 of a tar file.
seed=20261123
seconds=25
tracing=/sys/kernel/tracing
mkdir /tmp/out
cat /sys/devices/system/cpu/hotplug/states >/tmp/out/states.txt
echo 16384 >$tracing/buffer_size_kb
echo mono >$tracing/trace_clock
echo 1 >$tracing/events/cpuhp/enable
: >$tracing/trace
numbers=$(awk -F: '{ print $1 + 0 }' /sys/devices/system/cpu/hotplug/states)
writer() { # CPU, a number that makes it another seed
	cpu=/sys/devices/system/cpu/cpu$1
	awk -v seed=$((seed + $2)) -v states="$numbers" 'BEGIN {
		srand(seed); n = split(states, s, "[ \n]+")
		for (i = 0; i < 100000; i++) print (rand() < 0.4 ? s[1 + int(n * rand())] : "-"), int(2 * rand())
	}' | while read -r fail online; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ] || break
		[ "$fail" = - ] || echo "$fail" >$cpu/hotplug/fail
		echo "$online" >$cpu/online
	done 2>/dev/null
}
end=$(($(cut -d. -f1 /proc/uptime) + seconds))
for c in 1 2 3; do writer $c $c & done
writer 1 4 &
wait
echo 0 >$tracing/tracing_on
gzip -c $tracing/trace >/tmp/out/stress.trace.gz
echo "events: $(grep -c cpuhp_ $tracing/trace), CPUs online: $(cat /sys/devices/system/cpu/online)"
echo "== trace"
tar cz -C /tmp out | base64
echo "== to here"
