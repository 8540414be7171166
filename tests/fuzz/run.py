#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bytes from anywhere: each target is shown its seeds and its corpus, where what fuzzers found stays; with --full, and clang,
each is fuzzed for a few seconds more."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import seeds  # noqa: E402
from tier import SOURCE, Skip, Tier  # noqa: E402

HERE = SOURCE / "tests" / "fuzz"
SECONDS = 5
TARGETS = re.findall(r"^void (\w+)\(std::string_view", (HERE / "targets.hpp").read_text(), re.M)


def replay(program, target, files):
    done = subprocess.run([program, target, *files], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stderr[-3000:]}"
    assert done.stdout.split() == [str(len(files))], f"of {len(files)} files it read {done.stdout}"


def cut_and_flipped(target, folder):
    """Of each file its first halves, quarters…, and copies with one byte changed: what any fuzzer tries first."""
    made = []
    for path in sorted((folder / target).iterdir()):
        data = path.read_bytes()
        for n, size in enumerate(sorted({len(data) // 2, len(data) // 4, len(data) * 9 // 10, max(len(data) - 1, 0)})):
            made.append(folder / f"{target}-{path.name}-cut{n}")
            made[-1].write_bytes(data[:size])
        for at in range(0, len(data), max(1, len(data) // 40)):
            made.append(folder / f"{target}-{path.name}-flip{at}")
            made[-1].write_bytes(data[:at] + bytes([data[at] ^ (0x80 if at % 2 else 0x01)]) + data[at + 1:])
    return made


def target_is_shown(program, target):
    seeds.write(Path("seeds"))
    files = sorted(Path("seeds", target).iterdir()) + sorted((HERE / "corpus" / target).glob("*"))
    assert len(files) >= 3, f"{target} has {len(files)} files to start from"
    replay(program, target, files)
    replay(program, target, cut_and_flipped(target, Path("seeds")))


def every_target_has_seeds():
    seeds.write(Path("seeds"))
    assert sorted(p.name for p in Path("seeds").iterdir()) == sorted(TARGETS)
    strangers = [p.name for p in (HERE / "corpus").iterdir() if p.name not in TARGETS]
    assert not strangers, f"a corpus without a target: {strangers}"


def fuzzed(build):
    if not shutil.which("clang++"):
        raise Skip("clang++ is absent")
    done = subprocess.run([HERE / "run.sh", "--build", build, str(SECONDS)], capture_output=True, text=True, check=False)
    print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(re.search(rf"^{t}: [1-9]\d* inputs.*nothing found$", done.stdout, re.M) for t in TARGETS), done.stdout


tier = Tier("fuzz", __doc__).start()
tier.run("every target has seeds", every_target_has_seeds)
for name in TARGETS:
    tier.run(f"files shown to {name}", target_is_shown, tier.build / "tests" / "fuzz_replay", name)
if tier.full:
    tier.run(f"{SECONDS} seconds of each fuzzer", fuzzed, tier.build / "fuzz")
tier.end()
