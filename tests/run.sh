#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds, then runs the tiers: unit, golden, architecture, pipelines, faults, fuzz, reference, bench (a smoke run).
#   tests/run.sh [--full] [--sanitize] [--require-reference] [--build DIR] [--tier NAME ...]
# The tier cuda, of what needs a GPU, runs when it is named. A tier prints one line a test: "ok NAME", "not ok NAME:
# reason" or "skip NAME: reason". Status: 0 all passed, 1 something failed, 2 wrong request, 3 packages are missing and
# cannot be installed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
all_tiers=(unit golden architecture pipelines faults fuzz reference bench)

full= sanitize= require= build= tiers=()
while [ $# -gt 0 ]; do
  case $1 in
    --full) full=--full; shift ;;
    --sanitize) sanitize=yes; shift ;;
    --require-reference) require=yes; shift ;;
    --build) build=$(mkdir -p "$2" && cd "$2" && pwd); shift 2 ;;
    --tier) tiers+=("$2"); shift 2 ;;
    -h|--help) sed -n '3,7s/^# \{0,2\}//p' "$0"; exit 0 ;;
    *) echo "run.sh: unknown option $1; see --help" >&2; exit 2 ;;
  esac
done
[ ${#tiers[@]} -gt 0 ] || tiers=("${all_tiers[@]}")
preset=release
[ -z "$sanitize" ] || preset=sanitize
if [ -z "$build" ]; then
  [ $preset = release ] && build=$here/../build || build=$here/../build-$preset
fi

[ -z "$full" ] || "$here/../examples/install-packages.sh" full || exit 3
"$here/../examples/build.sh" --preset $preset --build "$build" --tests || {
  status=$?
  echo "passed 0, failed 1 (build), skipped 0"
  exit $((status == 3 ? 3 : 1))
}
build=$(cd "$build" && pwd)

python=/usr/bin/python3   # Debian's own, whatever else PATH offers: the packages belong to it
"$python" -c "import numpy" 2> /dev/null || python=python3
logs=$build/test-logs
mkdir -p "$logs"
export MEDVISION_SANITIZED=$sanitize
if [ -n "$sanitize" ]; then
  # exitcode: a program's own statuses are 0 to 3; the libraries' one-time allocations are no leaks of ours.
  export ASAN_OPTIONS=exitcode=99:detect_leaks=0:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
fi

passed=0 failed=0 skipped=0
for tier in "${tiers[@]}"; do
  case $tier in
    unit|golden|architecture|pipelines|faults|fuzz|reference|cuda) command=("$python" -u "$here/$tier/run.py" --build "$build" $full) ;;
    bench) [ -z "$sanitize" ] || continue
           command=("$here/bench/run.sh" --build "$build" --smoke) ;;
    *) echo "run.sh: there is no tier '$tier'; there are ${all_tiers[*]} cuda" >&2; exit 2 ;;
  esac
  echo "== $tier"
  started=$SECONDS
  "${command[@]}" 2>&1 | tee "$logs/$tier.log" | sed '/^ok /d'
  status=${PIPESTATUS[0]}
  n_ok=$(grep -c '^ok ' "$logs/$tier.log")
  n_bad=$(grep -c '^not ok ' "$logs/$tier.log")
  n_skip=$(grep -c '^skip ' "$logs/$tier.log")
  if [ "$n_ok" = 0 ] && [ "$n_bad" = 0 ]; then
    echo "not ok $tier: it ran no test" | tee -a "$logs/$tier.log"; n_bad=1
  elif [ "$status" != 0 ] && [ "$n_bad" = 0 ]; then
    echo "not ok $tier: it ended with status $status" | tee -a "$logs/$tier.log"; n_bad=1
  fi
  echo "== $tier: $n_ok passed, $n_bad failed, $n_skip skipped in $((SECONDS - started)) s"
  passed=$((passed + n_ok)) failed=$((failed + n_bad)) skipped=$((skipped + n_skip))
done

reasons=
if [ $skipped -gt 0 ]; then
  reasons=" ($(for tier in "${tiers[@]}"; do grep -h '^skip ' "$logs/$tier.log" 2>/dev/null; done |
    sed 's/^skip [^:]*: //' | sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)$/\1: \2/' | paste -sd ';' | sed 's/;/; /g'))"
fi
verdict=0
[ $failed = 0 ] || verdict=1
if [ -n "$require" ] && [ $skipped -gt 0 ]; then
  verdict=1
  reasons="$reasons, and --require-reference makes a skip a failure"
fi
echo "passed $passed, failed $failed, skipped $skipped$reasons"
exit $verdict
