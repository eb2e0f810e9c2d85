#!/usr/bin/python3 -B
"""What somebody may not do with an issue is not done for them by something else that they may do."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

NODE = OWNER = MIA = None
OWNER_ID, MIA_ID = None, nexusflow.new_id()


def setUpModule():
    global NODE, OWNER, OWNER_ID, MIA
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, OWNER_ID = nexusflow.create_organization(NODE, "acme")
    does("AddMember", member_id=MIA_ID, person=nexusflow.person("mia"), role="member")
    MIA = NODE.client(NODE.token("mia"))


def tearDownModule():
    NODE.end()


def does(name, client=None, /, **data):
    answer = (client or OWNER).command("acme", name, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{name} {data}: {answer}")
    return answer


def read(path, position, client=None):
    answer = (client or OWNER).get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(position)})
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def types(answer):
    return [event["type"] for event in answer.json()["events"]]


class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, status, code, name, client=None, /, **data):
        answer = (client or OWNER).command("acme", name, data)
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer)
        return answer.json()["detail"]

    @staticmethod
    def project(key, *grants):
        """Of the classic scheme, or of one of its own that grants this to everybody."""
        if grants:
            does("CreatePermissionScheme", scheme=key.lower(), name=key,
                 grants=[{"permission": permission, "to": "anyone"} for permission in grants])
        does("CreateProject", key=key, name=key, **({"permission_scheme": key.lower()} if grants else {}))

    @staticmethod
    def workflow(project, *ways, type=None):
        """Which the type follows; without a type it is that of all of them."""
        id = "of_" + type if type else "classic"
        does("SaveWorkflowDraft", project=project, workflow=id, name=id,
             transitions=[{"id": "create", "name": "Create", "kind": "initial", "to": "todo"}, *ways])
        does("PublishWorkflow", project=project, workflow=id)
        if type:
            does("AssignWorkflow", project=project, issue_type=type, workflow=id)

    @staticmethod
    def issue(project, client=None, /, **data):
        return does("CreateIssue", client, **dict({"project": project, "summary": "one"}, **data)).json()["key"]


def way(id, source, to, **more):
    return dict({"id": id, "name": id.title(), "kind": "directed", "from": [source], "to": to}, **more)


class SubTasks(Case):
    """When the last sub-task is done, a rule finishes the parent: in the name of who did that."""

    def effect(self, answer):
        """What the rule's command came to that the command caused."""
        cause, deadline = answer.json()["events"][0]["id"], time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [e for e in OWNER.events("acme", after=answer.position) if e["data"]["meta"]["causation_id"] == cause]
            if found:
                return found[0]["data"]
            time.sleep(0.05)
        raise AssertionError(f"the rule did nothing for {cause}")

    def assert_refused(self, answer, code):
        effect = self.effect(answer)
        self.assertEqual((effect.get("outcome"), effect.get("code")), ("refused", code), effect)
        self.assertEqual((effect["meta"]["actor"]["kind"], effect["meta"]["actor"]["on_behalf_of"]), ("rule", MIA_ID))

    def assert_done(self, answer, parent, person):
        effect = self.effect(answer)
        self.assertEqual((effect.get("to"), effect["meta"]["actor"]["kind"], effect["meta"]["actor"]["on_behalf_of"]),
                         ("done", "rule", person), effect)
        last = read(f"/issues/{parent}/history?order=desc&limit=1", effect["meta"]["seq"])["items"][0]
        self.assertEqual((last["actor"]["kind"], last["actor"]["on_behalf_of"]["id"]), ("rule", person))

    def test_a_parent_that_one_may_only_see_stays_as_it_is(self):
        self.project("RO", "browse_project")
        self.project("PUB")
        parent = self.issue("RO", type="story")
        self.refused(403, "forbidden", "TransitionIssue", MIA, issue=parent, to="done")
        self.refused(403, "forbidden", "CreateIssue", MIA, project="PUB", summary="x", type="subtask", parent=parent)
        own = self.issue("PUB", MIA, type="story")
        sub = self.issue("PUB", MIA, type="subtask", parent=own)
        self.refused(403, "forbidden", "EditIssue", MIA, issue=sub, parent=parent)
        self.refused(403, "forbidden", "EditIssue", MIA, issue=self.issue("PUB", MIA), type="subtask", parent=parent)
        # and if somebody else has put one there
        sub = self.issue("PUB", type="subtask", parent=parent)
        closed = does("TransitionIssue", MIA, issue=sub, to="done")
        self.assert_refused(closed, "forbidden")
        self.assertEqual(read(f"/issues/{parent}", closed.position)["status"], "todo")
        does("TransitionIssue", MIA, issue=sub, to="todo")
        closed = does("TransitionIssue", issue=sub, to="done")
        self.assert_done(closed, parent, OWNER_ID)

    def test_rules_of_the_workflow_ask_about_who_finished_the_last_one(self):
        self.project("SIGN")
        self.workflow("SIGN", way("sign", "todo", "done", conditions=[{"kind": "role", "role": "owner"}]), type="story")
        self.workflow("SIGN", way("permit", "todo", "done", validators=[
            {"kind": "permission", "permission": "administer_project"}]), type="task")
        for type, status, code in (("story", 409, "no_transition"), ("task", 422, "not_valid")):
            parent = self.issue("SIGN", type=type)
            self.refused(status, code, "TransitionIssue", MIA, issue=parent, to="done")
            sub = self.issue("SIGN", MIA, type="subtask", parent=parent)
            closed = does("TransitionIssue", MIA, issue=sub, to="done")
            self.assert_refused(closed, code)
            self.assertEqual(read(f"/issues/{parent}", closed.position)["status"], "todo")
            does("TransitionIssue", MIA, issue=sub, to="todo")
            closed = does("TransitionIssue", issue=sub, to="done")
            self.assert_done(closed, parent, OWNER_ID)

    def test_a_key_finishes_no_parent_that_it_may_not_touch(self):
        self.project("KEYS")
        self.workflow("KEYS", way("sign", "todo", "done", conditions=[{"kind": "role", "role": "owner"}]), type="story")
        secret = does("CreateApiKey", name="build", scope="write").json()["secret"]
        parent = self.issue("KEYS", type="story")
        sub = self.issue("KEYS", type="subtask", parent=parent)
        closed = does("TransitionIssue", NODE.client(secret), issue=sub, to="done")
        self.assertEqual(self.effect(closed).get("code"), "no_transition")
        self.assertEqual(read(f"/issues/{parent}", closed.position)["status"], "todo")

    def test_automation_goes_on_doing_what_people_may_not(self):
        self.project("AUTO")
        self.workflow("AUTO", way("roll_up", "todo", "done", conditions=[{"kind": "automation"}]), type="story")
        parent = self.issue("AUTO", MIA, type="story")
        self.refused(409, "no_transition", "TransitionIssue", MIA, issue=parent, to="done")
        sub = self.issue("AUTO", MIA, type="subtask", parent=parent)
        self.assert_done(does("TransitionIssue", MIA, issue=sub, to="done"), parent, MIA_ID)


