#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Golden tests: a folder a case below tests/golden/<program>/.

cmd        bash, run in a fresh folder that holds a copy of the case; $OUT names the folder for products,
           $WEIGHTS that of the networks
in.jsonl   the manifest, and any other input
out.jsonl  standard output, byte for byte; absent: nothing may be printed
err        a regular expression for each line of standard error, anchored; absent: silence
status     the exit status; absent: 0
files/     products expected below $OUT, byte for byte
check      bash run after cmd in the same folder, for what bytes cannot say; must end with 0

Only the version and the engine that `steps` carry are made equal before comparing.  --redo writes out.jsonl, status and files/ anew,
for review.  A program without a case of status 0, of status 1 and of status 2 is red.  The cases in _self must turn red,
for the reason that their file `red` gives: they test this runner.
"""
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import WEIGHTS, Tier, programs, sh, tree  # noqa: E402

HERE = Path(__file__).resolve().parent
EXPECTATIONS = {"cmd", "out.jsonl", "err", "status", "files", "check", "red"}
FIXED = ((re.compile(r'"version":"\d+\.\d+\.\d+[^"]*"'), '"version":"*"'), (re.compile(r'"engine":"[^"]*"'), '"engine":"*"'))


def normalised(text):
    for pattern, fixed in FIXED:
        text = pattern.sub(fixed, text)
    return text


def read(path, default=""):
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else default


def difference(expected, met):
    left, right = expected.split("\n"), met.split("\n")
    for number, (a, b) in enumerate(zip(left, right), 1):
        if a != b:
            return f"line {number}\nexpected {a}\n     met {b}"
    return f"expected {len(left) - 1} lines, met {len(right) - 1}\n" + "\n".join((left + right)[min(len(left), len(right)) - 1:][:5])


def check_errors(patterns, lines):
    for number, line in enumerate(lines):
        assert number < len(patterns), f"standard error says too much: {line}"
        assert re.fullmatch(patterns[number], line), (
            f"standard error, line {number + 1}\nexpected {patterns[number]}\n     met {line}")
    assert len(lines) == len(patterns), f"standard error lacks: {patterns[len(lines)]}"


def run_case(case, redo=False):
    """In an empty folder: the case's command, then every comparison."""
    command = read(case / "cmd").strip()
    assert command, "the case is empty: no cmd"
    for entry in case.iterdir():
        if entry.name not in EXPECTATIONS:
            (shutil.copytree if entry.is_dir() else shutil.copy2)(entry, entry.name)
    os.environ.update(OUT="out", WEIGHTS=str(WEIGHTS))
    met = sh(command)
    out = normalised(met.out)
    products = tree("out") if Path("out").is_dir() else {}
    if redo:
        rewrite(case, met.status, out, products)
    status = int(read(case / "status", "0"))
    assert met.status == status, f"status {met.status}, expected {status}\n{met.err[-1500:]}"
    expected = normalised(read(case / "out.jsonl"))
    assert out == expected, f"standard output differs, {difference(expected, out)}"
    check_errors(read(case / "err").splitlines(), met.err.splitlines())
    for name, data in tree(case / "files").items() if (case / "files").is_dir() else ():
        assert name in products, f"a file is missing: {name}; there are {sorted(products)[:10]}"
        assert products[name] == data, f"the file {name} differs"
    if (case / "check").exists():
        done = sh("set -eu; " + read(case / "check"))
        assert done.status == 0, f"check ended with {done.status}\n{done.out[-1000:]}{done.err[-1000:]}"


def rewrite(case, status, out, products):
    for name, text in (("status", f"{status}\n" if status else ""), ("out.jsonl", out)):
        (case / name).unlink(missing_ok=True)
        if text:
            (case / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    if (case / "files").is_dir():   # the names there say which products matter
        for path in (p for p in (case / "files").rglob("*") if p.is_file()):
            name = str(path.relative_to(case / "files"))
            if name in products:
                path.write_bytes(products[name])


def run_red_case(case):
    """The runner must reject this case, in the words of its file `red`."""
    reason = None
    try:
        run_case(case)
    except AssertionError as met:
        reason = str(met).split("\n")[0]
    wanted = read(case / "red").strip()
    if not wanted:
        assert reason is None, f"this case is right, yet the runner says: {reason}"
    else:
        assert reason is not None, "this case is wrong, yet the runner passed it"
        assert re.match(wanted, reason), f"red for another reason\nexpected {wanted}\n     met {reason}"


def check_coverage(program):
    statuses = [int(read(case / "status", "0")) for case in cases(program)]
    assert len(statuses) >= 3, f"{len(statuses)} cases, at least 3 are asked for"
    for status, meaning in ((0, "works"), (1, "one record fails"), (2, "wrong request")):
        assert status in statuses, f"no case with status {status} ({meaning})"


def cases(program):
    folder = HERE / program
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def check_orphans(names):
    strays = [p.name for p in HERE.iterdir() if p.is_dir() and p.name not in names + ["_self", "__pycache__"]]
    assert not strays, f"cases of programs that are not declared: {strays}"


tier = Tier("golden", __doc__)
tier.parser.add_argument("--redo", action="store_true", help="write expectations anew, for review")
tier.start()
names = [name for name, _ in programs()]
for case in cases("_self"):
    tier.run(f"_self/{case.name}", run_red_case, case)
for program in names:
    for case in cases(program):
        tier.run(f"{program}/{case.name}", run_case, case, tier.options.redo)
    tier.run(f"{program} has a case that works, one that fails a record, one of a wrong request", check_coverage, program)
tier.run("no case is an orphan", check_orphans, names)
tier.end()
