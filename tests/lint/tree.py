"""What the lints share: which files the project has, and how a finding is reported.

A lint is a module with RULE (one sentence), check(tree) -> list of findings, and for the test of the tester PLANTED: small
trees {path: text}, each with one violation, and CLEAN: one without."""
import os
import subprocess
import sys


class Tree:
    """The files of a source tree: what git tracks, or everything where there is no git."""

    def __init__(self, root, build=None):
        self.root = os.path.abspath(root)
        self.build = build  # build tree, for lints that look at what was built
        self.files = sorted(f for f in self._list() if os.path.isfile(self.path(f)))

    def _list(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            # A tree that was cloned by somebody else is fine to read.
            out = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-z"],
                check=True, stdout=subprocess.PIPE).stdout
            return out.decode().rstrip("\0").split("\0")
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [d for d in folders if not d.startswith("build") and d != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, f), self.root) for f in files]
        return found

    def path(self, file):
        return os.path.join(self.root, file)

    def of(self, *endings):
        return [f for f in self.files if f.endswith(endings)]

    def text(self, file):
        with open(self.path(file), encoding="utf-8", errors="replace") as f:
            return f.read()


def main(lint):
    """Run one lint over a tree: LINT ROOT [BUILD]. Exit 1 with one line per finding."""
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} SOURCE [BUILD]")
    tree = Tree(*sys.argv[1:])
    findings = lint.check(tree)
    for finding in findings:
        print(finding)
    if findings:
        sys.exit(f"{len(findings)} findings against: {lint.RULE}")
    print(f"{len(tree.files)} files: {lint.RULE}")
