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
    GUEST = NODE.client(NODE.token("guest")).joined("acme")
    does("CreateProject", key="TLS", name="Transport")


def tearDownModule():
    NODE.end()


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
        self.assertEqual([w["id"] for w in watchers["items"]], sorted([GUEST_ID, MEMBER_ID]))
        self.assertEqual((watchers["total"], watchers["watching"], watchers["next"]), (2, False, None))
        self.assertTrue(read(f"/issues/{key}", last, GUEST)["watchers"]["watching"])
        first = read(f"/issues/{key.lower()}/watchers?limit=1", last)
        self.assertEqual((first["items"], first["next"]), (watchers["items"][:1], watchers["items"][0]["id"]))
        second = read(f"/issues/{key}/watchers?cursor={first['next']}", last)
        self.assertEqual((second["total"], second["items"], second["next"]), (2, watchers["items"][1:], None))
        self.refused(403, "forbidden", "WatchIssue", GUEST, issue=key, member=OWNER_ID)
        last = does("UnwatchIssue", GUEST, issue=key)
        self.assertEqual([w["id"] for w in read(f"/issues/{key}", last)["watchers"]["items"]], [MEMBER_ID])

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
        self.refused(404, "no_such_comment", "AddComment", issue=new_issue(), body="x", reply_to=first)
        last = does("DeleteComment", issue=key, comment_id=first)
        for gone in (first, nexusflow.new_id(), "nothing"):
            answer = OWNER.get(f"/v1/t/acme/issues/{key}/comments/{gone}/history", {"NexusFlow-Min-Position": str(last.position)})
            self.assertEqual((answer.status, answer.json()["code"]), (404, "not_found"))


class Cloned(Case):
    def test_a_clone_has_the_texts_and_what_is_asked_for(self):
        other = new_issue()
        key = new_issue(summary="okapi", description="forest giraffe", type="story", labels=["a"], estimate=60)
        new_issue(type="subtask", summary="okapi below", description="striped", parent=key)
        does("LinkIssues", issue=key, link_type="blocks", other=other)
        does("EditIssue", issue=key, description="forest zebra")
        first = does("CloneIssue", issue=key, summary_prefix="Copy: ", subtasks=True, links=True).json()
        last = does("EditIssue", issue=key, description="neither")
        clone = read(f"/issues/{first['key']}", last)
        self.assertEqual((clone["summary"], clone["description"], clone["labels"]), ("Copy: okapi", "forest zebra", ["a"]))
        self.assertEqual((clone["cloned_from"]["key"], clone["id"]), (key, first["created"]))
        self.assertEqual([link["issue"]["key"] for link in clone["links"]["items"]], [other])
        below = read(f"/issues/{clone['subtasks']['items'][0]['key']}", last)
        self.assertEqual((below["description"], below["parent"]["key"]), ("striped", first["key"]))
        self.assertEqual({item["key"] for item in read("/search?text=zebra", last)["items"]}, {first["key"]})
        again = does("CloneIssue", issue=first["key"]).json()
        does("DeleteIssue", issue=first["key"])
        last = does("DeleteIssue", issue=key)
        clone = read(f"/issues/{again['key']}", last)
        self.assertEqual((clone["description"], clone["cloned_from"]), ("forest zebra", None))


