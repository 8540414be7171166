#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole pipelines through the real programs: same bytes whatever the threads and the shards, patches that stitch back
to the picture, tiles that agree with the whole, records that stay in order and stay valid."""
import collections
import json
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import dataset_job  # noqa: E402
from pictures import fundus, read_png, texture, write_png  # noqa: E402
from tier import PHOTOGRAPH, SOURCE, WEIGHTS, Skip, Tier, peak_memory, same_tree, sh  # noqa: E402

TOY = WEIGHTS / "toy" / "card.json"
VESSEL = WEIGHTS / "vessel-unet" / "card.json"
SANITIZED = bool(os.environ.get("MEDVISION_SANITIZED"))
LONG = ("med-crop --subject fundus --out {out} {more} {scanned} | med-clahe --gray 0.299,0.587,0.114 --standardize image "
        "--clip-limit 2 --tiles 8x8 --gamma 1.2 --out {out} {more} | med-patch --size 64x64 --stride 48x48 --border reflect "
        "--out {out} {more} | med-infer {card} --out {out} {more} | med-stitch --blend mean --out {out} {more} | "
        "med-overlay --map edge --out {out} {more}")


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def validate(lines):
    """Every line against the published schema."""
    try:
        import jsonschema
    except ImportError as absent:
        raise Skip("python3-jsonschema is not installed") from absent
    schema = json.loads((SOURCE / "libmedvision/medvision/record/record.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for line in lines:
        wrong = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(line)]
        assert not wrong, f"{line.get('id')} is against the schema\n" + "\n".join(wrong)


def six_eyes():
    """Six pictures of four patients, of different sizes and backgrounds, scanned into all.jsonl."""
    for number in range(6):
        name = f"eyes/p{number // 2 + (number == 5)}_{'LR'[number % 2]}.png"
        write_png(name, fundus(220 + 13 * number, 200 + 7 * number, seed=number, background=(0, 12, 240)[number % 3]))
    sh("med-scan eyes --tags '{patient}_{side}' > all.jsonl", 0)
    return "all.jsonl"


def six_gray_eyes():
    six_eyes()
    sh("med-clahe --gray green --clip-limit 0 all.jsonl --out gray > gray.jsonl", 0)


def run_long(out, scanned, more="", card=TOY):
    return sh(LONG.format(out=out, more=more, scanned=scanned, card=card), 0)


def whole_chain():
    met = run_long("out", six_eyes())
    found = records(met.out)
    ids = [r["id"] for r in records(Path("all.jsonl").read_text())]
    assert [r["id"] for r in found] == ids, f"{[r['id'] for r in found]} instead of {ids}"
    validate(found)
    for r in found:
        assert not r.get("error"), r["error"]
        assert "edge" in r["maps"], sorted(r["maps"])
        assert [s["by"] for s in r["steps"]][0] == "med-scan", r["steps"][0]
        assert [s["by"] for s in r["steps"]][-1] == "med-overlay", r["steps"][-1]
        values = np.load(r["maps"]["edge"]["path"])
        assert values.dtype == np.float32 and list(values.shape) == r["maps"]["edge"]["shape"], values.shape
        assert values.min() >= 0 and values.max() <= 1


def every_hop_is_valid():
    six_eyes()
    hops = LONG.format(out="out", more="", scanned="all.jsonl", card=TOY).split(" | ")
    Path("0.jsonl").write_text(Path("all.jsonl").read_text())
    validate(records(Path("0.jsonl").read_text()))
    for number, hop in enumerate(hops, 1):
        command = hop if number == 1 else f"{hop} {number - 1}.jsonl"
        met = sh(f"{command} > {number}.jsonl", 0)
        assert not met.err, met.err
        lines = records(Path(f"{number}.jsonl").read_text())
        assert lines, f"nothing came out of {hop}"
        validate(lines)
        inspected = sh(f"med-inspect {number}.jsonl")
        assert inspected.status == 0, f"med-inspect refuses what {hop} wrote\n{inspected.err}{inspected.out[-500:]}"


def jobs_do_not_matter():
    six_gray_eyes()
    for program, command in (
            ("source", "med-scan eyes --tags '{patient}_{side}'"),
            ("map", "med-crop --subject fundus all.jsonl --out out"),
            ("expand", "med-patch --size 64x64 --stride 48x48 --border reflect all.jsonl --out out"),
            ("random", "med-patch --size 32x32 --random 5 --seed 7 all.jsonl --out out"),
            ("variants", "med-augment --count 3 --rotate 0,90 --translate 5% --elastic 4 --contrast 0.8,1.2 all.jsonl --out out"),
            ("infer", f"med-infer {TOY} gray.jsonl --out out")):
        seen = []
        for jobs in (1, 2, 5):
            shutil.rmtree("out", ignore_errors=True)
            seen.append(sh(f"{command} --jobs {jobs}", 0).raw)
            if Path("out").exists():
                os.rename("out", f"{program}-{jobs}")
        assert seen[0] and seen[0] == seen[1] == seen[2], f"{program}: standard output depends on --jobs"
        if program != "source":
            same_tree(f"{program}-1", f"{program}-2")
            same_tree(f"{program}-1", f"{program}-5")
    one = run_long("out", "all.jsonl", "--jobs 1")
    os.rename("out", "chain-1")
    two = run_long("out", "all.jsonl", "--jobs 2")
    assert one.raw == two.raw, "the chain's standard output depends on --jobs"
    same_tree("chain-1", "out")


def shards_do_not_matter():
    six_eyes()
    whole = run_long("out", "all.jsonl")
    os.rename("out", "whole")
    for shard in range(3):
        Path(f"{shard}.jsonl").write_bytes(run_long("out", "all.jsonl", f"--shard {shard}/3").raw)
    merged = sh("med-shard --merge 0.jsonl 1.jsonl 2.jsonl", 0)
    assert merged.raw == whole.raw, "three shards merged are not the whole"
    same_tree("whole", "out")
    once = sh("med-crop --subject fundus all.jsonl --out once --shard 1/3 | med-clahe --clip-limit 2 --gray green --out once", 0)
    shutil.rmtree("once")
    twice = sh("med-crop --subject fundus all.jsonl --out once --shard 1/3 | "
               "med-clahe --clip-limit 2 --gray green --out once --shard 1/3", 0)
    assert once.raw == twice.raw, "a shard said twice changes something"


def patients_stay_together():
    six_eyes()
    seen = {}
    for shard in range(3):
        for r in records(sh(f"med-inspect --help >/dev/null; med-crop --subject fundus all.jsonl --out out --force --shard {shard}/3", 0).out):
            seen.setdefault(r["tags"]["patient"], set()).add(shard)
    assert len(seen) >= 3, seen
    assert all(len(shards) == 1 for shards in seen.values()), f"a patient lies in two shards: {seen}"


def split_and_merge():
    six_eyes()
    sh("med-shard --of 3 --out parts all.jsonl", 0)
    parts = sorted(str(p) for p in Path("parts").iterdir() if p.is_file())
    assert len(parts) == 3, parts
    merged = sh(f"med-shard --merge {' '.join(reversed(parts))}", 0)
    plain = [{k: v for k, v in r.items() if k != "steps"} for r in records(merged.out)]
    wanted = [{k: v for k, v in r.items() if k != "steps"} for r in records(Path("all.jsonl").read_text())]
    assert plain == wanted, "split and merged is not what was split"


def array_is_lines():
    six_eyes()
    lines = Path("all.jsonl").read_text().splitlines()
    Path("array.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    a = sh("med-crop --subject fundus all.jsonl --out out", 0)
    b = sh("med-crop --subject fundus array.json --out out --force", 0)
    assert a.raw == b.raw
    c = sh("cat array.json | med-crop --subject fundus --out out --force", 0)
    assert a.raw == c.raw, "an array on standard input is read otherwise than from a file"
    d = sh("med-crop --subject fundus --out out --force - < all.jsonl", 0)
    assert a.raw == d.raw, "'-' is not standard input"


def odd_lines():
    """A byte-order mark, CR LF, empty lines, and no line end at the end."""
    six_eyes()
    lines = Path("all.jsonl").read_text().splitlines()
    Path("odd.jsonl").write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(lines).encode())
    a = sh("med-crop --subject fundus all.jsonl --out out", 0)
    b = sh("med-crop --subject fundus odd.jsonl --out out --force", 0)
    assert a.raw == b.raw


def unknown_fields_stay():
    write_png("a.png", texture(40, 30))
    Path("in.jsonl").write_text('{"mine":{"z":1,"a":[1.5,null,"é"]},"id":"a","image":"a.png","n":12345678901234567,"x":0.1}\n')
    met = records(sh("med-resize --size 20x15 in.jsonl --out out | med-clahe --clip-limit 2 --out out", 0).out)[0]
    assert met["mine"] == {"z": 1, "a": [1.5, None, "é"]} and met["n"] == 12345678901234567 and met["x"] == 0.1, met
    assert list(met["mine"]) == ["z", "a"], "the members of an unknown field changed places"


def errors_pass_through():
    six_eyes()
    lines = Path("all.jsonl").read_text().splitlines()
    failed = '{"id":"gone","error":{"by":"med-x","code":"E_X","what":"it went wrong"},"mine":1}'
    Path("mixed.jsonl").write_text("\n".join([lines[0], failed, lines[1]]) + "\n")
    met = sh(LONG.format(out="out", more="", scanned="mixed.jsonl", card=TOY))
    assert met.status == 1, f"status {met.status} with a failed record in the stream, expected 1"
    found = records(met.out)
    assert len(found) == 3, [r["id"] for r in found]
    gone = next(r for r in found if r["id"] == "gone")
    gone.pop("order")   # the first program that reads a record counts it
    assert gone == json.loads(failed), f"the failed record was touched: {gone}"


def patches_stitch_back():
    """Split then stitch is the identity: the network's map of the parent's own grey values, through files."""
    for width, height, size, stride, border in ((100, 80, 32, 32, "zero"), (97, 83, 32, 20, "reflect"), (64, 64, 64, 64, "edge"),
                                                (50, 41, 48, 7, "reflect"), (33, 90, 40, 33, "edge")):
        shutil.rmtree("out", ignore_errors=True)
        image = write_png("a.png", texture(width, height, seed=width))
        Path("in.jsonl").write_text(json.dumps({"id": "a", "image": image}) + "\n")
        cut = sh(f"med-patch --size {size}x{size} --stride {stride}x{stride} --border {border} --format npy in.jsonl --out out", 0)
        lines = []
        for r in records(cut.out):
            values = np.load(r["image"]).astype(np.float32)
            assert values.shape == (size, size), values.shape
            np.save(r["image"].replace(".npy", ".map.npy"), values[None])
            r["maps"] = {"value": {"path": r["image"].replace(".npy", ".map.npy"), "shape": [1, size, size],
                                   "classes": ["value"], "frame": r.get("frame", [1, 0, 0, 0, 1, 0])}}
            lines.append(json.dumps(r))
        Path("maps.jsonl").write_text("\n".join(lines[::-1]) + "\n")
        stitched = records(sh("med-stitch --blend mean maps.jsonl --out out", 0).out)
        assert len(stitched) == 1 and stitched[0]["id"] == "a", stitched
        back = np.load(stitched[0]["maps"]["value"]["path"])[0]
        assert np.array_equal(back, texture(width, height, seed=width).astype(np.float32)), (
            f"{width}x{height}, patches {size}, stride {stride}, {border}: not the picture")


def variants_move_together():
    """A picture that is its own mask: each variant's picture, mask, box and frame say the same."""
    shape = np.zeros((60, 90), np.uint8)
    shape[20:33, 35:61] = 255
    shape[20:25, 35:40] = 0
    write_png("a.png", shape)
    Path("in.jsonl").write_text(json.dumps({"id": "a", "image": "a.png", "truth": {
        "masks": {"it": "a.png"}, "boxes": [{"box": [35, 20, 26, 13], "class": "it"}]}}) + "\n")
    moves = "--count 40 --rotate 0,90,180,270 --flip left-right,top-bottom --translate 12 --crop 50x55 --seed 2"
    kept = records(sh(f"med-augment {moves} in.jsonl --out kept", 0).out)
    new = records(sh(f"med-augment {moves} --new-source in.jsonl --out new", 0).out)
    bent = records(sh(f"med-augment {moves} --elastic 5 in.jsonl --out bent", 0).out)
    assert [r["id"] for r in kept] == [r["id"] for r in new] == [r["id"] for r in bent] == [f"a/{i:02}" for i in range(40)]
    validate(kept + new + bent)
    partly = 0
    for r, n, b in zip(kept, new, bent):
        picture = read_png(r["image"])
        assert r["source"]["path"] == "a.png" and r["truth"]["masks"] == {"it": "a.png"}, r
        m = r.get("frame", [1, 0, 0, 0, 1, 0])
        y, x = np.mgrid[:picture.shape[0], :picture.shape[1]] + 0.5
        u, v = (m[0] * x + m[1] * y + m[2]).astype(int), (m[3] * x + m[4] * y + m[5]).astype(int)
        inside = (m[0] * x + m[1] * y + m[2] > 0) & (u < 90) & (m[3] * x + m[4] * y + m[5] > 0) & (v < 60)
        assert np.array_equal(picture, np.where(inside, shape[v.clip(0, 59), u.clip(0, 89)], 0)), f"{r['id']}: not where {m} says"
        assert np.array_equal(picture, read_png(n["image"])), f"{r['id']}: --new-source draws something else"
        assert n["source"]["path"] == n["image"] and "frame" not in n and n["derived_from"]["frame"] == m, n
        for moved, exact in ((n, True), (b, False)):
            mask = read_png(moved["truth"]["masks"]["it"])
            assert mask.shape == (55, 50) and set(np.unique(mask)) <= {0, 255}, np.unique(mask)
            assert not exact or np.array_equal(mask, picture), f"{r['id']}: the mask is not the picture"
            assert exact or np.mean((read_png(moved["image"]) > 127) != (mask > 127)) < 0.02, f"{r['id']}: picture and mask part"
            boxes = moved["truth"]["boxes"]
            rows, columns = np.nonzero(mask)
            assert boxes or not len(rows), f"{r['id']}: the box is gone, the mask is not"
            if len(rows):
                bx, by, bw, bh = boxes[0]["box"]
                assert bx <= columns.min() and by <= rows.min() and bx + bw > columns.max() and by + bh > rows.max(), (boxes, r["id"])
                partly += 1
    assert partly > 60, f"only {partly} of 80 variants show it"
    for variants in (kept, new, bent):
        sh("med-inspect -", 0, stdin="".join(json.dumps(r) + "\n" for r in variants))


