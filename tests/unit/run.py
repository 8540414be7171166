#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every doctest program of the build and prints a line for each test case in it."""
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import SOURCE, Tier  # noqa: E402


def report(tier, module, case):
    name = f"{module}: {case.get('name')}"
    results = case.find("OverallResultsAsserts")
    texts = [t.text or "" for m in case.iter("Message") for t in m.iter("Text")]
    skipped = next((t.strip() for t in texts if t.strip().startswith("SKIPPED")), None)
    if case.get("skipped") == "true":
        tier.not_ok(name, "it is marked to be skipped")
    elif results is None or results.get("test_case_success") == "false" or int(results.get("failures")) > 0:
        failures = [" ".join((e.findtext("Original") or "").split()) + "  is  " +
                    " ".join((e.findtext("Expanded") or "").split()) + f"  ({e.get('filename')}:{e.get('line')})"
                    for e in case.iter("Expression") if e.get("success") == "false"]
        thrown = [(e.text or "").strip() for e in case.iter("Exception")]
        tier.not_ok(name, "\n".join(failures + thrown) or "it did not end well")
    elif skipped:
        tier.skip(name, skipped.removeprefix("SKIPPED").strip(" :"))
    elif int(results.get("successes")) == 0:
        tier.not_ok(name, "it asserts nothing")
    else:
        tier.ok(name)


def run_module(tier, program):
    with tempfile.TemporaryDirectory(prefix="medvision-unit-") as folder:
        out = Path(folder) / "report.xml"
        done = subprocess.run([program, "--reporters=xml", f"--out={out}", "--no-skip=false"], cwd=folder,
                              capture_output=True, check=False, timeout=900)
        module = program.name.removesuffix("_test")
        try:
            cases = list(xml.parse(out).iter("TestCase"))
        except (xml.ParseError, FileNotFoundError):
            cases = None
        if cases is None or not cases:
            tier.not_ok(module, f"no readable report, status {done.returncode}\n" +
                        (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:])
            return
        failed_before = tier.failed
        for case in cases:
            report(tier, module, case)
        if done.returncode != 0 and tier.failed == failed_before:
            tier.not_ok(module, f"it ended with status {done.returncode}\n" +
                        (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:])


tier = Tier("unit", __doc__).start()
built = {p.name: p for p in (tier.build / "tests").glob("*_test") if p.is_file()}
for source in sorted((SOURCE / "tests" / "unit").glob("*_test.cpp")):
    if not tier.wanted(source.stem):
        continue
    if source.stem in built:
        run_module(tier, built[source.stem])
    else:
        tier.not_ok(source.stem, "it was not built")
tier.end()
