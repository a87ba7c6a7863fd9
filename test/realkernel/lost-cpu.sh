# What a suspend leaves behind that cannot bring a CPU back: what was written to power/state succeeds, the CPU is down, and its file online says that it is up.
cpu=/sys/devices/system/cpu/cpu1
number=$(sed -n 's|: irq/affinity:online$||p' /sys/devices/system/cpu/hotplug/states | tr -d ' ')
look() { echo "$1: online $(cat $cpu/online) state $(cat $cpu/hotplug/state), CPUs $(cat /sys/devices/system/cpu/online)"; }
put() { # VALUE FILE NAME
	echo "$1" >"$2"
	look "$1 to $3: $?"
}
[ -e /sys/class/rtc/rtc0/wakealarm ] && grep -qw mem /sys/power/state || { echo "no clock can wake this machine, or it cannot be suspended to memory"; exit; }
look before
put "$number" $cpu/hotplug/fail cpu1/hotplug/fail
echo 0 >/sys/class/rtc/rtc0/wakealarm
echo +2 >/sys/class/rtc/rtc0/wakealarm
put mem /sys/power/state power/state
dmesg | grep -E "Error taking|taking CPU" | sed 's/^\[[^]]*\] //'
put 1 $cpu/online cpu1/online
put 0 $cpu/online cpu1/online
put 1 $cpu/online cpu1/online
