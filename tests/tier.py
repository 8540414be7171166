# SPDX-License-Identifier: Apache-2.0
"""What every tier shares: the lines it prints, and how it runs a program."""
import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
REFERENCE = SOURCE.parent / "shared"
WEIGHTS = SOURCE / "weights"
PHOTOGRAPH = SOURCE / "examples" / "retina.jpg"


class Skip(Exception):
    """A test that cannot run here; its text is the reason."""


class Tier:
    """Runs functions as tests and prints one line each: ok, not ok, or skip."""

    def __init__(self, name, description):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--build", type=Path, default=SOURCE / "build")
        parser.add_argument("--full", action="store_true")
        parser.add_argument("only", nargs="*", help="run only the tests whose name contains one of these")
        self.parser = parser
        self.name = name
        self.failed = 0

    def start(self):
        self.options = self.parser.parse_args()
        self.build = self.options.build.resolve()
        self.full = self.options.full
        os.environ["PATH"] = f"{self.build / 'bin'}:{os.environ['PATH']}"
        os.environ["LC_ALL"] = "C.UTF-8"
        return self

    def wanted(self, name):
        return not self.options.only or any(word in name for word in self.options.only)

    def ok(self, name):
        print(f"ok {self.name}.{name}", flush=True)

    def not_ok(self, name, reason):
        self.failed += 1
        first, *rest = str(reason).rstrip().split("\n")
        print(f"not ok {self.name}.{name}: {first}", *(f"    {line}" for line in rest), sep="\n", flush=True)

    def skip(self, name, reason):
        print(f"skip {self.name}.{name}: {reason}", flush=True)

    def run(self, name, test, *arguments):
        """`test` runs in a fresh folder, which it may also take as its first argument."""
        if not self.wanted(name):
            return
        try:
            with tempfile.TemporaryDirectory(prefix=f"medvision-{self.name}-") as folder, folder_of_work(folder):
                test(*arguments)
        except Skip as reason:
            self.skip(name, reason)
        except AssertionError as reason:
            self.not_ok(name, reason if str(reason) else f"assertion failed{where(reason)}")
        except Exception as reason:  # a broken test is a red test, and the others go on
            self.not_ok(name, f"{type(reason).__name__}: {reason}{where(reason)}")
        else:
            self.ok(name)

    def end(self):
        sys.exit(1 if self.failed else 0)


def where(reason):
    """The innermost line of this tree that raised `reason`."""
    place, step = "", reason.__traceback__
    while step:
        path = Path(step.tb_frame.f_code.co_filename)
        if SOURCE in path.parents:
            place = f" ({path.relative_to(SOURCE)}:{step.tb_lineno})"
        step = step.tb_next
    return place


@contextlib.contextmanager
def folder_of_work(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=False)


class Result:
    """What a shell command left: status, out and err (text), raw (bytes of standard output)."""

    def __init__(self, command, done):
        self.command = command
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")

    def expect(self, status):
        assert self.status == status, (
            f"status {self.status}, expected {status}, of: {self.command}\n{self.err[-2000:]}")
        return self


def sh(command, status=None, timeout=600, stdin=None, **more):
    """Runs a line of bash (pipefail off: the last program's status counts, as at a prompt)."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(["bash", "-c", command], input=data if data is not None else b"",
                          capture_output=True, timeout=timeout, check=False, **more)
    result = Result(command, done)
    assert "AddressSanitizer" not in result.err and "runtime error:" not in result.err, (
        f"a sanitizer spoke in: {command}\n{result.err[-4000:]}")
    return result if status is None else result.expect(status)


def peak_memory(command, out=os.devnull):
    """kB of the largest resident set of a command, alone in a process of its own; its standard output goes to `out`."""
    code = ("import resource,subprocess,sys; subprocess.run(sys.argv[2:],stdout=open(sys.argv[1],'wb'),stderr=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    return int(subprocess.run([sys.executable, "-c", code, out, *command], capture_output=True, text=True, check=True).stdout)


def programs():
    """The programs that the CMake files declare: med-scan, …"""
    import re
    found = []
    for room in ("cli", "preprocess", "postprocess"):
        text = (SOURCE / room / "CMakeLists.txt").read_text()
        for word in re.findall(r"^medvision_add_command\((\w+)", text, re.M):
            found.append(("med-" + word.replace("_", "-"), SOURCE / room / f"{word}.cpp"))
    return sorted(found)


def networks():
    """Cards below weights/ whose model is there; systems, which are made of them, left out."""
    import json
    models = {p: json.loads(p.read_text()).get("onnx") for p in sorted(WEIGHTS.rglob("card.json"))}
    return [p for p, onnx in models.items() if onnx and (p.parent / onnx).is_file()]


def tree(folder):
    """{relative path: bytes} of the files below `folder`, the journals apart."""
    folder = Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and ".medvision" not in p.parts}


def same_tree(a, b):
    left, right = tree(a), tree(b)
    assert left.keys() == right.keys(), f"{a} and {b} hold different files: {sorted(left.keys() ^ right.keys())[:10]}"
    differing = [name for name in left if left[name] != right[name]]
    assert not differing, f"{a} and {b} differ in {differing[:10]}"
    assert left, f"{a} holds no file"
