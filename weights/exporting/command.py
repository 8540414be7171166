# SPDX-License-Identifier: Apache-2.0
"""What the command lines of the exporters share."""
import argparse
from pathlib import Path

import checkpoint

MADE = {"source": "made from the names of the weights by export.py --deterministic: it knows nothing",
        "licence": "Apache-2.0", "citation": ""}


class Command:
    """CHECKPOINT OUT_DIR, or OUT_DIR with --deterministic SALT; an exporter adds options to `parser`."""

    def __init__(self, description):
        self.parser = argparse.ArgumentParser(description=description,
                                              formatter_class=argparse.RawDescriptionHelpFormatter)
        self.parser.add_argument("paths", nargs="+", type=Path, metavar="CHECKPOINT OUT_DIR")
        self.parser.add_argument("--deterministic", metavar="SALT", help="numbers made from the names of the weights")
        self.parser.add_argument("--head-gain", type=float, default=1.0, help="of those numbers")
        self.parser.add_argument("--trust", action="store_true",
                                 help="a checkpoint is a pickle: run whatever program it may hold")

    def parse(self):
        self.options = self.parser.parse_args()
        self.made = self.options.deterministic is not None
        paths = self.options.paths
        if len(paths) != (1 if self.made else 2):
            self.parser.error("expected OUT_DIR alone" if self.made else "expected CHECKPOINT and OUT_DIR")
        self.checkpoint, self.folder = (None if self.made else paths[0]), paths[-1]
        return self.options

    def state(self, table, entry=None, rename=None, gains=None):
        """The arrays that the table asks for; `rename` maps the names of a checkpoint to those of the table.  `gains`: of
        made-up numbers, as checkpoint.deterministic has them."""
        if self.made:
            return checkpoint.select(checkpoint.deterministic(table, self.options.deterministic,
                                                              self.options.head_gain, gains), table)
        state = checkpoint.read(self.checkpoint, entry, self.options.trust)
        if rename:
            state = {rename(name): value for name, value in state.items()}
        return checkpoint.select(state, table, str(self.checkpoint))

    def origin(self, given):
        """source, licence and citation of the card."""
        return MADE if self.made else given
