# SPDX-License-Identifier: Apache-2.0
"""The pictures: which there are, which are held out, and how a picture becomes the input of the network.

`crop_to_field`, `gray_of`, `contrast` and `to_width` are the Python twins of med-crop, med-clahe and the scaling in
med-infer.  Whatever the network is measured on goes through exactly these; training pictures also go through
`disturb`, which imitates other cameras.
"""
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)  # results do not depend on it; the training has its own threads

CHASE_HELD_OUT = {"11", "12", "13", "14"}
HRF_HELD_OUT = {"03"}


@dataclass(frozen=True)
class Picture:
    camera: str  # "chase" or "hrf"
    name: str
    subject: str
    image: Path
    truth: Path
    field: Path
    held_out: bool


def list_pictures(data):
    """All pictures below `data`, sorted by name, so that their order never depends on the file system."""
    found = []
    for path in sorted((data / "chase_db1/images").glob("*.jpg")):
        subject = path.stem[6:8]
        found.append(Picture("chase", path.stem, subject, path,
                             data / f"chase_db1/manual_1stHO/{path.stem}_1stHO.png",
                             data / f"chase_db1/fov_png/{path.stem}.png", subject in CHASE_HELD_OUT))
    for path in sorted((data / "hrf/images").glob("*.[jJ][pP][gG]")):
        subject = path.stem[:2]
        found.append(Picture("hrf", path.stem, subject, path,
                             first_of(data, "hrf/vessel_from_av", "hrf/vessels") / f"{path.stem}.png",
                             first_of(data, "hrf/fov_derived", "hrf/fov") / f"{path.stem}.png",
                             subject in HRF_HELD_OUT))
    if not found:
        raise SystemExit(f"no pictures below {data}")
    return found


def first_of(data, *folders):
    for folder in folders:
        if (data / folder).is_dir():
            return data / folder
    raise SystemExit(f"none of {folders} below {data}")


def read_gray(path):
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SystemExit(f"cannot read {path}")
    return image


def crop_to_field(picture):
    """Colour (BGR), truth (bool) and field (bool), all cut to the bounding box of the field of view."""
    colour = cv2.imread(str(picture.image), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if colour is None:
        raise SystemExit(f"cannot read {picture.image}")
    truth, field = read_gray(picture.truth) > 127, read_gray(picture.field) > 127
    if not truth.shape == field.shape == colour.shape[:2]:
        raise SystemExit(f"{picture.name}: sizes differ: {colour.shape[:2]} {truth.shape} {field.shape}")
    rows, columns = np.flatnonzero(field.any(1)), np.flatnonzero(field.any(0))
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    return np.ascontiguousarray(colour[box]), truth[box], field[box]


def gray_of(colour):
    """med-clahe --gray green."""
    return np.ascontiguousarray(colour[:, :, 1])


def contrast(gray, clip=2.0):
    """med-clahe --clip-limit 2 --tiles 8x8."""
    return cv2.createCLAHE(clip, (8, 8)).apply(gray)


def to_width(image, width):
    """Resize so that the larger side becomes `width`, as med-infer does for a card with fov_width."""
    factor = width / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def disturb(colour, rng):
    """A training variant: another camera's picture of the same eye, and a contrast step that is not quite ours."""
    gray = other_camera(colour, rng)
    return gray if rng.random() < 0.1 else contrast(gray, float(np.exp(rng.uniform(np.log(1.2), np.log(4.0)))))


def other_camera(colour, rng):
    """Another camera's grey picture of the same eye: optics, sensor, colour, light, compression.

    Everything happens before CLAHE, because that is where cameras differ; CLAHE then hides part of it, as it will
    at the time of use.
    """
    # Sensor size: many cameras give far fewer pixels than ours, and enlarging those to the working width blurs.
    width = float(np.exp(rng.uniform(np.log(420), np.log(1500))))
    if width < max(colour.shape[:2]):
        colour = to_width(colour, width)
    scale = max(colour.shape[:2]) / 608
    if rng.random() < 0.5:  # JPEG on the colour picture, where its chroma loss is made too
        quality = int(rng.integers(35, 95))
        colour = cv2.imdecode(cv2.imencode(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    # Colour: filters and sensors mix the bands differently; green always leads.
    red, blue = rng.uniform(0, 0.4) * (rng.random() < 0.7), rng.uniform(0, 0.15) * (rng.random() < 0.5)
    gray = colour.astype(np.float32) @ np.array([blue, 1 - red - blue, red], np.float32)
    height, width = gray.shape
    # Light: a vignette or a bright side, as smooth as a polynomial of degree two.
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j].astype(np.float32)
    a, b, c = rng.normal(0, 0.15, 3)
    gray *= np.clip(1 + a * x + b * y + c * (x * x + y * y), 0.3, 2)
    if rng.random() < 0.4:
        gray = cv2.GaussianBlur(gray, (0, 0), scale * rng.uniform(0.3, 1.0))
    elif rng.random() < 0.4:  # some cameras sharpen
        gray += rng.uniform(0.3, 1.5) * (gray - cv2.GaussianBlur(gray, (0, 0), scale * rng.uniform(0.7, 2.0)))
    # Exposure: stretch to an unknown range, then a gamma.
    low, high = np.percentile(gray, (1, 99.5))
    gray = (gray - low) / max(high - low, 1)
    gray = np.clip(gray, 0, None) ** np.exp(rng.normal(0, 0.3))
    gray = rng.uniform(0, 30) + gray * rng.uniform(70, 225)
    if rng.random() < 0.5:
        gray += cv2.GaussianBlur(rng.normal(0, 1, gray.shape).astype(np.float32), (0, 0),
                                 rng.uniform(0.3, 1.0)) * rng.uniform(1, 8)
    return np.clip(np.rint(gray), 0, 255).astype(np.uint8)
