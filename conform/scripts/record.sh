tracing=$root/sys/kernel/tracing
[ -d "$tracing/events" ] || tracing=$root/sys/kernel/debug/tracing

# restore puts everything back that was touched.
restore() {
	trap - EXIT INT TERM HUP
	for cpu in $selected; do
		if [ -e "$work/fail$cpu" ] && [ "$(value "$cpu" fail)" != "$(cat "$work/fail$cpu")" ]; then
			cat "$work/fail$cpu" >"$cpus/cpu$cpu/hotplug/fail" 2>/dev/null || true
		fi
		if [ "$(value "$cpu" state)" != "$(cat "$work/state$cpu")" ]; then # online may say 1 of a CPU that was stopped half-way
			cat "$work/state$cpu" >"$cpus/cpu$cpu/hotplug/target" 2>/dev/null || true
		fi
		[ "$(cat "$cpus/cpu$cpu/online")" = "$(cat "$work/online$cpu")" ] || cat "$work/online$cpu" >"$cpus/cpu$cpu/online" 2>/dev/null || true
	done
	if [ -n "$instance" ]; then
		echo 0 >"$instance/events/cpuhp/enable"
		rmdir "$instance"
	else
		for event in $(ls "$work/events"); do cat "$work/events/$event" >"$tracing/events/cpuhp/$event/enable"; done
		[ ! -e "$work/enabled" ] || cat "$work/enabled" >"$tracing/events/cpuhp/enable"
		sed 's/.*\[\(.*\)\].*/\1/' "$work/clock" >"$tracing/trace_clock"
		cat "$work/on" >"$tracing/tracing_on"
		echo >"$tracing/trace"
	fi
	rm -rf "$work"
}

# bind_writer binds this shell, and so whoever writes for it, to a CPU that is online and is not taken down, and leaves its number in $pin; none if that cannot be done.
bind_writer() {
	pin=none
	for cpu in "$cpus"/cpu[0-9]*; do
		number=${cpu##*/cpu}
		case " $selected " in *" $number "*) continue ;; esac
		[ "$(cat "$cpu/online" 2>/dev/null || echo 1)" = 1 ] || continue
		if taskset -pc "$number" "$$" >/dev/null 2>&1 || taskset -p "$(mask "$number")" "$$" >/dev/null 2>&1; then
			pin=$number
			return
		fi
	done
}

# mask CPU is the mask with the bit of a CPU, as an old taskset wants it.
mask() {
	rest=$1 digits=
	while [ "$rest" -ge 4 ]; do
		digits=0$digits
		rest=$((rest - 4))
	done
	echo "$((1 << rest))$digits"
}

