#!/usr/bin/python3 -B
"""Nodes in trouble: Postgres that is away, a journal of a newer version, records that are not ours, a processor that begins
again. What can go on goes on, what cannot says why in one line, and nothing is lost."""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import journal_files  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402
from nexusflow import until  # noqa: E402

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PARTITIONS_MAX = 256  # JOURNAL_PARTITIONS_MAX


def ok(answer, *statuses):
    if answer.status not in (statuses or (200, 201)):
        raise AssertionError(f"{answer}, not {statuses or 'success'}")
    return answer


def organization(node, tenant="acme"):
    client, _ = nexusflow.create_organization(node, tenant)
    ok(client.command(tenant, "CreateProject", {"key": "TLS", "name": "Transport"}))
    ok(client.command(tenant, "CreateIssue", {"project": "TLS", "summary": "first words"}))
    return client


def log_of(node, tenant="acme"):
    records = journal_files.read_embedded(node.data)
    logs, _ = journal_files.tenants_of(records, journal_files.Decoder(journal_files.registry(node.client())))
    return logs[tenant]


class Case(unittest.TestCase):
    def node(self, **keys):
        node = nexusflow.Node(**keys)
        self.addCleanup(node.remove)
        return node

    def refuses_to_start(self, node, *words):
        """One line on stderr that names the words, and exit code 1."""
        done = node.run("serve", check=False, timeout=60)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        self.assertEqual((done.returncode, len(lines)), (1, 1), done.stderr)
        self.assertTrue(lines[0].startswith("nexusflow: "), lines)
        for word in words:
            self.assertIn(word, lines[0])


