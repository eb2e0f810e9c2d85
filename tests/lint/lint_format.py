"""C files are as clang-format 14 leaves them. `tests/lint/format --fix` formats them."""
import shutil
import subprocess

RULE = "C files are formatted by .clang-format (tests/lint/format --fix does it)"
STYLE = "BasedOnStyle: LLVM\nUseTab: ForIndentation\nIndentWidth: 8\n"
PLANTED = [{".clang-format": STYLE, "a.c": "int  f(void);\n"}]
CLEAN = {".clang-format": STYLE, "a.c": "int f(void);\n"}


def check(tree):
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        return ["clang-format is not installed (deploy/install --test)"]
    files = tree.of(".c", ".h")
    if not files:
        return []
    out = subprocess.run([program, "--dry-run", "-Werror", "--style=file", *files],
                         cwd=tree.root, stderr=subprocess.PIPE, text=True).stderr
    lines = [line for line in out.splitlines() if "[-Wclang-format-violations]" in line]
    first = {}
    for line in lines:
        first.setdefault(line.split(":")[0], line.split(" error:")[0])
    return [f"{where}: not formatted" for where in first.values()]
