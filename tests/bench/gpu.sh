#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that is claimed of GPUs, measured in one command on pictures made from the photograph that ships:
#   gpu.sh [--build DIR] [--device cuda:0] [--count 10000] [--seconds 10] [--jobs N] [--torch DIR] [--only PART,...] [CARD ...]
# Parts: answers (self-tests and one photograph on every device), speed (a table of networks), many (COUNT pictures
# through scan, crop, clahe, infer). CARD: more cards for the table, CARD=WIDTHxHEIGHT for another size than their own.
# DIR of --torch holds NAME.pt, TorchScript of the card NAME (torchscript.py makes it), to be timed beside. --device cpu
# tries the command itself.
# The pictures, and 1 MB of maps for each of COUNT, lie in $TMPDIR. Python needs nothing but its own library. Status 1: a bar was missed or an answer is wrong. 3: no such device.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
for ((i = 1; i < $#; ++i)); do [ "${!i}" != --build ] || { next=$((i + 1)); build=${!next}; }; done
# Where the programs were built elsewhere and carried here, they stand already.
[ -x "$build/bench/bare_loop" ] && [ -x "$build/bench/infer_ends" ] || cmake --build "$build" --target bench_programs > /dev/null
python=/usr/bin/python3
[ -x $python ] || python=python3
exec "$python" -u "$here/gpu.py" "$@"
