#!/usr/bin/python3 -B
"""An archive is imported while `serve` is killed with -9 at random moments. Afterwards every command of the import has its
place in the journal once, every view is the fold of the journal (tests/lib/oracle.py), and a second import adds nothing.
Types, links, versions, labels, assignees, titles and transitions with their dates and people are what the archive says
(tests/lib/archive_facts.py, which reads it on its own).

The archive is made up from the seed; NEXUSFLOW_TEST_ARCHIVE names a real one to use instead.
usage: import.py [--seed N]"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import archive_facts  # noqa: E402
import collect  # noqa: E402
import journal_files  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib")
KILLING_S, IMPORT_S = 60, 450


def make_archive(seed, folder):
    real = os.environ.get("NEXUSFLOW_TEST_ARCHIVE")
    if real:
        return real
    path = os.path.join(folder, "archive.json")
    with open(path, "wb") as out:
        subprocess.run([os.path.join(LIB, "make_archive"), "--seed", str(seed), "--issues", "400", "--pulls", "200",
                        "--comments", "4", "--people", "40", "--odd", "0.05", "--events"], stdout=out, check=True)
    return path


def import_arguments(node, archive, token):
    return [nexusflow.program(), "import", "github", archive, "--tenant", "acme", "--project", "TLS",
            "--url", f"http://127.0.0.1:{node.port}", "--token", token, "--patience", "120"]


def import_while_killing(node, arguments, seed):
    rng = random.Random(f"{seed}/killer")
    kills, began = 0, time.monotonic()
    with tempfile.TemporaryFile() as out:
        importer = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    preexec_fn=nexusflow.die_with_parent)
        try:
            while importer.poll() is None and time.monotonic() < began + KILLING_S:
                time.sleep(rng.choice([0.05, 0.2, 0.5, 3]) * rng.random() + 0.02)
                node.kill()
                kills += 1
                node.start(wait=rng.random() < 0.7)
            importer.wait(IMPORT_S - KILLING_S)
        finally:
            if importer.poll() is None:
                importer.kill()
            importer.wait()
        out.seek(0)
        return importer.returncode, out.read().decode(), kills


def check(node, postgres, owner, commands):
    node.wait_caught_up()
    found = collect.collect(owner, "acme")
    found["documents"] = collect.documents(postgres, "acme")
    records = journal_files.read_embedded(node.data)
    logs, _ = journal_files.tenants_of(records, journal_files.Decoder(journal_files.registry(node.client())))
    events = logs["acme"]
    profiles = {line["command_id"]: line["data"]["person"] for line in commands if line["command"] == "AddMember"}
    profiles[events[0]["data"]["meta"]["command_id"]] = nexusflow.person("owner")
    complaints = oracle.judge("acme", events, found, profiles) + oracle.laws_of_records(logs, 4)
    complaints += oracle.judge_rule("acme", events)
    complaints += [f"the feed differs{text}" for text in
                   oracle.differences([journal_files.as_feed(e) for e in events], owner.events("acme"))]

    logged = {}
    for event in events:
        logged.setdefault(event["data"]["meta"]["command_id"], []).append(event)
    for line in commands:
        there = logged.pop(line["command_id"], [])
        if not there:
            complaints.append(f"{line['command']} {line['command_id']} is not in the log")
        elif line.get("occurred_at") and any(
                time_of(e["data"]["meta"]["occurred_at"]) != time_of(line["occurred_at"]) for e in there):
            complaints.append(f"{line['command']} of {line['occurred_at']} is logged at {there[0]['data']['meta']['occurred_at']}")
    strangers = [es[0]["type"] for es in logged.values() if not es[0]["type"].endswith("OrganizationCreated")]
    complaints += [f"a command nobody sent: {name}" for name in strangers]
    return complaints, events


def check_archive(path, owner, events):
    """The log and what queries answer against the archive."""
    with open(path, encoding="utf-8") as file:
        expected = archive_facts.facts(json.load(file))
    members = {member["id"]: member["name"] for member in collect.pages(owner, "acme", "/members", 500)}
    complaints = archive_facts.differences(expected, archive_facts.of_events(events, members))
    versions = collect.get(owner, "acme", "/projects/TLS/versions")["items"]
    found = {(v["name"], v["status"], v["release_on"]) for v in versions}
    if found != expected["versions"]:
        complaints.append(f"versions: {found ^ expected['versions']}")
    types = collections.Counter(expected["types"].values())
    board = collect.board(owner, "acme", "TLS", 1000)
    shown = collections.Counter(card["type"] for column in board["columns"] for card in column["cards"])
    if shown != types:
        complaints.append(f"the board shows {shown}, the archive has {types}")
    steps = sum(map(len, expected["steps"].values()))
    print(f"{dict(types)}, {len(expected['links'])} links, {len(expected['versions'])} versions, {steps} steps", flush=True)
    return complaints


def time_of(text):
    return text.replace("Z", "").ljust(19, "0")[:19]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    seed = parser.parse_args().seed
    print(f"seed {seed}", flush=True)
    postgres = os.environ["NEXUSFLOW_TEST_POSTGRES"]
    with nexusflow.Node(postgres=postgres) as node:
        node.start()
        owner, _ = nexusflow.create_organization(node, "acme")
        archive = make_archive(seed, node.data)
        token = os.path.join(node.data, "owner.token")
        with open(token, "w", encoding="ascii") as f:
            f.write(owner.token)
        arguments = import_arguments(node, archive, token)
        dry = subprocess.run(arguments + ["--dry-run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        commands = [json.loads(line) for line in dry.stdout.splitlines()]

        code, printed, kills = import_while_killing(node, arguments, seed)
        node.wait_ready()
        assert code == 0, f"the import ended with {code}: {printed[:1500]} ... {printed[-1500:]}"
        complaints, events = check(node, postgres, owner, commands)
        complaints += check_archive(archive, owner, owner.events("acme"))
        began = len(events)
        again = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert again.returncode == 0, again.stdout[-3000:]
        if len(owner.events("acme")) != began:
            complaints.append("the second import added events")
        print(f"{len(commands)} commands, {began} events, {kills} kills")
        for complaint in complaints[:30]:
            print("COMPLAINT", complaint)
        if complaints:
            node.own_data = False
            sys.exit(f"seed {seed}: {len(complaints)} complaints; the data are in {node.data}")
        assert node.stop() == 0
        print("ok")


if __name__ == "__main__":
    main()
