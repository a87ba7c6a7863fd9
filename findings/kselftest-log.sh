#!/bin/sh
# The log of the kernel's run_kselftest.sh loses what the tests printed if it goes to a file, and keeps it through a
# pipe.
#
# Guessed: "run_kselftest.sh >log" and "run_kselftest.sh | cat >log" leave the same log.
# Seen with the runner of linux-source-7.3 7.3.4-1~bpo13+1, on two tests of our own, of which the second prints TAP,
# with a test that failed, and ends with 1. Through a pipe the log has it between the header and the verdict:
#
#   # selftests: doors: shuts.sh
#   # TAP version 13
#   # 1..2
#   # ok 1 opens
#   # not ok 2 shuts
#   not ok 2 selftests: doors: shuts.sh # exit=1
#
# In a file the line "# not ok 2 shuts" is missing, and so is the line with the timeout before each test: the runner
# writes its own lines to its stdout, but what a test prints to /dev/stdout, opened once more to append; and for a
# regular file that is another position, so the next line of the runner goes over it. "run_kselftest.sh >>log" is as
# good as the pipe.
#
# It fetches the package into a temporary folder (150 MB), and needs apt-get, dpkg, xz and bash. It ends with 0 if the
# runner still does so, with 1 if it does something else, and with 2 if it could not be asked.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed 's|/*$||' | grep -m 1 '/debian$')
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie-backports main" >"$work/sources.list"
apt() {
	apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" "$@"
}
cd "$work"
{ apt update && apt download linux-source-7.3=7.3.4-1~bpo13+1; } >log 2>&1 || {
	tail -n 3 log >&2
	exit 2
}
tests=linux-source-7.3/tools/testing/selftests
dpkg-deb --fsys-tarfile linux-source-7.3_*.deb | tar xO --wildcards '*.tar.xz' | xz -dc |
	tar x --wildcards "$tests/kselftest" "$tests/run_kselftest.sh"
mkdir "$tests/doors"
cat >"$tests/doors/opens.sh" <<'END'
#!/bin/sh
exit 0
END
cat >"$tests/doors/shuts.sh" <<'END'
#!/bin/sh
printf 'TAP version 13\n1..2\nok 1 opens\nnot ok 2 shuts\n'
exit 1
END
chmod +x "$tests"/doors/*.sh
printf 'doors:opens.sh\ndoors:shuts.sh\n' >"$tests/kselftest-list.txt"
cd "$tests"
bash ./run_kselftest.sh >"$work/file" 2>/dev/null || true
bash ./run_kselftest.sh 2>/dev/null | cat >"$work/pipe"
: >"$work/appended"
bash ./run_kselftest.sh >>"$work/appended" 2>/dev/null || true
for log in pipe appended file; do
	echo "== $log"
	cat "$work/$log"
done
cmp "$work/pipe" "$work/appended"
grep -q '^# not ok 2 shuts$' "$work/pipe"
grep -q '^not ok 2 selftests: doors: shuts.sh # exit=1$' "$work/file"
! grep -q '^# not ok 2 shuts$' "$work/file"