class Moved(Case):
    def etag(self, key, last):
        answer = OWNER.get(f"/v1/t/acme/projects/{key}/board", {"NexusFlow-Min-Position": str(last.position)})
        return answer.header("ETag"), {card["key"]: card for column in answer.json()["columns"] for card in column["cards"]}

    def test_an_issue_moves_and_both_keys_find_it(self):
        does("CreateProject", key="MOVED", name="Moved")
        does("AddComponent", project="TLS", name="leaving", component_id="00000000-0000-4000-8000-00000000c0de")
        key = new_issue(summary="quokka", components=["00000000-0000-4000-8000-00000000c0de"])
        below = new_issue(type="subtask", summary="quokka below", parent=key)
        does("AddComment", issue=key, body="about the quokka")
        last = does("TransitionIssue", issue=key, to="in_progress")
        before = read(f"/issues/{key}", last)
        left, card = self.etag("TLS", last)[0], self.etag("TLS", last)[1][key]
        entered = self.etag("MOVED", last)[0]
        last = does("MoveIssue", issue=key, project="MOVED")
        self.assertEqual((last.json()["key"], last.json()["version"]), ("MOVED-1", before["version"] + 1))
        tag, cards = self.etag("TLS", last)
        self.assertNotEqual(tag, left)
        self.assertFalse({key, below} & set(cards))
        tag, cards = self.etag("MOVED", last)
        self.assertNotEqual(tag, entered)
        self.assertEqual(set(cards), {"MOVED-1", "MOVED-2"})
        self.assertEqual(cards["MOVED-1"], dict(card, key="MOVED-1", version=card["version"] + 1))
        for name in (key, "MOVED-1"):
            after = read(f"/issues/{name}", last)
            self.assertEqual((after["key"], after["project"]["key"], after["components"]), ("MOVED-1", "MOVED", []))
            self.assertEqual(after["former_keys"], [key])
            self.assertEqual([s["key"] for s in after["subtasks"]["items"]], ["MOVED-2"])
            self.assertEqual(read(f"/issues/{name}/history", last)["items"][-1]["type"], "IssueMoved")
            self.assertEqual({row["aggregate"]["key"] for row in read(f"/audit?issue={name}", last)["items"]}, {"MOVED-1"})
        self.assertEqual([c["issues"] for c in read("/projects/TLS/components", last)["items"] if c["name"] == "leaving"], [0])
        for project, keys in (("TLS", set()), ("MOVED", {"MOVED-1", "MOVED-2"})):
            self.assertEqual({item["key"] for item in read(f"/search?text=quokka&project={project}", last)["items"]}, keys)
        last = does("AddComment", issue=key, body="quokka again")
        self.assertEqual(last.json()["key"], "MOVED-1")
        self.assertEqual(len(read("/search?text=quokka&project=MOVED", last)["items"]), 4)
        self.assertEqual(does("MoveIssue", issue=key, project="MOVED").json()["outcome"], "unchanged")
        self.refused(409, "moves_with_parent", "MoveIssue", issue=below, project="TLS")
        last = does("MoveIssue", issue=key, project="TLS")
        self.assertNotIn(last.json()["key"], (key, below))
        self.assertEqual(read("/issues/MOVED-2", last)["project"]["key"], "TLS")


class Converted(Case):
    def test_every_view_follows_a_type_that_changes(self):
        does("CreateProject", key="CONV", name="Converted")
        does("AddStatus", project="CONV", status="blocked", name="Blocked", category="in_progress")
        begin = {"id": "create", "name": "Create", "kind": "initial", "to": "blocked"}
        does("SaveWorkflowDraft", project="CONV", workflow="bugs", name="Bugs", transitions=[
            begin, {"id": "fix", "name": "Fix", "kind": "directed", "from": ["blocked"], "to": "done"}])
        does("PublishWorkflow", project="CONV", workflow="bugs")
        does("AssignWorkflow", project="CONV", workflow="bugs", issue_type="bug")
        for field, types in (("cost", ["story"]), ("risk", ["bug"])):
            does("AddField", project="CONV", field=field, name=field, kind="number", issue_types=types)
        does("EditField", project="CONV", field="risk", required=True)
        key = new_issue(project="CONV", type="story", summary="wombat", fields=[{"field": "cost", "values": ["7"]}])
        _, cards = Moved.etag(self, "CONV", does("EditIssue", issue=key, priority="low"))
        self.refused(422, "unknown_status", "EditIssue", issue=key, type="bug")
        self.refused(422, "field_required", "EditIssue", issue=key, type="bug", status="blocked")
        last = does("EditIssue", issue=key, type="bug", status="blocked", fields=[{"field": "risk", "values": ["1"]}])
        self.assertEqual([e["type"] for e in last.json()["events"]], ["IssueConverted", "IssueFieldsChanged"])
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["type"], found["status"], found["resolution"]), ("bug", "blocked", None))
        self.assertEqual([field["id"] for field in found["fields"]], ["risk"])
        told = read(f"/issues/{key}/history", last)["items"][-2]
        self.assertEqual((told["type"], told["body"]["from_type"], told["body"]["to_type"], told["body"]["to_status"]),
                         ("IssueConverted", "story", "bug", "blocked"))
        card = Moved.etag(self, "CONV", last)[1][key]
        self.assertEqual(card, dict(cards[key], type="bug", status="blocked", version=found["version"]))
        for text, keys in (("wombat", [key]), ("wombat&field=risk:1", [key]), ("wombat&field=cost:7", [])):
            self.assertEqual([item["key"] for item in read(f"/search?text={text}&project=CONV", last)["items"]], keys, text)
        last = does("EditIssue", issue=key, type="story", status="done")
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["type"], found["status"]), ("story", "done"))
        self.assertEqual([field["id"] for field in found["fields"]], ["cost"])

    def test_a_sub_task_becomes_an_issue_and_an_issue_a_sub_task(self):
        story, other = new_issue(type="story"), new_issue(type="story")
        below = new_issue(type="subtask", parent=story)
        self.refused(422, "parent_type", "EditIssue", issue=below, type="task")
        last = does("EditIssue", issue=below, type="task", clear=["parent"])
        self.assertEqual([e["type"] for e in last.json()["events"]], ["IssueConverted", "IssueParentChanged"])
        self.assertEqual(read(f"/issues/{story}", last)["subtasks"]["items"], [])
        self.refused(422, "parent_needed", "EditIssue", issue=below, type="subtask")
        last = does("EditIssue", issue=below, type="subtask", parent=other)
        self.assertEqual([s["key"] for s in read(f"/issues/{other}", last)["subtasks"]["items"]], [below])
        self.refused(422, "parent_type", "EditIssue", issue=other, type="epic")
        last = does("BulkEditIssues", issues=[story, other, below], type="bug")
        self.assertEqual(last.json()["bulk"], {"issues": 3, "changed": 2, "unchanged": 0, "refused": 1})
        self.refused(422, "bad_move", "MoveIssue", issue=story, project="TLS", types=[{"from": "bug", "to": "task"}])


