#!/bin/sh
# spatch of Coccinelle 1.3 looks into no function that has a scoped_guard() of the kernel, and does not say so.
#
# Guessed: a semantic patch that looks for a return with a lock held finds it whatever else the function does, or says
# which functions it could not read.
# Seen with coccinelle 1.3.0.deb-1+b2 of Debian 13: of four functions that make the same mistake it reports the plain
# one, and the one that has a guard() before it. The two with a scoped_guard(), with braces and without, are missing;
# nothing is said of them, and the status is 0. With --parse-c it counts two errors of parsing.
#
# It fetches the package and what it depends on into a temporary folder (31 MB), and needs apt-get and dpkg. It ends
# with 0 if spatch still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
: >"$work/status" # nothing is installed, so all that it depends on is fetched
apt() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Install-Recommends=0 "$@"
}
cd "$work"
{
	apt update && apt --download-only install coccinelle=1.3.0.deb-1+b2
	for deb in cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar x -C root --wildcards './usr/bin/spatch' './usr/lib/*.so*' './usr/lib/coccinelle/*' 2>/dev/null || true
	done
	[ -x root/usr/bin/spatch ]
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
libraries=$work/root/usr/lib/x86_64-linux-gnu
spatch() {
	COCCINELLE_HOME=$work/root/usr/lib/coccinelle "$libraries/ld-linux-x86-64.so.2" \
		--library-path "$libraries:$work/root/usr/lib" root/usr/bin/spatch "$@"
}
# mistake NAME BEFORE: a function that may return with the door locked
mistake() {
	printf 'int %s(struct door *d, int n)\n{\n\t%s\n\tdoor_lock(d);\n\tif (n)\n\t\treturn 1;\n' "$1" "$2"
	printf '\tdoor_unlock(d);\n\treturn 0;\n}\n\n'
}
{
	mistake plain 'n++;'
	mistake after_guard 'guard(hall)(&hall);'
	mistake after_braces 'scoped_guard(hall, &hall) { n++; }'
	mistake after_statement 'scoped_guard(hall, &hall) n++;'
} >doors.c
cat >star.cocci <<'END'
@@
expression d;
@@
* door_lock(d);
... when != door_unlock(d)
* return ...;
END
status=0
spatch --sp-file star.cocci doors.c >reported 2>err || status=$?
{
	echo "status $status"
	grep -o '^ int [a-z_]*' reported
	echo "$(grep -c -i -e scoped -e pars err) words of what was not read"
	spatch --parse-c doors.c 2>&1 | grep -o -m 1 'scoped_guard: present in [0-9]* parsing errors'
} | tee out
[ "$(cat out)" = "status 0
 int plain
 int after_guard
0 words of what was not read
scoped_guard: present in 2 parsing errors" ]
