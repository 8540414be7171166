#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One shard of the job, whoever runs it: shard.sh I N, I from 0 to N-1. Reads $OUT/scanned.jsonl, writes
# $OUT/shard-I-of-N.jsonl when all of it is done; what a run before finished is not done again.
set -u
i=$1 n=$2
: "${OUT:=out}" "${JOBS:=1}" "${CARD:?says which network}"
part=$OUT/shard-$i-of-$n.jsonl
go=(--out "$OUT/products" --shard "$i/$n" --resume --jobs "$JOBS")

# shellcheck disable=SC2086
med-crop ${CROP:---subject fundus} "${go[@]}" "$OUT/scanned.jsonl" |
  med-clahe ${CLAHE:---gray green --clip-limit 2} "${go[@]}" |
  med-infer "$CARD" "${go[@]}" > "$part.part"
for status in "${PIPESTATUS[@]}"; do
  # 1: some records failed and stand there, marked. More: the shard is not done.
  [ "$status" -le 1 ] || { echo "shard $i of $n: a program ended with status $status" >&2; exit "$status"; }
done
mv "$part.part" "$part"
