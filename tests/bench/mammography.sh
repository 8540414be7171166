#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Times GMIC and GLAM beside PyTorch, and the small programs beside the one process: mammography.sh [--build DIR] [gmic|glam|programs ...]
# Needs python3-torch, python3-onnx, python3-opencv (the table of layers) and the mammograms of ../shared. Made-up weights.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
[ -x $python ] || python=python3
exec "$python" -u "$here/mammography.py" "$@"