def passes_are_fused():
    """Ten seeded passes of a classifier: one score a case, the mean over its variants; shards change nothing."""
    six_gray_eyes()
    command = ("med-augment --count 10 --translate 10 --seed 4 {shard} gray.jsonl --out {out} | "
               f"med-infer {TOY} --out {{out}} {{shard}}")
    variants = sh(command.format(shard="", out="passes") + " > passes.jsonl && cat passes.jsonl", 0)
    fused = records(sh("med-fuse --group parent.id --mean --expect 10 passes.jsonl", 0).out)
    assert [r["id"] for r in fused] == [r["id"] for r in records(Path("gray.jsonl").read_text())], [r["id"] for r in fused]
    validate(fused)
    differing = 0
    for r in fused:
        members = [m["scores"] for m in records(variants.out) if m["parent"]["id"] == r["id"]]
        assert len(members) == 10 == r["group"]["n"], r["group"]
        for name, value in r["scores"].items():
            assert abs(value - np.mean([m[name] for m in members])) < 1e-12, (r["id"], name)
            differing += len({m[name] for m in members}) > 1
    assert differing, "all passes gave the same scores"
    parts = []
    for shard in range(2):
        Path(f"part{shard}.jsonl").write_bytes(sh(command.format(shard=f"--shard {shard}/2", out="parts"), 0).raw)
        parts.append(f"part{shard}.jsonl")
    merged = sh(f"med-shard --merge {' '.join(parts)}", 0).out.replace("parts/", "passes/")
    assert merged == variants.out, "two shards merged are not the whole"
    same_tree("passes", "parts")


