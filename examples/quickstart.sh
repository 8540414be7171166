#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone on Debian 12 to the vessels of a retina, drawn and measured: bash examples/quickstart.sh [--build DIR]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
build=$root/build out=out/quickstart
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$(mkdir -p "$2" && cd "$2" && pwd); shift 2 ;;
    *) echo "usage: quickstart.sh [--build DIR]" >&2; exit 2 ;;
  esac
done

"$here/build.sh" --build "$build"
export PATH=$build/bin:$PATH
cd "$root"
mkdir -p $out

med-scan examples/retina.jpg |
  med-crop --subject fundus --out $out --force |
  med-clahe --gray green --clip-limit 2 --tiles 8x8 --out $out --force |
  med-infer weights/vessel-unet/card.json --out $out --force |
  med-overlay --out $out --force > $out/retina.jsonl

cat <<SCREEN

medvision read a photograph of a retina, found its field of view, raised the contrast of the green channel,
asked the network weights/vessel-unet where the vessels are, and drew them:

  med-scan examples/retina.jpg | med-crop --subject fundus | med-clahe --gray green --clip-limit 2 --tiles 8x8 |
    med-infer weights/vessel-unet/card.json | med-overlay          (each with --out $out)

SCREEN
# The record holds what was measured and where every picture is.
tr ',{}' '\n\n\n' < $out/retina.jsonl | sed -n 's/^"\(vessel[a-z_.]*\)":\([0-9.e+-]*\)$/  \1 \2/p'
cat <<SCREEN

  $out/retina.overlay.png   the vessels on the photograph: look at this one
  $out/retina.vessel.npy    the probability of each pixel
  $out/retina.jsonl         the record: every file, every step, every number

Photograph: Mikael Häggström, CC0. Not for clinical use.
SCREEN
