"""The domain library asks nothing of the world: no I/O, clock, allocation or randomness. nm knows.

What it calls of the generated libschema.a is held to the same rule; of core/base it may call the few functions named here,
which only look at their arguments."""
import os
import re
import subprocess

RULE = "the domain needs no symbol but mem*, str*, what assert and the stack protector call, and pure functions of base"
ALLOWED = re.compile(r"mem\w+|str\w+|__(mem|str)\w+_chk|bcmp|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_")

PURE_OF_BASE = {"trim_spaces", "has_space", "has_visible_character", "hidden_character", "next_character", "same_but_case", "pattern_check", "pattern_match", "clock_format", "clock_parse", "date_format", "date_parse", "slice_compare", "slice_equal", "uuid_format", "uuid_parse", "uuid_compare"}

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
    archives = [archive]
    schema = os.path.join(tree.build, "schemas/libschema.a")
    if os.path.exists(schema):
        archives.append(schema)
    known = PURE_OF_BASE.union(*(symbols(a, "--defined-only") for a in archives))
    return [f"{os.path.basename(a)}: imports {name}" for a in archives for name in sorted(symbols(a, "-u") - known)
            if not ALLOWED.fullmatch(name)]


def prepare(tree):
    """For the test of the tester: build the planted library."""
    folder = os.path.join(tree.build, "core/domain")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["gcc", "-c", "-o", folder + "/a.o", tree.path("core/domain/a.c")], check=True)
    subprocess.run(["ar", "rc", folder + "/libdomain.a", folder + "/a.o"], check=True)