class Postgres:
    """A server of this test's own, to be stopped."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="nexusflow-pg.", dir="/tmp")
        os.chmod(self.dir, 0o711)

    def run(self, verb):
        done = subprocess.run([f"{ROOT}/deploy/postgres", verb, self.dir], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"deploy/postgres {verb}: {done.stderr}")
        return done.stdout

    def start(self):
        lines = dict(line.split(":", 1) for line in self.run("start").splitlines() if line.startswith("owner:"))
        return lines["owner"].strip()

    def kill(self):
        with open(f"{self.dir}/postgres/postmaster.pid", encoding="ascii") as f:
            pid = int(f.readline())
        os.kill(pid, 9)
        until(lambda: not os.path.exists(f"/proc/{pid}"))

    def remove(self):
        self.run("stop")
        shutil.rmtree(self.dir, ignore_errors=True)


class PostgresIsAway(Case):
    def test_commands_and_boards_go_on_and_search_catches_up_by_itself(self):
        postgres = Postgres()
        self.addCleanup(postgres.remove)
        connection = postgres.start()
        node = self.node(postgres=connection).start()
        client = organization(node)
        node.wait_caught_up()
        self.assertEqual(len(collect.get(client, "acme", "/search", text="words")["items"]), 1)

        for way, stop in (("stopped", lambda: postgres.run("stop")), ("killed", postgres.kill)):
            with self.subTest(way):
                stop()
                self.without_postgres(node, client, way)
                if way == "stopped":  # a start without Postgres is a start all the same
                    self.assertEqual(node.stop(), 0)
                    node.start()
                    self.without_postgres(node, client, "started without it")
                postgres.start()
                self.with_postgres_again(node, client, connection)

    def test_what_a_crash_of_postgres_lost_is_written_again_without_new_events(self):
        postgres = Postgres()
        self.addCleanup(postgres.remove)
        node = self.node(postgres=postgres.start()).start()
        client = organization(node)
        for n in range(3):
            issue = ok(client.command("acme", "CreateIssue", {"project": "TLS", "summary": f"words {n}"})).json()
            ok(client.get(f"/v1/t/acme/audit?min_position={issue['position']}"))
            postgres.kill()  # the commit is acknowledged and, most likely, not on disk
            postgres.start()
            found = until(lambda: (lambda a: a.json() if a.status == 200 and a.position == issue["position"] else None)(
                client.get("/v1/t/acme/audit", least=0, patience=0)))
            verbose = node.client().get("/readyz?verbose").body.decode()
            self.assertIsNotNone(found, f"at {client.get('/v1/t/acme/audit').position}, not {issue['position']}: {verbose}")
            self.assertEqual([row["seq"] for row in found["items"]], list(range(1, issue["position"] + 1)))

    def without_postgres(self, node, client, word):
        issue = ok(client.command("acme", "CreateIssue", {"project": "TLS", "summary": f"words while {word}"})).json()
        least = {"NexusFlow-Min-Position": str(issue["position"])}
        self.assertIn(issue["key"], ok(client.get("/v1/t/acme/projects/TLS/board", least)).body.decode())
        ok(client.get(f"/v1/t/acme/issues/{issue['key']}", least))
        for path in ("/search?text=words", "/audit"):
            answer = until(lambda path=path: (lambda a: a if a.status == 503 else None)(client.get("/v1/t/acme" + path, least=0, patience=0)))
            self.assertIsNotNone(answer, f"{path} is answered as if Postgres were there")
            self.assertEqual((answer.json()["code"], answer.header("Retry-After")), ("unavailable", "1"))
        # Not a reason to take the node out of service, but said.
        self.assertIsNotNone(until(lambda: "[-] search" in node.client().get("/readyz?verbose").body.decode()) or None)
        ok(node.client().get("/readyz"), 200)
        ok(client.get("/v1/t/acme/events?after=0"))

    def with_postgres_again(self, node, client, connection):
        self.assertTrue(until(lambda: client.get("/v1/t/acme/search?text=words", least=0, patience=0).status == 200), node.log_tail())
        last = ok(client.command("acme", "AssignIssue", {"issue": "TLS-1", "assignee": None})).position
        for path in ("/search?text=words", "/audit"):
            self.assertTrue(until(lambda path=path: client.get("/v1/t/acme" + path, least=0, patience=0).position == last), f"{path} stays behind")
        found = collect.collect(client, "acme")
        found["documents"] = collect.documents(connection, "acme")
        events = log_of(node)
        profiles = {events[0]["data"]["meta"]["command_id"]: nexusflow.person("owner")}
        self.assertEqual(oracle.judge("acme", events, found, profiles), [])
        self.assertTrue(until(lambda: "[+] search" in node.client().get("/readyz?verbose").body.decode()))


class Directories(Case):
    def test_a_journal_of_a_newer_version_is_refused_and_left_alone(self):
        import lmdb
        node = self.node().start()
        organization(node)
        self.assertEqual(node.stop(), 0)
        env = lmdb.open(f"{node.data}/journal", max_dbs=300)
        with env.begin(write=True) as txn:
            meta = env.open_db(b"meta", txn=txn, create=False)
            self.assertEqual(txn.get(b"format", db=meta), struct.pack(">I", 1))
            txn.put(b"format", struct.pack(">I", 2), db=meta)
        env.close()
        before = [r.value for r in journal_files.read_embedded(node.data)]
        self.refuses_to_start(node, "format 2", "use a newer version")
        self.assertEqual([r.value for r in journal_files.read_embedded(node.data)], before)

    def test_a_directory_has_one_process(self):
        node = self.node().start()
        second = nexusflow.Node(data=node.data)
        self.refuses_to_start(second, "in use by process", str(node.process.pid))
        ok(node.client().get("/readyz"))

    def test_a_key_that_others_can_read_is_refused(self):
        node = self.node().start()
        self.assertEqual(node.stop(), 0)
        os.chmod(f"{node.data}/keys/token.jwk", 0o644)
        self.refuses_to_start(node, "token.jwk")

    def test_other_keys_than_those_of_the_journal_are_refused(self):
        node = self.node().start()
        self.assertEqual(node.stop(), 0)
        os.rename(f"{node.data}/keys", f"{node.data}/lost")
        self.refuses_to_start(node, f"keys_dir {node.data}/keys holds the keys", "made with the keys")
        done = node.run("replay", "rebuild", "board", check=False)  # nor does it fold with them
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("made with the keys", done.stderr)
        shutil.copy(f"{node.data}/lost/keys.id", f"{node.data}/keys/keys.id")  # they are lost, and somebody knows
        node.start()
        self.assertEqual(node.stop(), 0)

    def test_a_port_that_is_taken_is_said(self):
        node = self.node().start()
        self.refuses_to_start(self.node(port=node.port), str(node.port))

    def test_wrong_keys_are_named(self):
        node = self.node()
        for argument, word in (("--partitions=0", "partitions"), ("--journal=paper", "journal"), ("--log-level=loud", "log_level")):
            done = node.run("serve", argument, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)
        done = node.run("explode", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("explode", done.stderr)


def partition_of(tenant):
    return (oracle.murmur2(tenant.encode()) & 0x7fffffff) % 4


def append_record(data, tenant, value):
    """As another program would: a whole record at the end of the tenant's partition."""
    import lmdb
    import xxhash
    partition = partition_of(tenant)
    env = lmdb.open(f"{data}/journal", max_dbs=300, map_size=1 << 36)
    with env.begin(write=True) as txn:
        db = env.open_db(b"p%03d" % partition, txn=txn, integerkey=True, create=False)
        cursor = txn.cursor(db)
        cursor.last()
        offset = struct.unpack("=Q", cursor.key())[0] + 1
        rest = struct.pack(">QII", int(time.time() * 1000), len(tenant), 0) + tenant.encode() + value
        check = xxhash.xxh3_64_intdigest(rest, seed=offset * PARTITIONS_MAX + partition)
        txn.put(struct.pack("=Q", offset), struct.pack(">Q", check) + rest, db=db, append=True)
    env.close()


