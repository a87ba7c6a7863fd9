#!/bin/sh
# Draws the pictures of the documentation anew. It needs graphviz and Chromium. With --check it only compares what does not depend
# on the machine's fonts.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/hpcheck" ./cmd/hpcheck

found() { "$tmp/hpcheck" "$@" >/dev/null || [ $? = 1 ]; } # a violation is what is wanted here

found --kernel v4.6-rc3 --notifiers 1 --op down:1 --property rollback-restores-smpboot --format svg --out "$tmp/seed"
found --kernel v4.6-rc3 --property no-deadlock --format alternatives --out "$tmp/alternatives"
"$tmp/hpcheck" graph ladder --kernel v4.6 >"$tmp/ladder.dot"
"$tmp/hpcheck" graph states --kernel v4.6 --op up:1 --notifiers 0 --dyn-states 0 --smpboot-threads 0 >"$tmp/states.dot"
mv "$tmp/alternatives/no-deadlock.alternatives.dot" "$tmp/alternatives.dot"
found --kernel v4.6-rc3 --property rollback-restores-smpboot --format poster --out "$tmp/poster"
mv "$tmp/poster/rollback-restores-smpboot.poster.svg" "$tmp/poster.svg"
mv "$tmp/seed/rollback-restores-smpboot.svg" "$tmp/seed.svg"

if [ "${1:-}" = --check ]; then
	cmp "$tmp/seed.svg" docs/seed.svg
	cmp "$tmp/poster.svg" docs/gallery/poster.svg
	for f in ladder states alternatives; do cmp "$tmp/$f.dot" "docs/gallery/$f.dot"; done
	exit
fi

cp "$tmp/seed.svg" docs/
cp "$tmp/poster.svg" docs/gallery/
for f in ladder states alternatives; do
	cp "$tmp/$f.dot" docs/gallery/
	dot -Tsvg "$tmp/$f.dot" -o "docs/gallery/$f.svg"
done
HPCHECK_SHOTS=$tmp/shots go test -count=1 -run 'InBrowser|Narrow' ./reports ./serve
for f in report-top report-fault report-dark serve-found serve-violated serve-narrow; do
	cp "$tmp/shots/$f.png" docs/gallery/
done
