#!/bin/sh
# Records in a guest, with the script that hpcheck record prints, and holds the edition against it.
#
#   test/realkernel/record.sh PACKAGE DIR [FLAG OF hpcheck record...]
#
# PACKAGE is as run.sh takes it, or what build.sh prints. The traces and the list of states come to DIR/traces.
set -eu
[ $# -ge 2 ] || { echo "record.sh: which PACKAGE, and which DIR?" >&2; exit 2; }
package=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
cd "$(dirname "$0")/../.."
kernel=$(echo "$package" | sed -n 's/^linux-[a-z]*-\([0-9][0-9.]*[0-9]\).*/\1/p') # the version; hpcheck knows its edition
[ -n "$kernel" ] || { echo "record.sh: $package has no version in its name" >&2; exit 2; }
go build -o "$dir/hpcheck" ./cmd/hpcheck
{
	printf 'cd /tmp\ncat >record.sh <<"END-OF-SCRIPT"\n'
	"$dir/hpcheck" record --dir traces "$@"
	printf 'END-OF-SCRIPT\nsh record.sh --yes >log 2>&1\ntail -n 3 log\necho "== traces"\ntar cz traces | base64\necho "== to here"\n'
} >"$dir/guest.sh"
test/realkernel/run.sh "$dir/guest.sh" "$package" >"$dir/console"
sed '/^== traces/,/^== to here/d' "$dir/console"
sed -n '/^== traces/,/^== to here/p' "$dir/console" | grep -v '^==' | base64 -d | tar xz -C "$dir"
"$dir/hpcheck" conform --kernel "$kernel" --states "$dir/traces/states.txt" "$dir"/traces/*.trace
