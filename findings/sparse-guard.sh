#!/bin/sh
# sparse 0.6.4 warns of a guard() of the kernel that is used as it should be, and is silent where what it holds is
# unlocked by hand as well.
#
# Guessed: sparse, which counts locks by the annotations __acquires() and __releases(), counts the unlock that the
# attribute cleanup makes when the variable goes.
# Seen with sparse 0.6.4-5 of Debian 13: it counts the lock and not that unlock. So "context imbalance ... wrong count
# at exit" is said of the function that only has the guard, as of one that forgets to unlock, and nothing of the one
# that unlocks twice, though a program that counts says so when it runs.
#
# It fetches the package into a temporary folder, and needs apt-get, dpkg and gcc. It ends with 0 if sparse still does
# so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
apt() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" "$@"
}
cd "$work"
{
	apt update && apt download sparse=0.6.4-5
	dpkg-deb -x sparse_*.deb root
	[ -x root/usr/bin/sparse ]
} >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
cat >door.c <<'END'
#ifdef __CHECKER__
#define __acquires(x) __attribute__((context(x, 0, 1)))
#define __releases(x) __attribute__((context(x, 1, 0)))
#else
#define __acquires(x)
#define __releases(x)
#endif
#define guard(d) struct door *held __attribute__((__cleanup__(door_give))) = door_take(d)

struct door {
	int locks, unlocks;
};

extern void door_lock(struct door *d) __acquires(d);
extern void door_unlock(struct door *d) __releases(d);
extern int by_hand(struct door *d), forgets(struct door *d), guarded(struct door *d), twice(struct door *d);

static inline struct door *door_take(struct door *d)
{
	door_lock(d);
	return d;
}

static inline void door_give(struct door **d)
{
	door_unlock(*d);
}

int by_hand(struct door *d)
{
	door_lock(d);
	door_unlock(d);
	return d->locks;
}

int forgets(struct door *d)
{
	door_lock(d);
	return d->locks;
}

int guarded(struct door *d)
{
	guard(d);
	return held->locks;
}

int twice(struct door *d)
{
	guard(d);
	door_unlock(d);
	return held->locks;
}
END
cat >main.c <<'END'
#include <stdio.h>
struct door {
	int locks, unlocks;
};
int by_hand(struct door *d), forgets(struct door *d), guarded(struct door *d), twice(struct door *d);
void door_lock(struct door *d) { d->locks++; }
void door_unlock(struct door *d) { d->unlocks++; }
#define RUN(f) do { struct door d = { 0, 0 }; f(&d); printf(#f ": %d locks, %d unlocks\n", d.locks, d.unlocks); } while (0)
int main(void)
{
	RUN(by_hand);
	RUN(forgets);
	RUN(guarded);
	RUN(twice);
	return 0;
}
END
gcc -o doors door.c main.c
{
	./doors
	root/usr/bin/sparse -Wcontext door.c 2>&1 | grep -o 'context imbalance.*'
} | tee out
[ "$(cat out)" = "by_hand: 1 locks, 1 unlocks
forgets: 1 locks, 0 unlocks
guarded: 1 locks, 1 unlocks
twice: 1 locks, 2 unlocks
context imbalance in 'forgets' - wrong count at exit
context imbalance in 'guarded' - wrong count at exit" ]