class TakenAlong(Case):
    """Sub-tasks go along when their parent is deleted or moves: each is asked for in its own right."""

    def test_an_issue_of_others_is_not_deleted_with_ones_own(self):
        self.project("ESC")
        theirs, own = self.issue("ESC"), self.issue("ESC", MIA)
        self.refused(403, "forbidden", "DeleteIssue", MIA, issue=theirs)
        does("EditIssue", MIA, issue=theirs, type="subtask", parent=own)
        detail = self.refused(403, "forbidden", "DeleteIssue", MIA, issue=own)
        self.assertEqual(detail, f"its sub-task {theirs} goes along, and needs the permission delete_issues as well")
        bulk = does("BulkDeleteIssues", MIA, issues=[own])
        self.assertEqual(types(bulk), ["BulkCompleted"])
        self.assertEqual(read(f"/issues/{theirs}", bulk.position)["parent"]["key"], own)
        self.assertEqual(types(does("DeleteIssue", issue=own)), ["IssueDeleted"] * 2)


class OtherWorkflow(Case):
    """A type with another workflow, and back, goes past every transition: it is a move."""

    def test_who_may_not_move_issues_comes_past_no_transition_by_a_type(self):
        everything = ("browse_project", "create_issues", "edit_issues", "transition_issues", "link_issues")
        self.project("TYP", *everything)
        does("AddIssueType", project="TYP", issue_type="chore", name="Chore", level=0)
        self.workflow("TYP", way("sign", "todo", "done", conditions=[{"kind": "role", "role": "owner"}]), type="task")
        self.workflow("TYP", way("close", "todo", "done"), type="chore")
        key = self.issue("TYP", MIA, type="task")
        self.refused(409, "no_transition", "TransitionIssue", MIA, issue=key, to="done")
        detail = self.refused(403, "forbidden", "EditIssue", MIA, issue=key, type="chore")
        self.assertEqual(detail, "this needs the permission move_issues in TYP")
        self.assertEqual(types(does("BulkEditIssues", MIA, issues=[key], type="chore")), ["BulkCompleted"])
        does("ChangePermissionGrants", scheme="typ", add=[{"permission": "move_issues", "to": "anyone"}])
        does("EditIssue", MIA, issue=key, type="chore")


