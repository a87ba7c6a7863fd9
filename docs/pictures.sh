#!/bin/sh
# Draws the pictures of the documentation anew. It needs graphviz.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go run ./cmd/hpcheck --kernel v4.6-rc3 --notifiers 1 --op down:1 --property rollback-restores-smpboot --out "$tmp" >/dev/null || [ $? = 1 ]
dot -Tsvg "$tmp/rollback-restores-smpboot.dot" -o docs/seed.svg