class Corrected(Case):
    def board(self):
        made = does("CreateBoard", board_id=nexusflow.new_id(), name="People", projects=["TLS"],
                    card_fields=["reporter", "resolution"])
        return made.json()["created"]

    def card(self, board, key, last):
        cards = [card for column in read(f"/boards/{board}?limit=1000", last)["columns"] for card in column["cards"]]
        return next((card["reporter"], card["resolution"]) for card in cards if card["key"] == key)

    def test_every_view_follows_the_reporter(self):
        board, member = self.board(), NODE.client(NODE.token("member"))
        key = new_issue(summary="okapi")
        last = does("EditIssue", issue=key, reporter=MEMBER_ID)
        self.assertEqual([e["type"] for e in last.json()["events"]], ["IssueReporterChanged"])
        self.assertEqual(read(f"/issues/{key}", last)["reporter"], {"id": MEMBER_ID, "name": "Member"})
        self.assertEqual(self.card(board, key, last), (MEMBER_ID, None))
        page = read(f"/issues/{key}/history?order=desc&limit=1", last)
        self.assertEqual([(item["type"], item["body"]["to"]) for item in page["items"]], [("IssueReporterChanged", MEMBER_ID)])
        self.assertEqual(page["names"][MEMBER_ID], "Member")
        rows = read(f"/audit?issue={key}&type=IssueReporterChanged", last)["items"]
        self.assertEqual([row["body"]["from"] for row in rows], [OWNER_ID])
        self.assertIn("DeleteIssue", {c["name"] for c in read(f"/permissions?issue={key}", last, member)["commands"]})
        self.assertEqual(read(f"/members/{MEMBER_ID}/uses", last)["uses"]["issues"], 0)
        self.assertEqual(does("EditIssue", issue=key, reporter=MEMBER_ID).json()["outcome"], "unchanged")
        self.refused(403, "forbidden", "EditIssue", member, issue=key, reporter=OWNER_ID)
        self.refused(404, "no_such_member", "EditIssue", issue=key, reporter=nexusflow.new_id())
        last = does("EditIssue", issue=key, reporter=GUEST_ID)
        self.refused(403, "forbidden", "DeleteIssue", member, issue=key)
        self.assertNotIn("DeleteIssue", {c["name"] for c in read(f"/permissions?issue={key}", last, member)["commands"]})
        other = new_issue(reporter=GUEST_ID)
        last = does("CloneIssue", issue=other, reporter=MEMBER_ID)
        self.assertEqual(read(f"/issues/{other}", last)["reporter"]["id"], GUEST_ID)
        self.assertEqual(read(f"/issues/{last.json()['key']}", last)["reporter"]["id"], MEMBER_ID)
        last = does("BulkEditIssues", issues=[key, other], reporter=GUEST_ID)
        self.assertEqual(last.json()["bulk"], {"issues": 2, "changed": 0, "unchanged": 2, "refused": 0})

    def test_every_view_follows_the_resolution(self):
        board, key = self.board(), new_issue(summary="tapir")
        below = new_issue(type="subtask", parent=key)
        self.refused(422, "resolution_not_done", "EditIssue", issue=key, resolution="duplicate")
        does("TransitionIssue", issue=key, to="done")
        last = does("EditIssue", issue=key, resolution="duplicate")
        self.assertEqual([e["type"] for e in last.json()["events"]], ["IssueResolutionChanged"])
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["status"], found["resolution"]), ("done", "duplicate"))
        self.assertEqual(self.card(board, key, last), (OWNER_ID, "duplicate"))
        told = read(f"/issues/{key}/history?order=desc&limit=1", last)["items"][0]
        self.assertEqual((told["type"], told["body"]["from"], told["body"]["to"]), ("IssueResolutionChanged", "done", "duplicate"))
        self.refused(422, "unknown_resolution", "EditIssue", issue=key, resolution="boredom")
        self.refused(422, "bad_clear", "EditIssue", issue=key, clear=["resolution"])
        last = does("BulkEditIssues", issues=[key, below], resolution="wont_do")
        self.assertEqual(last.json()["bulk"], {"issues": 2, "changed": 1, "unchanged": 0, "refused": 1})
        self.assertEqual(read(f"/bulks/{last.json()['aggregate']['id']}", last)["refusals"]["items"][0]["code"], "resolution_not_done")
        self.assertEqual(read(f"/issues/{key}", last)["resolution"], "wont_do")


