#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is in the folders: name, bytes, time of the contents and of the entry of each file, links followed.
#   pictures.sh FOLDER ...
set -euo pipefail
find -L "$@" -maxdepth 1 ! -type d -printf '%p\t%s\t%T@\t%C@\n' | LC_ALL=C sort
