"""What the program must answer, worked out from the journal by other code: laws of the log, a fold of it, and what the
query API has to say of that fold. Shares nothing with the program but the schemas of the events.

Events are as tests/lib/journal_files.py gives them: {"type": "nexusflow.events.X", "data": {"meta": {...}, ...}}."""
import collections
import re
import unicodedata

import oracle_fields

# What every project begins with.
STATUSES = [("todo", "To do", "todo"), ("in_progress", "In progress", "in_progress"),
            ("in_review", "In review", "in_progress"), ("done", "Done", "done")]
TRANSITIONS = [("create", "Create", None, "todo"), ("start", "Start", "todo", "in_progress"), ("close", "Close", "todo", "done"),
               ("put_back", "Put back", "in_progress", "todo"), ("hand_over", "Hand over", "in_progress", "in_review"),
               ("finish", "Finish", "in_progress", "done"), ("ask_for_changes", "Ask for changes", "in_review", "in_progress"),
               ("approve", "Approve", "in_review", "done"), ("reopen", "Reopen", "done", "todo"),
               ("resume", "Reopen and go on", "done", "in_progress")]
TYPES = [("epic", "Epic", 1), ("story", "Story", 0), ("task", "Task", 0), ("bug", "Bug", 0), ("subtask", "Sub-task", -1)]
PRIORITIES = [("highest", "Highest"), ("high", "High"), ("medium", "Medium"), ("low", "Low"), ("lowest", "Lowest")]
RESOLUTIONS = [("done", "Done"), ("wont_do", "Won't do"), ("duplicate", "Duplicate")]
LINK_TYPES = [("blocks", "Blocks", "blocks", "is blocked by", False, True), ("relates", "Relates", "relates to", "relates to", True, False),
              ("duplicates", "Duplicates", "duplicates", "is duplicated by", False, False)]
PARTS_FIRST = 20


def same_name(one, other):
    """Whether two names are one to people."""
    return len({unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold()) for name in (one, other)}) == 1


def by_name(items):
    """In the order that people look for names in: letters without case and accents, who has none last, then ids."""
    def place(item):
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", item["name"] or "").casefold())
        letters = "".join(letter for letter in letters if not 0x300 <= ord(letter) <= 0x36f).encode()
        return not letters, letters[:64], item["id"]
    return sorted(items, key=place)


SYSTEM_CARD_FIELDS = ("type", "priority", "resolution", "assignee", "reporter", "labels", "components", "fix_versions", "parent",
                      "start_on", "due_on", "estimate", "remaining", "subtasks", "comments")
COMMENTS_FIRST = 20


def grant(permission, to, role=None):
    return dict({"permission": permission, "to": to}, **({"organization_role": role} if role else {}))


# What the permission scheme grants that every project begins with.
GRANTS = [grant("browse_project", "anyone"),
          *(grant(name, "lead", "member") for name in ("edit_project", "manage_components", "manage_versions")),
          *(grant(name, "organization_role", "member") for name in ("create_issues", "edit_issues", "schedule_issues")),
          grant("be_assigned", "anyone"),
          *(grant(name, "organization_role", "member") for name in (
              "assign_issues", "transition_issues", "link_issues", "rank_issues", "archive_issues", "move_issues")),
          grant("delete_issues", "reporter", "member"),
          *(grant(name, "anyone") for name in ("add_comments", "edit_own_comments", "delete_own_comments")),
          *(grant(name, "organization_role", "member") for name in ("log_work", "edit_own_worklogs", "delete_own_worklogs"))]
MENTION = re.compile(r"(?<![0-9A-Za-z\x80-\U0010ffff])@([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})(?![0-9A-Za-z\x80-\U0010ffff])")


def short(event):
    return event["type"].rsplit(".", 1)[1]


