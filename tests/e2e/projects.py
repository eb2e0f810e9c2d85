#!/usr/bin/python3 -B
"""Projects that come and go, over HTTP: what is deleted is in no answer, and comes back whole. After each step the oracle
compares every answer of the query API with its own fold of the log. One test method is one sentence."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

NODE = OWNER = MEMBER = None
OWNER_ID, MEMBER_ID = None, nexusflow.new_id()
PROFILES = {}


def setUpModule():
    global NODE, OWNER, OWNER_ID, MEMBER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, OWNER_ID = nexusflow.create_organization(NODE, "acme")
    added = does("AddMember", member_id=MEMBER_ID, person=nexusflow.person("member"), role="member")
    PROFILES[added.json()["command_id"]] = nexusflow.person("member")
    MEMBER = NODE.client(NODE.token("member")).joined("acme")
    for key in ("TLS", "QUIC", "HTTP"):
        does("CreateProject", key=key, name=f"Project {key}")


def tearDownModule():
    NODE.end()


def does(command, client=None, /, **data):
    answer = (client or OWNER).command("acme", command, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{command} {data}: {answer}")
    return answer


def get(path, least, client=None):
    return (client or OWNER).get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(least.position)})


def read(path, least, client=None):
    answer = get(path, least, client)
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def new_issue(project="TLS", **data):
    return does("CreateIssue", **dict({"project": project, "summary": "one"}, **data)).json()["key"]


class Case(unittest.TestCase):
    maxDiff = None

    def agrees(self):
        """Every answer is that of the oracle, and what a rebuild would say."""
        NODE.wait_caught_up()
        events = OWNER.events("acme")
        created = events[0]["data"]["meta"]["command_id"]
        found = collect.collect(OWNER, "acme")
        self.assertEqual(oracle.judge("acme", events, found, dict(PROFILES, **{created: nexusflow.person("owner")})), [])

    def not_there(self, path, least, client=None, code="not_found"):
        answer = get(path, least, client)
        self.assertEqual((answer.status, answer.json()["code"]), (404, code), path)

    def refused(self, status, code, command, client=None, /, **data):
        answer = (client or OWNER).command("acme", command, data)
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer)


class Deleted(Case):
    def test_a_deleted_project_is_in_no_answer_and_comes_back_whole(self):
        story, other = new_issue(type="story"), new_issue("QUIC", type="story", summary="okapi quick", labels=["a"])
        below, above = new_issue("QUIC", type="subtask", parent=story), new_issue(type="subtask", parent=other)
        done = new_issue("QUIC", type="subtask", parent=story)
        gone, put_away = new_issue("QUIC", summary="okapi gone"), new_issue("QUIC", summary="okapi put away")
        does("TransitionIssue", issue=done, to="done")
        does("LinkIssues", issue=story, link_type="blocks", other=other)
        does("LinkIssues", issue=other, link_type="relates", other=above)
        does("AddComment", issue=other, body="the okapi agrees")
        does("AddComponent", project="QUIC", name="Streams")
        does("DeleteIssue", issue=gone)
        does("ArchiveIssue", issue=put_away)
        moved = new_issue("QUIC", summary="okapi moved")
        does("MoveIssue", issue=moved, project="HTTP")
        clone = does("CloneIssue", issue=other, project="TLS").json()["key"]
        both, alone = (does("CreateBoard", name="x", projects=projects).json()["created"] for projects in (["TLS", "QUIC"], ["QUIC"]))
        for was, key in (("QUIC", "UDP"), ("UDP", "QUIC")):  # as it will happen again: former keys are the same then
            does("ChangeProjectKey", project=was, key=key)
        self.agrees()
        before = {path: read(path, does("AssignIssue", issue=story, assignee=None)) for path in (
            "/projects/QUIC/board", "/projects/QUIC", f"/issues/{other}", f"/issues/{story}", f"/issues/{above}", f"/issues/{clone}",
            "/projects/TLS/board", f"/boards/{both}", f"/boards/{alone}", "/boards", f"/issues/{other}/history", "/archived-issues", "/deleted-issues", "/search?text=okapi&archived=true")}
        does("ChangeProjectKey", project="QUIC", key="UDP")
        last = does("DeleteProject", project="QUIC")
        self.assertEqual([e["type"] for e in last.json()["events"]], ["ProjectDeleted"])
        for key in ("QUIC", "UDP", last.json().get("created", "QUIC")):
            for path in ("", "/board", "/components", "/versions", "/statuses", "/configuration", "/workflows"):
                self.not_there(f"/projects/{key}{path}", last)
        for path in (f"/issues/{other}", f"/issues/{other}/comments", f"/issues/{other}/worklogs", f"/issues/{other}/history",
                     f"/issues/{other}/transitions", f"/issues/{below}", f"/issues/{put_away}"):
            self.not_there(path, last)
            self.not_there(path.replace("QUIC", "UDP"), last)
        self.assertEqual([p["key"] for p in read("/projects?archived=true", last)["items"]], ["HTTP", "TLS"])
        for path in (f"/boards/{alone}", "/boards?project=QUIC"):
            self.not_there(path, last)
        self.assertEqual([b["id"] for b in read("/boards", last)["items"]], [both])
        self.assertEqual([p["key"] for p in read(f"/boards/{both}", last)["projects"]], ["TLS"])
        there = read(f"/issues/{moved}", last)["key"]  # under the key that it had in the deleted project
        self.assertEqual(there.split("-")[0], "HTTP")
        self.assertEqual({i["key"] for i in read("/search?text=okapi&archived=true", last)["items"]}, {clone, there})
        self.assertEqual(read("/search?text=okapi&project=UDP", last)["items"], [])
        for path in ("/archived-issues", "/deleted-issues"):
            self.assertEqual(read(path, last)["items"], [])
        shown = read(f"/issues/{story}", last)
        self.assertEqual([shown[name] for name in ("links", "subtasks")], [{"total": 0, "items": [], "next": None}] * 2)
        shown = read(f"/issues/{above}", last)
        self.assertEqual((shown["links"]["items"], shown["parent"]), ([], None))
        self.assertIsNone(read(f"/issues/{clone}", last)["cloned_from"])
        cards = {card["key"]: card for column in read("/projects/TLS/board", last)["columns"] for card in column["cards"]}
        self.assertEqual((cards[story]["subtasks"], cards[above]["parent"]), ({"total": 0, "done": 0}, None))
        self.agrees()
        listed, = read("/deleted-projects", last)["items"]
        self.assertEqual((listed["project"]["key"], listed["by"]["id"]), ("UDP", OWNER_ID))
        self.refused(404, "no_such_project", "CreateIssue", project="QUIC", summary="x")
        self.refused(404, "no_such_issue", "AddComment", issue=other, body="x")
        self.refused(409, "key_taken", "CreateProject", key="QUIC", name="x")
        self.refused(404, "no_such_project", "RestoreProject", MEMBER, project="QUIC")
        # what happens meanwhile around it
        does("DeleteIssue", issue=above)
        does("RestoreIssue", issue=above)
        does("DeleteIssue", issue=story)
        self.agrees()
        does("RestoreIssue", issue=story)
        does("RestoreProject", project="QUIC")
        last = does("ChangeProjectKey", project="UDP", key="QUIC")
        after = {path: read(path, last) for path in before}
        for found in (before, after):
            for path, body in found.items():
                found[path] = self.without_versions(body)
            found[f"/issues/{other}/history"] = len(found[f"/issues/{other}/history"]["items"])
        self.assertEqual(after, before)
        self.assertEqual(read("/deleted-projects", last)["items"], [])
        self.assertEqual(new_issue("QUIC"), "QUIC-7")
        self.agrees()

    def without_versions(self, value):
        if isinstance(value, dict):
            return {k: self.without_versions(v) for k, v in value.items() if k not in ("version", "updated_at", "position")}
        return [self.without_versions(v) for v in value] if isinstance(value, list) else value

    def test_an_archived_project_comes_back_archived(self):
        key = new_issue("HTTP")
        does("ArchiveProject", project="HTTP")
        last = does("DeleteProject", project="HTTP")
        self.not_there("/projects/HTTP", last)
        self.agrees()
        last = does("RestoreProject", project="HTTP")
        self.assertTrue(read("/projects/HTTP", last)["archived"])
        self.refused(409, "project_archived", "AddComment", issue=key, body="x")
        does("UnarchiveProject", project="HTTP")
        self.agrees()

    def test_only_admins_see_what_is_deleted_and_its_audit(self):
        does("CreateProject", key="SEC", name="Secret")
        key = new_issue("SEC", summary="hidden plan")
        last = does("AddComment", issue=key, body="x")
        self.assertEqual(len(read(f"/audit?issue={key}", last, MEMBER)["items"]), 2)
        last = does("DeleteProject", project="SEC")
        self.assertEqual(len(read(f"/audit?issue={key}", last)["items"]), 2)
        self.not_there(f"/audit?issue={key}", last, MEMBER)
        for client, seen in ((OWNER, True), (MEMBER, False)):
            items = read("/audit?limit=1000", last, client)["items"]
            self.assertEqual(any(row["body"].get("summary") == "hidden plan" for row in items), seen)
            self.assertEqual(any(row["type"] == "ProjectDeleted" and row["body"]["key"] == "SEC" for row in items), seen)
        answer = get("/deleted-projects", last, MEMBER)
        self.assertEqual((answer.status, answer.json()["code"]), (403, "forbidden"))
        last = does("RestoreProject", project="SEC")
        self.assertEqual(len(read(f"/audit?issue={key}", last, MEMBER)["items"]), 2)

    def test_deleted_projects_are_paged(self):
        for n in range(5):
            does("CreateProject", key=f"P{n}", name="page")
            last = does("DeleteProject", project=f"P{n}")
        found, at = [], 0
        while at is not None:
            page = read(f"/deleted-projects?limit=2&after={at}", last)
            found += [item["project"]["key"] for item in page["items"]]
            at = page["next"]
        self.assertEqual(found, [f"P{n}" for n in range(5)])
        for n in range(5):
            does("RestoreProject", project=f"P{n}")

    def test_pages_of_archived_issues_pass_over_those_of_deleted_projects(self):
        for project in ("L0", "L1"):
            does("CreateProject", key=project, name="lists")
        for n in range(8):
            last = does("ArchiveIssue", issue=new_issue(f"L{n % 2}"))
        last = does("DeleteProject", project="L1")
        found, at = [], 0
        while at is not None:
            page = read(f"/archived-issues?limit=2&after={at}", last)
            self.assertTrue(page["items"] or not found)
            found += [item["issue"]["key"] for item in page["items"]]
            at = page["next"]
        self.assertEqual([key for key in found if key[0] == "L"], [f"L0-{n}" for n in range(1, 5)])


class LinkTypes(Case):
    def names(self, key, least):
        return [(link["type"], link["direction"], link["name"]) for link in read(f"/issues/{key}", least)["links"]["items"]]

    def test_types_of_links_are_added_renamed_and_removed_with_a_replacement(self):
        one, two = new_issue(), new_issue()
        does("AddLinkType", link_type="causes", name="Cause", outward="causes", inward="is caused by", acyclic=True)
        does("AddLinkType", link_type="meets", name="Meeting", outward="meets", symmetric=True)
        self.refused(409, "id_taken", "AddLinkType", link_type="blocks", name="x", outward="x", inward="y")
        self.refused(403, "forbidden", "AddLinkType", MEMBER, link_type="x", name="x", outward="x", inward="y")
        does("LinkIssues", issue=one, link_type="causes", other=two)
        last = does("LinkIssues", issue=two, link_type="meets", other=one)
        self.refused(409, "link_cycle", "LinkIssues", issue=two, link_type="causes", other=one)
        self.assertEqual(self.names(one, last), [("causes", "outward", "causes"), ("meets", "inward", "meets")])
        self.assertEqual(self.names(two, last), [("causes", "inward", "is caused by"), ("meets", "outward", "meets")])
        last = does("EditLinkType", link_type="causes", outward="brings about")
        self.assertIn(("causes", "outward", "brings about"), self.names(one, last))
        listed = {t["id"]: t for t in read("/link-types", last, MEMBER)["items"]}
        self.assertEqual(list(listed), ["blocks", "relates", "duplicates", "causes", "meets"])
        self.assertEqual(listed["causes"], {"id": "causes", "name": "Cause", "outward": "brings about", "inward": "is caused by",
                                            "symmetric": False, "acyclic": True, "built_in": False})
        self.agrees()
        self.refused(409, "in_use", "RemoveLinkType", link_type="causes")
        self.refused(409, "built_in", "RemoveLinkType", link_type="blocks")
        last = does("RemoveLinkType", link_type="causes", replace_with="duplicates")
        self.assertEqual([e["type"] for e in last.json()["events"]], ["LinkTypeRemoved", "IssueUnlinked", "IssueLinked"])
        self.assertEqual(self.names(two, last), [("duplicates", "inward", "is duplicated by"), ("meets", "outward", "meets")])
        does("UnlinkIssues", issue=one, link_type="meets", other=two)
        last = does("RemoveLinkType", link_type="meets")
        self.assertEqual(self.names(two, last), [("duplicates", "inward", "is duplicated by")])
        self.refused(422, "unknown_link_type", "LinkIssues", issue=one, link_type="meets", other=two)
        self.refused(409, "id_taken", "AddLinkType", link_type="meets", name="x", outward="x", inward="y")
        self.agrees()


class Whole(Case):
    """Runs last: the classes run in the order of their names."""

    def test_a_rebuild_says_the_same(self):
        self.agrees()
        for view in ("board", "issue", "state", "search", "audit"):
            done = NODE.run("replay", "verify", view, check=False)
            self.assertEqual(done.returncode, 0, (view, done.stdout, done.stderr))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
