# Takes a CPU down through hotplug/target, and has it brought up through online, which comes back with success and does nothing (finding 28).
cd /sys/devices/system/cpu/cpu1
say() { echo "$*: online $(cat online) state $(cat hotplug/state) target $(cat hotplug/target), CPUs $(cat ../online)"; }
say before
echo 0 >hotplug/target
say "0 to target: $?"
echo 1 >online
say "1 to online: $?"
echo 0 >online
say "0 to online: $?"
echo 1 >online
say "1 to online: $?"
