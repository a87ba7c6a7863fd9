#!/bin/sh
# rvgen of linux-source-7.3 does not start with Python 3.11, also for a command that has nothing to do with KUnit.
#
# Guessed: like the rest of the kernel's Python tools it runs with what Debian 12 has, Python 3.11, given lark.
# Seen with rvgen of linux-source-7.3 7.3.4-1~bpo13+1 and Python 3.11 of Debian 12: it imports its part for KUnit first,
# which has a backslash inside of the braces of an f-string; Python takes that from 3.12 on (PEP 701):
#
#   SyntaxError: f-string expression part cannot include a backslash
#
# It fetches the two packages into a temporary folder, and needs apt-get, dpkg, xz and /usr/bin/python3.11. It ends
# with 0 if rvgen still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
python=/usr/bin/python3.11
[ -x "$python" ] || { echo "$0: there is no $python" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
keys=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in bookworm trixie-backports; do
	echo "deb [signed-by=$keys] $mirror $suite main"
done >"$work/sources.list"
apt() {
	apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" "$@"
}
cd "$work"
{ apt update && apt download linux-source-7.3=7.3.4-1~bpo13+1 python3-lark=1.1.5-1; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
dpkg -x python3-lark_*.deb lark
dpkg-deb --fsys-tarfile linux-source-7.3_*.deb | tar xO --wildcards '*.tar.xz' | xz -dc | tar x --wildcards 'linux-source-7.3/tools/verification'
cat >door.dot <<'END'
digraph state_automaton {
	{node [shape = plaintext, style=invis, label=""] "__init_shut"};
	{node [shape = doublecircle] "shut"};
	{node [shape = circle] "open"};
	"__init_shut" -> "shut";
	"shut" [label = "shut"];
	"open" [label = "open"];
	"shut" -> "open" [ label = "opens" ];
	"open" -> "shut" [ label = "closes" ];
}
END
"$python" --version
status=0
PYTHONPATH=lark/usr/lib/python3/dist-packages "$python" linux-source-7.3/tools/verification/rvgen monitor -c da -t per_cpu -s door.dot >out 2>&1 || status=$?
tail -n 4 out
[ "$status" = 1 ] && grep -q 'rvgen/kunit.py' out && grep -q 'f-string expression part cannot include a backslash' out