def missing_patch_is_named():
    write_png("a.png", texture(64, 64))
    Path("in.jsonl").write_text('{"id":"a","image":"a.png"}\n')
    met = sh(f"med-patch --size 32x32 --stride 32x32 in.jsonl --out out | med-infer {TOY} --out out | sed 3d | med-stitch --out out")
    assert met.status == 1, met.status
    found = records(met.out)
    assert len(found) == 1 and found[0]["error"]["code"], found
    assert "2" in found[0]["error"]["what"], f"the missing index 2 is not named: {found[0]['error']}"


def tiles_agree_with_the_whole():
    write_png("a.png", texture(200, 168, seed=3))
    Path("in.jsonl").write_text('{"id":"a","image":"a.png"}\n')
    sh(f"med-infer {TOY} in.jsonl --out whole", 0)
    sh(f"med-infer {TOY} --tile 64 --overlap 16 in.jsonl --out tiled", 0)
    whole, tiled = (np.load(f"{folder}/a.edge.npy") for folder in ("whole", "tiled"))
    assert whole.shape == tiled.shape
    inside = np.abs(whole - tiled)[:, 8:-8, 8:-8]
    assert inside.max() <= 1e-5, f"tiles differ from the whole by {inside.max():.3g} away from the border"


def batches_agree():
    """Batches gathered from pictures of two sizes, and several networks: the same bytes, in the same order."""
    six_gray_eyes()
    sh("med-resize --size 40x30 --fit stretch gray.jsonl --as small --out s | sed 's/\"id\":\"/&small-/' > small.jsonl", 0)
    lines = [line for pair in zip(open("gray.jsonl"), open("small.jsonl")) for line in pair]
    Path("in.jsonl").write_text("".join(re.sub(r',"order":\[[^]]*\]', "", line) for line in lines))
    one = sh(f"med-infer {TOY} in.jsonl --out one --batch 1", 0)
    assert len(one.out.splitlines()) == 12, one.out
    for name, options in (("four", "--batch 4"), ("many", "--batch 64"), ("networks", "--networks 3"), ("both", "--networks 2 --batch 2")):
        met = sh(f"med-infer {TOY} in.jsonl --out {name} {options} --jobs 3", 0)
        same_tree("one", name)
        assert re.sub(r',"steps":.*', "", met.out.replace(f"{name}/", "one/"), flags=re.M) == re.sub(r',"steps":.*', "", one.out, flags=re.M)