# trace_apart has the tracer write to a buffer of its own, if it can; if not, to the one that all use, which is emptied.
trace_apart() {
	instance=$tracing/instances/hpcheck.$$
	if mkdir "$instance" 2>/dev/null && [ -w "$instance/tracing_on" ]; then
		tracing=$instance
		return
	fi
	rmdir "$instance" 2>/dev/null || true
	instance=
	echo "$name: the tracer has no instances: its own buffer is used, and emptied" >&2
	mkdir "$work/events"
	for event in "$tracing"/events/cpuhp/*/enable; do
		[ ! -e "$event" ] || cat "$event" >"$work/events/$(basename "$(dirname "$event")")"
	done
	[ "$(cat "$tracing/events/cpuhp/enable")" = X ] || cat "$tracing/events/cpuhp/enable" >"$work/enabled"
	cat "$tracing/trace_clock" >"$work/clock"
	cat "$tracing/tracing_on" >"$work/on"
}

begin() {
	[ -w "$tracing/tracing_on" ] || die "there is no tracefs: mount -t tracefs none /sys/kernel/tracing"
	[ -d "$tracing/events/cpuhp" ] || die "the kernel has no events of CPU hotplug"
	mkdir -p "$out" || die "$out: cannot be made"
	for cpu in $selected; do
		[ -w "$cpus/cpu$cpu/online" ] || die "CPU $cpu cannot be taken down"
		cat "$cpus/cpu$cpu/online" >"$work/online$cpu"
		value "$cpu" state >"$work/state$cpu"
		[ ! -e "$cpus/cpu$cpu/hotplug/fail" ] || cat "$cpus/cpu$cpu/hotplug/fail" >"$work/fail$cpu"
	done
	bind_writer
	trace_apart
	trap restore EXIT
	trap 'exit 130' INT TERM HUP
	marker=$tracing/trace_marker
	echo mono >"$tracing/trace_clock" 2>/dev/null || true
	echo 1 >"$tracing/events/cpuhp/enable"
	cp "$cpus/hotplug/states" "$out/states.txt"
	uname -a >"$out/uname.txt"
}

# record GROUP CPU FILE VALUE FAIL [WRITE...] makes one write to a file, and keeps its trace; FAIL is a state that is written to the file fail before, or none; the writes are those that
# brought the CPU from the top of the ladder to where it is.
record() {
	group=$1 cpu=$2 to=$3 wanted=$4 armed=$5
	shift 5
	from=$(value "$cpu" state)
	fail_write=none
	if [ "$armed" != none ]; then
		fail_write=OK
		{ echo "$armed" >"$cpus/cpu$cpu/hotplug/fail"; } 2>"$work/message" || fail_write=EINVAL
		[ "$fail_write" = OK ] || return 0
	fi
	echo 0 >"$tracing/tracing_on"
	echo >"$tracing/trace"
	echo 1 >"$tracing/tracing_on"
	attempt "$cpu" "$to" "$wanted"
	echo 0 >"$tracing/tracing_on"
	file=$out/$group.c$cpu.$from-$wanted.f$armed.trace
	{
		echo "# group: $group"
		echo "# write: cpu$cpu/$to=$wanted"
		echo "# cpu: $cpu"
		echo "# from: $from"
		echo "# before: $*"
		echo "# fail_state: $armed"
		echo "# fail_write: $fail_write"
		echo "# errno: $result"
		echo "# final_state: $(value "$cpu" state)"
		echo "# final_target: $(value "$cpu" target)"
		echo "# final_fail: $(value "$cpu" fail)"
		echo "# online_mask: $(cat "$cpus/online")"
		echo "# pin: $pin"
		echo "# kernel: $(uname -r)"
		cat "$tracing/trace"
	} >"$file.part" && mv "$file.part" "$file"
	echo "$file: errno $result, state $(value "$cpu" state)"
	[ "$result" != -1 ] || die "the write has not returned after $limit s"
	[ "$(value "$cpu" fail)" = -1 ] || echo -1 >"$cpus/cpu$cpu/hotplug/fail" 2>/dev/null || true
}

# online CPU VALUE brings a CPU to where it is to start.
online() { [ "$(cat "$cpus/cpu$1/online")" = "$2" ] || echo "$2" >"$cpus/cpu$1/online"; }

# top CPU brings a CPU to the top of the ladder, wherever it is.
top() { [ "$(value "$1" state)" = "$highest" ] || echo "$highest" >"$cpus/cpu$1/hotplug/target"; }

# partial CPU has hotplug/target take a CPU to every state at which it may stop, from both ends and back, and some of that with a failure injected. States between the dead
# CPU and the one that runs are left out: to stop there is no good idea.
partial() {
	highest=$(tail -n 1 "$cpus/hotplug/states" | sed 's/:.*//; s/ //g')
	from_dead=$(number cpu:bringup) to_live=$(number cpu:teardown)
	sed 's/:.*//; s/ //g' "$cpus/hotplug/states" >"$work/states"
	many=$(wc -l <"$work/states") line=0
	while read -r state; do
		line=$((line + 1))
		[ "$state" -le "$from_dead" ] || [ "$state" -gt "$to_live" ] || continue
		failing=$(sed -n "$((1 + (line * 7 + ${HPCHECK_OFFSET:-3}) % many))p" "$work/states")
		for fail in none "$failing"; do
			top "$1"
			record down "$1" hotplug/target "$state" "$fail"
			top "$1"
			echo "$state" 2>/dev/null >"$cpus/cpu$1/hotplug/target" || continue
			record back "$1" hotplug/target "$highest" "$fail" "hotplug/target=$state"
			top "$1"
			echo 0 >"$cpus/cpu$1/hotplug/target"
			record up "$1" hotplug/target "$state" "$fail" hotplug/target=0
			top "$1"
			echo 0 >"$cpus/cpu$1/hotplug/target"
			echo "$state" >"$cpus/cpu$1/hotplug/target"
			record return "$1" hotplug/target 0 "$fail" hotplug/target=0 "hotplug/target=$state"
		done
	done <"$work/states"
	top "$1"
}
