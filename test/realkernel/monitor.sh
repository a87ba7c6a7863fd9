#!/bin/sh
# Has rvgen make monitors of automata of hpcheck monitor, builds them into the small kernel of build.sh, and has them
# watch CPUs going down and up in a guest: walk-complete, and the same with two callbacks in the wrong order, which must
# find a violation where the other finds none.
#
#   test/realkernel/monitor.sh [VERSION]
#
# It needs what build.sh needs, and Python 3.12 or later with lark, named by HPCHECK_PYTHON.
set -eu
cd "$(dirname "$0")/../.."
version=${1:-7.3}
python=${HPCHECK_PYTHON:-python3}
"$python" -c 'import sys, lark; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || {
	echo "monitor.sh: $python is no Python of 3.12 or later with lark; name one in HPCHECK_PYTHON" >&2
	exit 2
}
work=${TMPDIR:-/tmp}/hpcheck-realkernel
small=$(test/realkernel/build.sh "$version")
tree=$work/linux-source-$version
dir=$work/$small-monitors
mkdir -p "$dir"
go build -o "$dir/hpcheck" ./cmd/hpcheck

# The ladder of that kernel, and a trace that shows which of its states have callbacks there.
cat >"$dir/ladder.sh" <<'END'
echo "== states"
cat /sys/devices/system/cpu/hotplug/states
echo 1 >/sys/kernel/tracing/events/cpuhp/enable
for c in 1 2; do echo 0 >/sys/devices/system/cpu/cpu$c/online; echo 1 >/sys/devices/system/cpu/cpu$c/online; done
echo "== trace"
cat /sys/kernel/tracing/trace
END
test/realkernel/run.sh "$dir/ladder.sh" "$small" >"$dir/ladder"
sed -n '/^== trace/,/^== log/p' "$dir/ladder" | grep 'step:' | sed 's/.*step: *\([0-9]*\).*/\1/' | sort -u >"$dir/called"
sed -n '/^== states/,/^== trace/p' "$dir/ladder" | awk 'FNR == NR { called[$1] = 1; next }
	/^ *[0-9]+: / { print $0 ($1 + 0 in called ? "" : " | - -") }' "$dir/called" - >"$dir/states.txt"
"$dir/hpcheck" monitor --kernel "$version" --states "$dir/states.txt" --out "$dir" walk-complete

# Two startups of the hotplug thread that come one after the other change places.
first=$(sed -n 's/^\(up_[0-9]*\) .*cpuhp\/.*/\1/p' "$dir/walk_complete.events" | sed -n 1p)
second=$(sed -n 's/^\(up_[0-9]*\) .*cpuhp\/.*/\1/p' "$dir/walk_complete.events" | sed -n 2p)
for end in dot events; do cp "$dir/walk_complete.$end" "$dir/wrong_order.$end"; done
sed -i "s/\b$first\b/X/g; s/\b$second\b/$first/g; s/\bX\b/$second/g" "$dir/wrong_order.dot"

# rvgen writes what NAME.events does not say, and leaves the rest to be filled in.
[ -d "$dir/rv" ] || cp -a "$tree/kernel/trace/rv" "$dir/rv" # as it was
rm -rf "$tree/kernel/trace/rv" && cp -a "$dir/rv" "$tree/kernel/trace/rv"
cp "$work/$small/.config" "$work/$small/config.saved"
for name in walk_complete wrong_order; do
	"$python" "$tree/tools/verification/rvgen" monitor -a -c da -t per_obj -s "$dir/$name.dot" >"$dir/rvgen.log"
	c=$tree/kernel/trace/rv/monitors/$name/$name.c
	awk -v name="$name" '
		FNR == NR { # the events: name, tracepoint, condition
			point[$1] = $2; when = $0; sub(/^[^ ]+ +[^ ]+ */, "", when); cond[$1] = when == "" ? "true" : when
			next
		}
		BEGIN {
			args["cpuhp_enter"] = "unsigned int cpu, int target, int idx, int (*fun)(unsigned int)"
			args["cpuhp_multi_enter"] = "unsigned int cpu, int target, int idx, " \
				"int (*fun)(unsigned int, struct hlist_node *), struct hlist_node *node"
			args["cpuhp_exit"] = "unsigned int cpu, int state, int idx, int ret"
		}
		/^static void handle_obj_cleanup|obj is being destroyed/ { skip = 1 } # CPUs stay
		skip { if (/^}/) skip = 0; next }
		/obj_cleanup/ { next }
		/include <trace.events.sched.h>/ { sub(/trace\/events\/sched.h/, "trace/events/cpuhp.h") }
		/^typedef .*monitor_target/ { print "typedef void *monitor_target;"; next }
		/^static void handle_/ {
			event = $3; sub(/^handle_/, "", event); sub(/\(.*/, "", event)
			printf "static void handle_%s(void *data, %s)\n{\n\tif (%s)\n", event, args[point[event]], cond[event]
			printf "\t\tda_handle_start_run_event(cpu, NULL, %s_%s);\n}\n", event, name
			while (getline > 0 && !/^}/) {}
			next
		}
		/_trace_probe\(/ {
			event = $0; sub(/.*handle_/, "", event); sub(/\).*/, "", event)
			sub(/\/\* XXX: tracepoint \*\//, point[event])
		}
		{ print }
	' "$dir/$name.events" "$c" | sed 's|^#define MODULE_NAME .*|&\n\n#include <trace/events/cpuhp.h>|' >"$dir/$name.c"
	cp "$dir/$name.c" "$c"
	echo "CONFIG_RV_MON_$(echo "$name" | tr a-z A-Z)=y" >>"$work/$small/.config"
done
make -s -C "$tree" O="$work/$small" olddefconfig >/dev/null
make -s -C "$tree" O="$work/$small" -j "$(nproc)" bzImage >"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; exit 1; }
cp "$work/$small/arch/x86/boot/bzImage" "$dir/vmlinuz"
mv "$work/$small/config.saved" "$work/$small/.config"

cat >"$dir/watch.sh" <<'END'
cd /sys/kernel/tracing
for m in walk_complete wrong_order; do
	echo $m >>rv/enabled_monitors
	echo printk >rv/monitors/$m/reactors
	echo 1 >events/rv/event_$m/enable
	echo 1 >events/rv/error_$m/enable
done
cat rv/enabled_monitors
for c in 1 2; do
	echo 0 >/sys/devices/system/cpu/cpu$c/online && echo "CPU $c is down"
	echo 1 >/sys/devices/system/cpu/cpu$c/online && echo "CPU $c is up"
done
for m in walk_complete wrong_order; do
	echo "$m: $(grep -c " event_$m: " trace) events, $(grep -c " error_$m: " trace) violations"
done
grep ' error_' trace | sed 's/^.*: error_/error_/' | sort | uniq -c
dmesg | grep 'rv: monitor'
END
test/realkernel/run.sh "$dir/watch.sh" "$small-monitors" | tee "$dir/watched"
grep -q '^walk_complete: [1-9][0-9]* events, 0 violations' "$dir/watched"
grep -q '^wrong_order: [1-9][0-9]* events, [1-9][0-9]* violations' "$dir/watched"
