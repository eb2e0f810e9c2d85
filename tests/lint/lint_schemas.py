"""The second opinion on evolution: python3-avro compares every version of a record with every other, both ways."""
import itertools
import json
import os

import avro.compatibility
import avro.schema

RULE = "all versions of a record, and its current schema, read each other (FULL_TRANSITIVE)"
ROOT = "schemas/avro/"
HISTORY = ROOT + "history/"

RECORD = '{"type":"record","name":"A","namespace":"n","fields":[{"name":"s","type":"string"}%s]}'
WITH_DEFAULT = RECORD % ',{"name":"t","type":"int","default":0}'
WITHOUT_DEFAULT = RECORD % ',{"name":"t","type":"int"}'
ENUM = ',{"name":"e","type":{"type":"enum","name":"E","symbols":[%s],"default":"unknown"}}'
TWO_SYMBOLS = RECORD % (ENUM % '"unknown","x"')
THREE_SYMBOLS = RECORD % (ENUM % '"unknown","x","y"')
IDS = {HISTORY + "ids.txt": "1 A 1\n2 A 2\n"}
ONE, TWO, NOW = HISTORY + "A/1.avsc", HISTORY + "A/2.avsc", ROOT + "events/A.avsc"

PLANTED = [
    {**IDS, ONE: RECORD % "", TWO: WITHOUT_DEFAULT, NOW: WITHOUT_DEFAULT},
    {**IDS, ONE: RECORD % "", TWO: WITH_DEFAULT, NOW: WITHOUT_DEFAULT},
    {**IDS, ONE: WITHOUT_DEFAULT, TWO: RECORD % "", NOW: RECORD % ""},
    {**IDS, ONE: RECORD % "", TWO: (RECORD % "").replace('"string"', '"long"'), NOW: RECORD % ""},
    {**IDS, ONE: RECORD % "", NOW: RECORD % ""},
    {HISTORY + "ids.txt": "1 A 1\n", ONE: RECORD % "", TWO: RECORD % "", NOW: RECORD % ""},
    {HISTORY + "ids.txt": "1 A 1\n", ONE: RECORD % ""},
]
CLEAN = {
    **IDS, ONE: TWO_SYMBOLS, TWO: THREE_SYMBOLS, NOW: RECORD % ',{"name":"e","type":"n.E"}',
    ROOT + "types/E.avsc": '{"type":"enum","name":"E","namespace":"n","symbols":["unknown","x","y"],"default":"unknown"}',
}


def inline(schema, types, seen):
    """The schema in one piece: each named type written out where it is used first."""
    if isinstance(schema, str):
        if schema not in types or schema in seen:
            return schema
        seen.add(schema)
        return inline(types[schema], types, seen)
    if isinstance(schema, list):
        return [inline(part, types, seen) for part in schema]
    out = dict(schema)
    for key in ("type", "items"):
        if key in out:
            out[key] = inline(out[key], types, seen)
    if "fields" in out:
        out["fields"] = [inline(field, types, seen) for field in out["fields"]]
    return out


def current(tree):
    """Name -> the schema that the program writes now, as text."""
    types, records = {}, {}
    for file in tree.of(".avsc"):
        folder, _, name = file[len(ROOT):].rpartition("/")
        if not file.startswith(ROOT) or folder not in ("types", "events", "control"):
            continue
        schema = json.loads(tree.text(file))
        if folder == "types":
            types[f"{schema['namespace']}.{schema['name']}"] = schema
        else:
            records[os.path.splitext(name)[0]] = schema
    return {name: json.dumps(inline(schema, types, set())) for name, schema in records.items()}


def published(tree):
    """Name -> [(version, text)] by ids.txt, and what is wrong between that table and the files."""
    versions, findings, named = {}, [], set()
    lines = tree.text(HISTORY + "ids.txt").splitlines() if HISTORY + "ids.txt" in tree.files else []
    for number, line in enumerate(lines, 1):
        id_, name, version = line.split()
        file = f"{HISTORY}{name}/{version}.avsc"
        named.add(file)
        if int(id_) != number or int(version) != len(versions.get(name, [])) + 1:
            findings.append(f"{HISTORY}ids.txt:{number}: out of order")
        if file not in tree.files:
            findings.append(f"{file}: is missing")
            continue
        versions.setdefault(name, []).append((version, tree.text(file)))
    for file in tree.of(".avsc"):
        if file.startswith(HISTORY) and file not in named:
            findings.append(f"{file}: has no id")
    return versions, findings


def incompatible(reader, writer):
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()
    result = checker.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    if result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible:
        return None
    kinds = ", ".join(sorted(kind.value for kind in result.incompatibilities))
    return f"{kinds} at {', '.join(sorted(result.locations))}: {', '.join(sorted(result.messages))}"


def check(tree):
    versions, findings = published(tree)
    now = current(tree)
    findings += [f"{ROOT}: {name} was published and is gone" for name in versions if name not in now]
    for name, text in now.items():
        everything = versions.get(name, []) + [("now", text)]
        if len(everything) == 1:
            findings.append(f"{name}: no version is frozen (schemas/freeze)")
        for (a, reader), (b, writer) in itertools.permutations(everything, 2):
            why = incompatible(reader, writer)
            if why:
                findings.append(f"{name}: {a} cannot read {b}: {why}")
    return findings
