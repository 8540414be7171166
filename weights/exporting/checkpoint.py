# SPDX-License-Identifier: Apache-2.0
"""The numbers of a network by name: from a published checkpoint, or made from the names alone for tests.

numpy only, except that reading a checkpoint needs torch.
"""
import sys

import numpy as np

HEADS = ("left_postprocess_net.gn_conv_last.weight", "classifier_linear.weight", "mil_attn_w.weight",
         "fusion_dnn.weight", "global_network.postprocess_module.gn_conv_1.weight",
         "global_network.postprocess_module.gn_conv_2.weight", "global_network.postprocess_module.gn_conv_last.weight",
         "main.grade.weight", "main.scores.weight", "main.gates.4.weight", "fusion.grade.weight", "last_linear.weight")
FAINT_HEAD = "detection_network.gn_conv_last.weight"


def fnv1a(text):
    """FNV-1a of 64 bits over UTF-8."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def uniform(seed, count):
    """`count` doubles in [0, 1), the high 24 bits of splitmix64 from `seed`."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def deterministic_array(key, shape, salt, head_gain, gain=1.0):
    """One array that depends on nothing but its name: every network of tests can be made anywhere.  gain: of kernels
    that are no heads."""
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    count = int(np.prod(shape, dtype=np.int64))
    s = 2 * uniform(fnv1a(salt + key), count) - 1
    if len(shape) >= 2:
        gain = head_gain if key in HEADS else 0.1 * head_gain if key == FAINT_HEAD else gain
        values = gain * np.sqrt(3 / (count // shape[0])) * s
    elif key.endswith("running_var"):
        values = 1 + 0.4 * s
    elif key.endswith(".weight"):
        values = 1 + 0.25 * s
    else:
        values = 0.2 * s
    return values.reshape(shape).astype(np.float32)


def deterministic(table, salt, head_gain=1.0, gains=None):
    """{name: array} for a table of names and shapes.  gains: by name, where it is not 1."""
    gains = gains or {}
    return {key: deterministic_array(key, shape, salt, head_gain, gains.get(key, 1.0)) for key, shape in table.items()}


def read(path, entry=None, trust=False):
    """{name: array} of a checkpoint of torch, or of the state in its entry.

    A checkpoint is a pickle, and a pickle can run any program; so only tensors and plain containers are read unless
    the user says with `trust` that the file may be executed.
    """
    with open(path, "rb") as file:
        if file.read(20).startswith(b"version https://git"):
            raise SystemExit(f"export: {path} is a pointer of Git LFS and not the file itself: git lfs pull brings it")
    import torch
    try:
        kept = torch.load(path, map_location="cpu", weights_only=not trust)
    except Exception as reason:  # torch raises several kinds for a file that it will not read
        raise SystemExit(f"export: {path}: {reason}") from None
    if entry is not None:
        if not isinstance(kept, dict) or entry not in kept:
            raise SystemExit(f"export: {path} holds no entry '{entry}'")
        kept = kept[entry]
    if not isinstance(kept, dict) or not all(torch.is_tensor(value) for value in kept.values()):
        raise SystemExit(f"export: {path} is not a dictionary of tensors")
    return {name: value.numpy() for name, value in kept.items()}


def select(state, table, where="the checkpoint"):
    """The part of a state that a table asks for, as float32.

    Missing names and wrong shapes end the export, all of them told at once; what is left over is listed.
    """
    missing = [name for name in table if name not in state and not name.endswith("num_batches_tracked")]
    wrong = [f"{name} is {list(state[name].shape)}, expected {list(shape)}" for name, shape in table.items()
             if name in state and tuple(state[name].shape) != tuple(shape)]
    bad = [name for name in table if name in state and not np.isfinite(state[name]).all()]
    if missing or wrong or bad:
        sentences = [f"{where} lacks {name}" for name in missing] + wrong + [f"{name} is not finite" for name in bad]
        raise SystemExit("export: " + "; ".join(sentences))
    for name in state:
        if name not in table:
            print(f"export: not used: {name}", file=sys.stderr)
    return {name: np.asarray(state[name], np.float32) for name in table if not name.endswith("num_batches_tracked")}
