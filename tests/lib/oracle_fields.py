"""Custom fields, as the log tells them: what projects have, what issues have in them, what search knows of their texts."""
import datetime
import decimal
import uuid

SELECTS, MEMBERS = ("select", "multi_select", "cascading_select"), ("member", "members")
SETS, WORDS = ("multi_select", "members", "labels"), ("text", "paragraph", "url", "labels")


def canonical_number(value):
    try:
        number = decimal.Decimal(value)
    except decimal.InvalidOperation:
        return None
    return "0" if number == 0 else format(number.normalize(decimal.Context(prec=60)), "f")


def is_canonical(kind, value):
    if kind == "number":
        return canonical_number(value) == value
    if kind == "date":
        return str(datetime.date.fromisoformat(value)) == value
    if kind == "datetime":
        time = datetime.datetime.fromisoformat(value[:-1])
        return value == time.isoformat(timespec="milliseconds") + "Z"
    if kind in MEMBERS:
        return str(uuid.UUID(value)) == value
    return kind != "checkbox" or value in ("true", "false")


def document_of(issue, field):
    """The id of the row of the search view that holds the text."""
    return str(uuid.uuid5(uuid.UUID(issue), field))


def visible(project, issue, id):
    """The field, if the issue shows it."""
    field = next((f for f in project.get("fields", []) if f["id"] == id), None)
    return field if field and (field["issue_types"] is None or issue["type"] in field["issue_types"]) else None


