# The Go tools need no Makefile; these are longer commands under short names.

.PHONY: test bench
test:
	go test ./...

# The engine beside SPIN and beside C, on the standard models; and what a transition costs. About ten minutes.
bench:
	explore/testdata/bench/run.sh
	go test ./explore ./invariants -run '^$$' -bench . -benchmem