class ClonedLinks(Case):
    def test_a_clone_has_no_links_that_could_not_be_made(self):
        self.project("LNK", "browse_project", "create_issues")
        self.project("GONE")
        key, other = self.issue("LNK"), self.issue("GONE")
        does("LinkIssues", issue=key, link_type="blocks", other=other)
        self.refused(403, "forbidden", "LinkIssues", MIA, issue=key, link_type="relates", other=other)
        self.refused(403, "forbidden", "CloneIssue", MIA, issue=key, links=True)
        self.assertEqual(types(does("CloneIssue", issue=key, links=True)), ["IssueCreated", "IssueLinked"])
        does("ArchiveProject", project="GONE")
        self.assertEqual(types(does("CloneIssue", issue=key, links=True)), ["IssueCreated"])


class Archived(Case):
    def test_nothing_is_possible_where_the_project_is_archived(self):
        self.project("ARC")
        key = self.issue("ARC")
        archived = does("ArchiveProject", project="ARC")
        self.refused(409, "project_archived", "TransitionIssue", issue=key, to="done")
        told = read(f"/issues/{key}/transitions", archived.position)["transitions"]
        self.assertEqual({(t["possible"], t["why"]) for t in told}, {(False, "the project is archived")})
        opened = does("UnarchiveProject", project="ARC")
        self.assertTrue(any(t["possible"] for t in read(f"/issues/{key}/transitions", opened.position)["transitions"]))


class AwayAndBack(Case):
    def test_duties_stay_separate_when_an_issue_moves_away_and_back(self):
        self.project("SEP")
        self.project("ELSE")
        self.workflow("SEP", way("start", "todo", "in_progress"), way("review", "in_progress", "in_review"),
                      way("approve", "in_review", "done", conditions=[{"kind": "separate", "statuses": ["in_progress", "in_review"]}]))
        key = self.issue("SEP", MIA)
        for status in ("in_progress", "in_review"):
            does("TransitionIssue", MIA, issue=key, to=status)
        self.refused(409, "no_transition", "TransitionIssue", MIA, issue=key, to="done")
        for project in ("ELSE", "SEP"):
            does("MoveIssue", MIA, issue=key, project=project)
        self.refused(409, "no_transition", "TransitionIssue", MIA, issue=key, to="done")
        does("TransitionIssue", issue=key, to="done")


if __name__ == "__main__":
    unittest.main()
