#!/usr/bin/python3 -B
"""Lags as kafka-consumer-groups and KEDA see them: committed offsets of the groups nexusflow.<view> and
nexusflow.processor against the end of the log. 0 when the views have caught up, and no start position: offsets that
somebody else set change no view."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

import confluent_kafka  # noqa: E402

READERS = ("access", "board", "issue", "feed", "search", "audit", "processor")
TENANT = "acme"


class Group:
    def __init__(self, keys, reader, partitions):
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": keys["kafka_bootstrap_servers"], "group.id": f"nexusflow.{reader}",
            "enable.auto.commit": False})
        self.places = [confluent_kafka.TopicPartition(keys["kafka_topic"], p) for p in range(partitions)]

    def committed(self):
        return [place.offset for place in self.consumer.committed(self.places, timeout=60)]

    def ends(self):
        return [self.consumer.get_watermark_offsets(place, timeout=60)[1] for place in self.places]

    def lag(self):
        """None as long as nothing was committed."""
        committed = self.committed()
        return sum(self.ends()) - sum(committed) if min(committed) >= 0 else None

    def set(self, offset):
        self.consumer.commit(offsets=[confluent_kafka.TopicPartition(p.topic, p.partition, offset) for p in self.places],
                             asynchronous=False)


def wait_no_lag(groups, timeout=100):
    deadline = time.monotonic() + timeout
    while True:
        lags = {reader: group.lag() for reader, group in groups.items()}
        if not any(lag != 0 for lag in lags.values()):
            return
        assert time.monotonic() < deadline, f"lags after {timeout} s: {lags}"
        time.sleep(0.2)


def create_issues(client, first, last):
    lines = [{"command": "CreateIssue", "data": {"project": "TLS", "summary": f"number {n}"}} for n in range(first, last)]
    answer = client.batch(TENANT, lines)
    assert answer.status == 200 and all(line["success"] for line in answer.lines()), answer
    return answer.position


def cards(client, position):
    answer = client.get(f"/v1/t/{TENANT}/projects/TLS/board", {"NexusFlow-Min-Position": str(position)})
    assert answer.status == 200, answer
    return answer.body.count(b'"number ')


def main():
    keys = nexusflow.kafka_keys("lag")
    with nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"], partitions=2, **keys) as node:
        node.start()
        client, _ = nexusflow.create_organization(node, TENANT)
        answer = client.command(TENANT, "CreateProject", {"key": "TLS", "name": "Transport"})
        assert answer.status == 201, answer
        groups = {reader: Group(keys, reader, 2) for reader in READERS}
        assert cards(client, create_issues(client, 0, 100)) == 100
        wait_no_lag(groups)

        node.kill()
        for group, offset in zip(groups.values(), (0, 1, 50, 10**6, 10**9, 3, 0)):
            group.set(offset)
        node.start()
        assert cards(client, create_issues(client, 100, 150)) == 150, "the view skipped or repeated"
        for view in READERS[:-1]:
            node.run("replay", "verify", view)
        wait_no_lag(groups)

        for first in range(150, 400, 50):  # a stop waits 3 s for the broker, which may be busy
            before = groups["board"].committed()
            assert cards(client, create_issues(client, first, first + 50)) == first + 50
            assert node.stop() == 0
            after = groups["board"].committed()
            if sum(after) >= sum(before) + 50:
                break
            node.start()
        assert sum(after) >= sum(before) + 50, f"a clean stop tells the last position: {before}, {after}"
    print("no lag once caught up; offsets that others set changed nothing")


if __name__ == "__main__":
    main()
