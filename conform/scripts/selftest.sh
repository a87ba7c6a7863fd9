# has NAME reports whether this machine has the state.
has() { awk -v name="$1" '{ sub(/^ *[0-9]+: */, "") } $0 == name { found = 1 } END { exit !found }' "$cpus/hotplug/states"; }

# restore puts the CPUs and their files fail back.
restore() {
	trap - EXIT INT TERM HUP
	[ -d "$work" ] || return 0 # a write has not returned
	disarm
	for cpu in $selected; do
		[ "$(cat "$cpus/cpu$cpu/online")" = "$(cat "$work/online$cpu")" ] || cat "$work/online$cpu" >"$cpus/cpu$cpu/online" 2>/dev/null || true
	done
	rm -rf "$work"
}

begin() {
	for cpu in $selected; do
		[ -w "$cpus/cpu$cpu/online" ] || unable "CPU $cpu cannot be taken down"
		cat "$cpus/cpu$cpu/online" >"$work/online$cpu"
	done
	trap restore EXIT
	trap 'exit 130' INT TERM HUP
	plan
}

# check CPU VALUE STATE ARMED RESULT FINAL TARGET FAIL writes to online what it does not say, and then the value, with the state in the file fail unless it is none. It compares with which error
# the file fail takes it, and what the write comes to.
check() {
	about="write $2 to cpu$1/online"
	[ "$3" = none ] || about="$about with fail $3"
	if [ "$3" != none ] && { [ ! -e "$cpus/cpu$1/hotplug/fail" ] || ! has "$3"; }; then
		tested ok "$about" "SKIP this machine has no such state, or no file fail"
		return
	fi
	[ "$(cat "$cpus/cpu$1/online")" != "$2" ] || attempt "$1" online $((1 - $2))
	if [ "$(cat "$cpus/cpu$1/online")" = "$2" ]; then
		echo "# the CPU is not where the test begins"
		wrong=1
		tested "not ok" "$about"
		return
	fi
	if [ "$3" != none ]; then
		[ -e "$work/fail$1" ] || value "$1" fail >"$work/fail$1"
		: >"$work/message"
		{ echo "$(number "$3" 0)" >"$cpus/cpu$1/hotplug/fail"; } 2>"$work/message" || true
		armed=$(errno "$work/message")
		if [ "$armed" != "$4" ] || [ "$armed" != 0 ]; then
			verdict=ok
			[ "$armed" = "$4" ] || { verdict="not ok" wrong=1; }
			echo "# the file fail takes it with errno $armed; the model says $4"
			tested "$verdict" "$about"
			disarm
			return
		fi
	fi
	attempt "$1" online "$2"
	state=$(value "$1" state) target=$(value "$1" target) fail=$(value "$1" fail) verdict=ok
	for pair in "$result:$5" "$state:$6" "$target:$7" "$fail:$8"; do
		[ "${pair#*:}" = - ] || [ "${pair%%:*}" = "${pair#*:}" ] || { verdict="not ok" wrong=1; }
	done
	echo "# errno $result, state $state, target $target, fail $fail"
	[ "$verdict" = ok ] || echo "# the model says errno $5, state $6, target $7, fail $8"
	tested "$verdict" "$about"
	disarm
	[ "$result" != -1 ] || finish
}
