# smp: 4,cores=2,threads=2
# append: nosmt maxcpus=2 cpuhp.parallel=0
# Says which CPUs are online after a serial boot for which second threads are forbidden (finding 38).
cd /sys/devices/system/cpu
echo "$(uname -r), $(cat /proc/cmdline): CPUs $(cat online), smt $(cat smt/control)"
