# SPDX-License-Identifier: Apache-2.0
"""Calls of the C library that fail, one at a time: memory, write, open, flush, link, rename, threads. After each the status
says so, what stands under a final name is whole, and nothing else is left."""
import errno
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from pictures import texture, write_png
from tier import Skip, sh, tree

COMMAND = "med-clahe --clip-limit 2 --tiles 4x4 --jobs {jobs} --out out {more} in.jsonl"


def build_shim():
    """The library to preload, compiled where the test runs."""
    if os.environ.get("MEDVISION_SANITIZED"):
        raise Skip("the sanitizers have their own malloc")
    source = Path(__file__).resolve().parent / "failing.cpp"
    done = subprocess.run(["g++", "-std=c++20", "-O1", "-shared", "-fPIC", "-o", "failing.so", source, "-ldl"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path("failing.so").absolute()


def prepare(shim, command):
    """The undisturbed result, and how often each call is met in it."""
    with open("in.jsonl", "w", encoding="utf-8") as out:
        for number in range(3):
            write_png(f"p{number}.png", texture(60 + 9 * number, 50, number))
            out.write(json.dumps({"id": f"p{number}", "image": f"p{number}.png"}) + "\n")
    whole = sh(command.replace("--force", ""), 0)
    expected = tree("out")
    counts = {}
    for call in ("malloc", "write", "open", "fdatasync", "linkat", "rename", "pthread_create"):
        run(shim, command, f"{call}:0")
        counts[call] = int(Path("count").read_text())
    return whole, expected, counts


def run(shim, command, fail):
    keep = Path("out").exists() and "--force" in command
    if not keep:
        shutil.rmtree("out", ignore_errors=True)
    return sh(f"timeout 60 env MEDVISION_FAIL={fail} MEDVISION_FAIL_COUNT=count LD_PRELOAD={shim} {command}")


def check(met, whole, expected, statuses, said, case):
    assert met.status in statuses, f"{case}: status {met.status}\n{met.err}"
    if met.status == 0:
        assert met.raw == whole.raw, f"{case}: it says that all is well and prints something else"
        assert tree("out") == expected, f"{case}: it says that all is well and the files differ"
    else:
        assert re.search(said, met.err), f"{case}: {met.err!r}"
        for line in met.out.splitlines():   # what came out is whole records
            assert json.loads(line)["id"], line
    found = tree("out") if Path("out").exists() else {}
    assert set(found) <= set(expected), f"{case}: left behind: {sorted(set(found) - set(expected))}"
    for name, data in found.items():
        assert data == expected[name], f"{case}: {name} is not whole"


def memory_ends(full):
    """The Nth allocation fails: a marked case or status 3, and never a signal."""
    shim = build_shim()
    ended = set()
    for jobs in (1, 2):
        command = COMMAND.format(jobs=jobs, more="")
        whole, expected, counts = prepare(shim, command)
        count = counts["malloc"]
        assert count > 1000, f"only {count} allocations were counted"
        for n in range(1, count + 1, 1 if full else max(1, count // 80)):
            met = run(shim, command, f"malloc:{n}")
            check(met, whole, expected, (0, 3), "memory", f"allocation {n} of {count}, --jobs {jobs}")
            ended.add(met.status)
        for n in (1, 100, count // 2, count * 3 // 4):
            met = run(shim, command, f"malloc:{n}:always")
            check(met, whole, expected, (3,), "memory", f"all allocations from {n} on, --jobs {jobs}")
        shutil.rmtree("out", ignore_errors=True)
    assert ended == {0, 3} or ended == {3}, f"no allocation that failed was noticed: {ended}"


def calls_fail(full):
    """Each write, open, flush, link and rename once, by several errors; an interrupted or short one is taken up again."""
    shim = build_shim()
    for more in ("", "--force"):
        command = COMMAND.format(jobs=1, more=more)
        whole, expected, counts = prepare(shim, command)
        assert counts["write"] >= 9 and counts["fdatasync"] == 3 and counts["linkat"] >= 3, counts
        assert counts["rename"] == (3 if more else 0), counts
        for call in ("write", "open", "fdatasync", "linkat", "rename"):
            ended = set()
            for n in range(1, counts[call] + 1):
                for code in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)[: 4 if full else 2]:
                    met = run(shim, command, f"{call}:{n}:{code}")
                    check(met, whole, expected, (0, 1, 3) if call == "open" else (3,), re.escape(os.strerror(code)),
                          f"{call} {n} fails by {errno.errorcode[code]} {more}")
                    ended.add(met.status)
            assert 3 in ended or not counts[call], f"no {call} that failed ended the run"
        for n in range(1, counts["write"] + 1):
            for how in ("short", errno.EINTR):
                met = run(shim, command, f"write:{n}:{how}")
                check(met, whole, expected, (0, 3), "journal", f"write {n}: {how}")
        for n in range(1, 4):
            met = run(shim, command, f"fdatasync:{n}:{errno.EINTR}")
            check(met, whole, expected, (0,), "", f"an interrupted flush {n}")
        shutil.rmtree("out")


def threads_fail():
    shim = build_shim()
    command = COMMAND.format(jobs=4, more="")
    whole, expected, counts = prepare(shim, command)
    assert counts["pthread_create"] > 0, counts
    for n in range(1, counts["pthread_create"] + 1):
        for how in ("", ":always"):
            met = run(shim, command, f"pthread_create:{n}{how}")
            check(met, whole, expected, (0, 3), "thread|memory", f"thread {n}{how}")
