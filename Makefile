# The verbs of this repository. Each is what CI runs.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PLATFORMS := linux/amd64 linux/arm64 linux/riscv64 darwin/amd64 darwin/arm64 windows/amd64 freebsd/amd64

.PHONY: build test ci generate fidelity mutation trees trees-tests trees-recordings trees-suites trees-diff reductions everything pictures bench goals pins dist clean

build:
	go build ./cmd/hpcheck

test:
	go test -timeout 20m ./...

ci:
	.ci/run

# What is generated from the code: golden files, the man pages and the completions. Look at the difference before you commit it.
generate:
	go test ./model ./reports ./invariants/custom ./cmd/hpcheck -update

# The table of docs/fidelity.md: every recording of a real machine, and mutants of it. Some minutes.
fidelity:
	go test ./conform -run Fidelity -update -timeout 30m

# The mutation score of docs/fidelity.md: a quarter of an hour on two cores.
mutation:
	go run ./cmd/hpcheck mutate --kernel v4.6,v4.14,v6.1,v6.12 --markdown >mutation.part
	sed -i -e '/^<!-- made by make mutation -->/,/^<!-- to here, by make mutation -->/{//!d}' -e '/^<!-- made by make mutation -->/r mutation.part' docs/fidelity.md
	rm mutation.part

# Programs that are assembled from real kernel trees, held against the hand-written ones and against the recordings:
# make trees TREES=DIR, with linux-source-6.1, -6.12 and -7.3 unpacked in DIR. Each part can be made by itself, and of
# the recordings one machine: make trees-recordings TREES=DIR MACHINE=6.12-cloud. Half an hour.
trees: trees-tests trees-recordings trees-suites trees-diff

trees-tests:
	HPCHECK_TREES=$(abspath $(TREES)) go test -count=1 -timeout 60m -v -run 'Tree|Mutants|Museum|Account|Stands' \
		./lower ./drift ./ktree ./internal/kconfig
	HPCHECK_TREES=$(abspath $(TREES)) go test -count=1 -timeout 60m -run AnySchedule ./conform

# The table of docs/source.md, or the lines of one machine.
trees-recordings:
	HPCHECK_TREES=$(abspath $(TREES)) go test -count=1 -timeout 60m -v -run 'Fidelity/of/$(MACHINE)' ./conform -update

# The newest tree of a series.
newest = $$(ls -d $(TREES)/linux-$$v $(TREES)/linux-$$v.* $(TREES)/linux-source-$$v 2>/dev/null | sort -V | tail -1)

trees-suites:
	for v in 6.1 6.12 7.3; do \
		go run ./cmd/hpcheck run --source $(newest) suites/v$$v.toml || exit 1; \
	done
	for v in 6.1 6.12; do \
		go run ./cmd/hpcheck run --source $(newest) suites/editions.toml || exit 1; \
	done

trees-diff:
	for v in 6.1 6.12 7.3; do \
		go run ./cmd/hpcheck diff --positions 2000000 v$$v $(newest) || exit 1; \
	done

# hpcheck in a browser: dist/playground, a folder for any web server. Try it with: python3 -m http.server -d dist/playground
playground:
	playground/build.sh

# Every mutant of four editions with every combination of reductions: no verdict may differ. Hours.
reductions:
	go run ./cmd/hpcheck mutate --kernel v4.6,v4.14,v6.1,v6.12 --reduce symmetry,por,merge

pictures:
	docs/pictures.sh

# The engine beside SPIN and beside C, on the standard models; and what a transition costs. About ten minutes.
bench:
	bench/models/run.sh
	go test ./explore ./invariants -run '^$$' -bench . -benchmem

# The goals of docs/performance.md: against an older revision, per operation, and beside SPIN and C. A quarter of an hour.
goals:
	bench/goals

# Many beside each other, on the oldest edition and on the newest. CI has no time for it.
everything:
	go run ./cmd/hpcheck run suites/v4.6-all.toml
	go run ./cmd/hpcheck run suites/v7.3-all.toml

# The hashes of what an edition was made from, and what its suite executes of it: make pins EDITION=v6.12 TREE=DIR
# FROM="Debian linux-source-6.12 6.12.117-1, x86_64_defconfig". The tree needs a .config.
pins:
	rm -rf pins.part
	go run ./cmd/hpcheck run --out pins.part/$(EDITION) suites/$(EDITION).toml
	go run ./drift/pin $(EDITION) $(TREE) "$(FROM)" pins.part/$(EDITION)
	rm -r pins.part
	go run ./drift/pin -stands $(EDITION) $(TREE)

# Cross-compiles for the usual platforms, the same bytes for the same source and compiler wherever it is built, with checksums.
dist:
	rm -rf dist && mkdir -p dist
	set -e; for p in $(PLATFORMS); do \
		os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os != windows ] || ext=.exe; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -buildvcs=false \
			-ldflags "-s -w -buildid= -X main.release=$(VERSION)" -o dist/hpcheck-$$os-$$arch$$ext ./cmd/hpcheck; \
	done
	cp -r docs/man docs/completions dist/
	cd dist && sha256sum hpcheck-* >SHA256SUMS

clean:
	rm -rf dist hpcheck
