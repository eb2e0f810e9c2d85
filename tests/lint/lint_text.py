"""The project speaks of itself only: no paths of somebody's machine, no hosts of package registries (a mirror or an
offline copy must work by configuration of apt and maven alone), no conflict marks."""
import re

RULE = "no machine paths, registry hosts or conflict marks in the tree"
HOSTS = ("deb" ".debian.org", "repo.maven" ".apache.org", "repo1" ".maven.org", "registry.npmjs" ".org", "pypi" ".org",
         "pythonhosted" ".org", "proxy.golang" ".org", "crates" ".io", "artifact" "registry")
MACHINE = re.compile(r"(?<![\w.$}/-])/" r"work/|/" r"root/\.[a-z]|/" r"home/[a-z]")
CONFLICT = re.compile(r"^(<{7} |>{7} |={7}$)", re.M)
SKIP = (".json", ".png", "LICENSE")

PLANTED = [
    {"a.md": "see /" "work/main\n"},
    {"a.sh": "curl https://registry.npmjs" ".org/x\n"},
    {"a.c": "<" "<<<<<< HEAD\n"},
]
CLEAN = {"a.md": "see tests/work/main and $DIR/work/x, an issue in /var/lib/nexusflow\n"}


def findings_in(text):
    for match in MACHINE.finditer(text):
        yield match.start(), f"a path of somebody's machine: {match.group()}"
    for match in CONFLICT.finditer(text):
        yield match.start(), "a conflict mark"
    for host in HOSTS:
        at = text.find(host)
        if at >= 0:
            yield at, f"a registry host: {host}"


def check(tree):
    findings = []
    for file in tree.files:
        if file.endswith(SKIP):
            continue
        text = tree.text(file)
        for at, what in findings_in(text):
            line = text.count("\n", 0, at) + 1
            findings.append(f"{file}:{line}: {what}")
    return findings