class FoldFields:
    """on_...: part of oracle.Fold."""

    def look_at_values(self, meta, field, values):
        if not all(is_canonical(field["kind"], value) for value in values):
            self.say(meta, f"{field['id']}: {values} are not in their one form")
        if field["kind"] in SETS and values != sorted(set(values), key=str.encode):
            self.say(meta, f"{field['id']}: {values} are not sorted, each once")
        if len(values) > (100 if field["kind"] in SETS else 2 if field["kind"] == "cascading_select" else 1):
            self.say(meta, f"{field['id']}: {len(values)} values")
        options = {o["id"]: o for o in field["options"]}
        if field["kind"] in SELECTS and not all(value in options for value in values):
            self.say(meta, f"{field['id']}: {values} are not all options")
        if field["kind"] == "cascading_select" and [options[v]["parent"] for v in values] != [None, *values][:len(values)]:
            self.doubt(meta, field["id"], f"{field['id']}: {values} do not lie below each other")
        if field["kind"] in MEMBERS and not all(value in self.members for value in values):
            self.say(meta, f"{field['id']}: {values} are not all members")

    def doubt(self, meta, field, text):
        """A complaint, unless an option of the field is gone at the end of the command."""
        self.say(meta, text)
        self.doubts.append((meta["command_id"], field, self.complaints[-1]))

    def on_FieldAdded(self, meta, data):
        project, settings = self.projects[meta["aggregate"]["id"]], data["settings"]
        fields = project.setdefault("fields", [])
        if any(f["id"] == data["field"] for f in fields) or any(f["id"] == data["field"] for f in project.get("removed_fields", [])):
            self.say(meta, f"{data['field']} is, or was, there already")
        if settings["position"] != len(fields):
            self.say(meta, f"position {settings['position']} of {len(fields)} fields")
        field = {"id": data["field"], "kind": data["kind"], "issues": 0, "options": [dict(
            id=o["option"], name=o["name"], parent=o["parent"], disabled=False) for o in data["options"]]}
        fields.append(field)
        self.set_field(meta, field, settings)

    def set_field(self, meta, field, settings):
        field.update({k: settings[k] for k in ("name", "description", "required", "disabled", "default_values")},
                     issue_types=settings["issue_types"] or None)
        self.look_at_values(meta, field, settings["default_values"])

    def field_of(self, meta, data):
        fields = self.projects[meta["aggregate"]["id"]]["fields"]
        return fields, next(f for f in fields if f["id"] == data["field"])

    def on_FieldEdited(self, meta, data):
        fields, field = self.field_of(meta, data)
        before, after = data["before"], data["after"]
        was = dict({k: field[k] for k in ("name", "description", "required", "disabled", "default_values")},
                   issue_types=sorted(field["issue_types"] or []), position=fields.index(field))
        self.same(meta, field["id"], dict(before, issue_types=sorted(before["issue_types"])), was)
        if before == after:
            self.say(meta, f"{field['id']} does not change")
        fields.remove(field)
        fields.insert(after["position"], field)
        self.set_field(meta, field, after)

    def on_FieldRemoved(self, meta, data):
        fields, field = self.field_of(meta, data)
        self.same(meta, field["id"], (data["position"], data["issues"], data["name"] or field["name"]),  # older events do not tell it
                  (fields.index(field), field["issues"], field["name"]))
        fields.remove(field)
        self.projects[meta["aggregate"]["id"]].setdefault("removed_fields", []).append(field)

    def on_FieldOptionAdded(self, meta, data):
        _, field = self.field_of(meta, data)
        option = data["option"]
        siblings = [o for o in field["options"] if o["parent"] == option["parent"]]
        ever = {o["id"] for o in field["options"]} | field.get("removed_options", set())
        if option["option"] in ever or data["position"] != len(siblings):
            self.say(meta, f"the option {option['option']} is, or was, there already, or at another place than the last")
        field["options"].append({"id": option["option"], "name": option["name"], "parent": option["parent"], "disabled": False})

    def on_FieldOptionEdited(self, meta, data):
        _, field = self.field_of(meta, data)
        option = next(o for o in field["options"] if o["id"] == data["option"])
        siblings = [o for o in field["options"] if o["parent"] == option["parent"]]
        self.same(meta, option["id"], [data["from_" + k] for k in ("name", "disabled", "position")],
                  [option["name"], option["disabled"], siblings.index(option)])
        option.update(name=data["to_name"], disabled=data["to_disabled"])
        siblings.remove(option)
        siblings.insert(data["to_position"], option)
        field["options"] = [o for o in field["options"] if o["parent"] != option["parent"]] + siblings

    def on_FieldOptionRemoved(self, meta, data):
        _, field = self.field_of(meta, data)
        project, id, heir = self.projects[meta["aggregate"]["id"]], data["option"], data["replaced_by"]
        option = next(o for o in field["options"] if o["id"] == id)
        siblings = [o for o in field["options"] if o["parent"] == option["parent"]]
        lost = self.lost_options[meta["command_id"], field["id"], id]
        self.same(meta, id, [data[k] for k in ("name", "parent", "position", "issues")],
                  [option["name"], option["parent"], siblings.index(option), lost])
        field["options"].remove(option)
        if heir is not None and heir not in [o["id"] for o in siblings if o is not option]:
            self.say(meta, f"{heir}, which replaces it, is no option beside it")
        below = [o for o in field["options"] if o["parent"] == id]
        if below and heir is None:
            self.say(meta, f"options lie below {id}")
        field["options"] = [o for o in field["options"] if o not in below] + [dict(o, parent=heir) for o in below]
        self.look_at_lost_option(meta, project, field, id)
        for command, of, complaint in self.doubts:
            if (command, of) == (meta["command_id"], field["id"]):
                self.complaints.remove(complaint)
        self.doubts.clear()
        field.setdefault("removed_options", set()).add(id)

    def look_at_lost_option(self, meta, project, field, id):
        if id in field["default_values"] or any(id in issue.get("fields", {}).get(field["id"], {"values": []})["values"]
                                                for issue in self.issues.values() if issue["project_id"] == project["id"]):
            self.say(meta, f"{id} is gone, and an issue, or the default, has it")
        for workflow in [*project["workflows"].values(), *project["drafts"].values()]:
            for way in workflow["transitions"]:
                if any(rule["custom_field"] == field["id"] and id in rule["values"] for rule in way["conditions"] + way["validators"]) or \
                        any(f["field"] == field["id"] and id in f["values"] for f in way["functions"]):
                    self.say(meta, f"{id} is gone, and a workflow names it")

    @staticmethod
    def fields_ever(project):
        return [*project.get("fields", []), *project.get("removed_fields", [])]

    def move_fields(self, meta, issue, source, project):
        """What an issue still has when it moves is taken by a field of the same id and kind, with the same options."""
        for id, value in issue.get("fields", {}).items():
            before, after = (next((f for f in p.get("fields", []) if f["id"] == id), None) for p in (source, project))
            if not before or not after or before["kind"] != after["kind"]:
                self.say(meta, f"no field of {project['key']} takes the value of {id}")
                continue
            before["issues"] -= 1
            after["issues"] += 1
            self.look_at_values(meta, after, value["values"])

    def on_IssueFieldsChanged(self, meta, data):
        issue = self.issue_of(meta)
        values, project = issue.setdefault("fields", {}), self.projects[issue["project_id"]]
        if len({c["field"] for c in data["changes"]}) != len(data["changes"]) or not data["changes"]:
            self.say(meta, "each field changes once")
        for change in data["changes"]:
            field, before = visible(project, issue, change["field"]), values.get(change["field"])
            if meta["command_id"] in self.handing_over:  # what it does not show changes, too
                field = next((f for f in project.get("fields", []) if f["id"] == change["field"]), None)
            elif change["to"] == [] and not change["copied_from"]:  # an issue that moves loses what it does not show, too
                field = next((f for f in self.fields_ever(project) if f["id"] == change["field"]), None)
            elif not field or field["disabled"]:
                field = next((f for f in project.get("fields", []) if f["id"] == change["field"]), None)
                if field:
                    self.doubt(meta, field["id"], f"the issue does not have the field {change['field']} to change it")
            if not field:
                self.say(meta, f"the issue does not have the field {change['field']}")
                continue
            self.change_value(meta, issue, field, before, change)

    def change_value(self, meta, issue, field, before, change):
        paragraph = field["kind"] == "paragraph"
        self.same(meta, "kind", change["kind"], field["kind"])
        self.same(meta, field["id"], change["from"], before["values"] if before and not paragraph else [])
        self.same(meta, "previous_seq", change["previous_seq"], before["text_seq"] if before and paragraph else None)
        to, text_seq = change["to"], meta["seq"]
        if change["copied_from"]:
            source = self.issues[change["copied_from"]]["fields"][field["id"]]
            self.same(meta, "text_seq", change["text_seq"], source["text_seq"])
            to, text_seq = source["values"], source["text_seq"]
        if to == (before["values"] if before else []):
            self.say(meta, f"{field['id']} does not change")
        self.look_at_values(meta, field, to)
        self.lost_options.update((meta["command_id"], field["id"], option) for option in change["from"] if option not in to)
        field["issues"] += bool(to) - bool(before)
        if to:
            issue["fields"][field["id"]] = {"kind": field["kind"], "values": to, "text_seq": text_seq, "search_seq": meta["seq"]}
        else:
            issue["fields"].pop(field["id"], None)


