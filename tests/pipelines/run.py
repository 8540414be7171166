#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole pipelines through the real programs: same bytes whatever the threads and the shards, patches that stitch back
to the picture, tiles that agree with the whole, records that stay in order and stay valid."""
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
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
    six_gray_eyes()
    sh(f"med-infer {TOY} gray.jsonl --out one --batch 1", 0)
    sh(f"med-infer {TOY} gray.jsonl --out four --batch 4", 0)
    same = sorted(p.name for p in Path("one").rglob("*.npy"))
    assert same == sorted(p.name for p in Path("four").rglob("*.npy")) and same, same
    for path in sorted(Path("one").glob("**/*.npy")):
        a, b = np.load(path), np.load(Path("four") / path.relative_to("one"))
        assert np.abs(a - b).max() <= 1e-5, f"{path}: {np.abs(a - b).max():.3g}"


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


def memory_of_a_record():
    """Beyond what a statistic keeps, a record costs at most 64 bytes, which are for telling that an id came twice."""
    if SANITIZED:
        raise Skip("the sanitizers keep what is freed")
    few, many = 50000, 250000
    for count in (few, many):
        with open(f"{count}.jsonl", "w") as out:
            for i in range(count):
                out.write(f'{{"id":"a-long-name-of-a-study/case-{i:07d}","image":"pictures/{i}.png","order":[{i}],'
                          f'"tags":{{"patient":"p{i // 2}"}},"measures":{{"dice":0.{i + 1},"auc":0.{7 * i + 1}}}}}\n')
    # A case of a study: hashes of patient and id, group and flags in 24 bytes, and 8 of each of its two measures.
    for command, kept in (("med-inspect --no-files", 0), ("med-shard --of 4 --force --out out", 0), ("med-summarize", 24 + 2 * 8)):
        peaks = [peak_memory([*command.split(), f"{count}.jsonl"]) for count in (few, many)]
        slope = (peaks[1] - peaks[0]) * 1024 / (many - few)
        assert 8 < slope <= 64 + kept, f"{command}: {slope:.1f} bytes a record, expected at most {64 + kept}"


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


tier = Tier("pipelines", __doc__).start()
for test in (whole_chain, every_hop_is_valid, jobs_do_not_matter, shards_do_not_matter, patients_stay_together, split_and_merge,
             array_is_lines, odd_lines, unknown_fields_stay, errors_pass_through, patches_stitch_back, missing_patch_is_named,
             tiles_agree_with_the_whole, batches_agree, frames_lead_home, the_photograph, scanning_decodes_nothing, expected_ids,
             a_study_of_maps, memory_of_a_record):
    tier.run(test.__name__.replace("_", " "), test)
tier.end()