class Bulk(Case):
    def bulk(self, last, client=None, query=""):
        return read(f"/bulks/{last.json()['aggregate']['id']}{query}", last, client)

    def test_a_bulk_says_what_came_of_each_issue(self):
        keys = [new_issue(summary=f"numbat {n}") for n in range(4)]
        does("EditIssue", issue=keys[1], priority="high")
        last = does("BulkEditIssues", issues=[*keys, "TLS-99999"], priority="high", add_labels=["numbat"])
        answer = last.json()
        self.assertEqual(answer["bulk"], {"issues": 5, "changed": 4, "unchanged": 0, "refused": 1})
        self.assertEqual(answer["aggregate"]["kind"], "bulk")
        self.assertEqual([e["type"] for e in answer["events"][-2:]], ["IssueLabelsChanged", "BulkCompleted"])
        bulk = self.bulk(last)
        self.assertEqual((bulk["command"], bulk["by"]["id"], bulk["unchanged"]), ("BulkEditIssues", OWNER_ID, []))
        self.assertEqual(bulk["refusals"], {"next": None, "items": [
            {"place": 5, "issue": "TLS-99999", "code": "no_such_issue", "detail": "there is no issue TLS-99999"}]})
        _, cards = Moved.etag(self, "TLS", last)
        for key in keys:
            self.assertEqual((cards[key]["priority"], cards[key]["labels"]), ("high", ["numbat"]))
        again = OWNER.command("acme", "BulkEditIssues", {"issues": [*keys, "TLS-99999"], "priority": "high", "add_labels": ["numbat"]},
                              answer["command_id"])
        self.assertEqual(dict(again.json(), outcome="accepted"), answer)
        last = does("BulkTransitionIssues", issues=keys, to="in_progress", bulk_id=nexusflow.new_id())
        self.assertEqual(last.json()["bulk"]["changed"], 4)
        last = does("BulkTransitionIssues", issues=keys, to="in_progress")
        self.assertEqual(self.bulk(last)["unchanged"], [1, 2, 3, 4])
        does("CreateProject", key="BULKED", name="Bulked")
        last = does("BulkMoveIssues", issues=keys, project="BULKED")
        self.assertEqual(set(Moved.etag(self, "BULKED", last)[1]), {f"BULKED-{n}" for n in (1, 2, 3, 4)})
        last = does("BulkDeleteIssues", issues=[*keys, keys[0]])
        self.assertEqual(last.json()["bulk"], {"issues": 5, "changed": 4, "unchanged": 0, "refused": 1})
        self.assertEqual(Moved.etag(self, "BULKED", last)[1], {})

    def test_refusals_are_read_page_by_page_by_who_sent_them(self):
        key, names = new_issue(), [f"TLS-{90000 + n}" for n in range(2300)]
        member = NODE.client(NODE.token("member")).joined("acme")
        last = does("BulkEditIssues", member, issues=[*names, key], priority="low")
        self.assertEqual([e["type"] for e in last.json()["events"]], ["IssuePriorityChanged", *["BulkRefused"] * 4, "BulkCompleted"])
        found, after = [], 0
        while after is not None:
            page = self.bulk(last, member, f"?limit=500&after={after}")["refusals"]
            found, after = found + [item["issue"] for item in page["items"]], page["next"]
        self.assertEqual(found, names)
        self.assertEqual(self.bulk(last)["refused"], 2300)
        path = f"/v1/t/acme/bulks/{last.json()['aggregate']['id']}"
        self.assertEqual(GUEST.get(path, {"NexusFlow-Min-Position": str(last.position)}).status, 404)
        self.assertEqual(OWNER.get("/v1/t/acme/bulks/nonsense").status, 404)

        page = OWNER.get(path + "?limit=2&after=1000", {"NexusFlow-Min-Position": str(last.position)})
        self.assertEqual([item["place"] for item in page.json()["refusals"]["items"]], [1001, 1002])
        self.assertEqual(OWNER.get(path + "?limit=2&after=1000", {"If-None-Match": page.header("ETag")}).status, 304)
        self.assertEqual(OWNER.get(path + "?limit=3&after=1000", {"If-None-Match": page.header("ETag")}).status, 200)

    def test_a_screen_is_filled_in_for_all_of_them(self):
        does("CreateProject", key="SHIP", name="Ship")
        does("SaveWorkflowDraft", project="SHIP", workflow="classic", name="Shipping", transitions=[
            {"id": "create", "name": "Create", "kind": "initial", "to": "todo"},
            {"id": "ship", "name": "Ship it", "from": ["todo"], "to": "done", "screen": ["due_on", "resolution"]}])
        does("PublishWorkflow", project="SHIP", workflow="classic")
        keys = [new_issue(project="SHIP", summary=f"wombat {n}") for n in range(3)]
        last = does("BulkTransitionIssues", issues=keys, to="done")
        self.assertEqual([(r["code"], r["detail"]) for r in self.bulk(last)["refusals"]["items"]],
                         [("not_valid", "transition 'Ship it' (ship): resolution must be given (screen)")] * 3)
        last = does("BulkTransitionIssues", issues=[*keys, keys[0]], transition="ship", resolution="wont_do", comment="Shipped.",
                    fields=[{"field": "due_on", "values": ["2027-01-02"]}])
        self.assertEqual(last.json()["bulk"], {"issues": 4, "changed": 3, "unchanged": 0, "refused": 1})
        for key in keys:
            issue = read(f"/issues/{key}", last)
            self.assertEqual((issue["status"], issue["resolution"], issue["due_on"]), ("done", "wont_do", "2027-01-02"))
            self.assertEqual([comment["body"] for comment in read(f"/issues/{key}/comments", last)["items"]], ["Shipped."])
        last = does("BulkTransitionIssues", issues=keys, to="done", **{"from": "todo"})
        self.assertEqual([r["code"] for r in self.bulk(last)["refusals"]["items"]], ["no_transition"] * 3)

    def test_issues_are_ranked_in_the_order_of_a_list(self):
        keys = [new_issue(summary=f"ranked {n}") for n in range(5)]

        def cards(last):
            column = next(c for c in read("/projects/TLS/board?limit=1000", last)["columns"] if c["id"] == "todo")
            return [card["key"] for card in column["cards"]]

        last = does("BulkRankIssues", issues=[keys[3], keys[1], "TLS-99999"], to="top")
        self.assertEqual(last.json()["bulk"], {"issues": 3, "changed": 2, "unchanged": 0, "refused": 1})
        self.assertEqual(cards(last)[:2], [keys[3], keys[1]])
        last = does("BulkRankIssues", issues=[keys[4], keys[0]], after=keys[3])
        self.assertEqual(cards(last)[:4], [keys[3], keys[4], keys[0], keys[1]])
        last = does("BulkRankIssues", issues=[keys[0], keys[4]], before=keys[1])
        self.assertEqual(cards(last)[:4], [keys[3], keys[0], keys[4], keys[1]])
        self.assertEqual(does("BulkRankIssues", issues=[keys[0], keys[4]], before=keys[1]).json()["bulk"]["unchanged"], 2)
        last = does("BulkRankIssues", issues=[keys[1], keys[3]], to="bottom")
        self.assertEqual(cards(last)[-2:], [keys[1], keys[3]])
        last = does("RankIssue", issue=keys[3], to="top")
        self.assertEqual(cards(last)[0], keys[3])
        self.refused(422, "bad_rank_target", "BulkRankIssues", issues=[keys[0]])
        self.refused(422, "bad_rank_target", "BulkRankIssues", issues=[keys[0]], to="top", before=keys[1])
        self.refused(404, "no_such_issue", "BulkRankIssues", issues=[keys[0]], before="TLS-99999")
        self.refused(400, "bad_command", "BulkRankIssues", issues=[keys[0]], to="unknown")

    def test_ten_thousand_issues_are_as_many_as_one_command_takes(self):
        key = new_issue()
        last = does("BulkEditIssues", issues=[key] * 10000, priority="lowest")
        self.assertEqual(last.json()["bulk"], {"issues": 10000, "changed": 1, "unchanged": 9999, "refused": 0})
        ids = [nexusflow.new_id() for _ in range(10000)]
        self.assertEqual(does("BulkEditIssues", issues=ids, priority="low").json()["bulk"]["refused"], 10000)
        self.refused(400, "bad_command", "BulkEditIssues", issues=[key] * 10001, priority="low")
        self.refused(422, "bad_change", "BulkEditIssues", issues=[], priority="low")
        self.refused(422, "bad_change", "BulkEditIssues", issues=[key])
        self.refused(400, "bad_command", "BulkEditIssues", issues=[key], priority="low", expected_version=1)


