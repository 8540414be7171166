#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong: bad pictures, bad lines, bad requests, full disks, closed pipes, kills. Each must end in a clear
sentence and the right status, with every other case unharmed."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import failing_calls  # noqa: E402
import hostile  # noqa: E402
import malformed  # noqa: E402
from dicom_files import dicom, gray  # noqa: E402
from pictures import bomb, fundus, texture, write_png  # noqa: E402
from tier import PHOTOGRAPH, WEIGHTS, Skip, Tier, peak_memory, programs, same_tree, sh, tree  # noqa: E402

TOY = WEIGHTS / "toy"
SANITIZED = bool(os.environ.get("MEDVISION_SANITIZED"))
# What each program needs to be asked for anything.
ARGUMENTS = {"med-crop": "--subject fundus --out out", "med-clahe": "--clip-limit 2 --out out", "med-resize": "--size 20x20 --out out",
             "med-import": "--out out", "med-erase-text": "--out out",
             "med-patch": "--size 16x16 --out out", "med-augment": "--flip left-right --out out",
             "med-infer": f"{TOY}/card.json --out out", "med-stitch": "--out out",
             "med-overlay": "--out out", "med-sheet": "--out out", "med-scan": "", "med-inspect": "", "med-shard": "--merge",
             "med-upsample": "--as up --out out", "med-roi": "--rule random --window 16x16", "med-fuse": "--group id --top-percent 10",
             "med-paste": "--maps detail --out out", "med-gate": "--scores edge --gates edge --out out",
             "med-score-masks": "", "med-score-boxes": "", "med-summarize": "", "med-score-grades": "--labels 0,1 --scores grade",
             "med-table": "--columns id", "med-cluster": "", "med-report": ""}
NAMES = [name for name, _ in programs()]


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def manifest(path, *cases):
    """Records of (id, image), or lines as they are."""
    lines = [c if isinstance(c, str) else json.dumps({"id": c[0], "image": c[1]}) for c in cases]
    Path(path).write_text("".join(line + "\n" for line in lines))
    return path


def two_good():
    write_png("good1.png", texture(70, 50, 1))
    write_png("good2.png", texture(64, 40, 2))
    return ("good1", "good1.png"), ("good2", "good2.png")


def check_bad_case(bad, code, words, name="bad"):
    """`bad` between two good cases: it fails by `code`, in these words; the others are as if it had not been there."""
    first, second = two_good()
    command = "med-clahe --clip-limit 2 --tiles 4x4"
    alone = sh(f"{command} {manifest('alone.jsonl', first, second)} --out alone", 0)
    met = sh(f"{command} {manifest('mixed.jsonl', first, bad, second)} --out mixed")
    assert met.status == 1, f"status {met.status}, expected 1\n{met.err}"
    found = records(met.out)
    assert [r["id"] for r in found] == ["good1", name, "good2"], [r["id"] for r in found]
    failure = found[1].get("error")
    assert failure and failure["code"] == code, f"expected {code}, met {failure}"
    assert re.search(words, failure["what"]), f"the sentence does not say {words!r}: {failure['what']}"
    lines = met.err.splitlines()
    assert len(lines) == 1 and "med-clahe" in lines[0] and name in lines[0] and failure["what"] in lines[0], (
        f"standard error is not one line with program, id and sentence:\n{met.err}")
    expected = [json.loads(line.replace("alone/", "mixed/")) for line in alone.out.splitlines()]
    expected[1]["order"] = [2]
    assert [found[0], found[2]] == expected, "a good case came out otherwise beside a bad one"
    same_tree("alone", "mixed")


def empty_file():
    Path("bad.png").write_bytes(b"")
    check_bad_case(("bad", "bad.png"), "E_EMPTY", "empty")


def text_named_png():
    Path("bad.png").write_text("<html>404</html>\n")
    check_bad_case(("bad", "bad.png"), "E_FORMAT", "html|3c 68|3C 68")


def cut_jpeg(share):
    data = PHOTOGRAPH.read_bytes()
    Path("bad.jpg").write_bytes(data[: int(len(data) * share)])
    check_bad_case(("bad", "bad.jpg"), "E_TRUNCATED", "cut|trunc|end")


def cut_png(share):
    data = Path(write_png("whole.png", texture(300, 200, 5))).read_bytes()
    Path("bad.png").write_bytes(data[: int(len(data) * share)])
    check_bad_case(("bad", "bad.png"), "E_TRUNCATED", "cut|trunc|end")


def broken_checksum_in_png():
    data = bytearray(Path(write_png("whole.png", texture(300, 200, 5))).read_bytes())
    place = data.index(b"IDAT") + 1000
    data[place] ^= 0x10
    Path("bad.png").write_bytes(data)
    check_bad_case(("bad", "bad.png"), "E_CRC", "check")


def bomb_of_312_bytes():
    Path("bad.png").write_bytes(bomb())
    assert Path("bad.png").stat().st_size == 312
    check_bad_case(("bad", "bad.png"), "E_TOO_LARGE", "50000.*--max-(pixels|bytes)")
    if not SANITIZED:
        usual, high = (peak_memory(["med-clahe", "--clip-limit", "2", "--force", "--out", "x", m])
                       for m in (manifest("g.jsonl", two_good()[0]), manifest("b.jsonl", ("bad", "bad.png"))))
        assert high < usual + (16 << 10), f"a refused picture costs {high >> 10} MB, a small one {usual >> 10} MB"


def map_name_stays_below_out():
    write_png("a.png", texture(8, 8))
    numpy.save("m.npy", numpy.zeros((1, 8, 8), numpy.float32))
    parent = {"id": "a", "image": "a.png", "width": 8, "height": 8}
    patch = {"id": "a/0", "image": "a.png", "width": 8, "height": 8, "order": [0, 0],
             "parent": {"id": "a", "index": 0, "count": 1, "box": [0, 0, 8, 8], "record": parent},
             "maps": {"/../../evil b": {"path": "m.npy", "shape": [1, 8, 8]}}}
    Path("in.jsonl").write_text(json.dumps(patch) + "\n")
    sh("med-stitch --out deep/o in.jsonl > out.jsonl", 0)
    assert not list(Path(".").glob("**/evil*")), "a map's name led out of --out"
    assert Path("deep/o/a.%2F..%2F..%2Fevil%20b.npy").is_file(), sorted(Path("deep").rglob("*"))


def manifest_from_a_pipe():
    manifest("in.jsonl", *two_good())
    met = sh("med-resize --size 9 --out o <(cat in.jsonl) | wc -l", 0)
    assert met.out.strip() == "2", f"{met.out} records came out of a pipe of 2"


