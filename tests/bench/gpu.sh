#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that is claimed of GPUs, measured in one command on pictures made from the photograph that ships:
#   gpu.sh [--build DIR] [--device cuda:0] [--count 10000] [--seconds 10] [--jobs N] [--networks DIR] [--only PART,...] [CARD ...]
# Parts: answers (self-tests and one photograph on every device), speed (a table of networks), steps (what each step of the
# preprocessing would take there, with the way there and back), many (COUNT pictures through scan, crop, clahe, infer). The table has the networks that ship and those of networks.py, which are made on the
# spot where Python has numpy and onnx, or lie made in DIR; CARD=WIDTHxHEIGHT: these cards instead. Their TorchScript is
# timed beside where Python has torch. --device cpu tries the command itself.
# The pictures, and 1 MB of maps for each of COUNT, lie in $TMPDIR. All of it takes some 20 minutes: less with --seconds 3,
# and --only. Without networks.py Python needs nothing but its own library; $PYTHON names another. Status 1: a bar was
# missed or an answer is wrong. 3: no such device.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
for ((i = 1; i <= $#; ++i)); do
  case ${!i} in
    --build) next=$((i + 1)); build=${!next:-$build} ;;
    --build=*) build=${!i#--build=} ;;
  esac
done
# Where the programs were built elsewhere and carried here, they stand already.
if [ -f "$build/CMakeCache.txt" ] && grep -qs "^CMAKE_HOME_DIRECTORY:INTERNAL=$(cd "$here/../.." && pwd)\$" "$build/CMakeCache.txt"; then
  cmake --build "$build" --target all bench_programs > /dev/null
fi
for python in "${PYTHON:-}" /usr/bin/python3 python3; do
  [ -z "$python" ] || ! "$python" -c "import numpy, onnx" 2> /dev/null || break
done
exec "$python" -u "$here/gpu.py" "$@"
