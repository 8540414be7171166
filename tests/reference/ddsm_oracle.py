# SPDX-License-Identifier: Apache-2.0
"""med-import --density raw of films whose lossless JPEG DCMTK made: every predictor, 12 and 16 bits, pixel for pixel."""
import json
import shutil
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from ddsm_files import case_text  # noqa: E402
from dicom_files import dicom, gray  # noqa: E402
from pictures import read_png  # noqa: E402
from tier import Skip, sh  # noqa: E402


def film(bits, seed):
    """Steep edges, noise over the whole range, flat parts: 301 x 203."""
    rng = np.random.default_rng(seed)
    levels = np.outer(np.arange(203), np.arange(301)) * 37 % (1 << bits)
    levels[50:150, 40:200] = rng.integers(0, 1 << bits, (100, 160))
    levels[160:, 100:] = (1 << bits) - 1
    return levels


def stream_of(file):
    """The one fragment of a DICOM file's pixels, out of its items: the offset table, the fragment."""
    data = Path(file).read_bytes()
    at = data.rindex(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff") + 12
    fragments = []
    while data[at:at + 4] == b"\xfe\xff\x00\xe0":
        size = struct.unpack_from("<I", data, at + 4)[0]
        fragments.append(data[at + 8:at + 8 + size])
        at += 8 + size
    assert len(fragments) == 2, f"{len(fragments)} items"
    return fragments[1]


def round_trip(bits):
    if not shutil.which("dcmcjpeg"):
        raise Skip("dcmcjpeg is not installed")
    levels = film(bits, bits)
    Path("plain.dcm").write_bytes(dicom(gray(301, 203, levels.ravel().tolist(), bits, t00080016=("UI", "1.2.840.10008.5.1.4.1.1.7"),
                                             t00080018=("UI", "1.2.3"))))
    name = "LEFT_CC" if bits == 12 else "RIGHT_MLO"
    for predictor in range(1, 8):
        sh(f"dcmcjpeg +el +sv {predictor} plain.dcm packed.dcm", 0)
        Path(f"A_{predictor}_1.{name}.LJPEG").write_bytes(stream_of("packed.dcm"))
        Path(f"A-{predictor}-1.ics").write_bytes(case_text("x", "HOWTEK", {name: (301, 203, bits)}))
    met = [json.loads(line) for line in sh("med-scan --extensions ljpeg --quiet . | med-import --density raw --out out", 0).out.splitlines()]
    assert len(met) == 7, len(met)
    for r in met:
        assert np.array_equal(read_png(r["image"]), levels), f"{r['id']}: other levels than those encoded"
        assert r["tags"]["bits"] == str(bits), r["tags"]


def add_to(tier):
    for bits in (12, 16):
        tier.run(f"a DDSM film of {bits} bits that DCMTK encoded", round_trip, bits)