def duplicate_keeps_its_shard():
    lines = [{"id": f"k{i}", "image": "a.png", "tags": {"patient": f"p{i % 5}"}} for i in range(12)]
    write_png("a.png", texture(8, 8))
    Path("in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in lines + [dict(lines[3], tags={"patient": "p3"})]))
    sent = 0
    for i in range(3):
        met = sh(f"med-resize --size 4 --shard {i}/3 --out o{i} in.jsonl | "
                 f"med-clahe --shard {i}/3 --out o{i}")
        sent += len(met.out.splitlines())
    assert sent == 13, f"{sent} of 13 records came through two programs with --shard"


def changed_source_is_drawn_anew():
    write_png("a.png", texture(20, 20, 1))
    sh("med-scan a.png | med-resize --size 10 --out o > r.jsonl; med-overlay --rois --out v r.jsonl > one.jsonl", 0)
    first = Path("v/a.overlay.png").read_bytes()
    write_png("a.png", texture(20, 20, 2))
    sh("med-overlay --rois --out v --resume r.jsonl > two.jsonl", 0)
    assert Path("v/a.overlay.png").read_bytes() != first, "the overlay of the old picture was replayed"


def resume_of_bare_records():
    """A manifest of ids and images has no steps of its own: a replay must not add one."""
    manifest("in.jsonl", *two_good())
    for more in ("", "--resume", "--resume"):
        sh(f"med-resize --size 9 --out o {more} in.jsonl > {'again' if more else 'first'}.jsonl", 0)
        if more:
            assert Path("again.jsonl").read_bytes() == Path("first.jsonl").read_bytes(), "the replay reads otherwise"


def link_to_nowhere_is_a_case():
    Path("all").mkdir()
    write_png("all/a.png", texture(20, 20, 1))
    Path("all/b.png").symlink_to("/nowhere/b.png")
    met = sh("med-scan all", 1)
    assert [(r["id"], "error" in r) for r in records(met.out)] == [("a", False), ("b", True)], met.out


def region_larger_than_memory():
    write_png("a.png", texture(20, 20, 1))
    rows = [{"id": i, "image": "a.png", "rois": [{"box": [0, 0, s, s], "window": [0, 0, s, s]}]}
            for i, s in (("one", 4), ("huge", 1000000), ("three", 5))]
    Path("in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    met = sh("med-patch --rois --out o in.jsonl", 1)
    assert [r.get("error", {}).get("code") for r in records(met.out)] == [None, "E_TOO_LARGE", None], met.out


def group_of_one_failed_member():
    rows = [{"id": "a", "image": "a.png", "error": {"by": "med-crop", "code": "E_FOV", "what": "none"}},
            {"id": "b", "image": "b.png", "scores": {"g": 0.5}}]
    Path("in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    met = sh("med-fuse --group id in.jsonl", 1)
    assert [r["id"] for r in records(met.out)] == ["a", "b"], met.out


def one_overflow_costs_one_figure():
    rows = [{"id": i, "image": "x", "measures": {"v": v, "w": 1}} for i, v in (("a", 1e308), ("b", 1e308), ("c", 1))]
    Path("in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    figures = json.loads(sh("med-summarize in.jsonl", 0).out)["groups"][0]["figures"]
    assert figures["w"]["mean"] == 1 and figures["v"]["mean"] is None and "range" in figures["v"]["why"], figures


def out_that_is_no_utf8():
    manifest("in.jsonl", *two_good())
    met = sh("med-resize --size 9 --out $'o\\xfe' in.jsonl", 2)
    assert "--out" in met.err and not met.out, met


def field_of_view_of_another_size():
    write_png("a.png", texture(20, 20, 1))
    write_png("f.png", texture(10, 10, 1))
    rows = [{"id": "a", "image": "a.png", "source": {"path": "a.png", "width": 20, "height": 20},
             "fov": {"path": "f.png", "by": "user"}}]
    Path("in.jsonl").write_text(json.dumps(rows[0]) + "\n")
    for command in ("med-crop --subject fundus", "med-patch --size 8 --inside fov", "med-clahe --local-mean 2 --clip-limit 0"):
        met = sh(f"{command} --out o in.jsonl", 1)
        assert [r["error"]["code"] for r in records(met.out)] == ["E_SHAPE"], (command, met.out)


def switch_takes_no_value():
    manifest("in.jsonl", *two_good())
    sh("med-resize --size 9 --out o in.jsonl > /dev/null", 0)
    sh("med-resize --size 9 --out o --force=false in.jsonl", 2)


def name_too_long_for_a_file():
    write_png("a.png", texture(8, 8))
    Path("in.jsonl").write_text("".join(json.dumps({"id": i, "image": "a.png"}) + "\n" for i in ("x" * 300, "ok", "ok.resize.png/y")))
    met = sh("med-resize --size 4 --jobs 1 --out o in.jsonl", 1)
    errors = [json.loads(line).get("error", {}).get("code") for line in met.out.splitlines()]
    assert errors == ["E_ID", None, "E_ID"], errors


def kernel_file_as_image():
    Path("in.jsonl").write_text(json.dumps({"id": "k", "image": "/proc/kmsg"}) + "\n")
    met = sh("timeout 20 med-resize --size 4 --out o in.jsonl", 1)
    assert json.loads(met.out)["error"], met.out


def missing_file():
    check_bad_case(("bad", "nowhere.png"), "E_MISSING", "nowhere.png")


def not_a_regular_file(make):
    make()
    check_bad_case(("bad", "bad.png"), "E_MISSING", "bad.png")


def endless_device():
    check_bad_case(("bad", "/dev/zero"), "E_MISSING", "/dev/zero")


def upward_id():
    check_bad_case('{"id":"../bad","image":"good1.png"}', "E_ID", r"\.\.", name="line-2")
    assert not Path("../bad.clahe.png").exists()


def absolute_id():
    check_bad_case('{"id":"/tmp/bad","image":"good1.png"}', "E_ID", "absolute|/tmp/bad", name="line-2")


def broken_line():
    check_bad_case('{"id":"bad","image":', "E_JSON", "JSON|line|column|end", name="line-2")


def bad_utf8():
    first, second = two_good()
    lines = [json.dumps({"id": i, "image": p}).encode() for i, p in (first, second)]
    Path("in.jsonl").write_bytes(lines[0] + b'\n{"id":"b\xff","image":"x"}\n' + lines[1] + b"\n")
    met = sh("med-clahe --clip-limit 2 in.jsonl --out out", 1)
    found = [json.loads(line) for line in met.raw.decode("utf-8", "strict").splitlines()]
    assert [r["id"] for r in found] == ["good1", "line-2", "good2"], found


def deep_nesting():
    check_bad_case('{"id":"bad","image":"good1.png","x":' + "[" * 100000 + "]" * 100000 + "}", "E_JSON", "64|deep", name="line-2")


def line_without_end():
    first, second = two_good()
    manifest("in.jsonl", first, '{"id":"bad","x":"' + "y" * (40 << 20) + '"}', second)
    met = sh("med-clahe --clip-limit 2 in.jsonl --out out", 1)
    assert [r["id"] for r in records(met.out)] == ["good1", "line-2", "good2"]
    if not SANITIZED:
        peak = peak_memory(["med-clahe", "--clip-limit", "2", "--force", "--out", "x", "in.jsonl"])
        usual = peak_memory(["med-clahe", "--clip-limit", "2", "--force", "--out", "x", manifest("g.jsonl", first)])
        assert peak < usual + (40 << 10), f"a line of 40 MB costs {(peak - usual) >> 10} MB"


def wrong_types():
    for line, word in (('{"id":"bad","image":7}', "image"), ('{"id":"bad","image":"good1.png","width":"3"}', "width"),
                       ('{"id":"bad","image":"good1.png","frame":[1,0,0]}', "frame"), ('[1,2]', "."), ('"x"', "."), ("{}", "id"),
                       ('{"id":"bad","image":"good1.png","order":[1.5]}', "order"), ('{"id":"bad","image":"good1.png","x":1e999}', ".")):
        met = sh(f"med-clahe --clip-limit 2 {manifest('in.jsonl', line)} --out out", 1)
        found = records(met.out)
        assert found and all(r["id"] in ("bad", f"line-{n}") and re.search(word, r["error"]["what"])
                             for n, r in enumerate(found, 1)), f"{line}: {found}"


def duplicate_id():
    first, second = two_good()
    met = sh(f"med-clahe --clip-limit 2 {manifest('in.jsonl', first, (first[0], second[1]), second)} --out out", 1)
    found = records(met.out)
    assert [bool(r.get("error")) for r in found] == [False, True, False], found
    alone = sh(f"med-clahe --clip-limit 2 {manifest('one.jsonl', first, second)} --out alone", 0)
    assert alone.status == 0
    same_tree("alone", "out")


def odd_ids():
    """Ids that are legal and odd become files below --out and nowhere else."""
    write_png("a.png", texture(20, 20))
    ids = ["a b", "ä/ö", "-x", "A", "a", "%41", "x" * 100, "con:", "a'\"b", "日本", "..."]
    Path("in.jsonl").write_text("".join(json.dumps({"id": i, "image": "a.png"}) + "\n" for i in ids))
    met = sh("med-clahe --clip-limit 2 in.jsonl --out out")
    found = records(met.out)
    good = [r for r in found if not r.get("error")]
    assert len(good) >= len(ids) - 1, [r["error"] for r in found if r.get("error")]
    assert len({r["image"] for r in good}) == len(good) == len(tree("out")), "two ids share a file"
    for r in good:
        assert re.fullmatch(r"out/[A-Za-z0-9._/%-]+", r["image"]) and ".." not in r["image"].split("/"), r["image"]


def small_and_flat_pictures():
    cases = []
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (7, 100)):
        cases.append((f"s{width}x{height}", write_png(f"s{width}x{height}.png", texture(width, height))))
    flat = texture(40, 40)
    for value in (0, 128, 255):
        flat[:] = value
        cases.append((f"flat{value}", write_png(f"flat{value}.png", flat)))
    cases.append(("none", write_png("black.png", fundus(100, 100) * 0)))
    manifest("in.jsonl", *cases)
    for command in ("med-clahe --clip-limit 2 --tiles 8x8 --standardize image --gamma 1.2", "med-crop --subject fundus", "med-resize --size 16x16",
                    "med-patch --size 8x8 --border reflect", f"med-infer {TOY}/card.json", f"med-infer {TOY}/card.json --tile 32 --overlap 8"):
        met = sh(f"{command} in.jsonl --out out --force")
        assert met.status in (0, 1), f"{command}: status {met.status}\n{met.err}"
        assert {r["id"].split("/")[0] for r in records(met.out)} == {c[0] for c in cases}, command
        assert "nan" not in met.out.lower().replace("finan", ""), command


def wrong_checksum():
    shutil.copytree(TOY, "toy")
    card = json.loads(Path("toy/card.json").read_text())
    card["sha256"] = "0" * 64
    Path("toy/card.json").write_text(json.dumps(card))
    met = sh(f"med-infer toy/card.json {manifest('in.jsonl', *two_good())} --out out", 2)
    assert not met.out and len(met.err.splitlines()) == 1 and "0000" in met.err, met.err
    assert not Path("out").exists() or not tree("out"), "it wrote files all the same"


def bad_models():
    good = (TOY / "toy.onnx").read_bytes()
    for name, data in (("empty", b""), ("text", b"hello\n" * 50), ("cut", good[: len(good) * 2 // 3]), ("longer", good + b"\xff" * 7),
                       ("flipped", good[:200] + bytes([good[200] ^ 0xFF]) + good[201:])):
        shutil.rmtree("toy", ignore_errors=True)
        shutil.copytree(TOY, "toy")
        Path("toy/toy.onnx").write_bytes(data)
        met = sh(f"med-infer toy/card.json {manifest('in.jsonl', *two_good())} --out out")
        assert met.status == 2 and len(met.err.splitlines()) == 1, f"{name}: {met.status}\n{met.err}"
    for name, text in (("cut", (TOY / "card.json").read_text()[:200]), ("empty", ""), ("list", "[]"), ("object", "{}")):
        Path("toy/card.json").write_text(text)
        met = sh("med-infer toy/card.json in.jsonl --out out")
        assert met.status == 2 and len(met.err.splitlines()) == 1, f"{name}: {met.status}\n{met.err}"
    met = sh("med-infer nowhere/card.json in.jsonl --out out", 2)
    assert "nowhere/card.json" in met.err, met.err


def device_that_is_not_there():
    manifest("in.jsonl", *two_good())
    for device in ("cuda", "cuda:0", "cuda-fp16"):
        met = sh(f"med-infer {TOY}/card.json --device {device} in.jsonl --out out", 3)
        assert not met.out and len(met.err.splitlines()) == 1 and "cuda" in met.err.lower(), met.err
    met = sh(f"med-infer {TOY}/card.json --device tpu in.jsonl --out out", 2)
    assert "tpu" in met.err, met.err


def wrong_requests(name):
    manifest("in.jsonl", *two_good())
    arguments = ARGUMENTS[name]
    for extra, word in (("--no-such-option", "--no-such-option"), ("--jobs -1", "jobs"), ("--jobs x", "x"), ("--shard 3/3", "2/3"),
                        ("--shard x", "shard"), ("--jobs", "jobs"), ("--format bmp", "bmp")):
        met = sh(f"{name} {arguments} {extra} in.jsonl" if extra != "--jobs" else f"{name} {arguments} in.jsonl --jobs")
        assert met.status == 2, f"{extra}: status {met.status}, expected 2\n{met.err}"
        assert not met.out, f"{extra}: it printed {met.out[:100]}"
        assert word in met.err and len(met.err.splitlines()) <= 2, f"{extra}: {met.err}"
    met = sh(f"{name} {arguments} nowhere.jsonl")
    assert met.status == 2 and "nowhere.jsonl" in met.err, f"absent manifest: {met.status} {met.err}"


def empty_manifest(name):
    Path("in.jsonl").write_text("")
    if name == "med-scan":
        Path("none").mkdir()
        met = sh("med-scan none")
        assert met.status in (0, 2), met.status
        return
    if name == "med-report":   # it reads no records: an empty file is no document
        assert "no document of a study" in sh("med-report in.jsonl", 2).err
        assert "0 cases" in sh("med-summarize in.jsonl | med-report --cases in.jsonl -", 0).out
        return
    met = sh(f"{name} {ARGUMENTS[name]} in.jsonl", 0)
    assert not met.err, met.err


def out_is_asked_for():
    manifest("in.jsonl", *two_good())
    for name in ("med-import", "med-crop", "med-erase-text", "med-clahe", "med-resize", "med-augment", "med-patch", "med-infer",
                 "med-upsample"):
        met = sh(f"{name} {ARGUMENTS[name].replace('--out out', '')} in.jsonl", 2)
        assert "--out" in met.err, met.err


def full_standard_output(name):
    on_maps = ("med-stitch", "med-overlay", "med-upsample", "med-fuse")
    write_png("eye.png", fundus(120, 100)[..., 1] if name in ("med-infer", "med-cluster", "med-paste", "med-gate", "med-score-masks", "med-erase-text", *on_maps) else fundus(120, 100))
    sh("med-scan eye.png > in.jsonl", 0)
    if name == "med-scan":
        command = "med-scan eye.png"
    elif name == "med-import":
        Path("eye.dcm").write_bytes(dicom(gray(4, 3, range(12))))
        command = f"{name} {ARGUMENTS[name]} {manifest('in.jsonl', ('eye', 'eye.dcm'))}"
    elif name in on_maps:
        sh(f"med-patch --size 64x64 --out p in.jsonl | med-infer {TOY}/card.json --out p > patches.jsonl", 0)
        sh("med-stitch --out p patches.jsonl > whole.jsonl", 0)
        command = f"{name} {ARGUMENTS[name]} {'patches.jsonl' if name == 'med-stitch' else '--map edge whole.jsonl'}"
    elif name == "med-paste":
        sh(f"med-infer {TOY}-system --keep detail,saliency --out p in.jsonl > whole.jsonl", 0)
        command = f"{name} {ARGUMENTS[name]} --onto saliency whole.jsonl"
    elif name == "med-gate":
        sh(f"med-infer {TOY}/card.json --out p in.jsonl > whole.jsonl", 0)
        command = f"{name} {ARGUMENTS[name]} whole.jsonl"
    elif name == "med-score-masks":
        write_png("truth.png", fundus(120, 100)[..., 1] // 255)
        sh(f"med-scan --truth-mask truth.png eye.png | med-infer {TOY}/card.json --out p > whole.jsonl", 0)
        command = f"{name} --map edge whole.jsonl"
    elif name == "med-report":
        sh("med-summarize in.jsonl > study.json", 0)
        command = f"{name} study.json"
    elif name == "med-cluster":
        sh(f"med-infer {TOY}/card.json --out p in.jsonl > whole.jsonl", 0)
        one = json.loads(Path("whole.jsonl").read_text())
        one["features"] = {"edge": {"path": one["maps"]["edge"]["path"], "shape": one["maps"]["edge"]["shape"]}}
        Path("in.jsonl").write_text(json.dumps(one) + "\n")
        command = f"{name} in.jsonl"
    elif name in ("med-score-boxes", "med-score-grades"):
        one = {"id": "a", "image": "eye.png", "labels": {"grade": 1}, "scores": {"grade.0": 0.2, "grade.1": 0.8},
               "truth": {"boxes": [{"box": [1, 1, 9, 9], "class": "x"}]}, "rois": [{"box": [1, 1, 9, 9], "score": 0.5}]}
        Path("in.jsonl").write_text(json.dumps(one) + "\n")
        command = f"{name} {ARGUMENTS[name]} in.jsonl"
    else:
        command = f"{name} {ARGUMENTS[name]} in.jsonl"
    met = sh(f"{command} --force > /dev/full")
    assert met.status == 3, f"/dev/full: status {met.status}, expected 3\n{met.err}"
    assert "space" in met.err.lower(), met.err
    met = sh(f"{command} --force >&-")
    assert met.status == 3, f"closed standard output: status {met.status}, expected 3\n{met.err}"
    met = sh(f"{name} --help > /dev/full")
    assert met.status == 3, f"--help to /dev/full: status {met.status}, expected 3"
    met = sh(f"{command} --force 2>&-")
    assert met.status == 0, f"closed standard error: status {met.status}, expected 0"


def head_closes_the_pipe():
    write_png("a.png", texture(30, 30))
    Path("in.jsonl").write_text("".join(json.dumps({"id": f"a{i}", "image": "a.png", "pad": "x" * 5000}) + "\n" for i in range(200)))
    met = sh("med-clahe --clip-limit 2 in.jsonl --out out | head -1; echo ${PIPESTATUS[0]} >&2")
    assert met.err.strip() in ("141", "0"), f"not quiet: {met.err}"
    assert len(met.out.splitlines()) == 1
    left = [p for p in tree("out") if not p.endswith(".png")]
    assert not left, f"left behind: {left}"
    for path, data in tree("out").items():
        assert data.endswith(b"IEND\xaeB`\x82"), f"{path} is cut"


def out_that_cannot_be_written():
    manifest("in.jsonl", *two_good())
    Path("file").write_text("x")
    for folder in ("file", "file/below", "/proc/medvision", "/sys/medvision"):
        met = sh(f"med-clahe --clip-limit 2 in.jsonl --out {folder}")
        status = 2 if folder == "file" else 3
        assert met.status == status, f"--out {folder}: status {met.status}, expected {status}\n{met.err}"
        assert folder.split("/")[-1] in met.err or "file" in met.err, met.err
        assert len(met.err.splitlines()) <= 2, met.err
    if os.getuid() != 0:
        Path("locked").mkdir(mode=0o500)
        met = sh("med-clahe --clip-limit 2 in.jsonl --out locked", 3)


def out_is_here():
    """--out may be the folder one stands in, or the one above."""
    for out in (".", "./", "sub/..", "sub"):
        Path("sub").mkdir(exist_ok=True)
        met = sh(f"med-clahe --clip-limit 2 --force --out {out} {two_good_manifest()}", 0)
        assert all(Path(json.loads(line)["image"]).is_file() for line in met.out.splitlines()), met.out


def two_good_manifest():
    return manifest("in.jsonl", *two_good())


def merging_nothing():
    met = sh("med-summarize --merge", 2)
    assert "partials" in met.err, met.err


def a_malformed_record_keeps_its_place():
    """In a shard, it takes no healthy record's place when the shards are merged."""
    write_png("a.png", texture(20, 20))
    Path("in.jsonl").write_text("".join(json.dumps({"id": f"r{i}", "image": "a.png", "tags": {"patient": f"p{i}"}}) + "\n" for i in range(12)))
    sh("med-shard --of 3 --out s in.jsonl", 0)
    path = Path("s/in-0-of-3.jsonl")
    lines = path.read_text().splitlines()
    assert len(lines) > 1, lines
    bad = json.loads(lines[1])
    lines[1] = json.dumps({**bad, "spacing_mm": [0, 0]})
    path.write_text("\n".join(lines) + "\n")
    for i in range(3):
        sh(f"med-resize --size 8x8 --out w s/in-{i}-of-3.jsonl > {i}.done")
    met = records(sh("med-shard --merge 0.done 1.done 2.done", 1).out)
    assert [r["id"] for r in met] == [f"r{i}" for i in range(12)], met
    assert [r["id"] for r in met if "error" in r] == [bad["id"]], met


def existing_product():
    manifest("in.jsonl", *two_good())
    sh("med-clahe --clip-limit 2 in.jsonl --out out", 0)
    before = tree("out")
    met = sh("med-clahe --gamma 3 in.jsonl --out out")
    assert met.status == 2, f"status {met.status}, expected 2\n{met.err}"
    assert "--force" in met.err and "--resume" in met.err, met.err
    assert tree("out") == before, "a file was overwritten"
    sh("med-clahe --gamma 3 in.jsonl --out out --force", 0)
    assert tree("out") != before, "--force wrote nothing"


def product_is_an_input():
    write_png("out/a.clahe.png", texture(40, 40))
    before = tree("out")
    for image in ("out/a.clahe.png", "./out/../out/a.clahe.png", os.path.abspath("out/a.clahe.png"), "hard.png", "soft.png"):
        if image == "hard.png":
            os.link("out/a.clahe.png", "hard.png")
        if image == "soft.png":
            os.symlink("out/a.clahe.png", "soft.png")
        met = sh(f"med-clahe --clip-limit 2 {manifest('in.jsonl', ('a', image))} --out out --force")
        assert met.status in (1, 2) and "E_INPUT" in met.out + met.err or "input" in met.err, f"{image}: {met.status} {met.err}"
        assert tree("out") == before, f"{image}: the input was overwritten"


def product_is_a_link():
    """A link at the product's place is replaced, never written through."""
    Path("out").mkdir()
    Path("precious").write_text("keep me")
    os.symlink("../precious", "out/good1.clahe.png")
    manifest("in.jsonl", two_good()[0])
    sh("med-clahe --clip-limit 2 in.jsonl --out out --force", 0)
    assert Path("precious").read_text() == "keep me"
    assert not Path("out/good1.clahe.png").is_symlink()


def file_size_limit():
    """A product that may not grow: said as an environment failure, nothing half written under a final name."""
    write_png("big.png", texture(900, 700, 4))
    first, second = two_good()
    manifest("in.jsonl", first, ("big", "big.png"), second)
    met = sh("ulimit -f 64; med-clahe --clip-limit 2 in.jsonl --out out")
    assert met.status == 3, f"status {met.status}, expected 3\n{met.err}"
    assert re.search("too large|limit", met.err.lower()), met.err
    assert not Path("out/big.clahe.png").exists() and not leftovers("out"), tree("out").keys()


def full_disk():
    """The same on a real full disk, where a file system may be mounted."""
    script = ("mkdir disk && mount -t tmpfs -o size=300k tmpfs disk && "
              "med-clahe --clip-limit 2 in.jsonl --out disk > said.jsonl; echo $? > status; ls -A disk > left; cp -r disk kept; umount disk")
    write_png("big.png", texture(900, 700, 4))
    first, second = two_good()
    manifest("in.jsonl", first, ("big", "big.png"), second)
    met = sh(f"unshare -m bash -c '{script}'")
    if not Path("status").exists() or "mount" in met.err:
        raise Skip(f"no file system can be mounted here: {met.err.strip().splitlines()[0] if met.err.strip() else 'unshare failed'}")
    assert Path("status").read_text().strip() == "3", f"status {Path('status').read_text().strip()}, expected 3\n{met.err}"
    assert not Path("kept/big.clahe.png").exists() and not leftovers("kept")


def file_mode():
    manifest("in.jsonl", two_good()[0])
    sh("umask 027; med-clahe --clip-limit 2 in.jsonl --out out", 0)
    mode = Path("out/good1.clahe.png").stat().st_mode & 0o777
    assert mode == 0o640, f"mode {mode:o}, expected 640"


def closed_standard_input():
    """Nobody gave it a manifest: no empty manifest, and no hang."""
    for name in NAMES:
        if name == "med-scan":
            continue
        met = sh(f"timeout 20 {name} {ARGUMENTS[name]} {'-' if name == 'med-shard' else ''} <&-", 3)
        assert re.search("(manifest|standard input) could not be read", met.err) and not met.out, f"{name}: {met.err} {met.out}"


def few_files():
    """Too many open files: an environment failure in these words, a marked case never, and nothing left."""
    manifest("in.jsonl", *two_good())
    undisturbed = sh("med-clahe --clip-limit 2 --jobs 2 in.jsonl --out out", 0)
    expected, ended = tree("out"), set()
    # Below 8 the undefined-behaviour sanitizer cannot look at memory, which it does through a pipe, and speaks of it.
    for limit in range(8 if SANITIZED else 3, 24):
        shutil.rmtree("out", ignore_errors=True)
        met = sh(f"ulimit -n {limit}; med-clahe --clip-limit 2 --jobs 2 in.jsonl --out out")
        if met.status == 127 and "shared libraries" in met.err:
            continue  # the loader had none left
        assert met.status in (0, 3), f"{limit}: status {met.status}\n{met.err}"
        assert met.status == 0 or "open files" in met.err, f"{limit}: {met.err}"
        assert met.status == 3 or (met.raw == undisturbed.raw and tree("out") == expected), f"{limit} files change the result"
        found = tree("out") if Path("out").exists() else {}
        assert all(data == expected.get(name) for name, data in found.items()), f"{limit}: {found.keys()}"
        ended.add(met.status)
    assert ended == {0, 3} or SANITIZED, f"the limits met nothing: {ended}"


def disk_of_any_size():
    """A full disk at the start, in the middle of a picture, between two, and in the journal."""
    write_png("big.png", texture(300, 200, 4))
    first, second = two_good()
    manifest("in.jsonl", first, ("big", "big.png"), second)
    expected_run = sh("med-clahe --clip-limit 2 --jobs 1 in.jsonl --out disk", 0)
    expected = tree("disk")
    shutil.rmtree("disk")
    script = ("mkdir -p disk && mount -t tmpfs -o size=$0k tmpfs disk && { test $1 = 0 || head -c $1 /dev/zero > disk/filler; "
              "med-clahe --clip-limit 2 --jobs 1 in.jsonl --out disk > said.jsonl; echo $? > status; cp -r disk kept; umount disk; }")
    ended = []
    for kilobytes, filler in ((4, 4096), (4, 0), (8, 0), (12, 0), (16, 0), (24, 0), (40, 0), (64, 0), (80, 0), (100, 0), (400, 0)):
        shutil.rmtree("kept", ignore_errors=True)
        Path("status").unlink(missing_ok=True)
        done = subprocess.run(["unshare", "-m", "bash", "-c", script, str(kilobytes), str(filler)], capture_output=True, text=True, check=False)
        if not Path("status").exists():
            raise Skip(f"no file system can be mounted here: {(done.stderr.strip().splitlines() or ['unshare failed'])[0]}")
        status = int(Path("status").read_text())
        assert status in (0, 3), f"{kilobytes} kB: status {status}\n{done.stderr}"
        assert status == 0 or "space" in done.stderr.lower(), f"{kilobytes} kB: {done.stderr}"
        found = {n: d for n, d in tree("kept").items() if n != "filler"}
        assert all(data == expected.get(name) for name, data in found.items()), f"{kilobytes} kB: {sorted(found)} are not whole"
        assert status == 3 or Path("said.jsonl").read_bytes() == expected_run.raw, f"{kilobytes} kB: other records"
        ended.append((status, len(found)))
    assert ended[0] == (3, 0) and ended[-1] == (0, 3), ended
    assert {n for status, n in ended if status == 3} >= {0, 1}, f"no disk was full after a product: {ended}"


def array_that_is_cut():
    first, second = two_good()
    whole = [json.dumps({"id": i, "image": p}) for i, p in (first, second)]
    for text, ids, status in ((f"[{whole[0]},\n{whole[1]}]", ["good1", "good2"], 0),
                              (f"[{whole[0]},\n{whole[1]}", ["good1", "good2", "line-3"], 1),
                              (f"[{whole[0]},{whole[1][:-9]}", ["good1", "line-2"], 1),
                              (f"[{whole[0]},oops,{whole[1]}]", ["good1", "line-2", "good2"], 1)):
        met = sh("med-resize --size 9 --force --out o", status, stdin=text)
        found = records(met.out)
        assert [r["id"] for r in found] == ids, met.out
        assert [r["id"] for r in found if r.get("error", {}).get("code") == "E_JSON"] == [i for i in ids if i.startswith("line")], met.out
    if not SANITIZED:
        peaks = []
        for count in (10, 20000):
            Path("long.json").write_text("[" + ",".join(json.dumps({"id": f"r{i}", "image": "a.png", "x": "y" * 5000})
                                                        for i in range(count)) + "]")
            peaks.append(peak_memory(["med-inspect", "--no-files", "long.json"]))
        assert peaks[1] < peaks[0] + (24 << 10), f"an array of 100 MB costs {(peaks[1] - peaks[0]) >> 10} MB"


def groups_of_shards_merge():
    """Failed members stand ahead of their group, whatever their order: the merged shards are the whole run."""
    chance = random.Random(3)
    rows = []
    for n in range(60):
        row = {"id": f"r{n:02}", "image": "a.png", "tags": {"patient": f"p{chance.randrange(12)}"}, "scores": {"g": n / 64}}
        if n % 11 == 5:
            del row["tags"]   # of no group
        if chance.random() < 0.3:
            row["error"] = {"by": "med-crop", "code": "E_FOV", "what": "none"}
        rows.append(row)
    Path("in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    whole = sh("med-fuse --group tags.patient in.jsonl", 1)
    failed = [r["id"] for r in records(whole.out) if r.get("error")]
    assert len(failed) > 10 and len(failed) < len(records(whole.out)), failed
    for count in (1, 2, 3, 7):
        for i in range(count):
            sh(f"med-fuse --group tags.patient --shard {i}/{count} in.jsonl > s{i}.jsonl")
        met = sh("med-shard --merge " + " ".join(f"s{i}.jsonl" for i in range(count)), 1)
        assert met.raw == whole.raw, f"{count} shards merge to something else"


def few_threads():
    """Where threads cannot be started there are fewer, or an environment failure in words; never a signal."""
    if SANITIZED:
        raise Skip("the sanitizers need more address space than this test leaves")
    for number in range(8):
        write_png(f"e{number}.png", texture(300, 200, number))
    manifest("in.jsonl", *((f"e{number}", f"e{number}.png") for number in range(8)))
    undisturbed = sh("med-clahe --clip-limit 2 --jobs 64 in.jsonl --out out", 0)
    expected = tree("out")
    ended = set()
    for kilobytes in (90_000, 110_000, 140_000, 180_000, 240_000, 300_000, 400_000, 500_000, 600_000):
        shutil.rmtree("out")
        met = sh(f"ulimit -v {kilobytes}; med-clahe --clip-limit 2 --jobs 64 in.jsonl --out out")
        assert met.status in (0, 3), f"{kilobytes} kB: status {met.status}\n{met.err}"
        assert "TBB" not in met.err, met.err
        if met.status == 3:
            assert re.search("memory", met.err), f"{kilobytes} kB: {met.err}"
        else:
            assert met.raw == undisturbed.raw and tree("out") == expected, f"{kilobytes} kB change the result"
        ended.add((met.status, "threads can be started" in met.err))
        Path("out").mkdir(exist_ok=True)
    assert (0, True) in ended, f"no limit met was one of threads: {ended}"


def few_processes():
    if os.getuid() != 0:
        raise Skip("only root can become a user without other processes")
    os.chmod(".", 0o777)
    write_png("a.png", texture(30, 30))
    manifest("in.jsonl", ("a", "a.png"))
    for limit in (2, 4, 6, 20):   # a network's forward pass wants threads of its own
        met = sh(f"setpriv --reuid 54321 --clear-groups bash -c 'ulimit -u {limit}; exec med-infer {WEIGHTS}/toy --jobs 4 in.jsonl --out n{limit}'")
        if "ermission denied" in met.err:
            raise Skip(f"another user may not run the programs here: {met.err.strip()}")
        assert met.status == 0 and len(met.out.splitlines()) == 1, f"med-infer, {limit}: status {met.status}\n{met.err}"
    for limit in (1, 3, 20):
        met = sh(f"setpriv --reuid 54321 --clear-groups bash -c 'ulimit -u {limit}; exec med-clahe --clip-limit 2 --jobs 64 in.jsonl --out o{limit}'")
        if "ermission denied" in met.err:
            raise Skip(f"another user may not run the programs here: {met.err.strip()}")
        assert met.status == 0 and f"only {limit} of" in met.err, f"{limit}: status {met.status}\n{met.err}"


def two_records_name_one_file():
    """'a' with the map 'b.v' and 'a.b' with the map 'v': the second fails, whatever is in hand at once."""
    numpy.save("m.npy", numpy.zeros((1, 8, 8), numpy.float32))
    numpy.save("n.npy", numpy.ones((1, 8, 8), numpy.float32))
    write_png("p.png", texture(8, 8))
    lines = []
    for group in range(12):
        for name, word, path in ((f"g{group}", "b.v", "m.npy"), (f"g{group}.b", "v", "n.npy")):
            parent = {"id": name, "image": "p.png", "width": 8, "height": 8}
            lines.append(json.dumps({"id": f"{name}/0", "image": "p.png", "width": 8, "height": 8, "maps": {word: {"path": path, "shape": [1, 8, 8]}},
                                     "parent": {"id": name, "index": 0, "count": 1, "box": [0, 0, 8, 8], "record": parent}}))
    manifest("in.jsonl", *lines)
    for jobs in (1, 2, 8):
        for force in ("", "--force"):
            shutil.rmtree("out", ignore_errors=True)
            met = sh(f"med-stitch --jobs {jobs} {force} --out out in.jsonl", 1)
            found = [(r["id"], r.get("error", {}).get("code")) for r in records(met.out)]
            expected = [case for g in range(12) for case in ((f"g{g}", None), (f"g{g}.b", "E_COLLISION"))]
            assert found == expected, f"--jobs {jobs} {force}: {found}"
            assert sorted(tree("out")) == sorted(f"g{g}.b.v.npy" for g in range(12)), sorted(tree("out"))
            assert all(not numpy.load(p).any() for p in Path("out").glob("*.npy")), "the second record's values are in the first one's file"
    met = sh("med-stitch --jobs 8 --resume --out out in.jsonl", 1)
    assert [(r["id"], r.get("error", {}).get("code")) for r in records(met.out)] == expected, met.out


def input_of_a_later_record():
    """Record 1 would write what record 2 reads: from a file it is known in time, through a pipe record 2 fails."""
    write_png("a.png", texture(40, 40, 1))
    write_png("out/a.resize.png", texture(40, 40, 2))
    precious = Path("out/a.resize.png").read_bytes()
    os.symlink("out/a.resize.png", "soft.png")
    for named in ("out/a.resize.png", "out/../out/a.resize.png", os.path.abspath("out/a.resize.png"), "soft.png"):
        manifest("in.jsonl", ("a", "a.png"), ("b", named))
        for how in ("--force in.jsonl", "--resume in.jsonl", "--force < in.jsonl", f"--force a.png {named}"):
            met = sh(f"med-resize --size 20 --jobs 4 --out out {how}", 1)
            assert [r.get("error", {}).get("code") for r in records(met.out)] == ["E_INPUT", None], f"{how} {named}: {met.out}"
            assert Path("out/a.resize.png").read_bytes() == precious, f"{how}: the input of the second record was overwritten"
        for jobs in (1, 4):
            met = sh(f"cat in.jsonl | med-resize --size 20 --jobs {jobs} --out out --force", 1)
            found = records(met.out)
            assert [r.get("error", {}).get("code") for r in found] == [None, "E_INPUT"], f"--jobs {jobs} {named}: {met.out}"
            assert "earlier record" in found[1]["error"]["what"], found[1]
            assert not Path("out/b.resize.png").exists() and (jobs == 1 or Path("out/a.resize.png").exists())
            Path("out/a.resize.png").write_bytes(precious)
            shutil.rmtree("out/.medvision")
    reads_first = manifest("back.jsonl", ("b", "out/a.resize.png"), ("a", "a.png"))
    for how in (f"--jobs 1 < {reads_first}", f"--jobs 4 {reads_first}"):
        met = sh(f"cat {reads_first} | med-resize --size 20 --out out --force {how.split('<')[0].split(reads_first)[0]}", 1)
        assert [r.get("error", {}).get("code") for r in records(met.out)] == [None, "E_INPUT"], met.out
        assert Path("out/a.resize.png").read_bytes() == precious


def forced_again():
    """--force goes over a program's own earlier products, in a whole chain with one --out."""
    manifest("in.jsonl", *two_good())
    command = "med-resize --size 20 --force --out work {} | med-clahe --clip-limit 2 --force --out work"
    first = sh(command.format("in.jsonl"), 0)
    before = tree("work")
    assert sh(command.format("in.jsonl"), 0).raw == first.raw and tree("work") == before
    assert sh(command.format("< in.jsonl"), 0).raw == first.raw and tree("work") == before


def the_run_ends_in_order():
    """A request that proves wrong at the sixth record: those before it come out, nothing after it, for any --jobs."""
    cases = [(f"e{n:02}", write_png(f"e{n:02}.png", texture(400 if n < 6 else 20, 300, n))) for n in range(30)]
    manifest("in.jsonl", *cases)
    seen = set()
    for jobs in (1, 4, 16):
        shutil.rmtree("out", ignore_errors=True)
        Path("out").mkdir()
        Path("out/e05.clahe.png").write_text("mine")
        met = sh(f"med-clahe --clip-limit 2 --jobs {jobs} --out out in.jsonl", 2)
        assert Path("out/e05.clahe.png").read_text() == "mine"
        assert [r["id"] for r in records(met.out)] == [f"e{n:02}" for n in range(5)], f"--jobs {jobs}: {met.out}"
        seen.add((met.out, met.err, tuple(tree("out").items())))
    assert len(seen) == 1, f"--jobs changes what is left of a run that ended: {[len(s[2]) for s in seen]}"


def journal_that_is_no_file():
    manifest("in.jsonl", *two_good())
    for number, make in enumerate((os.mkfifo, os.mkdir, lambda p: os.symlink("/dev/zero", p), lambda p: os.symlink("/dev/tty", p))):
        Path(f"o{number}/.medvision").mkdir(parents=True)
        make(f"o{number}/.medvision/med-clahe.journal")
        for more in ("", "--resume"):
            met = sh(f"timeout 20 med-clahe --clip-limit 2 {more} in.jsonl --out o{number}", 2)
            assert "journal" in met.err and len(met.err.splitlines()) == 1, met.err


def manifest_that_breaks():
    """A folder at standard input is opened and cannot be read."""
    for command in ("med-clahe --clip-limit 2 --out out", "med-inspect", "med-shard --merge -"):
        met = sh(f"{command} < .", 3)
        assert "manifest" in met.err and "iostream" not in met.err and len(met.err.splitlines()) == 1, met.err


def options_that_hold_nothing():
    manifest("in.jsonl", *two_good())
    for options, word in (("--size 9 --as ''", "--as"), ("--size 9 --as=", "--as"), ("--size=", "--size"), ("--size= 9", "--size"),
                          ("--size ''", "--size"), ("--size 9 --shard ''", "--shard"), ("--size --force", "--force")):
        met = sh(f"med-resize --out o {options} in.jsonl", 2)
        assert word in met.err and not Path("o").exists(), f"{options}: {met.err}"
    met = sh("med-resize --size 9 --out '' in.jsonl", 2)
    assert "--out" in met.err, met.err


def sentences_are_our_own():
    """Nothing of what the parsers underneath say of themselves."""
    foreign = re.compile(r"syntax error|parse error|literal|parsing|last read|json\.exception|required TEXT|was not expected|override|At Most|iostream")
    manifest("in.jsonl", *two_good())
    for options in ("--none", "-x", "--si 9", "---x", "--force=1", "--jobs 1 --jobs 2", "--size", "--size 9 --out", "--=3", "--help=x"):
        met = sh(f"med-resize {options if options.startswith('--size') else options + ' --size 9 --out o in.jsonl'}", 2)
        assert met.err.startswith("med-resize: ") and not foreign.search(met.err), f"{options}: {met.err}"
    broken = ['{"id":"a",', '{"id":"a" "b"}', '{"id":1e999}', '{"id":NaN}', "{'id':1}", '{"id":"\\ud800"}', '{"id":"a"} x', '{"id":"a', "hello", '{"id":tru}',
              '{"a":01}', '{"id":"\\x"}', '{"id":"a\tb"}', '{"id":"a",}']
    met = sh(f"med-resize --size 9 --out o {manifest('broken.jsonl', *broken)}", 1)
    assert len(records(met.out)) == len(broken) and all(r["error"]["code"] == "E_JSON" for r in records(met.out)), met.out
    assert not foreign.search(met.out + met.err), met.err
    met = sh("printf '[{\"id\":\"a\"},\\n {\"id\" 7}]' | med-resize --size 9 --out o", 1)
    assert "line 2, column 8" in met.err, met.err
    shutil.copytree(TOY, "toy")
    for text in ('{"name":', '{"name":1e999}', "{'name':1}"):
        Path("toy/card.json").write_text(text)
        met = sh("med-infer toy in.jsonl --out o", 2)
        assert "JSON" in met.err and not foreign.search(met.err), met.err


def leftovers(folder):
    """Files below `folder` that are no product: temporaries."""
    return [n for n in tree(folder) if not re.search(r"\.(png|npy|tiff|pgm|ppm)$", n) or re.search(r"(^|/)\.|tmp", n)]


def kills(count, command, pictures):
    """SIGKILL at random moments of a run with --resume; every five kills the run is finished and compared."""
    for number in range(pictures):
        write_png(f"eyes/e{number:02}.png", fundus(260, 240, seed=number))
    sh("med-scan eyes > all.jsonl", 0)
    started = time.monotonic()
    undisturbed = sh(command.format(out="out"), 0).raw
    whole = time.monotonic() - started
    os.rename("out", "undisturbed")
    expected = tree("undisturbed")
    chance = random.Random(20)
    done = effective = 0
    while effective < count:
        done += 1
        assert done < 40 * count, f"only {effective} of {done} kills met a running process"
        process = subprocess.Popen(["bash", "-c", command.format(out="out")], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(chance.uniform(0.02, 0.7 * whole))
        if process.poll() is None:
            effective += 1
            os.killpg(process.pid, signal.SIGKILL)
        else:
            whole *= 0.95   # the first run was a slow one
        process.wait()
        for name, data in tree("out").items() if Path("out").exists() else ():
            if name in expected:
                assert data == expected[name], f"{name} stands there half written after a kill"
        if effective % 5 == 0 or effective == count:
            met = sh(command.format(out="out"), 0)
            assert met.raw == undisturbed, "standard output after kills differs from the undisturbed run"
            assert not leftovers("out"), f"temporaries are left: {leftovers('out')}"
            same_tree("undisturbed", "out")
            shutil.rmtree("out")


def kills_of_a_chain(count):
    kills(count, "med-crop --subject fundus all.jsonl --out {out} --resume | med-clahe --gray green --clip-limit 2 --out {out} --resume", 24)


def kills_of_inference(count):
    kills(count, "med-clahe --gray green --clip-limit 2 all.jsonl --out {out} --resume | "
                 f"med-infer {TOY}/card.json --tile 64 --overlap 16 --out {{out}} --resume", 24)


def kills_of_five_programs(count):
    kills(count, "med-crop --subject fundus all.jsonl --out {out} --resume | med-resize --size 96x96 --out {out} --resume | "
                 "med-clahe --gray green --clip-limit 2 --out {out} --resume | "
                 f"med-infer {TOY}/card.json --out {{out}} --resume | med-overlay --map edge --out {{out}} --resume", 12)


def resume_redoes_what_is_not_proven():
    for number in range(4):
        write_png(f"e{number}.png", texture(60, 50, number))
    sh("med-scan e*.png > all.jsonl", 0)
    command = "med-clahe --clip-limit 2 all.jsonl --out out --resume"
    first = sh(command, 0).raw
    shutil.copytree("out", "first")
    os.remove("out/e0.clahe.png")
    Path("out/e1.clahe.png").write_bytes(Path("out/e1.clahe.png").read_bytes()[:-9])
    stamp = os.stat("out/e2.clahe.png").st_mtime_ns
    assert sh(command, 0).raw == first, "resumed otherwise"
    same_tree("first", "out")
    assert os.stat("out/e2.clahe.png").st_mtime_ns == stamp, "what was proven done was done again"
    journal, = Path("out/.medvision").glob("*.journal")
    text = journal.read_bytes()
    journal.write_bytes(text[: len(text) - 20])
    assert sh(command, 0).raw == first, "a cut journal changes the result"
    same_tree("first", "out")
    other = sh("med-clahe --clip-limit 5 all.jsonl --out fresh", 0)
    resumed = sh("med-clahe --clip-limit 5 all.jsonl --out out --resume", 0)
    assert resumed.raw == other.raw.replace(b"fresh/", b"out/"), "an option changed and old results were kept"
    same_tree("fresh", "out")
    write_png("e3.png", texture(60, 50, 99))
    shutil.rmtree("fresh")
    sh("med-clahe --clip-limit 5 all.jsonl --out fresh", 0)
    sh("med-clahe --clip-limit 5 all.jsonl --out out --resume", 0)
    same_tree("fresh", "out")


def sigterm_leaves_no_temporaries():
    for number in range(12):
        write_png(f"eyes/e{number:02}.png", fundus(400, 380, seed=number))
    sh("med-scan eyes > all.jsonl", 0)
    for pause in (0.05, 0.15, 0.3):
        process = subprocess.Popen(["med-crop", "--subject", "fundus", "all.jsonl", "--out", "out", "--resume"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        process.terminate()
        process.wait()
        assert process.returncode in (0, -signal.SIGTERM, 143), process.returncode
        assert not Path("out").exists() or not leftovers("out"), leftovers("out")


def table_is_complete():
    assert sorted(ARGUMENTS) == NAMES, f"programs without a row in the faults table: {sorted(set(NAMES) ^ set(ARGUMENTS))}"


def coverage_is_true():
    """COVERAGE.md has every row once, and names tests that are there."""
    here = Path(__file__).resolve().parent
    rows = re.findall(r"^\| (\d+) \|[^|]*\|(.*)\|$", (here / "COVERAGE.md").read_text(), re.M)
    assert len(rows) >= 93 and [int(n) for n, _ in rows] == list(range(1, len(rows) + 1)), [n for n, _ in rows]
    tests = here.parent
    functions = {room: set(re.findall(r"^def (\w+)", "\n".join(p.read_text() for p in (tests / room).glob("*.py")), re.M))
                 for room in ("faults", "pipelines")}
    targets = (tests / "fuzz" / "targets.hpp").read_text()
    absent = []
    for number, said in rows:
        names = re.findall(r"`(\w+)\.([^`]+)`", said)
        assert names or "none" in said, f"row {number} names no test and gives no reason"
        for tier_name, name in names:
            if tier_name == "unit":
                module, case = name.split(": ", 1)
                there = f'TEST_CASE("{case}")' in (tests / "unit" / f"{module}_test.cpp").read_text()
            elif tier_name == "golden":
                there = (tests / "golden" / name / "cmd").is_file()
            elif tier_name == "fuzz":
                there = f"void {name}(std::string_view" in targets
            else:
                there = name in functions[tier_name]
            if not there:
                absent.append(f"row {number}: {tier_name}.{name}")
    assert not absent, "\n".join(absent)


tier = Tier("faults", __doc__).start()
for test in (empty_file, text_named_png, broken_checksum_in_png, bomb_of_312_bytes, missing_file, map_name_stays_below_out,
             manifest_from_a_pipe, duplicate_keeps_its_shard, changed_source_is_drawn_anew, switch_takes_no_value,
             resume_of_bare_records, link_to_nowhere_is_a_case, region_larger_than_memory, group_of_one_failed_member,
             one_overflow_costs_one_figure, out_that_is_no_utf8, field_of_view_of_another_size,
             name_too_long_for_a_file, kernel_file_as_image, endless_device, upward_id, absolute_id,
             broken_line, bad_utf8, deep_nesting, line_without_end, wrong_types, duplicate_id, odd_ids, small_and_flat_pictures,
             wrong_checksum, bad_models, device_that_is_not_there, out_is_asked_for, head_closes_the_pipe, out_that_cannot_be_written,
             out_is_here, merging_nothing, a_malformed_record_keeps_its_place, existing_product, product_is_an_input, product_is_a_link, file_size_limit, full_disk, file_mode, closed_standard_input, few_files, disk_of_any_size, array_that_is_cut,
             groups_of_shards_merge,
             few_threads, few_processes, two_records_name_one_file, input_of_a_later_record, forced_again, the_run_ends_in_order,
             journal_that_is_no_file, manifest_that_breaks, options_that_hold_nothing, sentences_are_our_own,
             resume_redoes_what_is_not_proven, sigterm_leaves_no_temporaries, table_is_complete,
             coverage_is_true, *hostile.TESTS):
    tier.run(test.__name__.replace("_", " "), test)
for share in (0.5, 0.6, 0.9, 0.999):
    tier.run(f"JPEG cut at {share * 100:g} %", cut_jpeg, share)
    tier.run(f"PNG cut at {share * 100:g} %", cut_png, share)
tier.run("folder as image", not_a_regular_file, lambda: Path("bad.png").mkdir())
tier.run("FIFO as image", not_a_regular_file, lambda: os.mkfifo("bad.png"))
for name in NAMES:
    tier.run(f"wrong requests to {name}", wrong_requests, name)
    tier.run(f"empty manifest to {name}", empty_manifest, name)
    tier.run(f"full and closed outputs of {name}", full_standard_output, name)
count = 20 if tier.full else 5
tier.run(f"{count} kills of a chain", kills_of_a_chain, count)
if tier.full:
    tier.run(f"{count} kills of inference", kills_of_inference, count)
    tier.run("200 kills of five programs", kills_of_five_programs, 200)
tier.run("each allocation fails" if tier.full else "80 allocations fail", failing_calls.memory_ends, tier.full)
tier.run("calls that fail", failing_calls.calls_fail, tier.full)
tier.run("threads that do not start", failing_calls.threads_fail)
tier.run("malformed pictures of others" if tier.full else "every fourth malformed picture of others", malformed.every_file, tier.full)
tier.run("damaged DICOM files", malformed.damaged_dicom, tier.full)
tier.end()
