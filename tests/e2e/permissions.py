#!/usr/bin/python3 -B
"""Who may do and see what: every command and every query of the program, sent by everybody there is, is answered as the
table of docs/permissions.md says. And what a private project hides is hidden in every query.

With --print: write the table that the program answers by, to compare."""
import http.client
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402
import oracle  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "permissions.md")
CLASSIC = [{"id": id, "name": name, "kind": "directed" if source else "initial", "from": [source] if source else [], "to": to}
           for id, name, source, to in oracle.TRANSITIONS]
# The columns of the table. The first seven ask in a project of the classic scheme, two in one that is private, where crew has
# a project role and outsider has none; stranger owns another organization, nobody has no token.
WHO = ("owner", "admin", "member", "guest", "reporter", "assignee", "lead", "crew", "outsider", "stranger", "nobody")
ROLES = {"admin": "admin", "member": "member", "guest": "guest", "reporter": "member", "assignee": "member", "lead": "member",
         "crew": "guest", "outsider": "member"}
# What a contractor's scheme may look like: those who have the role do the work, nobody else sees it.
CREW = ("browse_project", "create_issues", "edit_issues", "assign_issues", "be_assigned", "transition_issues", "add_comments",
        "edit_own_comments", "delete_own_comments", "log_work", "edit_own_worklogs")
SECRET = "zanzibar"  # in every name of the private project

NODE = OWNER = None
CLIENTS, IDS = {}, {}


def ok(answer):
    if answer.status not in (200, 201):
        raise AssertionError(answer)
    return answer


def send(name, data, on_behalf=None):
    headers = {"NexusFlow-On-Behalf-Of": IDS[on_behalf]} if on_behalf else {}
    return ok(OWNER.request("POST", f"/v1/t/acme/commands/{name}", data, headers))


def setUpModule():
    global NODE, OWNER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, IDS["owner"] = nexusflow.create_organization(NODE, "acme")
    nexusflow.create_organization(NODE, "other", "stranger")
    CLIENTS.update(owner=OWNER, stranger=NODE.client(NODE.token("stranger")), nobody=NODE.client())
    for who, role in ROLES.items():
        IDS[who] = nexusflow.new_id()
        send("AddMember", {"member_id": IDS[who], "person": nexusflow.person(who), "role": role})
        CLIENTS[who] = NODE.client(NODE.token(who)).joined("acme")
    send("AddProjectRole", {"role": "crew", "name": "Crew"})
    send("CreatePermissionScheme", {"scheme": "private", "name": "Private", "grants": [
        {"permission": permission, "to": "project_role", "project_role": "crew"} for permission in CREW]})


def tearDownModule():
    NODE.end()


def letters(n=6):
    return "".join(chr(ord("A") + int(c, 16)) for c in nexusflow.new_id()[-n:])


class Place:
    """A project, and things in it that were not there before; what the caller is to it is what their column says."""

    projects, types = {}, {}

    def __init__(self, who):
        self.who, self.private = who, who in ("crew", "outsider")
        if self.private not in self.projects:
            self.projects[self.private] = self.fresh_project()
        self.project = self.projects[self.private]

    def fresh_project(self):
        key = letters(8)
        name = SECRET + key if self.private else key
        scheme = {"permission_scheme": "private"} if self.private else {"lead": IDS["lead"]}
        send("CreateProject", dict({"key": key, "name": name}, **scheme))
        if self.private:
            send("ChangeProjectRoleMembers", {"project": key, "role": "crew", "add_members": [IDS["crew"]]})
        return key

    def owner_issue(self, **data):
        id = nexusflow.new_id()
        send("CreateIssue", dict({"issue_id": id, "project": self.project, "summary": SECRET + " summary", "type": "task",
                                  "priority": "medium"}, **data))
        return id

    def issue(self):
        id = nexusflow.new_id()
        data = {"issue_id": id, "project": self.project, "summary": SECRET + " summary", "type": "task", "priority": "medium"}
        if self.who == "assignee":
            data["assignee"] = IDS["assignee"]
        send("CreateIssue", data, "reporter" if self.who == "reporter" else None)
        return id

    def dated(self):
        id = self.issue()
        send("EditIssue", {"issue": id, "due_on": "2026-01-01"})
        return id

    def done(self):
        id = self.issue()
        send("TransitionIssue", {"issue": id, "to": "done"})
        return id

    def another(self):
        """A member who sees every project, and is not the caller."""
        return IDS["owner" if self.who == "admin" else "admin"]

    def put_away(self, command):
        id = self.issue()
        send(command, {"issue": id})
        return {"issue": id}

    def author(self, own):
        """Who makes what is the caller's own, or somebody else's."""
        return self.who if own and self.who in IDS else "owner" if self.who != "owner" else "admin"

    def comment(self, own):
        data = {"issue": self.issue(), "comment_id": nexusflow.new_id(), "body": SECRET + " body"}
        send("AddComment", data, self.author(own))
        return {"issue": data["issue"], "comment_id": data["comment_id"]}

    def worklog(self, own):
        data = {"issue": self.issue(), "worklog_id": nexusflow.new_id(), "minutes": 5}
        send("LogWork", data, self.author(own))
        return {"issue": data["issue"], "worklog_id": data["worklog_id"]}

    def watched(self, own):
        return dict({"issue": self.issue()}, **({} if own else {"member": IDS["owner" if self.who != "owner" else "admin"]}))

    def unwatched(self, own):
        data = self.watched(own)
        seeing = "owner" if self.who == "outsider" else self.who  # who does not see an issue cannot watch it
        send("WatchIssue", dict({"member": IDS.get(seeing, IDS["owner"])}, **data))
        return data

    def component(self, **more):
        id = nexusflow.new_id()
        send("AddComponent", {"project": self.project, "component_id": id, "name": SECRET + id})
        return dict({"project": self.project, "component_id": id}, **more)

    def version(self, *before, **more):
        id = nexusflow.new_id()
        send("AddVersion", {"project": self.project, "version_id": id, "name": SECRET + id})
        for name in before:
            send(name, {"project": self.project, "version_id": id})
        return dict({"project": self.project, "version_id": id}, **more)

    def status(self):
        id = "s" + nexusflow.new_id()[:8]
        send("AddStatus", {"project": self.project, "status": id, "name": SECRET + id, "category": "todo"})
        return {"project": self.project, "status": id}

    def item(self, command, field, **more):
        id = "i" + nexusflow.new_id()[:8]
        send(command, dict({"project": self.project, field: id, "name": SECRET + id}, **more))
        return {"project": self.project, field: id, "name": "other " + id}

    def field(self, **more):
        data = {"project": self.project, "field": new("f")}
        send("AddField", dict(data, name=SECRET + data["field"], kind="select", options=[{"option": "one", "name": "One"}]))
        return dict(data, **more)

    def other_type(self):
        """Its workflow has no place for new issues of the others."""
        if self.private not in self.types:
            self.types[self.private] = self.make_other_type()
        return self.types[self.private]

    def make_other_type(self):
        status, type = self.status()["status"], self.item("AddIssueType", "issue_type", level=0)["issue_type"]
        data = dict(self.draft(), transitions=[dict(CLASSIC[0], to=status)])
        send("SaveWorkflowDraft", dict(data, name=SECRET))
        for name, more in (("PublishWorkflow", {}), ("AssignWorkflow", {"issue_type": type})):
            send(name, dict({"project": self.project, "workflow": data["workflow"]}, **more))
        return {"type": type, "status": status}

    def draft(self, workflow=None):
        workflow = workflow or "w" + nexusflow.new_id()[:8]
        send("SaveWorkflowDraft", {"project": self.project, "workflow": workflow, "name": SECRET, "transitions": CLASSIC})
        return {"project": self.project, "workflow": workflow}

    def workflow(self):
        data = self.draft()
        send("PublishWorkflow", data)
        return data

    def linked(self):
        data = {"issue": self.issue(), "link_type": "blocks", "other": self.owner_issue()}
        send("LinkIssues", data)
        return data

    def board(self):
        id = nexusflow.new_id()
        send("CreateBoard", {"board_id": id, "name": SECRET + id[:8], "projects": [self.project]})
        return id

    def bulk(self):
        id = nexusflow.new_id()
        send("BulkEditIssues", {"bulk_id": id, "issues": [self.issue()], "add_labels": ["x"]})
        return id

    def archived_project(self):
        key = self.fresh_project()
        send("ArchiveProject", {"project": key})
        return key

    def deleted_project(self):
        key = self.fresh_project()
        send("DeleteProject", {"project": key})
        return key

    # the organization's

    def member(self, role="guest"):
        id = nexusflow.new_id()
        send("AddMember", {"member_id": id, "person": nexusflow.person("m" + id), "role": role})
        return id

    def deactivated(self):
        id = self.member()
        send("DeactivateMember", {"member": id})
        return id

    def label(self, **more):
        data = {"project": self.project, "label": new("l")}
        send("AddLabel", data)
        return dict(data, **more)

    def team(self):
        return send("CreateTeam", {"name": "t" + nexusflow.new_id()}).json()["created"]

    def api_key(self, own):
        client = CLIENTS[self.author(own)]
        return ok(client.command("acme", "CreateApiKey", {"name": "x", "scope": "read"})).json()["created"]

    def role(self, **more):
        id = "r" + nexusflow.new_id()[:8]
        send("AddProjectRole", {"role": id, "name": id})
        return dict({"role": id}, **more)

    def link_type(self, **more):
        id = new("l")
        send("AddLinkType", {"link_type": id, "name": new("n"), "outward": new("o"), "inward": new("i")})
        return dict({"link_type": id}, **more)

    def scheme(self, **more):
        id = "p" + nexusflow.new_id()[:8]
        send("CreatePermissionScheme", {"scheme": id, "name": id, "copy_of": "private" if self.private else "classic"})
        return dict({"scheme": id}, **more)


