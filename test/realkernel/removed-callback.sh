# Finding 24: the file fail names a state, and the driver that installed it is removed. The script needs the module cpuid, which installs x86/cpuid:online.
cpu=/sys/devices/system/cpu/cpu1
insmod /modules/cpuid.ko
step=$(awk -F': ' '$2 == "x86/cpuid:online" { print $1 + 0 }' /sys/devices/system/cpu/hotplug/states)
echo "x86/cpuid:online is state $step"
echo "$step" >$cpu/hotplug/fail
echo "armed: $(cat $cpu/hotplug/fail)"
rmmod cpuid || echo "rmmod ends with $?"
echo "fail is now: $(cat $cpu/hotplug/fail)"
(echo 0 >$cpu/online; echo "the write of 0 to online came back") &
sleep 5
kill -0 $! 2>/dev/null && echo "after 5 seconds a write of 0 to online has not come back"
