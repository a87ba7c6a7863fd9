# smp: 4,cores=2,threads=2
# Forbids second threads, has CPU hotplug disabled by a module, and allows them again (finding 31). It takes the module disable_hotplug, which module.sh builds.
cd /sys/devices/system/cpu
say() { echo "$*: CPUs $(cat online), smt $(cat smt/control)"; }
wrote() { echo "$1" >"$2"; say "$1 to $2: $?"; }
say before
wrote off smt/control
insmod /modules/disable_hotplug.ko || exit
say "hotplug is disabled: $?"
wrote 0 cpu2/online
wrote on smt/control
wrote off smt/control
