#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, configures and builds: build.sh [--preset NAME] [--build DIR] [--tests]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
preset=release folder= tests=OFF groups=build
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=$2; shift 2 ;;
    --build) folder=$2; shift 2 ;;
    --tests) tests=ON; groups="build test"; shift ;;
    *) echo "build.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
if [ -z "$folder" ]; then
  [ "$preset" = release ] && folder=$root/build || folder=$root/build-$preset
fi

# shellcheck disable=SC2086
"$root/examples/install-packages.sh" $groups

generator=
if [ ! -f "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null; then generator="-G Ninja"; fi
# shellcheck disable=SC2086
(cd "$root" && cmake --preset "$preset" -B "$folder" $generator -DMEDVISION_TESTS=$tests) >&2
cmake --build "$folder" -j "$(nproc)" >&2
