#!/bin/sh
# CBMC 6.6 refuses every program that calls pthread_create, and checks the same threads if they are started by its own
# labels.
#
# Guessed: it checks the interleavings of a program with two POSIX threads, as it does for its own __CPROVER_ASYNC_1.
# Seen with cbmc 6.6.0-4 of Debian 13: two threads that add 1 to a global variable, whose functions use no pointer.
# With pthread_create it says "pointer handling for concurrency is unsound" and ends with 6, whatever is asserted; the
# pointers are those of its own library function. With the labels it finds that the sum may be 1 (status 10), and that
# it is never 0 (status 0).
#
# It fetches the package and what it depends on into a temporary folder (100 MB), and needs apt-get, dpkg and gcc. It
# ends with 0 if CBMC still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
: >"$work/status" # nothing is installed, so all that it depends on is fetched
apt() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" \
		-o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" -o APT::Install-Recommends=0 "$@"
}
cd "$work"
{
	apt update && apt --download-only install cbmc=6.6.0-4
	mkdir root
	for deb in cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar x -C root --wildcards './usr/bin/cbmc' './usr/lib/*.so*' \
			2>/dev/null || true
	done
	[ -x root/usr/bin/cbmc ]
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
libraries=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib
# expect STATUS LINE FILE: what cbmc says of FILE
expect() {
	status=0
	"$work/root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$libraries" root/usr/bin/cbmc "$3" >out 2>&1 || status=$?
	printf '%s: status %s, %s\n' "$3" "$status" "$(grep -m 1 -o "$2" out)"
	[ "$status" = "$1" ]
	grep -q "$2" out
}
# posix ASSERTION, labels ASSERTION: the program in either form
posix() {
	cat <<END
#include <assert.h>
#include <pthread.h>
int x;
void *add(void *unused) { int t = x; x = t + 1; return 0; }
int main(void)
{
	pthread_t one, two;
	pthread_create(&one, 0, add, 0);
	pthread_create(&two, 0, add, 0);
	pthread_join(one, 0);
	pthread_join(two, 0);
	assert($1);
}
END
}
labels() {
	cat <<END
#include <assert.h>
int x, one, two;
void add_one(void) { int t = x; x = t + 1; one = 1; }
void add_two(void) { int t = x; x = t + 1; two = 1; }
int main(void)
{
__CPROVER_ASYNC_1: add_one();
__CPROVER_ASYNC_2: add_two();
	__CPROVER_assume(one && two);
	assert($1);
}
END
}
posix 'x == 2' >posix-2.c
posix 'x != 0' >posix-0.c
labels 'x == 2' >labels-2.c
labels 'x != 0' >labels-0.c
expect 6 'pointer handling for concurrency is unsound' posix-2.c
expect 6 'pointer handling for concurrency is unsound' posix-0.c
expect 10 'VERIFICATION FAILED' labels-2.c
expect 0 'VERIFICATION SUCCESSFUL' labels-0.c
