"""What an archive of a GitHub repository says, read on its own: the judge of the importer, with which it shares no code and
no data. `facts` tells it of an archive, `of_commands` of the importer's commands, `of_events` of a tenant's feed; the
three are dictionaries that are equal when nothing was lost, added or misdated."""
import datetime
import re
import unicodedata

FENCE = re.compile(r"\s*(```+|~~~+)")
ITEM = re.compile(r"\s*([-*+]|\d+[.)])(\s|$)")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
ADDRESS = re.compile(r"https?://[^\s()<>\[\]\"']*")
ISSUE_ADDRESS = re.compile(r"https?://(?:www\.)?github\.com/([^/]+/[^/]+)/(?:issues|pull)/([1-9]\d{0,8})(?!\w)")
SHORT = re.compile(r"([A-Za-z0-9_./-]*)#([1-9]\d{0,8})(?![A-Za-z0-9_])")
FIX = re.compile(r"(?<!\w)(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)[ :\[(\n]*$", re.I)
STRENGTH = {"relates": 0, "fixes": 1, "duplicates": 2}
DUPLICATE = re.compile(r"(?<!\w)duplicate of[ :\[(\n]*$", re.I)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def seconds(text):
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def prose(markdown):
    """Paragraphs of what the author wrote: no code, quotes or comments."""
    text, fence, lines, before = markdown.replace("\r", ""), None, [], ""
    for line in text.split("\n"):
        opening = FENCE.match(line)
        if fence:
            if line.strip() and set(line.strip()) == {fence[0]} and len(line.strip()) >= len(fence):
                fence = None
            line = ""
        elif opening and not (opening[1][0] == "`" and "`" in line[opening.end():]):
            fence, line = opening[1], ""
        elif line.lstrip().startswith(">"):
            line = ""
        elif (line.startswith("    ") or line.startswith("\t")) and not before.strip() and line.strip():
            inside = any(ITEM.match(known) for known in lines[-12:])
            if not inside:
                lines.append("")
                continue
        before = line
        lines.append(line.strip())
    text = re.sub(r"<!--.*?(-->|\Z)", " ", "\n".join(lines), flags=re.S)
    return [SPAN.sub(" ", paragraph) for paragraph in re.split(r"\n\n+", text)]


def references(markdown, repo):
    """(number, what the text says of it) of the issues of @repo that a text names, and how many it names of others."""
    own, others = [], 0
    for text in prose(markdown):
        found = []
        for match in ADDRESS.finditer(text):
            issue = ISSUE_ADDRESS.match(match[0])
            if issue:
                found.append((match.start(), issue[1], int(issue[2])))
        text = ADDRESS.sub(lambda match: match[0].replace("#", " "), text)
        for match in SHORT.finditer(text):
            before, at = match[1], match.start()
            if before and re.match(r"\w", before[-1]):
                if re.fullmatch(r"[^/]+/[^/]+", before):
                    found.append((at, before, int(match[2])))
            elif not (not before and at and text[at - 1] in "&#_"):
                found.append((match.end(1), repo, int(match[2])))
        for at, where, number in found:
            if where.lower() == repo.lower():
                own.append((number, "duplicates" if DUPLICATE.search(text[:at]) else "fixes" if FIX.search(text[:at]) else "relates"))
            else:
                others += 1
    return own, others


def visible(text):
    """One line in the form in which commands keep names; of what cannot be seen, the part that test archives have."""
    text = CONTROL.sub(lambda c: " " if c[0] in "\t\n\r" else "\ufffd", text)
    return re.sub("[\u200b\u2028\u2029\u202a-\u202e]", "\ufffd", unicodedata.normalize("NFC", text))


def as_label(text):
    return visible(text).replace(",", ";").strip(" ")[:64].strip(" ")


def as_line(text):
    text = visible(text)
    return (text if len(text) <= 255 else text[:254] + "…") if text.strip() else "(no title)"


def as_body(text):
    text = unicodedata.normalize("NFC", re.sub("([\u0301\u0316]{30})[\u0301\u0316]+", "\\1\ufffd", text))
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", text)


