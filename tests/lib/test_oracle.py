#!/usr/bin/python3 -B
"""Plants errors into a log and into answers: the oracle must complain about each, and about none when nothing is planted."""
import copy
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402
import oracle_fields  # noqa: E402

# Ids are short here, not UUIDs.
oracle_fields.document_of = "{} {}".format
ORG, OWNER, OTHER, LEAVER, PROJECT = "org", "m1", "m2", "m3", "p1"


def time_of(seq):
    return f"2026-11-21T10:{seq // 60:02}:{seq % 60:02}.000Z"


class Log:
    """Builds a log as a writer would."""

    def __init__(self):
        self.events, self.versions, self.command = [], {}, 0

    def append(self, *parts):
        self.command += 1
        for index, (name, kind, id, fields) in enumerate(parts):
            self.versions[kind, id] = self.versions.get((kind, id), 0) + 1
            seq = len(self.events) + 1
            meta = {"event_id": f"e{seq}", "tenant": "acme", "seq": seq, "command_id": f"c{self.command}",
                    "command_hash": f"h{self.command}", "index": index, "count": len(parts), "causation_id": None,
                    "aggregate": {"kind": kind, "id": id, "version": self.versions[kind, id]},
                    "actor": {"kind": "member", "id": OWNER, "credential_id": None, "on_behalf_of": None}, "reason": None,
                    "recorded_at": time_of(seq), "occurred_at": time_of(seq)}
            self.events.append({"type": "nexusflow.events." + name, "data": dict(meta=meta, **fields)})

    def issue(self, number, **more):
        fields = {"project_id": PROJECT, "number": number, "type": "task", "summary": f"issue {number}", "description": "",
                  "status": "todo", "priority": "medium", "reporter": OWNER, "assignee": None, "labels": ["a", "b"],
                  "parent": None, "due_on": None, "rank": "ihg"[number % 3] + str(number), "external_ref": None, "start_on": None,
                  "estimate": 60, "remaining": 60, "components": [], "fix_versions": [], "affects_versions": [],
                  "cloned_from": None, "description_seq": None}
        self.append(("IssueCreated", "issue", f"i{number}", dict(fields, **more)))

    def on_issue(self, name, number, **fields):
        self.append((name, "issue", f"i{number}", fields))

    def on_organization(self, name, /, **fields):
        self.append((name, "organization", ORG, fields))

    def on_project(self, name, /, **fields):
        self.append((name, "project", PROJECT, fields))



def settings(name, position, **more):
    return dict({"name": name, "description": "", "required": False, "issue_types": [], "default_values": [], "disabled": False,
                 "position": position}, **more)


def change(field, kind, before, after, **more):
    return dict({"field": field, "kind": kind, "from": before, "to": after, "previous_seq": None, "copied_from": None,
                 "text_seq": None}, **more)


def append_fields(log):
    """Custom fields, and what issues get in them."""
    log.on_project("FieldAdded", field="cost", kind="number", settings=settings("Cost", 0), options=[])
    log.on_project("FieldAdded", field="level", kind="select", settings=settings("Level", 1),
                   options=[{"option": id, "name": id, "parent": None} for id in ("low", "high")])
    log.on_project("FieldAdded", field="notes", kind="paragraph", settings=settings("Notes", 2), options=[])
    log.on_project("FieldAdded", field="spare", kind="text", settings=settings("Spare", 3), options=[])
    log.on_issue("IssueFieldsChanged", 4, changes=[change("cost", "number", [], ["0.1"]), change("level", "select", [], ["high"]),
                                                   change("notes", "paragraph", [], ["a text"]), change("spare", "text", [], ["x"])])
    log.on_issue("IssueFieldsChanged", 4, changes=[
        change("cost", "number", ["0.1"], ["12"]), change("notes", "paragraph", [], ["b text"], previous_seq=len(log.events))])
    log.on_project("FieldEdited", field="level", before=settings("Level", 1), after=settings("Level", 0))
    log.on_project("FieldOptionAdded", field="level", option={"option": "top", "name": "top", "parent": None}, position=2)
    log.on_project("FieldOptionEdited", field="level", option="top", from_name="top", to_name="Top", from_disabled=False,
                   to_disabled=True, from_position=2, to_position=0)
    log.append(("FieldEdited", "project", PROJECT, dict(field="level", before=settings("Level", 0),
                                                        after=settings("Level", 0, issue_types=["bug"]))),)
    log.append(("IssueFieldsChanged", "issue", "i4", {"changes": [change("level", "select", ["high"], ["low"])]}),
               ("FieldOptionRemoved", "project", PROJECT, {"field": "level", "option": "high", "name": "high", "parent": None,
                                                           "position": 2, "issues": 1, "replaced_by": "low"}))
    log.on_project("FieldEdited", field="level", before=settings("Level", 0, issue_types=["bug"]), after=settings("Level", 0))
    log.on_project("FieldOptionAdded", field="level", option={"option": "mid", "name": "mid", "parent": None}, position=2)
    log.on_project("FieldRemoved", field="spare", position=3, issues=1, name="Spare")


