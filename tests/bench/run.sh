#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Times the programs beside plain loops that do only the unavoidable work: run.sh [--build DIR] [--smoke] [NAME ...]
# Both sides run in turn, A B A B …; the figure is the ratio of the medians. --smoke: small pictures, one round, no bar.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
cmake --build "$build" --target bench_programs >/dev/null
python=/usr/bin/python3
[ -x $python ] || python=python3
exec "$python" -u "$here/measure.py" --build "$build" ${arguments[@]+"${arguments[@]}"}
