#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is in the folder: name, bytes and time of each file. pictures.sh FOLDER
set -euo pipefail
find -H "$1" -maxdepth 1 ! -type d -printf '%P\t%s\t%T@\n' | LC_ALL=C sort
