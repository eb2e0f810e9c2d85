#!/usr/bin/python3 -B
"""What a process on Kafka says when its input is wrong: the wrong address, cluster, topic or settings end it with exit code
1 and one line that says who, what, where and what to do; records that are not ours are counted and harm nothing."""
import datetime
import io
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402
import old_broker  # noqa: E402

import avro.io  # noqa: E402
import avro.schema  # noqa: E402
import confluent_kafka  # noqa: E402
from confluent_kafka import admin  # noqa: E402

BOOTSTRAP = os.environ["NEXUSFLOW_TEST_KAFKA"]
PARTITIONS = 2
FITS = {"retention.ms": "-1"}


def new_topic():
    return f"bad-{uuid.uuid4()}"


ADMINISTRATOR = admin.AdminClient({"bootstrap.servers": BOOTSTRAP})


def exists(topic):
    return topic in ADMINISTRATOR.list_topics(timeout=60).topics


def make_topic(topic, partitions=PARTITIONS, **settings):
    settings = {name.replace("_", "."): value for name, value in settings.items()}
    new = admin.NewTopic(topic, partitions, 1, config={**FITS, **settings})
    ADMINISTRATOR.create_topics([new])[topic].result()
    while not exists(topic):
        time.sleep(0.05)
    return topic


def delete_topic(topic):
    ADMINISTRATOR.delete_topics([topic])[topic].result()
    while exists(topic):
        time.sleep(0.05)


def write(topic, *records):
    """(partition, key, value) each, as somebody else would write them."""
    producer = confluent_kafka.Producer({"bootstrap.servers": BOOTSTRAP})
    for partition, key, value in records:
        producer.produce(topic, value=value, key=key, partition=partition)
    assert producer.flush(60) == 0


