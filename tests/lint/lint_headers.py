"""Headers are the manual: the first thing in one says what the thing is. And each can be included twice."""
import re

RULE = "every header begins with a comment and has an include guard of its own name"
PLANTED = [
    {"core/base/a.h": "#ifndef CORE_BASE_A_H\n#define CORE_BASE_A_H\n#endif\n"},
    {"core/base/a.h": "/* What it is. */\nint x;\n"},
    {"core/base/a.h": "/* What it is. */\n#ifndef B_H\n#define B_H\n#endif\n"},
]
CLEAN = {"core/base/a.h": "/* What it is. */\n#ifndef CORE_BASE_A_H\n#define CORE_BASE_A_H\n#endif\n"}


def check(tree):
    findings = []
    for file in tree.of(".h"):
        text = tree.text(file)
        if not text.startswith("/*"):
            findings.append(f"{file}:1: does not begin with a comment that says what it is")
        guard = re.sub(r"[^A-Z0-9]", "_", file.upper())
        if not re.search(rf"^#ifndef {guard}\n#define {guard}$", text, re.M):
            findings.append(f"{file}: no include guard {guard}")
    return findings