def new(prefix):
    return prefix + nexusflow.new_id()[:8]


# What each command is sent with, as "Name" or, where it is another question whose it is, as "Name: own" and "Name: of others".
BODIES = {
    "AddMember": lambda p: {"person": nexusflow.person(new("n")), "role": "guest"},
    "ChangeMemberRole": lambda p: {"member": p.member(), "role": "member"},
    "RemoveMember": lambda p: {"member": p.member()},
    "DeactivateMember": lambda p: {"member": p.member()},
    "ReactivateMember": lambda p: {"member": p.deactivated()},
    "SkipEvent": lambda p: {"readers": ["board"], "seq": 1, "event": nexusflow.new_id(), "why": "x", "operator": "x"},
    "RenameOrganization": lambda p: {"name": new("n")},
    "CreateTeam": lambda p: {"name": new("t")},
    "RenameTeam": lambda p: {"team": p.team(), "name": new("t")},
    "DeleteTeam": lambda p: {"team": p.team()},
    "ChangeTeamMembers": lambda p: {"team": p.team(), "add": [IDS["owner"]]},
    "CreateApiKey": lambda p: {"name": "x", "scope": "read"},
    "SetMemberProfile: own": lambda p: {"person": nexusflow.person(p.author(True), new("n"))},
    "SetMemberProfile: of others": lambda p: {"person": nexusflow.person("m" + p.member(), new("n"))},
    "RevokeApiKey: own": lambda p: {"key": p.api_key(True)},
    "RevokeApiKey: of others": lambda p: {"key": p.api_key(False)},
    "LimitApiKeys": lambda p: {"days": 300},
    "AddProjectRole": lambda p: {"role": new("r"), "name": new("n")},
    "RenameProjectRole": lambda p: p.role(name=new("n")),
    "RemoveProjectRole": lambda p: p.role(),
    "ChangeProjectRoleMembers": lambda p: p.role(project=p.project, add_members=[IDS["guest"]]),
    "CreatePermissionScheme": lambda p: {"scheme": new("p"), "name": new("n")},
    "RenamePermissionScheme": lambda p: p.scheme(name=new("n")),
    "ChangePermissionGrants": lambda p: p.scheme(add=[{"permission": "log_work", "to": "anyone"}]),
    "RemovePermissionScheme": lambda p: p.scheme(),
    "AssignPermissionScheme": lambda p: p.scheme(project=p.project if p.who == "outsider" else p.fresh_project()),
    "AddLinkType": lambda p: {"link_type": new("l"), "name": new("n"), "outward": new("o"), "inward": new("i")},
    "EditLinkType": lambda p: p.link_type(name=new("n")),
    "RemoveLinkType": lambda p: p.link_type(),
    "CreateProject": lambda p: {"key": letters(8), "name": "x"},
    "EditProject": lambda p: {"project": p.project, "category": new("c")},
    "ChangeProjectKey": lambda p: {"project": p.fresh_project(), "key": letters(8)},
    "ArchiveProject": lambda p: {"project": p.fresh_project()},
    "UnarchiveProject": lambda p: {"project": p.archived_project()},
    "DeleteProject": lambda p: {"project": p.fresh_project()},
    "RestoreProject": lambda p: {"project": p.deleted_project()},
    "AddComponent": lambda p: {"project": p.project, "name": new("c")},
    "EditComponent": lambda p: p.component(description="x"),
    "RemoveComponent": lambda p: p.component(),
    "AddLabel": lambda p: {"project": p.project, "label": new("l")},
    "EditLabel": lambda p: p.label(name=new("l")),
    "RemoveLabel": lambda p: p.label(),
    "ChangeLabelPolicy": lambda p: {"project": p.project if p.who == "outsider" else p.fresh_project(), "policy": "listed"},
    "AddVersion": lambda p: {"project": p.project, "name": new("v")},
    "EditVersion": lambda p: p.version(description="x"),
    "ReleaseVersion": lambda p: p.version(),
    "UnreleaseVersion": lambda p: p.version("ReleaseVersion"),
    "ArchiveVersion": lambda p: p.version(),
    "UnarchiveVersion": lambda p: p.version("ArchiveVersion"),
    "MoveVersion": lambda p: p.version(),
    "RemoveVersion": lambda p: p.version(),
    "AddIssueType": lambda p: {"project": p.project, "issue_type": new("t"), "name": new("n"), "level": 0},
    "EditIssueType": lambda p: p.item("AddIssueType", "issue_type", level=0),
    "AddPriority": lambda p: {"project": p.project, "priority": new("t"), "name": new("n")},
    "RemoveIssueType": lambda p: {k: v for k, v in p.item("AddIssueType", "issue_type", level=0).items() if k != "name"},
    "AddPriority": lambda p: {"project": p.project, "priority": new("t"), "name": "x"},
    "EditPriority": lambda p: p.item("AddPriority", "priority"),
    "AddResolution": lambda p: {"project": p.project, "resolution": new("t"), "name": new("n")},
    "EditResolution": lambda p: p.item("AddResolution", "resolution"),
    "AddField": lambda p: {"project": p.project, "field": new("f"), "name": new("x"), "kind": "text"},
    "EditField": lambda p: p.field(name=new("x")),
    "RemoveField": lambda p: p.field(),
    "AddFieldOption": lambda p: p.field(option=new("o"), name="y"),
    "EditFieldOption": lambda p: p.field(option="one", name="y"),
    "RemoveFieldOption": lambda p: p.field(option="one"),
    "AddStatus": lambda p: {"project": p.project, "status": new("s"), "name": new("n"), "category": "todo"},
    "EditStatus": lambda p: dict(p.status(), name=new("n")),
    "RemoveStatus": lambda p: p.status(),
    "SaveWorkflowDraft": lambda p: {"project": p.project, "workflow": new("w"), "name": "x", "transitions": CLASSIC},
    "DiscardWorkflowDraft": lambda p: p.draft(),
    "PublishWorkflow": lambda p: p.draft(),
    "AssignWorkflow": lambda p: dict(p.workflow(), issue_type="task"),
    "RemoveWorkflow": lambda p: p.workflow(),
    "CreateBoard": lambda p: {"name": new("b"), "projects": [p.project]},
    "EditBoard": lambda p: {"board": p.board(), "name": new("b")},
    "DeleteBoard": lambda p: {"board": p.board()},
    "CreateIssue": lambda p: {"project": p.project, "summary": "x", "type": "task", "priority": "low"},
    "CreateIssue: with dates": lambda p: {"project": p.project, "summary": "x", "type": "task", "priority": "low", "due_on": "2026-01-01"},
    "CreateIssue: with a reporter": lambda p: {"project": p.project, "summary": "x", "type": "task", "priority": "low",
                                               "reporter": p.another()},
    "EditIssue": lambda p: {"issue": p.issue(), "summary": new("s")},
    "EditIssue: with dates": lambda p: {"issue": p.issue(), "due_on": "2026-01-01"},
    "EditIssue: with a type": lambda p: {"issue": p.issue(), "type": "bug"},
    "EditIssue: with a resolution": lambda p: {"issue": p.done(), "resolution": "wont_do"},
    "EditIssue: with a reporter": lambda p: {"issue": p.issue(), "reporter": IDS["admin"]},
    "EditIssue: with another workflow": lambda p: dict(p.other_type(), issue=p.issue()),
    "AssignIssue": lambda p: {"issue": p.issue(), "assignee": IDS["crew" if p.private else "lead"]},
    "TransitionIssue": lambda p: {"issue": p.issue(), "to": "in_progress"},
    "LabelIssue": lambda p: {"issue": p.issue(), "add": [new("l")]},
    "ChangeIssueComponents": lambda p: {"issue": p.issue(), "add": [p.component()["component_id"]]},
    "ChangeIssueVersions": lambda p: {"issue": p.issue(), "add_fix": [p.version()["version_id"]]},
    "LinkIssues": lambda p: {"issue": p.issue(), "link_type": "blocks", "other": p.owner_issue()},
    "UnlinkIssues": lambda p: p.linked(),
    "RankIssue": lambda p: {"issue": p.issue(), "before": p.owner_issue()},
    "MoveIssue": lambda p: {"issue": p.issue(), "project": p.fresh_project()},
    "CloneIssue": lambda p: {"issue": p.issue()},
    "CloneIssue: with dates": lambda p: {"issue": p.dated()},
    "CloneIssue: with a reporter": lambda p: {"issue": p.issue(), "reporter": p.another()},
    "CloneIssue: with links": lambda p: {"issue": p.linked()["issue"], "links": True},
    "ArchiveIssue": lambda p: {"issue": p.issue()},
    "UnarchiveIssue": lambda p: p.put_away("ArchiveIssue"),
    "DeleteIssue": lambda p: {"issue": p.issue()},
    "RestoreIssue": lambda p: p.put_away("DeleteIssue"),
    "BulkEditIssues": lambda p: {"issues": [p.issue()], "add_labels": [new("l")]},
    "BulkEditIssues: with a reporter": lambda p: {"issues": [p.issue()], "reporter": IDS["admin"]},
    "BulkTransitionIssues": lambda p: {"issues": [p.issue()], "to": "in_progress"},
    "BulkMoveIssues": lambda p: {"issues": [p.issue()], "project": p.fresh_project()},
    "BulkDeleteIssues": lambda p: {"issues": [p.issue()]},
    "BulkRankIssues": lambda p: {"issues": [p.issue()], "to": "top"},
    "AddComment": lambda p: {"issue": p.issue(), "body": "x"},
    "EditComment: own": lambda p: dict(p.comment(True), body="y"),
    "EditComment: of others": lambda p: dict(p.comment(False), body="y"),
    "DeleteComment: own": lambda p: p.comment(True),
    "DeleteComment: of others": lambda p: p.comment(False),
    "WatchIssue: own": lambda p: p.watched(True),
    "WatchIssue: of others": lambda p: p.watched(False),
    "UnwatchIssue: own": lambda p: p.unwatched(True),
    "UnwatchIssue: of others": lambda p: p.unwatched(False),
    "LogWork": lambda p: {"issue": p.issue(), "minutes": 5},
    "EditWorklog: own": lambda p: dict(p.worklog(True), minutes=6),
    "EditWorklog: of others": lambda p: dict(p.worklog(False), minutes=6),
    "DeleteWorklog: own": lambda p: p.worklog(True),
    "DeleteWorklog: of others": lambda p: p.worklog(False),
}
# Of no tenant yet; an installation token is asked for, which nobody here has.
BODIES["CreateOrganization"] = lambda p: {"name": "x", "owner": nexusflow.person("y")}