class Kept(Case):
    def gone(self, path, last, client=None):
        answer = (client or OWNER).get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(last.position)})
        self.assertEqual((answer.status, answer.json()["code"]), (404, "not_found"), answer)

    def cards(self, last):
        board = read("/projects/TLS/board?limit=1000", last)
        return {card["key"]: card for column in board["columns"] for card in column["cards"]}, board

    def found(self, text, last, more=""):
        return {item["key"] for item in read(f"/search?text={text}{more}", last)["items"]}

    def test_an_archived_issue_is_out_of_sight_and_readable(self):
        key = new_issue(summary="quagga")
        below = new_issue(type="subtask", summary="quagga below", parent=key)
        last = does("ArchiveIssue", issue=key)
        cards, board = self.cards(last)
        self.assertFalse({key, below} & set(cards))
        self.assertEqual(sum(c["count"] for c in board["columns"]), len(cards))
        self.assertEqual(self.found("quagga", last), set())
        self.assertEqual(self.found("quagga", last, "&archived=true"), {key, below})
        issue = read(f"/issues/{key}", last)
        self.assertTrue(issue["archived"])
        self.assertEqual([s["key"] for s in issue["subtasks"]["items"]], [below])
        listed = read("/archived-issues", last)["items"][-2:]
        self.assertEqual([(e["issue"]["key"], e["with_parent"]) for e in listed], [(below, True), (key, False)])
        self.refused(409, "issue_archived", "AddComment", issue=key, body="x")
        last = does("UnarchiveIssue", issue=key)
        self.assertTrue({key, below} <= set(self.cards(last)[0]))
        self.assertEqual(self.found("quagga", last), {key, below})

    def test_a_deleted_issue_is_nowhere_until_it_is_restored_as_it_was(self):
        epic, other = new_issue(type="epic"), new_issue()
        story = new_issue(type="story", parent=epic)
        key = new_issue(summary="bluebuck", parent=epic, estimate=60)
        below = new_issue(type="subtask", summary="bluebuck below", parent=key)
        does("AddComment", issue=key, body="bluebuck, too")
        does("LogWork", issue=key, minutes=10)
        does("LinkIssues", issue=other, link_type="blocks", other=key)
        last = does("WatchIssue", issue=key)
        before = {path: read(path, last) for path in (f"/issues/{key}", f"/issues/{other}", f"/issues/{epic}",
                                                      "/projects/TLS/board?limit=1000", "/projects/TLS")}
        last = does("DeleteIssue", issue=key)
        for path in (f"/issues/{key}", f"/issues/{below}", f"/issues/{key}/comments", f"/issues/{key}/worklogs"):
            self.gone(path, last)
            self.gone(path, last, GUEST)
        cards, _ = self.cards(last)
        self.assertFalse({key, below} & set(cards))
        self.assertEqual(cards[epic]["subtasks"]["total"], 1)
        self.assertEqual(self.found("bluebuck", last, "&archived=true"), set())
        self.assertEqual(read(f"/issues/{other}", last)["links"]["items"], [])
        self.assertEqual([s["key"] for s in read(f"/issues/{epic}", last)["subtasks"]["items"]], [story])
        self.assertEqual([e["issue"]["key"] for e in read("/deleted-issues?limit=500", last)["items"][-2:]], [below, key])
        answer = GUEST.get("/v1/t/acme/deleted-issues", {"NexusFlow-Min-Position": str(last.position)})
        self.assertEqual((answer.status, answer.json()), (200, {"items": [], "next": None}))
        self.assertNotEqual(new_issue(), key)
        last = does("RestoreIssue", issue=key)
        after = read(f"/issues/{key}", last)
        self.assertEqual(after["version"], before[f"/issues/{key}"]["version"] + 2)
        for field in ("comments", "worklogs", "watchers", "links", "rank", "subtasks", "parent", "estimate", "spent"):
            self.assertEqual(after[field], before[f"/issues/{key}"][field], field)
        self.assertEqual(read(f"/issues/{other}", last)["links"], before[f"/issues/{other}"]["links"])
        self.assertEqual(read(f"/issues/{epic}", last)["subtasks"], before[f"/issues/{epic}"]["subtasks"])
        order = [c["key"] for c in before["/projects/TLS/board?limit=1000"]["columns"][0]["cards"]]
        now = [c["key"] for c in read("/projects/TLS/board?limit=1000", last)["columns"][0]["cards"]]
        self.assertEqual([k for k in now if k in order], order)
        self.assertEqual(self.found("bluebuck", last), {key, below})

    def test_what_stays_below_a_deleted_epic_shows_no_parent(self):
        epic = new_issue(type="epic")
        story = new_issue(type="story", parent=epic)
        last = does("DeleteIssue", issue=epic)
        self.assertIsNone(read(f"/issues/{story}", last)["parent"])
        self.assertIsNone(self.cards(last)[0][story]["parent"])
        last = does("RestoreIssue", issue=epic)
        self.assertEqual(read(f"/issues/{story}", last)["parent"]["key"], epic)
        self.assertEqual(self.cards(last)[0][story]["parent"], read(f"/issues/{epic}", last)["id"])


