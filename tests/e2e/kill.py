#!/usr/bin/python3 -B
"""Clients send random commands, good and bad, while `serve` is killed with -9 at random moments and started again. A command
is sent with the same Idempotency-Key until it is answered. Afterwards:

  every acknowledged command is in the journal once and as answered; refused ones are not there;
  the same key gets the same answer again;
  the log keeps its laws, the feed is the journal, and every view is the fold of the journal (tests/lib/oracle.py);
  the rule had exactly one effect per cause;
  the same judges complain when an error is planted into what was collected.

usage: kill.py [--seed N] [--seconds N | --minutes N] [--journal embedded|kafka]"""
import argparse
import copy
import http.client
import os
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import journal_files  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

PATIENCE_S = 60
ACCEPTED_MIN = 20  # commands of each tenant
ANSWERS = {200, 201, 400, 403, 404, 409, 412, 422}
WORDS = ("handshake ticket alert cipher «quoted» naïve 日本語 🔑 \"name\" back\\slash tab\tstop <b>&amp; %20 timeout resume key "
         "share retry cookie épée Ω zero\u200bwidth record").split(" ")
RESENT = 400


class Tenant:
    """What clients know of one organization. Lists only grow, under the lock."""

    def __init__(self, slug):
        self.slug, self.lock = slug, threading.Lock()
        self.members, self.projects = [], ["TLS"]
        self.issues = []        # (key, type)
        self.comments = []      # (issue key, comment id)
        self.worklogs = []      # (issue key, worklog id)
        self.links = []         # (issue key, type, issue key)
        self.accepted = 0
        self.answers, self.sent = {}, {}  # command id -> (status, body); -> (name, data, user)
        self.profiles = {}      # command id -> person


