#!/usr/bin/python3 -B
"""usage: test_import.py PROGRAM: the import verb as a program: what it makes of archives, and what it does with every
answer that a command API can give (a small scripted server plays the API)."""
import copy
import http.server
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import archive_facts  # noqa: E402

GOLDEN = os.path.join(HERE, "..", "golden", "import")
MAKE_ARCHIVE = os.path.join(HERE, "..", "lib", "make_archive")
PROGRAM = ""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SETUP = ["CreateProject", "AddLinkType", "AddResolution", "SaveWorkflowDraft", "PublishWorkflow", "AddIssueType"]
CONTROL_LINE = re.compile("[\x00-\x1f\x7f-\x9f]")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def lines(text):
    return [json.loads(line) for line in text.split("\n") if line]


def damage(rng, archive):
    """Take something out of an archive, double it, or put something else there."""
    places = []

    def walk(node):
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(value, (dict, list)):
                walk(value)
    walk(archive)
    node, key = rng.choice(places)
    how = rng.random()
    if how < 0.3:
        del node[key]
    elif how < 0.45 and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[key] = rng.choice([None, "", 0, -1, "x", "2020-01-01T00:00:00Z", [], {}, True, "\0", "#1", 10 ** 15, [None], ["a"],
                                {"number": 3}])


class Api:
    """Judges commands as the command API does where the importer depends on it; `script` may say otherwise for a
    line (status, code, detail), `whole` for a request (a status, or "reset" after the work is done)."""

    def __init__(self):
        self.done = {}       # command id -> line
        self.order = []      # of what was carried out
        self.issues = {}     # id -> time of the newest event
        self.requests = 0
        self.script = lambda line, times: None
        self.whole = lambda request: None
        self.times = {}
        self.hold = None     # event that answers wait for
        self.arrived = threading.Event()
        self.lock = threading.Lock()

    def refuse(self, status, code, detail):
        return {"status": status, "code": code, "title": code, "detail": detail, "success": False}

    def judge(self, text, line):
        command_id, data = line["command_id"], line["data"]
        self.times[command_id] = self.times.get(command_id, 0) + 1
        scripted = self.script(line, self.times[command_id])
        if scripted:
            return self.refuse(*scripted)
        if command_id in self.done:
            if self.done[command_id] != text:
                return self.refuse(422, "key_reused", "another command")
            return {"success": True, "outcome": "repeated", "command_id": command_id}
        if line["command"] == "CreateIssue":
            self.issues[data["issue_id"]] = line["occurred_at"]
        elif "issue" in data:
            if data["issue"] not in self.issues:
                return self.refuse(404, "no_such_issue", "there is no issue " + data["issue"])
            if line["occurred_at"] < self.issues[data["issue"]]:
                return self.refuse(422, "occurred_at_decreases", "the issue has an event that occurred later")
            self.issues[data["issue"]] = line["occurred_at"]
        self.done[command_id] = text
        self.order.append(line)
        return {"success": True, "outcome": "accepted", "command_id": command_id}

    def answer(self, body):
        texts = [text for text in body.split("\n") if text]
        return "".join(json.dumps(self.judge(text, json.loads(text))) + "\n" for text in texts)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, text, kind="application/x-ndjson"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path != "/v1/t/acme/commands" or self.headers["Authorization"] != "Bearer good":
            self.reply(401, json.dumps({"status": 401, "detail": "no valid token"}), "application/problem+json")
            return
        with api.lock:
            api.requests += 1
            whole = api.whole(api.requests)
            if isinstance(whole, int):
                self.reply(whole, json.dumps({"status": whole, "detail": "busy"}), "application/problem+json")
                return
            text = api.answer(body) if whole in (None, "reset") else whole
        if whole == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        api.arrived.set()
        if api.hold:
            api.hold.wait(60)
        self.reply(200, text)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="nexusflow-import-")
        self.addCleanup(self.dir.cleanup)
        self.token = self.path("token")
        with open(self.token, "w", encoding="utf-8") as file:
            file.write("good\n")

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def write(self, name, content):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return self.path(name)

    def make(self, *arguments):
        return subprocess.run([MAKE_ARCHIVE, *arguments], stdout=subprocess.PIPE, check=True).stdout.decode()

    def run_import(self, file, *more, env=None):
        return subprocess.run([PROGRAM, "github", file, "--tenant", "acme", "--project", "TLS", *more],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=600,
                              check=False, env=env)

    def dry(self, archive):
        file = archive if isinstance(archive, str) else self.write("archive.json", archive)
        run = self.run_import(file, "--dry-run", "--report", self.path("report"))
        self.assertEqual(run.returncode, 0, run.stderr)
        return lines(run.stdout), lines(read(self.path("report")))