def plain(schema):
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "logicalType"}
    return [plain(item) for item in schema] if isinstance(schema, list) else schema


def labels_changed(node, added, version="latest", records=None):
    """(seq, value) of an event that belongs at the end of acme's log, which has one of its kind: the same issue gets more labels.
    As that version of the schema has it. @records: of the journal, if it is not that of the node."""
    import avro.io
    import avro.schema
    import io

    def schema_of(text):  # without logical types: python3-avro cannot write a union of null and uuid
        return avro.schema.parse(json.dumps(plain(json.loads(text))))
    decoder = journal_files.Decoder(journal_files.registry(node.client()))
    seq, value = 0, None
    for record in records or journal_files.read_embedded(node.data):
        if record.key not in ("acme", b"acme"):
            continue
        name, fields = decoder.decode(record.value)
        seq = max(seq, fields["meta"]["seq"])
        if name.endswith("IssueLabelsChanged"):
            value = record.value
    schema = schema_of(decoder.fetch(int.from_bytes(value[1:5], "big")))
    event = avro.io.DatumReader(schema, schema).read(avro.io.BinaryDecoder(io.BytesIO(value[5:])))
    event["meta"].update(event_id=str(uuid.uuid4()), command_id=str(uuid.uuid4()), seq=seq + 1)
    event["meta"]["aggregate"]["version"] += 1
    event["added"], event["removed"] = added, []
    wanted = ok(node.client().get(f"/subjects/nexusflow.events.IssueLabelsChanged/versions/{version}")).json()
    out = io.BytesIO()
    avro.io.DatumWriter(schema_of(wanted["schema"])).write(event, avro.io.BinaryEncoder(out))
    return seq + 1, b"\0" + struct.pack(">I", wanted["id"]) + out.getvalue()


class OlderVersions(Case):
    def test_verbs_fold_them_with_nothing_running(self):
        node = self.node().start()
        client = organization(node)
        ok(client.command("acme", "LabelIssue", {"issue": "TLS-1", "add": ["one"]}))
        seq, value = labels_changed(node, ["two"], version=1)
        self.assertEqual(node.stop(), 0)
        append_record(node.data, "acme", value)
        node.start()
        self.assertEqual(collect.get(client, "acme", "/issues/TLS-1", min_position=seq)["labels"], ["one", "two"])
        self.assertEqual(node.stop(), 0)
        for verb in ("verify", "rebuild"):
            self.assertIn("rows are equal", node.run("replay", verb, "issue").stdout)


