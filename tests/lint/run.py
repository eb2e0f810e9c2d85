#!/usr/bin/python3
"""usage: run.py LINT SOURCE [BUILD]: run one lint of this folder."""
import importlib
import sys

import tree

if len(sys.argv) < 3:
    sys.exit(__doc__)
lint = importlib.import_module("lint_" + sys.argv.pop(1))
tree.main(lint)