class Mapping(Case):
    def test_an_archive_of_odd_cases_becomes_the_golden_commands_and_findings(self):
        commands = subprocess.run([PROGRAM, "github", os.path.join(GOLDEN, "odd.json"), "--tenant", "acme", "--project",
                                   "ODD", "--dry-run", "--report", self.path("report")], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, encoding="utf-8", check=True).stdout
        self.assertEqual(lines(commands), lines(read(os.path.join(GOLDEN, "odd.commands.ndjson"))))
        self.assertEqual(lines(read(self.path("report"))), lines(read(os.path.join(GOLDEN, "odd.findings.ndjson"))))

    def small(self, **entry):
        issue = {"number": 1, "title": "t", "createdAt": "2020-01-01T00:00:00Z", "state": "OPEN", "author": "ada"}
        return {"magic": "E!vIA5L86J2I", "repo": "a/b", "issues": [{**issue, **entry}]}

    def test_a_text_that_is_too_long_goes_on_in_comments_and_none_of_it_is_lost(self):
        body = "\U0001f600é" * 70000
        commands, findings = self.dry(self.small(body=body))
        parts = [command["data"].get("description", command["data"].get("body")) for command in commands[2:]]
        self.assertEqual("".join(parts), body)
        self.assertEqual([len(part) for part in parts], [65536, 65536, 8928])
        self.assertIn("too long: the description goes on in comments", [finding["reason"] for finding in findings])

    def test_a_title_that_is_too_long_is_kept_in_full_in_the_description(self):
        commands, _ = self.dry(self.small(title="é" * 300, body="text"))
        data = commands[-1]["data"]
        self.assertEqual(data["summary"], "é" * 254 + "…")
        self.assertEqual(data["description"], "é" * 300 + "\n\ntext")

    def test_more_labels_than_an_issue_may_have_are_listed(self):
        commands, findings = self.dry(self.small(labels=[f"l{i}" for i in range(103)] + ["x" * 65]))
        self.assertEqual(len(commands[-1]["data"]["labels"]), 100)
        self.assertEqual(sum(finding["reason"] == "more than an issue may have" for finding in findings), 4)

    def test_a_comment_keeps_its_id_when_the_one_before_it_is_deleted(self):
        comments = [{"author": "ada", "body": str(i), "createdAt": f"2020-01-02T00:00:0{i}Z"} for i in range(3)]
        before, _ = self.dry(self.small(comments=comments))
        after, _ = self.dry(self.small(comments=comments[:1] + comments[2:]))
        self.assertEqual(before[-1], after[-1])

    def test_what_is_made_of_any_archive_is_fit_for_the_api_and_complete(self):
        seed = int(os.environ.get("NEXUSFLOW_TEST_SEED") or random.getrandbits(32))
        print(f"NEXUSFLOW_TEST_SEED={seed}", flush=True)
        for k in range(4):
            text = self.make("--seed", str(seed + k), "--odd", "0.25", "--issues", "30", "--pulls", "30", *["--events"][k % 2:])
            archive = json.loads(text)
            commands, _ = self.dry(self.write("archive.json", text))
            self.check_form(commands)
            self.check_complete(archive, commands)

    def test_the_archive_of_a_real_project_is_mapped_where_it_is_at_hand(self):
        file = os.environ.get("NEXUSFLOW_TEST_ARCHIVE") or \
            os.path.join(HERE, "..", "..", "..", "shared", "data", "github-issues-tls13.json")
        if not os.path.exists(file):
            self.skipTest("no " + file)
        commands, findings = self.dry(file)
        self.check_form(commands)
        self.check_complete(json.loads(read(file)), commands)
        self.assertNotIn("the importer does not know this member", {finding["reason"] for finding in findings})

    def test_whatever_is_changed_in_an_archive_it_is_read_or_refused_in_one_line(self):
        seed = int(os.environ.get("NEXUSFLOW_TEST_SEED") or random.getrandbits(32))
        print(f"NEXUSFLOW_TEST_SEED={seed}", flush=True)
        rng, good = random.Random(f"{seed}/damage"), read(os.path.join(GOLDEN, "odd.json"))
        for _ in range(100):
            archive = json.loads(good)
            for _ in range(rng.choice([1, 1, 2, 4])):
                damage(rng, archive)
            run = self.run_import(self.write("archive.json", archive), "--dry-run")
            self.assertIn(run.returncode, (0, 1), (archive, run.stderr))
            if run.returncode:
                self.assertEqual((run.stdout, run.stderr.count("\n")), ("", 1), run.stderr)
            else:
                self.check_form(lines(run.stdout))

    def check_form(self, commands):
        ids, newest, members = set(), {}, set()
        for command in commands:
            data = command["data"]
            self.assertNotIn(command["command_id"], ids)
            ids.add(command["command_id"])
            if command["command"] == "AddMember":
                members.add(data["member_id"])
            if "on_behalf_of" in command:
                self.assertIn(command["on_behalf_of"], members)
            issue = data.get("issue_id") or data.get("issue")
            if issue:
                self.assertEqual("issue_id" in data, issue not in newest)
                self.assertLessEqual(newest.get(issue, ""), command["occurred_at"])
                newest[issue] = command["occurred_at"]
            for name in ("description", "body"):
                self.assertLessEqual(len(data.get(name, "")), 65536)
                self.assertIsNone(CONTROL.search(data.get(name, "")))
            for text in [data.get("summary", "x"), *data.get("labels", [])]:
                self.assertTrue(0 < len(text) <= 255 and text.strip())
                self.assertIsNone(CONTROL_LINE.search(text))
            for label in data.get("labels", []):
                self.assertTrue(len(label) <= 64 and "," not in label and label == label.strip(" "))
        work = [c["occurred_at"] for c in commands if c["command"] not in (*SETUP, "AddMember")]
        self.assertEqual(work, sorted(work))

    def check_complete(self, archive, commands):
        def has_text(said):
            return bool((said.get("body") or "").strip(" \t\r\n"))
        entries = archive["issues"] + archive["pulls"]
        said = [c for e in entries for c in e["comments"] + e.get("reviews", [])]
        said += [c for p in archive["pulls"] for r in p["reviews"] for c in r["comments"]]
        made = [command for command in commands if command["command"] == "AddComment"]
        short = [c for c in said if has_text(c) and len(c["body"]) <= 65536]
        self.assertGreaterEqual(len(made), len(short))
        bodies = {c["data"]["body"] for c in commands if c["command"] in ("AddComment", "EditComment")}
        for item in short:
            text = unicodedata.normalize("NFC", re.sub("([\u0301\u0316]{30})[\u0301\u0316]+", "\\1\ufffd", item["body"]))
            self.assertIn(CONTROL.sub("\ufffd", text), bodies)
        refs = {c["data"]["external_ref"] for c in commands if c["command"] == "CreateIssue"}
        self.assertEqual(refs, {f"github:{archive['repo']}#{e['number']}" for e in entries})
        self.assertEqual(archive_facts.differences(archive_facts.facts(archive), archive_facts.of_commands(commands)), [])

    def test_the_judge_of_the_mapping_sees_what_is_lost_changed_or_misdated(self):
        archive = json.loads(self.make("--seed", "7", "--issues", "40", "--pulls", "40", "--events"))
        commands, _ = self.dry(archive)
        expected, seen = archive_facts.facts(archive), set()
        for i, command in enumerate(commands):
            if command["command"] in (*SETUP, "AddMember", "AddComment", "CreateIssue", "AddVersion") or command["command"] in seen:
                continue
            seen.add(command["command"])
            late = {**command, "occurred_at": "2031-01-01T00:00:00Z"}
            for wrong in ([], [late]):
                if command["command"] != "ReleaseVersion" or not wrong:  # the day is the fact, not when it was said
                    found = archive_facts.of_commands(commands[:i] + wrong + commands[i + 1:])
                    self.assertNotEqual(archive_facts.differences(expected, found), [], command)
        self.assertEqual(seen, {"LinkIssues", "LabelIssue", "AssignIssue", "ChangeIssueVersions", "TransitionIssue", "EditIssue",
                                "EditComment", "ReleaseVersion"})

