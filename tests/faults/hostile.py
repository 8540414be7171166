# SPDX-License-Identifier: Apache-2.0
"""Inputs that lie, have no end or cannot be opened: each costs its own case or the request, little memory and no one else."""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import zlib
from pathlib import Path

from ddsm_files import lossless_jpeg
from dicom_files import data_set, dicom, element, gray
from pictures import texture, write_png
from tier import Skip, peak_memory, sh

SANITIZED = bool(os.environ.get("MEDVISION_SANITIZED"))
MIB = 1 << 10  # of peak_memory's kB
LOSSLESS_JPEG, DEFLATED = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1.99"


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def fragments(stream):
    stream += b"\0" * (len(stream) % 2)
    item = b"\xfe\xff\x00\xe0"
    return (b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + item + bytes(4) + item + len(stream).to_bytes(4, "little") + stream +
            b"\xfe\xff\xdd\xe0" + bytes(4))


def coded_dicom(rows, stored, signed, syntax, stream):
    elements = {**gray(len(rows[0]), len(rows), [], stored), 0x00280103: ("US", signed)}
    del elements[0x7FE00010]
    return dicom(elements, syntax) + fragments(stream)


def lossless_dicom(rows, coded, stored, signed=0):
    """Grey levels coded with so many bits in a file whose header says `stored`."""
    return coded_dicom(rows, stored, signed, LOSSLESS_JPEG, lossless_jpeg(rows, coded))


def signed_jpeg_2000(rows, bits, syntax):
    """Levels of 12 bits stored, in a reversible bitstream of so many bits with a sign; Pillow writes none, so the sign is said afterwards."""
    import io
    import numpy
    from PIL import Image
    shifted = numpy.array(rows) + (1 << bits - 1)
    file = io.BytesIO()
    Image.fromarray(shifted.astype("uint8" if bits == 8 else "uint16")).save(file, "JPEG2000", no_jp2=True, num_resolutions=1)
    stream = bytearray(file.getvalue())
    assert stream[:4] == b"\xff\x4f\xff\x51" and stream[42] == bits - 1, stream[:50]
    stream[42] |= 0x80
    return coded_dicom(rows, 12, 1, f"1.2.840.10008.1.2.4.{syntax}", bytes(stream))


def bits_beyond_those_stored():
    """More bits in the bitstream than the header stores: well while no value uses them, else no low byte passes for a value."""
    low, high = [[0, 100, 200, 255], [255, 3, 2, 1]], [[0, 100, 256, 255], [4095, 3, 2, 1]]
    Path("low.dcm").write_bytes(lossless_dicom(low, 12, 8))
    Path("high.dcm").write_bytes(lossless_dicom(high, 12, 8))
    met = records(sh("med-import --out out --format npy low.dcm high.dcm", 1).out)
    import numpy
    assert numpy.load(met[0]["image"]).reshape(2, 4).tolist() == low, met[0]
    assert met[1]["error"]["code"] == "E_DICOM_VALUE" and "8 bits" in met[1]["error"]["what"], met[1]


def signs_beyond_the_bits_stored():
    """Signed values of 12 bits come as codes or as words of 16; a word above the largest value is not taken for a negative code."""
    import numpy
    codes, words, above = [[0, 1, 0x7FF, 0x802]], [[0, 1, 0x7FF, 0xF802]], [[0, 2050, 0x7FF, 0xF802]]
    for name, rows, bits in (("codes", codes, 12), ("wide", codes, 16), ("words", words, 16), ("above", above, 16)):
        Path(f"{name}.dcm").write_bytes(lossless_dicom(rows, bits, 12, 1))
    met = records(sh("med-import --out out --format npy codes.dcm wide.dcm words.dcm above.dcm", 1).out)
    for r in met[:3]:
        levels = numpy.load(r["image"]).ravel().astype(int)
        assert (levels - levels[0]).tolist() == [0, 1, 0x7FF, -2046], (r["id"], levels)
    assert met[3]["error"]["code"] == "E_DICOM_VALUE" and "2050" in met[3]["error"]["what"], met[3]
    levels = [[0, 1, 100, -100, -1, -2], [5, 6, 7, 8, 9, 10]]
    for name, rows, bits, syntax in (("narrow", levels, 8, "90"), ("wide2000", levels, 16, "90"), ("refused", [[0, 2050, -5]], 16, "90"),
                                     ("cut", [[0, 2050, -2050, -5]], 16, "91")):
        Path(f"{name}.dcm").write_bytes(signed_jpeg_2000(rows, bits, syntax))
    met = records(sh("med-import --out out --force --format npy narrow.dcm wide2000.dcm refused.dcm cut.dcm", 1).out)
    for r, rows in ((met[0], levels), (met[1], levels), (met[3], [[0, 2047, -2048, -5]])):
        found = numpy.load(r["image"]).squeeze().reshape(len(rows), -1).astype(int)
        assert (found - found[0, 0]).tolist() == rows, (r["id"], found)
    assert met[2]["error"]["code"] == "E_DICOM_VALUE", met[2]