def label(name, color=None):
    return {"label": name, "color": color, "description": ""}


def append_labels(log):
    """Issues 1, 2 and 4 have a and b, 3 has b and c."""
    log.on_project("LabelAdded", label=label("a"))
    log.on_project("LabelAdded", label=label("b"))
    log.on_project("LabelAdded", label=label("later"))
    log.append(("IssueLabelsChanged", "issue", "i3", {"added": ["new"], "removed": ["c"]}),
               ("LabelEdited", "project", PROJECT, {"before": label("c"), "after": label("new"), "listed": False}))
    log.on_project("LabelPolicyChanged", **{"from": "open", "to": "listed"})
    log.on_project("LabelEdited", before=label("later"), after=label("soon", "#00ff00"), listed=True)
    log.on_project("LabelRemoved", label=label("soon", "#00ff00"), listed=True, replaced_by=None)
    log.on_issue("IssueLabelsChanged", 3, added=["a"], removed=[])
    log.on_project("LabelPolicyChanged", **{"from": "listed", "to": "open"})


def sample():
    log = Log()
    log.append(("OrganizationCreated", "organization", ORG, {"name": "Acme"}),
               ("MemberAdded", "organization", ORG, {"member_id": OWNER, "role": "owner"}),
               ("MemberProfileSet", "organization", ORG, {"member_id": OWNER, "sealed": "x" * 44}))
    log.append(("MemberAdded", "organization", ORG, {"member_id": OTHER, "role": "guest"}),
               ("MemberProfileSet", "organization", ORG, {"member_id": OTHER, "sealed": "x" * 44}))
    log.append(("ProjectCreated", "project", PROJECT, {"key": "TLS", "name": "Tls", "lead": None}))
    for number in range(1, 5):
        log.issue(number, type="subtask" if number == 2 else "task", parent="i1" if number == 2 else None)
    log.on_issue("IssueTransitioned", 2, **{"project_id": PROJECT, "from": "todo", "to": "done", "from_category": "todo",
                                            "to_category": "done", "resolution": "done", "parent": "i1",
                                            "transition": "close"})
    log.on_issue("IssueSummaryChanged", 3, **{"from": "issue 3", "to": "three"})
    log.on_issue("IssueLabelsChanged", 3, added=["c"], removed=["a"])
    log.on_issue("CommentAdded", 3, comment_id="k1", author=OTHER, body="first", reply_to=None, mentions=[])
    log.on_issue("CommentEdited", 3, comment_id="k1", body="second", previous_seq=len(log.events), mentions=[])
    log.on_issue("IssueLinked", 3, link_type="blocks", other="i4")
    log.append(("IssueRanked", "issue", "i4", {"from": "h4", "to": "z4"}),
               ("RanksRebalanced", "organization", ORG,
                {"ranks": [{"issue_id": "i3", "from": "i3", "to": "x3"}, {"issue_id": "i4", "from": "z4", "to": "y4"}]}))
    log.on_issue("IssueDescriptionChanged", 1, to="text", previous_seq=7)
    log.on_issue("IssueDueDateChanged", 4, **{"from": None, "to": "2026-12-02"})
    log.on_issue("IssueStartDateChanged", 4, **{"from": None, "to": "2026-12-01"})
    log.on_issue("IssueWatched", 4, member_id=OTHER)
    log.on_issue("IssueArchived", 3, with_parent=False)
    log.on_issue("IssueUnarchived", 3, with_parent=False)
    log.issue(5)
    log.on_issue("IssueArchived", 5, with_parent=False)
    log.issue(6, cloned_from="i5", description_seq=len(log.events) - 1)
    log.on_issue("IssueDeleted", 6, with_parent=False, children=[])
    log.append(("WorkLogged", "issue", "i4", {"worklog_id": "w1", "author": OWNER, "started_at": "2026-11-21T09:00:00.000Z",
                                              "minutes": 20, "comment": "read"}),
               ("IssueRemainingChanged", "issue", "i4", {"from": 60, "to": 40}))
    log.on_issue("WorklogEdited", 4, worklog_id="w1", from_started_at="2026-11-21T09:00:00.000Z",
                 to_started_at="2026-11-21T09:30:00.000Z", from_minutes=20, to_minutes=30, comment="read twice",
                 previous_seq=len(log.events) - 1)
    log.on_organization("OrganizationRenamed", **{"from": "Acme", "to": "Acme & Sons"})
    log.append(("TeamCreated", "organization", ORG, {"team_id": "t1", "name": "Ops"}),
               ("TeamMembersChanged", "organization", ORG, {"team_id": "t1", "added": [OTHER], "removed": []}))
    log.on_organization("TeamCreated", team_id="t2", name="Core")
    log.on_organization("TeamRenamed", **{"team_id": "t1", "from": "Ops", "to": "Platform"})
    log.on_organization("TeamDeleted", team_id="t2", name="Core")
    log.on_organization("ProjectRoleAdded", role="devs", name="Devs")
    log.on_organization("ProjectRoleRenamed", **{"role": "devs", "from": "Devs", "to": "Developers"})
    log.on_organization("PermissionSchemeCreated", scheme="private", name="Secret", grants=[
        {"permission": "browse_project", "to": "project_role", "organization_role": None, "project_role": "devs", "team": None, "member": None}])
    log.on_organization("PermissionSchemeRenamed", **{"scheme": "private", "from": "Secret", "to": "Private"})
    log.on_organization("PermissionGrantsChanged", scheme="private", removed=[], added=[
        {"permission": "log_work", "to": "team", "organization_role": None, "project_role": None, "team": "t1", "member": None}])
    log.on_project("ProjectRoleMembersChanged", role="devs", added_members=[OWNER], added_teams=["t1"], removed_members=[], removed_teams=[])
    log.on_project("PermissionSchemeAssigned", **{"from": "classic", "to": "private"})
    log.on_organization("ProjectRoleAdded", role="spare", name="Spare")
    log.on_organization("ProjectRoleRemoved", role="spare", name="Spare", replaced_with=None)
    log.on_organization("PermissionSchemeCreated", scheme="spare", name="Spare", grants=[])
    log.on_organization("PermissionSchemeRemoved", scheme="spare", name="Spare", replaced_with=None)
    for key in ("k1", "k2"):
        log.on_organization("ApiKeyCreated", key_id=key, member_id=OWNER, name="build", scope="write", hash="x" * 44,
                            expires_at="2027-01-01T00:00:00.000Z")
    log.on_organization("ApiKeyRevoked", key_id="k1", member_id=OWNER)
    log.on_organization("ApiKeysLimited", **{"from": 366, "to": 30})
    log.on_organization("MemberDeactivated", member_id=OTHER, role="guest")
    log.on_organization("MemberReactivated", member_id=OTHER, role="guest")
    log.on_organization("EventSkipped", readers=["board"], skipped_seq=3, skipped_event="e3", why="damaged", operator="uid 0")
    append_fields(log)
    append_labels(log)
    log.append(("BoardCreated", "board", "b1", {"board": BOARD}))
    log.append(("BoardEdited", "board", "b1", {"before": BOARD, "after": dict(BOARD, filter=[dict(FILTER, text="Issue 4")])}))
    log.on_project("StatusAdded", status="blocked", name="Blocked", category="in_progress")
    log.on_project("StatusChanged", status="blocked", from_name="Blocked", to_name="Waiting", from_category="in_progress",
                   to_category="in_progress", from_position=4, to_position=1)
    log.on_project("WorkflowDraftSaved", **WORKFLOW)
    log.append(("WorkflowPublished", "project", PROJECT, WORKFLOW),
               *(("IssueTransitioned", "issue", id, {
                   "project_id": PROJECT, "from": "todo", "to": "blocked", "from_category": "todo",
                   "to_category": "in_progress", "resolution": None, "parent": None, "transition": None})
                 for id in ("i1", "i3", "i4", "i5", "i6")))
    log.on_project("StatusAdded", status="spare", name="Spare", category="todo")
    log.on_project("StatusRemoved", status="spare", replaced_by=None)
    log.on_project("WorkflowDraftSaved", **dict(WORKFLOW, workflow="other"))
    log.on_project("WorkflowPublished", **dict(WORKFLOW, workflow="other"))
    log.on_project("WorkflowRemoved", workflow="other", name="Short")
    log.on_project("WorkflowDraftSaved", **dict(WORKFLOW, workflow="wishes", transitions=[dict(WORKFLOW["transitions"][0], to="todo")]))
    log.on_project("WorkflowPublished", **dict(WORKFLOW, workflow="wishes", transitions=[dict(WORKFLOW["transitions"][0], to="todo")]))
    log.on_project("IssueTypeAdded", issue_type="wish", name="Wish", level=0, workflow="wishes")
    log.on_project("IssueTypeRemoved", issue_type="story", name="Story", replaced_by=None)
    log.on_project("PriorityAdded", priority="now", name="Now")
    log.on_project("PriorityChanged", priority="now", from_name="Now", to_name="At once", from_disabled=False, to_disabled=True,
                   from_position=5, to_position=0)
    convert = {"project_id": PROJECT, "from_resolution": None, "to_resolution": None}
    log.append(("IssueConverted", "issue", "i3", dict(convert, number=3, from_type="task", to_type="wish", from_status="blocked",
                                                      to_status="todo", from_category="in_progress", to_category="todo")))
    log.append(("IssueConverted", "issue", "i4", dict(convert, number=4, from_type="task", to_type="subtask", from_status="blocked",
                                                      to_status="blocked", from_category="in_progress", to_category="in_progress")),
               ("IssueParentChanged", "issue", "i4", {"from": None, "to": "i1"}))
    log.on_issue("IssueReporterChanged", 3, **{"from": OWNER, "to": OTHER})
    log.on_issue("IssueResolutionChanged", 2, **{"from": "done", "to": "duplicate"})
    log.append(("MemberAdded", "organization", ORG, {"member_id": LEAVER, "role": "guest"}),
               ("MemberProfileSet", "organization", ORG, {"member_id": LEAVER, "sealed": "x" * 44}))
    log.on_issue("IssueAssigned", 4, **{"from": None, "to": LEAVER})
    log.append(("IssueAssigned", "issue", "i4", {"from": LEAVER, "to": OTHER}),
               ("MemberRemoved", "organization", ORG, {"member_id": LEAVER, "role": "guest", "replaced_by": OTHER}))
    return log.events


