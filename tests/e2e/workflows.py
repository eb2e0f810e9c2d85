#!/usr/bin/python3 -B
"""Workflows over HTTP: what a project replaces while it is in use, and two people who press at once. At the end the oracle
compares every answer of the query API with its own fold of the log. One test method is one sentence."""
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

NODE = OWNER = MEMBER = None
MEMBER_ID = nexusflow.new_id()
PROFILES = {}


def setUpModule():
    global NODE, OWNER, MEMBER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, _ = nexusflow.create_organization(NODE, "acme")
    does("AddMember", member_id=MEMBER_ID, person=nexusflow.person("member"), role="member")
    MEMBER = NODE.client(NODE.token("member")).joined("acme")


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
    answer = (client or OWNER).get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(least.position)})
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def way(id, source, to, **more):
    kind = {"kind": "directed", "from": [source]} if source else {"kind": "global"}
    return dict({"id": id, "name": id.title(), "to": to}, **kind, **more)


def begin(to, **more):
    return dict({"id": "create", "name": "Create", "kind": "initial", "to": to}, **more)


class Case(unittest.TestCase):
    def refused(self, status, code, name, client=None, /, **data):
        answer = (client or OWNER).command("acme", name, data)
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer)
        return answer.json()

    @staticmethod
    def project(key, *ways):
        does("CreateProject", key=key, name=key.title())
        if ways:
            does("SaveWorkflowDraft", project=key, workflow="classic", name="Ours", transitions=list(ways))
            does("PublishWorkflow", project=key, workflow="classic")

    @staticmethod
    def issue(project, **data):
        return does("CreateIssue", **dict({"project": project, "summary": "one"}, **data)).json()["key"]


class Replacing(Case):
    def test_a_status_is_replaced_in_workflows_drafts_and_issues(self):
        self.project("STA")
        keys = [self.issue("STA") for _ in range(3)]
        for key in keys:
            does("TransitionIssue", issue=key, transition="start")
        does("SaveWorkflowDraft", project="STA", workflow="next", name="Next", transitions=[begin("in_progress")])
        detail = self.refused(409, "in_use", "RemoveStatus", project="STA", status="in_progress")["detail"]
        self.assertIn("3 issues, 1 workflows, 1 drafts", detail)
        self.refused(422, "unknown_status", "RemoveStatus", project="STA", status="in_progress", replace_with="nirvana")
        self.refused(422, "bad_change", "RemoveStatus", project="STA", status="in_progress", replace_with="in_progress")
        last = does("RemoveStatus", project="STA", status="in_progress", replace_with="in_review")
        self.assertEqual([e["type"] for e in last.json()["events"]][-4:], ["IssueTransitioned"] * 3 + ["StatusRemoved"])
        for key in keys:
            self.assertEqual(read(f"/issues/{key}", last)["status"], "in_review")
        workflows = {w["id"]: w for w in read("/projects/STA/workflows", last)["items"]}
        named = [s for t in workflows["classic"]["published"]["transitions"] for s in [*t["from"], t["to"]]]
        self.assertNotIn("in_progress", named)
        self.assertEqual(workflows["next"]["draft"]["transitions"][0]["to"], "in_review")
        columns = read("/projects/STA/board", last)["columns"]
        self.assertEqual([(c["id"], c["count"]) for c in columns], [("todo", 0), ("in_review", 3), ("done", 0)])

    def test_a_workflow_in_use_is_removed_with_a_replacement(self):
        self.project("WOR")
        does("SaveWorkflowDraft", project="WOR", workflow="bugs", name="Bugs", transitions=[begin("in_review")])
        does("PublishWorkflow", project="WOR", workflow="bugs")
        does("AssignWorkflow", project="WOR", issue_type="bug", workflow="bugs")
        does("SaveWorkflowDraft", project="WOR", workflow="short", name="Short", transitions=[begin("todo")])
        does("PublishWorkflow", project="WOR", workflow="short")
        key = self.issue("WOR", type="bug")
        self.refused(409, "in_use", "RemoveWorkflow", project="WOR", workflow="bugs")
        self.refused(409, "no_place", "RemoveWorkflow", project="WOR", workflow="bugs", replace_with="short")
        last = does("RemoveWorkflow", project="WOR", workflow="bugs", replace_with="short",
                    moves=[{"from": "in_review", "to": "todo"}])
        self.assertEqual(read(f"/issues/{key}", last)["status"], "todo")
        self.assertEqual([w["id"] for w in read("/projects/WOR/workflows", last)["items"]], ["classic", "short"])
        self.refused(409, "item_exists", "SaveWorkflowDraft", project="WOR", workflow="bugs", name="x", transitions=[begin("todo")])
        self.refused(404, "no_such_workflow", "RemoveWorkflow", project="WOR", workflow="bugs")
        self.refused(403, "forbidden", "RemoveWorkflow", MEMBER, project="WOR", workflow="short")


