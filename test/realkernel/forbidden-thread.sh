# smp: 2,cores=1,threads=2
# append: nosmt maxcpus=1
# Starts a second thread that is forbidden: it may be started once, and has to go again; but it is told to fail when it goes (finding 30).
cd /sys/devices/system/cpu
say() { echo "$*: online $(cat cpu1/online) state $(cat cpu1/hotplug/state) target $(cat cpu1/hotplug/target) fail $(cat cpu1/hotplug/fail), CPUs $(cat online)"; }
threads() { ps -o pid,stat,comm | grep -E '/1$'; }
teardown=$(sed -n 's/^ *\([0-9]*\): cpu:teardown$/\1/p' hotplug/states)
echo "smt $(cat smt/control), cpu:teardown is state $teardown"
say before
echo "$teardown" >cpu1/hotplug/fail
say "armed"
echo 1 >cpu1/online
say "1 to online: $?"
threads
echo 0 >cpu1/online
say "0 to online: $?"
echo 1 >cpu1/online
say "1 to online: $?"
echo "== what the kernel says"
dmesg | grep -A 3 -E 'WARNING|callback error' | cut -c1-110
# A write of 0 to cpu1/hotplug/target stops the whole machine from here: it has callbacks of a dying CPU called for one that runs.
