"""The second opinion on bytes: python3-avro decodes the golden records, with the schema that their frame names."""
import base64
import datetime
import io
import json
import uuid

import avro.io
import avro.schema

RULE = "python3-avro reads every golden record as our codec does"
HISTORY = "schemas/avro/history/"
GOLDEN = "tests/golden/events/"

SCHEMA = {
    HISTORY + "ids.txt": "1 A 1\n",
    HISTORY + "A/1.avsc": '{"type":"record","name":"A","fields":[{"name":"s","type":"string"}]}',
}
PLANTED = [
    SCHEMA,
    {**SCHEMA, GOLDEN + "A.1.bin": "\0\0\0\0\1\2x", GOLDEN + "A.1.json": '{"s":"y"}'},
    {**SCHEMA, GOLDEN + "A.1.bin": "\0\0\0\0\1\2xx", GOLDEN + "A.1.json": '{"s":"x"}'},
    {**SCHEMA, GOLDEN + "A.1.bin": "\0\0\0\0\2\2x", GOLDEN + "A.1.json": '{"s":"x"}'},
]
CLEAN = {**SCHEMA, GOLDEN + "A.1.bin": "\0\0\0\0\1\2x", GOLDEN + "A.1.json": '{"s":"x"}'}


def plain(value):
    """What python3-avro returns, as our JSON writes it."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def check_one(tree, id_, name, version):
    file = f"{GOLDEN}{name}.{version}.bin"
    if file not in tree.files:
        return f"{file}: is missing (make_golden_events writes it)"
    with open(tree.path(file), "rb") as f:
        value = f.read()
    if value[:5] != b"\0" + id_.to_bytes(4, "big"):
        return f"{file}: the frame is not that of schema {id_}"
    body = io.BytesIO(value[5:])
    schema = avro.schema.parse(tree.text(f"{HISTORY}{name}/{version}.avsc"))
    read = plain(avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(body)))
    if body.read(1):
        return f"{file}: bytes are left"
    expected = json.loads(tree.text(file[:-4] + ".json"))
    if "meta" in expected:
        expected = {"meta": expected["meta"], **expected["body"]}
    if read != expected:
        return f"{file}: python3-avro reads {json.dumps(read)}"
    return None


def check(tree):
    findings = []
    for line in tree.text(HISTORY + "ids.txt").splitlines():
        id_, name, version = line.split()
        findings.append(check_one(tree, int(id_), name, version))
    return [finding for finding in findings if finding]