class Types(Case):
    def test_a_type_in_use_is_removed_with_a_replacement(self):
        self.project("TYP")
        does("SaveWorkflowDraft", project="TYP", workflow="bugs", name="Bugs", transitions=[begin("in_review")])
        does("PublishWorkflow", project="TYP", workflow="bugs")
        does("AssignWorkflow", project="TYP", issue_type="bug", workflow="bugs")
        does("SaveWorkflowDraft", project="TYP", workflow="short", name="Short", transitions=[begin("todo")])
        does("PublishWorkflow", project="TYP", workflow="short")
        does("AssignWorkflow", project="TYP", issue_type="task", workflow="short")
        does("AddField", project="TYP", field="cause", name="Cause", kind="text", issue_types=["bug"])
        board = does("CreateBoard", name="Typed", projects=["TYP"],
                     filters=[{"id": "bugs", "name": "Bugs", "types": ["bug"]}]).json()["created"]
        keys = [self.issue("TYP", type="bug", summary=f"caracal {n}", fields=[{"field": "cause", "values": ["haste"]}]) for n in range(3)]
        does("DeleteIssue", issue=keys[2])
        detail = self.refused(409, "in_use", "RemoveIssueType", project="TYP", issue_type="bug")["detail"]
        self.assertIn("3 issues, 1 custom fields, 1 boards", detail)
        self.refused(409, "built_in", "RemoveIssueType", project="TYP", issue_type="subtask")
        self.refused(422, "bad_change", "RemoveIssueType", project="TYP", issue_type="bug", replace_with="epic")
        self.refused(409, "no_place", "RemoveIssueType", project="TYP", issue_type="bug", replace_with="task")
        last = does("RemoveIssueType", project="TYP", issue_type="bug", replace_with="task", moves=[{"from": "in_review", "to": "todo"}])
        self.assertEqual([e["type"] for e in last.json()["events"]],
                         ["FieldEdited", "BoardEdited"] + ["IssueConverted"] * 3 + ["IssueTypeRemoved"])
        last = does("RestoreIssue", issue=keys[2])
        for key in keys:
            found = read(f"/issues/{key}", last)
            self.assertEqual((found["type"], found["status"], [f["values"] for f in found["fields"]]), ("task", "todo", [["haste"]]))
        self.assertEqual([t["id"] for t in read("/projects/TYP/configuration", last)["issue_types"]], ["epic", "story", "task", "subtask"])
        self.assertEqual(read(f"/boards/{board}", last)["filters"][0]["types"], ["task"])
        self.assertEqual([f["issue_types"] for f in read("/projects/TYP/configuration", last)["fields"]], [["task"]])
        columns = {c["id"]: c["count"] for c in read("/projects/TYP/board", last)["columns"]}
        self.assertEqual((columns["todo"], columns["in_review"]), (3, 0))
        self.refused(422, "unknown_type", "CreateIssue", project="TYP", type="bug", summary="x")
        self.refused(409, "item_exists", "AddIssueType", project="TYP", issue_type="bug", name="x", workflow="classic")
        does("RemoveWorkflow", project="TYP", workflow="bugs")