class Reader:
    def __init__(self, archive):
        self.archive = archive
        self.end = seconds(archive["timestamp"]) if archive.get("timestamp") else "9999"
        self.born = {e["number"]: min(seconds(e["createdAt"]), self.end) for e in self.entries()}
        self.links, self.versions, self.edits = {}, {}, set()

    def entries(self):
        return self.archive["issues"] + (self.archive.get("pulls") or [])

    def date(self, entry, item, name="createdAt", default=None):
        text = item.get(name)
        when = seconds(text) if text else default
        return max(min(when, self.end), self.born[entry["number"]])

    # --- versions ---

    def read_versions(self):
        for item in self.archive.get("milestones") or []:
            if item["title"] in self.versions:
                continue
            closed = item.get("state") == "CLOSED"
            made = min(seconds(item["createdAt"]), self.end) if item.get("createdAt") else None
            ended = item.get("closedAt") or item.get("updatedAt")
            day = seconds(item["dueOn"])[:10] if item.get("dueOn") else None
            if closed:
                day = max(min(seconds(ended), self.end), made or "")[:10]
            self.versions[item["title"]] = {"name": as_line(item["title"]), "status": "released" if closed else "planned",
                                            "release_on": day, "made": made}
        for entry in self.entries():
            for title in [entry.get("milestone")] + [e.get("milestoneTitle") for e in entry.get("timelineItems") or []]:
                if title and title not in self.versions:
                    self.versions[title] = {"name": as_line(title), "status": "planned", "release_on": None, "made": None}

    # --- links ---

    def link(self, source, target, kind, when):
        if target not in self.born or source == target:
            return
        when = max(when, self.born[target])
        pair = (min(source, target), max(source, target))
        known = self.links.get(pair)
        if known is None or (STRENGTH[kind], -ord_of(when)) > (STRENGTH[known[0]], -ord_of(known[3])):
            self.links[pair] = (kind, source, target, when)

    def read_text(self, entry, text, when, closes=False):
        """@closes: it is the text of a pull request."""
        for number, kind in references(text or "", self.archive["repo"])[0]:
            self.link(entry["number"], number, "relates" if kind == "fixes" and not closes else kind, when)

    def read_item(self, entry, item, when):
        """An issue or a comment: what it said first, and what it said after each edit."""
        edits = sorted((e for e in item.get("userContentEdits") or [] if e.get("diff")), key=lambda e: e["editedAt"])
        texts = [e["diff"] for e in edits[:-1]] + [item.get("body") or ""]
        if any(not text.strip(" \t\r\n") or len(text) > 65536 for text in texts) or (
                "title" in item and len(visible(self.title_steps(entry, sorted_events(entry))[0][2])) == 255):
            edits, texts = [], texts[-1:]
        closes = item is entry and entry in (self.archive.get("pulls") or [])
        self.read_text(entry, texts[0], when, closes)
        for i in range(1, len(texts)):
            if as_body(texts[i]) != as_body(texts[i - 1]):
                at = max(self.date(entry, edits[i], "editedAt"), when)
                self.edits.add((entry["number"], at, edits[i].get("editor") or "ghost", as_body(texts[i])))
                self.read_text(entry, texts[i], at, closes)

    def read_talk(self, entry):
        """In the order of the importer's dates: what has none has that of what was before it."""
        last = max([self.born[entry["number"]]] + [self.date(entry, e) for e in entry.get("timelineItems") or []
                                                   if e.get("createdAt")][-1:])
        self.read_item(entry, entry, self.born[entry["number"]])
        for comment in entry.get("comments") or []:
            last = self.date(entry, comment, default=last)
            self.read_item(entry, comment, last)
        for review in entry.get("reviews") or []:
            last = self.date(entry, review, default=last)
            self.read_text(entry, review.get("body"), last)
            for remark in review.get("comments") or []:
                last = self.date(entry, remark, default=last)
                self.read_text(entry, remark.get("body"), last)

    def read_linking_events(self, entry):
        for event in entry.get("timelineItems") or []:
            other = next((event[name] for name in ("source", "subject", "canonical") if event.get(name)), None)
            kinds = {"CrossReferencedEvent": "relates", "ConnectedEvent": "relates", "MarkedAsDuplicateEvent": "duplicates"}
            kind = kinds.get(event["__typename"])
            if other and kind and (other.get("repository") or self.archive["repo"]).lower() == self.archive["repo"].lower():
                self.link(entry["number"], other["number"], kind, self.date(entry, event))

    # --- what an issue was over time ---

    def steps(self, entry):
        events = sorted_events(entry)
        found = self.label_steps(entry, events) + self.assignee_steps(entry, events)
        found += self.milestone_steps(entry, events) + self.title_steps(entry, events) + self.state_steps(entry, events)
        return sorted(found, key=lambda step: (step[0], step[1], str(step)))

    def first(self, events, on, off, name, value):
        """Whether something was so in the beginning by the first event that names it; None: no event does."""
        for event in events:
            if event["__typename"] in (on, off) and as_label(event.get(name) or "") == value:
                return event["__typename"] == off
        return None

    def label_steps(self, entry, events):
        final = {as_label(label) for label in entry.get("labels") or []} - {""}
        names = final | {as_label(e.get("label") or "") for e in events} - {""}
        found = []
        for name in names:
            began = self.first(events, "LabeledEvent", "UnlabeledEvent", "label", name)
            there = began if began is not None else name in final
            if there:
                found.append((self.born[entry["number"]], "label", name, None))
            for event in events:
                on = {"LabeledEvent": True, "UnlabeledEvent": False}.get(event["__typename"])
                if on is None or as_label(event.get("label") or "") != name or on == there:
                    continue
                there = on
                found.append((self.date(entry, event), "label" if on else "unlabel", name, event.get("actor") or "ghost"))
        return found

    def assignee_steps(self, entry, events):
        """Only for issues that nobody had before the first event, as on GitHub."""
        kinds = ("AssignedEvent", "UnassignedEvent")
        events = [e for e in events if e["__typename"] in kinds]
        queue = [] if events else [login or "ghost" for login in entry.get("assignees") or []]
        found = [(self.born[entry["number"]], "assign", queue[0], None)] if queue else []
        for event in events:
            before, login = queue[:1], event.get("assignee") or "ghost"
            if event["__typename"] == "AssignedEvent":
                queue += [] if login in queue else [login]
            elif login in queue:
                queue.remove(login)
            if queue[:1] != before:
                found.append((self.date(entry, event), "assign", queue[0] if queue else None, event.get("actor") or "ghost"))
        return found

    def milestone_steps(self, entry, events):
        events = [e for e in events if e["__typename"] in ("MilestonedEvent", "DemilestonedEvent")]
        current = entry.get("milestone") or ""
        if events:
            current = events[0].get("milestoneTitle", "") if events[0]["__typename"] == "DemilestonedEvent" else ""
        found = []

        def change(when, before, after, actor):
            when = max([when] + [self.versions[t]["made"] for t in (before, after) if t and self.versions[t]["made"]]
                       + [step[0] for step in found[-1:]])
            names = [as_line(title) if title else None for title in (before, after)]
            found.append((when, "version", *names, actor))
        if current:
            change(self.born[entry["number"]], "", current, None)
        for event in events:
            title, actor = event.get("milestoneTitle", ""), event.get("actor") or "ghost"
            after = title if event["__typename"] == "MilestonedEvent" else ("" if title == current else current)
            if after != current:
                change(self.date(entry, event), current, after, actor)
                current = after
        return found

    def title_steps(self, entry, events):
        events = [e for e in events if e["__typename"] == "RenamedTitleEvent"]
        current = as_line(events[0]["previousTitle"] if events else entry["title"])
        found = [(self.born[entry["number"]], "title", current, None)]
        for event in events:
            if as_line(event["currentTitle"]) != current:
                current = as_line(event["currentTitle"])
                found.append((self.date(entry, event), "title", current, event.get("actor") or "ghost"))
        return found

    def resolution(self, entry, reason):
        if entry in (self.archive.get("pulls") or []):
            return "wont_do"
        labels = {label.lower() for label in entry.get("labels") or []}
        named = {"NOT_PLANNED": "wont_do", "DUPLICATE": "duplicate", "COMPLETED": "done"}.get(reason)
        by_label = "duplicate" if "duplicate" in labels else "wont_do" if labels & {"wontfix", "invalid"} else "done"
        return named or by_label

    def state_steps(self, entry, events):
        merged = bool(entry.get("state") == "MERGED" or entry.get("mergedAt"))
        events = [e for e in events if e["__typename"] in ("ClosedEvent", "ReopenedEvent")]
        if merged:
            while events and events[-1]["__typename"] == "ClosedEvent":
                events.pop()
        found, closed = [], False
        for event in events:
            shut = event["__typename"] == "ClosedEvent"
            if shut == closed:
                continue
            closed = shut
            how = self.resolution(entry, event.get("stateReason") or entry.get("stateReason")) if shut else None
            found.append((self.date(entry, event), "close" if shut else "reopen", how, event.get("actor") or "ghost"))
        ends_closed = merged or entry.get("state") == "CLOSED"
        if merged or (ends_closed and not closed):
            date = next((entry[n] for n in ("closedAt", "mergedAt", "updatedAt") if entry.get(n)), None)
            date = self.date(entry, {"createdAt": date}) if date else self.born[entry["number"]]
            found.append((max(date, found[-1][0] if found else date), "close",
                          "merged" if merged else self.resolution(entry, entry.get("stateReason")),
                          (entry.get("mergedBy") or None) if merged else None))
        elif closed and not ends_closed:
            found.append((max(self.date(entry, entry, "updatedAt"), found[-1][0]), "reopen", None, None))
        return found


