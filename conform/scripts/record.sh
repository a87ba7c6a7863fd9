tracing=$root/sys/kernel/tracing
[ -d "$tracing/events" ] || tracing=$root/sys/kernel/debug/tracing

# restore puts everything back that was touched.
restore() {
	trap - EXIT INT TERM HUP
	for cpu in $selected; do
		if [ -e "$work/fail$cpu" ] && [ "$(value "$cpu" fail)" != "$(cat "$work/fail$cpu")" ]; then
			cat "$work/fail$cpu" >"$cpus/cpu$cpu/hotplug/fail" 2>/dev/null || true
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
		[ ! -e "$cpus/cpu$cpu/hotplug/fail" ] || cat "$cpus/cpu$cpu/hotplug/fail" >"$work/fail$cpu"
	done
	trace_apart
	trap restore EXIT
	trap 'exit 130' INT TERM HUP
	marker=$tracing/trace_marker
	echo mono >"$tracing/trace_clock" 2>/dev/null || true
	echo 1 >"$tracing/events/cpuhp/enable"
	cp "$cpus/hotplug/states" "$out/states.txt"
	uname -a >"$out/uname.txt"
}

# record GROUP CPU VALUE FAIL makes one write to the file online, and keeps its trace; FAIL is a state that is written to the file fail before, or none.
record() {
	from=$(value "$2" state)
	fail_write=none
	if [ "$4" != none ]; then
		fail_write=OK
		{ echo "$4" >"$cpus/cpu$2/hotplug/fail"; } 2>"$work/message" || fail_write=EINVAL
		[ "$fail_write" = OK ] || return 0
	fi
	echo 0 >"$tracing/tracing_on"
	echo >"$tracing/trace"
	echo 1 >"$tracing/tracing_on"
	attempt "$2" online "$3"
	echo 0 >"$tracing/tracing_on"
	file=$out/$1.c$2.$3.f$4.trace
	{
		echo "# group: $1"
		echo "# write: cpu$2/online=$3"
		echo "# cpu: $2"
		echo "# from: $from"
		echo "# fail_state: $4"
		echo "# fail_write: $fail_write"
		echo "# errno: $result"
		echo "# final_state: $(value "$2" state)"
		echo "# final_target: $(value "$2" target)"
		echo "# final_fail: $(value "$2" fail)"
		echo "# online_mask: $(cat "$cpus/online")"
		cat "$tracing/trace"
	} >"$file.part" && mv "$file.part" "$file"
	echo "$file: errno $result, state $(value "$2" state)"
	[ "$result" != -1 ] || die "the write has not returned after $limit s"
	[ "$(value "$2" fail)" = -1 ] || echo -1 >"$cpus/cpu$2/hotplug/fail" 2>/dev/null || true
}

# online CPU VALUE brings a CPU to where it is to start.
online() { [ "$(cat "$cpus/cpu$1/online")" = "$2" ] || echo "$2" >"$cpus/cpu$1/online"; }