# Parameters that queries need besides their path.
PARAMETERS = {"/search": "?text=" + SECRET}


def verdict(answer):
    """What an answer says about rights. A command that was refused for what it says was allowed to say it."""
    return {401: "401", 403: "no", 404: "404"}.get(answer.status, "yes" if answer.status < 500 else f"{answer.status}")


def verdict_of_bulk(answer):
    """Each issue is judged by itself: no is that every one was refused."""
    if answer.status not in (200, 201):
        return verdict(answer)
    return "yes" if any(not event["type"].startswith("Bulk") for event in answer.json()["events"]) else "no"


def try_command(row, who):
    data = BODIES[row](Place(who))
    answer = CLIENTS[who].command("acme", row.split(":")[0], data)
    if who == "owner" and verdict(answer) == "yes" and answer.status not in (200, 201):
        raise AssertionError(f"{row}: the example is not a good one: {answer}")
    return verdict_of_bulk(answer) if row.startswith("Bulk") else verdict(answer)


class Seen:
    """For the queries: one thing of each kind in each of the two projects."""

    def __init__(self):
        self.things = {}
        for who in ("member", "crew"):
            place = Place(who)
            data = place.comment(False)
            send("EditComment", dict(data, body=SECRET + " again"))
            place.worklog(False)
            place.component()
            place.version()
            place.put_away("ArchiveIssue")
            place.put_away("DeleteIssue")
            self.things[place.private] = {"project": place.project, "issue": data["issue"], "comment": data["comment_id"],
                                          "board": place.board(), "bulk": place.bulk(), "scheme": "private", "team": place.team(), "member": IDS["guest"]}
        # issues of both projects know each other
        send("LinkIssues", {"issue": self.things[False]["issue"], "link_type": "relates", "other": self.things[True]["issue"]})
        open_place = Place("member")
        sub = open_place.owner_issue(type="subtask", parent=self.things[True]["issue"])
        send("CloneIssue", {"issue": self.things[True]["issue"], "project": open_place.project})
        self.sub = sub
        both = nexusflow.new_id()
        send("CreateBoard", {"board_id": both, "name": "both", "projects": [self.things[False]["project"], self.things[True]["project"]]})
        self.both = both
        self.position = send("AssignIssue", {"issue": sub, "assignee": None}).position
        self.wait()

    def wait(self):
        for path in ("", "/projects", "/issues/" + self.sub, "/project-roles", "/search?text=x", "/audit?limit=1", "/events?limit=1"):
            ok(OWNER.request("GET", "/v1/t/acme" + path, headers={"NexusFlow-Min-Position": str(self.position)}))

    def path(self, template, who):
        things = self.things[who in ("crew", "outsider")]
        path = template
        for name, value in things.items():
            path = path.replace("{%s}" % name, value)
        return path.replace("{tenant}", "acme") + PARAMETERS.get(template[len("/v1/t/{tenant}"):], "")

    def marks(self):
        """What of the private project nobody may see who may not see it."""
        secret = self.things[True]
        return [SECRET, secret["project"], secret["issue"], secret["comment"], secret["board"]]


