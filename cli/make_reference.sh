#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints cli/REFERENCE.md from what the programs say of themselves: make_reference.sh BIN
set -eu
bin=${1:?the folder of the programs}

cat <<'HEAD'
# The programs and their options

Written by the programs themselves (`--help=markdown`), by `cli/make_reference.sh`; a test keeps it equal to them.

## Options of every program

HEAD
"$bin/med-scan" --help=markdown-common
for program in "$bin"/med-*; do
  echo
  "$program" --help=markdown
done