def sorted_events(entry):
    return sorted(entry.get("timelineItems") or [], key=lambda e: e.get("createdAt") or "")


def ord_of(when):
    return int(re.sub(r"\D", "", when))


def facts(archive):
    reader = Reader(archive)
    reader.read_versions()
    for entry in reader.entries():
        reader.read_talk(entry)
        reader.read_linking_events(entry)
    pulls = {entry["number"] for entry in archive.get("pulls") or []}
    types = {e["number"]: "pull_request" if e["number"] in pulls else
             "bug" if "bug" in [label.lower() for label in e.get("labels") or []] else "task" for e in reader.entries()}
    return {"types": types, "edits": reader.edits,
            "links": {(pair, kind, source if kind != "relates" else None, when)
                      for pair, (kind, source, _, when) in reader.links.items()},
            "versions": {(v["name"], v["status"], v["release_on"]) for v in reader.versions.values()},
            "steps": {entry["number"]: reader.steps(entry) for entry in reader.entries()}}


class Told:
    """The same, from what the importer sent or the log has."""

    def __init__(self):
        self.logins, self.numbers, self.names, self.made = {}, {}, {}, {}
        self.types, self.links, self.versions, self.steps, self.edits = {}, set(), {}, {}, set()

    def step(self, issue, when, *what):
        self.steps[self.numbers[issue]].append((when, *what))

    def link(self, kind, source, target, when):
        a, b = self.numbers[source], self.numbers[target]
        self.links.add(((min(a, b), max(a, b)), kind, a if kind != "relates" else None, when))

    def edited(self, when, issue, text, actor):
        self.edits.add((self.numbers[issue], when, actor, text))

    def created(self, when, issue, data):
        number = int(data["external_ref"].rpartition("#")[2])
        self.numbers[issue], self.steps[number], self.types[number] = number, [], data["type"]
        self.step(issue, when, "title", data["summary"], None)
        for label in data["labels"]:
            self.step(issue, when, "label", label, None)
        if data.get("assignee"):
            self.step(issue, when, "assign", self.logins[data["assignee"]], None)

    def changed_versions(self, when, issue, added, removed, actor):
        names = [[self.names[id] for id in ids] or [None] for ids in (removed, added)]
        self.step(issue, when, "version", names[0][0], names[1][0], actor)

    def told(self):
        return {"types": self.types, "links": self.links, "edits": self.edits, "versions": set(map(tuple, self.versions.values())),
                "steps": {n: sorted(steps, key=lambda s: (s[0], s[1], str(s))) for n, steps in self.steps.items()}}


