#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes each target for SECONDS, two at a time: tests/fuzz/run.sh [--build DIR] SECONDS [TARGET ...]
# Starts from corpus/TARGET and made seeds; what was reached is kept in DIR/corpus, what was found in DIR/found. Prints
# a line a target. Status 0: nothing was found, 1: something was, 2: wrong request, 3: no clang, or no build.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build-fuzz
[ "${1:-}" != --build ] || { build=$2; shift 2; }
case ${1:-} in ''|*[!0-9]*) sed -n '3,5s/^# //p' "$0" >&2; exit 2 ;; esac
seconds=$1; shift
command -v clang++ > /dev/null || { echo "run.sh: clang++ is absent" >&2; exit 3; }
mapfile -t known < <(sed -n 's/^void \([a-z]*\)(std::string_view.*/\1/p' "$here/targets.hpp")
[ $# -gt 0 ] || set -- "${known[@]}"
for target in "$@"; do
  [[ " ${known[*]} " = *" $target "* ]] || { echo "run.sh: there is no target '$target'; there are ${known[*]}" >&2; exit 2; }
done

mkdir -p "$build"
# Without GDCM: its decoders are another project's, and are not instrumented.
{ cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -gline-tables-only" -DMEDVISION_SANITIZE=ON -DMEDVISION_FUZZ=ON -DMEDVISION_GDCM=OFF &&
  ninja -C "$build" -j2 "${@/#/fuzz_}"; } > "$build/log" 2>&1 || { tail -20 "$build/log" >&2; exit 3; }
python=/usr/bin/python3; [ -x $python ] || python=python3
rm -rf "$build/seeds"
$python "$here/seeds.py" "$build/seeds" || exit 3

export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
one() {
  local target=$1 out=$build/run/$1
  mkdir -p "$build/corpus/$target" "$build/found" "$build/run" "$here/corpus/$target"
  nice -n 15 "$build/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -print_coverage=1 -artifact_prefix="$build/found/$target-" \
    "$build/corpus/$target" "$here/corpus/$target" "$build/seeds/$target" > "$out" 2>&1
  local status=$?
  $python "$here/coverage.py" "$target" "$out" $status
  return $status
}
status=0
while [ $# -gt 0 ]; do
  one "$1" & first=$!
  if [ $# -gt 1 ]; then
    one "$2" & second=$!
    wait $second || status=1
  fi
  wait $first || status=1
  shift $(($# > 1 ? 2 : 1))
done
exit $status
