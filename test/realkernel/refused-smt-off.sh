# smp: 4,cores=2,threads=2
# Forbids second threads, which fails because one of them does not go; and then again, when nothing is in its way (finding 33).
cd /sys/devices/system/cpu
say() { echo "$*: CPUs $(cat online), smt $(cat smt/control), active $(cat smt/active)"; }
wrote() { echo "$1" >"$2"; say "$1 to $2: $?"; }
active=$(sed -n 's/^ *\([0-9]*\): sched:active$/\1/p' hotplug/states)
say before
wrote "$active" cpu1/hotplug/fail
wrote off smt/control
wrote off smt/control
wrote off smt/control
wrote on smt/control
wrote off smt/control
