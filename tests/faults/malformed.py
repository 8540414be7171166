# SPDX-License-Identifier: Apache-2.0
"""Odd and malformed pictures of other projects: each is an image or a marked case, in bounded time and memory."""
import collections
import json
import os
import resource
import subprocess
import time

from tier import REFERENCE, Skip

SECONDS, BYTES = 5, 1 << 30
PROGRAMS = (["med-scan"], ["med-resize", "--size", "32x32", "--jobs", "1", "--out", "out", "--force"])


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    if not os.environ.get("MEDVISION_SANITIZED"):
        resource.setrlimit(resource.RLIMIT_AS, (2 * BYTES, 2 * BYTES))  # of addresses; resident memory is measured


def one(command, path):
    """(what became of it, seconds, bytes resident at most, what the program printed)."""
    started = time.monotonic()
    process = subprocess.Popen([*command, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit)
    out = process.stdout.read()
    process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - started, used.ru_maxrss << 10, out


def every_file(full):
    root = REFERENCE / "data" / "malformed"
    if not root.is_dir():
        raise Skip("../shared/data/malformed is absent")
    files = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix not in (".md", ".csv", ".txt"))
    files = files if full else files[::4]
    assert files, f"{root} holds no file"
    table = collections.defaultdict(collections.Counter)
    slowest, largest, wrong = (0, ""), (0, ""), []
    for path in files:
        for command in PROGRAMS:
            status, seconds, size, out = one(command, path)
            name = f"{command[0]} {path.relative_to(root)}"
            slowest, largest = max(slowest, (seconds, name)), max(largest, (size, name))
            if status not in (0, 1):
                wrong.append(f"{name}: status {status}")
                continue
            records = [json.loads(line) for line in out.splitlines()]
            if len(records) != 1 or bool(records[0].get("error")) != (status == 1):
                wrong.append(f"{name}: status {status} and {out[:200]}")
                continue
            code = records[0]["error"]["code"] if status else "image"
            table[f"{command[0]} {path.relative_to(root).parts[0]}"][code] += 1
            if seconds > SECONDS:
                wrong.append(f"{name}: {seconds:.1f} s")
            if size > BYTES and not os.environ.get("MEDVISION_SANITIZED"):
                wrong.append(f"{name}: {size >> 20} MiB")
    for name, counts in sorted(table.items()):
        print(f"# {name}: {sum(counts.values())} files, " + ", ".join(f"{code} {n}" for code, n in counts.most_common()))
    print(f"# slowest {slowest[0]:.2f} s ({slowest[1]}), largest {largest[0] >> 20} MiB ({largest[1]})")
    assert not wrong, "\n".join(wrong[:20])
