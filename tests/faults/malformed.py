# SPDX-License-Identifier: Apache-2.0
"""Odd and malformed pictures of other projects: each is an image or a marked case, in bounded time and memory."""
import collections
import json
import os
import random
import resource
import subprocess
import time
from pathlib import Path

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


def damaged(data, draw):
    """Bytes changed, cut out, put in or cut off, mostly where the pixels are."""
    out, begin = bytearray(data), max(data.rfind(b"\xe0\x7f\x10\x00"), 0)
    for _ in range(draw.choice((1, 1, 2, 5, 20))):
        first = begin if draw.random() < 0.8 and begin < len(out) else 0
        at = draw.randrange(first, len(out)) if draw.random() < 0.5 else min(len(out) - 1, first + draw.randrange(600))
        what = draw.randrange(10)
        if what < 5:
            out[at] ^= 1 << draw.randrange(8)
        elif what < 7:
            out[at] = draw.choice((0, 1, 127, 128, 255))
        elif what < 8:
            del out[at:at + draw.randrange(1, 50)]
        elif what < 9:
            out[at:at] = draw.randbytes(draw.randrange(1, 20))
        else:
            del out[at:]
        if len(out) < 200:
            break
    return bytes(out)


def damaged_dicom(full):
    """Files of every transfer syntax with bytes damaged by chance: a picture or a marked case each, never a signal. The
    codecs that are not ours end their process now and then, and it is not this one."""
    root = REFERENCE / "data" / "dicom"
    if not root.is_dir():
        raise Skip("../shared/data/dicom is absent")
    whole = [p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file() and p.suffix not in (".md", ".csv", ".zst") and
             p.stat().st_size < 2000000]
    assert len(whole) > 30, len(whole)
    draw, count = random.Random(1), 6000 if full else 400
    table = collections.Counter()
    for first in range(0, count, 100):
        names = []
        for i in range(first, first + 100):
            names.append(f"f{i}.dcm")
            Path(names[-1]).write_bytes(damaged(draw.choice(whole), draw))
        # The allocator of GCC 12's address sanitizer may be locked by another thread for ever after a fork; the C library's may not.
        jobs = ["--jobs", "1"] if os.environ.get("MEDVISION_SANITIZED") else []
        done = subprocess.run(["med-import", *jobs, "--out", "out", "--force", *names], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode in (0, 1), f"status {done.returncode} from f{first}.dcm on: {done.stderr[-500:]}"
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert [r["id"] for r in records] == [n[:-4] for n in names], f"{len(records)} of 100 came out"
        table.update(r["error"]["code"] if "error" in r else "image" for r in records)
        for name in names:
            os.remove(name)
    print(f"# {count} damaged DICOM files: " + ", ".join(f"{code} {n}" for code, n in table.most_common()))
    assert table["image"] > count / 20 and table["E_DECODE"] > count / 20, table
