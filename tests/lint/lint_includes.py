"""Who may include whom: base <- generated <- domain <- codec, journal, store, http, service <- roles."""
import re

RULE = "includes follow base <- generated <- domain <- codec, journal, store, http, service <- roles"

SERVICES = ("core/codec", "core/journal", "core/store", "core/http", "core/service")
ROLES = ("command-api", "processors", "projections", "query-api", "replay", "import", "console")
CORE = ("core/base", "generated", "core/domain") + SERVICES

# Folder -> folders it may include, itself aside. Folders that are not here (tests, bench, cli, which wires the roles
# together) may include what they like.
MAY_INCLUDE = {
    "core/base": (),
    "generated": ("core/base",),
    "core/domain": ("core/base", "generated"),
    # Its generated half is made into the build tree, its layers are those of core/codec.
    "schemas": (),
    **{folder: CORE for folder in SERVICES},
    **{role: CORE for role in ROLES},
}
# replay runs the same view objects as the projector; the query API reads the views of the projector beside it.
MAY_INCLUDE["replay"] += ("projections",)
MAY_INCLUDE["query-api"] += ("projections",)

# The domain knows the shapes of events and commands, not how they are written.
DOMAIN_GENERATED = ("generated/event.h", "generated/command.h")

VENDOR = {  # header -> folders in which it stays
    r"librdkafka/.*": ("core/journal",),
    r"avro(/.*)?\.h": ("core/codec",),
    r"utf8proc\.h": ("core/base", "core/codec"),
    r"lmdb\.h": ("core/journal", "core/store"),
    r"(libpq-fe|libpq/.*|postgres_ext)\.h": ("core/store",),
    r"microhttpd\.h": ("core/http",),
}
BASE_VENDOR = r"ini\.h|openssl/.*|pcre2\.h|utf8proc\.h"
C_STANDARD = (r"assert|ctype|errno|float|inttypes|limits|math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|"
              r"stdint|stdio|stdlib|stdnoreturn|string|strings|time|uchar|wchar")
POSIX = (r"dirent|dlfcn|fcntl|getopt|locale|netdb|poll|pthread|pwd|grp|sched|semaphore|syslog|sysexits|termios|ucontext|"
         r"unistd|malloc|endian|byteswap|threads|libgen|fnmatch|glob|langinfo|spawn|(sys|netinet|arpa|linux|net)/.*")
DOMAIN_SYSTEM = r"(assert|limits|stdalign|stdbool|stddef|stdint|string)\.h"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)


def folder_of(path):
    for folder in MAY_INCLUDE:
        if path.startswith(folder + "/"):
            return folder
    return None


def system_finding(folder, header):
    if folder == "core/domain" and not re.fullmatch(DOMAIN_SYSTEM, header):
        return "the domain is pure"
    if folder == "core/base" and not re.fullmatch(
            rf"({C_STANDARD}|{POSIX})(\.h)?|{BASE_VENDOR}", header):
        return "base has no vendor headers"
    for pattern, homes in VENDOR.items():
        if re.fullmatch(pattern, header) and folder not in homes:
            return f"stays inside {', '.join(homes)}"
    return None


def own_finding(folder, header):
    target = folder_of(header)
    if target is None or target == folder:
        return None
    if folder == "core/domain" and target == "generated" and header not in DOMAIN_GENERATED:
        return "the domain sees the shapes of events and commands only"
    if target not in MAY_INCLUDE[folder]:
        return f"{folder} does not include {target}"
    return None


def check(tree):
    findings = []
    for file in tree.of(".c", ".h"):
        folder = folder_of(file)
        if folder is None or folder == "schemas":
            continue
        text = tree.text(file)
        for match in INCLUDE.finditer(text):
            bracket, header = match.groups()
            why = (system_finding if bracket == "<" else own_finding)(folder, header)
            if why:
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{file}:{line}: includes {header}: {why}")
    return findings


PLANTED = [
    {"core/base/a.c": '#include "core/domain/issue.h"\n'},
    {"core/base/a.c": "#include <jansson.h>\n"},
    {"core/domain/a.c": "#include <stdio.h>\n"},
    {"core/domain/a.h": '#include "core/store/kv.h"\n'},
    {"core/domain/a.h": '#include "generated/event_codec.h"\n'},
    {"core/store/a.c": "#include <librdkafka/rdkafka.h>\n"},
    {"core/journal/a.c": '#include "replay/replay.h"\n'},
    {"query-api/a.c": "#  include <lmdb.h>\n"},
    {"query-api/a.c": '#include "command-api/writer.h"\n'},
]
CLEAN = {
    "core/base/a.c": "#include <ini.h>\n#include <pthread.h>\n",
    "core/domain/a.c": '#include <string.h>\n#include "core/base/uuid.h"\n#include "generated/event.h"\n',
    "core/journal/a.c": '#include <librdkafka/rdkafka.h>\n#include "core/base/uuid.h"\n',
    "replay/a.c": '#include "projections/view.h"\n#include "core/journal/journal.h"\n',
    "tests/unit/a.c": '#include <avro.h>\n#include "replay/a.h"\n',
}
