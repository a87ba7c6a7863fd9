root=${HPCHECK_ROOT:-}
cpus=$root/sys/devices/system/cpu
LC_ALL=C # the messages of errors are read
export LC_ALL
limit=${HPCHECK_LIMIT:-30} # seconds after which a write is said not to return

# number NAME MORE is the number of a state on this machine.
number() {
	awk -v name="$1" -v more="${2:-0}" '{ n = $1; sub(/^ *[0-9]+: */, ""); if ($0 == name) { print n + more; found = 1 } } END { exit !found }' "$cpus/hotplug/states" ||
		die "this machine has no state $1"
}

# errno FILE is the error number that a message of the shell tells of, 255 if it is one that is not known here. The C libraries have no name for numbers such as 524
# (ENOTSUPP), and then say the number.
errno() {
	case $(cat "$1") in
	'') echo 0 ;;
	*nknown\ error* | *'o error information'* | *'rror '[0-9]*) unnamed "$1" ;;
	*temporarily*) echo 11 ;;
	*busy*) echo 16 ;;
	*nvalid\ argument*) echo 22 ;;
	*'not permitted'*) echo 1 ;;
	*'nput/output'* | *'I/O error'*) echo 5 ;;
	*'allocate memory'* | *'ut of memory'*) echo 12 ;;
	*'anceled'*) echo 125 ;;
	*'not implemented'*) echo 38 ;;
	*'o such device or address'*) echo 6 ;;
	*'o such device'*) echo 19 ;;
	*'o such file'*) echo 2 ;;
	*'o such process'*) echo 3 ;;
	*'nterrupted'*) echo 4 ;;
	*'ermission denied'*) echo 13 ;;
	*'ad address'*) echo 14 ;;
	*'ile exists'*) echo 17 ;;
	*'o space left'*) echo 28 ;;
	*'ead-only file system'*) echo 30 ;;
	*'umerical result'* | *'esult not representable'*) echo 34 ;;
	*'deadlock'*) echo 35 ;;
	*'o data available'*) echo 61 ;;
	*'imer expired'*) echo 62 ;;
	*'alue too large'*) echo 75 ;;
	*'not supported'*) echo 95 ;;
	*'imed out'*) echo 110 ;;
	*'lready in progress'*) echo 114 ;;
	*'in progress'*) echo 115 ;;
	*'emote I/O'*) echo 121 ;;
	*) echo 255 ;;
	esac
}

# unnamed FILE is the number at the end of such a message.
unnamed() {
	number=$(sed -n 's/.*rror:* *\([0-9][0-9]*\).*/\1/p' "$1" | tail -n 1)
	echo "${number:-255}"
}

# attempt CPU FILE VALUE writes it, with marks in the trace if there is one, and leaves the error number in $result; -1 if the write does not return.
attempt() {
	: >"$work/message"
	rm -f "$work/done"
	(
		[ -z "${marker:-}" ] || echo "BEGIN cpu$1/$2=$3" >"$marker"
		{ echo "$3" >"$cpus/cpu$1/$2"; } 2>"$work/message"
		code=$(errno "$work/message")
		[ -z "${marker:-}" ] || echo "END cpu$1/$2=$3 errno=$code" >"$marker"
		echo "$code" >"$work/result"
		: >"$work/done"
	) &
	waited=0
	while [ ! -e "$work/done" ] && [ "$waited" -lt "$((limit * 10))" ]; do
		sleep 0.1 2>/dev/null || sleep 1
		waited=$((waited + 1))
	done
	if [ -e "$work/done" ]; then result=$(cat "$work/result"); else result=-1; fi
}

# value CPU FILE is what is in a file of a CPU.
value() { cat "$cpus/cpu$1/hotplug/$2" 2>/dev/null || echo -1; }

die() {
	echo "$name: $*" >&2
	exit 2
}

# unable ends the script because this machine has nothing for it: as a test that is skipped, where the script prints tests.
unable() {
	[ -n "${planned:-}" ] || die "$*"
	printf 'KTAP version 1\n1..1\nok 1 %s # SKIP %s\n' "$name" "$*"
	exit 4
}

# careful ends the script unless it may do what it does. Before it nothing is touched.
careful() {
	[ "${1:-}" = --yes ] || die "this takes CPUs down and up on this machine; say --yes if it may"
	[ -n "$root" ] || [ "$(id -u)" = 0 ] || unable "it has to run as root"
	for cpu in ${selected:-1}; do
		[ -e "$cpus/cpu$cpu/hotplug/state" ] || unable "there is no CPU $cpu that can be taken down"
	done
	for supply in "$root"/sys/class/power_supply/*/status; do
		[ "$(cat "$supply" 2>/dev/null)" != Discharging ] || unable "this machine runs on battery"
	done
	work=$(mktemp -d) || die "there is no place for temporary files"
	trap 'rm -rf "$work"' EXIT
	{ echo 99999 >/proc/self/oom_score_adj; } 2>"$work/message" || true
	[ "$(errno "$work/message")" != 5 ] || other_shell "$1"
}

# other_shell has another shell run the script: this one, such as dash, says of each write that fails that it is an I/O error.
other_shell() {
	for shell in bash ksh zsh busybox; do
		[ -z "${HPCHECK_SHELL:-}" ] && [ -f "$0" ] && command -v "$shell" >/dev/null || continue
		rm -rf "$work"
		export HPCHECK_SHELL="$shell"
		case $shell in busybox) exec busybox sh "$0" "$1" ;; *) exec "$shell" "$0" "$1" ;; esac
	done
	die "this shell does not tell with which error a write fails: run the script with bash"
}
