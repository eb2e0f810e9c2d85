"""The domain library asks nothing of the world: no I/O, clock, allocation or randomness. nm knows."""
import os
import re
import subprocess

RULE = "libdomain.a needs no symbol but mem*, str* and what assert and the stack protector call"
ALLOWED = re.compile(r"mem\w+|str\w+|__(mem|str)\w+_chk|bcmp|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_")

SOURCES = ("core/domain/",)
PLANTED = [{"core/domain/a.c": "#include <time.h>\nlong now(void);\nlong now(void) { return (long)time(0); }\n"}]
CLEAN = {"core/domain/a.c": "#include <string.h>\nint f(const char *s);\n"
                            "int f(const char *s) { return (int)strlen(s); }\n"}


def symbols(archive, *options):
    out = subprocess.run(["nm", "-P", *options, archive], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True).stdout
    return {line.split()[0] for line in out.splitlines() if len(line.split()) >= 2}


def check(tree):
    archive = os.path.join(tree.build, "core/domain/libdomain.a")
    if not any(f.startswith(SOURCES) and f.endswith(".c") for f in tree.files):
        return []
    if not os.path.exists(archive):
        return [f"{archive}: not built"]
    needed = symbols(archive, "-u") - symbols(archive, "--defined-only")
    return [f"libdomain.a: imports {name}" for name in sorted(needed) if not ALLOWED.fullmatch(name)]


def prepare(tree):
    """For the test of the tester: build the planted library."""
    folder = os.path.join(tree.build, "core/domain")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["gcc", "-c", "-o", folder + "/a.o", tree.path("core/domain/a.c")], check=True)
    subprocess.run(["ar", "rc", folder + "/libdomain.a", folder + "/a.o"], check=True)