class Choices:
    """Random commands on what a tenant is known to have."""

    def __init__(self, tenant, rng):
        self.tenant, self.rng = tenant, rng

    def text(self, most):
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(1, most)))

    def line(self):
        return self.text(6).replace("\t", " ")

    def issue(self):
        issues = self.tenant.issues
        if not issues or self.rng.random() < 0.03:
            return self.rng.choice(["TLS-999999", "NO-1", "x", nexusflow.new_id()])
        # The newest are the busiest, so that commands of several clients meet.
        return issues[-1 - int(len(issues) * self.rng.random() ** 3)][0]

    def project(self):
        return self.rng.choice(self.tenant.projects + ["TLS", "NO"])

    def part(self, kind):
        """One of four components (0) or versions (1); their ids are the same in every tenant."""
        return f"00000000-0000-4000-8000-0000000{kind}00{self.rng.randrange(4):02d}"

    def member(self):
        return self.rng.choice(self.tenant.members + [nexusflow.new_id()])

    LABELS = ["tls", "bug fix", "naïve", "later", "p1", "p2"]

    def labels(self):
        return self.rng.sample(self.LABELS, self.rng.randint(0, 3))

    def label(self):
        return self.rng.choice(self.LABELS + ["Later", "soon"])

    def create_issue(self):
        data = {"project": self.rng.choice(self.tenant.projects + ["TLS"]), "summary": self.line(),
                "type": self.rng.choice(["epic", "story", "task", "bug", "subtask", "subtask"])}
        if data["type"] == "subtask" or self.rng.random() < 0.2:
            data["parent"] = self.issue()
        if self.rng.random() < 0.5:
            data["description"] = self.text(60)
        if self.rng.random() < 0.1:
            data["reporter"] = self.member()
        if self.rng.random() < 0.3:
            data.update(labels=self.labels(), assignee=self.member(), due_on="2027-0%d-01" % self.rng.randint(1, 9),
                        priority=self.rng.choice(["highest", "low", "none"]))
        return data

    KINDS = {"cost": "number", "notes": "paragraph", "level": "select", "tags": "labels", "line": "text"}

    def field(self):
        self.last_field = self.rng.choice(list(self.KINDS))
        return {"project": self.project(), "field": self.last_field}

    def field_kind(self):
        """The kind of the field that was chosen last: the same in every project, so that values are often right."""
        return self.KINDS[self.last_field]

    def field_values(self):
        values = {"cost": lambda: f"{self.rng.randint(-999, 999)}.{self.rng.randint(0, 99)}", "notes": lambda: self.text(20),
                  "level": lambda: self.rng.choice(["low", "high", "top"]), "tags": lambda: self.rng.choice(["a", "b c"]),
                  "line": self.line}
        return [{"field": field, "values": [values[field]() for _ in range(self.rng.randint(0, 2 if field == "tags" else 1))]}
                for field in self.rng.sample(list(values), self.rng.randint(1, 3))]

    def edit_issue(self):
        data = {"issue": self.issue()}
        for field in self.rng.sample(["summary", "description", "priority", "due_on", "start_on", "estimate", "remaining",
                                      "parent", "clear", "reporter", "resolution"],
                                     self.rng.randint(1, 3)):
            data[field] = {"summary": self.line, "description": lambda: self.text(40), "parent": self.issue,
                           "priority": lambda: self.rng.choice(["highest", "high", "medium", "low", "lowest"]),
                           "due_on": lambda: "2026-1%d-15" % self.rng.randint(0, 2),
                           "start_on": lambda: "2026-1%d-20" % self.rng.randint(0, 2),
                           "reporter": self.member,
                           "resolution": lambda: self.rng.choice(["done", "wont_do", "duplicate", "lost"]),
                           "estimate": lambda: self.rng.randint(0, 999), "remaining": lambda: self.rng.randint(-1, 999),
                           "clear": lambda: [self.rng.choice(["due_on", "start_on", "estimate", "parent", "description"])]}[field]()
        if self.rng.random() < 0.2:
            data["expected_version"] = self.rng.randint(1, 9)
            data["if_unchanged"] = self.rng.sample(["summary", "description", "status"], self.rng.randint(0, 2))
            data["if_fields_unchanged"] = self.rng.sample(["cost", "notes"], self.rng.randint(0, 1))
        return data

    def transition(self):
        data = {"issue": self.issue(), "to": self.rng.choice(["todo", "in_progress", "in_review", "done", "done", "gone"])}
        if self.rng.random() < 0.2:
            data["resolution"] = self.rng.choice(["done", "wont_do", "duplicate", "lost"])
        return data

    def talk(self):
        return self.text(30) + (f" @{self.member()}, " + self.text(3) if self.rng.random() < 0.2 else "")

    def comment(self):
        return self.rng.choice(self.tenant.comments or [("TLS-1", nexusflow.new_id())])

    def work(self):
        data = {"issue": self.issue(), "worklog_id": nexusflow.new_id(), "minutes": self.rng.randint(0, 500)}
        if self.rng.random() < 0.4:
            data.update(comment=self.text(8), remaining=self.rng.choice(["automatic", "leave", "set"]))
        if data.get("remaining") == "set":
            data["remaining_minutes"] = self.rng.randint(0, 500)
        return data

    def worklog(self):
        worklogs = self.tenant.worklogs
        return dict(zip(("issue", "worklog_id"), self.rng.choice(worklogs or [("TLS-1", nexusflow.new_id())])))

    def board(self, name, **data):
        """One of a few boards, with some statuses in a column and some in the backlog."""
        statuses = self.rng.sample(["todo", "in_progress", "in_review", "done"], 3)
        return dict({name: str(uuid.uuid5(uuid.NAMESPACE_DNS, f"board{self.rng.randint(1, 4)}.{self.tenant.slug}")), "name": self.line()[:30],
                     "columns": [{"id": "main", "name": "Main", "statuses": statuses[:self.rng.randint(1, 2)], "max": self.rng.randint(0, 9)}],
                     "backlog": statuses[2:], "swimlanes": self.rng.choice(["none", "assignee", "epic", "priority"]),
                     "card_fields": self.rng.sample(["type", "assignee", "labels", "estimate", "components", "due_on", "subtasks", "cost", "level", "tags"],
                                                    self.rng.randint(0, 3)),
                     "filters": [{"id": "some", "name": "Some", **self.rng.choice([{"types": ["task", "bug"]}, {"priorities": ["high"]}])},
                                 {"id": "more", "name": "More", "unassigned": True, "assignees": [self.member()]},
                                 {"id": "text", "name": "Text", "text": self.line()[:4].strip() or "x"}][:self.rng.randint(0, 3)]}, **data)

    def own_filter(self):
        """Of a board, which has one, gets another, keeps or loses it."""
        return self.rng.choice([{}, {"clear": ["filter"]}, {"filter": self.rng.choice([
            {"types": ["task", "bug"]}, {"priorities": ["high", "medium"]}, {"unassigned": True, "assignees": [self.member()]},
            {"text": self.line()[:3].strip() or "x"}, {"fields": [{"field": self.field()["field"], "values": ["low", "top"][:self.rng.randint(1, 2)]}]}])}])

    def some(self):
        return [self.issue() for _ in range(self.rng.choice([1, 3, 30, 300]))]

    def extra(self):
        """Somebody who comes and goes, always under the same id."""
        n = self.rng.randint(1, 9)
        return {"member_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"extra{n}.{self.tenant.slug}")),
                "person": nexusflow.person(f"extra{n}", f"Extra {n} {self.rng.choice(WORDS)}".replace("\t", " "))}

    def extra_id(self):
        return self.extra()["member_id"]

    def link(self):
        links = self.tenant.links
        issue, type, other = self.rng.choice(links) if links else (self.issue(), "blocks", self.issue())
        return {"issue": issue, "link_type": type, "other": other}

    def rank(self):
        data = {"issue": self.issue(), self.rng.choice(["before", "after"]): self.issue()}
        if self.rng.random() < 0.6:  # crowd one place, so that ranks grow and are rebalanced
            data = {"issue": self.issue(), "before": "TLS-1"}
        return data

    TABLE = [
        (22, "CreateIssue", create_issue),
        (18, "EditIssue", edit_issue),
        (22, "TransitionIssue", transition),
        (10, "AddComment", lambda c: {"issue": c.issue(), "body": c.talk(), "comment_id": nexusflow.new_id()}),
        (4, "AddComment", lambda c: dict(zip(("issue", "reply_to"), c.comment()), body=c.talk(), comment_id=nexusflow.new_id())),
        (4, "EditComment", lambda c: dict(zip(("issue", "comment_id"), c.comment()), body=c.talk())),
        (2, "DeleteComment", lambda c: dict(zip(("issue", "comment_id"), c.comment()))),
        (3, "CloneIssue", lambda c: {"issue": c.issue(), "subtasks": c.rng.random() < 0.5, "links": c.rng.random() < 0.5}),
        (3, "EditIssue", lambda c: {"issue": c.issue(), "type": c.rng.choice(["task", "bug", "story"])}),
        (1, "EditIssue", lambda c: {"issue": c.issue(), "type": "subtask", "parent": c.issue()}),
        (1, "EditIssue", lambda c: {"issue": c.issue(), "type": c.rng.choice(["task", "epic"]), "clear": ["parent"]}),
        (2, "MoveIssue", lambda c: {"issue": c.issue(), "project": c.project()}),
        (1, "BulkEditIssues", lambda c: {"issues": c.some(), "priority": c.rng.choice(["high", "low"]), "assignee": c.member()}),
        (1, "BulkEditIssues", lambda c: {"issues": c.some(), "add_labels": c.labels(), "clear": ["assignee", "due_on"]}),
        (1, "BulkTransitionIssues", lambda c: dict({"issues": c.some(), "category": c.rng.choice(["todo", "in_progress", "done"])},
                                                    **({"comment": c.talk()} if c.rng.random() < 0.5 else {}))),
        (0.7, "BulkMoveIssues", lambda c: {"issues": c.some(), "project": c.project()}),
        (1, "BulkRankIssues", lambda c: dict({"issues": c.some()}, **c.rng.choice([{"to": "top"}, {"to": "bottom"}, {"before": "TLS-1"}, {"after": c.issue()}]))),
        (0.3, "BulkDeleteIssues", lambda c: {"issues": c.some()[:3]}),
        (1.5, "ArchiveIssue", lambda c: {"issue": c.issue()}),
        (2, "UnarchiveIssue", lambda c: {"issue": c.issue()}),
        (1.5, "DeleteIssue", lambda c: {"issue": c.issue()}),
        (2, "RestoreIssue", lambda c: {"issue": c.issue()}),
        (4, "LogWork", work),
        (2, "EditWorklog", lambda c: dict(c.worklog(), minutes=c.rng.randint(1, 500), comment=c.text(5))),
        (1, "DeleteWorklog", worklog),
        (3, "WatchIssue", lambda c: {"issue": c.issue(), "member": c.member()}),
        (2, "UnwatchIssue", lambda c: {"issue": c.issue(), "member": c.member()}),
        (8, "LabelIssue", lambda c: {"issue": c.issue(), "add": c.labels(), "remove": c.labels()}),
        (6, "AssignIssue", lambda c: {"issue": c.issue(), "assignee": c.rng.choice([c.member(), None])}),
        (6, "LinkIssues", lambda c: {"issue": c.issue(), "other": c.issue(),
                                     "link_type": c.rng.choice(["blocks", "relates", "duplicates", "causes", "meets"])}),
        (0.2, "AddLinkType", lambda c: {"link_type": c.rng.choice(["causes", "meets"]), "name": "x", "outward": "x", "symmetric": True}),
        (0.2, "EditLinkType", lambda c: {"link_type": c.rng.choice(["causes", "meets"]), "outward": c.line()[:60]}),
        (0.05, "RemoveLinkType", lambda c: {"link_type": "meets", "replace_with": c.rng.choice(["relates", "causes"])}),
        (4, "UnlinkIssues", link),
        (10, "RankIssue", rank),
        (1.5, "AddMember", lambda c: dict(c.extra(), role=c.rng.choice(["admin", "member", "guest"]))),
        (1, "SetMemberProfile", lambda c: {"person": c.extra()["person"]}),
        (1.5, "ChangeMemberRole", lambda c: {"member": c.extra_id(), "role": c.rng.choice(["owner", "admin", "guest"])}),
        (0.2, "RemoveMember", lambda c: {"member": c.extra_id()}),
        (0.3, "RemoveMember", lambda c: {"member": c.extra_id(), "replace_with": c.rng.choice([c.extra_id(), c.member()])}),
        (0.2, "RemoveMember", lambda c: {"member": c.extra_id(), "detach": True}),
        (3, "AssignIssue", lambda c: {"issue": c.issue(), "assignee": c.extra_id()}),
        (0.5, "EditProject", lambda c: {"project": c.project(), "lead": c.extra_id()}),
        (0.3, "CreateProject", lambda c: {"key": c.rng.choice(["TLS", "WEB", "OPS", "bad"]), "name": c.line()}),
        (0.5, "EditProject", lambda c: {"project": c.project(), c.rng.choice(["name", "category"]): c.line()[:60]}),
        (0.3, "EditProject", lambda c: {"project": c.project(), "clear": ["category", "lead"]}),
        (0.2, "ChangeProjectKey", lambda c: {"project": c.rng.choice(["WEB", "OPS"]), "key": c.rng.choice(["NET", "OPS", "QA", "x"])}),
        (0.2, "ArchiveProject", lambda c: {"project": c.rng.choice(["WEB", "OPS"])}),
        (0.1, "DeleteProject", lambda c: {"project": c.rng.choice(["WEB", "OPS"])}),
        (0.3, "RestoreProject", lambda c: {"project": c.rng.choice(["WEB", "OPS"])}),
        (0.4, "UnarchiveProject", lambda c: {"project": c.rng.choice(["WEB", "OPS"])}),
        (0.2, "AddProjectRole", lambda c: {"role": c.rng.choice(["devs", "crew"]), "name": c.line()[:30]}),
        (0.4, "RenameProjectRole", lambda c: {"role": c.rng.choice(["devs", "crew"]), "name": c.line()[:30]}),
        (0.1, "RemoveProjectRole", lambda c: {"role": "crew", "replace_with": "devs"}),
        (0.8, "ChangeProjectRoleMembers", lambda c: {"project": c.project(), "role": c.rng.choice(["devs", "crew"]),
                                                     c.rng.choice(["add_members", "remove_members"]): [c.member()]}),
        (0.4, "CreatePermissionScheme", lambda c: {"scheme": c.rng.choice(["open", "own"]), "name": c.line()[:30], "copy_of": "classic"}),
        (0.4, "ChangePermissionGrants", lambda c: {"scheme": c.rng.choice(["open", "own"]), c.rng.choice(["add", "remove"]): [
            {"permission": c.rng.choice(["log_work", "restore_issues", "modify_reporter"]), "to": c.rng.choice(["lead", "anyone", "reporter"])}]}),
        (0.4, "AssignPermissionScheme", lambda c: {"project": c.project(), "scheme": c.rng.choice(["open", "own", "classic"])}),
        (0.1, "RenamePermissionScheme", lambda c: {"scheme": "open", "name": c.line()[:30]}),
        (0.1, "RemovePermissionScheme", lambda c: {"scheme": "own", "replace_with": "classic"}),
        (0.3, "AddIssueType", lambda c: {"project": c.project(), "issue_type": c.rng.choice(["wish", "idea"]), "name": c.line()[:30],
                                         "level": 0, "workflow": "classic"}),
        (0.5, "BulkEditIssues", lambda c: {"issues": c.some(), "resolution": c.rng.choice(["wont_do", "duplicate"]), "reporter": c.member()}),
        (0.5, "BulkEditIssues", lambda c: {"issues": c.some(), "add_affects_versions": [c.part(1)], "remove_affects_versions": [c.part(1)]}),
        (0.5, "BulkEditIssues", lambda c: {"issues": c.some(), "type": c.rng.choice(["wish", "idea", "bug"])}),
        (0.05, "RemoveIssueType", lambda c: {"project": c.project(), "issue_type": c.rng.choice(["wish", "idea", "bug"]),
                                             "replace_with": c.rng.choice(["story", "task"])}),
        (0.7, "AddComponent", lambda c: {"project": c.project(), "component_id": c.part(0), "name": c.line()[:30]}),
        (0.5, "EditComponent", lambda c: {"project": c.project(), "component_id": c.part(0), "lead": c.member()}),
        (0.2, "RemoveComponent", lambda c: {"project": c.project(), "component_id": c.part(0), "detach": c.rng.random() < 0.5}),
        (0.4, "AddLabel", lambda c: {"project": c.project(), "label": c.label(), "color": "#1d76db", "description": c.line()[:30]}),
        (0.3, "EditLabel", lambda c: {"project": c.project(), "label": c.label(), "name": c.label()}),
        (0.2, "EditLabel", lambda c: {"project": c.project(), "label": c.label(), "color": "#d93f0b", "clear": ["description"]}),
        (0.2, "RemoveLabel", lambda c: {"project": c.project(), "label": c.label(), "replace_with": c.label()}),
        (0.1, "RemoveLabel", lambda c: {"project": c.project(), "label": c.label(), "detach": True}),
        (0.3, "ChangeLabelPolicy", lambda c: {"project": c.project(), "policy": c.rng.choice(["open", "open", "listed"])}),
        (0.7, "AddVersion", lambda c: {"project": c.project(), "version_id": c.part(1), "name": c.line()[:30]}),
        (0.5, "EditVersion", lambda c: {"project": c.project(), "version_id": c.part(1), "start_on": "2026-01-02"}),
        (0.3, "ReleaseVersion", lambda c: {"project": c.project(), "version_id": c.part(1), "move_open_to": c.part(1)}),
        (0.3, "ReleaseVersion", lambda c: {"project": c.project(), "version_id": c.part(1)}),
        (0.3, "UnreleaseVersion", lambda c: {"project": c.project(), "version_id": c.part(1)}),
        (0.2, "ArchiveVersion", lambda c: {"project": c.project(), "version_id": c.part(1)}),
        (0.3, "UnarchiveVersion", lambda c: {"project": c.project(), "version_id": c.part(1)}),
        (0.4, "MoveVersion", lambda c: {"project": c.project(), "version_id": c.part(1), "after": c.part(1)}),
        (0.2, "RemoveVersion", lambda c: {"project": c.project(), "version_id": c.part(1), "replace_with": c.part(1)}),
        (3, "ChangeIssueComponents", lambda c: {"issue": c.issue(), "add": [c.part(0)], "remove": [c.part(0)]}),
        (3, "ChangeIssueVersions", lambda c: {"issue": c.issue(), "add_fix": [c.part(1)], "remove_fix": [c.part(1)],
                                              "add_affects": [c.part(1)]}),
        (0.6, "AddField", lambda c: dict(c.field(), name=c.line()[:30], kind=c.field_kind(), options=[
            {"option": "low", "name": "Low"}, {"option": "high", "name": "High"}] if c.field_kind() == "select" else [])),
        (0.4, "EditField", lambda c: dict(c.field(), name=c.line()[:30], required=False, position=c.rng.randint(0, 3))),
        (0.3, "EditField", lambda c: dict(c.field(), all_types=True, disabled=c.rng.random() < 0.2)),
        (0.1, "RemoveField", lambda c: dict(c.field(), drop_values=c.rng.random() < 0.5)),
        (0.3, "AddFieldOption", lambda c: dict(c.field(), option=c.rng.choice(["top", "low"]), name=c.line()[:30])),
        (0.3, "EditFieldOption", lambda c: dict(c.field(), option=c.rng.choice(["top", "low"]), name=c.line()[:30], position=0)),
        (0.2, "RemoveFieldOption", lambda c: dict(c.field(), option=c.rng.choice(["top", "low", "high"]), replace_with="high")),
        (0.1, "RemoveFieldOption", lambda c: dict(c.field(), option=c.rng.choice(["top", "low"]), drop_values=True)),
        (4, "EditIssue", lambda c: {"issue": c.issue(), "fields": c.field_values()}),
        (0.6, "CreateBoard", lambda c: c.board("board_id", projects=c.rng.sample(["TLS", "WEB", "OPS"], c.rng.randint(1, 2)))),
        (0.6, "EditBoard", lambda c: c.board("board", **c.own_filter())),
        (0.2, "DeleteBoard", lambda c: {"board": c.board("board")["board"]}),
        (0.2, "CreateOrganization", lambda c: {"name": "again", "owner": c.extra()["person"]}),
    ]

    def spoil(self, name, data):
        way = self.rng.randrange(5)
        if way == 0:
            data["nonsense"] = 1
        elif way == 1:
            data[self.rng.choice(list(data))] = {"not": ["this"]}
        elif way == 2:
            data.pop(self.rng.choice(list(data)))
        elif way == 3:
            data["expected_version"] = self.rng.choice([0, -1, 10 ** 30, "1"])
        else:
            name = "Explode"
        return name, data

    def command(self):
        _, name, make = self.rng.choices(self.TABLE, [row[0] for row in self.TABLE])[0]
        data = make(self)
        return self.spoil(name, data) if self.rng.random() < 0.04 else (name, data)