FILTER = {"unassigned": False, "assignees": [], "types": [], "priorities": [], "labels": [], "components": [], "versions": [], "text": None,
          "fields": []}
BOARD = {"name": "Board", "projects": [PROJECT], "columns": [
    {"id": "open", "name": "Open", "statuses": ["todo", "blocked", "in_progress", "in_review"], "min": 9, "max": None}],
    "backlog": ["done"], "swimlanes": "none", "filter": [], "filters": [dict(FILTER, id="x", name="X", caller=False, unassigned=True)],
    "card_fields": []}
WORKFLOW = {"workflow": "classic", "name": "Short", "transitions": [
    {"id": "create", "name": "Create", "kind": "initial", "from": [], "to": "blocked", "conditions": [], "validators": [], "screen": [], "functions": []},
    {"id": "finish", "name": "Finish", "kind": "directed", "from": ["blocked"], "to": "done",
     "conditions": [], "validators": [], "screen": [], "functions": []}]}


PROFILES = {"c1": {"name": "Owner"}, "c2": {"name": "Other", "email": "o@x"}}


def complaints(events, found):
    return oracle.judge("acme", events, found, PROFILES)


def answers_to(events):
    return oracle.Expected(oracle.Fold("acme", events, PROFILES)).all()


def set_meta(name, value):
    def plant(events):
        events[11]["data"]["meta"][name] = value
    return plant


