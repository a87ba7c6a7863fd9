#!/bin/sh
# Boots the kernel that Debian ships for clouds in qemu, makes finding 12 there with the script that hpcheck writes, records its CPUs going down and up, and holds
# the edition against what it recorded. One boot; a minute or two without KVM.
set -eu
cd "$(dirname "$0")/../.."
package=${1:-$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')}
kernel=$(echo "$package" | sed -n 's/^linux-[a-z]*-\([0-9][0-9.]*[0-9]\).*/\1/p') # the version; hpcheck knows its edition
[ -n "$kernel" ] || { echo "ci.sh: $package has no version in its name" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/hpcheck" ./cmd/hpcheck
status=0
"$work/hpcheck" --kernel "$kernel" --maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead --property no-warn-on --quiet --json "$work/cex.json" || status=$?
[ "$status" = 1 ] || { echo "ci.sh: finding 12 is gone: status $status" >&2; exit 1; }
{
	printf 'cd /\ncat >record.sh <<"END-OF-SCRIPT"\n'
	"$work/hpcheck" record --cpu 1,3 --dir traces
	printf 'END-OF-SCRIPT\ncat >repro.sh <<"END-OF-SCRIPT"\n'
	"$work/hpcheck" repro "$work/cex.json"
	printf 'END-OF-SCRIPT\nsh record.sh --yes >log 2>&1\nsh repro.sh --yes\necho "== traces"\ntar cz traces | base64\necho "== to here"\n'
} >"$work/guest.sh"
test/realkernel/run.sh "$work/guest.sh" "$package" >"$work/console"
sed '/^== traces/,/^== to here/d' "$work/console"
grep -q '^# all as predicted' "$work/console"
sed -n '/^== traces/,/^== to here/p' "$work/console" | grep -v '^==' | base64 -d | tar xz -C "$work"
"$work/hpcheck" conform --kernel "$kernel" --states "$work/traces/states.txt" "$work"/traces/*.trace
