#!/usr/bin/python3
"""usage: test_avrogen.py AVROGEN [--write]

What avrogen makes of small schemas is compared with tests/golden/avrogen (--write renews it), and every schema that the C
side cannot hold is refused with a line that names the file and the reason."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

AVROGEN = ""
GOLDEN = "tests/golden/avrogen"

UUID = {"type": "string", "logicalType": "uuid"}
META = {"type": "record", "name": "EventMeta", "namespace": "n", "doc": "Who and when.",
        "fields": [{"name": "seq", "type": "long", "doc": "Number."}]}
COLOUR = {"type": "enum", "name": "Colour", "namespace": "n", "doc": "A colour.",
          "symbols": ["unknown", "red"], "default": "unknown"}
PAINTED = {"type": "record", "name": "WallPainted", "namespace": "n.events", "doc": "A wall was painted.",
           "fields": [{"name": "meta", "type": "n.EventMeta", "doc": "Who and when."},
                      {"name": "wall_id", "type": UUID, "doc": "The wall."},
                      {"name": "colour", "type": "n.Colour", "doc": "Its colour now."},
                      {"name": "note", "type": ["null", "string"], "doc": "What to know.", "default": None},
                      {"name": "layers", "type": {"type": "array", "items": "string"}, "doc": "Layers.", "default": []}]}
CONTROL = {"type": "record", "name": "LogBegun", "namespace": "n.control", "doc": "A log begins.",
           "fields": [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When."}]}
PAINT = {"type": "record", "name": "PaintWall", "namespace": "n.commands", "doc": "Paint a wall.", "aggregate": "wall",
         "fields": [{"name": "wall", "type": "string", "doc": "Which.", "min_length": 1, "max_length": 64},
                    {"name": "colour", "type": "n.Colour", "doc": "Colour.", "default": "red"}]}


def schemas(**changed):
    """A tree of schemas by path; @changed replaces the field `wall_id` of the event."""
    tree = {"types/EventMeta": META, "types/Colour": COLOUR, "events/WallPainted": PAINTED,
            "control/LogBegun": CONTROL, "commands/PaintWall": PAINT}
    tree = copy.deepcopy(tree)
    if "field" in changed:
        tree["events/WallPainted"]["fields"][1] = {"name": "x", "doc": "X.", **changed["field"]}
    tree.update(changed.get("files", {}))
    return tree


class Folder:
    """The schemas on disk, frozen once."""

    def __init__(self, tree):
        self.temporary = tempfile.TemporaryDirectory()
        self.avro = os.path.join(self.temporary.name, "avro")
        self.out = os.path.join(self.temporary.name, "out")
        os.mkdir(self.out)
        self.write(tree)

    def write(self, tree):
        for name, schema in tree.items():
            path = os.path.join(self.avro, name + ".avsc")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(schema if isinstance(schema, str) else json.dumps(schema))

    def run(self, *args):
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run([AVROGEN, *args], env=env, capture_output=True, text=True, timeout=60)

    def freeze(self):
        return self.run("freeze", self.avro)

    def generate(self):
        return self.run("generate", self.avro, self.out)

    def read(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8") as f:
            return f.read()


class Case(unittest.TestCase):
    def folder_of(self, tree):
        folder = Folder(tree)
        self.addCleanup(folder.temporary.cleanup)
        return folder


class Generates(Case):
    def test_output_is_that_of_the_golden_files(self):
        folder = self.folder_of(schemas())
        self.assertEqual(folder.freeze().returncode, 0)
        result = folder.generate()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        names = sorted(os.listdir(folder.out))
        self.assertEqual(names, ["command.c", "command.h", "command_types.c", "event.c", "event.h", "event_schemas.c", "record_codec.c",
                                 "record_codec.h", "record_tables.c", "schema_entries.c"])
        for name in ("event.h", "record_codec.c"):
            with open(os.path.join(GOLDEN, name + ".expected"), encoding="utf-8") as f:
                self.assertEqual(folder.read(name), f.read(), name)


class Freezes(Case):
    def setUp(self):
        self.folder = self.folder_of(schemas())
        self.folder.freeze()

    def changed(self, **field):
        tree = schemas()
        tree["events/WallPainted"]["fields"].append({"name": "coats", "type": "int", "doc": "Coats.", **field})
        self.folder.write(tree)

    def test_a_changed_schema_stops_the_build_until_it_is_frozen(self):
        self.changed(default=1)
        result = self.folder.generate()
        self.assertEqual(result.returncode, 1)
        self.assertIn("WallPainted differs from its frozen version 1", result.stderr)
        self.assertIn("schemas/freeze", result.stderr)
        self.assertEqual(self.folder.freeze().stdout, "WallPainted: version 2, id 3\n")
        self.assertEqual(self.folder.generate().returncode, 0)
        self.assertIn(".id = 3", self.folder.read("schema_entries.c"))
        self.assertEqual(self.folder.freeze().stdout, "")

    def test_a_better_doc_is_no_new_version(self):
        tree = schemas()
        tree["events/WallPainted"]["doc"] = "A wall got paint."
        tree["types/EventMeta"]["fields"][0]["doc"] = "Its number."
        self.folder.write(tree)
        self.assertEqual(self.folder.generate().returncode, 0)
        self.assertEqual(self.folder.freeze().stdout, "")

    def test_a_type_that_changed_concerns_each_record_that_uses_it(self):
        tree = schemas()
        tree["types/Colour"]["symbols"].append("blue")
        self.folder.write(tree)
        self.assertIn("WallPainted differs", self.folder.generate().stderr)
        self.assertEqual(self.folder.freeze().stdout, "WallPainted: version 2, id 3\n")

    def test_what_was_never_frozen_is_not_generated(self):
        folder = self.folder_of(schemas())
        self.assertIn("no version of WallPainted is frozen", folder.generate().stderr)

    def test_a_published_record_cannot_be_removed(self):
        os.remove(os.path.join(self.folder.avro, "control/LogBegun.avsc"))
        self.assertIn("LogBegun was published and cannot be removed", self.folder.generate().stderr)

    def test_ids_are_without_gaps(self):
        with open(os.path.join(self.folder.avro, "history/ids.txt"), "a", encoding="utf-8") as f:
            f.write("4 WallPainted 2\n")
        self.assertIn("id 3 expected", self.folder.generate().stderr)


def record(name, *fields):
    return {"type": "record", "name": name, "namespace": "n", "doc": "D.",
            "fields": [{"name": "f" + str(i), "type": t, "doc": "F."} for i, t in enumerate(fields)]}


def enum(**changed):
    return {"files": {"types/Colour": {**COLOUR, **changed}}}


REFUSED = [
    ("'map' is not supported", {"field": {"type": {"type": "map", "values": "int"}}}),
    ("'float' is not supported", {"field": {"type": "float"}}),
    ("'null' is not supported", {"field": {"type": {"type": "array", "items": "null"}}}),
    ("only union supported", {"field": {"type": ["null", "string", "int"]}}),
    ("only union supported", {"field": {"type": ["string", "null"]}}),
    ("only union supported", {"field": {"type": ["int", "string"]}}),
    ("a union or array is not possible", {"field": {"type": {"type": "array", "items": ["null", "int"]}}}),
    ("'array' is not supported", {"field": {"type": {"type": "array", "items": {"type": "array", "items": "int"}}}}),
    ("an array is never null", {"field": {"type": ["null", {"type": "array", "items": "int"}]}}),
    ("give the record a file of its own", {"field": {"type": record("Inner", "int")}}),
    ("with logicalType time-millis is not", {"field": {"type": {"type": "int", "logicalType": "time-millis"}}}),
    ("'n.Nothing' is not supported", {"field": {"type": "n.Nothing"}}),
    ("is a word of C", {"field": {"name": "default", "type": "int"}}),
    ("is not a name", {"field": {"name": "a-b", "type": "int"}}),
    ("two fields 'meta'", {"field": {"name": "meta", "type": "int"}}),
    ("has no doc", {"field": {"type": "int", "doc": ""}}),
    ("not one line", {"field": {"type": "int", "doc": "*/ int x; /*"}}),
    ("the default of a union is null", {"field": {"type": ["null", "int"], "default": 1}}),
    ("does not fit the type", {"field": {"type": "int", "default": "1"}}),
    ("does not fit the type", {"field": {"type": "n.Colour", "default": "mauve"}}),
    ("the default of an array is []", {"field": {"type": {"type": "array", "items": "int"}, "default": [1]}}),
    ("the first symbol and the default", enum(symbols=["red", "unknown"])),
    ("the first symbol and the default", enum(default="red")),
    ("contains itself", {"field": {"type": "n.R"}, "files": {"types/R": record("R", ["null", "n.R"])}}),
    ("contains itself", {"field": {"type": "n.R"},
                         "files": {"types/R": record("R", "n.S"), "types/S": record("S", "n.R")}}),
    ("no record uses it", {"files": {"types/R": record("R", "int")}}),
    ("a record needs fields", {"field": {"type": "n.R"}, "files": {"types/R": record("R")}}),
    ("a fixed of 1 to 4096 bytes", {"files": {"types/F": {"type": "fixed", "name": "F", "namespace": "n", "doc": "F.",
                                                          "size": 0}}}),
    ("not named like its type", {"files": {"events/Other": PAINTED}}),
    ("the first field of an event is meta", {"files": {"events/A": record("A", "int", "int")}}),
    ("needs max_length", {"files": {"commands/A": {**record("A", "string"), "aggregate": "wall"}}}),
    ("needs max_items", {"files": {"commands/A": {**record("A", {"type": "array", "items": "int"}), "aggregate": "w"}}}),
    ("bytes are not supported in commands", {"files": {"commands/A": {**record("A", "bytes"), "aggregate": "wall"}}}),
    ("no aggregate", {"files": {"commands/A": record("A", "int")}}),
    ("line 1", {"files": {"events/WallPainted": "{"}}),
]


class Refuses(Case):
    def test_what_c_cannot_hold(self):
        for reason, changed in REFUSED:
            with self.subTest(reason=reason, changed=changed):
                folder = self.folder_of(schemas(**changed))
                frozen = folder.freeze()
                result = frozen if frozen.returncode else folder.generate()
                self.assertEqual(result.returncode, 1)
                self.assertIn(reason, result.stderr)
                self.assertIn(".avsc: ", result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)


def write_golden():
    folder = Folder(schemas())
    folder.freeze()
    folder.generate()
    os.makedirs(GOLDEN, exist_ok=True)
    for name in ("event.h", "record_codec.c"):
        with open(os.path.join(GOLDEN, name + ".expected"), "w", encoding="utf-8") as f:
            f.write(folder.read(name))
    folder.temporary.cleanup()


if __name__ == "__main__":
    AVROGEN = sys.argv.pop(1)
    if "--write" in sys.argv:
        write_golden()
    else:
        unittest.main()
