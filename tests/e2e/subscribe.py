#!/usr/bin/python3 -B
"""A node on Kafka, and a subscriber made of stock parts only: Confluent's consumer for Python, reading committed records,
and its Avro deserializer, which asks our registry endpoints for the schemas."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402
import journal_files  # noqa: E402
import oracle  # noqa: E402

import confluent_kafka  # noqa: E402
from confluent_kafka.avro import CachedSchemaRegistryClient, MessageSerializer  # noqa: E402
from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: E402


def subscribe(bootstrap, topic, group):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": group, "isolation.level": "read_committed",
        "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    return consumer


def take(consumer, deserializer, wanted, timeout=60):
    """Read until @wanted events are there; ({tenant: [event]}, number of control records)."""
    tenants, controls, n, deadline = {}, 0, 0, time.monotonic() + timeout
    while n < wanted:
        message = consumer.poll(0.5)
        if time.monotonic() > deadline:
            raise AssertionError(f"{n} of {wanted} events within {timeout} s")
        if message is None:
            continue
        if message.error():
            raise AssertionError(str(message.error()))
        fields = journal_files.to_json(deserializer.decode_message(message.value()))
        headers = dict(message.headers() or [])
        if "ce_type" not in headers:  # identity and owners of the journal
            controls += 1
            continue
        n += 1
        tenants.setdefault(message.key().decode(), []).append(
            {"type": headers["ce_type"].decode(), "data": fields, "partition": message.partition(),
             "offset": message.offset(), "headers": message.headers()})
    return tenants, controls


def send(client, tenant, first, last):
    lines = []
    for n in range(first, last):
        lines += [{"command": "CreateIssue", "data": {"project": "TLS", "summary": f"number {n} naïve 🔑"}},
                  {"command": "AddComment", "data": {"issue": f"TLS-{n}", "body": "words " * 50}},
                  {"command": "TransitionIssue", "data": {"issue": f"TLS-{n}", "to": "done"}}]
    answer = client.batch(tenant, lines)
    assert answer.status == 200 and all(line["success"] for line in answer.lines()), answer
    return answer.position


def main():
    keys = nexusflow.kafka_keys("subscribe")
    with nexusflow.Node(**keys) as node:
        node.start()
        clients, positions = {}, {}
        for tenant in ("acme", "borders-and-co", "cypher2"):
            clients[tenant], _ = nexusflow.create_organization(node, tenant)
            created = clients[tenant].command(tenant, "CreateProject", {"key": "TLS", "name": "Transport"})
            assert created.status == 201, created
            positions[tenant] = send(clients[tenant], tenant, 1, 40)
        url = f"http://127.0.0.1:{node.port}"
        deserializer = MessageSerializer(CachedSchemaRegistryClient({"url": url}))
        consumer = subscribe(keys["kafka_bootstrap_servers"], keys["kafka_topic"], "subscriber")
        tenants, controls = take(consumer, deserializer, sum(positions.values()))

        # More events while it listens, with a killed node in between: no record is lost, none comes twice.
        node.kill()
        node.start()
        more = sum(send(clients[t], t, 40, 60) for t in positions) - sum(positions.values())
        tail, more_controls = take(consumer, deserializer, more)
        consumer.close()
        for tenant, events in tail.items():
            tenants[tenant] += events
        assert controls + more_controls >= 8, "no records of the journal's identity and owners"

        complaints = oracle.laws_of_records(tenants, 4)
        for tenant, events in sorted(tenants.items()):
            complaints += oracle.Laws(tenant, events).complaints + oracle.Fold(tenant, events).complaints
            feed = clients[tenant].events(tenant)
            complaints += [f"{tenant}: the feed differs{text}" for text in
                           oracle.differences([journal_files.as_feed(event) for event in events], feed)]
        assert set(tenants) == set(positions), tenants.keys()
        assert not complaints, "\n".join(complaints[:20])

        # The newer client of the same library asks other endpoints.
        registry = SchemaRegistryClient({"url": url})
        for subject in registry.get_subjects():
            version = registry.get_latest_version(subject)
            assert registry.get_schema(version.schema_id).schema_str == version.schema.schema_str, subject
            assert registry.lookup_schema(subject, version.schema).schema_id == version.schema_id, subject
            assert version.version in registry.get_versions(subject)
        assert registry.get_compatibility() == "FULL_TRANSITIVE"
        assert node.stop() == 0
        print(f"{sum(map(len, tenants.values()))} events, {controls + more_controls} control records: ok")


if __name__ == "__main__":
    main()
