"""Shell scripts parse and are strict; shellcheck agrees where it is installed."""
import shutil
import subprocess

RULE = "shell scripts set -euo pipefail, parse, and shellcheck has no remark (where it is installed)"
PLANTED = [
    {"deploy/a": "#!/usr/bin/env bash\nset -euo pipefail\nif true; then\n"},
    {"deploy/a": "#!/usr/bin/env bash\necho hi\n"},
]
CLEAN = {"deploy/a": "#!/usr/bin/env bash\nset -euo pipefail\nprintf 'hi\\n'\n"}


def is_shell(tree, file):
    with open(tree.path(file), "rb") as f:
        first = f.readline(200)
    return first.startswith(b"#!") and first.rstrip().endswith((b"bash", b"/sh"))


def check(tree):
    findings = []
    scripts = [f for f in tree.files if is_shell(tree, f)]
    for file in scripts:
        if "set -euo pipefail" not in tree.text(file):
            findings.append(f"{file}: does not set -euo pipefail")
        parse = subprocess.run(["bash", "-n", file], cwd=tree.root, stderr=subprocess.PIPE, text=True)
        if parse.returncode:
            findings.append(parse.stderr.strip())
    if scripts and shutil.which("shellcheck"):
        out = subprocess.run(["shellcheck", "-x", "-f", "gcc", *scripts], cwd=tree.root,
                             stdout=subprocess.PIPE, text=True).stdout
        findings += out.splitlines()
    return findings
