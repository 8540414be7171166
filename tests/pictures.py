# SPDX-License-Identifier: Apache-2.0
"""Pictures made for tests: fundus-like, textured, broken; and readers for what the programs wrote."""
import struct
import zlib
from pathlib import Path

import numpy as np


def fundus(width, height, seed=0, background=0, radius=None, centre=None):
    """An orange disc with dark branching lines on a plain background: H×W×3, 8 bit, red first."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    cx, cy = centre or (width / 2, height / 2)
    radius = radius or 0.46 * min(width, height)
    distance = np.hypot(x - cx, y - cy)
    light = 1 - 0.35 * (distance / radius) ** 2
    vessels = np.zeros((height, width))
    for _ in range(10):
        angle, bend, thick = random.uniform(0, 2 * np.pi), random.uniform(-1, 1), random.uniform(0.008, 0.022) * radius
        t = np.linspace(0, 1, 200)
        px = cx + radius * t * np.cos(angle + bend * t)
        py = cy + radius * t * np.sin(angle + bend * t)
        for a, b, w in zip(px[::4], py[::4], thick * (1.3 - t[::4])):
            near = np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * w * w + 0.5))
            vessels = np.maximum(vessels, near)
    grain = random.normal(0, 0.01, (height, width))
    picture = np.empty((height, width, 3))
    for channel, (level, depth) in enumerate(((205, 0.25), (105, 0.45), (45, 0.3))):
        picture[..., channel] = level * (light + grain) * (1 - depth * vessels)
    picture[distance > radius] = background
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def texture(width, height, seed=0, depth=8):
    """Smooth waves and grain over the whole range, one channel, 8 or 16 bit."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    wave = np.sin(x / 7.3 + seed) * np.cos(y / 11.1) + 0.5 * np.sin((x + 2 * y) / 23.7) + random.normal(0, 0.1, (height, width))
    wave = (wave - wave.min()) / max(1e-9, wave.max() - wave.min())
    return np.rint(wave * (2 ** depth - 1)).astype(np.uint8 if depth == 8 else np.uint16)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bytes(image, level=1):
    height, width = image.shape[:2]
    depth = 8 * image.dtype.itemsize
    rows = image.astype(image.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, 2 if image.ndim == 3 else 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, level)) + chunk(b"IEND", b""))


def write_png(path, image):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(png_bytes(image))
    return str(path)


def bomb(width=50000, height=50000, size=312):
    """A PNG of `size` bytes whose header announces width × height × RGBA of 16 bits, every checksum right."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))
    data, end = zlib.compress(bytes(1000)), chunk(b"IEND", b"")
    rest = size - len(head) - len(end) - 12 - len(data) - 12
    return head + chunk(b"tEXt", b"Comment\0" + b"x" * (rest - 8)) + chunk(b"IDAT", data) + end


def read_png(path):
    """Pixels of a PNG that this project wrote: 8 or 16 bit, grey or colour, not interlaced."""
    data = Path(path).read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    place, packed = 8, b""
    while place < len(data):
        length, = struct.unpack(">I", data[place:place + 4])
        if data[place + 4:place + 8] == b"IDAT":
            packed += data[place + 8:place + 8 + length]
        place += length + 12
    channels = {0: 1, 2: 3}[kind]
    step = channels * depth // 8
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, width * step + 1)
    out = np.zeros((height, width * step), np.uint8)
    for row in range(height):
        above = out[row - 1] if row else np.zeros(width * step, np.uint8)
        out[row] = unfilter(raw[row, 0], raw[row, 1:], above, step)
    values = out.view(">u2").astype(np.uint16) if depth == 16 else out
    return values.reshape((height, width, channels)[:2 if channels == 1 else 3])


def unfilter(kind, line, above, step):
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    if kind == 1:
        return np.cumsum(line.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    out = bytearray(line.tobytes())
    up = above.tobytes()
    for i in range(len(out)):
        left, corner = (out[i - step], up[i - step]) if i >= step else (0, 0)
        if kind == 3:
            guess = (left + up[i]) // 2
        else:
            p = left + up[i] - corner
            a, b, c = abs(p - left), abs(p - up[i]), abs(p - corner)
            guess = left if a <= b and a <= c else up[i] if b <= c else corner
        out[i] = (out[i] + guess) & 255
    return np.frombuffer(bytes(out), np.uint8)
