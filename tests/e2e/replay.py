#!/usr/bin/python3 -B
"""An operator rebuilds views of a node that serves under load, and of one that does not run.

  no query fails, none is answered with an older position, every acked command is in the rebuilt views;
  the node is killed with -9 while it rebuilds: the next rebuild goes on, and what it builds equals the live view;
  calls that make no sense, a directory that is none, a busy one: one clear line and the exit code.

usage: replay.py [--issues N]"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

DONE, FAILED, USAGE, NOTHING = 0, 1, 2, 3
VIEWS = ("board", "issue", "search", "audit")
TENANT = "acme"
BOARD = f"/v1/t/{TENANT}/projects/TLS/board?limit=5"


def replay(node, *arguments, expect=DONE):
    done = node.run("replay", *arguments, check=False)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    assert done.returncode != FAILED or done.stderr.startswith("nexusflow replay: "), done.stderr
    return done


def status_of(node, view):
    views = json.loads(replay(node, "status", "--json").stdout)["views"]
    return next(v for v in views if v["view"] == view)


def fill(owner, issues):
    answer = owner.command(TENANT, "CreateProject", {"key": "TLS", "name": "Transport"})
    assert answer.status == 201, answer
    for start in range(0, issues, 500):
        lines = [{"command": "CreateIssue", "data": {"project": "TLS", "summary": f"number {n}" if n else "zebra", "description": "long " * 20}}
                 for n in range(start, min(start + 500, issues))]
        answer = owner.batch(TENANT, lines)
        assert answer.status == 200, answer
        assert all("events" in line for line in answer.lines()), answer.lines()[:3]


class Load:
    """One thread that sends commands, some that query; they stop at the first thing that is wrong."""

    def __init__(self, node, token):
        self.node, self.token = node, token
        self.stop, self.wrong = threading.Event(), []
        self.acked, self.queries, self.slow = 0, 0, 0
        paths = (BOARD, f"/v1/t/{TENANT}/issues/TLS-1", f"/v1/t/{TENANT}/search?text=zebra", f"/v1/t/{TENANT}/audit?issue=TLS-1")
        self.threads = [threading.Thread(target=self.guarded, args=(self.command,))]
        self.threads += [threading.Thread(target=self.guarded, args=(self.query, path)) for path in paths]

    def guarded(self, work, *arguments):
        try:
            client = self.node.client(self.token)
            while not self.stop.is_set() and not self.wrong:
                work(client, *arguments)
        except Exception as e:  # whatever it is, the test has failed
            self.wrong.append(repr(e))

    def command(self, client):
        answer = client.command(TENANT, "CreateIssue", {"project": "TLS", "summary": "number under load"})
        if answer.status != 201:
            self.wrong.append(f"command: {answer}")
        self.acked += 1
        time.sleep(0.002)

    last = threading.local()

    def query(self, client, path):
        answer = client.get(path, patience=0)
        before = getattr(self.last, "position", 0)
        self.queries += 1
        if answer.status == 503 and answer.json()["detail"] == "timed out" and ("/search" in path or "/audit" in path):
            self.slow += 1  # a busy machine: the statement of a search has 250 ms
            return
        if answer.status != 200 or answer.position is None or answer.position < before:
            self.wrong.append(f"{path}: position {answer.position} after {before}: {answer}")
        self.last.position = answer.position
        time.sleep(0.001)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong


def rebuild_under_load(node, token):
    with Load(node, token) as load:
        for view in VIEWS:
            out = replay(node, "rebuild", view).stdout
            assert " is live" in out and "rows are equal" in out, out
            out = replay(node, "rebuild", view).stdout
            assert "rows are equal" in out, out
            assert "is live" in replay(node, "rollback", view).stdout
    assert load.acked > 20 and load.queries > 100, (load.acked, load.queries)
    assert load.slow < load.queries, (load.slow, load.queries)
    node.wait_caught_up()
    for view in VIEWS:
        assert "rows are equal" in replay(node, "verify", view).stdout
        state = status_of(node, view)
        assert state["previous"] and not state["building"] and state["job"]["state"] == "done", state
        assert state["live"] != state["previous"], state
    print(f"under load: {load.acked} commands, {load.queries} queries, none failed, none went back")


def at_once(node):
    """Two operators want the same."""
    calls = [subprocess.Popen([nexusflow.program(), "replay", "verify", "audit", *node.arguments()], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(call.communicate(timeout=120), call.returncode) for call in calls]
    codes = sorted(code for _, code in ends)
    assert codes in ([DONE, NOTHING], [DONE, DONE]), ends  # the second may come when the first is done
    assert codes == [DONE, DONE] or any("is running" in err for (_, err), _ in ends), ends


def instances(node, view):
    return {name for name in os.listdir(os.path.join(node.data, "views")) if name.startswith(view + "-")}


def killed(node):
    """kill -9 of the node in the middle of a rebuild; the command line is told."""
    view, rounds = "issue", 0
    while True:
        rounds += 1
        assert rounds <= 30, "no rebuild was caught in the middle"
        known = instances(node, view)
        operator = subprocess.Popen([nexusflow.program(), "replay", "rebuild", view, *node.arguments()],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while operator.poll() is None and instances(node, view) <= known:
            time.sleep(0.001)
        time.sleep(0.002 * rounds)
        node.kill()
        out, err = operator.communicate(timeout=60)
        node.start()
        if operator.returncode != DONE and status_of(node, view)["building"]:
            break
    assert operator.returncode in (FAILED, NOTHING) and err.startswith("nexusflow replay: "), (operator.returncode, out, err)
    unfinished = status_of(node, view)["building"]
    node.wait_caught_up()
    out = replay(node, "rebuild", view).stdout
    assert unfinished in out and "(went on)" in out and "rows are equal" in out, out
    assert status_of(node, view)["building"] == ""
    print(f"killed in the middle of rebuild {rounds}, went on: {out.splitlines()[0]}")


def alone(node):
    """With nothing running the verbs do the work themselves."""
    assert node.stop() == 0
    assert not os.path.exists(os.path.join(node.data, "admin.sock"))
    assert json.loads(replay(node, "status", "--json").stdout)["running"] is False
    for view in VIEWS:
        assert "rows are equal" in replay(node, "rebuild", view).stdout
        assert "is live" in replay(node, "rollback", view).stdout
    operator = subprocess.Popen([nexusflow.program(), "replay", "rebuild", "board", *node.arguments()],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    operator.send_signal(signal.SIGKILL)
    operator.wait()
    replay(node, "rebuild", "board")
    node.start()
    node.wait_caught_up()
    assert "rows are equal" in replay(node, "verify", "board").stdout


def called_wrongly(node):
    for arguments in ([], ["rebuild"], ["dance", "board"], ["rebuild", "board", "issue"], ["status", "board"],
                      ["rollback", "board", "--accept-changes"], ["rebuild", "board", "--json"],
                      ["rebuild", "board", "--outdated"], ["verify", "--outdated"], ["status", "--outdated"]):
        assert replay(node, *arguments, expect=USAGE).stderr.startswith("usage: nexusflow replay")
    assert "no view \"nope\"" in replay(node, "rebuild", "nope", expect=USAGE).stderr
    assert "previous" in replay(node, "rollback", "access", expect=NOTHING).stderr
    assert replay(node, "rebuild", "--outdated").stdout == "no view is outdated\n"


def other_directories(node):
    place = tempfile.mkdtemp(prefix="nexusflow-e2e.", dir="/tmp")
    try:
        empty = nexusflow.Node(data=os.path.join(place, "none"))
        assert "No such file" in replay(empty, "rebuild", "board", expect=FAILED).stderr
        assert not os.path.exists(empty.data)
        # a process that has the directory and does not answer
        os.rename(os.path.join(node.data, "admin.sock"), os.path.join(place, "away"))
        assert "in use by process" in replay(node, "rebuild", "board", expect=NOTHING).stderr
        os.rename(os.path.join(place, "away"), os.path.join(node.data, "admin.sock"))
        assert oct(os.stat(os.path.join(node.data, "admin.sock")).st_mode & 0o777) == "0o600"
    finally:
        shutil.rmtree(place)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--issues", type=int, default=4000)
    issues = parser.parse_args().issues
    with nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]) as node:
        node.start()
        owner, _ = nexusflow.create_organization(node, TENANT)
        fill(owner, issues)
        node.wait_caught_up()
        called_wrongly(node)
        other_directories(node)
        rebuild_under_load(node, owner.token)
        at_once(node)
        killed(node)
        alone(node)
        assert node.stop() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