def of_commands(commands):
    told = Told()
    for line in commands:
        name, data, when = line["command"], line["data"], seconds(line["occurred_at"])
        actor, issue = told.logins.get(line.get("on_behalf_of")), data.get("issue")
        if name == "AddMember":
            told.logins[data["member_id"]] = data["person"]["subject"]
        elif name == "CreateIssue":
            told.created(when, data["issue_id"], data)
        elif name == "AddVersion":
            told.names[data["version_id"]] = data["name"]
            told.versions[data["version_id"]] = [data["name"], "planned", data.get("release_on")]
        elif name == "ReleaseVersion":
            told.versions[data["version_id"]][1:] = ["released", data["release_on"]]
        elif name == "LinkIssues":
            told.link(data["link_type"], issue, data["other"], when)
        elif name == "LabelIssue":
            for label in data.get("add", []):
                told.step(issue, when, "label", label, actor)
            for label in data.get("remove", []):
                told.step(issue, when, "unlabel", label, actor)
        elif name == "AssignIssue":
            told.step(issue, when, "assign", told.logins.get(data.get("assignee")), actor)
        elif name == "ChangeIssueVersions":
            told.changed_versions(when, issue, data.get("add_fix", []), data.get("remove_fix", []), actor)
        elif name == "EditComment" or (name == "EditIssue" and "description" in data):
            told.edited(when, issue, data.get("body") or data["description"], actor)
        elif name == "EditIssue":
            told.step(issue, when, "title", data["summary"], actor)
        elif name == "TransitionIssue":
            closing = data.get("category") == "done" or data.get("transition") in ("close", "merge")
            told.step(issue, when, "close" if closing else "reopen", data.get("resolution"), actor)
    return told.told()


