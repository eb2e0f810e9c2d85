#!/usr/bin/python3 -B
"""usage: test_owners.py PROGRAM: two command-api processes share the partitions of a topic on a real broker: they spread
them, hand them over, take them from one that was killed or frozen, and forward what reaches the wrong one. How long
takeovers take is printed, not asserted."""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

PROGRAM = ""
PARTITIONS = 4
TENANTS = [f"tenant-{i}" for i in range(8)]
PATIENCE = 120


def until(what, condition, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("never: " + what)
        time.sleep(0.02)


class Instance:
    def __init__(self, site, name):
        self.port = nexusflow.free_port()
        self.data = os.path.join(site.dir, name)
        self.log = open(os.path.join(site.dir, name + ".log"), "ab")
        self.keys = [f"--data_dir={self.data}", f"--keys_dir={site.dir}/keys", f"--listen=127.0.0.1:{self.port}",
                     f"--kafka_topic={site.topic}", "--journal=kafka", f"--partitions={PARTITIONS}",
                     f"--kafka.bootstrap.servers={os.environ['NEXUSFLOW_TEST_KAFKA']}", "--map_size_gib=1"]
        self.process = None

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "command-api"] + self.keys, stdout=self.log, stderr=self.log)

    def kill(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        if self.process is None:
            return
        self.kill(signal.SIGCONT)
        self.kill(number)
        self.process.wait(60)
        self.process = None

    def get(self, path, timeout=5):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def ready(self):
        try:
            return self.get("/readyz?verbose")
        except OSError:
            return ""

    def owned(self):
        return int((re.search(r"(\d+) of \d+ partitions owned", self.ready()) or [0, -1])[1])

    def metric(self, name):
        return sum(float(line.split()[-1]) for line in self.get("/metrics", timeout=60).splitlines()
                   if line.startswith(name + "{") or line.startswith(name + " "))

    def post(self, site, tenant, command, data, key=None, token=None, timeout=15):
        """(status, body, headers); status 0: no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + (token or site.ada),
                   "Idempotency-Key": key or str(uuid.uuid4())}
        try:
            connection.request("POST", f"/v1/t/{tenant}/commands/{command}", json.dumps(data), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return 0, {}, {}
        finally:
            connection.close()

    def answered(self, *arguments, **more):
        """As post, until it is answered for good: a busy machine may not be in time."""
        return until("answered", lambda: (lambda a: a[0] not in (0, 503) and a)(self.post(*arguments, **more)))


class Site:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="nexusflow-owners.")
        self.topic = f"owners-{uuid.uuid4()}"
        self.a, self.b = Instance(self, "a"), Instance(self, "b")
        self.root = self.token("root", "--installation")
        self.ada = self.token("ada")

    def token(self, user, *more):
        return subprocess.run([PROGRAM, "token", f"--data_dir={self.dir}", "--user", user, "--ttl", "1h", *more],
                              check=True, capture_output=True, text=True).stdout.strip()

    def start_both(self):
        self.a.start()
        until("a owns all", lambda: self.a.owned() == PARTITIONS)
        for tenant in TENANTS:
            owner = {"issuer": "nexusflow", "subject": "ada", "name": "Ada"}
            self.insist([self.a], tenant, "CreateOrganization", {"name": tenant, "owner": owner}, token=self.root)
            self.insist([self.a], tenant, "CreateProject", {"key": "TLS", "name": "TLS"})
        self.b.start()
        self.wait_spread()

    def wait_spread(self):
        until("both own their share",
              lambda: self.a.owned() == PARTITIONS // 2 and self.b.owned() == PARTITIONS // 2)

    def insist(self, instances, tenant, command, data, token=None, patience=PATIENCE):
        """Retry under one key until it is accepted; only 503 and no answer at all are retried."""
        key, end, i = str(uuid.uuid4()), time.monotonic() + patience, 0
        while True:
            status, body, _ = instances[i % len(instances)].post(self, tenant, command, data, key, token)
            i += 1
            if status in (200, 201):
                return body
            if status not in (0, 503):
                raise AssertionError(f"{command} for {tenant}: {status} {body}")
            if time.monotonic() > end:
                raise AssertionError(f"{command} for {tenant}: only {status} {body}")
            time.sleep(0.02)

    def tenants_of(self, instance):
        """Those whose commands @instance appends itself."""
        mine = []
        for tenant in TENANTS:
            before = instance.metric("nexusflow_events_appended_total")
            self.insist([instance, self.a, self.b], tenant, "CreateIssue", {"project": "TLS", "summary": "probe"})
            if instance.metric("nexusflow_events_appended_total") > before:
                mine.append(tenant)
        return mine

    def close(self):
        for instance in (self.a, self.b):
            instance.end(signal.SIGKILL)
            instance.log.close()
        if not os.environ.get("KEEP"): # the logs, to look at
            shutil.rmtree(self.dir)


class Load(threading.Thread):
    """One client a tenant, each with one issue after the other, every one under one key until it is accepted."""

    def __init__(self, site, instances):
        super().__init__()
        self.site, self.instances = site, instances
        self.stop, self.made, self.failures = threading.Event(), 0, []

    def client(self, tenant):
        try:
            while not self.stop.is_set():
                self.site.insist(self.instances, tenant, "CreateIssue", {"project": "TLS", "summary": "load"})
                self.made += 1
        except AssertionError as failure:
            self.failures.append(str(failure))

    def run(self):
        clients = [threading.Thread(target=self.client, args=(tenant,)) for tenant in TENANTS]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    def end(self):
        self.stop.set()
        self.join()
        return self.failures


class Owners(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.site.start_both()

    def test_a_terminated_instance_hands_its_partitions_over(self):
        site = self.site
        load = Load(site, [site.a, site.b])
        load.start()
        until("commands are accepted", lambda: load.made > 20)
        started = time.monotonic()
        site.a.end(signal.SIGTERM)
        until("b owns all", lambda: site.b.owned() == PARTITIONS)
        print(f"handed over in {time.monotonic() - started:.2f} s (from the signal)")
        made = load.made
        until("the other one accepts", lambda: load.made > made + 20)
        site.a.start()
        site.wait_spread()
        self.assertEqual(load.end(), [])

    def test_the_partitions_of_a_killed_instance_are_taken_over(self):
        site = self.site
        tenant = site.tenants_of(site.a)[0]
        started = time.monotonic()
        site.a.end(signal.SIGKILL)
        site.insist([site.b], tenant, "CreateIssue", {"project": "TLS", "summary": "after"})
        print(f"killed: the other accepts after {time.monotonic() - started:.2f} s")
        until("b owns all", lambda: site.b.owned() == PARTITIONS)

    def test_a_frozen_owner_stands_down_when_it_wakes_and_appends_nothing(self):
        site = self.site
        tenant = site.tenants_of(site.a)[0]
        appended = site.a.metric("nexusflow_events_appended_total")
        started = time.monotonic()
        site.a.kill(signal.SIGSTOP)
        before = site.insist([site.b], tenant, "CreateIssue", {"project": "TLS", "summary": "while frozen"})
        print(f"frozen: the other accepts after {time.monotonic() - started:.2f} s")
        until("b owns all", lambda: site.b.owned() == PARTITIONS)
        site.a.kill(signal.SIGCONT)
        # It may have its share back by a rebalance, but never appends by what it believed when it fell asleep.
        after = site.insist([site.a, site.b], tenant, "CreateIssue", {"project": "TLS", "summary": "awake"})
        self.assertEqual(after["position"], before["position"] + 1)
        site.wait_spread()

        def rest():
            """Nobody claims for a while; a machine that is late with a heartbeat may cost a claim more."""
            before = self.claims()
            time.sleep(3)
            return self.claims() == before
        until("they do not claim in turns", rest)
        self.assertGreaterEqual(site.a.metric("nexusflow_events_appended_total"), appended)

    def claims(self):
        return sum(instance.metric("nexusflow_partition_claims_total") for instance in (self.site.a, self.site.b))

    def test_what_reaches_the_wrong_instance_is_answered_as_by_the_right_one(self):
        site = self.site
        forwarded = site.b.metric("nexusflow_forwarded_requests_total")
        for tenant in TENANTS:
            key, data = str(uuid.uuid4()), {"project": "TLS", "summary": "either way"}
            first = until("accepted", lambda: (lambda a: a[0] == 201 and a)(
                site.b.post(site, tenant, "CreateIssue", data, key)))
            for instance in (site.a, site.b):
                status, body, headers = instance.answered(site, tenant, "CreateIssue", data, key)
                self.assertEqual((status, body), (201, {**first[1], "outcome": "repeated"}))
                self.assertEqual(headers["NexusFlow-Position"], first[2]["NexusFlow-Position"])
                self.assertEqual(headers["Idempotency-Replayed"], "true")
            answers = [instance.answered(site, tenant, "CreateIssue", {"project": "NONE", "summary": "x"})
                       for instance in (site.a, site.b)]
            for status, body, headers in answers:
                self.assertEqual(body.pop("request_id"), headers["X-Request-Id"])
                self.assertEqual(headers["Content-Type"], "application/problem+json")
            self.assertEqual(answers[0][:2], answers[1][:2])
            status, body, _ = site.a.answered(site, tenant, "CreateIssue", data, token=site.token("eve"))
            self.assertEqual(status, 404, "the caller's own token decides")
            self.look_at_api_keys(tenant)
        self.assertGreater(site.b.metric("nexusflow_forwarded_requests_total"), forwarded)
        self.assertGreater(site.a.metric("nexusflow_forwarded_requests_total"), 0)

    def look_at_api_keys(self, tenant):
        """The secret comes back through either instance, and the key is as good or as bad at both."""
        site = self.site
        issue = {"project": "TLS", "summary": "by key"}
        for instance in (site.a, site.b):
            status, made, _ = instance.answered(site, tenant, "CreateApiKey", {"name": "x", "scope": "write"})
            self.assertEqual(status, 201, made)
            for other in (site.a, site.b):
                self.assertEqual(other.answered(site, tenant, "CreateIssue", issue, token=made["secret"])[0], 201)
            self.assertEqual(instance.answered(site, tenant, "RevokeApiKey", {"key": made["created"]})[0], 200)
            for other in (site.a, site.b):
                status, body, headers = other.answered(site, tenant, "CreateIssue", issue, token=made["secret"])
                self.assertEqual((status, body["code"], headers["WWW-Authenticate"]), (401, "bad_token", "Bearer"))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
