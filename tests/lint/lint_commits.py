"""Commits read as style.md says: `area: imperative, lower case`, at most 72 characters, nothing of a machine."""
import os
import re
import subprocess

import lint_text

RULE = "commit subjects are `area: lower case` of at most 72 characters and the text names no machine"
SUBJECT = re.compile(r"[a-z0-9_./+-]+(, [a-z0-9_./+-]+)*: [^A-Z\s].*[^.\s]")
HISTORY = 500  # commits whose text is looked at


def findings_of(name, message):
    subject = message.split("\n", 1)[0]
    if subject.startswith("Merge "):
        return
    if len(subject) > 72:
        yield f"{name}: subject of {len(subject)} characters: {subject}"
    if not SUBJECT.fullmatch(subject):
        yield f"{name}: subject is not `area: lower case`: {subject}"
    for _, what in lint_text.findings_in(message):
        yield f"{name}: {what}"


def git(tree, *arguments):
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", tree.root, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout if done.returncode == 0 else ""


def check(tree):
    if not os.path.exists(tree.path(".git")):
        return []
    # What is published cannot be changed any more: only the newest commit and those not yet pushed must comply.
    change = set(git(tree, "log", "--format=%h", "@{upstream}..HEAD").split())
    change.add(git(tree, "log", "-1", "--format=%h").strip())
    findings = []
    for entry in git(tree, "log", f"-{HISTORY}", "--format=%h%x00%B%x01").split("\x01"):
        if "\0" not in entry:
            continue
        name, message = entry.strip("\n").split("\0", 1)
        for finding in findings_of(name, message):
            if name in change:
                findings.append(finding)
            else:
                print("remark:", finding)
    return findings


def selftest():
    for bad in ("Fix things", "store: Fix it", "store: fix it.", "store: " + "x" * 70, "a: b\n\nin /" "work/main"):
        assert list(findings_of("x", bad)), f"not found: {bad}"
    for good in ("core/base: keep it short", "store, projections: settle the faces", "http: answer 304\n\nwhy"):
        assert not list(findings_of("x", good)), f"wrongly found: {good}"


PLANTED = []
CLEAN = {}
