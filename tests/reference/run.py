#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Numbers of others. The published retina-unet, from its own weights through our exporter and med-infer, against stored
probabilities; breast networks with made-up weights; med-score-masks against stored scores, published ones, and those of other libraries."""
import json
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import REFERENCE, WEIGHTS, Skip, Tier, sh  # noqa: E402
from pictures import write_png  # noqa: E402
import breast_systems  # noqa: E402
import exporters  # noqa: E402
import masks_oracle  # noqa: E402
import networks_oracle  # noqa: E402
import study_oracle  # noqa: E402
import ddsm_oracle  # noqa: E402
import dicom_oracle  # noqa: E402
import dmv_programs  # noqa: E402
import augment_oracle  # noqa: E402
import browser  # noqa: E402
import cluster_oracle  # noqa: E402
import films  # noqa: E402
import inception_oracle  # noqa: E402

GOLDEN = REFERENCE / "golden" / "retina"
PUBLISHED = REFERENCE / "weights" / "retina-unet"
TOLERANCE = 1e-4


def exported():
    """A folder with the card and the model that our exporter makes of the published weights."""
    for folder in (GOLDEN, PUBLISHED):
        if not folder.is_dir():
            raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")
    card = Path("card")
    card.mkdir()
    shutil.copy(WEIGHTS / "retina-unet" / "card.json", card)
    sh(f"{sys.executable} {WEIGHTS}/retina-unet/export.py {PUBLISHED} {card}/retina-unet.onnx", 0)
    return card


def infer(card, names, options):
    """{id: map}, H×W, of pictures made or linked in the working folder."""
    Path("in.jsonl").write_text("".join(json.dumps({"id": n, "image": f"{n}.png"}) + "\n" for n in names))
    sh(f"med-infer {card} in.jsonl --out out --force {options}", 0, timeout=3600)
    return {n: np.load(f"out/{n}.vessel.npy")[0] for n in names}


def the_export_passes_its_self_test():
    """The model is the card's to the byte, and OpenCV computes what numpy computed."""
    met = json.loads(sh(f"med-infer --self-test {exported()}", 0).out)
    assert met["passed"] and met["outputs"]["vessel"]["max_difference"] <= TOLERANCE, met


def patches_agree():
    card = exported()
    patches, expected = np.load(GOLDEN / "net/patches_u8.npy"), np.load(GOLDEN / "net/vessel_prob.npy")
    names = [f"p{i:02d}" for i in range(len(patches))]
    for name, patch in zip(names, patches):
        write_png(f"{name}.png", patch)
    for batch in (1, 7):
        met = infer(card, names, f"--tile none --batch {batch}")
        worst = max(float(np.abs(met[n] - e).max()) for n, e in zip(names, expected))
        print(f"# patches, batch {batch}: largest difference {worst:.3g}")
        assert worst <= TOLERANCE, f"patches differ by {worst:.3g}, batch {batch}"


def tile_agrees(tile, stride):
    """stride 0: the whole picture in one pass. The stored maps hold every third row and column."""
    card = exported()
    shutil.copy(GOLDEN / f"full/tile_{tile}_input.png", f"tile_{tile}.png")
    expected = np.load(GOLDEN / f"full/tile_{tile}_prob_stride{stride:02d}.npy")
    options = f"--tile 48x48 --overlap {48 - stride}" if stride else "--tile none"
    met = infer(card, [f"tile_{tile}"], options)[f"tile_{tile}"]
    assert met.shape == (584, 565), met.shape
    worst = float(np.abs(met[::3, ::3] - expected).max())
    print(f"# tile {tile}, stride {stride}: largest difference {worst:.3g}")
    assert worst <= TOLERANCE, f"differs by {worst:.3g}"


tier = Tier("reference", __doc__).start()
tier.run("the export of retina-unet passes its self-test", the_export_passes_its_self_test)
tier.run("films as measured by hand", films.films_as_measured)
tier.run("retina-unet on patches", patches_agree)
tier.run("retina-unet on tile 00, whole", tile_agrees, "00", 0)
for name, test in (("masks", masks_oracle.stored_masks), ("soft maps", masks_oracle.stored_soft_maps),
                   ("curves", masks_oracle.stored_curves), ("tiles of retina-unet", masks_oracle.retina_unet_tiles),
                   ("the table of retina-unet", masks_oracle.retina_unet_table)):
    tier.run(f"scores of {name}", test)
if tier.full:
    for arguments in ((220, 8, "any", 0), (220, 4, "iou", 0.25), (60, 8, "iom", 0.5), (60, 8, "coverage", 0.5)):
        tier.run(f"scores of masks against other libraries, lesions by {arguments[2]}", masks_oracle.random_cases, *arguments)
    tier.run("scores of 10^8 pixels", masks_oracle.hundred_million_pixels)
    tier.run("retina-unet on tile 03, whole", tile_agrees, "03", 0)
    for tile in ("00", "03"):
        for stride in (47, 16):
            tier.run(f"retina-unet on tile {tile}, stride {stride}", tile_agrees, tile, stride)
exporters.add_to(tier)
dmv_programs.add_to(tier)
breast_systems.add_to(tier)
if tier.full:
    study_oracle.add_to(tier)
    networks_oracle.add_to(tier)
    inception_oracle.add_to(tier)
    dicom_oracle.add_to(tier)
    cluster_oracle.add_to(tier)
    browser.add_to(tier)
    ddsm_oracle.add_to(tier)
augment_oracle.add_to(tier)
tier.end()