def try_query(seen, template, who):
    answer = CLIENTS[who].get(seen.path(template, who), least=0)  # the views have it all, and refusals are told at once
    return verdict(answer), answer


def operations():
    """Commands and queries of a tenant, as the program's own document lists them."""
    document = ok(NODE.client().get("/openapi.json")).json()
    prefix = "/v1/t/{tenant}"
    paths = [path for path in document["paths"] if path.startswith(prefix)]
    commands = {path.rsplit("/", 1)[1] for path in paths if path.startswith(prefix + "/commands/") and "{" not in path[len(prefix):]}
    queries = {path for path, methods in document["paths"].items()
               if path in paths and "get" in methods and not path.startswith(prefix + "/commands")}
    return commands, queries


def table():
    """{row: {column: cell}} of the page, in its order."""
    rows = {}
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == len(WHO) + 1 and cells[0].startswith("`"):
                name = cells[0].strip("`")
                if name in rows:
                    raise AssertionError(f"{name} has two rows")
                rows[name] = dict(zip(WHO, cells[1:]))
    return rows


def query_name(path):
    return "GET " + (path[len("/v1/t/{tenant}"):] or "/")


class Matrix(unittest.TestCase):
    maxDiff = None

    def test_every_command_and_every_query_has_rows(self):
        commands, queries = operations()
        rows = set(table())
        self.assertEqual({row.split(":")[0] for row in rows if not row.startswith("GET ")}, commands)
        self.assertEqual({row for row in rows if row.startswith("GET ")}, {query_name(path) for path in queries})
        self.assertEqual({row for row in rows if not row.startswith("GET ")}, set(BODIES))

    def test_every_command_is_answered_as_its_row_says(self):
        for row, cells in table().items():
            if row.startswith("GET "):
                continue
            found = {who: try_command(row, who) for who in WHO}
            with self.subTest(row):
                self.assertEqual(found, cells)

    def test_what_may_i_do_here_says_what_the_table_says(self):
        rows = table()
        for who in WHO[:9]:
            place = Place(who)
            issue = place.issue()
            position = send("WatchIssue", {"issue": issue}).position
            reach, permissions = {}, set()
            for parameter in ("", f"project={place.project}&", f"issue={issue}&"):
                answer = CLIENTS[who].get(f"/v1/t/acme/permissions?{parameter}min_position={position}")
                if who == "outsider" and parameter:
                    self.assertEqual(answer.status, 404)
                    continue
                found = ok(answer).json()
                permissions |= set(found["permissions"])
                for command in found["commands"]:
                    reach[command["name"]] = command["of"]
            for row, cells in rows.items():
                name, _, what = row.partition(": ")
                if row.startswith(("GET ", "Bulk", "RevokeApiKey", "SetMemberProfile")):  # judged for each issue; whose role is stronger counts
                    continue
                may = name in reach and (what != "of others" or reach[name] == "all") and \
                    (what != "with dates" or "schedule_issues" in permissions) and \
                    (what != "with a reporter" or "modify_reporter" in permissions) and \
                    (what != "with links" or "link_issues" in permissions) and \
                    (what != "with another workflow" or "move_issues" in permissions)
                with self.subTest(f"{who} {row}"):
                    self.assertEqual(may, cells[who] == "yes")

    def test_what_is_archived_takes_what_it_is_told_to_take(self):
        """Of the commands that an open project, or an issue of it, is told to take."""
        other = Place("owner").project
        for row, body in BODIES.items():
            name = row.split(":")[0]
            for what in ("project", "issue"):
                place = Place("owner")
                place.project = place.fresh_project()
                data = body(place)
                if name == "CloneIssue":
                    data["project"] = other  # it may go elsewhere
                if name == "EditBoard":  # one that shows archived projects alone cannot be changed
                    data["board"] = send("CreateBoard", {"name": new("b"), "projects": [place.project, other]}).json()["created"]
                if what == "issue" and "issue" not in data:
                    continue
                project = place.project if "issue" in data else data.get("project", place.project)
                about = f"issue={data['issue']}" if "issue" in data else f"project={project}"
                if name not in self.listed(about, send("WatchIssue", {"issue": place.issue()})):
                    continue
                archived = send("ArchiveIssue", {"issue": data["issue"]}) if what == "issue" else send("ArchiveProject", {"project": project})
                told = name in self.listed(about, archived)
                answer = OWNER.command("acme", name, data)
                refused = answer.status == 409 and answer.json()["code"] in ("project_archived", "issue_archived")
                with self.subTest(f"{row} in an archived {what}"):
                    self.assertEqual(told, not refused, answer)

    def listed(self, about, written):
        """Names of commands; none when it is not there."""
        answer = OWNER.get(f"/v1/t/acme/permissions?{about}&min_position={written.position}")
        return {command["name"] for command in answer.json()["commands"]} if answer.status == 200 else set()

    def test_transitions_are_possible_for_who_may_transition(self):
        for who in WHO[:8]:
            place = Place(who)
            issue = place.issue()
            position = send("WatchIssue", {"issue": issue}).position
            found = ok(CLIENTS[who].get(f"/v1/t/acme/issues/{issue}/transitions?min_position={position}")).json()["transitions"]
            with self.subTest(who):
                self.assertEqual(any(t["possible"] for t in found), table()["TransitionIssue"][who] == "yes")

    def test_every_query_is_answered_as_its_row_says(self):
        seen, rows = Seen(), table()
        for path in sorted(operations()[1]):
            found = {who: try_query(seen, path, who)[0] for who in WHO}
            with self.subTest(path):
                self.assertEqual(found, rows[query_name(path)])

    def test_every_query_refuses_a_parameter_that_it_does_not_know(self):
        seen = Seen()
        paths = [seen.path(path, "owner") for path in sorted(operations()[1])] + ["/v1/me/organizations"]
        for path in paths:
            joint = "&" if "?" in path else "?"
            ok(OWNER.get(path))
            for query in ("project_id=1", "%6cimits=2", "Limit=1", "=x", "&x"):
                with self.subTest(path + joint + query):
                    answer = OWNER.get(path + joint + query)
                    self.assertEqual((answer.status, answer.json()["code"]), (400, "bad_parameter"), answer)
            self.assertIn('"limits"', OWNER.get(path + joint + "%6cimits=2").json()["detail"])
            ok(OWNER.get(path + joint + "&"))


