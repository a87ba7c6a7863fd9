# Loads and unloads modules that have states of CPU hotplug, and adds and removes instances of one, while CPUs go down and up: traces of all that.
# The modules come back in their order, and so with their numbers. It takes the modules cpuid, msr and, for the instances, lzo-rle, zsmalloc and zram. Between "== trace" and "== to here" are traces for hpcheck conform, with the list of
# states, as base64 of a tar file.
seconds=6
tracing=/sys/kernel/tracing
mkdir /tmp/out
for m in cpuid msr lzo-rle zsmalloc zram; do
	[ ! -f /modules/$m.ko ] || insmod /modules/$m.ko
done
[ -e /sys/block/zram0 ] && echo 1M >/sys/block/zram0/disksize
cat /sys/devices/system/cpu/hotplug/states >/tmp/out/states.txt
echo 8192 >$tracing/buffer_size_kb
echo mono >$tracing/trace_clock
modules() {
	while alive; do
		for m in cpuid msr; do rmmod $m; done
		[ -e /sys/block/zram0 ] && echo 1 >/sys/block/zram0/reset
		for m in cpuid msr; do insmod /modules/$m.ko; done
		[ -e /sys/block/zram0 ] && echo 1M >/sys/block/zram0/disksize
	done
}
writer() {
	cpu=/sys/devices/system/cpu/cpu$1
	while alive; do
		echo 0 >$cpu/online
		echo 1 >$cpu/online
	done
}
alive() { [ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ]; }
# take NAME WHO...: what they do meanwhile is the trace NAME.
take() {
	name=$1
	shift
	for c in 1 2 3; do echo 1 >/sys/devices/system/cpu/cpu$c/online; done 2>/dev/null
	: >$tracing/trace
	echo 1 >$tracing/events/cpuhp/enable
	end=$(($(cut -d. -f1 /proc/uptime) + seconds))
	for who; do
		case $who in modules) modules & ;; *) writer "$who" & ;; esac
	done
	wait
	echo 0 >$tracing/events/cpuhp/enable
	gzip -c $tracing/trace >/tmp/out/$name.trace.gz
	echo "$name: $(grep -c cpuhp_ $tracing/trace) events"
}
take loading modules
take loading-and-one 1 modules
take loading-and-three 1 2 3 modules
echo "== trace"
tar cz -C /tmp out | base64
echo "== to here"