class Run:
    def __init__(self, node, tenants, seed, seconds, lives):
        self.node, self.tenants, self.seed, self.lives = node, tenants, seed, lives
        self.until = time.monotonic() + seconds
        self.errors, self.kills, self.retries, self.reads = [], 0, 0, 0
        self.lock = threading.Lock()

    def kills_are_over(self):
        return time.monotonic() > self.until or self.errors

    def over(self):
        """A slow machine gets the time it needs: every tenant did something."""
        enough = all(tenant.accepted >= ACCEPTED_MIN for tenant in self.tenants)
        return self.kills_are_over() and (enough or self.errors or time.monotonic() > self.until + PATIENCE_S)

    def wait_for_work(self):
        """Until a command is accepted."""
        before, deadline = sum(tenant.accepted for tenant in self.tenants), time.monotonic() + PATIENCE_S
        while sum(tenant.accepted for tenant in self.tenants) == before and not self.errors and time.monotonic() < deadline:
            time.sleep(0.01)

    def fail(self, text):
        with self.lock:
            self.errors.append(text)
        print("ERROR", text, flush=True)


class Sender(threading.Thread):
    """One user of one tenant, one connection."""

    def __init__(self, run, tenant, user, token, number):
        super().__init__()
        self.run_, self.tenant, self.user = run, tenant, user
        self.rng = random.Random(f"{run.seed}/{number}")
        self.choices = Choices(tenant, self.rng)
        self.client = run.node.client(token, timeout=20)

    def run(self):
        try:
            while not self.run_.over():
                self.rng.choices([self.single, self.batch, self.again, self.other_body], [70, 12, 6, 3])[0]()
                time.sleep(self.rng.random() * 0.03)
        except Exception as e:  # noqa: BLE001: whatever ends a client fails the run
            self.run_.fail(f"{self.tenant.slug}/{self.user}: {e!r}")

    def until_answered(self, send):
        """Send until there is an answer other than 503."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = send()
                if answer.status != 503 and not (answer.status == 200 and b'"status":503' in answer.body):
                    return answer
            except (OSError, http.client.HTTPException):
                pass
            with self.run_.lock:
                self.run_.retries += 1
            time.sleep(0.01 + self.rng.random() * 0.05)
        raise AssertionError(f"no answer for {PATIENCE_S} s")

    def note(self, command, name, data, status, body):
        if status not in ANSWERS:
            raise AssertionError(f"{name} {data}: {status} {body}")
        if status >= 400 and (body.get("success") is not False or not body.get("code") or body.get("status") != status):
            raise AssertionError(f"{name}: {status} with the problem {body}")
        with self.tenant.lock:
            self.tenant.answers[command] = status, body
            self.tenant.sent[command] = name, data, self.user
            if status not in (200, 201) or body["outcome"] == "unchanged":
                return
            self.tenant.accepted += 1
            if name in ("CreateIssue", "CloneIssue"):
                self.tenant.issues.append((body["key"], data.get("type", "task")))
            elif name == "AddComment" and "comment_id" in data:
                self.tenant.comments.append((data["issue"], data["comment_id"]))
            elif name == "LogWork" and "worklog_id" in data:
                self.tenant.worklogs.append((data["issue"], data["worklog_id"]))
            elif name == "LinkIssues":
                self.tenant.links.append((data["issue"], data["link_type"], data["other"]))
            elif name == "CreateProject":
                self.tenant.projects.append(data["key"])
            elif name in ("AddMember", "SetMemberProfile"):
                self.tenant.profiles[command] = data["person"]

    def single(self):
        command = nexusflow.new_id()
        name, data = self.choices.command()
        answer = self.until_answered(lambda: self.client.command(self.tenant.slug, name, data, command))
        body = answer.json()
        self.note(command, name, data, answer.status, body)
        if answer.status == 201 and name == "CreateIssue" and self.rng.random() < 0.2:
            self.read_own_write(body)

    def read_own_write(self, body):
        """The view has it, or says that it has not got there yet."""
        try:
            answer = self.client.get(f"/v1/t/{self.tenant.slug}/issues/{body['key']}",
                                     {"NexusFlow-Min-Position": str(body["position"])})
        except (OSError, http.client.HTTPException):
            return
        if answer.status == 200 and answer.position >= body["position"] and answer.json()["id"] == body["aggregate"]["id"]:
            self.run_.reads += 1
        elif answer.status != 503 and not (answer.status == 404 and self.was_deleted(body)):
            raise AssertionError(f"{body['key']} at position {body['position']}: {answer} at {answer.position}")

    def was_deleted(self, body):
        """Another client may have been quicker."""
        with self.tenant.lock:
            return any(name == "DeleteIssue" for name, _, _ in self.tenant.sent.values())

    def batch(self):
        lines = []
        for _ in range(self.rng.randint(1, 25)):
            name, data = self.choices.command()
            lines.append({"command": name, "command_id": nexusflow.new_id(), "data": data})
        answer = self.until_answered(lambda: self.client.batch(self.tenant.slug, lines))
        outcomes = answer.lines() if answer.status == 200 else []
        if len(outcomes) != len(lines):
            raise AssertionError(f"{len(lines)} lines, {len(outcomes)} outcomes: {answer}")
        for line, body in zip(lines, outcomes):
            self.note(line["command_id"], line["command"], line["data"], body.get("status", 200), body)

    def sent_before(self):
        with self.tenant.lock:
            mine = [c for c, (_, _, user) in list(self.tenant.sent.items())[-300:] if user == self.user]
        return self.rng.choice(mine) if mine else None

    def again(self):
        """The same command once more: the same answer, if it was carried out."""
        command = self.sent_before()
        if not command:
            return
        (name, data, _), before = self.tenant.sent[command], self.tenant.answers[command]
        answer = self.until_answered(lambda: self.client.command(self.tenant.slug, name, data, command))
        complaint = differs(before, answer)
        if complaint:
            raise AssertionError(complaint)
        if before[1].get("outcome") not in ("accepted", "repeated"):
            self.note(command, name, data, answer.status, answer.json())  # judged afresh

    def other_body(self):
        command = self.sent_before()
        if not command or self.tenant.answers[command][1].get("outcome") not in ("accepted", "repeated"):
            return
        answer = self.until_answered(lambda: self.client.command(
            self.tenant.slug, "AddComment", {"issue": "TLS-1", "body": "another body"}, command))
        if answer.status != 422 or answer.json()["code"] != "key_reused":
            raise AssertionError(f"another body under the key {command}: {answer}")


def differs(before, answer):
    """What a repeated command answers, against its first answer."""
    status, body = before
    if body.get("outcome") not in ("accepted", "repeated"):
        return None
    now = answer.json()
    if answer.status not in (200, 201) or now["outcome"] != "repeated" or answer.header("Idempotency-Replayed") != "true":
        return f"command {body['command_id']} is answered {answer}, at first {status} {body}"
    # The key is the one that the issue has now: its project may have another one since.
    left, right = (({k: v for k, v in b.items() if k not in ("outcome", "key")}) for b in (body, now))
    return None if left == right else f"command {body['command_id']} is answered {right}, at first {left}"


def kill_and_start(run):
    """On the main thread: a node ends with the thread that started it."""
    rng = random.Random(f"{run.seed}/killer")
    while not run.kills_are_over():
        # Half of the lives are long enough to work; some of the others end while the node is starting.
        if rng.random() < 0.5:
            run.wait_for_work()
        time.sleep(rng.choice(run.lives) * rng.random() + 0.01)
        run.node.kill()
        run.kills += 1
        run.node.start(wait=False)
    run.node.wait_ready()


def set_up(node, slug):
    """An organization with one user of each role; {user: token}."""
    tenant = Tenant(slug)
    owner_client, owner = nexusflow.create_organization(node, slug)
    tenant.members.append(owner)
    tokens = {"owner": owner_client.token}
    for user in ("admin", "member", "guest"):
        command, id = nexusflow.new_id(), nexusflow.new_id()
        answer = owner_client.command(slug, "AddMember", {"member_id": id, "role": user, "person": nexusflow.person(user)},
                                      command)
        assert answer.status == 201, answer
        tenant.members.append(id)
        tenant.profiles[command] = nexusflow.person(user)
        tokens[user] = node.token(user)
    answer = owner_client.command(slug, "CreateProject", {"key": "TLS", "name": "Transport", "lead": owner})
    assert answer.status == 201, answer
    answer = owner_client.command(slug, "CreateIssue", {"project": "TLS", "summary": "the first"})
    assert answer.status == 201, answer
    tenant.issues.append(("TLS-1", "task"))
    return tenant, tokens


def owner_profile(tenant, events):
    """CreateOrganization was sent by the helper: its command is that of the first event."""
    tenant.profiles[events[0]["data"]["meta"]["command_id"]] = nexusflow.person("owner")


def cards(found):
    return [card for name, value in found.items() if name.startswith("board ") for c in value["columns"] for card in c.get("cards", [])]


def planted(events, found, answers):
    """Errors planted into what was collected: (name, events, found, answers)."""
    def changed(change):
        copies = copy.deepcopy((events, found, answers))
        change(*copies)
        return copies

    middle = len(events) // 2
    board = next(name for name, value in found.items() if name.startswith("board ")
                 and any(c["cards"] for c in value["columns"]))
    issue = next(name for name in found if name.startswith("issue "))
    acked = next(c for c, (_, body) in answers.items() if body.get("outcome") in ("accepted", "repeated"))

    def card(collected):
        return next(c["cards"][0] for c in collected[board]["columns"] if c["cards"])

    yield "a dropped event", changed(lambda e, f, a: e.pop(middle))
    yield "a doubled event", changed(lambda e, f, a: e.insert(middle, e[middle]))
    yield "two swapped events", changed(lambda e, f, a: e.insert(middle, e.pop(middle - 1)))
    yield "a changed card", changed(lambda e, f, a: card(f).update(summary="changed"))
    yield "a card of another status", changed(lambda e, f, a: card(f).update(status="none"))
    yield "a missing issue", changed(lambda e, f, a: f.pop(issue))
    yield "a missing audit row", changed(lambda e, f, a: f["audit"].pop(middle))
    yield "a missing document", changed(lambda e, f, a: f["documents"].pop())
    yield "a lost command", changed(lambda e, f, a: a.update({nexusflow.new_id(): a[acked]}))
    yield "a refused command in the log", changed(lambda e, f, a: a.update({acked: (409, {"code": "planted"})}))


def read_journal(node):
    if node.keys.get("journal") == "kafka":
        return journal_files.read_kafka(node.keys["kafka_bootstrap_servers"], node.keys["kafka_topic"])
    return journal_files.read_embedded(node.data)


def check(run, tenants, tokens, postgres):
    node, complaints = run.node, []
    node.wait_caught_up(PATIENCE_S)
    collected, feeds = {}, {}
    rng = random.Random(f"{run.seed}/check")
    for slug, tenant in tenants.items():
        client = node.client(tokens[slug]["owner"])
        for command in rng.sample(list(tenant.answers), min(RESENT, len(tenant.answers))):
            name, data, user = tenant.sent[command]
            if tenant.answers[command][1].get("outcome") in ("accepted", "repeated"):
                answer = client.command(slug, name, data, command, token=tokens[slug][user])
                complaints.append(differs(tenant.answers[command], answer))
        collected[slug] = collect.collect(client, slug)
        collected[slug]["documents"] = collect.documents(postgres, slug)
        feeds[slug] = client.events(slug)
    records = read_journal(node)
    logs, controls = journal_files.tenants_of(records, journal_files.Decoder(journal_files.registry(node.client())))
    code = node.stop()
    if code != 0:
        complaints.append(f"serve ended with {code} on SIGTERM")
    if [r.value for r in read_journal(node)] != [r.value for r in records]:
        complaints.append("the journal changed when nobody sent commands")
    complaints += oracle.laws_of_records(logs, 4)
    if set(logs) != set(tenants):
        complaints.append(f"tenants {sorted(logs)}, not {sorted(tenants)}")
    for slug, tenant in tenants.items():
        events = logs[slug]
        owner_profile(tenant, events)
        complaints += [f"{slug}: the feed differs from the journal{text}" for text in
                       oracle.differences([journal_files.as_feed(e) for e in events], feeds[slug])]
        complaints += oracle.judge(slug, events, collected[slug], tenant.profiles)
        complaints += oracle.judge_answers(slug, events, tenant.answers)
        complaints += oracle.judge_rule(slug, events)
    complaints = [c for c in complaints if c]
    if not complaints:
        slug, tenant = min(((slug, tenant) for slug, tenant in tenants.items() if tenant.accepted and cards(collected[slug])),
                           key=lambda item: len(logs[item[0]]), default=(None, None))
        if not slug:
            return ["no tenant has an accepted command and a card: nothing is proven"], logs, controls
        for name, (events, found, answers) in planted(logs[slug], collected[slug], tenant.answers):
            if not oracle.judge(slug, events, found, tenant.profiles) and not oracle.judge_answers(slug, events, answers):
                complaints.append(f"nobody complains about {name}")
    return complaints, logs, controls


def report(run, tenants, logs, controls):
    outcomes = {}
    for tenant in tenants.values():
        for status, body in tenant.answers.values():
            outcome = body.get("outcome") or f"{status}"
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    types = {}
    for events in logs.values():
        for event in events:
            types[oracle.short(event)] = types.get(oracle.short(event), 0) + 1
    print(f"{run.kills} kills, {controls} control records, {run.retries} attempts without an answer, "
          f"{run.reads} own writes read")
    print("answers:", ", ".join(f"{k} {v}" for k, v in sorted(outcomes.items())))
    print("events:", ", ".join(f"{k} {v}" for k, v in sorted(types.items())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--journal", choices=["embedded", "kafka"], default="embedded")
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60 if arguments.minutes else arguments.seconds
    print(f"seed {arguments.seed}", flush=True)
    postgres = os.environ["NEXUSFLOW_TEST_POSTGRES"]
    keys, lives = {}, [0.02, 0.1, 0.3, 1, 2, 3]
    if arguments.journal == "kafka":  # a claim waits for the transactions of the one before
        keys = nexusflow.kafka_keys("kill")
        lives = [0.5, 3, 6, 8]
    with nexusflow.Node(postgres=postgres, **keys) as node:
        node.start()
        tenants, tokens = {}, {}
        for slug in ("acme", "borders-and-co", "cypher2"):
            tenants[slug], tokens[slug] = set_up(node, slug)
        run = Run(node, tenants.values(), arguments.seed, seconds, lives)
        senders = [Sender(run, tenants[slug], user, tokens[slug][user], f"{slug}/{user}/{n}")
                   for slug, users in (("acme", "owner admin member guest owner"), ("borders-and-co", "member owner"),
                                       ("cypher2", "owner")) for n, user in enumerate(users.split())]
        for thread in senders:
            thread.start()
        try:
            kill_and_start(run)
        except BaseException as e:
            run.fail(f"the node: {e!r}")
            raise
        finally:
            for thread in senders:
                thread.join()
        if run.errors:
            sys.exit(f"seed {arguments.seed}: {len(run.errors)} clients failed: {run.errors[0]}")
        complaints, logs, controls = check(run, tenants, tokens, postgres)
        report(run, tenants, logs, controls)
        for complaint in complaints[:30]:
            print("COMPLAINT", complaint)
        if complaints:
            keep = node.data
            node.own_data = False
            sys.exit(f"seed {arguments.seed}: {len(complaints)} complaints; the data are in {keep}")
        print("ok")


if __name__ == "__main__":
    main()