def of_events(events, members):
    """@members: id -> login, as the members' query tells."""
    told = Told()
    told.logins = members
    for event in events:
        name, data = event["type"].rpartition(".")[2], event["data"]
        meta = data["meta"]
        issue, when, actor = meta["aggregate"]["id"], seconds(meta["occurred_at"]), members.get(meta["actor"]["on_behalf_of"])
        if name == "IssueCreated":
            told.created(when, issue, data)
        elif name == "VersionAdded":
            told.names[data["version_id"]] = data["version"]["name"]
            told.versions[data["version_id"]] = [data["version"]["name"], "planned", data["version"]["release_on"]]
        elif name == "VersionStatusChanged":
            told.versions[data["version_id"]][1:] = [data["to"], data["to_release_on"]]
        elif name == "IssueLinked":
            told.link(data["link_type"], issue, data["other"], when)
        elif name == "IssueLabelsChanged":
            for label in data["added"]:
                told.step(issue, when, "label", label, actor)
            for label in data["removed"]:
                told.step(issue, when, "unlabel", label, actor)
        elif name == "IssueAssigned":
            told.step(issue, when, "assign", members.get(data["to"]), actor)
        elif name == "IssueVersionsChanged":
            told.changed_versions(when, issue, data["added"], data["removed"], actor)
        elif name in ("CommentEdited", "IssueDescriptionChanged"):
            told.edited(when, issue, data.get("body") or data["to"], actor)
        elif name == "IssueSummaryChanged":
            told.step(issue, when, "title", data["to"], actor)
        elif name == "IssueTransitioned":
            told.step(issue, when, "close" if data["to_category"] == "done" else "reopen", data["resolution"], actor)
    return told.told()


def differences(expected, found):
    """What is wrong, one line each."""
    lines = []
    for name in ("links", "versions", "edits"):
        lines += [f"{name}: missing {item}" for item in sorted(expected[name] - found[name], key=str)]
        lines += [f"{name}: too much {item}" for item in sorted(found[name] - expected[name], key=str)]
    for name in ("types", "steps"):
        for number in sorted(set(expected[name]) | set(found[name])):
            wanted, got = expected[name].get(number), found[name].get(number)
            if wanted != got:
                lines.append(f"{name} of #{number}: expected {wanted}, found {got}")
    return lines
