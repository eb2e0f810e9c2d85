#!/usr/bin/python3
"""The test of the tester: every lint finds what is planted for it and nothing in a clean tree."""
import importlib
import os
import sys
import tempfile

import tree


def findings(lint, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        planted = tree.Tree(root, build=os.path.join(root, "build"))
        if hasattr(lint, "prepare"):
            lint.prepare(planted)
        return lint.check(planted)


def main():
    names = sorted(f[:-3] for f in os.listdir(os.path.dirname(os.path.abspath(__file__)))
                   if f.startswith("lint_") and f.endswith(".py"))
    missed = []
    for name in names:
        lint = importlib.import_module(name)
        for files in lint.PLANTED:
            if not findings(lint, files):
                missed.append(f"{name} does not find what is wrong in {files}")
        wrong = findings(lint, lint.CLEAN)
        if wrong:
            missed.append(f"{name} finds something in a clean tree: {wrong}")
        if hasattr(lint, "selftest"):
            lint.selftest()
        elif not lint.PLANTED:
            missed.append(f"{name} has nothing planted")
    print("\n".join(missed) or f"{len(names)} lints tested")
    sys.exit(1 if missed else 0)


main()
