#!/usr/bin/python3 -B
"""An operator moves an installation: from the journal of one machine to Kafka, and back to another number of partitions.

  killed with -9 in the middle, the copy goes on; until it is finished no node serves it;
  the node that is switched over answers every tenant's events as before (ids, seqs, times), its views go on without a
  rebuild and equal what a rebuild from the new journal makes, and it takes commands;
  a retried command is still known by its key.

usage: replay_copy.py [--issues N]"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

DONE, FAILED, USAGE, NOTHING = 0, 1, 2, 3
TENANTS = ("acme", "umbra", "wayne")
VIEWS = ("access", "board", "issue", "feed", "search", "audit")


def config_file(path, node):
    keys = dict(node.keys, data_dir=node.data, listen=f"127.0.0.1:{node.port}")
    names = {"kafka_bootstrap_servers": "kafka.bootstrap.servers"}
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{names.get(key, key)} = {value}\n" for key, value in keys.items())
    return path


def copy(source, to, expect=DONE):
    done = source.run("replay", "copy", f"--to={to}", check=False)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    assert expect not in (FAILED, NOTHING) or done.stderr.splitlines()[-1].startswith("nexusflow replay: "), done.stderr
    return done


def copy_with_kills(source, target, to):
    """kill -9 after a while, a quarter longer each time, until one gets through. Returns its output, if it had the time, and how many were killed."""
    killed = 0
    for i in range(40):
        operator = subprocess.Popen([nexusflow.program(), "replay", "copy", f"--to={to}", *source.arguments()],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, err = operator.communicate(timeout=0.05 * 1.25 ** i)
        except subprocess.TimeoutExpired:
            operator.kill()
            operator.communicate()
            killed += 1
            continue
        if operator.returncode == NOTHING and "finished copy" in err:
            return None, killed  # it was killed behind the last step, before it said so
        assert operator.returncode == DONE, (operator.returncode, out, err)
        return out, killed
    raise AssertionError("no copy got through")


def fill(node, issues):
    owners = {}
    for tenant in TENANTS:
        owner, _ = nexusflow.create_organization(node, tenant)
        assert owner.command(tenant, "CreateProject", {"key": "TLS", "name": "Transport"}).status == 201
        for start in range(0, issues, 500):
            lines = [{"command": "CreateIssue", "data": {"project": "TLS", "summary": f"number {n}", "description": "long " * 20}}
                     for n in range(start, min(start + 500, issues))]
            answer = owner.batch(tenant, lines)
            assert answer.status == 200 and all("events" in line for line in answer.lines()), answer
        owners[tenant] = owner.token
    return owners


def what_is_seen(node, owners):
    """Everything that a tenant gets to see: the feed, a board page, an issue, a search, the audit trail."""
    node.wait_caught_up()
    seen = {}
    for tenant, token in owners.items():
        client = node.client(token)
        seen[tenant, "events"] = client.events(tenant)
        for path in ("projects/TLS/board?limit=50", "issues/TLS-1", "search?text=number&limit=20", "audit?issue=TLS-1"):
            answer = nexusflow.until(lambda: (lambda a: a.status != 503 and a)(client.get(f"/v1/t/{tenant}/{path}")))
            assert answer.status == 200, (path, answer)
            seen[tenant, path] = answer.json()
            seen[tenant, path, "position"] = answer.position
    return seen


def instances(node):
    return {view["view"]: view["live"] for view in json.loads(node.run("replay", "status", "--json").stdout)["views"]}


def verify_views(node):
    for view in VIEWS:
        out = node.run("replay", "verify", view).stdout
        assert "rows are equal" in out, (view, out)


def switch_over(node, owners, before, live):
    """The copy is served from the same data directory: what is seen is the same, and it goes on."""
    node.start()
    assert what_is_seen(node, owners) == before
    assert instances(node) == live, "a view was rebuilt"
    for tenant, token in owners.items():
        answer = node.client(token).command(tenant, "CreateIssue", {"project": "TLS", "summary": "after the copy"})
        assert answer.status == 201, answer
    node.wait_caught_up()
    verify_views(node)
    return what_is_seen(node, owners)


def expect_unfinished(node):
    node.start(wait=False)
    assert node.process.wait(60) == FAILED
    assert "unfinished copy of journal" in node.log_tail(), node.log_tail()


def called_wrongly(node, place):
    for arguments in (["copy"], ["copy", "--to="], ["copy", "board", "--to=x"], ["status", "--to=x"], ["copy", "--to=x", "--json"]):
        done = node.run("replay", *arguments, check=False)
        assert done.returncode == USAGE and done.stderr.startswith("usage: nexusflow replay"), done
    assert "No such file" in copy(node, os.path.join(place, "none.conf"), expect=USAGE).stderr
    assert "the source itself" in copy(node, config_file(os.path.join(place, "same.conf"), node), expect=FAILED).stderr


def digests(out):
    return sorted(line for line in out.splitlines() if re.match(r"^  \S+: seq \d+, digest [0-9a-f]{64}$", line))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--issues", type=int, default=3000)
    issues = parser.parse_args().issues
    place = tempfile.mkdtemp(prefix="nexusflow-e2e.", dir="/tmp")
    postgres = os.environ["NEXUSFLOW_TEST_POSTGRES"]
    try:
        with nexusflow.Node(postgres=postgres, journal="embedded", partitions=2) as node:
            node.start()
            owners = fill(node, issues)
            before, live = what_is_seen(node, owners), instances(node)
            kafka = nexusflow.Node(postgres=postgres, data=node.data, port=node.port, partitions=4, **nexusflow.kafka_keys("copy"))
            to = config_file(os.path.join(place, "kafka.conf"), kafka)
            assert "in use by process" in copy(node, to, expect=NOTHING).stderr
            assert node.stop() == 0
            called_wrongly(node, place)

            began = time.monotonic()
            out, killed = copy_with_kills(node, kafka, to)
            print(f"embedded -> Kafka, {killed} times killed, {time.monotonic() - began:.1f} s; the last: {out and out.splitlines()[2:4]}")
            assert killed > 0 and (out is None or len(digests(out)) == len(TENANTS)), out
            assert "finished copy" in copy(node, to, expect=NOTHING).stderr
            switch_over(kafka, owners, before, live)

            # and back, to a directory of its own: most of it while the node on Kafka runs
            back = nexusflow.Node(postgres=postgres, data=os.path.join(place, "back"), port=node.port, journal="embedded", partitions=1)
            to = config_file(os.path.join(place, "back.conf"), back)
            assert "everything is copied, but 1 processes may write to the source" in copy(kafka, to, expect=NOTHING).stderr
            expect_unfinished(nexusflow.Node(postgres=postgres, data=back.data, journal="embedded", partitions=1))
            for token_of, token in owners.items():
                assert kafka.client(token).command(token_of, "CreateIssue", {"project": "TLS", "summary": "meanwhile"}).status == 201
            after = what_is_seen(kafka, owners)
            assert kafka.stop() == 0
            operator = subprocess.Popen([nexusflow.program(), "replay", "copy", f"--to={to}", *kafka.arguments()],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(0.1)
            operator.kill()
            operator.communicate()
            expect_unfinished(back)
            out = copy(kafka, to).stdout
            assert len(digests(out)) == len(TENANTS), out
            print(f"Kafka -> embedded: {out.splitlines()[2:4]}")
            # the operator gives the node its new journal: the rest of the data directory stays
            shutil.rmtree(os.path.join(node.data, "journal"))
            shutil.move(os.path.join(back.data, "journal"), os.path.join(node.data, "journal"))
            node.keys["partitions"] = 1
            switch_over(node, owners, after, live)
            assert node.stop() == 0
    finally:
        shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