def murmur2(data):
    """As Kafka's default partitioner has it."""
    m, mask = 0x5bd1e995, 0xffffffff
    h = (0x9747b28c ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def leaves(transition, status):
    """Whether a transition may be taken from a status."""
    if transition["kind"] == "global":
        return status != transition["to"]
    return transition["kind"] == "directed" and status in transition["from"]


# --- laws of the log ---

class Laws:
    """Complaints about a tenant's log, in words."""

    def __init__(self, tenant, events):
        self.tenant, self.complaints = tenant, []
        self.ids, self.commands, self.versions, self.occurred = set(), {}, {}, {}
        last = None
        for place, event in enumerate(events, 1):
            self.look(place, event, last)
            last = event["data"]["meta"]
        if last and last["index"] + 1 != last["count"]:
            self.say(last, f"the log ends within command {last['command_id']}")

    def say(self, meta, text):
        self.complaints.append(f"{self.tenant} seq {meta['seq']}: {text}")

    def look(self, place, event, last):
        meta = event["data"]["meta"]
        if meta["tenant"] != self.tenant:
            self.say(meta, f"an event of {meta['tenant']}")
        if meta["seq"] != place:
            self.say(meta, f"{place} expected: the log has a gap or is out of order")
        if (place == 1) != (short(event) == "OrganizationCreated"):
            self.say(meta, f"{short(event)} at place {place}")
        if meta["event_id"] in self.ids:
            self.say(meta, f"event id {meta['event_id']} is there twice")
        self.ids.add(meta["event_id"])
        if last and meta["recorded_at"] < last["recorded_at"]:
            self.say(meta, "recorded_at decreases")
        self.look_at_command(meta, last)
        self.look_at_aggregate(meta)
        if meta["causation_id"] and meta["causation_id"] not in self.ids:
            self.say(meta, "caused by an event that is not there before it")

    def look_at_command(self, meta, last):
        command = meta["command_id"]
        if meta["index"] == 0:
            if command in self.commands:
                self.say(meta, f"command {command} is there twice")
            if last and last["index"] + 1 != last["count"]:
                self.say(meta, f"command {last['command_id']} ends after {last['index'] + 1} of {last['count']} events")
            self.commands[command] = []
        elif not last or last["command_id"] != command or last["index"] + 1 != meta["index"] or \
                last["count"] != meta["count"] or last["command_hash"] != meta["command_hash"]:
            self.say(meta, f"event {meta['index']} of {meta['count']} of command {command} does not follow on the one before")
        if not 0 <= meta["index"] < meta["count"]:
            self.say(meta, f"event {meta['index']} of {meta['count']}")
        self.commands.setdefault(command, []).append((meta["event_id"], meta["seq"]))

    def look_at_aggregate(self, meta):
        aggregate = meta["aggregate"]["kind"], meta["aggregate"]["id"]
        before = self.versions.get(aggregate, 0)
        if meta["aggregate"]["version"] != before + 1:
            self.say(meta, f"version {meta['aggregate']['version']} of {aggregate} follows {before}")
        self.versions[aggregate] = meta["aggregate"]["version"]
        if aggregate[0] == "issue":
            if meta["occurred_at"] < self.occurred.get(aggregate, ""):
                self.say(meta, "occurred_at decreases within the issue")
            self.occurred[aggregate] = meta["occurred_at"]


def laws_of_records(records, partitions):
    """Complaints about the journal itself: one tenant, one partition, the right one; headers say what the value says."""
    complaints = []
    for tenant, events in records.items():
        right = (murmur2(tenant.encode()) & 0x7fffffff) % partitions
        for event in events:
            meta, headers = event["data"]["meta"], dict(event["headers"])
            if event["partition"] != right:
                complaints.append(f"{tenant} seq {meta['seq']}: in partition {event['partition']}, not {right}")
            said = {name: headers.get(name, b"").decode() for name in
                    ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence", "content-type")}
            true = {"ce_specversion": "1.0", "ce_id": meta["event_id"], "ce_source": f"/nexusflow/t/{tenant}",
                    "ce_type": event["type"], "ce_subject": f"{meta['aggregate']['kind']}/{meta['aggregate']['id']}",
                    "ce_time": meta["recorded_at"], "ce_sequence": str(meta["seq"]), "content-type": "application/avro"}
            if said != true:
                complaints.append(f"{tenant} seq {meta['seq']}: headers {said}, not {true}")
    return complaints


# --- the fold ---

class Fold(oracle_fields.FoldFields):
    """State of one tenant. @profiles: {command id: person} of the commands that named people."""

    def __init__(self, tenant, events, profiles=None):
        self.tenant, self.profiles, self.complaints = tenant, profiles or {}, []
        self.organization = None
        self.api_keys = {}
        self.members, self.teams, self.projects, self.issues, self.audit = {}, {}, {}, {}, []
        self.concluded = []
        self.boards = {}
        self.part_names = {}  # of components and versions, removed ones too
        self.link_types = {id: dict(zip(("name", "outward", "inward", "symmetric", "acyclic"), rest), built_in=True, removed=False)
                           for id, *rest in LINK_TYPES}
        self.relinking = None  # the command that removes a type of links
        events = list(events)
        self.handing_over = {e["data"]["meta"]["command_id"] for e in events if short(e) == "MemberRemoved"}
        self.roles, self.removed_roles = {}, set()
        self.schemes, self.removed_schemes = {"classic": {"name": "Classic", "grants": GRANTS}}, set()
        self.bulks, self.completed = {}, {}  # id: refusals so far; what the query has to say
        self.unsettled = {}  # command id: project
        self.doubts, self.lost_options = [], collections.Counter()  # of oracle_fields
        self.converted = {}  # command id: issues
        self.unlisted = {}  # command id: (project, label) that issues got and that is not listed yet
        self.seq = 0
        for event in events:
            try:
                self.apply(event)
            except (KeyError, AttributeError, TypeError, ValueError) as e:
                self.complaints.append(f"{tenant} seq {event['data']['meta']['seq']}: {short(event)} does not fit: {e!r}")
        self.look_at_ranks()

    def say(self, meta, text):
        self.complaints.append(f"{self.tenant} seq {meta['seq']}: {text}")

    def same(self, meta, what, said, true):
        if said != true:
            self.say(meta, f"{what} was {true!r}, the event says {said!r}")

    def apply(self, event):
        data, name = event["data"], short(event)
        meta = data["meta"]
        self.seq = meta["seq"]
        getattr(self, "on_" + name)(meta, data)
        kind, id = meta["aggregate"]["kind"], meta["aggregate"]["id"]
        if kind == "issue":
            issue = self.issues[id]
            project = self.projects[issue["project_id"]]
            everywhere = meta["command_id"] == self.relinking or meta["command_id"] in self.handing_over
            if project["archived"] and not project["deleted"] and not everywhere:
                self.say(meta, "the project of the issue is archived")
            if project["deleted"] and not data.get("with_parent") and not everywhere:
                self.say(meta, "the project of the issue is deleted")
            issue["version"], issue["updated_at"] = meta["aggregate"]["version"], meta["occurred_at"]
        elif kind == "organization":
            self.organization["version"] = meta["aggregate"]["version"]
        elif kind == "project":
            self.projects[id]["version"] = meta["aggregate"]["version"]
        elif kind == "board" and id in self.boards:
            self.boards[id]["version"] = meta["aggregate"]["version"]
        self.audit.append(event)
        if meta["command_id"] in self.unsettled and meta["index"] + 1 == meta["count"]:
            self.settle(meta)
        if meta["command_id"] in self.converted and meta["index"] + 1 == meta["count"]:
            self.look_at_levels(meta)
        if meta["index"] + 1 == meta["count"]:
            for project, label in self.unlisted.pop(meta["command_id"], []):
                if label not in project["labels"]:
                    self.say(meta, f"{project['key']} does not list {label!r}, which an issue gets")

    def issue_of(self, meta):
        return self.issues[meta["aggregate"]["id"]]

    def is_there(self, issue):
        """Neither it nor its project is deleted."""
        return not issue["deleted"] and not self.projects[issue["project_id"]]["deleted"]

    def seen(self):
        return [issue for issue in self.issues.values() if self.is_there(issue)]

    def key(self, issue):
        return f"{self.projects[issue['project_id']]['key']}-{issue['number']}"

    # organization

    def on_OrganizationCreated(self, meta, data):
        if self.organization:
            self.say(meta, "the organization is there already")
        self.organization = {"id": meta["aggregate"]["id"], "name": data["name"], "settings": {"api_key_days": 366}}

    def on_MemberAdded(self, meta, data):
        member = self.members.setdefault(data["member_id"], {"removed": True, "person": None})
        if not member["removed"]:
            self.say(meta, f"member {data['member_id']} is there already")
        member.update(removed=False, active=True, role=data["role"])

    def on_EventSkipped(self, meta, data):
        if not data["readers"] or not data["why"] or not 0 < int(data["skipped_seq"]) < int(meta["seq"]):
            self.say(meta, "a skip of nothing, by nobody or of what is not there yet")

    def on_OrganizationRenamed(self, meta, data):
        self.same(meta, "the name", data["from"], self.organization["name"])
        self.organization["name"] = data["to"]

    def on_MemberDeactivated(self, meta, data):
        self.activate(meta, data, False)
        self.look_at_owners(meta)

    def on_MemberReactivated(self, meta, data):
        self.activate(meta, data, True)

    def activate(self, meta, data, active):
        member = self.members[data["member_id"]]
        self.same(meta, "the role", data["role"], member["role"])
        if member["removed"] or member["active"] == active:
            self.say(meta, f"member {data['member_id']} is removed, or is like this already")
        member["active"] = active

    def on_MemberProfileSet(self, meta, data):
        self.members[data["member_id"]]["person"] = self.profiles.get(meta["command_id"])
        if len(data["sealed"]) < 40:
            self.say(meta, "a sealed profile shorter than nonce and tag")

    def on_MemberRoleChanged(self, meta, data):
        member = self.members[data["member_id"]]
        self.same(meta, "the role", data["from"], member["role"])
        member["role"] = data["to"]
        self.look_at_owners(meta)

    def on_MemberRemoved(self, meta, data):
        member = self.members[data["member_id"]]
        self.same(meta, "the role", data["role"], member["role"])
        if member["removed"]:
            self.say(meta, "the member is removed already")
        member["removed"] = True
        if any(data["member_id"] in team["members"] for team in self.teams.values()):
            self.say(meta, "the removed member is in a team")
        if any(key["member"] == data["member_id"] and not key["revoked"] for key in self.api_keys.values()):
            self.say(meta, "the removed member has an API key")
        self.look_at_leaver(meta, data["member_id"])
        self.look_at_places(meta, data["member_id"])
        by = data.get("replaced_by")
        if by and (by == data["member_id"] or self.members[by]["removed"] or not self.members[by]["active"]):
            self.say(meta, f"{by} cannot take anybody's place")
        self.look_at_owners(meta)

    def look_at_places(self, meta, id):
        """A member who goes leaves nothing to do or to decide."""
        places = Expected(self).uses(id)
        if any(places.values()):
            self.say(meta, f"{id} goes and is named: {places}")

    def people_of_fields(self, issue):
        """In fields that were not removed."""
        there = {f["id"] for f in self.projects[issue["project_id"]].get("fields", [])}
        return [v for id, f in issue.get("fields", {}).items() if id in there and f["kind"] in oracle_fields.MEMBERS for v in f["values"]]

    def people_of_filter(self, board, f):
        of_members = {field["id"] for id in board["projects"] for field in self.projects[id].get("fields", [])
                      if field["kind"] in oracle_fields.MEMBERS}
        return f["assignees"] + [v for c in f["fields"] if c["field"] in of_members for v in c["values"]]

    @staticmethod
    def people_of_workflow(project, workflow):
        of_members = {f["id"] for f in project.get("fields", []) if f["kind"] in oracle_fields.MEMBERS}
        found = []
        for transition in workflow["transitions"]:
            for rule in [*transition["conditions"], *transition["validators"]]:
                found += rule["members"]
                found += rule["values"] if rule["kind"] == "field_is" and rule["custom_field"] in of_members else []
            for function in transition["functions"]:
                found += [function["member"]] if function["member"] else []
                found += function["values"] if function["kind"] == "set" and function["field"] in {"assignee", "reporter", *of_members} else []
        return [id.lower() for id in found]

    def look_at_owners(self, meta):
        if not any(m["role"] == "owner" and m["active"] and not m["removed"] for m in self.members.values()):
            self.say(meta, "no active owner is left")

    # API keys

    def on_ApiKeysLimited(self, meta, data):
        self.same(meta, "the limit", data["from"], self.organization["settings"]["api_key_days"])
        self.organization["settings"] = {"api_key_days": data["to"]}

    def on_ApiKeyCreated(self, meta, data):
        if data["key_id"] in self.api_keys:
            self.say(meta, f"API key {data['key_id']} is there already")
        member = self.members[data["member_id"]]
        if member["removed"] or not member["active"] or meta["actor"]["id"] != data["member_id"]:
            self.say(meta, "an API key for somebody else")
        if len(data["hash"]) != 44 or data["expires_at"] <= meta["recorded_at"]:
            self.say(meta, f"an API key with the hash {data['hash']!r} until {data['expires_at']}")
        self.api_keys[data["key_id"]] = {
            "id": data["key_id"], "member": data["member_id"], "name": data["name"], "scope": data["scope"],
            "created_at": meta["occurred_at"], "expires_at": data["expires_at"], "revoked": False}

    def on_ApiKeyRevoked(self, meta, data):
        key = self.api_keys[data["key_id"]]
        self.same(meta, "the member", data["member_id"], key["member"])
        if key["revoked"]:
            self.say(meta, "the API key is revoked already")
        key["revoked"] = True

    # teams

    def look_at_team_name(self, meta, name, but=None):
        if any(same_name(team["name"], name) for id, team in self.teams.items() if id != but):
            self.say(meta, f"another team is called {name!r}")

    def on_TeamCreated(self, meta, data):
        if data["team_id"] in self.teams:
            self.say(meta, f"team {data['team_id']} is there already")
        self.look_at_team_name(meta, data["name"])
        self.teams[data["team_id"]] = {"name": data["name"], "members": set()}

    def on_TeamRenamed(self, meta, data):
        team = self.teams[data["team_id"]]
        self.same(meta, "the name", data["from"], team["name"])
        self.look_at_team_name(meta, data["to"], data["team_id"])
        team["name"] = data["to"]

    def on_TeamDeleted(self, meta, data):
        self.same(meta, "the name", data["name"], self.teams.pop(data["team_id"])["name"])
        self.look_at_leaver(meta, data["team_id"])

    def on_TeamMembersChanged(self, meta, data):
        team = self.teams[data["team_id"]]
        added, removed = set(data["added"]), set(data["removed"])
        if added & team["members"] or not removed <= team["members"] or not added | removed:
            self.say(meta, f"members {sorted(team['members'])}, added {sorted(added)}, removed {sorted(removed)}")
        for id in added:
            if self.members[id]["removed"] or not self.members[id]["active"]:
                self.say(meta, f"{id} is no active member")
        team["members"] = (team["members"] - removed) | added

    # project roles and permission schemes

    def look_at_leaver(self, meta, id):
        """Of a member or a team."""
        if any(id in holders for project in self.projects.values() for role in project["roles"].values() for holders in role.values()):
            self.say(meta, f"{id} goes and has a project role")
        if any(id in grant.values() for scheme in self.schemes.values() for grant in scheme["grants"]):
            self.say(meta, f"{id} goes and has a grant")

    def on_ProjectRoleAdded(self, meta, data):
        if data["role"] in self.roles or data["role"] in self.removed_roles:
            self.say(meta, f"the project role {data['role']} is or was there")
        self.roles[data["role"]] = data["name"]

    def on_ProjectRoleRenamed(self, meta, data):
        self.same(meta, "the name", data["from"], self.roles[data["role"]])
        self.roles[data["role"]] = data["to"]

    def on_ProjectRoleRemoved(self, meta, data):
        self.same(meta, "the name", data["name"], self.roles.pop(data["role"]))
        self.removed_roles.add(data["role"])
        if any(any(project["roles"].get(data["role"], {}).values()) for project in self.projects.values()):
            self.say(meta, "somebody has the role")
        if any(grant.get("project_role") == data["role"] for scheme in self.schemes.values() for grant in scheme["grants"]):
            self.say(meta, "a permission is granted to the role")

    def on_ProjectRoleMembersChanged(self, meta, data):
        role = self.projects[meta["aggregate"]["id"]]["roles"].setdefault(data["role"], {"members": set(), "teams": set()})
        if data["role"] not in self.roles:
            self.say(meta, f"there is no role {data['role']}")
        for what, there in (("members", {id for id, m in self.members.items() if not m["removed"]}), ("teams", set(self.teams))):
            added, removed = set(data["added_" + what]), set(data["removed_" + what])
            if added & role[what] or not removed <= role[what] or not added <= there:
                self.say(meta, f"{what} {sorted(role[what])}, added {sorted(added)}, removed {sorted(removed)}")
            role[what] = (role[what] - removed) | added

    def grants_of(self, meta, grants):
        found = [{k: v for k, v in grant.items() if v is not None} for grant in grants]
        for grant in found:
            missing = grant["to"] == "project_role" and grant["project_role"] not in self.roles or \
                grant["to"] == "team" and grant["team"] not in self.teams or \
                grant["to"] == "member" and self.members.get(grant["member"], {"removed": True})["removed"]
            if missing or grant["permission"] == "browse_project" and grant["to"] in ("reporter", "assignee"):
                self.say(meta, f"the grant {grant} cannot be")
        return found

    def on_PermissionSchemeCreated(self, meta, data):
        if data["scheme"] in self.schemes or data["scheme"] in self.removed_schemes:
            self.say(meta, f"the permission scheme {data['scheme']} is or was there")
        self.schemes[data["scheme"]] = {"name": data["name"], "grants": self.grants_of(meta, data["grants"])}

    def on_PermissionSchemeRenamed(self, meta, data):
        self.same(meta, "the name", data["from"], self.schemes[data["scheme"]]["name"])
        self.schemes[data["scheme"]]["name"] = data["to"]

    def on_PermissionGrantsChanged(self, meta, data):
        grants = self.schemes[data["scheme"]]["grants"]
        if data["scheme"] == "classic":
            self.say(meta, "the classic scheme never changes")
        for grant in [{k: v for k, v in grant.items() if v is not None} for grant in data["removed"]]:
            grants.remove(grant)
        for grant in self.grants_of(meta, data["added"]):
            if grant in grants:
                self.say(meta, f"the grant {grant} is there already")
            grants.append(grant)

    def on_PermissionSchemeRemoved(self, meta, data):
        self.same(meta, "the name", data["name"], self.schemes.pop(data["scheme"])["name"])
        self.removed_schemes.add(data["scheme"])
        if any(project["scheme"] == data["scheme"] for project in self.projects.values()):
            self.say(meta, "a project has the scheme")

    def on_PermissionSchemeAssigned(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the permission scheme", data["from"], project["scheme"])
        if data["to"] not in self.schemes or data["to"] == data["from"]:
            self.say(meta, f"the project cannot get the scheme {data['to']}")
        project["scheme"] = data["to"]

    # projects and issues

    def on_ProjectCreated(self, meta, data):
        if any(data["key"] in p["keys"] for p in self.projects.values()):
            self.say(meta, f"the key {data['key']} is taken")
        self.projects[meta["aggregate"]["id"]] = {
            "id": meta["aggregate"]["id"], "key": data["key"], "name": data["name"], "lead": data["lead"], "category": None,
            "archived": False, "deleted": None, "scheme": "classic", "roles": {}, "keys": {data["key"]}, "former_keys": [], "last_number": 0,
            "components": {}, "versions": [], "labels": {}, "label_policy": "open",
            "statuses": [{"id": id, "name": name, "category": category} for id, name, category in STATUSES],
            "removed": set(), "removed_workflows": set(), "removed_types": set(), "types": {type: "classic" for type, _, _ in TYPES}, "drafts": {},
            "issue_types": [{"id": id, "name": name, "disabled": False, "level": level} for id, name, level in TYPES],
            "priorities": [{"id": id, "name": name, "disabled": False} for id, name in PRIORITIES],
            "resolutions": [{"id": id, "name": name, "disabled": False} for id, name in RESOLUTIONS],
            "workflows": {"classic": {"name": "Classic", "transitions": [
                {"id": id, "name": name, "kind": "directed" if source else "initial", "from": [source] if source else [], "to": to,
                 "conditions": [], "validators": [], "screen": [], "functions": []}
                for id, name, source, to in TRANSITIONS]}}}

    def change_project(self, meta, data, field):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, field, data["from"], project[field])
        if data["from"] == data["to"]:
            self.say(meta, f"{field} does not change")
        if project["archived"] and meta["command_id"] not in self.handing_over:
            self.say(meta, "the project is archived")
        project[field] = data["to"]
        return project

    def on_ProjectRenamed(self, meta, data):
        self.change_project(meta, data, "name")

    def on_ProjectLeadChanged(self, meta, data):
        self.change_project(meta, data, "lead")

    def on_ProjectCategoryChanged(self, meta, data):
        self.change_project(meta, data, "category")

    def on_ProjectKeyChanged(self, meta, data):
        project = self.change_project(meta, data, "key")
        if any(data["to"] in p["keys"] for p in self.projects.values() if p is not project):
            self.say(meta, f"the key {data['to']} is taken")
        project["keys"].add(data["to"])
        project["former_keys"] = [key for key in project["former_keys"] if key != data["to"]] + [data["from"]]

    def project_of(self, meta):
        return self.projects[meta["aggregate"]["id"]]

    def on_ComponentAdded(self, meta, data):
        components = self.project_of(meta)["components"]
        if data["component_id"] in components:
            self.say(meta, "the component is there already")
        self.look_at_name(meta, data["component"]["name"], components.values())
        components[data["component_id"]] = data["component"]
        self.part_names[data["component_id"]] = data["component"]["name"]

    def on_ComponentEdited(self, meta, data):
        components = self.project_of(meta)["components"]
        self.same(meta, "the component", data["before"], components[data["component_id"]])
        self.look_at_name(meta, data["after"]["name"], [c for id, c in components.items() if id != data["component_id"]])
        components[data["component_id"]] = data["after"]
        self.part_names[data["component_id"]] = data["after"]["name"]

    def on_ComponentRemoved(self, meta, data):
        self.same(meta, "the component", data["component"], self.project_of(meta)["components"].pop(data["component_id"]))
        if any(data["component_id"] in issue["components"] for issue in self.issues.values()):
            self.say(meta, "an issue has the component")

    # What a project lists of its labels.

    def get_labels(self, meta, project, labels):
        """An issue of the project gets them; one that is renamed is listed behind its issues."""
        if project["label_policy"] == "listed":
            self.unlisted.setdefault(meta["command_id"], []).extend((project, label) for label in labels)

    def has_label(self, meta, label):
        return any(label in issue["labels"] for issue in self.issues.values() if issue["project_id"] == meta["aggregate"]["id"])

    def listed(self, meta, label):
        return {k: label[k] for k in ("color", "description")}

    def look_at_label(self, meta, label, others):
        if any(same_name(label, other) for other in others):
            self.say(meta, f"another label that is listed is called {label!r}")

    def on_LabelAdded(self, meta, data):
        labels, label = self.project_of(meta)["labels"], data["label"]["label"]
        self.look_at_label(meta, label, labels)
        labels[label] = self.listed(meta, data["label"])

    def on_LabelEdited(self, meta, data):
        labels, (before, after) = self.project_of(meta)["labels"], (data[which]["label"] for which in ("before", "after"))
        self.same(meta, "whether it is listed", data["listed"], before in labels)
        if data["before"] == data["after"]:
            self.say(meta, "the label does not change")
        if before != after and self.has_label(meta, before):
            self.say(meta, f"an issue has the label {before!r}")
        if data["listed"]:
            self.same(meta, "the label", self.listed(meta, data["before"]), labels.pop(before))
            self.look_at_label(meta, after, labels)
            labels[after] = self.listed(meta, data["after"])

    def on_LabelRemoved(self, meta, data):
        labels, label = self.project_of(meta)["labels"], data["label"]["label"]
        self.same(meta, "whether it is listed", data["listed"], label in labels)
        if data["listed"]:
            self.same(meta, "the label", self.listed(meta, data["label"]), labels.pop(label))
        if self.has_label(meta, label):
            self.say(meta, f"an issue has the label {label!r}")

    def on_LabelPolicyChanged(self, meta, data):
        project = self.project_of(meta)
        self.same(meta, "the policy", data["from"], project["label_policy"])
        if data["from"] == data["to"]:
            self.say(meta, "the policy does not change")
        project["label_policy"] = data["to"]

    def on_VersionAdded(self, meta, data):
        versions = self.project_of(meta)["versions"]
        if data["place"] != len(versions):
            self.say(meta, "the place of the version is not the last")
        self.look_at_name(meta, data["version"]["name"], [v for _, v, _ in versions])
        versions.append((data["version_id"], data["version"], "planned"))
        self.part_names[data["version_id"]] = data["version"]["name"]

    def version_at(self, meta, data):
        return next(i for i, row in enumerate(self.project_of(meta)["versions"]) if row[0] == data["version_id"])

    def on_VersionEdited(self, meta, data):
        versions, at = self.project_of(meta)["versions"], self.version_at(meta, data)
        id, version, status = versions[at]
        self.same(meta, "the version", data["before"], version)
        self.look_at_name(meta, data["after"]["name"], [v for other, v, _ in versions if other != id])
        versions[at] = id, data["after"], status
        self.part_names[id] = data["after"]["name"]

    def on_VersionStatusChanged(self, meta, data):
        versions, at = self.project_of(meta)["versions"], self.version_at(meta, data)
        id, version, status = versions[at]
        self.same(meta, "the status", data["from"], status)
        self.same(meta, "the day of release", data["from_release_on"], version["release_on"])
        versions[at] = id, dict(version, release_on=data["to_release_on"]), data["to"]

    def on_VersionMoved(self, meta, data):
        versions, at = self.project_of(meta)["versions"], self.version_at(meta, data)
        self.same(meta, "the place", data["from"], at)
        versions.insert(data["to"], versions.pop(at))

    def on_VersionRemoved(self, meta, data):
        versions, at = self.project_of(meta)["versions"], self.version_at(meta, data)
        self.same(meta, "the place", data["place"], at)
        self.same(meta, "the version", data["version"], versions.pop(at)[1])
        if any(data["version_id"] in issue[which] for issue in self.issues.values() for which in ("fix_versions", "affects_versions")):
            self.say(meta, "an issue names the version")

    # boards

    def look_at_board(self, meta, board):
        places = [status for column in board["columns"] for status in column["statuses"]] + board["backlog"]
        if len(places) != len(set(places)) or len({c["id"] for c in board["columns"]}) != len(board["columns"]) or not board["projects"]:
            self.say(meta, f"a board that cannot be: {board}")
        if len(board["filter"]) > 1 or not all(any(f.values()) for f in board["filter"]):
            self.say(meta, "a board with two filters, or with one that asks nothing")

    def on_BoardCreated(self, meta, data):
        if meta["aggregate"]["id"] in self.boards or meta["aggregate"]["version"] != 1:
            self.say(meta, "the board is there already")
        if any(self.projects[id]["archived"] for id in data["board"]["projects"]):
            self.say(meta, "a new board of an archived project")
        self.look_at_board(meta, data["board"])
        self.boards[meta["aggregate"]["id"]] = dict(data["board"])

    def on_BoardEdited(self, meta, data):
        board = self.boards[meta["aggregate"]["id"]]
        self.same(meta, "the board", data["before"], {k: v for k, v in board.items() if k != "version"})
        if data["before"] == data["after"]:
            self.say(meta, "the board does not change")
        gone = all(self.projects[id]["archived"] or self.projects[id]["deleted"] for id in data["after"]["projects"])
        if gone and meta["command_id"] not in self.handing_over:
            self.say(meta, "a board of archived projects alone changes")
        self.look_at_board(meta, data["after"])
        board.update(data["after"])

    def on_BoardDeleted(self, meta, data):
        board = self.boards.pop(meta["aggregate"]["id"])
        self.same(meta, "the board", data["board"], {k: v for k, v in board.items() if k != "version"})

    def change_set(self, meta, data, which):
        issue = self.issue_of(meta)
        if set(data["added"]) & issue[which] or set(data["removed"]) - issue[which] or not data["added"] + data["removed"]:
            self.say(meta, f"{which} {issue[which]} become neither more nor less by {data}")
        issue[which] = (issue[which] | set(data["added"])) - set(data["removed"])

    def on_IssueComponentsChanged(self, meta, data):
        self.change_set(meta, data, "components")

    def on_IssueVersionsChanged(self, meta, data):
        self.change_set(meta, data, data["relation"] + "_versions")

    def set_archived(self, meta, data, archived):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the key", data["key"], project["key"])
        if project["archived"] == archived:
            self.say(meta, f"archived is {archived} already")
        project["archived"] = archived

    def on_ProjectArchived(self, meta, data):
        self.set_archived(meta, data, True)

    def on_ProjectUnarchived(self, meta, data):
        self.set_archived(meta, data, False)

    def on_ProjectDeleted(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the key", data["key"], project["key"])
        if project["deleted"]:
            self.say(meta, "deleted already")
        project["deleted"] = {"seq": meta["seq"], "at": meta["occurred_at"],
                              "by": meta["actor"].get("on_behalf_of") or meta["actor"]["id"]}

    def on_ProjectRestored(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the key", data["key"], project["key"])
        if not project["deleted"]:
            self.say(meta, "not deleted")
        project["deleted"] = None

    # what a project configures

    def status_of(self, project, id):
        return {s["id"]: s for s in project["statuses"]}[id]

    def on_StatusAdded(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        if data["status"] in project["removed"] or any(s["id"] == data["status"] for s in project["statuses"]):
            self.say(meta, f"the status {data['status']} is or was there")
        self.look_at_name(meta, data["name"], project["statuses"])
        project["statuses"].append({"id": data["status"], "name": data["name"], "category": data["category"]})

    def on_StatusChanged(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        status = self.status_of(project, data["status"])
        said = data["from_name"], data["from_category"], data["from_position"]
        self.same(meta, "the status", said, (status["name"], status["category"], project["statuses"].index(status)))
        project["statuses"].remove(status)
        project["statuses"].insert(data["to_position"], status)
        self.look_at_name(meta, data["to_name"], [s for s in project["statuses"] if s is not status])
        status.update(name=data["to_name"], category=data["to_category"])
        for issue in self.issues.values():
            if issue["project_id"] == project["id"] and issue["status"] == data["status"] and \
                    (issue["resolution"] is not None) != (data["to_category"] == "done"):
                self.say(meta, "issues in the status come to be done, or not, without an event of theirs")

    def on_StatusRemoved(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        project["statuses"].remove(self.status_of(project, data["status"]))
        project["removed"].add(data["status"])
        if data["replaced_by"] is not None and not any(s["id"] == data["replaced_by"] for s in project["statuses"]):
            self.say(meta, f"{data['replaced_by']}, which replaces it, is no status")
        if any(i["project_id"] == project["id"] and i["status"] == data["status"] for i in self.issues.values()):
            self.say(meta, f"an issue is in {data['status']}")
        for workflow in [*project["workflows"].values(), *project["drafts"].values()]:
            if any(data["status"] in [*t["from"], t["to"]] for t in workflow["transitions"]):
                self.say(meta, f"a workflow names the status {data['status']}")

    def look_at_name(self, meta, name, others):
        if any(same_name(name, other["name"]) for other in others):
            self.say(meta, f"another one of the list is called {name!r}")

    def add_item(self, meta, kind, id, **item):
        items = self.projects[meta["aggregate"]["id"]][kind]
        self.look_at_name(meta, item["name"], items)
        if any(item["id"] == id for item in items):
            self.say(meta, f"{id} is there already")
        items.append(dict({"id": id, "disabled": False}, **item))

    def change_item(self, meta, kind, id, data):
        items = self.projects[meta["aggregate"]["id"]][kind]
        item = {item["id"]: item for item in items}[id]
        said = data["from_name"], data["from_disabled"], data["from_position"]
        self.same(meta, id, said, (item["name"], item["disabled"], items.index(item)))
        items.remove(item)
        self.look_at_name(meta, data["to_name"], items)
        items.insert(data["to_position"], item)
        item.update(name=data["to_name"], disabled=data["to_disabled"])
        if all(item["disabled"] for item in items):
            self.say(meta, f"none of the {kind} can be chosen")

    def on_IssueTypeAdded(self, meta, data):
        if data["issue_type"] in self.projects[meta["aggregate"]["id"]]["removed_types"]:
            self.say(meta, f"the type {data['issue_type']} was there")
        self.add_item(meta, "issue_types", data["issue_type"], name=data["name"], level=data["level"])
        self.projects[meta["aggregate"]["id"]]["types"][data["issue_type"]] = data["workflow"]

    def on_IssueTypeChanged(self, meta, data):
        self.change_item(meta, "issue_types", data["issue_type"], data)

    def on_IssueTypeRemoved(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        type = {type["id"]: type for type in project["issue_types"]}[data["issue_type"]]
        self.same(meta, "the name", data["name"], type["name"])
        project["issue_types"].remove(type)
        project["removed_types"].add(type["id"])
        del project["types"][type["id"]]
        if data["replaced_by"] is not None and data["replaced_by"] not in project["types"]:
            self.say(meta, f"{data['replaced_by']}, which replaces it, is no type")
        if not any(not t["disabled"] and t["level"] >= 0 for t in project["issue_types"]) or type["level"] < 0:
            self.say(meta, f"without {type['id']} no type can be chosen, or there are no sub-tasks any more")
        if any(i["project_id"] == project["id"] and i["type"] == type["id"] for i in self.issues.values()):
            self.say(meta, f"an issue is a {type['id']}")
        if any(type["id"] in (field["issue_types"] or []) for field in project.get("fields", [])):
            self.say(meta, f"a custom field is of {type['id']}")

    def on_PriorityAdded(self, meta, data):
        self.add_item(meta, "priorities", data["priority"], name=data["name"])

    def on_PriorityChanged(self, meta, data):
        self.change_item(meta, "priorities", data["priority"], data)

    def on_ResolutionAdded(self, meta, data):
        self.add_item(meta, "resolutions", data["resolution"], name=data["name"])

    def on_ResolutionChanged(self, meta, data):
        self.change_item(meta, "resolutions", data["resolution"], data)

    def on_WorkflowRemoved(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the name", data["name"], project["workflows"].pop(data["workflow"])["name"])
        project["drafts"].pop(data["workflow"], None)
        project["removed_workflows"].add(data["workflow"])
        if data["workflow"] in project["types"].values():
            self.say(meta, f"a type follows {data['workflow']}")

    def workflow(self, meta, data):
        workflow = {"name": data["name"], "transitions": data["transitions"]}
        project = self.projects[meta["aggregate"]["id"]]
        for transition in data["transitions"]:
            for status in [*transition["from"], transition["to"]]:
                if not any(s["id"] == status for s in project["statuses"]):
                    self.say(meta, f"the workflow names {status}, which is no status")
        if data["workflow"] in project["removed_workflows"]:
            self.say(meta, f"the workflow {data['workflow']} was removed")
        if sum(t["kind"] == "initial" for t in data["transitions"]) != 1:
            self.say(meta, "not one initial transition")
        return project, workflow

    def on_WorkflowDraftSaved(self, meta, data):
        project, project["drafts"][data["workflow"]] = self.workflow(meta, data)

    def on_WorkflowDraftDiscarded(self, meta, data):
        del self.projects[meta["aggregate"]["id"]]["drafts"][data["workflow"]]

    def on_WorkflowPublished(self, meta, data):
        project, workflow = self.workflow(meta, data)
        self.same(meta, "the draft", workflow, project["drafts"].pop(data["workflow"]))
        project["workflows"][data["workflow"]] = workflow
        self.expect_places(meta, project)

    def on_WorkflowAssigned(self, meta, data):
        project = self.projects[meta["aggregate"]["id"]]
        self.same(meta, "the workflow", data["from"], project["types"][data["issue_type"]])
        project["types"][data["issue_type"]] = data["to"]
        self.expect_places(meta, project)

    def expect_places(self, meta, project):
        """Every issue has a place in its workflow when the command is over."""
        self.unsettled[meta["command_id"]] = project["id"]

    def settle(self, meta):
        project = self.projects[self.unsettled.pop(meta["command_id"])]
        for issue in self.issues.values():
            if issue["project_id"] == project["id"] and issue["status"] not in self.places(project, issue["type"]):
                self.say(meta, f"{self.key(issue)} is in {issue['status']}, which its workflow does not have")

    def transitions(self, project, type):
        return project["workflows"][project["types"][type]]["transitions"]

    def places(self, project, type):
        return {t["to"] for t in self.transitions(project, type)}

    def on_IssueCreated(self, meta, data):
        project = self.projects[data["project_id"]]
        if data["number"] != project["last_number"] + 1:
            self.say(meta, f"number {data['number']} follows {project['last_number']} in {project['key']}")
        project["last_number"] = data["number"]
        initial = next((t["to"] for t in self.transitions(project, data["type"]) if t["kind"] == "initial"), None)
        if data["status"] != initial:
            self.say(meta, f"created as {data['status']}, not {initial}")
        self.get_labels(meta, project, data["labels"])
        if data["labels"] != sorted(set(data["labels"])):
            self.say(meta, f"labels not sorted: {data['labels']}")
        if (data["type"] == "subtask") > bool(data["parent"]):
            self.say(meta, "a sub-task without a parent")
        if data["parent"]:
            self.issues[data["parent"]]["children"].add(meta["aggregate"]["id"])
        self.look_at_dates(meta, data)
        self.issues[meta["aggregate"]["id"]] = dict(
            {k: v for k, v in data.items() if k != "meta"}, id=meta["aggregate"]["id"], labels=set(data["labels"]),
            **{which: set(data[which]) for which in ("components", "fix_versions", "affects_versions")},
            resolution=None, archived=None, deleted=None, comments={}, threads=set(), worklogs={}, watchers=set(), links=set(), children=set(), former=[], created_at=meta["occurred_at"],
            text_seq=meta["seq"], search_seq=meta["seq"])
        if data["cloned_from"]:
            source, clone = self.issues[data["cloned_from"]], self.issues[meta["aggregate"]["id"]]
            self.same(meta, "description_seq", data["description_seq"], source["text_seq"])
            self.same(meta, "description", data["description"], "")
            clone.update(description=source["description"], text_seq=source["text_seq"])

    def change(self, meta, data, field):
        issue = self.issue_of(meta)
        self.same(meta, field, data["from"], issue[field])
        if data["from"] == data["to"]:
            self.say(meta, f"{field} does not change")
        issue[field] = data["to"]
        return issue

    def on_IssueSummaryChanged(self, meta, data):
        self.change(meta, data, "summary")["search_seq"] = meta["seq"]

    def on_IssuePriorityChanged(self, meta, data):
        self.change(meta, data, "priority")

    def look_at_dates(self, meta, issue):
        # Within a command one date may move before the other.
        if meta["index"] + 1 == meta["count"] and issue["start_on"] and issue["due_on"] and issue["start_on"] > issue["due_on"]:
            self.say(meta, f"begins on {issue['start_on']}, due on {issue['due_on']}")

    def on_IssueDueDateChanged(self, meta, data):
        self.look_at_dates(meta, self.change(meta, data, "due_on"))

    def on_IssueStartDateChanged(self, meta, data):
        self.look_at_dates(meta, self.change(meta, data, "start_on"))

    def on_IssueEstimateChanged(self, meta, data):
        self.change(meta, data, "estimate")

    def on_IssueRemainingChanged(self, meta, data):
        if (self.change(meta, data, "remaining")["remaining"] or 0) < 0:
            self.say(meta, f"{data['to']} minutes remain")

    # Out of sight: {"seq", "at", "by", "with_parent"}, or None.

    def put_away(self, meta, data, way):
        issue = self.issue_of(meta)
        if issue[way] or issue["deleted"]:
            self.say(meta, f"{way} already")
        issue[way] = {"seq": meta["seq"], "at": meta["occurred_at"], "with_parent": data["with_parent"],
                      "by": meta["actor"].get("on_behalf_of") or meta["actor"]["id"]}
        return issue

    def take_back(self, meta, data, way):
        issue = self.issue_of(meta)
        if not issue[way]:
            self.say(meta, f"not {way}")
        elif issue[way]["with_parent"] < data["with_parent"]:
            self.say(meta, "comes back with its parent, but had gone alone")
        issue[way] = None
        return issue

    def look_at_subtasks(self, meta, issue):
        """At the end of the command, no active sub-task is below an inactive parent."""
        if meta["index"] + 1 < meta["count"]:
            return
        for child in [issue["id"], *issue["children"]]:
            child = self.issues[child]
            parent = self.issues.get(child["parent"])
            if child["type"] == "subtask" and not child["deleted"] and (
                    parent["deleted"] or parent["archived"] and not child["archived"]):
                self.say(meta, f"the sub-task {child['id']} is there, its parent is not")

    def staying(self, issue):
        return sorted(id for id in issue["children"] if self.issues[id]["type"] != "subtask")

    def on_IssueArchived(self, meta, data):
        self.look_at_subtasks(meta, self.put_away(meta, data, "archived"))

    def on_IssueUnarchived(self, meta, data):
        self.look_at_subtasks(meta, self.take_back(meta, data, "archived"))

    def on_IssueDeleted(self, meta, data):
        issue = self.put_away(meta, data, "deleted")
        self.same(meta, "children", sorted(data["children"]), self.staying(issue))
        self.look_at_subtasks(meta, issue)

    def on_IssueRestored(self, meta, data):
        issue = self.take_back(meta, data, "deleted")
        self.same(meta, "children", sorted(data["children"]), self.staying(issue))
        self.look_at_subtasks(meta, issue)

    def on_IssueWatched(self, meta, data):
        watchers = self.issue_of(meta)["watchers"]
        if data["member_id"] in watchers or data["member_id"] not in self.members:
            self.say(meta, "watched already, or by nobody")
        watchers.add(data["member_id"])

    def on_IssueUnwatched(self, meta, data):
        self.issue_of(meta)["watchers"].remove(data["member_id"])

    def on_WorkLogged(self, meta, data):
        if any(data["worklog_id"] in i["worklogs"] for i in self.issues.values()):
            self.say(meta, "the worklog is there already")
        self.issue_of(meta)["worklogs"][data["worklog_id"]] = {
            "id": data["worklog_id"], "author": data["author"], "started_at": data["started_at"], "minutes": data["minutes"],
            "comment": data["comment"], "created_at": meta["occurred_at"], "edited_at": None, "seq": meta["seq"],
            "text_seq": meta["seq"]}

    def on_WorklogEdited(self, meta, data):
        worklog = self.issue_of(meta)["worklogs"][data["worklog_id"]]
        self.same(meta, "minutes", data["from_minutes"], worklog["minutes"])
        self.same(meta, "started_at", data["from_started_at"], worklog["started_at"])
        self.same(meta, "previous_seq", data["previous_seq"], worklog["text_seq"])
        worklog.update(minutes=data["to_minutes"], started_at=data["to_started_at"], edited_at=meta["occurred_at"])
        if data["comment"] is not None:
            worklog.update(comment=data["comment"], text_seq=meta["seq"])

    def on_WorklogDeleted(self, meta, data):
        self.same(meta, "minutes", data["minutes"], self.issue_of(meta)["worklogs"].pop(data["worklog_id"])["minutes"])

    def on_IssueAssigned(self, meta, data):
        self.change(meta, data, "assignee")

    def on_IssueReporterChanged(self, meta, data):
        self.change(meta, data, "reporter")
        member = self.members.get(data["to"], {"removed": True})
        if member["removed"] or not member["active"]:
            self.say(meta, f"the reporter {data['to']} is no active member")

    def on_IssueResolutionChanged(self, meta, data):
        issue = self.change(meta, data, "resolution")
        project = self.projects[issue["project_id"]]
        if self.status_of(project, issue["status"])["category"] != "done" or \
                not any(item["id"] == data["to"] for item in project["resolutions"]):
            self.say(meta, f"{issue['status']} with the resolution {data['to']}")

    def on_IssueRanked(self, meta, data):
        self.change(meta, data, "rank")

    def on_IssueParentChanged(self, meta, data):
        issue = self.change(meta, data, "parent")
        if data["from"]:
            self.issues[data["from"]]["children"].remove(issue["id"])
        if data["to"]:
            self.issues[data["to"]]["children"].add(issue["id"])
        above, seen = data["to"], {issue["id"]}
        while above:
            if above in seen:
                self.say(meta, "a cycle of parents")
                break
            seen.add(above)
            above = self.issues[above]["parent"]

    def on_IssueDescriptionChanged(self, meta, data):
        issue = self.issue_of(meta)
        self.same(meta, "previous_seq", data["previous_seq"], issue["text_seq"])
        if issue["description"] == data["to"]:
            self.say(meta, "description does not change")
        issue["description"] = data["to"]
        issue["text_seq"] = issue["search_seq"] = meta["seq"]

    def on_IssueLabelsChanged(self, meta, data):
        issue = self.issue_of(meta)
        added, removed = set(data["added"]), set(data["removed"])
        if added & issue["labels"] or not removed <= issue["labels"] or not added | removed:
            self.say(meta, f"labels {sorted(issue['labels'])}, added {sorted(added)}, removed {sorted(removed)}")
        issue["labels"] = (issue["labels"] - removed) | added
        self.get_labels(meta, self.projects[issue["project_id"]], data["added"])

    def may_go(self, meta, project, issue, data):
        if data["transition"] is None:  # the workflow changed in this command, and it had to move
            places = self.places(project, issue["type"])
            return meta["command_id"] in self.unsettled and data["from"] not in places and data["to"] in places
        return any(t["id"] == data["transition"] and t["to"] == data["to"] and leaves(t, data["from"])
                   for t in self.transitions(project, issue["type"]))

    def on_IssueTransitioned(self, meta, data):
        issue = self.issue_of(meta)
        project = self.projects[issue["project_id"]]
        if not self.may_go(meta, project, issue, data):
            self.say(meta, f"no transition {data['transition']} from {data['from']} to {data['to']}")
        category = {s["id"]: s["category"] for s in project["statuses"]}
        self.change(meta, data, "status")
        self.same(meta, "the project", data["project_id"], issue["project_id"])
        self.same(meta, "the parent", data["parent"], issue["parent"] if issue["type"] == "subtask" else data["parent"])
        if data["from_category"] != category[data["from"]] or data["to_category"] != category[data["to"]]:
            self.say(meta, "categories that the statuses do not have")
        if (data["resolution"] is not None) != (category[data["to"]] == "done"):
            self.say(meta, f"{data['to']} with the resolution {data['resolution']}")
        issue["resolution"] = data["resolution"]

    def on_IssueConverted(self, meta, data):
        issue = self.issue_of(meta)
        project = self.projects[issue["project_id"]]
        self.same(meta, "the issue", (data["project_id"], data["number"]), (issue["project_id"], issue["number"]))
        for field in ("type", "status", "resolution"):
            self.same(meta, field, data["from_" + field], issue[field])
        if data["from_type"] == data["to_type"] or not any(item["id"] == data["to_type"] for item in project["issue_types"]):
            self.say(meta, f"{data['to_type']} is no other type of {project['key']}")
        places = self.places(project, data["to_type"])
        if data["to_status"] not in places or data["to_status"] != data["from_status"] in places:
            self.say(meta, f"{data['to_type']} has places for {sorted(places)}: from {data['from_status']} to {data['to_status']}")
        categories = [self.status_of(project, data[which])["category"] for which in ("from_status", "to_status")]
        self.same(meta, "the categories", [data["from_category"], data["to_category"]], categories)
        if (categories[1] == "done") != (data["to_resolution"] is not None):
            self.say(meta, f"{data['to_status']} with the resolution {data['to_resolution']}")
        issue.update({field: data["to_" + field] for field in ("type", "status", "resolution")})
        self.converted.setdefault(meta["command_id"], set()).add(issue["id"])

    def level(self, issue):
        return next((t["level"] for t in self.projects[issue["project_id"]]["issue_types"] if t["id"] == issue["type"]), None)

    def look_at_levels(self, meta):
        """When the command is over, converted issues are one level below their parents, and above what is below them."""
        for issue in (self.issues[id] for id in self.converted.pop(meta["command_id"])):
            level, parent = self.level(issue), issue["parent"]
            if self.level(self.issues[parent]) != level + 1 if parent else level < 0:
                self.say(meta, f"{self.key(issue)} of the level {level} does not fit its parent")
            if any(self.level(self.issues[child]) != level - 1 for child in issue["children"]):
                self.say(meta, f"{self.key(issue)} of the level {level} does not fit what is below it")

    def on_IssueMoved(self, meta, data):
        issue = self.issue_of(meta)
        project = self.projects[data["to_project_id"]]
        for field, was in (("project_id", issue["project_id"]), ("number", issue["number"]), ("type", issue["type"]),
                           ("status", issue["status"]), ("priority", issue["priority"]), ("resolution", issue["resolution"])):
            self.same(meta, field, data["from_" + field], was)
        if data["to_number"] != project["last_number"] + 1 or data["from_project_id"] == data["to_project_id"]:
            self.say(meta, f"number {data['to_number']} follows {project['last_number']} in {project['key']}, or it does not move")
        project["last_number"] = data["to_number"]
        for which in ("components", "fix_versions", "affects_versions"):
            self.same(meta, which, data[which], sorted(issue[which]))
            issue[which] = set()
        category = self.status_of(project, data["to_status"])["category"]
        if data["to_category"] != category or (category == "done") != (data["to_resolution"] is not None):
            self.say(meta, f"{data['to_status']} is {category}, with the resolution {data['to_resolution']}")
        if data["to_status"] not in self.places(project, data["to_type"]):
            self.say(meta, f"the workflow of {data['to_type']} has no place for {data['to_status']}")
        for kind, id in (("issue_types", data["to_type"]), ("priorities", data["to_priority"]), ("resolutions", data["to_resolution"])):
            if id is not None and not any(item["id"] == id for item in project[kind]):
                self.say(meta, f"{project['key']} has no {id} among its {kind}")
        self.move_fields(meta, issue, self.projects[data["from_project_id"]], project)
        self.get_labels(meta, project, issue["labels"])
        issue["former"].append((data["from_project_id"], data["from_number"]))
        issue.update({field: data["to_" + field] for field in ("project_id", "number", "type", "status", "priority", "resolution")})
        if issue["type"] == "subtask" and self.issues[issue["parent"]]["project_id"] != data["to_project_id"]:
            self.say(meta, "a sub-task moves to where its parent is not")
        if meta["index"] + 1 == meta["count"]:
            self.look_at_left_behind(meta, data)

    def look_at_left_behind(self, meta, data):
        """At the end of the command, no sub-task is left where its parent was."""
        parent = self.issues[data["parent"] if data["with_parent"] else meta["aggregate"]["id"]]
        for child in parent["children"]:
            if self.issues[child]["type"] == "subtask" and self.issues[child]["project_id"] == data["from_project_id"]:
                self.say(meta, f"the sub-task {child} is left behind")

    def on_BulkRefused(self, meta, data):
        self.bulks.setdefault(meta["aggregate"]["id"], []).extend(data["refusals"])
        if not 0 < len(data["refusals"]) <= 1000:
            self.say(meta, f"{len(data['refusals'])} refusals")

    def on_BulkCompleted(self, meta, data):
        refusals = self.bulks.pop(meta["aggregate"]["id"], []) + data["refusals"]
        refused, unchanged = [refusal["place"] for refusal in refusals], data["unchanged"]
        places = sorted(refused + unchanged)
        events = [e["data"] for e in self.audit[len(self.audit) - meta["index"]:] if e["data"]["meta"]["aggregate"]["kind"] == "issue"]
        along = {e["meta"]["aggregate"]["id"] for e in events if e.get("with_parent")}
        changed = {e["meta"]["aggregate"]["id"] for e in events} - along
        if len(data["refusals"]) > 1000 or len(refused) != data["refused"] or len(changed) != data["changed"] or \
                len(set(places)) != len(places) or any(not 1 <= place <= data["issues"] for place in places) or \
                refused != sorted(refused) or unchanged != sorted(unchanged) or data["changed"] + len(places) != data["issues"]:
            self.say(meta, f"{data['issues']} issues, {sorted(changed)} changed, unchanged {unchanged}, refusals {refusals}: {data}")
        if meta["index"] + 1 != meta["count"]:
            self.say(meta, "a bulk goes on behind its end")
        ranks = [self.issues[e["meta"]["aggregate"]["id"]]["rank"] for e in events]
        if data["command"] == "BulkRankIssues" and sorted(set(ranks)) not in (ranks, ranks[::-1]):
            self.say(meta, f"not in the order of the list: {ranks}")
        self.completed[meta["aggregate"]["id"]] = {
            "id": meta["aggregate"]["id"], "by": self.person_of(meta), "at": meta["occurred_at"], "command": data["command"],
            "issues": data["issues"], "changed": data["changed"], "refused": data["refused"], "unchanged": unchanged,
            "refusals": refusals}

    @staticmethod
    def person_of(meta):
        return meta["actor"].get("on_behalf_of") or meta["actor"]["id"]

    def on_RanksRebalanced(self, meta, data):
        order = [change["issue_id"] for change in data["ranks"]]
        if not 0 < len(order) <= 1000 or len(set(order)) != len(order):
            self.say(meta, f"{len(order)} ranks, {len(set(order))} issues")
        before = sorted(order, key=lambda id: self.issues[id]["rank"])
        for change in data["ranks"]:
            self.same(meta, "rank", change["from"], self.issues[change["issue_id"]]["rank"])
            self.issues[change["issue_id"]]["rank"] = change["to"]
        if sorted(order, key=lambda id: self.issues[id]["rank"]) != before:
            self.say(meta, "the order of the issues changed")

    def look_at_ranks(self):
        ranks = [i["rank"] for i in self.issues.values()]
        if len(set(ranks)) != len(ranks):
            self.complaints.append(f"{self.tenant}: {len(ranks) - len(set(ranks))} issues share a rank")

    # links and comments

    def on_LinkTypeAdded(self, meta, data):
        if data["link_type"] in self.link_types:
            self.say(meta, f"the link type {data['link_type']} is or was there")
        if data["symmetric"] and (data["acyclic"] or data["inward"] != data["outward"]):
            self.say(meta, f"a symmetric type that cannot be: {data}")
        self.link_types[data["link_type"]] = dict({k: data[k] for k in ("name", "outward", "inward", "symmetric", "acyclic")},
                                                  built_in=False, removed=False)

    def on_LinkTypeEdited(self, meta, data):
        type = self.link_types[data["link_type"]]
        for name in ("name", "outward", "inward"):
            self.same(meta, name, data["from_" + name], type[name])
            type[name] = data["to_" + name]
        if type["built_in"] or type["removed"] or type["symmetric"] and type["inward"] != type["outward"]:
            self.say(meta, f"the link type cannot become {type}")

    def on_LinkTypeRemoved(self, meta, data):
        type = self.link_types[data["link_type"]]
        self.same(meta, "the name", data["name"], type["name"])
        if type["built_in"] or type["removed"]:
            self.say(meta, "the link type is not there to be removed")
        type["removed"] = True
        self.relinking = meta["command_id"]
        last = meta["index"] + 1 == meta["count"]
        if last and any(link[0] == data["link_type"] for issue in self.issues.values() for link in issue["links"]):
            self.say(meta, "links of the type are left")

    def look_at_circle(self, meta, type, issue):
        """No link of an acyclic type leads back to where it begins."""
        seen, at = set(), [issue["id"]]
        while at:
            for other in [o for t, o, direction in self.issues[at.pop()]["links"] if t == type and direction == "outward"]:
                if other == issue["id"]:
                    self.say(meta, f"a circle of {type}")
                    return
                if other not in seen:
                    seen.add(other)
                    at.append(other)

    def on_IssueLinked(self, meta, data):
        issue, other = self.issue_of(meta), self.issues[data["other"]]
        type = self.link_types[data["link_type"]]
        if type["removed"]:
            self.say(meta, "a link of a type that is removed")
        directions = ("outward", "inward") if type["symmetric"] else ("outward",)
        if any((data["link_type"], other["id"], direction) in issue["links"] for direction in directions):
            self.say(meta, "the link is there already")
        issue["links"].add((data["link_type"], other["id"], "outward"))
        other["links"].add((data["link_type"], issue["id"], "inward"))
        if type["acyclic"]:
            self.look_at_circle(meta, data["link_type"], issue)

    def on_IssueUnlinked(self, meta, data):
        # A symmetric one is one link of both, whichever end made it and whichever cuts it.
        type, issue, other = data["link_type"], self.issue_of(meta), self.issues[data["other"]]
        if self.link_types[type]["symmetric"] and (type, other["id"], "outward") not in issue["links"]:
            issue, other = other, issue
        if (type, other["id"], "outward") not in issue["links"]:
            self.say(meta, "there is no such link")
        issue["links"].discard((type, other["id"], "outward"))
        other["links"].discard((type, issue["id"], "inward"))

    def on_CommentAdded(self, meta, data):
        if any(data["comment_id"] in i["comments"] for i in self.issues.values()):
            self.say(meta, "the comment is there already")
        self.look_at_mentions(meta, data)
        issue = self.issue_of(meta)
        if data["reply_to"] and data["reply_to"] not in issue["threads"]:
            self.say(meta, "an answer in no thread of the issue")
        if not data["reply_to"]:
            issue["threads"].add(data["comment_id"])
        issue["comments"][data["comment_id"]] = {
            "id": data["comment_id"], "author": data["author"], "body": data["body"], "created_at": meta["occurred_at"],
            "edited_at": None, "edited_by": None, "seq": meta["seq"], "text_seq": meta["seq"], "reply_to": data["reply_to"],
            "mentions": data["mentions"], "former": []}

    def look_at_mentions(self, meta, data):
        found = dict.fromkeys(id.lower() for id in MENTION.findall(data["body"]))
        self.same(meta, "mentions", data["mentions"], [id for id in found if id in self.members])

    def on_CommentEdited(self, meta, data):
        comment = self.issue_of(meta)["comments"][data["comment_id"]]
        self.same(meta, "previous_seq", data["previous_seq"], comment["text_seq"])
        if comment["body"] == data["body"]:
            self.say(meta, "the comment does not change")
        self.look_at_mentions(meta, data)
        comment["former"].append({
            "seq": comment["text_seq"], "author": comment["edited_by"] or comment["author"], "body": comment["body"],
            "written_at": comment["edited_at"] or comment["created_at"]})
        comment.update(body=data["body"], edited_at=meta["occurred_at"], text_seq=meta["seq"], mentions=data["mentions"],
                       edited_by=meta["actor"].get("on_behalf_of") or meta["actor"]["id"])

    def on_CommentDeleted(self, meta, data):
        del self.issue_of(meta)["comments"][data["comment_id"]]

    def on_CommandConcluded(self, meta, data):
        self.concluded.append((meta["command_id"], data["command"], data["outcome"], data["code"]))


# --- what the query API has to say ---

class Expected(oracle_fields.ExpectedFields):
    """{name: what a complete reading of that resource gives}: the same shape as tests/lib/collect.py collects."""

    def __init__(self, fold):
        self.fold = fold

    def all(self):
        fold = self.fold
        found = {"organization": self.organization(), "members": self.members(), "removed members": self.members(removed=True), "teams": self.teams(),
                 "api_keys": self.api_keys(), "projects": self.projects(),
                 "project_roles": [{"id": id, "name": fold.roles[id]} for id in sorted(fold.roles)],
                 "permission_schemes": [{"id": id, "name": fold.schemes[id]["name"], "built_in": id == "classic",
                                         "grants": fold.schemes[id]["grants"]}
                                        for id in sorted(fold.schemes, key=lambda id: (id != "classic", id))],
                 "audit": [self.audit_row(event) for event in fold.audit], "documents": self.documents()}
        found["uses"] = {m["id"]: self.uses(m["id"]) for m in found["members"]}
        found["deleted projects"] = self.deleted_projects()
        found["link types"] = [dict({k: v for k, v in type.items() if k != "removed"}, id=id) for id, type in sorted(
            fold.link_types.items(), key=lambda t: (not t[1]["built_in"], t[0] if not t[1]["built_in"] else "")) if not type["removed"]]
        for project in self.there():
            found["board " + project["key"]] = self.board(project)
            found["statuses " + project["key"]] = project["statuses"]
            nobody = {"members": [], "teams": []}
            found["roles " + project["key"]] = {"permission_scheme": project["scheme"], "items": [
                dict({"id": id, "name": fold.roles[id]}, **{k: sorted(v) for k, v in project["roles"].get(id, nobody).items()})
                for id in sorted(fold.roles)]}
            found["workflows " + project["key"]] = self.workflows(project)
            found["components " + project["key"]] = self.components(project)
            found["labels " + project["key"]] = self.labels(project)
            found["versions " + project["key"]] = self.versions(project)
            found["configuration " + project["key"]] = self.configuration(project)
            found["assignable " + project["key"]] = self.assignable(project)
        boards = [id for id in sorted(fold.boards) if self.projects_of_board(id)]
        found["boards"] = [self.board_item(id) for id in boards]
        for id in boards:
            found["board " + id], found["backlog " + id] = self.set_up_board(id), self.backlog(id)
            for f in fold.boards[id]["filters"]:
                found[f"board {id} {f['id']}"], found[f"backlog {id} {f['id']}"] = self.set_up_board(id, [f]), self.backlog(id, [f])
        for way in ("archived", "deleted"):
            found[way] = self.out_of_sight(way)
        for id, bulk in fold.completed.items():
            found["bulk " + id] = dict(bulk, by=self.name(bulk["by"]))
        for issue in fold.seen():
            found["issue " + fold.key(issue)] = self.issue(issue)
            found["comments " + fold.key(issue)] = self.comments(issue)
            found["children " + fold.key(issue)] = self.children(issue)
            found["links " + fold.key(issue)] = self.links(issue)
            found["watchers " + fold.key(issue)] = self.watchers(issue)
            found["history " + fold.key(issue)] = self.history(issue)
            found["history names " + fold.key(issue)] = self.names(issue)
            found["worklogs " + fold.key(issue)] = self.worklogs(issue)
            for comment in issue["comments"].values():
                if comment["edited_at"]:
                    found["texts " + comment["id"]] = [dict(text, author=self.name(text["author"])) for text in comment["former"]]
            found["transitions " + fold.key(issue)] = self.transitions(issue)
        return found

    def organization(self):
        fold = self.fold
        return dict(fold.organization, slug=fold.tenant,
                    members=sum(not m["removed"] for m in fold.members.values()), teams=len(fold.teams))

    def members(self, removed=False):
        items = []
        for id, member in self.fold.members.items():
            if member["removed"] == removed:
                person = member["person"] or {}
                status = "removed" if removed else "active" if member["active"] else "deactivated"
                items.append({"id": id, "role": member["role"], "status": status,
                              "name": person.get("name"), "email": person.get("email"),
                              "teams": sorted(team for team, t in self.fold.teams.items() if id in t["members"])})
        return by_name(items)

    def uses(self, id):
        fold, projects = self.fold, list(self.fold.projects.values())

        def count(workflows):
            return sum(id in fold.people_of_workflow(project, w) for project in projects for w in project[workflows].values())
        return {
            "projects": sum(p["lead"] == id for p in projects),
            "components": sum(id in (c["lead"], c["default_assignee"]) for p in projects for c in p["components"].values()),
            "issues": sum(issue["assignee"] == id for issue in fold.issues.values()),
            "values": sum(id in fold.people_of_fields(issue) for issue in fold.issues.values()),
            "defaults": sum(f["kind"] in oracle_fields.MEMBERS and id in f["default_values"] for p in projects for f in p.get("fields", [])),
            "workflows": count("workflows"), "drafts": count("drafts"),
            "boards": sum(any(id in fold.people_of_filter(board, f) for f in board["filters"] + board["filter"])
                          for board in fold.boards.values())}

    def holds(self, project, id, permission):
        """Whether the member holds it on issues that they have not reported and are not assigned."""
        role = self.fold.members[id]["role"]
        if role in ("owner", "admin"):
            return True

        def has(grant):
            teams = {team for team, t in self.fold.teams.items() if id in t["members"]}
            holders = project["roles"].get(grant.get("project_role"), {"members": set(), "teams": set()})
            weakest = grant.get("organization_role") or "guest"
            return {"anyone": True, "organization_role": True, "team": grant.get("team") in teams, "member": grant.get("member") == id,
                    "project_role": id in holders["members"] or bool(teams & holders["teams"]),
                    "lead": project["lead"] == id}.get(grant["to"], False) and (weakest == "guest" or role == "member" == weakest)
        return any(has(grant) for grant in self.fold.schemes[project["scheme"]]["grants"] if grant["permission"] == permission)

    def assignable(self, project):
        return [self.name(member["id"]) for member in self.members() if member["status"] == "active" and
                all(self.holds(project, member["id"], permission) for permission in ("browse_project", "be_assigned"))]

    def api_keys(self):
        return [{k: v for k, v in key.items() if k != "revoked"} for _, key in sorted(self.fold.api_keys.items())
                if not key["revoked"]]

    def teams(self):
        """Each with all of its members."""
        items = []
        for id, team in self.fold.teams.items():
            members = [{k: m[k] for k in ("id", "role", "status", "name")} for m in self.members() if m["id"] in team["members"]]
            items.append({"id": id, "name": team["name"], "members": {"total": len(members), "items": members}})
        return by_name(items)

    def project(self, project):
        counts = {status["id"]: 0 for status in project["statuses"]}
        for issue in self.of_project(project):
            counts[issue["status"]] += 1
        return {"id": project["id"], "key": project["key"], "former_keys": project["former_keys"], "name": project["name"], "category": project["category"],
                "archived": project["archived"], "lead": project["lead"], "version": project["version"], "issues": sum(counts.values()), "counts": counts}

    def there(self):
        return [p for p in self.fold.projects.values() if not p["deleted"]]

    def projects(self):
        return [self.project(p) for p in sorted(self.there(), key=lambda p: p["key"])]

    def deleted_projects(self):
        gone = sorted((p for p in self.fold.projects.values() if p["deleted"]), key=lambda p: p["deleted"]["seq"])
        return [{"seq": p["deleted"]["seq"], "project": {k: p[k] for k in ("id", "key", "name")}, "at": p["deleted"]["at"],
                 "by": self.name(p["deleted"]["by"])} for p in gone]

    def of_project(self, project):
        return [i for i in self.fold.seen() if i["project_id"] == project["id"] and not i["archived"]]

    def out_of_sight(self, way):
        issues = [i for i in self.fold.issues.values() if i[way] and not self.fold.projects[i["project_id"]]["deleted"] and
                  (way == "deleted" or not i["deleted"])]
        return [dict({k: i[way][k] for k in ("seq", "at", "with_parent")}, by=self.name(i[way]["by"]),
                     issue=self.issue_ref(i))
                for i in sorted(issues, key=lambda i: i[way]["seq"])]

    def board(self, project):
        columns = []
        for status in project["statuses"]:
            cards = sorted((i for i in self.of_project(project) if i["status"] == status["id"]),
                           key=lambda i: (i["rank"], i["id"]))
            columns.append(dict(status, count=len(cards), cards=[self.card(issue) for issue in cards]))
        return {"project": {k: project[k] for k in ("id", "key", "name")}, "columns": columns}

    def projects_of_board(self, id):
        return [p for p in (self.fold.projects[p] for p in self.fold.boards[id]["projects"]) if not p["deleted"]]

    def board_item(self, id):
        board = self.fold.boards[id]
        return {"id": id, "name": board["name"], "version": board["version"],
                "projects": [{k: p[k] for k in ("id", "key", "name", "archived")} for p in self.projects_of_board(id)]}

    def place_on_board(self, board, statuses, filters=()):
        """The statuses that are still there, the issues in them that are on the board, and those of the issues that pass the
        quick filters."""
        projects = [p for p in (self.fold.projects[id] for id in board["projects"]) if not p["deleted"]]
        there = {status["id"] for project in projects for status in project["statuses"]}
        issues = sorted((issue for project in projects if not project["archived"] for issue in self.of_project(project)
                         if issue["status"] in statuses and all(self.passes(issue, f) for f in board["filter"])),
                        key=lambda issue: (issue["rank"], issue["id"]))
        return [status for status in statuses if status in there], issues, [i for i in issues if all(self.passes(i, f) for f in filters)]

    def has_one_of(self, issue, condition):
        """Of the values, in a custom field that the issue shows."""
        return bool(oracle_fields.visible(self.fold.projects[issue["project_id"]], issue, condition["field"])) and \
            bool(set(issue.get("fields", {}).get(condition["field"], {"values": []})["values"]) & set(condition["values"]))

    def passes(self, issue, f):
        if f["unassigned"] or f["assignees"]:
            if not (f["unassigned"] if issue["assignee"] is None else issue["assignee"] in f["assignees"]):
                return False
        return all(not wanted or set(has) & set(wanted) for has, wanted in (
            ([issue["type"]], f["types"]), ([issue["priority"]], f["priorities"]), (issue["labels"], f["labels"]),
            (issue["components"], f["components"]), (issue["fix_versions"], f["versions"]))) and \
            (f["text"] is None or f["text"].casefold() in issue["summary"].casefold()) and \
            all(self.has_one_of(issue, condition) for condition in f["fields"])

    def card_fields(self, board):
        """Those that there are: the system's, and custom ones that a project of the board has."""
        custom = {f["id"] for id in board["projects"] if not self.fold.projects[id]["deleted"]
                  for f in self.fold.projects[id].get("fields", []) if f["kind"] != "paragraph"}
        return [id for id in board["card_fields"] if id in SYSTEM_CARD_FIELDS or id in custom]

    def shown(self, board, issue):
        fields = self.card_fields(board)
        if not fields:
            return self.card(issue)
        card = dict({k: issue[k] for k in ("estimate", "remaining", "start_on", "reporter", "resolution")}, **self.card(issue),
                    components=sorted(issue["components"]), fix_versions=sorted(issue["fix_versions"]))
        found = {k: card[k] for k in ["id", "key", "summary", "status", "rank", "version"] + [f for f in fields if f in card]}
        custom = [id for id in fields if id not in SYSTEM_CARD_FIELDS]
        if custom:  # people are ids on cards
            values = {f["id"]: dict(f, display=None) if f["kind"] in oracle_fields.MEMBERS else f
                      for f in self.field_values(self.fold.projects[issue["project_id"]], issue) if f["kind"] != "paragraph"}
            found["fields"] = [values[id] for id in custom if id in values]
        return found

    def lane_of(self, board, issue):
        if board["swimlanes"] == "assignee":
            return issue["assignee"]
        if board["swimlanes"] == "priority":
            return issue["priority"]
        while issue and self.fold.is_there(issue):
            project = self.fold.projects[issue["project_id"]]
            if next(t["level"] for t in project["issue_types"] if t["id"] == issue["type"]) > 0:
                return issue["id"] if issue["project_id"] in board["projects"] else None
            issue = self.fold.issues.get(issue["parent"])
        return None

    def lanes(self, board, columns):
        """@columns: [(id, issues)]"""
        if board["swimlanes"] == "none":
            return None
        found = {}
        for column, issues in columns:
            for issue in issues:
                found.setdefault(self.lane_of(board, issue), {}).setdefault(column, []).append(issue)
        order = [p["id"] for id in board["projects"] for p in self.fold.projects[id]["priorities"]]

        def place(lane):
            if lane is None:
                return (1,)
            if board["swimlanes"] == "priority":
                return 0, order.index(lane)
            if board["swimlanes"] == "epic":
                return 0, self.fold.issues[lane]["rank"], lane
            return 0, min((i["rank"], i["id"]) for issues in found[lane].values() for i in issues)
        lanes = []
        for lane in sorted(found, key=place):
            entry = {"id": lane, "count": sum(map(len, found[lane].values()))}
            if board["swimlanes"] == "epic" and lane:
                entry.update(key=self.fold.key(self.fold.issues[lane]), summary=self.fold.issues[lane]["summary"])
            entry["columns"] = [{"id": column, "count": len(found[lane].get(column, [])),
                                 "cards": [self.shown(board, issue) for issue in found[lane].get(column, [])]} for column, _ in columns]
            lanes.append(entry)
        return lanes

    def set_up_board(self, id, filters=()):
        board, columns, places = self.fold.boards[id], [], []
        for column in board["columns"]:
            statuses, issues, passing = self.place_on_board(board, column["statuses"], filters)
            places.append((column["id"], passing))
            columns.append(dict(column, statuses=statuses, total=len(issues), count=len(passing),
                                missing=max(0, (column["min"] or 0) - len(issues)),
                                excess=0 if column["max"] is None else max(0, len(issues) - column["max"])))
            if board["swimlanes"] == "none":
                columns[-1]["cards"] = [self.shown(board, issue) for issue in passing]
        statuses, issues, _ = self.place_on_board(board, board["backlog"])
        return dict(self.board_item(id), **{k: board[k] for k in ("swimlanes", "filters")}, filter=next(iter(board["filter"]), None),
                    card_fields=self.card_fields(board), columns=columns,
                    lanes=self.lanes(board, places), backlog={"statuses": statuses, "count": len(issues)})

    def backlog(self, id, filters=()):
        board = self.fold.boards[id]
        statuses, issues, passing = self.place_on_board(board, board["backlog"], filters)
        return {"id": id, "name": board["name"], "statuses": statuses, "total": len(issues), "count": len(passing),
                "cards": [self.shown(board, issue) for issue in passing]}

    @staticmethod
    def with_default(items, first=None):
        can = [item["id"] for item in items if not item["disabled"] and item.get("level", 0) >= 0]
        default = first if first in can else next(iter(can), None)
        return [dict(item, default=item["id"] == default) for item in items]

    def configuration(self, project):
        types = [dict(type, workflow=project["types"][type["id"]]) for type in project["issue_types"]]
        return {"statuses": project["statuses"], "issue_types": self.with_default(types, "task"),
                "priorities": self.with_default(project["priorities"], "medium"),
                "resolutions": self.with_default(project["resolutions"]), "fields": oracle_fields.ExpectedFields.fields_of(project)}

    @staticmethod
    def workflows(project):
        types = [type["id"] for type in project["issue_types"]]
        return [{"id": id, "issue_types": [type for type in types if project["types"][type] == id],
                 "published": project["workflows"].get(id), "draft": project["drafts"].get(id)}
                for id in sorted({*project["workflows"], *project["drafts"]})]

    def transitions(self, issue):
        project = self.fold.projects[issue["project_id"]]
        found = []
        for t in self.fold.transitions(project, issue["type"]):
            if t["conditions"] or t["validators"]:
                raise ValueError("who may take a transition with rules is not for the oracle to say")
            possible = leaves(t, issue["status"]) and not issue["archived"] and not project["archived"]
            here = self.fold.status_of(project, issue["status"])
            why = "the issue is archived" if issue["archived"] else "the project is archived" if project["archived"] else \
                f"does not start from '{here['name']}' ({here['id']})"
            if t["kind"] != "initial":
                found.append({"id": t["id"], "name": t["name"], "to": self.fold.status_of(project, t["to"]), "possible": possible,
                              "why": None if possible else why,
                              "screen": [{"field": field, "required": field == "resolution"} for field in t["screen"]]})
        return {"issue": {k: issue[k] for k in ("id", "status", "version")}, "workflow": project["types"][issue["type"]],
                "transitions": found}

    def components(self, project):
        return {"items": [
            {"id": id, "name": c["name"], "description": c["description"], "lead": self.name(c["lead"]),
             "default_assignee": self.name(c["default_assignee"]),
             "issues": sum(id in issue["components"] for issue in self.fold.seen())}
            for id, c in sorted(project["components"].items())]}

    def labels(self, project):
        counts = collections.Counter(label for issue in self.fold.seen() if issue["project_id"] == project["id"] for label in issue["labels"])
        plain = {"color": None, "description": ""}
        return {"policy": project["label_policy"], "items": [
            dict(project["labels"].get(label, plain), label=label, issues=counts[label], listed=label in project["labels"])
            for label in sorted(set(counts) | set(project["labels"]))]}

    def version(self, project, id):
        return next(row for row in project["versions"] if row[0] == id)

    def versions(self, project):
        return {"items": [dict({k: v[k] for k in ("name", "description", "start_on", "release_on")}, id=id, status=status, issues={
            which: sum(id in issue[which + "_versions"] for issue in self.fold.seen()) for which in ("fix", "affects")})
            for id, v, status in project["versions"]]}

    def card(self, issue):
        children = [self.fold.issues[child] for child in issue["children"] if self.fold.is_there(self.fold.issues[child])]
        card = {k: issue[k] for k in ("id", "summary", "type", "status", "priority", "assignee", "rank", "due_on", "version")}
        parent = issue["parent"] and self.fold.is_there(self.fold.issues[issue["parent"]])
        card.update(parent=issue["parent"] if parent else None,
                    key=self.fold.key(issue), labels=sorted(issue["labels"]), comments=len(issue["comments"]),
                    subtasks={"total": len(children), "done": sum(c["resolution"] is not None for c in children)})
        return card

    def name(self, id):
        member = self.fold.members.get(id)
        return {"id": id, "name": ((member or {}).get("person") or {}).get("name")} if id else None

    def related(self, id):
        issue = self.fold.issues.get(id)
        if not issue or not self.fold.is_there(issue):
            return None
        return self.issue_ref(issue)

    def issue_ref(self, issue):
        status = self.fold.status_of(self.fold.projects[issue["project_id"]], issue["status"])
        return dict({k: issue[k] for k in ("id", "summary", "type", "status")}, key=self.fold.key(issue),
                    status_name=status["name"], status_category=status["category"])

    def children(self, issue):
        items = [self.related(id) for id in sorted(issue["children"]) if self.related(id)]
        return {"total": len(items), "items": items}

    def watchers(self, issue):
        items = [self.name(id) for id in sorted(issue["watchers"])]
        return {"total": len(items), "items": items}

    def links(self, issue):
        items = [{"type": type, "direction": direction, "name": self.fold.link_types[type][direction], "issue": self.related(other)}
                 for type, other, direction in sorted(issue["links"], key=lambda link: (link[0], link[1], link[2] == "inward"))
                 if self.related(other)]
        return {"total": len(items), "items": items}

    def comment_list(self, issue):
        return [{"id": c["id"], "author": self.name(c["author"]), "body": c["body"], "created_at": c["created_at"],
                 "edited_at": c["edited_at"], "edited_by": self.name(c["edited_by"]), "seq": c["seq"],
                 "reply_to": c["reply_to"], "mentions": [self.name(id) for id in c["mentions"]]}
                for c in sorted(issue["comments"].values(), key=lambda c: c["seq"])]

    def comments(self, issue):
        return {"total": len(issue["comments"]), "items": self.comment_list(issue)}

    def worklogs(self, issue):
        items = [dict({k: w[k] for k in ("id", "started_at", "minutes", "comment", "created_at", "edited_at", "seq")},
                      author=self.name(w["author"])) for w in sorted(issue["worklogs"].values(), key=lambda w: w["seq"])]
        return {"total": len(items), "minutes": sum(w["minutes"] for w in items), "items": items}

    @staticmethod
    def first_page(whole, cursor):
        first = whole["items"][:PARTS_FIRST]
        return dict(whole, items=first, next=cursor(first[-1]) if len(whole["items"]) > len(first) else None)

    def newest(self, whole):
        return self.first_page(dict(whole, items=whole["items"][::-1]), lambda item: item["seq"])

    def issue(self, issue):
        project = self.fold.projects[issue["project_id"]]
        found = {k: issue[k] for k in ("id", "type", "summary", "description", "status", "resolution", "priority", "due_on",
                                       "start_on", "estimate", "remaining", "rank", "external_ref", "created_at", "updated_at", "version")}
        found.update(
            key=self.fold.key(issue), former_keys=self.former_keys(issue), project={k: project[k] for k in ("id", "key", "name")},
            reporter=self.name(issue["reporter"]), assignee=self.name(issue["assignee"]), labels=sorted(issue["labels"]),
            parent=self.related(issue["parent"]), cloned_from=self.related(issue["cloned_from"]), archived=bool(issue["archived"]),
            subtasks=self.first_page(self.children(issue), lambda item: item["id"]),
            components=[{"id": id, "name": project["components"][id]["name"]} for id in sorted(issue["components"])],
            **{which: [{"id": id, "name": self.version(project, id)[1]["name"], "status": self.version(project, id)[2]}
                       for id in sorted(issue[which])] for which in ("fix_versions", "affects_versions")},
            links=self.first_page(self.links(issue), lambda link: f"{link['type']}:{link['direction']}:{link['issue']['id']}"),
            comments=self.newest(self.comments(issue)), worklogs=self.newest(self.worklogs(issue)),
            fields=self.field_values(project, issue), spent=self.worklogs(issue)["minutes"], watchers=self.first_page(self.watchers(issue), lambda item: item["id"]))
        return found

    def former_keys(self, issue):
        places = [(self.fold.projects[id], number, True) for id, number in issue["former"]] + \
            [(self.fold.projects[issue["project_id"]], issue["number"], False)]
        return [f"{key}-{number}" for project, number, now in places if not project["deleted"]
                for key in project["former_keys"] + [project["key"]] * now][:100]

    def names(self, issue):
        """Of members, components and versions that the history of the issue names."""
        def ids(value):
            if isinstance(value, (dict, list)):
                return {id for part in (value.values() if isinstance(value, dict) else value) for id in ids(part)}
            return {value} if isinstance(value, str) else set()
        found = {id: (self.name(id) or {}).get("name") or self.fold.part_names.get(id)
                 for row in self.history(issue) for id in ids(row["body"]) if id}
        return {id: name for id, name in found.items() if name}

    def history(self, issue):
        """Its events, and the links that others made to it, or cut."""
        rows = (self.audit_row(event) for event in self.fold.audit if event["data"]["meta"]["aggregate"]["id"] == issue["id"] or
                short(event) in ("IssueLinked", "IssueUnlinked") and event["data"]["other"] == issue["id"])
        return [dict({k: row[k] for k in ("seq", "type", "occurred_at", "reason", "body")},
                     issue=None if row["aggregate"]["id"] == issue["id"] else row["aggregate"]["id"],
                     actor={"kind": row["actor"]["kind"], **self.name(row["actor"]["id"]),
                            "on_behalf_of": self.name(row["actor"]["on_behalf_of"])}) for row in rows]

    def audit_row(self, event):
        meta = event["data"]["meta"]
        aggregate = meta["aggregate"]
        key = self.fold.key(self.fold.issues[aggregate["id"]]) if aggregate["kind"] == "issue" else None
        return {"seq": meta["seq"], "id": meta["event_id"], "type": short(event),
                "aggregate": {"kind": aggregate["kind"], "id": aggregate["id"], "key": key},
                "actor": {k: meta["actor"][k] for k in ("kind", "id", "credential_id", "on_behalf_of")}, "command_id": meta["command_id"],
                "occurred_at": meta["occurred_at"], "recorded_at": meta["recorded_at"], "reason": meta["reason"],
                "body": {k: v for k, v in event["data"].items() if k != "meta"}}

    def documents(self):
        """Rows of the search view: one per issue, per comment and per text of a custom field (which have no number), by id."""
        rows = []
        for issue in self.fold.issues.values():
            place = {"issue_id": issue["id"], "project_id": issue["project_id"], "number": issue["number"]}
            rows.append(dict(place, doc_id=issue["id"], title=issue["summary"], body=issue["description"],
                             updated_seq=issue["search_seq"]))
            rows += self.field_documents(issue)
            for comment in issue["comments"].values():
                rows.append(dict(place, doc_id=comment["id"], number=None, title="", body=comment["body"],
                                 updated_seq=comment["text_seq"]))
        return sorted(rows, key=lambda row: row["doc_id"])


def differences(expected, found, path=""):
    """Where two JSON values differ, as "path: a, not b"."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(set(expected) | set(found)):
            if key not in found:
                yield f"{path}/{key}: missing"
            elif key not in expected:
                yield f"{path}/{key}: {found[key]!r:.200} should not be there"
            else:
                yield from differences(expected[key], found[key], f"{path}/{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path}: {len(found)} items, not {len(expected)}"
        for i, (a, b) in enumerate(zip(expected, found)):
            yield from differences(a, b, f"{path}/{i}")
    elif expected != found or type(expected) is not type(found):
        yield f"{path}: {found!r:.200}, not {expected!r:.200}"


def judge(tenant, events, found, profiles=None):
    """Every complaint about a tenant: its log, and what was collected (tests/lib/collect.py) against the fold of the log.
    @found may leave resources out; what it has must be right and whole."""
    laws, fold = Laws(tenant, events), Fold(tenant, events, profiles)
    complaints = laws.complaints + fold.complaints
    if not fold.complaints:
        expected = Expected(fold).all()
        for optional in ("documents", "audit"):
            if optional not in found:
                del expected[optional]
        if "audit" not in found:
            expected = {name: value for name, value in expected.items() if not name.startswith(("history ", "bulk "))}
        complaints += [f"{tenant}{text}" for text in differences(expected, found)]
    return complaints


def judge_answers(tenant, events, answers):
    """@answers: {command id: last answer's (status, body)} of commands of the tenant, each answered for good. What was
    acknowledged is in the log once and as answered; what was refused or changed nothing is not there."""
    there = Laws(tenant, events).commands
    complaints = []
    for command, (status, body) in answers.items():
        logged = there.get(command)
        if status in (200, 201) and body["outcome"] in ("accepted", "repeated"):
            said = [(e["id"], e["seq"]) for e in body["events"]]
            if not said or logged != said or body["position"] != said[-1][1]:
                complaints.append(f"{tenant}: command {command} was acknowledged with {said}, the log has {logged}")
        elif status == 503 or status < 200:
            complaints.append(f"{tenant}: command {command} has no answer for good: {status}")
        elif logged:
            complaints.append(f"{tenant}: command {command} was answered {status} {body}, the log has {logged}")
    return complaints


def judge_rule(tenant, events):
    """The rule "when all sub-tasks of an issue are done, the issue is done": each event that made it true has exactly one
    command of a rule as its effect, and no other event has one."""
    issues, causes, effects = {}, [], {}

    def open_subtasks(parent):
        return [i for i in issues.values() if i["parent"] == parent and not i["done"] and not i["deleted"]]

    for event in events:
        data, name = event["data"], short(event)
        meta = data["meta"]
        issue = issues.get(meta["aggregate"]["id"])
        if meta["actor"]["kind"] == "rule" and meta["index"] == 0:
            effects.setdefault(meta["causation_id"], []).append(meta["command_id"])
        if name == "IssueCreated" and data["type"] == "subtask":
            issues[meta["aggregate"]["id"]] = {"parent": data["parent"], "done": False, "deleted": False}
        elif name in ("IssueTransitioned", "IssueMoved") and issue:
            was_done, issue["done"] = issue["done"], data["to_category"] == "done"
            if issue["done"] > was_done and issue["parent"] and not issue["deleted"] and not open_subtasks(issue["parent"]):
                causes.append(meta["event_id"])
        elif name == "IssueConverted" and data["to_type"] == "subtask":
            issues[meta["aggregate"]["id"]] = {"parent": None, "done": data["to_category"] == "done", "deleted": False}
        elif name == "IssueConverted" and issue:
            del issues[meta["aggregate"]["id"]]
            left = issue["parent"]
            is_parent = any(i["parent"] == left and not i["deleted"] for i in issues.values())
            if left and is_parent and not issue["done"] and not open_subtasks(left):
                causes.append(meta["event_id"])
        elif name == "IssueParentChanged" and issue:
            left, issue["parent"] = issue["parent"], data["to"]
            is_parent = any(i["parent"] == left and not i["deleted"] for i in issues.values())
            if left and is_parent and not issue["done"] and not open_subtasks(left):
                causes.append(meta["event_id"])
        elif name in ("IssueDeleted", "IssueRestored") and issue:
            issue["deleted"] = name == "IssueDeleted"
            is_parent = any(i["parent"] == issue["parent"] and not i["deleted"] for i in issues.values())
            if issue["deleted"] and not data["with_parent"] and is_parent and not issue["done"] and \
                    not open_subtasks(issue["parent"]):
                causes.append(meta["event_id"])
    complaints = [f"{tenant}: event {cause} should have one effect, it has {effects.get(cause, [])}"
                  for cause in causes if len(effects.get(cause, [])) != 1]
    return complaints + [f"{tenant}: event {cause} has effects {effects[cause]}, it should have none"
                         for cause in effects if cause not in causes]