def deflated_bombs():
    """A few kB that inflate to gigabytes are refused from what stands before the pixels, and cost little."""
    picture = gray(4, 3, range(12))
    before = dicom({}, DEFLATED)

    def deflated(size, *parts):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return before + b"".join(packer.compress(p) for p in parts) + packer.compress(bytes(size)) + packer.flush()
    good = data_set(picture)
    big = data_set({**picture, 0x00280010: ("US", 40000), 0x00280011: ("US", 40000)})
    private = element(0x00090010, "LO", "x") + (0x00091001).to_bytes(4, "little")[2:] + b"\x01\x10OB\0\0" + (1 << 29).to_bytes(4, "little")
    Path("good.dcm").write_bytes(deflated(0, good))
    Path("behind.dcm").write_bytes(deflated(200 << 20, good))
    Path("large.dcm").write_bytes(deflated(200 << 20, big))
    Path("private.dcm").write_bytes(deflated(600 << 20, data_set({k: v for k, v in picture.items() if k < 0x00090000}), private))
    for command in ("med-scan", "med-import --jobs 1 --out out"):
        started = time.monotonic()
        met = {r["id"]: r.get("error", {}).get("code") for r in records(sh(f"{command} good.dcm behind.dcm large.dcm private.dcm", 1).out)}
        assert met["good"] is None and met["behind"] is None, met
        assert met["large"] == met["private"] == "E_TOO_LARGE", met
        assert SANITIZED or time.monotonic() - started < 5
    many = b"".join(element(0x00091001 + i, "OB", bytes(60000)) for i in range(3000))
    Path("many.dcm").write_bytes(deflated(0, data_set({k: v for k, v in picture.items() if k < 0x00090000}), many,
                                          data_set({k: v for k, v in picture.items() if k > 0x00090000})))
    started = time.monotonic()
    assert "error" not in records(sh("med-scan many.dcm", 0).out)[0]
    assert SANITIZED or time.monotonic() - started < 5, "elements before the pixels are copied for each other"
    if not SANITIZED:
        usual, high = (peak_memory(["med-scan", name]) for name in ("good.dcm", "private.dcm"))
        assert high < usual + 64 * MIB, f"a refused bomb costs {high >> 10} MB, a small file {usual >> 10} MB"