class Racing(Case):
    def race(self, *commands):
        """Sent at once, each on a connection of its own."""
        answers = [None] * len(commands)
        gate = threading.Barrier(len(commands))

        def send(n):
            client = NODE.client(OWNER.token)
            client.get("/livez")
            gate.wait()
            answers[n] = client.command("acme", "TransitionIssue", commands[n])
        threads = [threading.Thread(target=send, args=(n,)) for n in range(len(commands))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_of_transitions_that_expect_a_version_one_wins(self):
        self.project("RAV")
        for _ in range(5):
            key = self.issue("RAV")
            answers = self.race(*({"issue": key, "to": to, "expected_version": 1} for to in ("in_progress", "done") * 4))
            self.assertEqual(sorted(a.status for a in answers), [200] + [412] * 7)
            for answer in answers:
                if answer.status == 412:
                    found = answer.json()
                    self.assertEqual((found["code"], found["detail"], found["errors"][0]["pointer"]),
                                     ("version_mismatch", "version is 2, not 1", "/expected_version"))

    def test_of_transitions_from_one_status_one_wins_and_the_others_are_told_what_is_left(self):
        self.project("RAS", begin("todo"), way("start", "todo", "in_progress"), way("drop", "todo", "done"))
        for _ in range(5):
            key = self.issue("RAS")
            answers = self.race(*({"issue": key, "transition": id} for id in ("start", "drop") * 4))
            self.assertEqual(sorted(a.status for a in answers), [200] + [409] * 7)
            won, = (a for a in answers if a.status == 200)
            status = read(f"/issues/{key}", won)["status"]
            for answer in answers:
                if answer.status == 409:
                    found = answer.json()
                    self.assertEqual((found["code"], found["errors"][0]["pointer"]), ("no_transition", "/transition"))
                    self.assertRegex(found["detail"], rf"^transition '(Start|Drop)' \((start|drop)\): does not start from .* \({status}\); allowed: ")
            self.assertEqual(len(read(f"/issues/{key}/history", won)["items"]), 2)


class Screens(Case):
    """The rules of these projects are taken away at the end: who may take a transition with rules is not for the oracle to say."""

    def plain(self, project, *ways):
        does("SaveWorkflowDraft", project=project, workflow="classic", name="Plain", transitions=list(ways))
        does("PublishWorkflow", project=project, workflow="classic")

    def test_a_screen_is_filled_in_with_the_transition_or_not_at_all(self):
        self.project("SCR")
        does("AddField", project="SCR", field="code", name="Code", kind="text")
        fields = ["due_on", "assignee", "labels", "code", "estimate"]
        due = {"kind": "field_set", "field": "due_on"}
        code = {"kind": "matches", "custom_field": "code", "pattern": "C-[0-9]+"}
        ways = [begin("todo"), way("start", "todo", "in_progress", screen=fields, validators=[due, code]),
                way("close", None, "done", screen=["resolution"]), way("back", None, "todo")]
        self.plain("SCR", *ways)
        key = self.issue("SCR")
        found = {t["id"]: t for t in read(f"/issues/{key}/transitions", does("EditIssue", issue=key, summary="two"))["transitions"]}
        self.assertTrue(found["start"]["possible"])
        self.assertEqual(found["start"]["screen"], [{"field": f, "required": f == "due_on"} for f in fields])
        self.assertEqual(found["close"]["screen"], [{"field": "resolution", "required": True}])

        problem = self.refused(422, "not_valid", "TransitionIssue", issue=key, transition="start")
        whole = "transition 'Start' (start): "
        faults = ["due_on must have a value (validator field_set)",
                  "'Code' (code) must match C-[0-9]+, has no value (validator matches)"]
        self.assertEqual(problem["detail"], whole + "; ".join(faults))
        self.assertEqual(problem["errors"], [{"pointer": "/fields", "detail": whole + fault} for fault in faults])
        values = [{"field": "due_on", "values": ["2027-01-02"]}, {"field": "labels", "values": ["b", "a"]},
                  {"field": "code", "values": ["C-12"]}, {"field": "assignee", "values": [MEMBER_ID]}]
        for wrong, code, pointer in (
                (dict(values[0], values=["soon"]), "bad_field_value", "/fields/0/values/0"),
                ({"field": "priority", "values": ["high"]}, "not_on_screen", "/fields/0/field"),
                ({"field": "code", "values": ["D-1"]}, "not_valid", "/fields/0/values/0")):
            problem = self.refused(422, code, "TransitionIssue", issue=key, transition="start",
                                   fields=[wrong, *(v for v in values if v["field"] != wrong["field"])])
            self.assertEqual(problem["errors"][0]["pointer"], pointer)
        self.assertEqual(len(read(f"/issues/{key}/history", does("WatchIssue", issue=key))["items"]), 3)

        last = does("TransitionIssue", MEMBER, issue=key, transition="start", fields=values, comment="at last")
        self.assertEqual([e["type"] for e in last.json()["events"]],
                         ["IssueTransitioned", "IssueDueDateChanged", "IssueAssigned", "IssueLabelsChanged",
                          "IssueFieldsChanged", "CommentAdded"])
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["status"], found["due_on"], found["labels"], found["assignee"]["id"]),
                         ("in_progress", "2027-01-02", ["a", "b"], MEMBER_ID))
        self.assertEqual([c["body"] for c in found["comments"]["items"]], ["at last"])
        self.assertEqual(found["fields"][0]["values"], ["C-12"])
        self.refused(422, "not_valid", "TransitionIssue", issue=key, transition="close")
        does("TransitionIssue", issue=key, transition="close", resolution="wont_do")
        self.plain("SCR", begin("todo"), way("start", "todo", "in_progress", screen=fields), way("close", None, "done"))

    def test_a_transition_does_what_it_says_in_order(self):
        does("CreateProject", key="FUN", name="Fun", lead=MEMBER_ID)
        functions = [{"kind": "assign", "assignee": "lead"}, {"kind": "copy", "field": "start_on", "source": "due_on"},
                     {"kind": "add_labels", "values": ["started"]}, {"kind": "set", "field": "priority", "values": ["high"]},
                     {"kind": "clear", "field": "due_on"}]
        ways = [begin("todo", functions=[{"kind": "add_labels", "values": ["triage"]}],
                      validators=[{"kind": "matches", "field": "summary", "pattern": "[A-Z].*"}]),
                way("start", "todo", "in_progress", functions=functions)]
        self.plain("FUN", *ways)
        self.assertEqual(self.refused(422, "not_valid", "CreateIssue", project="FUN", summary="small")["errors"][0]["pointer"], "/summary")
        key = self.issue("FUN", summary="Large", due_on="2027-05-01")
        last = does("TransitionIssue", issue=key, transition="start")
        found = read(f"/issues/{key}", last)
        self.assertEqual([found[k] for k in ("priority", "start_on", "due_on", "labels")],
                         ["high", "2027-05-01", None, ["started", "triage"]])
        self.assertEqual(found["assignee"]["id"], MEMBER_ID)
        workflow, = (w["published"] for w in read("/projects/FUN/workflows", last)["items"] if w["id"] == "classic")
        self.assertEqual([f["kind"] for f in workflow["transitions"][1]["functions"]], [f["kind"] for f in functions])
        self.plain("FUN", begin("todo", functions=[{"kind": "add_labels", "values": ["triage"]}]), way("start", "todo", "in_progress"))

    def test_what_cannot_be_obeyed_is_refused_where_it_is_written(self):
        self.project("BAD")
        start = way("start", "todo", "in_progress")
        for code, pointer, ways in (
                ("bad_workflow", "/transitions", [start]),
                ("bad_workflow", "/transitions/1/kind", [begin("todo"), begin("in_review", id="again")]),
                ("bad_workflow", "/transitions/1/to", [begin("todo"), way("loop", "todo", "todo")]),
                ("bad_workflow", "/transitions/0/to", [begin("done")]),
                ("unknown_status", "/transitions/1/to", [begin("todo"), way("away", "todo", "nirvana")]),
                ("unknown_status", "/transitions/1/from", [begin("todo"), way("away", "nirvana", "todo")]),
                ("unreachable_status", "/transitions/1/to", [begin("todo"), way("away", "in_review", "done")]),
                ("bad_pattern", "/transitions/1/validators/0/pattern",
                 [begin("todo"), dict(start, validators=[{"kind": "matches", "field": "summary", "pattern": "(a"}])]),
                ("unknown_field", "/transitions/1/screen/0", [begin("todo"), dict(start, screen=["nirvana"])]),
                ("bad_workflow", "/transitions/0/screen", [begin("todo", screen=["due_on"])]),
                ("unknown_field", "/transitions/1/functions/0/field",
                 [begin("todo"), dict(start, functions=[{"kind": "clear", "field": "nirvana"}])]),
                ("bad_workflow", "/transitions/0/validators/0/kind",
                 [begin("todo", validators=[{"kind": "was_in", "statuses": ["todo"]}])])):
            with self.subTest(code=code, pointer=pointer):
                problem = self.refused(422, code, "SaveWorkflowDraft", project="BAD", workflow="x", name="x", transitions=ways)
                self.assertEqual(problem["errors"][0]["pointer"], pointer)
        # A cycle is a way like any other: issues go round.
        does("SaveWorkflowDraft", project="BAD", workflow="x", name="x",
             transitions=[begin("todo"), start, way("back", "in_progress", "todo")])


class Whole(unittest.TestCase):
    """Runs last: the classes run in the order of their names."""

    maxDiff = None

    def test_every_answer_is_that_of_the_oracle(self):
        NODE.wait_caught_up()
        events = OWNER.events("acme")
        created = events[0]["data"]["meta"]["command_id"]
        found = collect.collect(OWNER, "acme")
        self.assertEqual(oracle.judge("acme", events, found, dict(PROFILES, **{created: nexusflow.person("owner")})), [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
