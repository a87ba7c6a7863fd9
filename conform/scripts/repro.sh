wrong=0 tests=0
attempts=${HPCHECK_ATTEMPTS:-20} # of what cannot be forced

# plan begins the tests, of which $planned are to come. They are printed as KTAP, as the kernel's own tests are.
plan() { printf 'KTAP version 1\n1..%d\n' "$planned"; }

# tested RESULT NAME [DIRECTIVE] prints the next one.
tested() {
	tests=$((tests + 1))
	echo "$1 $tests $2${3:+ # $3}"
}

# expect CPU FILE VALUE RESULT STATE TARGET FAIL makes a write, and compares what it comes to with what the model says; - for what it does not say.
expect() {
	for word; do [ -n "$word" ] || exit 2; done # it was said which state is missing
	attempt "$1" "$2" "$3"
	state=$(value "$1" state) target=$(value "$1" target) fail=$(value "$1" fail)
	verdict=as-predicted
	for pair in "$result:$4" "$state:$5" "$target:$6" "$fail:$7"; do
		[ "${pair#*:}" = - ] || [ "${pair%%:*}" = "${pair#*:}" ] || verdict=OTHERWISE
	done
	echo "# write $3 to cpu$1/$2: errno $result, state $state, target $target, fail $fail: $verdict"
	[ "$result" != -1 ] ||
		echo "#     the write has not returned after $limit s: no CPU can be taken down or up any more"
	if [ "$verdict" = OTHERWISE ]; then
		echo "#     the model says:    errno $4, state $5, target $6, fail $7"
		wrong=1
		tested "not ok" "write $3 to cpu$1/$2"
	else
		tested ok "write $3 to cpu$1/$2"
	fi
	[ "$result" != -1 ] || finish
}

# arm CPU STATE writes the number of a state to the file fail.
arm() {
	[ -n "$2" ] || exit 2
	[ -e "$work/fail$1" ] || value "$1" fail >"$work/fail$1"
	{ echo "$2" >"$cpus/cpu$1/hotplug/fail"; } 2>"$work/message" || true
	echo "# write $2 to cpu$1/hotplug/fail: errno $(errno "$work/message")"
}

# finish puts the file fail of the CPUs that were armed back, and says what came of it all.
finish() {
	disarm
	rm -rf "$work"
	while [ "$tests" -lt "$planned" ]; do tested ok "write $((tests + 1))" "SKIP the one before it has not returned"; done
	if [ "$wrong" = 0 ]; then echo "# all as predicted"; else echo "# NOT as predicted"; fi
	exit "$wrong"
}

disarm() {
	for cpu in "$cpus"/cpu[0-9]*; do
		saved=$work/fail${cpu##*/cpu}
		if [ -e "$saved" ] && [ "$(cat "$cpu/hotplug/fail")" != "$(cat "$saved")" ]; then
			cat "$saved" >"$cpu/hotplug/fail" 2>/dev/null || true
		fi
	done
}

shown=

# hope CPU FILE VALUE RESULT WITHOUT makes a write that comes to a result if what cannot be forced happens by itself, and to another without it.
hope() {
	for word; do [ -n "$word" ] || exit 2; done
	[ -z "$shown" ] || return 0
	attempt "$1" "$2" "$3"
	if [ "$result" = "$4" ] && [ "$4" != "$5" ]; then
		shown="write $3 to cpu$1/$2: errno $result, state $(value "$1" state), target $(value "$1" target)"
	elif [ "$result" = -1 ]; then
		shown="write $3 to cpu$1/$2 has not returned after $limit s"
	fi
}

# repeat calls the function once until it shows what it is to, or often enough, and ends the script.
repeat() {
	n=0
	while [ -z "$shown" ] && [ "$n" -lt "$attempts" ]; do
		n=$((n + 1))
		once
	done
	disarm
	rm -rf "$work"
	tested ok "$n attempts"
	if [ -n "$shown" ]; then
		echo "# shown, at attempt $n: $shown"
		tested ok shown
		exit 0
	fi
	echo "# NOT SHOWN in $n attempts: it takes what cannot be forced from user space, and that has not happened by itself"
	tested ok shown "SKIP it takes what cannot be forced from user space"
	exit 4
}