def decoder_killed_from_outside():
    """A decoder that the system ends is no damaged file: the run ends by 3, so that it is tried elsewhere."""
    line = [(x * 37) % 4096 for x in range(3000)]
    Path("long.dcm").write_bytes(lossless_dicom([line[y % 100:] + line[:y % 100] for y in range(3000)], 12, 12))
    Path("good.dcm").write_bytes(lossless_dicom([[1, 2], [3, 4]], 12, 12))
    whole = sh("med-import --jobs 1 --out out long.dcm good.dcm", 0)
    assert len(records(whole.out)) == 2
    for _ in range(20):
        process = subprocess.Popen(["med-import", "--jobs", "1", "--force", "--out", "out", "long.dcm", "good.dcm"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None:
            try:
                born = children.read_text().split()
            except OSError:
                break
            if born:
                os.kill(int(born[0]), signal.SIGKILL)
                break
        out, err = process.communicate()
        if process.returncode == 3:
            assert "ended from outside by signal 9" in err and "damaged" not in err, err
            return
        assert process.returncode == 0, (process.returncode, out, err)  # it was quicker than we were
    raise AssertionError("twenty decoders could not be caught")


def folder_that_cannot_be_listed():
    """One folder of another owner costs a failed case that names it, not the scan."""
    Path("tree/open").mkdir(parents=True)
    write_png("tree/a.png", texture(8, 8))
    write_png("tree/open/b.png", texture(8, 8))
    Path("tree/shut").mkdir(mode=0o700)
    write_png("tree/shut/c.png", texture(8, 8))
    os.chmod("tree/shut", 0)
    Path("tree/half/below").mkdir(parents=True)   # can be listed, and nothing in it looked at
    write_png("tree/half/d.png", texture(8, 8))
    Path("tree/half/notes.txt").write_text("x")
    os.chmod("tree/half", 0o644)
    command = "med-scan"
    if os.geteuid() == 0:
        shutil.copy(shutil.which("med-scan"), "scan")
        for folder in (Path.cwd(), *Path.cwd().parents):
            if folder.stat().st_uid == 0 and folder.stat().st_mode & 0o055 != 0o055 and len(folder.parts) > 2:
                os.chmod(folder, 0o755)
        command = "setpriv --reuid=65534 --regid=65534 --clear-groups ./scan"
        if sh("setpriv --reuid=65534 --regid=65534 --clear-groups ./scan --version").status != 0:
            raise Skip("no other user can start a program here")
    met, flat = sh(f"{command} --recursive tree", 1), sh(f"{command} tree/half", 1)
    os.chmod("tree/shut", 0o700)
    os.chmod("tree/half", 0o700)
    found = {r["id"]: r.get("error") for r in records(met.out)}
    assert sorted(found) == ["a", "half/below", "half/d", "half/notes", "open/b", "shut"] and found["a"] is None, met.out
    assert "tree/shut" in found["shut"]["what"] and "denied" in found["shut"]["what"], found
    assert [r["id"] for r in records(flat.out)] == ["d"] and records(flat.out)[0]["error"]["code"] == "E_READ", flat.out


def second_inputs_without_end():
    """What an option names is refused by name: folders and devices, and what is larger than any such file, unread."""
    write_png("a.png", texture(8, 8))
    Path("in.jsonl").write_text('{"id":"a","image":"a.png","labels":{"grade":1},"scores":{"grade":1}}\n')
    Path("s.json").write_text(sh("med-summarize in.jsonl", 0).out)
    Path("folder").mkdir()
    with open("sparse", "wb") as file:
        file.truncate(1 << 43)
    commands = ("med-summarize --merge {}", "med-inspect --expect {} in.jsonl", "med-report --cases {} s.json",
                "med-scan --labels {} --id x a.png", "med-report {}",
                "med-score-grades --labels 0,1 --scores grade --truth-manifest {} in.jsonl", "med-shard --merge {}", "med-clahe --standardize {} --out out in.jsonl",
                "med-import --salt @{} --out out in.jsonl")
    for command in commands:
        for what in ("folder", "/dev/zero", "sparse"):
            started = time.monotonic()
            met = sh("ulimit -v 3000000; " * (not SANITIZED) + command.format(what), 2, timeout=60)
            assert len(met.err.splitlines()) <= 2 and "underflow" not in met.err, (command, what, met.err)
            assert what in met.err or "1 GiB" in met.err, (command, what, met.err)
            assert time.monotonic() - started < 20, (command, what)
    for command in ("med-clahe --standardize <(echo 3,2) --format npy --out out in.jsonl", "med-import --salt @<(echo pepper) --out out in.jsonl"):
        met = sh(f"bash -c '{command}'")
        assert met.status in (0, 1) and records(met.out), met.err


def second_inputs_that_hold_nothing():
    """A compressed manifest, standard input named twice, and no case to choose on are wrong requests; a torn line is told of."""
    write_png("a.png", texture(8, 8))
    Path("in.jsonl").write_text('{"id":"a","image":"a.png","labels":{"grade":1},"scores":{"grade":1}}\n')
    Path("s.json").write_text(sh("med-summarize in.jsonl", 0).out)
    sh("gzip -k in.jsonl; : > empty; echo '{\"id\":' > torn", 0)
    for command in ("med-inspect --expect {} in.jsonl", "med-report --cases {} s.json", "med-shard --merge {}"):
        met = sh(command.format("in.jsonl.gz"), 2)
        assert "in.jsonl.gz is compressed" in met.err, (command, met.err)
    for command in ("med-inspect --expect - -", "med-report - --cases -", "med-shard --merge - -"):
        met = sh(f"cat s.json | {command}", 2)
        assert "twice" in met.err, (command, met.err)
    grades = "med-score-grades --labels 0,1 --positive 1 --scores grade --chosen-on {} in.jsonl"
    for what in ("empty", "/dev/null", "torn"):
        met = sh(grades.format(what), 2)
        assert what in met.err, met.err
    met = sh("med-report --cases torn s.json", 1)
    assert len(met.err.splitlines()) == 1 and "line-1" in met.err, met.err


def names_that_are_no_case():
    """To a program that opens no pictures a misspelt, compressed or other name would pass for a picture of that name."""
    Path("m.jsonl").write_text('{"id":"a","image":"a.png"}\n')
    sh("gzip -k m.jsonl; mkdir folder", 0)
    for command in ("med-summarize", "med-table --columns id", "med-shard --of 2 --out shards", "med-score-grades --labels 0,1 --scores grade"):
        for what, why in (("measuers", "not there"), ("folder", "no file"), ("/dev/zero", "no file"), ("m.jsonl.gz", "gunzip")):
            met = sh(f"{command} {what}", 2)
            assert what in met.err and why in met.err and met.out == "", (command, what, met.err)
    assert not list(Path(".").glob("shards/*.jsonl"))


def many_regions_of_one_picture():
    """Patches by the thousand cost the bytes that are printed, not a document each."""
    if SANITIZED:
        raise Skip("memory is not measured under sanitizers")
    write_png("a.png", texture(400, 400))
    chance, peaks = random.Random(2), []
    for count in (20, 1500):
        rois = [{"box": [chance.randrange(390), chance.randrange(390), 8, 8], "score": 0.5} for _ in range(count)]
        Path("in.jsonl").write_text(json.dumps({"id": "a", "image": "a.png", "width": 400, "height": 400, "rois": rois}) + "\n")
        peaks.append(peak_memory(["med-patch", "--rois", "--jobs", "1", "--force", "--out", "out", "in.jsonl"], "out.jsonl"))
    printed = Path("out.jsonl").stat().st_size >> 10
    assert printed > 50 * MIB and peaks[1] < peaks[0] + 3 * printed, f"{peaks[1]} kB for {printed} kB printed"
    again = sh("med-patch --rois --resume --out out in.jsonl", 0)
    assert again.raw == Path("out.jsonl").read_bytes(), "a resumed run prints something else"


def a_region_below_a_pixel():
    """Its record's places on the sheet stay black; no other record's regions stand there, and nothing is read beside them."""
    write_png("a.png", texture(40, 40, 1))
    write_png("b.png", texture(40, 40, 2))
    boxes = [{"box": [x, 4, 8, 8]} for x in (1, 11, 21)]
    good = {"id": "a", "image": "a.png", "width": 40, "height": 40, "rois": boxes}
    bad = {"id": "b", "image": "b.png", "width": 40, "height": 40, "rois": [{"box": [1, 1, 0.1, 0.1]}, *boxes]}
    for name, lines in (("alone", [bad]), ("behind", [good, bad])):
        Path(f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in lines))
    met = sh("med-sheet --rois --out alone alone.jsonl", 1)
    assert "E_READ" in met.out and len(met.err.splitlines()) == 5, met.err
    met = sh("med-sheet --rois --out behind behind.jsonl", 0)
    assert records(met.out)[0]["group"] == {"n": 3, "failed": 4}, met.out


TESTS = (a_region_below_a_pixel, bits_beyond_those_stored, signs_beyond_the_bits_stored, deflated_bombs, decoder_killed_from_outside,
         folder_that_cannot_be_listed, second_inputs_without_end, second_inputs_that_hold_nothing, names_that_are_no_case,
         many_regions_of_one_picture)