class BadFiles(Case):
    def refused(self, content, *expected):
        api = Api()
        with serving(api) as url:
            run = self.run_import(self.write("bad.json", content), "--url", url, "--token", self.token)
        self.assertEqual((run.returncode, api.requests, run.stdout), (1, 0, ""))
        self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
        for part in ("bad.json", *expected):
            self.assertIn(part, run.stderr)

    def test_a_truncated_file_is_one_line_with_the_place_and_nothing_is_sent(self):
        text = read(os.path.join(GOLDEN, "odd.json"))
        for share in (0, 1, 2, 10, len(text) // 2, len(text) - 3):
            self.refused(text[:share], "line ", "column ", "byte ")

    def test_json_of_something_else_is_refused_with_a_pointer(self):
        good = {"magic": "E!vIA5L86J2I", "repo": "a/b", "issues": [
            {"number": 1, "title": "t", "createdAt": "2020-01-01T00:00:00Z", "comments": [{"body": "x"}]}]}

        def with_issue(**members):
            bad = copy.deepcopy(good)
            bad["issues"][0].update(members)
            return bad
        self.refused("[1,2]", "the whole must be an object")
        self.refused("{}", "/magic")
        self.refused({**good, "magic": "other"}, "/magic")
        self.refused({**good, "repo": "nothing"}, "/repo must be owner/name")
        self.refused({**good, "issues": {}}, "/issues must be an array")
        self.refused({"magic": "E!vIA5L86J2I", "repo": "a/b"}, "/issues must be there")
        self.refused(with_issue(number="1"), "/issues/0/number must be a whole number")
        self.refused(with_issue(number=0), "/issues/0/number")
        self.refused(with_issue(title=None), "/issues/0/title must be a string")
        self.refused(with_issue(createdAt="yesterday"), "/issues/0/createdAt must be a time")
        self.refused(with_issue(labels=["a", 1]), "/issues/0/labels/1 must be a string")
        self.refused(with_issue(comments=[{"body": ["x"]}]), "/issues/0/comments/0/body must be a string")
        self.refused(with_issue(milestone={"title": "x"}), "/issues/0/milestone must be a string")
        self.refused(with_issue(timelineItems=[{"actor": "x"}]), "/issues/0/timelineItems/0/__typename must be there")
        self.refused(with_issue(timelineItems=[{"__typename": "CrossReferencedEvent", "source": {"number": "1"}}]),
                     "/issues/0/timelineItems/0/source/number must be a whole number")
        self.refused(with_issue(userContentEdits=[{"editedAt": "x"}]), "/issues/0/userContentEdits/0/editedAt must be a time")
        self.refused({**good, "milestones": [{"title": "x", "dueOn": "soon"}]}, "/milestones/0/dueOn must be a time")
        self.refused({**good, "pulls": [dict(good["issues"][0])]}, "number 1 is there twice")
        self.refused('{"magic":"a","magic":"b"}', "duplicate")
        self.refused("[" * 100000, "depth")

    def test_a_file_that_is_not_there_is_said(self):
        run = self.run_import(self.path("none.json"), "--dry-run")
        self.assertEqual(run.returncode, 1)
        self.assertIn("No such file", run.stderr)

    def test_wrong_calls_are_answered_with_the_usage(self):
        def call(*arguments):
            env = {key: value for key, value in os.environ.items() if key != "NEXUSFLOW_TOKEN"}
            return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  encoding="utf-8", check=False, env=env)
        full = ("github", "x", "--tenant", "acme", "--project", "TLS")
        for arguments in ((), ("gitlab", "x"), ("github",), ("github", "x", "--tenant", "acme"), (*full, "--nope"),
                          ("github", "x", "--tenant", "A!", "--project", "TLS", "--dry-run"),
                          ("github", "x", "--tenant", "acme", "--project", "tls", "--dry-run"),
                          (*full, "--patience", "0"), full, (*full, "--dry-run", "--url", "127.0.0.1:8080"), (*full, "--token", self.path("none"))):
            run = call(*arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""), arguments)
            self.assertNotEqual(run.stderr, "")
        self.assertEqual(call("--help").returncode, 0)


