#!/usr/bin/python3 -B
"""Everything that an issue can have, written and read over HTTP; at the end the oracle compares every answer of the query
API with its own fold of the log. One test method is one sentence."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

NODE = OWNER = GUEST = None
OWNER_ID, MEMBER_ID, GUEST_ID = None, nexusflow.new_id(), nexusflow.new_id()
PROFILES = {}


def setUpModule():
    global NODE, OWNER, OWNER_ID, GUEST
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, OWNER_ID = nexusflow.create_organization(NODE, "acme")
    for id, name, role in ((MEMBER_ID, "member", "member"), (GUEST_ID, "guest", "guest")):
        does("AddMember", member_id=id, person=nexusflow.person(name), role=role)
    GUEST = NODE.client(NODE.token("guest"))
    does("CreateProject", key="TLS", name="Transport")


def tearDownModule():
    code = NODE.stop()
    tail = NODE.log_tail()
    NODE.remove()
    if code != 0:
        raise AssertionError(f"serve ended with {code}: {tail}")


def does(name, client=None, /, **data):
    answer = (client or OWNER).command("acme", name, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{name} {data}: {answer}")
    if "person" in data:
        PROFILES[answer.json()["command_id"]] = data["person"]
    return answer


def read(path, least, client=None):
    """What the query API says at the position of the answer @least, or later."""
    answer = (client or OWNER).get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(least.position)})
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def new_issue(**data):
    return does("CreateIssue", **dict({"project": "TLS", "summary": "one"}, **data)).json()["key"]


class Case(unittest.TestCase):
    def refused(self, status, code, name, client=None, /, **data):
        answer = (client or OWNER).command("acme", name, data)
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer)


class Plans(Case):
    def test_members_watch_and_stop_watching(self):
        key = new_issue()
        does("WatchIssue", GUEST, issue=key)
        last = does("WatchIssue", issue=key, member=MEMBER_ID)
        watchers = read(f"/issues/{key}", last)["watchers"]
        self.assertEqual([w["id"] for w in watchers], sorted([GUEST_ID, MEMBER_ID]))
        self.refused(403, "forbidden", "WatchIssue", GUEST, issue=key, member=OWNER_ID)
        last = does("UnwatchIssue", GUEST, issue=key)
        self.assertEqual([w["id"] for w in read(f"/issues/{key}", last)["watchers"]], [MEMBER_ID])

    def test_dates_and_estimates(self):
        key = new_issue(start_on="2026-12-01", due_on="2026-12-24", estimate=120)
        last = does("EditIssue", issue=key, start_on="2026-12-02", remaining=30)
        found = read(f"/issues/{key}", last)
        self.assertEqual([found[k] for k in ("start_on", "due_on", "estimate", "remaining", "spent")],
                         ["2026-12-02", "2026-12-24", 120, 30, 0])
        self.refused(422, "start_after_due", "EditIssue", issue=key, start_on="2026-12-25")
        last = does("EditIssue", issue=key, clear=["start_on", "estimate", "remaining"])
        found = read(f"/issues/{key}", last)
        self.assertEqual([found[k] for k in ("start_on", "estimate", "remaining")], [None, None, None])

    def test_work_is_logged_corrected_and_taken_back(self):
        key = new_issue(estimate=120)
        work = does("LogWork", issue=key, minutes=45, comment="read the draft", started_at="2026-11-20T09:00:00Z")
        for _ in range(24):
            does("LogWork", issue=key, minutes=1, remaining="leave")
        first = work.json()["created"]
        last = does("EditWorklog", issue=key, worklog_id=first, minutes=50)
        found = read(f"/issues/{key}", last)
        self.assertEqual([found[k] for k in ("estimate", "remaining", "spent")], [120, 70, 74])
        page = read(f"/issues/{key}/worklogs?limit=1", last)
        self.assertEqual((page["total"], page["minutes"], page["items"][0]["minutes"]), (25, 74, 50))
        self.assertEqual(len(read(f"/issues/{key}/worklogs?after={page['next']}", last)["items"]), 24)
        last = does("DeleteWorklog", issue=key, worklog_id=first, remaining="set", remaining_minutes=5)
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["remaining"], found["spent"], found["worklogs"]["total"]), (5, 24, 24))
        self.refused(403, "forbidden", "LogWork", GUEST, issue=key, minutes=1)


class Talk(Case):
    def test_comments_are_answered_mention_members_and_keep_their_former_texts(self):
        key = new_issue()
        first = does("AddComment", issue=key, body=f"@{GUEST_ID}, is it so?").json()["created"]
        answer = does("AddComment", GUEST, issue=key, body="yes", reply_to=first).json()["created"]
        does("AddComment", issue=key, body="then do it", reply_to=answer)
        does("EditComment", issue=key, comment_id=first, body=f"@{GUEST_ID} and @{MEMBER_ID}, is it so?")
        last = does("EditComment", issue=key, comment_id=first, body="is it so?")
        items = read(f"/issues/{key}/comments", last)["items"]
        self.assertEqual([c["reply_to"] for c in items], [None, first, first])
        self.assertEqual((items[0]["mentions"], items[0]["edited_by"]["id"]), ([], OWNER_ID))
        texts = read(f"/issues/{key}/comments/{first}/history", last)["items"]
        self.assertEqual([t["body"] for t in texts], [f"@{GUEST_ID}, is it so?", f"@{GUEST_ID} and @{MEMBER_ID}, is it so?"])
        self.refused(404, "no_such_member", "AddComment", issue=key, body="@" + nexusflow.new_id())
        self.refused(404, "no_such_comment", "AddComment", issue=new_issue(), body="x", reply_to=first)
        last = does("DeleteComment", issue=key, comment_id=first)
        for gone in (first, nexusflow.new_id(), "nothing"):
            answer = OWNER.get(f"/v1/t/acme/issues/{key}/comments/{gone}/history", {"NexusFlow-Min-Position": str(last.position)})
            self.assertEqual((answer.status, answer.json()["code"]), (404, "not_found"))


class Whole(unittest.TestCase):
    """Runs last: the names of the classes are in order."""

    def test_every_answer_is_that_of_the_oracle(self):
        NODE.wait_caught_up()
        events = OWNER.events("acme")
        found = collect.collect(OWNER, "acme")
        created = events[0]["data"]["meta"]["command_id"]
        self.assertEqual(oracle.judge("acme", events, found, dict(PROFILES, **{created: nexusflow.person("owner")})), [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
