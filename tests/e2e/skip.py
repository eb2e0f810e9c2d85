#!/usr/bin/python3 -B
"""A tenant that stands before an event which views cannot apply: everybody who looks can see it, an operator lets it go on
without that event, and every rebuild honours that."""
import json
import os
import sys
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from faults import Case, append_record, labels_changed, log_of, ok, organization, until  # noqa: E402

LABELS = 300  # to one issue: views take 256, commands give 100


class Skip(Case):
    def setUp(self):
        self.node_ = self.node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"] if self.with_postgres() else "").start()
        self.acme = organization(self.node_)
        ok(self.acme.command("acme", "LabelIssue", {"issue": "TLS-1", "add": ["one"]}))

    def with_postgres(self):
        return "audit" in self._testMethodName

    def plant(self):
        """Returns the seq before which acme stands then."""
        seq, value = labels_changed(self.node_, [f"label {n}" for n in range(LABELS)])
        self.assertEqual(self.node_.stop(), 0)
        append_record(self.node_.data, "acme", value)
        self.node_.start()
        self.assertTrue(until(lambda: self.stopped("board") == 1), self.verbose())
        return seq

    def stopped(self, reader):
        return self.node_.metrics().get(f'nexusflow_tenants_stopped{{reader="{reader}"}}')

    def verbose(self, *flags):
        token = self.node_.token("op", *flags) if flags else None
        return self.node_.client(token).get("/readyz?verbose").body.decode()

    def skip(self, *arguments, code=0):
        done = self.node_.run("replay", "skip", *arguments, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        if code:
            self.assertEqual(len(done.stderr.splitlines()) if code != 2 else 1, 1, done.stderr)
        return done.stdout + done.stderr

    def status(self):
        return json.loads(self.node_.run("replay", "status", "--json").stdout)

    def board(self, key):
        page = ok(self.acme.get("/v1/t/acme/projects/TLS/board", least=0))
        return key in page.body.decode()

    def test_it_is_seen_skipped_and_rebuilt(self):
        seq = self.plant()
        self.assertIn("1 tenant stopped", self.verbose())
        self.assertNotIn("acme", self.verbose())
        self.assertNotIn("acme", self.verbose("--service"))
        self.assertRegex(self.verbose("--installation"), rf"board: .*acme before seq {seq} at partition \d+ offset \d+: IssueLabelsChanged: ")
        board = next(view for view in self.status()["views"] if view["view"] == "board")
        self.assertEqual([(s["tenant"], s["before_seq"]) for s in board["stopped"]], [("acme", seq)])
        self.assertIn(f"tenant acme stands before seq {seq}", self.node_.run("replay", "status").stdout)
        # Only what is really stood before.
        about = ("--tenant=acme", "--reason=written by hand")
        self.assertIn(f"stands before seq {seq}", self.skip("--view=board", f"--seq={seq + 1}", *about, code=3))
        self.assertIn("does not stand", self.skip("--view=feed", f"--seq={seq}", *about, code=3))
        self.assertIn("does not stand", self.skip("--view=processor", f"--seq={seq}", *about, code=3))
        self.assertIn("nothing to skip", self.skip("--all", f"--seq={seq}", "--tenant=nowhere", "--reason=x", code=3))
        self.skip("--view=bored", f"--seq={seq}", *about, code=2)
        self.skip("--view=board", "--seq=0", *about, code=2)
        self.skip("--view=board", f"--seq={seq}", "--tenant=acme", code=2)
        # The writer goes on meanwhile, the board does not.
        ok(self.acme.command("acme", "CreateIssue", {"project": "TLS", "summary": "behind it"}))
        self.assertFalse(self.board("TLS-2"))
        said = self.skip("--all", f"--seq={seq}", *about)
        self.assertRegex(said, rf"goes on behind seq {seq} in .*board")
        self.assertTrue(until(lambda: self.stopped("board") == 0), self.verbose())
        self.assertTrue(until(lambda: self.board("TLS-2")))
        self.assertIn("does not stand", self.skip("--view=board", f"--seq={seq}", *about, code=3))
        # In the log, for ever, and honoured by every rebuild.
        decision = until(lambda: (lambda last: last["type"].endswith("EventSkipped") and last)(self.acme.events("acme")[-1]))
        self.assertTrue(decision, self.acme.events("acme")[-1])
        self.assertEqual((decision["data"]["skipped_seq"], decision["data"]["why"]), (seq, "written by hand"))
        for view in decision["data"]["readers"]:
            self.assertIn("rows are equal", self.node_.run("replay", "verify", view).stdout)
            self.assertIn("rows are equal", self.node_.run("replay", "rebuild", view).stdout)
        self.assertTrue(self.board("TLS-2"))
        self.assertEqual(self.stopped("board"), 0)

    def test_with_nothing_running_the_verb_appends_by_itself(self):
        seq = self.plant()
        self.assertEqual(self.node_.stop(), 0)
        self.assertIn(f"tenant acme stands before seq {seq}", self.node_.run("replay", "status").stdout)
        self.assertIn("nothing runs here", self.skip("--all", "--tenant", "acme", "--seq", str(seq), "--reason", "by hand"))
        self.node_.start()
        self.assertTrue(until(lambda: self.stopped("board") == 0), self.verbose())
        self.assertTrue(log_of(self.node_)[-1]["type"].endswith("EventSkipped"))

    def test_a_member_cannot_send_the_command(self):
        seq = self.plant()
        command = {"readers": ["board"], "seq": seq, "event": str(uuid.uuid4()), "why": "x", "operator": "uid 0"}
        self.assertEqual(self.acme.command("acme", "SkipEvent", command).status, 403)
        stranger = self.node_.client(self.node_.token("stranger"))
        self.assertEqual(stranger.command("acme", "SkipEvent", command).status, 404)
        self.assertEqual(self.stopped("board"), 1)

    def test_the_audit_log_has_the_decision(self):
        seq = self.plant()
        self.skip("--view=board", f"--seq={seq}", "--tenant=acme", "--reason=written by hand")
        row = until(lambda: next((row for row in self.acme.get("/v1/t/acme/audit", least=0).json().get("items", [])
                                  if row["type"] == "EventSkipped"), None))
        self.assertIsNotNone(row)
        self.assertEqual(row["actor"]["kind"], "system", row)


if __name__ == "__main__":
    unittest.main()
