# SPDX-License-Identifier: Apache-2.0
"""Cards: what is the same in all of them, the known answers, and how they are written down."""
import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

NOTICE = "Not for clinical use."


def ramp(height, width, channels=1):
    """The recipe of the self-test, channels x height x width, 0 to 255."""
    c, y, x = np.mgrid[:channels, :height, :width]
    return (7 * x + 13 * y + 31 * c + (x * y) % 17) % 256


def standardized(picture):
    """Minus the mean, over the deviation of the whole picture, which is at least 1e-5."""
    picture = picture.astype(np.float64)
    return (picture - picture.mean()) / max(picture.std(), 1e-5)


def expectation(answer):
    """Shape, mean and some values of an array without its batch axis; never more than 24 values."""
    answer = np.asarray(answer, np.float64)
    shape = list(answer.shape)
    places = {(0,) * len(shape), tuple(size - 1 for size in shape)}
    generator = np.random.default_rng(1)
    for _ in range(22):
        places.add(tuple(int(generator.integers(size)) for size in shape))
    samples = [[*place, round(float(answer[place]), 7)] for place in sorted(places)]
    return {"shape": shape, "samples": samples, "mean": round(float(answer.mean()), 7)}


def can_answer():
    """Whether torch is there to compute the known answers."""
    found = importlib.util.find_spec("torch") is not None
    if not found:
        print("export: torch is absent, so the cards carry no known answers", file=sys.stderr)
    return found


def self_test(width, height, answers):
    """What a card says of its known answers, from {output: array without batch axis}; nothing where there are none.

    A picture is the ramp of that size.  A network that takes vectors gets for each of them the ramp of its own rows and
    length, divided by 255.
    """
    if not answers:
        return {}
    return {"self_test": {"input": {"recipe": "ramp", "width": width, "height": height},
                          "expect": {name: expectation(answer) for name, answer in answers.items()},
                          "tolerance": 1e-4}}


def text_of(value, indent=0):
    """JSON with short lists on one line, so that a change of one number is a change of one line."""
    inner = " " * (indent + 2)
    if isinstance(value, dict) and value:
        rows = ",\n".join(f"{inner}{json.dumps(key)}: {text_of(item, indent + 2)}" for key, item in value.items())
        return "{\n" + rows + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return "[\n" + ",\n".join(inner + text_of(item, indent + 2) for item in value) + "\n" + " " * indent + "]"
    return json.dumps(value)


def precision(layers_on_cpu=0):
    """layers_on_cpu: how many layers of the part OpenCV has no code for on a GPU."""
    gpu = {"tolerance": 1e-3, **({"layers_on_cpu": layers_on_cpu} if layers_on_cpu else {})}
    return {"cpu": {"tolerance": 1e-4}, "cuda": gpu, "cuda-fp16": None}


def write_part(folder, model, card):
    """FOLDER/card.json and the model beside it, named after the part.  `card` brings what is this part's own."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{card['name'].split('-', 1)[-1]}.onnx"
    (folder / file).write_bytes(model)
    whole = {"name": card.pop("name"), "version": card.pop("version"), "onnx": file,
             "sha256": hashlib.sha256(model).hexdigest(), "notice": NOTICE, "precision": precision(), **card}
    (folder / "card.json").write_text(text_of(whole) + "\n")
    print(f"{folder}/card.json, {file}: {len(model)} bytes")
