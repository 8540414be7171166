#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Choose the threshold that loses least where it loses most.

    threshold.py TABLE.json ...       tables written by evaluate.py --table

Every camera of every table is one condition; its loss at a threshold is its own best mean Dice minus its mean Dice
there.
"""
import json
import sys
from pathlib import Path

import numpy as np

rows = [(Path(name).stem, camera, np.array(dice)) for name in sys.argv[1:]
        for camera, dice in json.loads(Path(name).read_text()).items()]
losses = np.array([dice.max() - dice for _, _, dice in rows])
chosen = int(np.argmin(losses.max(0)))
for (name, camera, dice), loss in zip(rows, losses):
    print(f"{name} {camera}: best {dice.max():.4f} at {(dice.argmax() + 1) / 100:.2f}, "
          f"at the chosen one {dice[chosen]:.4f}, loss {loss[chosen]:.4f}")
print(f"threshold {(chosen + 1) / 100:.2f}, worst loss {losses[:, chosen].max():.4f}")
