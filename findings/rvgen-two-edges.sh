#!/bin/sh
# rvgen of linux-source-7.3 takes an automaton that is not deterministic, and makes now one monitor of it, now another.
#
# Guessed: the generator of deterministic automata refuses a state that one event leads to two others; or else the last
# of the two edges in the file wins.
# Seen with rvgen of linux-source-7.3 7.3.4-1~bpo13+1 and Python 3.13 of Debian 13: the state shut has two edges with
# the event opens, to open and to itself. The table that dot2c writes of it has one of them; nothing is said, and the
# status is 0. Which one it is depends on the seed of Python's hashes, since the edges are kept in a set, so the same
# command on the same file writes different monitors. An automaton with choices has to be made deterministic before.
#
# It fetches the packages into a temporary folder (170 MB), and needs apt-get, dpkg and xz. It ends with 0 if rvgen
# still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/root"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
for suite in trixie trixie-backports; do
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done >"$work/sources.list"
apt() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::Lists="$work/lists" "$@"
}
cd "$work"
{
	apt update && apt download linux-source-7.3=7.3.4-1~bpo13+1 python3.13-minimal libpython3.13-minimal \
		libpython3.13-stdlib python3-lark libc6 zlib1g libexpat1
	for deb in lib*.deb python*.deb zlib*.deb; do dpkg-deb -x "$deb" root; done
	dpkg-deb --fsys-tarfile linux-source-7.3_*.deb | tar xO --wildcards '*.tar.xz' | xz -dc |
		tar x --wildcards 'linux-source-7.3/tools/verification/rvgen'
	[ -x root/usr/bin/python3.13 ]
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
libraries=$work/root/usr/lib/x86_64-linux-gnu
cat >door.dot <<'END'
digraph state_automaton {
	{node [shape = plaintext, style=invis, label=""] "__init_shut"};
	{node [shape = doublecircle] "shut"};
	{node [shape = circle] "open"};
	"__init_shut" -> "shut";
	"shut" [label = "shut"];
	"open" [label = "open"];
	"shut" -> "open" [ label = "opens" ];
	"shut" -> "shut" [ label = "opens" ];
	"open" -> "shut" [ label = "closes" ];
}
END
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	status=0
	PYTHONHASHSEED=$seed PYTHONHOME="$work/root/usr" PYTHONPATH="$work/root/usr/lib/python3/dist-packages" \
		"$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$work/root/usr/lib" root/usr/bin/python3.13 \
		linux-source-7.3/tools/verification/rvgen/dot2c door.dot >out 2>err || status=$?
	# the columns are the events closes and opens, the first row is that of shut
	printf 'status %s, %s words; shut: %s\n' "$status" "$(wc -w <err)" \
		"$(grep -A 1 '\.function = {' out | tail -n 1 | tr -d '\t {}')"
done | sort -u | tee all
[ "$(cat all)" = "status 0, 0 words; shut: INVALID_STATE,open,
status 0, 0 words; shut: INVALID_STATE,shut," ]