class Hidden(unittest.TestCase):
    """What the outsider may not see, they are told nothing of: neither names, nor ids, nor counts, nor pages."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.seen = Seen()

    def test_no_query_tells_an_outsider_of_a_private_project(self):
        for who in ("outsider", "guest"):
            for path in sorted(operations()[1]):
                with self.subTest(f"{who} {path}"):
                    templates = {self.seen.path(path, who)}
                    templates.add(self.seen.path(path, "member"))  # that of the open project, which knows the other
                    for at in sorted(templates):
                        answer = CLIENTS[who].get(at, least=0)
                        if path == "/v1/t/{tenant}/search":
                            self.assertNotIn(self.seen.things[True]["project"], answer.body.decode())
                            continue
                        for mark in self.seen.marks():
                            if mark != SECRET:  # the open project has texts like it
                                self.assertNotIn(mark, answer.body.decode(), at)

    def test_what_is_hidden_is_answered_like_what_is_not_there(self):
        there, nowhere = self.seen.things[True], {
            "project": "NOWHERE", "issue": nexusflow.new_id(), "comment": nexusflow.new_id(), "board": nexusflow.new_id()}
        client = CLIENTS["outsider"]
        for path in sorted(operations()[1]):
            names = [name for name in nowhere if "{%s}" % name in path]
            if not names:
                continue
            with self.subTest(path):
                answers = []
                for things in (there, nowhere):
                    at = path.replace("{tenant}", "acme")
                    for name in names:
                        at = at.replace("{%s}" % name, things[name])
                    for query in ("", "?cursor=nonsense", "?limit=0"):
                        answer = client.request("GET", at + query, headers={"If-None-Match": "*"}, least=0)
                        body = answer.json()
                        body.pop("request_id")
                        answers.append((answer.status, {k: v for k, v in body.items()}, answer.header("ETag"),
                                        sorted(set(answer.headers) - {"date", "x-request-id"}), answer.position))
                self.assertEqual(answers[:3], answers[3:])

    def test_commands_on_what_is_hidden_are_answered_like_those_on_nothing(self):
        there = self.seen.things[True]
        for name, data, nothing in (
                ("EditIssue", {"issue": there["issue"], "summary": "x"}, {"issue": nexusflow.new_id(), "summary": "x"}),
                ("EditIssue", {"issue": there["issue"], "summary": "   ", "expected_version": 99},
                 {"issue": nexusflow.new_id(), "summary": "   ", "expected_version": 99}),
                ("AddComment", {"issue": there["issue"], "body": "x"}, {"issue": nexusflow.new_id(), "body": "x"}),
                ("CreateIssue", {"project": there["project"], "summary": "x", "type": "nonsense", "priority": "low"},
                 {"project": "NOWHERE", "summary": "x", "type": "nonsense", "priority": "low"}),
                ("DeleteBoard", {"board": there["board"]}, {"board": nexusflow.new_id()})):
            with self.subTest(name):
                answers = []
                for sent in (data, nothing):
                    answer = CLIENTS["outsider"].command("acme", name, sent)
                    text = answer.body.decode()
                    for value in filter(lambda value: len(str(value)) > 3, sent.values()):
                        text = text.replace(str(value), "X")
                    body = json.loads(text)
                    for field in ("request_id", "command_id"):
                        body.pop(field, None)
                    answers.append((answer.status, body))
                self.assertEqual(answers[0], answers[1])
                self.assertEqual(answers[0][0], 404)

    def test_lists_are_paged_as_if_the_hidden_were_not_there(self):
        for path in ("/projects", "/archived-issues", "/boards"):
            with self.subTest(path):
                found, at, name = [], None, "after" if path == "/archived-issues" else "cursor"
                while True:
                    page = ok(CLIENTS["outsider"].get(f"/v1/t/acme{path}?limit=1" + (f"&{name}={at}" if at else ""))).json()
                    self.assertEqual(len(page["items"]), 1, page)
                    found += page["items"]
                    at = page["next"]
                    if not at:
                        break
                whole = ok(CLIENTS["outsider"].get(f"/v1/t/acme{path}")).json()["items"]
                self.assertEqual(found, whole)
                self.assertGreater(len(ok(OWNER.get(f"/v1/t/acme{path}")).json()["items"]), len(whole))

    def test_an_issue_shows_nothing_of_hidden_ones(self):
        issue = ok(CLIENTS["outsider"].get("/v1/t/acme/issues/" + self.seen.things[False]["issue"])).json()
        self.assertEqual(issue["links"], {"total": 0, "items": [], "next": None})
        self.assertEqual(len(ok(OWNER.get("/v1/t/acme/issues/" + self.seen.things[False]["issue"])).json()["links"]["items"]), 1)
        at = f"/v1/t/acme/issues/{self.seen.things[False]['issue']}/links"
        self.assertEqual(ok(CLIENTS["outsider"].get(at)).json(), {"total": 0, "items": [], "next": None})
        self.assertEqual(ok(OWNER.get(at)).json()["total"], 1)
        sub = ok(CLIENTS["outsider"].get("/v1/t/acme/issues/" + self.seen.sub)).json()
        self.assertIsNone(sub["parent"])
        self.assertIsNotNone(ok(OWNER.get("/v1/t/acme/issues/" + self.seen.sub)).json()["parent"])

    def test_a_board_over_both_projects_shows_the_one(self):
        board = ok(CLIENTS["outsider"].get("/v1/t/acme/boards/" + self.seen.both)).json()
        self.assertEqual([p["key"] for p in board["projects"]], [self.seen.things[False]["project"]])
        self.assertEqual(len(ok(OWNER.get("/v1/t/acme/boards/" + self.seen.both)).json()["projects"]), 2)

    def test_cards_count_the_subtasks_that_one_sees(self):
        things, issue = self.seen.things, Place("member").owner_issue()
        subs = [Place("member").owner_issue(type="subtask", parent=issue)]
        subs += [Place("crew").owner_issue(type="subtask", parent=issue) for _ in range(2)]
        boards = []
        for fields in ([], ["subtasks"]):
            boards.append(nexusflow.new_id())
            send("CreateBoard", {"board_id": boards[-1], "name": "cards", "projects": [things[False]["project"]], "card_fields": fields})
        paths = [f"/projects/{things[False]['project']}/board"] + ["/boards/" + board for board in boards]

        def counts(who, position):
            found = []
            for path in paths:
                answer = ok(CLIENTS[who].get(f"/v1/t/acme{path}?limit=1000&min_position={position}"))
                again = CLIENTS[who].request("GET", f"/v1/t/acme{path}?limit=1000", headers={"If-None-Match": answer.header("ETag")})
                self.assertEqual(again.status, 304)
                cards = [card for column in answer.json()["columns"] for card in column["cards"]]
                found += [card["subtasks"] for card in cards if card["id"] == issue]
            self.assertEqual(len(found), len(paths))
            self.assertEqual(found, [found[0]] * len(found))
            return found[0]["total"], found[0]["done"]

        def move(id, to):
            return send("TransitionIssue", {"issue": id, "to": to}).position

        at = move(subs[1], "in_progress")
        for _ in range(2):  # the pages that are kept are those of who sees as much
            self.assertEqual([counts(who, at) for who in ("owner", "outsider", "member", "admin")], [(3, 0), (1, 0), (1, 0), (3, 0)])
        self.assertEqual(counts("crew", at), (3, 0))
        send("TransitionIssue", {"issue": subs[1], "to": "in_review"})
        at = move(subs[1], "done")
        self.assertEqual([counts(who, at) for who in ("outsider", "crew", "owner")], [(1, 0), (3, 1), (3, 1)])
        at = send("DeleteIssue", {"issue": subs[2]}).position
        self.assertEqual([counts(who, at) for who in ("outsider", "crew", "owner")], [(1, 0), (2, 1), (2, 1)])

    def test_search_finds_nothing_hidden_and_the_key_of_a_hidden_project_is_none(self):
        text = "/v1/t/acme/search?text=" + SECRET
        mine = ok(CLIENTS["outsider"].get(text + "&limit=100")).json()["items"]
        self.assertNotEqual(mine, [])
        self.assertEqual({item["key"].split("-")[0] for item in mine}, {self.seen.things[False]["project"]})
        self.assertEqual(len({item["key"].split("-")[0] for item in ok(OWNER.get(text + "&limit=100")).json()["items"]}), 2)
        hidden, nothing = (ok(CLIENTS["outsider"].get(f"{text}&project={key}")).json()
                           for key in (self.seen.things[True]["project"], "NOWHERE"))
        self.assertEqual(hidden, nothing)
        self.assertEqual(CLIENTS["outsider"].get("/v1/t/acme/audit?issue=" + self.seen.things[True]["issue"]).status,
                         CLIENTS["outsider"].get("/v1/t/acme/audit?issue=" + nexusflow.new_id()).status)

    def test_keys_and_schemes_in_the_feed_are_for_admins_and_owners_of_keys(self):
        ok(CLIENTS["member"].command("acme", "CreateApiKey", {"name": "mine", "scope": "read"}))
        key = ok(CLIENTS["admin"].command("acme", "CreateApiKey", {"name": "theirs", "scope": "read"}))
        headers = {"NexusFlow-Min-Position": str(key.position)}
        for path, name in (("/audit?limit=1000", "type"), ("/events?limit=1000", "type")):
            for who, of_keys, of_schemes in (("member", {IDS["member"]}, False), ("outsider", set(), False),
                                             ("admin", {IDS["member"], IDS["admin"]}, True)):
                found, at = [], "/v1/t/acme" + path
                while at:
                    answer = ok(CLIENTS[who].request("GET", at, headers=headers))
                    body = answer.json()
                    items = body["items"] if isinstance(body, dict) else body
                    found += items
                    link = answer.header("Link")
                    after = body["next"] if isinstance(body, dict) else None
                    at = f"/v1/t/acme{path}&after={after}" if after else link.split(">")[0][1:] if link else None
                text = [json.dumps(item) for item in found]
                owners = {id for id in IDS.values() for item in text if "ApiKeyCreated" in item and f'"member_id": "{id}"' in item}
                with self.subTest(f"{who} {path}"):
                    self.assertTrue(of_keys <= owners, owners)
                    if who != "admin":
                        self.assertEqual(owners, of_keys)
                    self.assertEqual(any("PermissionSchemeCreated" in item for item in text), of_schemes)

    def test_who_gets_the_role_sees_the_project_and_who_loses_it_does_not(self):
        project = self.seen.things[True]["project"]
        guest, path = CLIENTS["guest"], f"/v1/t/acme/projects/{project}"
        self.assertEqual(guest.get(path).status, 404)
        position = send("ChangeProjectRoleMembers", {"project": project, "role": "crew", "add_members": [IDS["guest"]]}).position
        self.assertEqual(guest.get(f"{path}?min_position={position}").status, 200)
        etag = guest.get(f"{path}?min_position={position}").header("ETag")
        position = send("ChangeProjectRoleMembers", {"project": project, "role": "crew", "remove_members": [IDS["guest"]]}).position
        answer = guest.request("GET", f"{path}?min_position={position}", headers={"If-None-Match": etag})
        self.assertEqual(answer.status, 404)


class DeletedIssues(unittest.TestCase):
    """Who may restore in a project sees what they can restore there, and nothing else."""

    def test_who_restores_in_a_project_sees_what_is_deleted_there(self):
        for name, permissions in (("keepers", ("browse_project", "restore_issues")), ("blind", ("restore_issues",))):
            send("CreatePermissionScheme", {"scheme": name, "name": name, "grants": [
                {"permission": permission, "to": "member", "member": IDS["member"]} for permission in permissions] + [
                {"permission": "browse_project", "to": "member", "member": IDS["guest"]}]})
        keys, deleted = {}, {}
        for scheme in ("classic", "keepers", "blind"):
            keys[scheme] = letters(8)
            send("CreateProject", {"key": keys[scheme], "name": scheme, "permission_scheme": scheme})
            deleted[scheme] = []
            for _ in range(2):
                id = nexusflow.new_id()
                send("CreateIssue", {"issue_id": id, "project": keys[scheme], "summary": "x", "type": "task", "priority": "low"})
                position = send("DeleteIssue", {"issue": id}).position
                deleted[scheme].append(id)

        def listed(who, limit=500):
            found, at = [], 0
            while at is not None:
                page = ok(CLIENTS[who].get(f"/v1/t/acme/deleted-issues?limit={limit}&after={at}&min_position={position}")).json()
                found, at = found + [item["issue"]["id"] for item in page["items"]], page["next"]
            return found

        for limit in (1, 500):
            self.assertEqual(listed("member", limit), deleted["keepers"])
            self.assertEqual([listed(who, limit) for who in ("guest", "lead", "outsider")], [[], [], []])
        for scheme in deleted:
            self.assertTrue(set(deleted[scheme]) <= set(listed("admin")))
            answers = [CLIENTS["member"].command("acme", "RestoreIssue", {"issue": id}) for id in deleted[scheme][:1]]
            self.assertEqual([a.status for a in answers], [200 if scheme == "keepers" else 404])
        position = answers[0].position or position
        position = send("ChangePermissionGrants", {"scheme": "keepers", "remove": [
            {"permission": "restore_issues", "to": "member", "member": IDS["member"]}]}).position
        self.assertEqual(listed("member"), [])


class Removed(unittest.TestCase):
    """Who is removed loses everything at once, what is under way included."""

    def leaver(self, role="member"):
        id, name = nexusflow.new_id(), new("leaver")
        send("AddMember", {"member_id": id, "person": nexusflow.person(name), "role": role})
        return id, NODE.client(NODE.token(name)).joined("acme")

    def remove(self, id):
        return send("RemoveMember", {"member": id}).position

    def test_the_lines_of_a_stream_behind_the_removal_are_refused(self):
        for rest in (0, 2000):
            id, client = self.leaver()
            issue = Place("member").issue()
            line = json.dumps({"command": "AddComment", "data": {"issue": issue, "body": "x"}}) + "\n"
            lines = [line] * 2000
            sent = http.client.HTTPConnection("127.0.0.1", NODE.port, timeout=60)
            sent.putrequest("POST", "/v1/t/acme/commands")
            for name, value in (("Authorization", "Bearer " + client.token), ("Content-Type", "application/x-ndjson"),
                                ("Content-Length", str(len(line) * len(lines)))):
                sent.putheader(name, value)
            sent.endheaders()
            sent.send("".join(lines[rest:]).encode())  # all of it, or what comes before the removal
            removed = self.remove(id)
            sent.send("".join(lines[:rest]).encode())
            answer = sent.getresponse()
            self.assertEqual(answer.status, 200)
            results = [json.loads(text) for text in answer.read().decode().splitlines()]
            sent.close()
            self.assertEqual(len(results), len(lines))
            accepted = [result["position"] for result in results if result["success"]]
            refused = [result for result in results if not result["success"]]
            self.assertTrue(all(position < removed for position in accepted), (removed, accepted[-1:]))
            self.assertEqual({(result["status"], result["code"]) for result in refused} or {(404, "no_such_tenant")}, {(404, "no_such_tenant")})
            if rest:
                self.assertEqual(accepted, [])

    def answers_of_leavers(self, paths, reached):
        """What those are answered who wait for a position, reached or not, and are removed meanwhile."""
        leavers = [self.leaver() for _ in paths]
        far = send("CreateTeam", {"name": new("t")}).position + (20 if reached else 1000000)
        for path, (_, client) in zip(paths, leavers):  # the node reads each before it takes the command that comes later
            joint = "&" if "?" in path else "?"
            client.connection.request("GET", f"/v1/t/acme{path}{joint}min_position={far}",
                                      headers={"Authorization": "Bearer " + client.token})
        position = max(self.remove(id) for id, _ in leavers)
        while reached and position < far:
            position = send("CreateTeam", {"name": new("t")}).position
        answers = [client.connection.getresponse() for _, client in leavers]
        return [(answer.status, json.loads(answer.read()), answer.getheader("NexusFlow-Position")) for answer in answers]

    def test_who_waits_for_a_position_is_answered_as_a_stranger(self):
        paths = ("", "/me", "/projects", "/audit?limit=1", "/events?limit=1")
        for reached in (True, False):
            for _ in range(10):
                answers = self.answers_of_leavers(paths, reached)
                if 503 not in [status for status, _, _ in answers]:
                    break  # else the machine was so busy that the wait was over before the removal
            for path, (status, found, position) in zip(paths, answers):
                told = CLIENTS["stranger"].get("/v1/t/acme" + path).json()
                with self.subTest(f"{path} {reached}"):
                    self.assertEqual((found.pop("request_id") != "", status, found), (told.pop("request_id") != "", 404, told))
                    self.assertIsNone(position)


class DeletedProject(unittest.TestCase):
    """It is out of sight for everybody but those who may restore it, and comes back as it was."""

    maxDiff = None

    def told(self, who, path):
        """Ids of the project and its issue in everything that a list or a feed tells."""
        found, at = "", "/v1/t/acme" + path
        while at:
            answer = ok(CLIENTS[who].get(at))
            found += answer.body.decode()
            body, link = answer.json(), answer.header("Link")
            after = body["next"] if isinstance(body, dict) else None
            at = f"/v1/t/acme{path}&after={after}" if after else link.split(">")[0][1:] if link else None
        return found

    def test_every_query_is_silent_until_it_is_restored(self):
        place = Place("member")
        key = place.fresh_project()
        issue, board = nexusflow.new_id(), nexusflow.new_id()
        send("CreateIssue", {"issue_id": issue, "project": key, "summary": "wombat", "type": "task", "priority": "medium"})
        send("CreateBoard", {"board_id": board, "name": "gone", "projects": [key]})
        other = place.issue()
        sub = place.owner_issue(type="subtask", parent=issue)
        send("LinkIssues", {"issue": other, "link_type": "relates", "other": issue})
        project = ok(OWNER.get(f"/v1/t/acme/projects/{key}?min_position={send('WatchIssue', {'issue': other}).position}")).json()["id"]
        marks = (project, issue, f"{key}-1")
        paths = {path: {"member": True, "admin": True} for path in ("/audit?limit=1000", "/events?limit=1000")}

        def wait(position):
            for path in ("", "/projects", "/issues/" + other, "/project-roles", "/search?text=x", "/audit?limit=1", "/events?limit=1"):
                ok(OWNER.request("GET", "/v1/t/acme" + path, headers={"NexusFlow-Min-Position": str(position)}))

        def there(who):
            """What tells of it."""
            found = {path: any(mark in self.told(who, path) for mark in marks) for path in paths}
            found["search"] = bool(ok(CLIENTS[who].get("/v1/t/acme/search?text=wombat")).json()["items"])
            for path in (f"/projects/{key}", f"/projects/{key}/board", f"/boards/{board}", f"/issues/{issue}", f"/issues/{key}-1",
                         f"/issues/{issue}/history", f"/issues/{issue}/comments", f"/permissions?project={key}", f"/audit?issue={issue}",
                         f"/audit?issue={key}-1"):
                found[path] = {200: True, 404: False}[CLIENTS[who].get("/v1/t/acme" + path, least=0).status]
            one = ok(CLIENTS[who].get("/v1/t/acme/issues/" + other)).json()
            found["links"] = bool(one["links"]["total"])
            found["parent"] = ok(CLIENTS[who].get("/v1/t/acme/issues/" + sub)).json()["parent"] is not None
            return found

        everything = dict.fromkeys(there("owner"), True)
        wait(send("WatchIssue", {"issue": sub}).position)
        for who in ("owner", "member", "guest"):
            self.assertEqual(there(who), everything, who)
        wait(send("DeleteProject", {"project": key}).position)
        # the log and what it tells are the way to find what to restore
        admins = {path for path in everything if path.startswith(("/audit", "/events"))}
        for who in ("owner", "admin"):
            self.assertEqual(there(who), {path: path in admins for path in everything}, who)
        for who in ("member", "guest", "lead", "outsider"):
            self.assertEqual(there(who), dict.fromkeys(everything, False), who)
        self.assertIn(project, self.told("admin", "/deleted-projects?limit=100"))
        wait(send("RestoreProject", {"project": key}).position)
        for who in ("owner", "member", "guest"):
            self.assertEqual(there(who), everything, who)


def print_table():
    setUpModule()
    commands, queries = operations()
    seen = Seen()
    for row in BODIES:
        try:
            print("| `" + row + "` | " + " | ".join(try_command(row, who) for who in WHO) + " |", flush=True)
        except AssertionError as e:
            print(row, e, file=sys.stderr)
    for path in sorted(queries):
        print("| `" + query_name(path) + "` | " + " | ".join(try_query(seen, path, who)[0] for who in WHO) + " |", flush=True)
    print("without a body:", commands - {row.split(":")[0] for row in BODIES}, file=sys.stderr)
    tearDownModule()


if __name__ == "__main__":
    print_table() if sys.argv[1:] == ["--print"] else unittest.main()