def set_field(name, field, value):
    def plant(events):
        next(e for e in events if e["type"].endswith(name))["data"][field] = value
    return plant


def event(events, name, other=None):
    """The data of the first event of that name, which becomes @other."""
    found = next(e for e in events if e["type"].endswith(name))
    found["type"] = "nexusflow.events." + (other or name)
    return found["data"]


def events_of(events, name):
    return [e["data"] for e in events if e["type"].endswith(name)]


LOG_ERRORS = {
    "an event is dropped": lambda events: events.pop(12),
    "the last event of a command is dropped": lambda events: events.pop(4),
    "a whole command is dropped": lambda events: events.pop(10),
    "an event is there twice": lambda events: events.insert(12, copy.deepcopy(events[12])),
    "two events are swapped": lambda events: events.insert(12, events.pop(11)),
    "an event of another tenant": set_meta("tenant", "other"),
    "an event id is used again": set_meta("event_id", "e3"),
    "a command id is used again": set_meta("command_id", "c1"),
    "a command is not whole": set_meta("count", 2),
    "time goes back": set_meta("recorded_at", "2026-11-21T09:00:00.000Z"),
    "occurred_at goes back": set_meta("occurred_at", "2026-11-21T09:00:00.000Z"),
    "a version is left out": set_meta("aggregate", {"kind": "issue", "id": "i3", "version": 7}),
    "the cause is not there": set_meta("causation_id", "nowhere"),
    "done without a resolution": set_field("IssueTransitioned", "resolution", None),
    "a resolution without done": set_field("IssueTransitioned", "to", "in_progress"),
    "a transition that is none": set_field("IssueTransitioned", "to", "in_review"),
    "a resolution becomes one that there is not": set_field("IssueResolutionChanged", "to", "boredom"),
    "a resolution was another": set_field("IssueResolutionChanged", "from", "wont_do"),
    "a resolution stays as it is": set_field("IssueResolutionChanged", "to", "done"),
    "a reporter was another": set_field("IssueReporterChanged", "from", OTHER),
    "a reporter is no member": set_field("IssueReporterChanged", "to", "nobody"),
    "a type becomes one that there is not": set_field("IssueConverted", "to_type", "dream"),
    "a type is removed that issues have": set_field("IssueTypeRemoved", "issue_type", "task"),
    "the type of sub-tasks is removed": set_field("IssueTypeRemoved", "issue_type", "subtask"),
    "a type is removed that had another name": set_field("IssueTypeRemoved", "name", "Tale"),
    "a type is replaced by one that there is not": set_field("IssueTypeRemoved", "replaced_by", "dream"),
    "an id of a type is used again": lambda events: event(events, "IssueTypeAdded").update(issue_type="story"),
    "a type was another": set_field("IssueConverted", "from_type", "bug"),
    "a converted issue goes where it has no place": set_field("IssueConverted", "to_status", "blocked"),
    "a converted issue moves though it had a place": set_field("IssueConverted", "to_type", "bug"),
    "a converted issue is done without a resolution": set_field("IssueConverted", "to_category", "done"),
    "a sub-task stands below nothing": lambda events: event(events, "IssueConverted").update(to_type="subtask"),
    "a sub-task stands below an epic": lambda events: events_of(events, "IssueConverted")[1].update(to_type="epic"),
    "an id of a status is used again": set_field("StatusAdded", "status", "todo"),
    "a status has another place": set_field("StatusChanged", "from_position", 2),
    "a status is removed that a workflow names": set_field("StatusRemoved", "status", "blocked"),
    "a status is replaced by one that there is not": set_field("StatusRemoved", "replaced_by", "nirvana"),
    "a workflow is removed that a type follows": set_field("WorkflowRemoved", "workflow", "classic"),
    "a workflow is removed that had another name": set_field("WorkflowRemoved", "name", "Long"),
    "a workflow is published that was not drafted": set_field("WorkflowPublished", "name", "Long"),
    "two priorities of one name": set_field("PriorityAdded", "name", "MEDIUM"),
    "two statuses of one name": set_field("StatusAdded", "name", "to do"),
    "a priority is added twice": set_field("PriorityAdded", "priority", "low"),
    "a priority was not disabled": set_field("PriorityChanged", "from_disabled", True),
    "a field is added twice": set_field("FieldAdded", "field", "notes"),
    "a field had another name": lambda events: event(events, "FieldEdited")["before"].update(name="Height"),
    "a field is removed from another place": set_field("FieldRemoved", "position", 2),
    "a field was in use by more": set_field("FieldRemoved", "issues", 2),
    "a removed field had another name": set_field("FieldRemoved", "name", "Left over"),
    "an option is added at another place": set_field("FieldOptionAdded", "position", 0),
    "an option was not disabled": set_field("FieldOptionEdited", "from_disabled", True),
    "an option is removed from another place": set_field("FieldOptionRemoved", "position", 1),
    "an option is replaced by one that there is not": set_field("FieldOptionRemoved", "replaced_by", "none"),
    "an option is removed that an issue has": set_field("FieldOptionRemoved", "option", "low"),
    "more issues had a removed option": set_field("FieldOptionRemoved", "issues", 2),
    "a hidden value changes": lambda events: event(events, "FieldOptionRemoved", "FieldOptionEdited").update(
        option="low", from_name="low", to_name="Low", from_disabled=False, to_disabled=False, from_position=1, to_position=1),
    "an id of an option is used again": lambda events: events_of(events, "FieldOptionAdded")[1]["option"].update(option="high"),
    "a value before that was not": lambda events: events_of(events, "IssueFieldsChanged")[1]["changes"][0].update({"from": ["1"]}),
    "a paragraph before that was not": lambda events: events_of(events, "IssueFieldsChanged")[1]["changes"][1].update(previous_seq=1),
    "a number in another form": lambda events: event(events, "IssueFieldsChanged")["changes"][0].update(to=["0.10"]),
    "an option that there is not": lambda events: event(events, "IssueFieldsChanged")["changes"][1].update(to=["none"]),
    "a value of another kind": lambda events: event(events, "IssueFieldsChanged")["changes"][0].update(kind="text"),
    "a value of no field": lambda events: event(events, "IssueFieldsChanged")["changes"][0].update(field="price"),
    "an issue is left without a place": lambda events: events.pop(-6),
    "an issue number is left out": lambda events: events[9]["data"].update(number=5),
    "a summary before that was not": set_field("IssueSummaryChanged", "from", "issue 4"),
    "a label is added that is there": set_field("IssueLabelsChanged", "added", ["b"]),
    "a label is listed twice": lambda events: events_of(events, "LabelAdded")[1]["label"].update(label="A"),
    "a label was listed that was not": set_field("LabelEdited", "listed", True),
    "a label had another colour": lambda events: events_of(events, "LabelEdited")[1]["before"].update(color="#123456"),
    "a label changes to itself": lambda events: events_of(events, "LabelEdited")[1].update(after=label("later")),
    "an issue keeps a label that was renamed": lambda events: event(events, "LabelEdited")["before"].update(label="b"),
    "a label is removed that an issue has": set_field("LabelRemoved", "label", label("a")),
    "a removed label was not listed": set_field("LabelRemoved", "listed", False),
    "a policy before that was not": set_field("LabelPolicyChanged", "from", "listed"),
    "a policy that does not change": lambda events: events_of(events, "LabelPolicyChanged")[1].update(to="listed"),
    "an issue gets a label that is not listed": lambda events: events_of(events, "IssueLabelsChanged")[2].update(added=["zoo"]),
    "a comment of nowhere is edited": set_field("CommentEdited", "comment_id", "k9"),
    "a text before that was not": set_field("CommentEdited", "previous_seq", 2),
    "an issue of no project": set_field("IssueCreated", "project_id", "p9"),
    "ranks change the order": set_field("RanksRebalanced", "ranks", [
        {"issue_id": "i3", "from": "i3", "to": "z3"}, {"issue_id": "i4", "from": "z4", "to": "y4"}]),
    "work begins after it is due": set_field("IssueStartDateChanged", "to", "2026-12-03"),
    "nobody is mentioned": set_field("CommentEdited", "mentions", [OTHER]),
    "an answer in no thread": set_field("CommentAdded", "reply_to", "k7"),
    "comes back with a parent that it did not go with": set_field("IssueUnarchived", "with_parent", True),
    "a child that stays is not listed": set_field("IssueDeleted", "children", ["i3"]),
    "a clone has another text": lambda events: next(
        e for e in events if e["data"].get("cloned_from"))["data"].update(description_seq=7),
    "less than nothing remains": set_field("IssueRemainingChanged", "to", -1),
    "watched by nobody": set_field("IssueWatched", "member_id", "m9"),
    "minutes before that were not": set_field("WorklogEdited", "from_minutes", 21),
    "a worklog of nowhere is edited": set_field("WorklogEdited", "worklog_id", "w9"),
    "a name before that was not": set_field("OrganizationRenamed", "from", "Other"),
    "what is not there yet is skipped": set_field("EventSkipped", "skipped_seq", 999),
    "the only owner is deactivated": lambda events: event(events, "MemberDeactivated").update(member_id=OWNER, role="owner"),
    "who is active is reactivated": set_field("MemberReactivated", "member_id", OWNER),
    "two teams of one name": set_field("TeamRenamed", "to", "Core"),
    "an id of a project role is used again": set_field("ProjectRoleAdded", "role", "spare"),
    "a project role of nowhere is given": set_field("ProjectRoleMembersChanged", "role", "nothing"),
    "a team of nowhere gets a project role": set_field("ProjectRoleMembersChanged", "added_teams", ["t9"]),
    "a permission is granted to nobody": set_field("PermissionGrantsChanged", "added", [
        {"permission": "log_work", "to": "project_role", "organization_role": None, "project_role": "nobody", "team": None, "member": None}]),
    "a reporter sees a project": set_field("PermissionGrantsChanged", "added", [
        {"permission": "browse_project", "to": "reporter", "organization_role": None, "project_role": None, "team": None, "member": None}]),
    "what is not granted is taken back": set_field("PermissionGrantsChanged", "removed", [
        {"permission": "log_work", "to": "anyone", "organization_role": None, "project_role": None, "team": None, "member": None}]),
    "a project gets a scheme of nowhere": set_field("PermissionSchemeAssigned", "to", "nothing"),
    "a scheme before that was not": set_field("PermissionSchemeAssigned", "from", "private"),
    "a team of nowhere is deleted": set_field("TeamDeleted", "team_id", "t9"),
    "who is in no team leaves it": set_field("TeamMembersChanged", "removed", [OWNER]),
    "a stranger comes into a team": set_field("TeamMembersChanged", "added", ["m9"]),
    "an API key for somebody else": set_field("ApiKeyCreated", "member_id", OTHER),
    "an API key that has expired": set_field("ApiKeyCreated", "expires_at", "2026-01-01T00:00:00.000Z"),
    "an API key of nowhere is revoked": set_field("ApiKeyRevoked", "key_id", "k9"),
    "the filter of a board changes unseen": lambda events: next(
        e for e in events if e["data"].get("board"))["data"].update(board=dict(BOARD, filter=[dict(FILTER, unassigned=True)])),
    "a filter of a board asks nothing": lambda events: next(e for e in events if e["data"].get("after", {}).get("columns"))["data"]["after"].update(filter=[FILTER]),
    "a limit before that was not": set_field("ApiKeysLimited", "from", 90),
    "who is in a team is removed": lambda events: event(events, "MemberDeactivated", "MemberRemoved"),
    "who leads a project is removed": set_field("ProjectCreated", "lead", "m3"),
    "who is a value of an issue is removed": lambda events: next(
        e for e in events if e["data"].get("changes"))["data"]["changes"].append(change("crew", "members", [], ["m3"])),
    "who was removed takes a place": set_field("MemberRemoved", "replaced_by", "m3"),
    "the log ends within a command": lambda events: events.__delitem__(slice(4, None)),
}