class ExpectedFields:
    """Part of oracle.Expected."""

    @staticmethod
    def fields_of(project):
        types = [type["id"] for type in project["issue_types"]]
        return [dict({k: v for k, v in f.items() if k != "removed_options"}, options=[child for o in f["options"] if o["parent"] is None
                                 for child in [o, *(c for c in f["options"] if c["parent"] == o["id"])]],
                     issue_types=f["issue_types"] and [t for t in types if t in f["issue_types"]])
                for f in project.get("fields", [])]

    def display(self, field, values):
        if field["kind"] in SELECTS:
            return [next(o["name"] for o in field["options"] if o["id"] == value) for value in values]
        return [self.name(value)["name"] for value in values] if field["kind"] in MEMBERS else None

    def field_values(self, project, issue):
        return [{"id": f["id"], "name": f["name"], "kind": f["kind"], "values": issue["fields"][f["id"]]["values"],
                 "display": self.display(f, issue["fields"][f["id"]]["values"])}
                for f in project.get("fields", []) if f["id"] in issue.get("fields", {}) and visible(project, issue, f["id"])]

    @staticmethod
    def field_documents(issue):
        """Rows of the search view: one per text of a custom field."""
        for id, value in issue.get("fields", {}).items():
            if value["kind"] in WORDS:
                yield {"issue_id": issue["id"], "project_id": issue["project_id"], "number": None, "title": "",
                       "doc_id": document_of(issue["id"], id),
                       "body": ", ".join(value["values"]), "updated_seq": value["search_seq"]}