class Told(Case):
    def test_both_issues_tell_of_a_link_and_of_its_end(self):
        first, second = new_issue(), new_issue()
        does("CreateProject", key="LINKED", name="Linked")
        does("AddLinkType", link_type="hears", name="Hears", outward="hears", inward="is heard by")
        ids = [read(f"/issues/{key}", does("WatchIssue", issue=key))["id"] for key in (first, second)]
        does("LinkIssues", issue=first, link_type="blocks", other=second)
        does("UnlinkIssues", issue=first, link_type="blocks", other=second)
        does("LinkIssues", issue=first, link_type="relates", other=second)
        does("UnlinkIssues", issue=second, link_type="relates", other=first)
        does("LinkIssues", issue=first, link_type="hears", other=second)
        does("RemoveLinkType", link_type="hears", replace_with="relates")
        does("DeleteIssue", issue=first)
        does("RestoreIssue", issue=first)
        last = does("MoveIssue", issue=second, project="LINKED")

        def told(key):
            return [(i["type"], i["body"]["link_type"], i["issue"], i["body"]["other"])
                    for i in read(f"/issues/{key}/history", last)["items"] if i["type"].lower().endswith("linked")]
        events = [("IssueLinked", "blocks", 0), ("IssueUnlinked", "blocks", 0), ("IssueLinked", "relates", 0), ("IssueUnlinked", "relates", 1),
                  ("IssueLinked", "hears", 0), ("IssueUnlinked", "hears", 0), ("IssueLinked", "relates", 0)]
        for end, key in enumerate((first, second)):
            self.assertEqual(told(key),
                             [(name, link, None if maker == end else ids[maker], ids[1 - maker]) for name, link, maker in events])
            items = read(f"/issues/{key}/history", last)["items"]
            newest = read(f"/issues/{key}/history?order=desc&limit=3", last)
            rest = read(f"/issues/{key}/history?order=desc&after={newest['next']}", last)
            self.assertEqual(newest["items"] + rest["items"], items[::-1])

    def test_an_issue_has_a_history_with_before_and_after(self):
        key = new_issue(summary="before")
        does("EditIssue", issue=key, summary="after")
        last = does("AddComment", GUEST, issue=key, body="seen")
        items = read(f"/issues/{key}/history", last)["items"]
        self.assertEqual([item["type"] for item in items], ["IssueCreated", "IssueSummaryChanged", "CommentAdded"])
        self.assertEqual(items[1]["body"], {"from": "before", "to": "after"})
        self.assertEqual([item["actor"]["name"] for item in items], ["Owner", "Owner", "Guest"])
        page = read(f"/issues/{key}/history?limit=1", last)
        self.assertEqual(read(f"/issues/{key}/history?after={page['next']}", last)["items"], items[1:])
        last = does("DeleteIssue", issue=key)
        answer = OWNER.get(f"/v1/t/acme/issues/{key}/history", {"NexusFlow-Min-Position": str(last.position)})
        self.assertEqual((answer.status, answer.json()["code"]), (404, "not_found"))
        last = does("RestoreIssue", issue=key)
        self.assertEqual(len(read(f"/issues/{key}/history", last)["items"]), 5)

    def test_what_was_imported_is_told_in_the_name_of_who_did_it(self):
        guest = GUEST_ID
        line = {"command": "CreateIssue", "command_id": nexusflow.new_id(), "occurred_at": "2020-01-02T03:04:05Z",
                "on_behalf_of": guest, "data": {"project": "TLS", "summary": "from elsewhere"}}
        answer = OWNER.batch("acme", [line]).lines()[0]
        self.assertTrue(answer["success"], answer)
        minimum = {"NexusFlow-Min-Position": str(answer["position"])}
        item, = OWNER.get(f"/v1/t/acme/issues/{answer['key']}/history", minimum).json()["items"]
        self.assertEqual((item["actor"]["kind"], item["actor"]["name"]), ("importer", "Owner"))
        self.assertEqual(item["actor"]["on_behalf_of"], {"id": guest, "name": "Guest"})
        of_guest = OWNER.get(f"/v1/t/acme/audit?actor={guest}&issue={answer['key']}", minimum).json()["items"]
        self.assertEqual([row["actor"]["on_behalf_of"] for row in of_guest], [guest])

    def test_500_entries_are_one_page(self):
        key = new_issue()
        for n in range(499):
            last = does("EditIssue", issue=key, summary=f"number {n}")
        page = read(f"/issues/{key}/history?limit=500", last)
        self.assertEqual((len(page["items"]), page["next"]), (500, None))


class Whole(unittest.TestCase):
    """Runs last: the classes run in the order of their names."""

    maxDiff = None

    def test_every_answer_is_that_of_the_oracle(self):
        NODE.wait_caught_up()
        events = OWNER.events("acme")
        found = collect.collect(OWNER, "acme")
        created = events[0]["data"]["meta"]["command_id"]
        for view in ("board", "issue", "access", "search", "audit"):
            done = NODE.run("replay", "verify", view, check=False)
            self.assertEqual(done.returncode, 0, (view, done.stdout, done.stderr))
        self.assertEqual(oracle.judge("acme", events, found, dict(PROFILES, **{created: nexusflow.person("owner")})), [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
