wrong=0

# expect CPU FILE VALUE RESULT STATE TARGET FAIL makes a write, and compares what it comes to with what the model says; - for what it does not say.
expect() {
	attempt "$1" "$2" "$3"
	state=$(value "$1" state) target=$(value "$1" target) fail=$(value "$1" fail)
	verdict=as-predicted
	for pair in "$result:$4" "$state:$5" "$target:$6" "$fail:$7"; do
		[ "${pair#*:}" = - ] || [ "${pair%%:*}" = "${pair#*:}" ] || verdict=OTHERWISE
	done
	echo "write $3 to cpu$1/$2: errno $result, state $state, target $target, fail $fail: $verdict"
	if [ "$verdict" = OTHERWISE ]; then
		echo "    the model says:    errno $4, state $5, target $6, fail $7"
		wrong=1
	fi
	if [ "$result" = -1 ]; then
		echo "    the write has not returned after $limit s: no CPU can be taken down or up any more"
		finish
	fi
}

# arm CPU STATE writes the number of a state to the file fail.
arm() {
	{ echo "$2" >"$cpus/cpu$1/hotplug/fail"; } 2>"$work/message" || true
	echo "write $2 to cpu$1/hotplug/fail: errno $(errno "$work/message")"
}

finish() {
	rm -rf "$work"
	if [ "$wrong" = 0 ]; then echo "all as predicted"; else echo "NOT as predicted"; fi
	exit "$wrong"
}
