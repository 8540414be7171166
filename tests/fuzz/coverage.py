#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One line of what a fuzzer's log says: coverage.py TARGET LOG STATUS. Coverage is of the edges (as clang counts them) in
the source files that the target is about."""
import re
import sys
from pathlib import Path

FILES = {"card": "infer/(model_card|system_card|card_members)", "csv": "record/csv", "ddsm": "io/ddsm_case",
         "dicom": "io/dicom_", "image": "io/(image_|input_)", "json": "record/json_",
         "manifest": "record/(manifest|array_items|record)", "npy": "io/tensor_", "onnx": "infer/(onnx_|protobuf)",
         "partial": "record/case_", "pattern": "record/pattern", "pnm": "io/image_pnm", "study": "record/study"}


def coverage(target, text):
    """(edges reached, edges there) in the target's files."""
    met = there = 0
    for reached, edges, place in re.findall(r"^COVERED_FUNC: hits: \d+ edges: (\d+)/(\d+) .*? (\S+:\d+)$", text, re.M):
        if re.search(f"medvision/({FILES[target]})[a-z_]*\\.cpp", place):
            met, there = met + int(reached), there + int(edges)
    for edges, place in re.findall(r"^UNCOVERED_FUNC: hits: 0 edges: 0/(\d+) .*? (\S+:\d+)$", text, re.M):
        if re.search(f"medvision/({FILES[target]})[a-z_]*\\.cpp", place):
            there += int(edges)
    return met, there


def number(name, text):
    found = re.search(rf"stat::{name}:\s*(\d+)", text)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    name, log, status = sys.argv[1], Path(sys.argv[2]).read_text(errors="replace"), int(sys.argv[3])
    met, there = coverage(name, log)
    share = f"{met} of {there} edges ({100 * met / there:.0f} %)" if there else "edges are not told"
    verdict = "nothing found" if status == 0 else f"FOUND (status {status}), see {sys.argv[2]}"
    print(f"{name}: {number('number_of_executed_units', log)} inputs, {share}, at most {number('peak_rss_mb', log)} MB: {verdict}", flush=True)
