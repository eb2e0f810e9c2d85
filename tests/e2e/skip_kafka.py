#!/usr/bin/python3 -B
"""Every role a process of its own, on Kafka: what stands where is told by each of them, and what an operator decides beside the
process that keeps the views reaches the log through the command API."""
import io
import os
import shutil
import sys
import tempfile
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import avro.io  # noqa: E402
import confluent_kafka  # noqa: E402
import journal_files  # noqa: E402
import nexusflow  # noqa: E402
from faults import Case, labels_changed, ok, organization, partition_of  # noqa: E402
from nexusflow import until  # noqa: E402

LABELS = 300  # to one issue: views take 256, commands give 100
ABOUT = ("--tenant=acme", "--reason=written by hand")


class Apart(Case):
    def setUp(self):
        self.keys = tempfile.mkdtemp(prefix="nexusflow-keys.", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.keys)
        self.common = dict(nexusflow.kafka_keys(f"skip-{uuid.uuid4()}"), keys_dir=self.keys, partitions=4)
        self.commands = self.role("command-api").start()
        self.common["command_url"] = f"http://127.0.0.1:{self.commands.port}"
        self.views, self.processor = (self.role(role).start() for role in ("query-api", "processor"))
        self.acme = organization(self.commands)
        self.last = ok(self.acme.command("acme", "LabelIssue", {"issue": "TLS-1", "add": ["one"]})).position

    def role(self, role):
        node = nexusflow.Node(role, **self.common)
        self.addCleanup(node.remove)
        return node

    def records(self):
        return journal_files.read_kafka(self.common["kafka_bootstrap_servers"], self.common["kafka_topic"])

    def append(self, value):
        """While nobody owns the partition: whoever owns it next finds the record."""
        self.assertEqual(self.commands.stop(), 0)
        producer = confluent_kafka.Producer({"bootstrap.servers": self.common["kafka_bootstrap_servers"]})
        producer.produce(self.common["kafka_topic"], value=value, key=b"acme", partition=partition_of("acme"))
        self.assertEqual(producer.flush(60), 0)
        self.commands.start()

    def stopped(self, node, reader):
        return node.metrics().get(f'nexusflow_tenants_stopped{{reader="{reader}"}}')

    def skip(self, node, *arguments, code=0):
        done = node.run("replay", "skip", *arguments, check=False)
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def accepted(self, name, data):
        """The owner of a moment ago may have to be missed first."""
        answer = until(lambda: (lambda a: a.status != 503 and a)(self.acme.command("acme", name, data)))
        return ok(answer)

    def test_an_event_that_views_cannot_take_is_skipped_through_the_command_api(self):
        seq, value = labels_changed(self.views, [f"label {n}" for n in range(LABELS)], records=self.records())
        self.append(value)
        self.assertTrue(until(lambda: self.stopped(self.views, "board") == 1))
        self.assertIn(f"tenant acme stands before seq {seq}", self.views.run("replay", "status").stdout)
        self.accepted("CreateIssue", {"project": "TLS", "summary": "behind it"})
        # Each process answers for its own readers.
        self.assertIn("nothing to skip", self.skip(self.commands, "--all", f"--seq={seq}", *ABOUT, code=3))
        self.assertIn("does not stand", self.skip(self.processor, "--view=processor", f"--seq={seq}", *ABOUT, code=3))
        self.assertIn("does not run here", self.skip(self.views, "--view=processor", f"--seq={seq}", *ABOUT, code=1))
        self.assertRegex(self.skip(self.views, "--all", f"--seq={seq}", *ABOUT), rf"goes on behind seq {seq} in .*board")
        self.assertTrue(until(lambda: self.stopped(self.views, "board") == 0))
        self.sees_what_is_behind(self.views)
        # Whoever folds the log later honours it.
        later = self.role("query-api").start()
        self.sees_what_is_behind(later)
        self.assertEqual(self.stopped(later, "board"), 0)
        self.assertIn("rows are equal", self.views.run("replay", "rebuild", "board").stdout)
        for node in (later, self.views, self.processor, self.commands):
            self.assertEqual(node.stop(), 0)

    def sees_what_is_behind(self, node):
        client = node.client(self.acme.token)
        self.assertTrue(until(lambda: b"behind it" in client.get("/v1/t/acme/projects/TLS/board").body))
        decision = until(lambda: next((e for e in client.events("acme") if e["type"].endswith("EventSkipped")), None))
        self.assertEqual(decision["data"]["why"], "written by hand")

    def test_every_process_tells_where_it_stands_and_no_writer_skips(self):
        seq, out = self.last + 1, io.BytesIO()
        encoder = avro.io.BinaryEncoder(out)
        encoder.write_utf8(str(uuid.uuid4()))
        encoder.write_utf8("acme")
        encoder.write_long(seq)
        self.append(b"\0" + (999999).to_bytes(4, "big") + out.getvalue())  # a schema of a newer version
        for node, reader in ((self.commands, "writer"), (self.processor, "processor"), (self.views, "board")):
            self.assertTrue(until(lambda: self.stopped(node, reader) == 1), node.client().get("/readyz?verbose"))
            status = node.run("replay", "status").stdout
            self.assertIn(f"tenant acme stands before seq {seq}", status)
            self.assertIn("upgrade", status)
        self.assertIn("upgrade", self.skip(self.processor, "--view=processor", f"--seq={seq}", *ABOUT, code=1))
        self.assertEqual(self.stopped(self.processor, "processor"), 1)
        self.assertIn("no view", self.commands.run("replay", "rebuild", "board", check=False).stderr)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