def frames_lead_home():
    """The map of a cropped and resized picture, drawn through its frame, lies where the picture had it."""
    image = np.zeros((120, 160), np.uint8)
    image[40:60, 90:130] = 255
    write_png("a.png", image)
    Path("in.jsonl").write_text('{"id":"a","image":"a.png"}\n')
    r = records(sh("med-resize --size 80x60 --fit stretch in.jsonl --out out", 0).out)[0]
    assert r["frame"] == [2, 0, 0, 0, 2, 0], r["frame"]
    small = read_png(r["image"])
    rows, columns = np.nonzero(small > 127)
    assert (rows.min() * 2, rows.max() * 2 + 2, columns.min() * 2, columns.max() * 2 + 2) == (40, 60, 90, 130)


def the_photograph():
    if not VESSEL.exists():
        raise Skip("weights/vessel-unet/card.json is absent")
    met = sh(f"med-scan {PHOTOGRAPH} | med-crop --subject fundus --out out | med-clahe --gray green --clip-limit 2 --tiles 8x8 "
             f"--out out | med-infer {VESSEL} --out out | med-overlay --out out", 0)
    validate(records(met.out))
    record, = records(met.out)
    name, = record["maps"]
    values = np.load(record["maps"][name]["path"])
    share = float((values > 0.5).mean())
    assert 0.02 < share < 0.25, f"vessels cover {share:.1%} of the picture"


