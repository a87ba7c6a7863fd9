# Finding 12: a failure that waits in the file fail since before the CPU came up, and fires on the way down.
cpu=/sys/devices/system/cpu/cpu1
show() { echo "$1: $(cat $cpu/hotplug/state) target $(cat $cpu/hotplug/target) fail $(cat $cpu/hotplug/fail) online $(cat /sys/devices/system/cpu/online)"; }
step=$(awk -F': ' '$2 == "softirq:dead" { print $1 + 0 }' /sys/devices/system/cpu/hotplug/states)
echo 0 >$cpu/online
echo "$step" >$cpu/hotplug/fail
show "armed at $step"
echo 1 >$cpu/online
show "after online"
echo 0 >$cpu/online || echo "the write failed"
show "after offline"
ps -o pid,stat,comm | grep -E 'cpuhp/1|ksoftirqd/1|migration/1'
echo 0 >$cpu/online || echo "the second write failed"
show "after a second offline"
echo 1 >$cpu/online || echo "the third write failed"
show "after online again"
