# SPDX-License-Identifier: Apache-2.0
"""Zoom-in-Net: its sizes, and the names and shapes of a checkpoint."""
import inception
import keys
import paths

PICTURE, INPUT, PATCH = 1230, 492, 384  # pixels: the picture, the main network's input, a patch cut from the picture
CELLS = 14                              # the main network's maps, along each side
REGIONS, WINDOW = 4, 500                # 200 of the input's pixels
GRADES = ("0", "1", "2", "3", "4")
WIDTH, PATCH_WIDTH, GATE_WIDTH = 1024, 2048, 256
MAIN, CLOSE = inception.residual_v2(WIDTH), inception.v3()


def conv(name, outputs, inputs, side=1):
    return {f"{name}.weight": (outputs, inputs, side, side), f"{name}.bias": (outputs,)}


def table():
    """Names and shapes of a checkpoint."""
    grades = len(GRADES)
    names = {f"main.trunk.{key}": shape for key, shape in paths.table(MAIN, 3)[0].items()}
    names.update({**keys.linear("main.grade", grades, WIDTH), **conv("main.scores", grades, WIDTH),
                  **conv("main.gates.0", GATE_WIDTH, WIDTH), **conv("main.gates.2", GATE_WIDTH, GATE_WIDTH, 3),
                  **conv("main.gates.4", grades, GATE_WIDTH)})
    names.update({f"patch.{key}": shape for key, shape in paths.table(CLOSE, 3)[0].items()})
    return {**names, **keys.linear("fusion.grade", grades, WIDTH + PATCH_WIDTH)}


def gains():
    """Of numbers that are made up."""
    return {**paths.gains(table()), "main.gates.0.weight": 2 ** 0.5, "main.gates.2.weight": 2 ** 0.5}