class RecordsThatAreNotOurs(Case):
    def setUp(self):
        self.node_ = self.node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
        self.acme = organization(self.node_)
        # In the same partition: what is the matter with one organization is not the matter of another.
        self.neighbour = next(t for t in (f"tenant{n}" for n in range(100)) if partition_of(t) == partition_of("acme"))
        self.other = organization(self.node_, self.neighbour)
        self.node_.wait_caught_up()
        self.before = self.acme.get("/v1/t/acme/me").position

    def tearDown(self):
        # The next test of this class folds another journal into the same database: it starts without these views.
        self.node_.remove()
        connection = os.environ["NEXUSFLOW_TEST_POSTGRES"]
        for schema in (collect.live_schema(connection, view) for view in ("search", "audit")):
            if schema:
                collect.psql(connection, f"drop schema {schema} cascade")

    def restart_with(self, value):
        self.assertEqual(self.node_.stop(), 0)
        append_record(self.node_.data, "acme", value)
        self.node_.start(wait=False)
        self.assertTrue(until(self.is_up), self.node_.log_tail())

    def is_up(self):
        try:
            return self.node_.client().get("/livez").status == 200
        except OSError:
            return False

    def the_neighbour_goes_on(self):
        answer = until(lambda: (lambda a: a if a.status == 201 else None)(
            self.other.command(self.neighbour, "CreateIssue", {"project": "TLS", "summary": "more"})))
        self.assertIsNotNone(answer)
        issue = answer.json()
        ok(self.other.get(f"/v1/t/{self.neighbour}/issues/{issue['key']}?min_position={issue['position']}"))
        ok(self.other.get(f"/v1/t/{self.neighbour}/search?text=more&min_position={issue['position']}"))

    def test_a_record_of_an_unknown_schema_stops_its_readers_and_says_upgrade(self):
        self.restart_with(b"\0" + struct.pack(">I", 9999) + b"from the future")

        def refused():
            answer = self.acme.command("acme", "CreateIssue", {"project": "TLS", "summary": "more"})
            self.assertEqual(answer.status, 503, answer)
            return "upgrade" in answer.json()["detail"]
        self.assertTrue(until(refused), "it never reads the record")
        self.assertTrue(refused())
        # The writer goes on for the others; the views stand where they stood, and say why.
        issue = ok(self.other.command(self.neighbour, "CreateIssue", {"project": "TLS", "summary": "more"})).json()
        answer = self.other.get(f"/v1/t/{self.neighbour}/issues/{issue['key']}?min_position={issue['position']}", patience=0)
        self.assertEqual((answer.status, answer.json()["code"]), (503, "position_not_reached"))
        self.assertEqual(ok(self.acme.get("/v1/t/acme/issues/TLS-1")).position, self.before)
        self.assertEqual(len(ok(self.acme.get("/v1/t/acme/search?text=words")).json()["items"]), 1)
        self.assertEqual(len(self.acme.events("acme")), self.before)
        self.assertTrue(until(lambda: self.node_.client().get("/readyz").status == 503), "no alarm")
        for reader in ("board", "issue", "search", "audit", "processor"):
            said = re.compile(rf"\[-\] {reader}: .*schema (id )?9999: written by a newer version, upgrade")
            self.assertTrue(until(lambda: said.search(self.node_.client().get("/readyz?verbose").body.decode())), reader)

    def test_foreign_records_are_passed_over_and_counted(self):
        for value in (b"not ours at all", b"", b"\0"):
            self.restart_with(value)
            self.node_.wait_ready()
            issue = ok(self.acme.command("acme", "CreateIssue", {"project": "TLS", "summary": "more"})).json()
            self.assertEqual(issue["position"], self.before + 1)
            self.before += 1
            ok(self.acme.get(f"/v1/t/acme/issues/{issue['key']}?min_position={issue['position']}"))
            ok(self.acme.get(f"/v1/t/acme/search?text=more&min_position={issue['position']}"))
            self.the_neighbour_goes_on()
            self.assertEqual([int(e["sequence"]) for e in self.acme.events("acme")], list(range(1, self.before + 1)))
            verbose = self.node_.client().get("/readyz?verbose").body.decode()
            self.assertRegex(verbose, r"writers: .* [1-9]\d* foreign records")


class Processor(Case):
    def test_a_processor_that_begins_again_has_no_second_effect(self):
        node = self.node().start()
        client = organization(node)
        parents = []
        for n in range(3):
            parent = ok(client.command("acme", "CreateIssue", {"project": "TLS", "type": "story", "summary": f"parent {n}"})).json()["key"]
            child = ok(client.command("acme", "CreateIssue", {"project": "TLS", "type": "subtask", "parent": parent,
                                                              "summary": "child"})).json()["key"]
            if n == 1:  # already done: the intent changes nothing and leaves a trace
                ok(client.command("acme", "TransitionIssue", {"issue": parent, "to": "done"}))
            ok(client.command("acme", "TransitionIssue", {"issue": child, "to": "done"}))
            parents.append(parent)
        node.wait_caught_up()
        events = log_of(node)
        self.assertEqual(oracle.judge_rule("acme", events), [])
        self.assertEqual(sum(oracle.short(e) == "CommandConcluded" for e in events), 1)
        for parent in parents:
            self.assertEqual(collect.get(client, "acme", f"/issues/{parent}", min_position=len(events))["status"], "done")
        # One was opened again by a person: an old intent must not close it.
        reopened = ok(client.command("acme", "TransitionIssue", {"issue": parents[0], "to": "todo"}))
        for _ in range(2):
            self.assertEqual(node.stop(), 0)
            shutil.rmtree(f"{node.data}/processor")
            node.start()
            node.wait_caught_up()
            self.assertEqual(len(log_of(node)), reopened.position)


class OneProcess(Case):
    def test_sigterm_answers_what_is_in_flight_and_ends(self):
        node = self.node().start()
        client = organization(node)
        self.assertEqual(node.stop(), 0)
        with open(node.log_path, encoding="utf-8") as log:
            self.assertIn("stopping", [json.loads(line)["msg"] for line in log])
        node.start()
        self.assertEqual(client.get("/v1/t/acme/issues/TLS-1").status, 200)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