def card(found):
    return found["board TLS"]["columns"][1]["cards"][0]


ANSWER_ERRORS = {
    "a card has another summary": lambda found: card(found).update(summary="other"),
    "a card has another version": lambda found: card(found).update(version=99),
    "a card is on a board whose filter does not let it pass": lambda found: found["backlog b1"]["cards"].append(card(found)),
    "a card that passes the filter of a board is gone": lambda found: found["board b1"]["columns"][0]["cards"].clear(),
    "the filter of a board is forgotten": lambda found: found["board b1"].update(filter=None),
    "a card is gone": lambda found: found["board TLS"]["columns"][1]["cards"].pop(),
    "a card is there twice": lambda found: found["board TLS"]["columns"][1]["cards"].append(card(found)),
    "two cards are swapped": lambda found: found["board TLS"]["columns"][1]["cards"].reverse(),
    "a count is wrong": lambda found: found["board TLS"]["columns"][4].update(count=0),
    "sub-tasks are miscounted": lambda found: next(
        c for c in found["board TLS"]["columns"][1]["cards"] if c["key"] == "TLS-1").update(subtasks={"total": 1, "done": 0}),
    "an issue is gone": lambda found: found.pop("issue TLS-3"),
    "an issue is there that should not be": lambda found: found.update({"issue TLS-9": {}}),
    "a value is another": lambda found: found["issue TLS-4"]["fields"][1].update(values=["12.0"]),
    "a removed field is shown": lambda found: found["issue TLS-4"]["fields"].append({}),
    "a field is in another place": lambda found: found["configuration TLS"]["fields"].reverse(),
    "an option is in another place": lambda found: found["configuration TLS"]["fields"][0]["options"].reverse(),
    "a priority is in another place": lambda found: found["configuration TLS"]["priorities"].reverse(),
    "the statuses are in another order": lambda found: found["statuses TLS"].reverse(),
    "a draft is there that should not be": lambda found: found["workflows TLS"][0].update(draft={}),
    "a transition is possible that is not": lambda found: found["transitions TLS-2"]["transitions"][0].update(possible=True),
    "a link is gone": lambda found: found["links TLS-4"]["items"].clear(),
    "a child is gone": lambda found: found["children TLS-1"]["items"].clear(),
    "a total is wrong": lambda found: found["issue TLS-4"]["links"].update(total=2),
    "a comment has the old text": lambda found: found["comments TLS-3"]["items"][0].update(body="first"),
    "a grant is forgotten": lambda found: found["permission_schemes"][1]["grants"].pop(),
    "a project role is forgotten": lambda found: found["project_roles"].clear(),
    "a project has another scheme": lambda found: found["roles TLS"].update(permission_scheme="classic"),
    "a member has another role": lambda found: found["members"][0].update(role="owner"),
    "a member is gone": lambda found: found["members"].pop(),
    "a use of a member is forgotten": lambda found: found["uses"][OTHER].update(issues=0),
    "a member has another status": lambda found: found["members"][0].update(status="deactivated"),
    "an API key is gone": lambda found: found["api_keys"].clear(),
    "a limit is forgotten": lambda found: found["organization"]["settings"].update(api_key_days=366),
    "a team is gone": lambda found: found["teams"].pop(),
    "a team has one more": lambda found: found["teams"][0]["members"].update(total=2),
    "a member is in no team": lambda found: found["members"][0]["teams"].clear(),
    "an audit row is gone": lambda found: found["audit"].pop(5),
    "an audit row is there twice": lambda found: found["audit"].append(found["audit"][-1]),
    "an audit row has another body": lambda found: found["audit"][5]["body"].update(key="X"),
    "a document is gone": lambda found: found["documents"].pop(),
    "a document has the old text": lambda found: found["documents"][0].update(title="old"),
    "a former text is gone": lambda found: found["texts k1"].clear(),
    "an archived issue is gone": lambda found: found["archived"].clear(),
    "a deleted issue is readable": lambda found: found.update({"issue TLS-6": {}}),
    "a deleted issue is gone from its list": lambda found: found["deleted"].clear(),
    "a history lacks an event": lambda found: found["history TLS-4"].pop(),
    "a watcher is gone": lambda found: found["issue TLS-4"]["watchers"]["items"].clear(),
    "a watcher is in no list": lambda found: found["watchers TLS-4"]["items"].clear(),
    "members are in the order of their ids": lambda found: found["members"].sort(key=lambda member: member["id"]),
    "minutes are not summed": lambda found: found["issue TLS-4"].update(spent=20),
    "a worklog is gone": lambda found: found["worklogs TLS-4"]["items"].pop(),
    "an estimate is gone": lambda found: found["issue TLS-4"].update(estimate=None),
    "a project counts wrongly": lambda found: found["projects"][0]["counts"].update(todo=9),
    "a number is a text": lambda found: found["organization"].update(version=str(found["organization"]["version"])),
}


