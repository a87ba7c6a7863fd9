#!/bin/sh
# Draws the pictures of the documentation anew.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go run ./cmd/hpcheck --kernel v4.6-rc3 --notifiers 1 --op down:1 --property rollback-restores-smpboot --format svg --out "$tmp" >/dev/null || [ $? = 1 ]
cp "$tmp/rollback-restores-smpboot.svg" docs/seed.svg