class serving:
    def __init__(self, api):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.api = api

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Sending(Case):
    made = None  # archive and commands, once for all

    def setUp(self):
        super().setUp()
        if not Sending.made:
            text = self.make("--issues", "300", "--pulls", "300", "--odd", "0.05")
            Sending.made = text, self.dry(self.write("archive.json", text))[0]
        self.file = self.write("archive.json", Sending.made[0])
        self.commands = Sending.made[1]
        self.assertGreater(len(self.commands), 2000)
        self.api = Api()

    def send(self, *more, patience=60):
        with serving(self.api) as url:
            return self.run_import(self.file, "--url", url, "--token", self.token, "--patience", str(patience), *more)

    def assert_all_done_once(self):
        self.assertEqual([c["command_id"] for c in self.api.order], [c["command_id"] for c in self.commands])

    def test_every_command_arrives_once_and_in_order(self):
        run = self.send()
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(self.api.order, self.commands)
        self.assertIn(f"{len(self.commands)} accepted, 0 repeated, 0 refused", run.stdout)

    def test_a_second_run_adds_nothing_and_says_that_all_was_repeated(self):
        self.send()
        run = self.send()
        self.assertEqual(run.returncode, 0)
        self.assert_all_done_once()
        self.assertIn(f"0 accepted, {len(self.commands)} repeated, 0 refused", run.stdout)

    def test_lines_without_an_outcome_are_sent_again_and_those_that_needed_them(self):
        def script(line, times):
            if line["command"] == "CreateIssue" and times == 1 and int(line["command_id"][:2], 16) % 100 == 0:
                return 503, "outcome_unknown", "retry"
            return None
        self.api.script = script
        run = self.send()
        self.assertGreater(max(self.api.times.values()), 1)
        self.assertEqual({c["command_id"] for c in self.api.order}, {c["command_id"] for c in self.commands})
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn(" 0 refused", run.stdout)

    def test_answers_for_a_whole_batch_that_pass_are_waited_for(self):
        self.api.whole = lambda request: {2: 503, 3: 429, 5: 502}.get(request)
        run = self.send()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assert_all_done_once()

    def test_a_connection_lost_after_the_work_was_done_repeats_nothing(self):
        self.api.whole = lambda request: "reset" if request in (1, 3) else None
        run = self.send()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assert_all_done_once()

    def test_refused_commands_are_listed_and_the_rest_is_done(self):
        def script(line, times):
            if line["command"] == "TransitionIssue":
                return 409, "no_transition", "from todo to done"
            return None
        self.api.script = script
        run = self.send("--report", self.path("report"))
        refused = sum(c["command"] == "TransitionIssue" for c in self.commands)
        self.assertEqual(run.returncode, 3)
        self.assertEqual(len(self.api.order), len(self.commands) - refused)
        self.assertIn(f"{refused} refused", run.stdout)
        self.assertIn("refused commands: 409 no_transition", run.stdout)
        listed = [f for f in lines(read(self.path("report"))) if f["what"] == "refused commands"]
        self.assertEqual(len(listed), refused)

    def test_a_changed_archive_adds_what_is_new_and_lists_what_changed(self):
        self.send()
        archive = json.loads(read(self.file))
        archive["issues"][0]["title"] = "Another title"
        archive["issues"][-1]["comments"].append(
            {"author": archive["issues"][-1]["author"], "body": "new", "createdAt": archive["timestamp"]})
        self.file = self.write("archive.json", archive)
        run = self.send()
        self.assertEqual(run.returncode, 3)
        self.assertIn("1 accepted", run.stdout)
        self.assertIn("1 refused", run.stdout)
        self.assertIn("the archive or the importer has changed since it was imported", run.stdout)

    def test_an_interrupted_run_ends_after_its_batch_and_goes_on_later(self):
        self.api.hold = threading.Event()
        with serving(self.api) as url:
            run = subprocess.Popen([PROGRAM, "github", self.file, "--tenant", "acme", "--project", "TLS", "--url", url],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                                   env={**os.environ, "NEXUSFLOW_TOKEN": "good"})
            self.assertTrue(self.api.arrived.wait(60))
            run.send_signal(signal.SIGINT)
            time.sleep(0.1)
            self.api.hold.set()
            _, errors = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 1)
        self.assertIn("interrupted", errors)
        self.assertIn("goes on where this one ended", errors)
        done = len(self.api.order)
        self.assertTrue(0 < done < len(self.commands))
        self.api.hold = None
        again = self.send()
        self.assertEqual(again.returncode, 0)
        self.assert_all_done_once()
        self.assertIn(f"{len(self.commands) - done} accepted, {done} repeated", again.stdout)

    def test_it_gives_up_when_nothing_moves(self):
        self.api.script = lambda line, times: (503, "outcome_unknown", "retry") if times else None
        run = self.send(patience=2)
        self.assertEqual(run.returncode, 1)
        self.assertIn("nothing moved for 2 s", run.stderr)
        self.assertEqual(self.api.order, [])
        self.assertIn("still trying: commands are answered 503", run.stderr)

    def test_no_server_is_said_in_one_line_and_that_it_can_go_on(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            run = self.run_import(self.file, "--url", url, "--token", self.token, "--patience", "1")
        self.assertEqual(run.returncode, 1)
        self.assertIn("nothing moved for 1 s", run.stderr)

    def test_a_bad_token_is_said_and_not_tried_again(self):
        self.token = self.write("token", "bad")
        run = self.send()
        self.assertEqual((run.returncode, self.api.requests), (1, 0))
        self.assertIn("answers 401: no valid token", run.stderr)

    def test_without_the_right_to_import_only_the_first_command_is_sent(self):
        for refusal in ((404, "no_such_tenant", "there is no such organization"), (403, "forbidden", "the role")):
            self.api = Api()
            self.api.script = lambda line, times, refusal=refusal: refusal
            run = self.send()
            self.assertEqual((run.returncode, len(self.api.times)), (1, 1))
            self.assertIn(refusal[1], run.stderr)

    def test_a_project_that_is_there_is_used(self):
        self.api.script = lambda line, times: \
            (409, "key_taken", "TLS belongs to another project") if line["command"] == "CreateProject" else None
        run = self.send()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(self.api.order), len(self.commands) - 1)
        self.assertIn("was there already", run.stdout)

    def test_a_project_that_is_set_up_already_stays_as_it_is(self):
        for code in ("item_exists", "id_taken", "key_reused"):
            self.api = Api()
            self.api.script = lambda line, times, code=code: \
                (409, code, "merged") if line["command"] in SETUP[1:] else None
            run = self.send()
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(len(self.api.order), len(self.commands) - len(SETUP[1:]))
            self.assertIn(" 0 refused", run.stdout)

    def test_a_project_that_cannot_take_pull_requests_ends_it_before_an_issue_is_sent(self):
        self.api.script = lambda line, times: \
            (422, "unknown_status", "in_review") if line["command"] == "SaveWorkflowDraft" else None
        run = self.send()
        self.assertEqual(run.returncode, 1)
        self.assertIn("project TLS cannot be set up for pull requests: 422 unknown_status: in_review", run.stderr)
        self.assertEqual({c["command"] for c in self.api.order} - set(SETUP), set())

    def test_what_an_earlier_importer_made_of_pull_requests_stays_and_is_listed(self):
        pulls = [c for c in self.commands if c["command"] == "CreateIssue" and c["data"]["type"] == "pull_request"]
        for command in pulls:
            self.api.done[command["command_id"]] = "as a task"
            self.api.issues[command["data"]["issue_id"]] = command["occurred_at"]
        run = self.send("--report", self.path("report"))
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertIn(f"{len(self.commands) - len(pulls)} accepted, 0 repeated, {len(pulls)} refused", run.stdout)
        refused = [f for f in lines(read(self.path("report"))) if f["what"] == "refused commands"]
        self.assertEqual({f["reason"] for f in refused},
                         {"422 key_reused (the archive or the importer has changed since it was imported)"})

    def test_people_who_are_members_under_other_ids_stay_who_they_are(self):
        other = "018f3d5e-7c00-7000-8000-000000000001"
        known = next(c for c in self.commands if c["command"] == "AddMember")
        mine = known["data"]["member_id"]
        self.api.script = lambda line, times: \
            (409, "member_exists", "as " + other) if line["command_id"] == known["command_id"] else None
        run = self.send()
        self.assertEqual(run.returncode, 0, run.stderr)
        text = json.dumps(self.api.order)
        self.assertNotIn(mine, text)
        expected = [c for c in self.commands if c.get("on_behalf_of") == mine]
        self.assertGreater(len(expected), 0)
        self.assertEqual(sum(c.get("on_behalf_of") == other for c in self.api.order), len(expected))

    def test_answers_that_are_not_of_a_command_api_end_it(self):
        for whole in ("<html>\n", "{}", '{"success":true}\n' * 3, 404, 400):
            self.api = Api()
            self.api.whole = lambda request, whole=whole: whole if request == 2 else None
            run = self.send()
            self.assertEqual(run.returncode, 1, whole)
            self.assertEqual(self.api.requests, 2, whole)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
