"""Tables in the documentation that the program knows are printed by the program.

In a .md file, a line `<!-- printed by: nexusflow ARGUMENTS -->` says that the fenced block (or the Markdown up to
`<!-- end -->`) after it is what `nexusflow ARGUMENTS` prints."""
import os
import re
import shlex
import subprocess

RULE = "what the documentation says the program prints, it prints"
MARK = re.compile(r"<!-- printed by: nexusflow ([^\n]*?) -->\n+(?:```\w*\n(.*?)```|(.*?)<!-- end -->)", re.S)
ANY_MARK = re.compile(r"<!-- printed by:")
PLANTED = [
    {"README.md": "<!-- printed by: nexusflow config print -->\n```\nold\n```\n"},
    {"README.md": "<!-- printed by: nexusflow config print -->\nnothing follows\n"},
]
CLEAN = {"README.md": "<!-- printed by: nexusflow config print -->\n```\nconfig print\n```\n"}


def program(tree):
    for folder in ("cli", "bin", "."):
        path = os.path.join(tree.build, folder, "nexusflow")
        if os.path.isfile(path):
            return path
    return None


def check(tree):
    findings = []
    for file in tree.of(".md"):
        text = tree.text(file)
        matches = list(MARK.finditer(text))
        if len(matches) != len(ANY_MARK.findall(text)):
            findings.append(f"{file}: a `printed by` mark without a block after it")
        for match in matches:
            arguments, fenced, plain = match.groups()
            line = text.count("\n", 0, match.start()) + 1
            if not program(tree):
                findings.append(f"{file}:{line}: nexusflow is not built in {tree.build}")
                continue
            # An empty environment: the text must not depend on who builds.
            out = subprocess.run([program(tree), *shlex.split(arguments)], env={}, stdout=subprocess.PIPE, text=True)
            wanted = fenced if fenced is not None else plain
            if out.returncode or out.stdout.strip() != wanted.strip():
                findings.append(f"{file}:{line}: nexusflow {arguments} prints something else (exit {out.returncode})")
    return findings


def prepare(tree):
    """For the test of the tester: a program that prints its arguments."""
    os.makedirs(tree.build, exist_ok=True)
    fake = os.path.join(tree.build, "nexusflow")
    with open(fake, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\necho "$@"\n')
    os.chmod(fake, 0o755)
