"""Reads journals without the program: the LMDB file of the embedded driver (layout: core/journal/embedded.h), a Kafka topic,
and values in Confluent framing, decoded by python3-avro with schemas that the registry endpoints gave.

JSON forms are those of the feed: times as RFC 3339 with milliseconds, days as YYYY-MM-DD, bytes as base64."""
import base64
import datetime
import io
import struct
import time
import uuid

import avro.io
import avro.schema

CONTROL = "nexusflow.control."
EVENTS = "nexusflow.events."


class Record:
    def __init__(self, partition, offset, key, headers, value):
        self.partition, self.offset, self.key, self.headers, self.value = partition, offset, key, headers, value


def unpack_headers(packed):
    headers = []
    at = 0
    while at < len(packed):
        name_n, value_n = struct.unpack_from(">HI", packed, at)
        at += 6
        headers.append((packed[at:at + name_n].decode(), bytes(packed[at + name_n:at + name_n + value_n])))
        at += name_n + value_n
    return headers


def read_embedded(data_dir):
    """Every record of the embedded journal in <data_dir>, by partition and offset. The node may run."""
    import lmdb
    env = lmdb.open(f"{data_dir}/journal", readonly=True, create=False, max_dbs=300, lock=False)
    records = []
    with env.begin() as txn:
        meta = env.open_db(b"meta", txn=txn, create=False)
        identity = txn.get(b"identity", db=meta)
        partitions, = struct.unpack_from(">I", identity, 16)
        for partition in range(partitions):
            db = env.open_db(b"p%03d" % partition, txn=txn, integerkey=True, create=False)
            for number, row in txn.cursor(db):
                offset, = struct.unpack("=Q", number)
                key_n, headers_n = struct.unpack_from(">II", row, 16)
                value_at = 24 + key_n + headers_n
                records.append(Record(partition, offset, bytes(row[24:24 + key_n]).decode(),
                                      unpack_headers(row[24 + key_n:value_at]), bytes(row[value_at:])))
    env.close()
    return records


def read_kafka(bootstrap, topic, timeout=60):
    """Every committed record of the topic up to its end, as any subscriber gets them."""
    import confluent_kafka
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "e2e-" + topic, "isolation.level": "read_committed",
        "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "error"})
    partitions = consumer.list_topics(topic, 10).topics[topic].partitions
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in partitions])
    records, open_, deadline = [], set(partitions), time.monotonic() + timeout
    while open_:
        message = consumer.poll(1)
        if message is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"{topic}: no end of partitions {sorted(open_)} within {timeout} s")
        elif not message.error():
            records.append(Record(message.partition(), message.offset(), (message.key() or b"").decode(),
                                  message.headers() or [], message.value()))
        elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            open_.discard(message.partition())
        else:
            raise AssertionError(str(message.error()))
    consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def to_json(value):
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_json(v) for v in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + \
            f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


class Decoder:
    """Values in Confluent framing; @fetch(id) gives the text of a schema."""

    def __init__(self, fetch):
        self.fetch = fetch
        self.readers = {}

    def decode(self, value):
        """(full name of the record, its fields as JSON)"""
        if len(value) < 5 or value[0] != 0:
            raise ValueError("not in Confluent framing")
        schema_id, = struct.unpack_from(">I", value, 1)
        if schema_id not in self.readers:
            schema = avro.schema.parse(self.fetch(schema_id))
            self.readers[schema_id] = schema.fullname, avro.io.DatumReader(schema, schema)
        name, reader = self.readers[schema_id]
        data = io.BytesIO(value[5:])
        fields = reader.read(avro.io.BinaryDecoder(data))
        if data.read(1):
            raise ValueError(f"bytes behind the {name}")
        return name, to_json(fields)


def registry(client):
    """What fetches schemas from a node, as a Confluent client does."""
    def fetch(schema_id):
        answer = client.get(f"/schemas/ids/{schema_id}", token="")
        if answer.status != 200:
            raise AssertionError(f"schema {schema_id}: {answer}")
        return answer.json()["schema"]
    return fetch


def registry_copy(client):
    """The same of a node that may be dead when a schema is needed: everything is fetched now."""
    def get(path):
        answer = client.get(path, token="")
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer}")
        return answer.json()
    schemas = {}
    for subject in get("/subjects"):
        for version in get(f"/subjects/{subject}/versions"):
            found = get(f"/subjects/{subject}/versions/{version}")
            schemas[found["id"]] = found["schema"]

    def fetch(schema_id):
        if schema_id not in schemas:
            raise AssertionError(f"there is no schema {schema_id}")
        return schemas[schema_id]
    return fetch


def tenants_of(records, decoder):
    """({tenant: [event]}, number of control records). An event has the members of the feed's: type, data; besides its
    partition and offset, and the headers of its record."""
    tenants, controls = {}, 0
    for record in records:
        name, fields = decoder.decode(record.value)
        if name.startswith(CONTROL):
            controls += 1
            continue
        tenants.setdefault(record.key, []).append(
            {"type": name, "data": fields, "partition": record.partition, "offset": record.offset,
             "headers": record.headers})
    return tenants, controls


def as_feed(event):
    """The same event as a line of the feed has it (CloudEvents JSON), made from the record's headers and value."""
    line = {name[3:]: value.decode() for name, value in event["headers"] if name.startswith("ce_")}
    return dict(line, datacontenttype="application/json", data=event["data"])