class TestOracle(unittest.TestCase):
    def test_nothing_to_complain_about(self):
        events = sample()
        self.assertEqual(complaints(events, answers_to(events)), [])
        self.assertEqual(len(answers_to(events)["documents"]), 9)

    def test_a_board_has_what_its_filter_lets_pass(self):
        found = answers_to(sample())
        self.assertEqual([card["key"] for card in found["board b1"]["columns"][0]["cards"]], ["TLS-4"])
        self.assertEqual([found["board b1"]["columns"][0][k] for k in ("total", "count", "missing")], [1, 1, 8])
        self.assertEqual([found["board b1 x"]["columns"][0][k] for k in ("total", "count", "missing")], [1, 0, 8])

    def test_errors_of_the_log(self):
        found = answers_to(sample())
        for name, plant in LOG_ERRORS.items():
            with self.subTest(name):
                events = sample()
                plant(events)
                laws = oracle.Laws("acme", events).complaints + oracle.Fold("acme", events).complaints
                self.assertTrue(laws, "the laws and the fold see nothing")
                self.assertTrue(complaints(events, found))

    def test_errors_of_answers(self):
        for name, plant in ANSWER_ERRORS.items():
            with self.subTest(name):
                events = sample()
                found = copy.deepcopy(answers_to(events))
                plant(found)
                self.assertTrue(complaints(events, found))

    def test_answers_of_commands(self):
        events = sample()
        accepted = {"outcome": "accepted", "position": 6, "events": [{"id": "e6", "seq": 6}]}
        self.assertEqual(oracle.judge_answers("acme", events, {"c3": (201, accepted), "c99": (409, {})}), [])
        for name, answers in {
            "acknowledged and not there": {"c99": (201, accepted)},
            "acknowledged with another seq": {"c3": (201, dict(accepted, events=[{"id": "e6", "seq": 7}], position=7))},
            "refused and there": {"c3": (409, {})},
            "unchanged and there": {"c3": (200, {"outcome": "unchanged", "events": []})},
            "accepted without events": {"c98": (200, {"outcome": "accepted", "events": [], "position": 6})},
            "never answered": {"c97": (503, {})},
        }.items():
            with self.subTest(name):
                self.assertTrue(oracle.judge_answers("acme", events, answers))

    def test_effects_of_the_rule(self):
        def with_effect(cause, kind):
            log = Log()
            log.events, log.versions, log.command = sample(), {("issue", "i1"): 2}, 99
            log.on_issue("IssueTransitioned", 1, **{
                "project_id": PROJECT, "from": "todo", "to": "done", "from_category": "todo", "to_category": "done",
                "resolution": "done", "parent": None, "transition": "close"})
            log.events[-1]["data"]["meta"].update(causation_id=cause, actor={"kind": kind, "id": "r"})
            return log.events
        self.assertEqual(oracle.judge_rule("acme", with_effect("e11", "rule")), [])
        self.assertTrue(oracle.judge_rule("acme", sample()), "no effect")
        self.assertTrue(oracle.judge_rule("acme", with_effect("e10", "rule")), "another cause")
        self.assertTrue(oracle.judge_rule("acme", with_effect("e11", "member")), "not by the rule")
        twice = with_effect("e11", "rule")
        twice.append(copy.deepcopy(twice[-1]))
        twice[-1]["data"]["meta"]["command_id"] = "c101"
        self.assertTrue(oracle.judge_rule("acme", twice), "a second effect")

    def test_partitions(self):
        # From Kafka's own tests (UtilsTest.testMurmur2).
        for text, value in {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
                            "a-little-bit-longer-string": -1486304829,
                            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107}.items():
            self.assertEqual(oracle.murmur2(text.encode()), value & 0xffffffff)


if __name__ == "__main__":
    unittest.main()
