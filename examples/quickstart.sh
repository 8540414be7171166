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
card=weights/vessel-unet/card.json

med-scan examples/retina.jpg |
  med-crop --subject fundus --pad 4% --out $out --force |
  med-clahe --gray green --clip-limit 2 --tiles 8x8 --out $out --force |
  med-infer $card --out $out --force |
  med-overlay --out $out --force > $out/retina.jsonl

cat <<SCREEN

medvision read a photograph of a retina, found its field of view, raised the contrast of the green channel,
asked the network weights/vessel-unet where the vessels are, and drew them:

  med-scan examples/retina.jpg | med-crop --subject fundus --pad 4% |
    med-clahe --gray green --clip-limit 2 --tiles 8x8 | med-infer $card | med-overlay    (each with --out $out)

SCREEN
# The record holds what was measured.
measure() { sed -n "s/.*\"vessel\.$1\":\([0-9.e+-]*\).*/\1/p" $out/retina.jsonl; }
printf '  vessel area      %.0f pixels, %.1f %% of the field of view\n' "$(measure area_px)" \
  "$(awk "BEGIN { print 100 * $(measure area_fraction) }")"
printf '  skeleton length  %.0f pixels\n' "$(measure length_px)"
cat <<SCREEN

  $out/retina.overlay.png   the vessels on the photograph: look at this one
  $out/retina.vessel.npy    the probability of each pixel
  $out/retina.jsonl         the record: every file, every step, every number

Photograph: Mikael Häggström, CC0. Not for clinical use.
SCREEN
