#!/bin/sh
# Makes the playground: a folder of files for any web server, in dist/playground or the folder that is named.
set -eu
cd "$(dirname "$0")/.."
out=${1:-dist/playground}
mkdir -p "$out"
GOOS=js GOARCH=wasm go build -trimpath -ldflags "-s -w -X main.release=${VERSION:-playground}" -o "$out/hpcheck.wasm" ./cmd/hpcheck
cp "$(go env GOROOT)/lib/wasm/wasm_exec.js" playground/index.html playground/playground.css playground/playground.js \
	playground/worker.js "$out/"
chmod -R u+w "$out"
