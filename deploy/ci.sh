#!/bin/bash
# Runs hpcheck in a CI job: builds it, checks, and leaves the reports where the platform looks for them. It is what action.yml and
# the GitLab example run, and it runs on any machine:
#
#   HPCHECK_ARGUMENTS="--kernel v4.6-rc3" deploy/ci.sh
#
# For a kernel tree it says first what differs from another revision, and is done if no run of the suites executes that:
#
#   HPCHECK_SOURCE=~/linux HPCHECK_AGAINST=origin/master deploy/ci.sh
set -euo pipefail

action=${HPCHECK_ACTION:-$(cd "$(dirname "$0")/.." && pwd)}
out=${HPCHECK_OUT:-hpcheck-report}
fail_on=${HPCHECK_FAIL_ON:-incomplete}
case $fail_on in
violated | incomplete | never) ;;
*)
	echo "ci.sh: HPCHECK_FAIL_ON (fail-on) is $fail_on: want violated, incomplete or never" >&2
	exit 2
	;;
esac
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT

if [ "${HPCHECK_VERSION:-local}" = local ]; then
	(cd "$action" && go build -o "$bin/hpcheck" ./cmd/hpcheck)
else
	GOBIN=$bin go install "github.com/hpcheck/hpcheck/cmd/hpcheck@$HPCHECK_VERSION"
fi

status=0
# The arguments are words of a command line; what is quoted in them stays one word, and nothing is evaluated.
args=()
if [ -n "${HPCHECK_ARGUMENTS:-}" ]; then
	while IFS= read -r -d '' word; do args+=("$word"); done < <(printf '%s' "$HPCHECK_ARGUMENTS" | xargs printf '%s\0')
fi
[ -z "${HPCHECK_SOURCE:-}" ] || args+=(--source "$HPCHECK_SOURCE")

# patch says what differs between the tree and the other one. Its status is that of hpcheck drift.
patch() {
	local status=0
	"$bin/hpcheck" drift --source "${HPCHECK_SOURCE:-.}" --against "$HPCHECK_AGAINST" --json "$bin/drift.json" \
		>"$bin/drift.txt" || status=$?
	cat "$bin/drift.txt"
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ "$status" -le 1 ]; then
		printf '```\n%s\n```\n' "$(cat "$bin/drift.txt")" >>"$GITHUB_STEP_SUMMARY"
	fi
	return "$status"
}

# keep leaves what patch said among the reports.
keep() {
	[ ! -e "$bin/drift.txt" ] || { mkdir -p "$out" && cp "$bin/drift.txt" "$bin/drift.json" "$out"; }
}

if [ -n "${HPCHECK_AGAINST:-}" ]; then
	patch || status=$?
	case $status in
	0)
		keep
		[ -z "${GITHUB_OUTPUT:-}" ] || echo "status=0" >>"$GITHUB_OUTPUT"
		exit 0
		;;
	1) status=0 ;; # what differs is executed: it is checked
	*) exit "$status" ;;
	esac
fi
"$bin/hpcheck" "${args[@]}" --out "$out" || status=$?
[ "$status" != 2 ] || exit 2 # bad usage: there is no report
keep

if [ -n "${GITHUB_ACTIONS:-}" ]; then
	# With --format among the arguments there may be neither.
	[ ! -e "$out/github.txt" ] || cat "$out/github.txt"
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || [ ! -e "$out/report.md" ] || cat "$out/report.md" >>"$GITHUB_STEP_SUMMARY"
	[ -z "${GITHUB_OUTPUT:-}" ] || echo "status=$status" >>"$GITHUB_OUTPUT"
fi

case $fail_on:$status in
never:[13] | *:0 | violated:3) exit 0 ;;
esac
exit "$status"
