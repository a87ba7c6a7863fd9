#!/bin/bash
# Runs hpcheck in a CI job: builds it, checks, and leaves the reports where the platform looks for them. It is what action.yml and
# the GitLab example run, and it runs on any machine:
#
#   HPCHECK_ARGUMENTS="--kernel v4.6-rc3" deploy/ci.sh
#
# For a kernel tree it says what differs from another revision: functions, verdicts, behaviours. It fails if a
# property is violated that was not.
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
[ -z "${HPCHECK_AGAINST:-}" ] || args+=(--against "$HPCHECK_AGAINST")
"$bin/hpcheck" "${args[@]}" --out "$out" | tee "$bin/said" || status=${PIPESTATUS[0]}
[ "$status" != 2 ] || exit 2 # bad usage: there is no report
if [ -n "${HPCHECK_AGAINST:-}" ]; then # what a patch changes, for a mail
	mkdir -p "$out" # if nothing that matters differs, no run was made
	cp "$bin/said" "$out/patch.txt"
	[ -z "${GITHUB_STEP_SUMMARY:-}" ] || printf '```\n%s\n```\n' "$(cat "$bin/said")" >>"$GITHUB_STEP_SUMMARY"
fi

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