def read(topic, partition=0):
    """Every committed record."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "bad-input", "enable.auto.commit": False,
                                         "isolation.level": "read_committed", "enable.partition.eof": True})
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0)])
    records = []
    while (message := consumer.poll(60)) is not None and not message.error():
        records.append(message)
    consumer.close()
    return records


def node(role="command-api", topic=None, data=None, **keys):
    keys = {"journal": "kafka", "kafka_bootstrap_servers": BOOTSTRAP, "kafka_topic": topic or new_topic(),
            "partitions": PARTITIONS, **keys}
    return nexusflow.Node(role, data=data, **keys)


def journal(topic):
    """Make a journal in the topic and use a data directory with it; who has the directory removes it."""
    data = tempfile.mkdtemp(prefix="nexusflow-bad.", dir="/tmp")
    with node("serve", topic, data) as first:
        first.start()
        client, _ = nexusflow.create_organization(first, "acme")
        assert client.command("acme", "CreateProject", {"key": "TLS", "name": "Transport"}).status == 201
        for n in range(20):
            assert client.command("acme", "CreateIssue", {"project": "TLS", "summary": f"n {n}"}).status == 201
        first.wait_caught_up()
        assert first.stop() == 0
    return data


def ends_with(started, *words):
    """It ends with 1, and its last line says so, to people."""
    with started:
        started.start(wait=False)
        code = started.process.wait(120)
        last = started.log_tail().splitlines()[-1]
        assert code == 1, f"exit {code}: {last}"
        assert last.startswith("nexusflow: "), last
        for word in words:
            assert word in last, f"no {word!r} in: {last}"
        print("  " + re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>", last))


# --- addresses and brokers ---

def an_address_where_nobody_listens():
    ends_with(node(kafka_bootstrap_servers="127.0.0.1:1"), "no answer", "127.0.0.1:1")


def an_address_where_somebody_listens_who_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        ends_with(node(kafka_bootstrap_servers=address), "no answer", address)


def a_broker_that_is_too_old():
    broker = old_broker.OldBroker("old", PARTITIONS)
    ends_with(node(topic="old", kafka_bootstrap_servers=broker.address), broker.address, "too old", "0.11")
    broker.close()


def an_address_where_others_cannot_reach_it():
    topic = new_topic()
    ends_with(node(topic=topic, advertise="nonsense"), "advertise: nonsense is not host:port")
    ends_with(node(topic=topic, advertise="0.0.0.0:8080"), "advertise: other instances cannot reach", "0.0.0.0:8080")
    assert not exists(topic), "it was opened"


# --- topics ---

def a_topic_that_only_the_command_api_may_make():
    topic = new_topic()
    for role in ("query-api", "processor", "projector"):
        ends_with(node(role, topic), f"there is no topic {topic}", BOOTSTRAP, "start it first")
    assert not exists(topic), "it was created"


def a_topic_with_too_few_partitions():
    topic = make_topic(new_topic(), 1)
    ends_with(node(topic=topic), topic, "partitions = 1, must be 2", "nexusflow schema topics --apply")


def a_topic_with_too_many_partitions():
    topic = make_topic(new_topic(), 3)
    ends_with(node(topic=topic), topic, "partitions = 3, must be 2", "set partitions")


def a_topic_that_is_compacted():
    topic = make_topic(new_topic(), cleanup_policy="compact")
    for role in ("serve", "command-api"):
        ends_with(node(role, topic), topic, "cleanup.policy = compact", "nexusflow schema topics --apply")


def a_topic_that_forgets_by_time():
    topic = make_topic(new_topic(), retention_ms="86400000")
    ends_with(node(topic=topic), topic, "retention.ms = 86400000", "nexusflow schema topics --apply")


def a_topic_that_forgets_by_size():
    topic = make_topic(new_topic(), retention_bytes="1000000")
    ends_with(node(topic=topic), topic, "retention.bytes = 1000000", "nexusflow schema topics --apply")


def a_topic_of_somebody_else():
    topic = make_topic(new_topic())
    write(topic, (0, b"their", b"record"))
    ends_with(node(topic=topic), topic, "does not hold a journal")


def schema_topics_mends_what_the_command_api_refuses():
    topic = make_topic(new_topic(), 1, cleanup_policy="compact")
    with node(topic=topic) as place:
        before = place.run("schema", "topics", check=False)
        assert before.returncode == 1 and "compact" in before.stdout and "refused" in before.stdout, before
        assert place.run("schema", "topics", "--apply").stdout.count("changed") >= 2
        after = place.run("schema", "topics")
        assert "refused" not in after.stdout and "differs" not in after.stdout, after
        place.start()
        assert place.stop() == 0


# --- a data directory and another journal ---

def a_data_directory_of_another_journal():
    data, other = journal(new_topic()), new_topic()
    there = journal(other)
    for role in ("serve", "command-api", "query-api", "processor"):
        ends_with(node(role, other, data), data, "belongs to journal", other, BOOTSTRAP, "no copy of it")
    os.remove(os.path.join(data, "journal.id"))
    for role, store in (("command-api", "write-side state"), ("processor", "processor: ")):  # they know, too
        ends_with(node(role, other, data, keys_dir=os.path.join(there, "keys")), store, "belongs to journal", "no copy of")
    shutil.rmtree(there)
    shutil.rmtree(data)


def a_data_directory_that_another_process_uses():
    topic = new_topic()
    with node("serve", topic) as first:
        first.start()
        for role in ("command-api", "processor"):
            second = node(role, topic, first.data)
            second.log_path += ".second"
            ends_with(second, f"another {role} runs with data_dir {first.data}")
        first.kill()
        first.start()
        assert first.stop() == 0


def keys_of_another_installation():
    """A process without the keys_dir of the others; the key of tokens may be replaced in the right one."""
    topic = new_topic()
    data = journal(topic)
    keys = os.path.join(data, "keys")
    for role in ("command-api", "serve", "query-api", "processor"):
        stranger = node(role, topic)
        ends_with(stranger, f"keys_dir {stranger.data}/keys holds the keys", "the journal was made with the keys",
                  "give every process of an installation the same keys_dir")
    with node("query-api", topic, keys_dir=keys) as second:
        second.start()
        assert second.stop() == 0
    with node("serve", topic, data) as first:
        old = first.token("owner")
        os.remove(os.path.join(keys, "token.jwk"))
        first.start()
        assert first.client(old).get("/v1/t/acme/me").status == 401
        assert first.client(first.token("owner")).get("/v1/t/acme/me").status == 200
        assert first.stop() == 0
    shutil.rmtree(data)


def a_journal_that_does_not_know_its_keys():
    """No bad input, but one that was made before journals remembered them: whatever keys_dir it is, it is opened."""
    schemas = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schemas", "avro", "history")
    with open(os.path.join(schemas, "JournalCreated", "1.avsc"), encoding="utf-8") as f:
        writer = avro.io.DatumWriter(avro.schema.parse(f.read()))
    with open(os.path.join(schemas, "ids.txt"), encoding="ascii") as f:
        id = next(int(line.split()[0]) for line in f if line.split()[1:] == ["JournalCreated", "1"])
    topic, journal_id = make_topic(new_topic(), message_timestamp_type="LogAppendTime"), str(uuid.uuid4())
    for p in range(PARTITIONS):
        out = io.BytesIO()
        writer.write({"journal_id": journal_id, "partition": p, "partitions": PARTITIONS, "lineage": [],
                      "created_at": datetime.datetime.now(datetime.timezone.utc)}, avro.io.BinaryEncoder(out))
        write(topic, (p, None, b"\0" + id.to_bytes(4, "big") + out.getvalue()))
    with node("serve", topic) as place:
        place.run("schema", "topics")  # reads it, too
        place.start()
        nexusflow.create_organization(place, "acme")
        assert place.stop() == 0
    with node("query-api", topic) as second:
        second.start()
        assert second.stop() == 0


def a_data_directory_whose_topic_is_not_there():
    data, topic = journal(new_topic()), new_topic()
    ends_with(node("serve", topic, data), f"there is no topic {topic}", data, "belongs to journal")
    assert not exists(topic), "it was created"
    shutil.rmtree(data)


def a_topic_that_was_deleted_and_made_anew():
    topic = new_topic()
    data = journal(topic)
    delete_topic(topic)
    shutil.rmtree(journal(topic))
    for role in ("serve", "query-api", "processor"):
        ends_with(node(role, topic, data), data, "belongs to journal", topic)
    shutil.rmtree(data)


def a_log_that_ends_before_what_was_stored():
    """The same journal without its last records: only the first one of each partition is left."""
    topic = new_topic()
    data = journal(topic)
    first = [(p, None, read(topic, p)[0].value()) for p in range(PARTITIONS)]
    delete_topic(topic)
    make_topic(topic)
    write(topic, *first)
    for role in ("serve", "command-api", "processor"):
        ends_with(node(role, topic, data), topic, "acknowledged records are gone")
    with node("query-api", topic, data) as views:  # serves what it can: the other views may be whole
        views.start(wait=False)
        deadline = time.monotonic() + 60
        verbose = ""
        while verbose.count("acknowledged records are gone") < 4:
            assert time.monotonic() < deadline and views.process.poll() is None, (verbose, views.log_tail())
            time.sleep(0.1)
            try:
                verbose = views.client().get("/readyz?verbose").body.decode()
            except OSError:
                pass
        answer = views.client(views.token("owner")).get("/v1/t/acme/projects/TLS/board", patience=0)
        assert answer.status == 503, answer
    shutil.rmtree(data)


def a_topic_whose_settings_change_under_a_running_writer():
    topic = new_topic()
    with node("command-api", topic, kafka_topic_check_s=1) as writer:
        writer.start()
        writer.wait_verbose("[+] topic: fits")
        resource = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, topic, {"retention.ms": "86400000", "cleanup.policy": "delete"})
        ADMINISTRATOR.alter_configs([resource])[resource].result()
        writer.wait_verbose(f"[-] topic: topic {topic}: retention.ms = 86400000, must be -1", "schema topics --apply")
        assert writer.client().get("/readyz").status == 200, "it went out of service"
        writer.run("schema", "topics", "--apply")
        writer.wait_verbose("[+] topic: fits")
        assert [line["msg"] for line in map(json.loads, writer.log_tail(100000).splitlines()) if "fit" in line["msg"]] == [
            "the topic does not fit any more", "the topic fits again"]
        assert writer.stop() == 0


def a_topic_that_is_replaced_under_a_running_writer():
    topic = new_topic()
    with node("command-api", topic, command_timeout_ms=3000) as writer:
        writer.start()
        root = writer.client(writer.token("root", "--installation"))
        organization = {"name": "Acme", "owner": nexusflow.person("owner")}
        key = nexusflow.new_id()  # on a busy machine the first answer may come after 3 s
        assert nexusflow.until(lambda: root.command("acme", "CreateOrganization", organization, key).status == 201)
        delete_topic(topic)
        make_topic(topic)
        for n in range(4):
            answer = root.command(f"later-{n}", "CreateOrganization", organization)
            assert answer.status == 503, f"acknowledged in a topic that is not the journal: {answer}"
        writer.wait_verbose("is another one than when it was opened")
        assert writer.stop() == 0


# --- records ---

def foreign(running, view):
    return sum(value for name, value in running.metrics().items()
               if name.startswith("nexusflow_foreign_records_total{") and f'"{view}"' in name)


def records_that_are_not_ours():
    topic = new_topic()
    with node("serve", topic) as running:
        running.start()
        client, _ = nexusflow.create_organization(running, "acme")
        assert client.command("acme", "CreateProject", {"key": "TLS", "name": "Transport"}).status == 201
        running.wait_caught_up()
        partition, event = next((p, m) for p in range(PARTITIONS) for m in read(topic, p) if m.key() == b"acme")
        value = event.value()
        write(topic, (partition, b"acme", b"not ours"), (partition, b"acme", value[:len(value) // 2]),
              (partition, b"other", value), (partition, b"acme", value), (partition, b"acme", b""))
        answer = client.command("acme", "CreateIssue", {"project": "TLS", "summary": "after them"})
        assert answer.status == 201, answer
        board = client.get("/v1/t/acme/projects/TLS/board", {"NexusFlow-Min-Position": str(answer.position)})
        assert board.status == 200 and b"after them" in board.body, board
        running.wait_caught_up()
        for view in ("access", "board", "issue", "feed"):
            assert nexusflow.until(lambda: foreign(running, view) >= 5) and foreign(running, view) == 5, (view, foreign(running, view))
        assert "5 foreign records" in running.client().get("/readyz?verbose").body.decode()
        running.run("replay", "verify", "board")
        assert [int(e["sequence"]) for e in client.events("acme")] == list(range(1, answer.position + 1))


def a_record_of_a_newer_version():
    topic = new_topic()
    with node("serve", topic) as running:
        running.start()
        client, _ = nexusflow.create_organization(running, "acme")
        running.wait_caught_up()
        partition = next(p for p in range(PARTITIONS) for m in read(topic, p) if m.key() == b"acme")
        write(topic, (partition, b"acme", b"\0" + (999999).to_bytes(4, "big") + b"new"))
        running.wait_verbose("999999", "newer version")
        answer = client.command("acme", "CreateProject", {"key": "TLS", "name": "Transport"})
        running.kill()
        running.start(wait=False)  # still: it is not skipped
        while True:
            try:
                running.wait_verbose("999999", "newer version")
                break
            except OSError:
                time.sleep(0.1)
        if answer.status == 201:  # judged before the writer met the record
            assert client.command("acme", "CreateProject", {"key": "TWO", "name": "Two"}).status == 503


CASES = [
    an_address_where_nobody_listens,
    an_address_where_somebody_listens_who_never_answers,
    a_broker_that_is_too_old,
    an_address_where_others_cannot_reach_it,
    a_topic_that_only_the_command_api_may_make,
    a_topic_with_too_few_partitions,
    a_topic_with_too_many_partitions,
    a_topic_that_is_compacted,
    a_topic_that_forgets_by_time,
    a_topic_that_forgets_by_size,
    a_topic_of_somebody_else,
    schema_topics_mends_what_the_command_api_refuses,
    a_data_directory_of_another_journal,
    a_data_directory_that_another_process_uses,
    keys_of_another_installation,
    a_journal_that_does_not_know_its_keys,
    a_data_directory_whose_topic_is_not_there,
    a_topic_that_was_deleted_and_made_anew,
    a_log_that_ends_before_what_was_stored,
    a_topic_whose_settings_change_under_a_running_writer,
    a_topic_that_is_replaced_under_a_running_writer,
    records_that_are_not_ours,
    a_record_of_a_newer_version,
]


def main():
    wanted = sys.argv[1:]
    failed = []
    for case in CASES:
        if wanted and case.__name__ not in wanted:
            continue
        print(case.__name__.replace("_", " "), flush=True)
        try:
            case()
        except AssertionError as failure:
            failed.append(case.__name__)
            print("  FAILED:", failure, flush=True)
    assert not failed, failed


if __name__ == "__main__":
    main()
