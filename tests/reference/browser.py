# SPDX-License-Identifier: Apache-2.0
"""The page of med-report in a browser: what its reader sees, that it loads nothing, and that no name in it runs."""
import json
import random
import re
import shlex
import shutil
from pathlib import Path

import numpy as np

from pictures import texture, write_png
from tier import Skip, sh

HOSTILE = "x\"><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\">"


def browse(options):
    """Runs the browser on page.html; what it printed."""
    if not shutil.which("chromium"):
        raise Skip("chromium is not installed")
    page = Path("page.html").resolve().as_uri()
    return sh(f"chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --user-data-dir=profile {options} {page}",
              0, timeout=120).out


def write(path, records):
    Path(path).write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def grades(path, cases, noise, seed):
    """Scores of a positive label on `cases` cases, all different."""
    draw = random.Random(seed)
    return write(path, [{"id": f"c{i}", "image": "x.png", "labels": {"grade": i % 2}, "tags": {"patient": f"p{i // 2}"},
                         "scores": {"s": i % 2 + draw.gauss(0, noise)}} for i in range(cases)])


def pixels():
    """The page as a picture, H×W×3."""
    from PIL import Image
    browse("--window-size=1480,2200 --screenshot=page.png")
    return np.asarray(Image.open("page.png").convert("RGB")).astype(int)


def near(picture, colour):
    return (np.abs(picture - np.array(colour)).max(2) < 40).sum()


def two_systems_are_seen():
    for name, noise in (("a", 0.5), ("b", 1)):
        sh(f"med-score-grades --labels 0,1 --scores s --positive 1 --curves --bootstrap 50 {grades(f'{name}.jsonl', 300, noise, 1)} > {name}.json", 0)
    write_png("x.png", texture(90, 70, 3))
    write("cases.jsonl", [{"id": HOSTILE.replace("//", "/"), "image": "x.png", "measures": {"dice": 0.25}, "labels": {HOSTILE: HOSTILE}},
                          {"id": "none", "error": {"by": "med-crop", "code": "E_FOV", "what": HOSTILE}}])
    name = shlex.quote(HOSTILE.replace("/", "").replace("=", ":"))
    met = sh(f"med-report --title {shlex.quote(HOSTILE)} --cases cases.jsonl {name}=a.json second=b.json > page.html")
    assert met.status == 1, met.err    # one case has failed
    dom = browse("--dump-dom")
    seen = re.sub(r"<title>.*?</title>", "", dom, flags=re.S)
    assert re.search(r"<title>(.*?)</title>", dom, re.S)[1] != "owned", "a name has run"
    assert "<script" not in dom and 'src="http' not in dom, "a name became markup"
    for word in ("<svg", "ROC curve", "Precision over recall", "Six measures", "Confusion".lower(), "second", "Not for clinical use", "AUC 0."):
        assert word in dom, f"the page lacks {word}"
    assert seen.count('class="curve"') == 2 * 3, "two systems on a hexagon and two pairs of axes"
    assert dom.count("<table") >= 6, dom.count("<table")
    assert "data:image/jpeg;base64," in dom, "the picture of the case is not there"
    picture = pixels()
    for colour in ((0, 114, 178), (213, 94, 0), (163, 0, 0)):   # the two systems' lines, the notice
        assert near(picture, colour) > 300, f"the colour {colour} is not seen"
    assert (picture.min(2) > 250).mean() > 0.6, "the page is not white"


def few_points_look_as_many():
    """50 000 points of a ROC curve take few bytes, and the thinned line covers the same pixels as all of them."""
    sh(f"med-score-grades --labels 0,1 --scores s --positive 1 --curves {grades('a.jsonl', 50000, 0.7, 2)} > a.json", 0)
    document = json.loads(Path("a.json").read_text())
    points = document["groups"][0]["curves"]["roc"]["points"]
    assert len(points) > 49000, len(points)
    sh("med-report a.json > page.html", 0)
    page = Path("page.html").read_text()
    assert len(page) < 200_000, f"{len(page)} bytes"
    thin = pixels()
    d = "M" + "L".join(f"{56 + 360 * x:.4f} {34 + 360 * (1 - y):.4f}" for x, y in points)
    lines = re.findall(r'<path class="curve" d="([^"]*)"', page)
    roc = next(line for line in lines if line.startswith("M56 394"))   # from (0, 0)
    Path("page.html").write_text(page.replace(roc, d))
    whole = pixels()
    differing = (np.abs(thin - whole).max(2) > 96).sum()
    print(f"# {len(points)} points drawn by {roc.count('L') + 1}; {differing} pixels of the page differ clearly")
    assert differing < 60, differing
    assert near(whole, (0, 114, 178)) > 300


def five_thousand_cases():
    write_png("x.png", texture(200, 160, 3))
    write("cases.jsonl", [{"id": f"c{i}", "image": "x.png", "measures": {"dice": (i * 37 % 5000) / 5000}} for i in range(5000)])
    sh("med-summarize cases.jsonl | med-report --cases cases.jsonl --smallest measures.dice - > page.html", 0)
    dom = browse("--dump-dom")
    assert "The first 200 of 5000 cases, the smallest measures.dice first; the others are not shown. None failed." in dom
    assert dom.count("data:image/jpeg") == 200 and Path("page.html").stat().st_size < 4_000_000, Path("page.html").stat().st_size


def add_to(tier):
    tier.run("a report of two systems in a browser", two_systems_are_seen)
    tier.run("a report of 50 000 points in a browser", few_points_look_as_many)
    tier.run("a report of 5 000 cases in a browser", five_thousand_cases)