def scanning_decodes_nothing():
    """Records come from headers: a picture cut after its header is scanned, and fails where it is read."""
    data = PHOTOGRAPH.read_bytes()
    Path("cut.jpg").write_bytes(data[: len(data) // 3])
    record, = records(sh("med-scan cut.jpg", 0).out)
    assert (record["source"]["width"], record["source"]["height"]) == (1411, 1411), record
    met = sh("med-scan cut.jpg | med-crop --subject fundus --out out", 1)
    assert records(met.out)[0]["error"]["code"] == "E_TRUNCATED", met.out


def expected_ids():
    six_eyes()
    sh("head -4 all.jsonl > cut.jsonl")
    whole = sh("med-inspect --expect all.jsonl all.jsonl")
    assert whole.status == 0, whole.err + whole.out
    cut = sh("med-inspect --expect all.jsonl cut.jsonl")
    assert cut.status == 1, f"two records are missing, yet the status is {cut.status}"
    last = records(Path("all.jsonl").read_text())[-1]["id"]
    assert last in cut.out + cut.err, f"{last} is missing and is not named"


def a_study_of_maps():
    """upsample, score-masks and summarize: figures of the study from the counts of its cases, whole and in shards."""
    six_eyes()
    lines = records(Path("all.jsonl").read_text())
    for line in lines:
        height, width = line["height"], line["width"]
        truth = np.zeros((height, width), np.uint8)
        truth[height // 3:height // 2, width // 3:2 * width // 3] = 255
        write_png(f"{line['id']}.truth.png", truth)
        line["truth"] = {"masks": {"edge": f"{line['id']}.truth.png"}}
    Path("truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    scores = ("med-upsample --to source --as full --out s | med-score-masks --map full.edge --truth edge --scope image "
              "--measures overlap,ranking --pool --out s")
    gray = f"med-clahe --gray green --out s truth.jsonl | med-infer {TOY} --out s"
    sh(f"{gray} | {scores} > scored.jsonl", 0)
    whole = sh("med-summarize --bootstrap 200 scored.jsonl", 0).out
    study = json.loads(whole)
    validate(records(Path("scored.jsonl").read_text()))
    cases = [r["measures"] for r in records(Path("scored.jsonl").read_text())]
    assert len(cases) == 6, cases
    dice = [m["full.edge.image.dice"] for m in cases]
    assert any(abs(v - np.mean(dice)) < 1e-12 for v in numbers_named(study, "mean")), (np.mean(dice), list(numbers_named(study, "mean")))
    counts = np.vstack([np.load(r["features"]["full.edge.image.pool"]["path"]) for r in records(Path("scored.jsonl").read_text())])
    values, at = np.unique(counts[:, 0], return_inverse=True)
    positive, negative = np.bincount(at, counts[:, 1]), np.bincount(at, counts[:, 2])
    area = (positive * (np.cumsum(negative) - negative / 2)).sum() / positive.sum() / negative.sum()
    assert any(abs(v - area) < 1e-12 for v in numbers_named(study, "auc_pooled")), (area, list(numbers_named(study, "auc_pooled")))
    for i in range(3):
        sh(f"med-summarize --bootstrap 200 --partial --shard {i}/3 scored.jsonl > part{i}", 0)
    merged = sh("med-summarize --merge --bootstrap 200 part2 part0 part1", 0).out
    assert merged == whole, "three shards merged differ from the whole"


def a_million_records():
    """None is lost, and each costs at most 64 bytes: those for telling that an id came twice, and its numbers."""
    if SANITIZED:
        raise Skip("the sanitizers keep what is freed")
    few, many = 1000, 1000000
    for count in (few, many):
        with open(f"{count}.jsonl", "w") as out:
            for i in range(count):
                out.write(f'{{"id":"a-long-name-of-a-study/case-{i:07d}","image":"pictures/{i}.png","order":[{i}],'
                          f'"tags":{{"patient":"p{i // 2}"}},"measures":{{"dice":0.{i + 1:07d},"auc":0.{7 * i + 1:07d}}}}}\n')

    def measured(command):
        peaks = [peak_memory([*command.split(), f"{count}.jsonl"], f"{count}.out") for count in (few, many)]
        each = (peaks[1] - peaks[0]) * 1024 / (many - few)
        print(f"# {command}: {each:.1f} bytes a record")
        assert 8 < each <= 64, f"{command}: {each:.1f} bytes a record, expected at most 64"
    measured("med-inspect --no-files")
    *table, counts = open(f"{many}.out")
    assert len(table) == many + 1 and counts == f"{many} records, 0 failed, 0 with problems\n", (len(table), counts)
    measured("med-shard --of 4 --force --out out")
    ids = collections.Counter(line.split('"', 4)[3] for i in range(4) for line in open(f"out/{many}-{i}-of-4.jsonl"))
    assert len(ids) == many and set(ids.values()) == {1}, f"{len(ids)} of {many} ids came out, {max(ids.values())} times at most"
    assert all(f"a-long-name-of-a-study/case-{i:07d}" in ids for i in range(0, many, 997))
    measured("med-summarize --bootstrap 0")
    counts = json.loads(Path(f"{many}.out").read_text())["groups"][0]["counts"]
    assert counts["n"] == many and counts["failed"] == 0, counts


def numbers_named(value, name):
    """Every number of a document that is a member of this name."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name and isinstance(item, (int, float)):
                yield item
            yield from numbers_named(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from numbers_named(item, name)


def film(side, view, width=120, height=150, depth=16, colour=False):
    """A breast from the chest wall on the left, or mirrored from the right; brighter inside; blank without a side."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    across, down = (0.7 * width, 0.4 * height) if view == "CC" else (0.6 * width, 0.5 * height)
    inside = (x / across) ** 2 + ((y - 0.5 * height) / down) ** 2
    picture = np.where((inside < 1) & (side != ""), 0.3 + 0.6 * (1 - inside) + 0.1 * np.sin(x / 5) * np.cos(y / 7), 0)
    picture = (picture[:, ::-1] if side == "R" else picture).clip(0, 1) * (2 ** depth - 1)
    picture = np.ascontiguousarray(picture.astype(np.uint16 if depth == 16 else np.uint8))
    return np.stack([picture] * 3, -1) if colour else picture


def breasts_of_all_kinds():
    """Right and left, CC and MLO, one view only, blank, 8 bit, colour, smaller than the window: right, or a failure that
    says why; what a picture gives does not depend on its neighbours."""
    pictures = {"a_L-CC": film("L", "CC"), "a_R-CC": film("R", "CC"), "a_L-MLO": film("L", "MLO"), "a_R-MLO": film("R", "MLO"),
                "b_L-CC": film("L", "CC", 110, 140), "c_L-CC": film("", "CC"), "d_R-CC": film("R", "CC", depth=8),
                "e_L-CC": film("L", "CC", colour=True), "f_R-MLO": film("R", "MLO", 60, 70)}
    for name, picture in pictures.items():
        write_png(f"films/{name}.png", picture)
    chain = ("med-scan {} --tags '{{patient}}_{{side}}-{{view}}' | med-crop --subject breast --background 0 --iterations 3 --pad 5 "
             "--window 96x128 --flip-to left --out {} | med-infer " + f"{WEIGHTS}/toy-system --keep all --out {{}}")
    met = {r["id"]: r for r in records(sh(chain.format("films", "all", "all"), 1).out)}
    assert list(met) == sorted(pictures), list(met)
    failed = {name: r["error"] for name, r in met.items() if "error" in r}
    assert sorted(failed) == ["c_L-CC", "e_L-CC"], failed
    assert failed["c_L-CC"]["by"] == "med-crop" and "channel" in failed["e_L-CC"]["what"], failed
    for name, r in met.items():
        if "error" in r:
            continue
        assert (r["width"], r["height"]) == (96, 128) and r["frame"][0] == (-1 if "_R" in name else 1), r
        alone = records(sh(chain.format(f"films/{name}.png", f"{name}.out", f"{name}.out"), 0).out)[0]
        for part in ("scores", "rois", "frame", "breast"):
            there, here = (json.dumps(x[part]).replace(f"{name}.out/", "all/") for x in (alone, r))
            assert there == here, f"{name}: {part} differs from that of the picture alone"
    for view in ("CC", "MLO"):
        left, right = (film(side, view)[:, ::step] for side, step in (("L", 1), ("R", -1)))
        assert (left == right).all(), "the films are no mirror images"
    for name, r in met.items():
        if "error" in r:
            continue
        one = pictures[name][..., None].astype(np.int64)
        cut, f = read_png(r["image"]).reshape(128, 96), r["frame"]
        y, x = np.mgrid[0:128, 0:96] + 0.5
        column, row = np.floor(f[0] * x + f[2]).astype(int), np.floor(f[4] * y + f[5]).astype(int)
        seen = (column >= 0) & (column < one.shape[1]) & (row >= 0) & (row < one.shape[0])
        assert (cut[seen] == one[row[seen], column[seen], 0]).all(), f"{name}: the frame leads to other pixels"
        assert seen.any() and (cut[~seen] == 0).all(), f"{name}: the window is not 0 beyond the picture"
    breasts = {r["id"]: r for r in records(sh("med-fuse --group tags.patient,tags.side --expect 2", 1,
                                             stdin="".join(json.dumps(r) + "\n" for r in met.values())).out)}
    assert breasts["a/L"]["group"] == {"n": 2, "failed": 0, "missing": 0}, breasts["a/L"]
    assert breasts["b/L"]["group"] == {"n": 1, "failed": 0, "missing": 1}, breasts["b/L"]
    for name, value in breasts["a/R"]["scores"].items():
        both = [met[view]["scores"][name] for view in ("a_R-CC", "a_R-MLO")]
        assert abs(value - sum(both) / 2) < 1e-12, f"{name}: {value}, of {both}"
    assert breasts["b/L"]["scores"] == met["b_L-CC"]["scores"], breasts["b/L"]


def zooming_in_is_one_process_or_several():
    """zoom-small by its card and by the small programs: the same windows and the same grades, windows inside the eye."""
    photograph = WEIGHTS.parent / "examples/retina.jpg"
    sh(f"med-scan {photograph} | med-crop --subject fundus --out w | med-resize --size 1024x1024 --out w > in.jsonl", 0)
    zoom = WEIGHTS / "zoom-small"
    one, = records(sh(f"med-infer {zoom} --keep all --out one in.jsonl", 0).out)
    several, = records(sh(f"med-infer {zoom}/main --out s in.jsonl | med-gate --scores scores --gates gates --out s | "
                          "med-roi --map gated --rule peak --count 4 --window 208 | "
                          f"med-infer {zoom}/patch --over rois --out s | med-infer {zoom}/fusion --out s", 0).out)
    assert one["scores"] == several["scores"], (one["scores"], several["scores"])
    assert [r["window"] for r in one["rois"]] == [r["window"] for r in several["rois"]] and len(one["rois"]) == 4, one["rois"]
    for name in ("grade", "main"):
        shares = [one["scores"][f"{name}.{grade}"] for grade in range(5)]
        assert abs(sum(shares) - 1) < 1e-5 and min(shares) >= -1e-6, shares
        worth = [sum(p * (1 - (k - j) ** 2 / 16) for j, p in enumerate(shares)) for k in range(5)]
        said = [one["scores"][f"{name}_decision.{grade}"] for grade in range(5)]
        assert max(abs(a - b) for a, b in zip(worth, said)) < 1e-5, (worth, said)
    for r in one["rois"]:
        x, y, w, h = r["box"]
        assert x >= 0 and y >= 0 and x + w <= one["source"]["width"] and y + h <= one["source"]["height"], r


tier = Tier("pipelines", __doc__).start()
for test in (whole_chain, every_hop_is_valid, jobs_do_not_matter, shards_do_not_matter, patients_stay_together, split_and_merge,
             array_is_lines, odd_lines, unknown_fields_stay, errors_pass_through, patches_stitch_back, missing_patch_is_named,
             variants_move_together, passes_are_fused, tiles_agree_with_the_whole, batches_agree, frames_lead_home, the_photograph,
             scanning_decodes_nothing, expected_ids, a_study_of_maps, a_million_records, breasts_of_all_kinds,
             zooming_in_is_one_process_or_several):
    tier.run(test.__name__.replace("_", " "), test)
dataset_job.add_to(tier)
tier.end()
