#!/bin/sh
# herd7 7.58 takes a register that no thread has for one that is 0, and ends with 0 if it cannot read the test.
#
# Guessed: a condition about 0:r9, where thread 0 has r0 alone, is refused, as one about a thread that is not there
# is; and who cannot read a test ends with another status than 0.
# Seen with herdtools7 7.58-2 of Debian sid: message passing with release and acquire, where (1:r0=1 /\ 1:r1=0) is
# "Never". With r9 for r1 it is "Sometimes", and the states are printed with 1:r9=0; with 1:r9=1 it is "Never". A
# thread 2 that is not there is one line, "Bad process P2"; a function that herd7 does not know is a "User error"; the
# status is 0 in all cases. So a slip in a condition makes a verdict, and a job of CI has to read what herd7 prints.
#
# It fetches the package and the libraries that it needs into a temporary folder (43 MB), and needs apt-get and dpkg.
# It ends with 0 if herd7 still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/sources.list"
apt() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" "$@"
}
cd "$work"
{
	apt update && apt download herdtools7=7.58-2 libc6 libgmp10 libzstd1
	for deb in *.deb; do dpkg-deb -x "$deb" root; done
	[ -x root/usr/bin/herd7 ]
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
libraries=$work/root/usr/lib/x86_64-linux-gnu
# asked NAME CALL CONDITION: what herd7 says of message passing whose first store is by CALL
asked() {
	cat >"$1.litmus" <<END
C $1
{}
P0(atomic_int *x, atomic_int *y) {
	$2(x, 1, memory_order_relaxed);
	atomic_store_explicit(y, 1, memory_order_release);
}
P1(atomic_int *x, atomic_int *y) {
	int r0 = atomic_load_explicit(y, memory_order_acquire);
	int r1 = atomic_load_explicit(x, memory_order_relaxed);
}
exists ($3)
END
	status=0
	"$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$work/root/usr/lib" root/usr/bin/herd7 \
		-set-libdir "$work/root/usr/share/herdtools7/herd" -model rc11.cat "$1.litmus" >out 2>&1 || status=$?
	printf '%s: status %s, %s\n' "$1" "$status" \
		"$(grep -o -e 'Never' -e 'Sometimes' -e 'Always' -e 'Bad process P[0-9]' -e 'User error' out | head -n 1)"
}
{
	asked right atomic_store_explicit '1:r0=1 /\ 1:r1=0'
	asked slip-0 atomic_store_explicit '1:r0=1 /\ 1:r9=0'
	asked slip-1 atomic_store_explicit '1:r0=1 /\ 1:r9=1'
	asked thread atomic_store_explicit '1:r0=1 /\ 2:r1=0'
	asked unknown atomic_stow_explicit '1:r0=1 /\ 1:r1=0'
} | tee all
[ "$(cat all)" = "right: status 0, Never
slip-0: status 0, Sometimes
slip-1: status 0, Never
thread: status 0, Bad process P2
unknown: status 0, User error" ]
