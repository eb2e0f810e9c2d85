#!/usr/bin/python3 -B
"""Custom fields over HTTP: values of every kind in and out, decimals to PostgreSQL and back, what is refused. At the end the
oracle compares every answer of the query API with its own fold of the log. One test method is one sentence."""
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

NODE = OWNER = MEMBER = None
MEMBER_ID = nexusflow.new_id()
PROFILES = {}
DIGITS = "12345678901234567890123456789012345678"
LEVELS = [{"option": id, "name": id.upper()} for id in ("low", "high")]
PLACES = [{"option": "north", "name": "North"}, {"option": "pole", "name": "Pole", "parent": "north"}]
VALUES = {"line": ("text", ["the quokka smiles"]), "notes": ("paragraph", ["two\nlines of wombat"]), "cost": ("number", ["12.5"]),
          "day": ("date", ["2024-02-29"]), "moment": ("datetime", ["2026-11-30T10:00:00.000Z"]), "severity": ("select", ["high"]),
          "levels": ("multi_select", ["high", "low"]), "place": ("cascading_select", ["north", "pole"]),
          "tester": ("member", [MEMBER_ID]), "testers": ("members", [MEMBER_ID]), "agreed": ("checkbox", ["true"]),
          "home": ("url", ["https://example.org/numbat"]), "tags": ("labels", ["a b", "c"])}


def setUpModule():
    global NODE, OWNER, MEMBER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, _ = nexusflow.create_organization(NODE, "acme")
    does("AddMember", member_id=MEMBER_ID, person=nexusflow.person("member"), role="member")
    MEMBER = NODE.client(NODE.token("member")).joined("acme")
    does("CreateProject", key="TLS", name="Tls")
    for field, (kind, _) in VALUES.items():
        options = PLACES if kind == "cascading_select" else LEVELS if kind.endswith("select") else []
        does("AddField", project="TLS", field=field, name=field.title(), kind=kind, options=options)


def tearDownModule():
    NODE.end()


def does(name, client=None, /, **data):
    answer = (client or OWNER).command("acme", name, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{name} {data}: {answer}")
    if "person" in data:
        PROFILES[answer.json()["command_id"]] = data["person"]
    return answer.json()


def read(path, least, client=None):
    return collect.get(client or OWNER, "acme", path, min_position=least["position"])


def search(least, **query):
    return read("/search?" + urllib.parse.urlencode(query), least)["items"]


def wish(**values):
    return [{"field": field, "values": value} for field, value in values.items()]


def create(*, type="task", summary="one", **values):
    return does("CreateIssue", MEMBER, project="TLS", type=type, summary=summary, fields=wish(**values))


def edit(made, **values):
    return does("EditIssue", MEMBER, issue=made["created"], fields=wish(**values))


def values_of(made, least):
    return {f["id"]: f["values"] for f in read(f"/issues/{made['created']}", least)["fields"]}


class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, client, name, status, code, pointer=None, /, **data):
        answer = client.command("acme", name, data)
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer)
        if pointer is not None:
            self.assertEqual(answer.json()["errors"][0]["pointer"], pointer, answer)


class Configuration(Case):
    def configure(self, name, /, **data):
        return does(name, **dict({"project": "CONF"}, **data))

    def fields(self, least):
        return read("/projects/CONF/configuration", least)["fields"]

    def test_a_project_changes_its_fields_while_they_are_in_use(self):
        does("CreateProject", key="CONF", name="Configured")
        self.configure("AddField", field="customer", name="Customer", kind="text", required=True, default_values=["echidna"])
        self.configure("AddField", field="severity", name="Severity", kind="select", options=LEVELS)
        made = does("CreateIssue", MEMBER, project="CONF", summary="one", fields=wish(severity=["low"]))
        self.assertEqual(values_of(made, made), {"customer": ["echidna"], "severity": ["low"]})
        self.refused(MEMBER, "EditIssue", 422, "field_required", "/fields/0/values", issue=made["created"], fields=wish(customer=[]))
        self.refused(MEMBER, "AddField", 403, "forbidden", project="CONF", field="x", name="X", kind="text")
        self.configure("AddFieldOption", field="severity", option="top", name="Top")
        self.configure("EditFieldOption", field="severity", option="low", name="Least", disabled=True)
        answer = self.configure("EditFieldOption", field="severity", option="top", position=0)
        self.assertEqual([(o["id"], o["name"], o["disabled"]) for o in self.fields(answer)[1]["options"]],
                         [("top", "Top", False), ("low", "Least", True), ("high", "HIGH", False)])
        found = read(f"/issues/{made['created']}", answer)["fields"]
        self.assertEqual((found[1]["values"], found[1]["display"]), (["low"], ["Least"]))
        answer = self.configure("EditField", field="severity", name="How bad", position=0, issue_types=["bug"])
        self.assertEqual([(f["id"], f["name"], f["issue_types"], f["issues"]) for f in self.fields(answer)],
                         [("severity", "How bad", ["bug"], 1), ("customer", "Customer", None, 1)])
        self.assertEqual(values_of(made, answer), {"customer": ["echidna"]})
        self.assertEqual(search(answer, project="CONF", field="severity:low"), [])
        self.refused(MEMBER, "EditIssue", 422, "field_context", "/fields/0/field", issue=made["created"], fields=wish(severity=["top"]))
        answer = self.configure("EditField", field="severity", all_types=True)
        self.assertEqual([i["id"] for i in search(answer, project="CONF", field="severity:low")], [made["created"]])
        self.configure("EditField", field="customer", disabled=True)
        self.refused(MEMBER, "EditIssue", 422, "disabled", "/fields/0/field", issue=made["created"], fields=wish(customer=["x"]))

    def test_a_removed_field_is_gone_from_everywhere_but_history(self):
        does("CreateProject", key="GONE", name="Gone")
        does("AddField", project="GONE", field="customer", name="Customer", kind="text")
        made = does("CreateIssue", MEMBER, project="GONE", summary="one", fields=wish(customer=["bilby"]))
        self.assertEqual(len(search(made, text="bilby")), 1)
        self.refused(OWNER, "RemoveField", 409, "in_use", "/field", project="GONE", field="customer")
        gone = does("RemoveField", project="GONE", field="customer", drop_values=True)
        self.assertEqual(values_of(made, gone), {})
        self.assertEqual(search(gone, text="bilby"), [])
        self.assertEqual(search(gone, field="customer:bilby"), [])
        self.assertEqual(read("/projects/GONE/configuration", gone)["fields"], [])
        history = read(f"/issues/{made['created']}/history", gone)["items"]
        self.assertEqual(history[-1]["body"]["changes"][0]["to"], ["bilby"])
        self.refused(OWNER, "AddField", 409, "item_exists", "/field", project="GONE", field="customer", name="C", kind="text")

    def test_a_removed_option_leaves_its_place_to_another(self):
        does("CreateProject", key="LESS", name="Less")
        does("AddField", project="LESS", field="place", name="Place", kind="cascading_select", default_values=["north"], options=[
            {"option": "north", "name": "North"}, {"option": "pole", "name": "Pole", "parent": "north"},
            {"option": "south", "name": "South"}, {"option": "cape", "name": "Cape", "parent": "south"}])
        made = does("CreateIssue", MEMBER, project="LESS", summary="one", fields=wish(place=["north", "pole"]))
        other = does("CreateIssue", MEMBER, project="LESS", summary="two")
        north = {"project": "LESS", "field": "place", "option": "north"}
        self.refused(OWNER, "RemoveFieldOption", 409, "in_use", "/option", **north)
        self.refused(OWNER, "RemoveFieldOption", 409, "in_use", "/option", **north, drop_values=True)
        self.refused(OWNER, "RemoveFieldOption", 422, "bad_change", "/replace_with", **north, replace_with="cape")
        gone = does("RemoveFieldOption", **north, replace_with="south")
        self.assertEqual([e["type"] for e in gone["events"]],
                         ["FieldEdited", "IssueFieldsChanged", "IssueFieldsChanged", "FieldOptionRemoved"])
        field, = read("/projects/LESS/configuration", gone)["fields"]
        self.assertEqual([(o["id"], o["parent"]) for o in field["options"]], [("south", None), ("cape", "south"), ("pole", "south")])
        self.assertEqual(field["default_values"], ["south"])
        found, = read(f"/issues/{made['created']}", gone)["fields"]
        self.assertEqual((found["values"], found["display"]), (["south", "pole"], ["South", "Pole"]))
        self.assertEqual(search(gone, project="LESS", field="place:north"), [])
        self.assertEqual({i["id"] for i in search(gone, project="LESS", field="place:south")}, {made["created"], other["created"]})
        gone = does("RemoveFieldOption", project="LESS", field="place", option="pole", drop_values=True)
        self.assertEqual(values_of(made, gone), {"place": ["south"]})
        changes = [i["body"]["changes"][0]["to"] for i in read(f"/issues/{made['created']}/history", gone)["items"][1:]]
        self.assertEqual(changes, [["north", "pole"], ["south", "pole"], ["south"]])
        self.refused(OWNER, "AddFieldOption", 409, "item_exists", "/option", **north, name="North again")

    def test_clones_and_moves_are_asked_for_what_is_required(self):
        for key in ("NEED", "NOT"):
            does("CreateProject", key=key, name=key)
        made = does("CreateIssue", MEMBER, project="NOT", summary="one")
        does("AddField", project="NEED", field="cause", name="Cause", kind="text", required=True)
        self.refused(MEMBER, "CloneIssue", 422, "field_required", "/fields", issue=made["created"], project="NEED")
        self.refused(MEMBER, "MoveIssue", 422, "field_required", "/fields", issue=made["created"], project="NEED")
        clone = does("CloneIssue", MEMBER, issue=made["created"], project="NEED", fields=wish(cause=["numbat"]))
        self.assertEqual(values_of(clone, clone), {"cause": ["numbat"]})
        moved = does("MoveIssue", MEMBER, issue=made["created"], project="NEED", fields=wish(cause=["bettong"]))
        self.assertEqual([e["type"] for e in moved["events"]], ["IssueMoved", "IssueFieldsChanged"])
        self.assertEqual(values_of(made, moved), {"cause": ["bettong"]})
        self.assertEqual([i["key"] for i in search(moved, field="cause:bettong")], [moved["key"]])
        again = does("CloneIssue", MEMBER, issue=made["created"])
        self.assertEqual(values_of(again, again), {"cause": ["bettong"]})

    def test_an_issue_takes_along_what_another_project_has_a_field_for(self):
        does("CreateProject", key="FROM", name="From")
        does("CreateProject", key="TO", name="To")
        for field in ("customer", "supplier"):
            does("AddField", project="FROM", field=field, name=field, kind="text")
        does("AddField", project="TO", field="customer", name="Client", kind="text")
        made = does("CreateIssue", MEMBER, project="FROM", summary="one", fields=wish(customer=["dunnart"], supplier=["quoll"]))
        moved = does("MoveIssue", issue=made["created"], project="TO")
        self.assertEqual([e["type"] for e in moved["events"]], ["IssueFieldsChanged", "IssueMoved"])
        self.assertEqual([(f["name"], f["values"]) for f in read(f"/issues/{made['created']}", moved)["fields"]], [("Client", ["dunnart"])])
        self.assertEqual([i["key"] for i in search(moved, text="dunnart", project="TO")], ["TO-1"])
        self.assertEqual(search(moved, text="quoll"), [])


class Values(Case):
    def test_what_was_given_comes_back_from_every_view(self):
        made = create(**{field: value for field, (_, value) in VALUES.items()})
        found = read(f"/issues/{made['created']}", made)["fields"]
        self.assertEqual([(f["id"], f["kind"], f["values"]) for f in found],
                         [(field, kind, value) for field, (kind, value) in VALUES.items()])
        self.assertEqual({f["id"]: f["display"] for f in found if f["display"]},
                         {"severity": ["HIGH"], "levels": ["HIGH", "LOW"], "place": ["North", "Pole"],
                          "tester": ["Member"], "testers": ["Member"]})
        for word, field in (("quokka", "line"), ("wombat", "notes"), ("example.org", "home"), ('"a b"', "tags")):
            item, = search(made, text=word)
            self.assertEqual((item["id"], item["kind"], item["field"]), (made["created"], "field", field))
        for field, (kind, value) in VALUES.items():
            ids = [item["id"] for item in search(made, field=f"{field}:{value[-1]}")]
            self.assertEqual(ids, [] if kind == "paragraph" else [made["created"]], field)
        item, = search(made, field="moment:2026-11-30T11:00:00+01:00")
        self.assertEqual(item["value"], "2026-11-30T10:00:00.000Z")
        clone = does("CloneIssue", issue=made["created"])
        self.assertEqual(read(f"/issues/{clone['created']}", clone)["fields"], found)
        gone = edit(made, **{field: [] for field in VALUES})
        self.assertEqual(values_of(made, gone), {})
        for word in ("quokka", "wombat", "example.org"):
            self.assertEqual([item["id"] for item in search(gone, text=word)], [clone["created"]], word)
        self.assertEqual([item["id"] for item in search(gone, field="tags:c")], [clone["created"]])
        edit(clone, **{field: [] for field in VALUES})

    def test_decimals_are_exact_from_json_to_avro_to_postgres_and_back(self):
        made = create()
        for given, exact in (("0.1", "0.1"), ("1e-10", "0.0000000001"), (DIGITS, DIGITS), (f"-0.{DIGITS}", f"-0.{DIGITS}"),
                             ("-0", "0"), ("1.5000", "1.5"), ("1e37", "1" + 37 * "0")):
            with self.subTest(given):
                answer = edit(made, cost=[given])
                event, = read(f"/events?after={answer['position'] - 1}&limit=1", answer)
                self.assertEqual(event["data"]["changes"][0]["to"], [exact])
                self.assertEqual(values_of(made, answer), {"cost": [exact]})
                for asked in (given, exact):
                    item, = search(answer, field=f"cost:{asked}")
                    self.assertEqual((item["id"], item["value"]), (made["created"], exact))
        self.assertEqual(search(made, field="cost:0.1"), [])
        self.assertEqual([i["value"] for i in search(made, text="one", field="cost:1e37")], ["1" + 37 * "0"])
        history = read(f"/issues/{made['created']}/history", made)["items"]
        self.assertEqual([history[2]["body"]["changes"][0][k] for k in ("from", "to")], [["0.1"], ["0.0000000001"]])
        edit(made, cost=[])

    def test_issues_with_a_value_are_listed_in_pages_newest_change_first(self):
        made = [create(tags=["paged"]) for _ in range(5)]
        ids, at = [], None
        while True:
            query = dict({"field": "tags:paged", "limit": 2}, **({"cursor": at} if at else {}))
            page = read("/search?" + urllib.parse.urlencode(query), made[-1])
            ids += [item["id"] for item in page["items"]]
            at = page["next"]
            if at is None:
                break
        self.assertEqual(ids, [issue["created"] for issue in reversed(made)])

    def test_an_edit_may_ask_that_custom_fields_are_unchanged(self):
        made = create(summary="guarded", cost=["1"])
        edit(made, line=["quoll"])
        last = edit(made, cost=[])
        again = {"issue": made["created"], "expected_version": last["version"] - 1}
        self.refused(MEMBER, "EditIssue", 412, "version_mismatch", "/if_fields_unchanged", fields=wish(cost=["2"]),
                     if_fields_unchanged=["cost"], **again)
        self.refused(MEMBER, "EditIssue", 422, "unknown_field", "/if_fields_unchanged", fields=wish(cost=["2"]),
                     if_fields_unchanged=["nothing"], **again)
        does("EditIssue", MEMBER, fields=wish(line=["bilby"]), if_fields_unchanged=["line"], **again)

    def test_values_that_are_none_are_refused_where_they_are(self):
        made = create()
        for field, values, status, code, pointer in (
                ("cost", ["much"], 422, "bad_field_value", "/fields/0/values/0"),
                ("cost", ["1", "2"], 422, "too_many", "/fields/0/values"),
                ("cost", ["1" * 39], 422, "bad_field_value", "/fields/0/values/0"),
                ("day", ["2023-02-29"], 422, "bad_field_value", "/fields/0/values/0"),
                ("day", ["-1-01-01"], 422, "bad_field_value", "/fields/0/values/0"),
                ("moment", ["yesterday"], 422, "bad_field_value", "/fields/0/values/0"),
                ("severity", ["none"], 422, "unknown_option", "/fields/0/values/0"),
                ("place", ["pole"], 422, "bad_field_value", "/fields/0/values/0"),
                ("place", ["north", "north"], 422, "bad_field_value", "/fields/0/values/1"),
                ("tester", [nexusflow.new_id()], 404, "no_such_member", "/fields/0/values/0"),
                ("agreed", ["yes"], 422, "bad_field_value", "/fields/0/values/0"),
                ("home", ["javascript:alert(1)"], 422, "bad_field_value", "/fields/0/values/0"),
                ("tags", ["a,b"], 422, "bad_field_value", "/fields/0/values/0"),
                ("tags", ["x" * 60 + str(n) for n in range(70)], 422, "too_many", "/fields/0/values"),
                ("nothing", ["1"], 422, "unknown_field", "/fields/0/field"),
                ("notes", ["x" * 32768], 400, "bad_command", "/fields/0/values/0"),
                ("cost", [1.5], 400, "bad_command", "/fields/0/values/0")):
            with self.subTest(f"{field} {str(values)[:20]}"):
                self.refused(MEMBER, "EditIssue", status, code, pointer, issue=made["created"], fields=wish(**{field: values}))
        self.assertEqual(values_of(made, made), {})
        for wrong in ("cost", ":1", "Cost:1", "x" * 3000):
            self.assertEqual(OWNER.get(f"/v1/t/acme/search?field={wrong}").status, 400)


class Cards(Case):
    def board(self, least, tag=None, client=None):
        headers = {"NexusFlow-Min-Position": str(least["position"])}
        return (client or OWNER).get(f"/v1/t/acme/boards/{self.id}?limit=1000", dict(headers, **({"If-None-Match": tag} if tag else {})))

    def cards(self, least):
        return {card["id"]: card for column in self.board(least).json()["columns"] for card in column["cards"]}

    def test_cards_show_custom_fields_as_the_issue_does(self):
        does("CreateProject", key="CARD", name="Card")
        does("AddField", project="CARD", field="cost", name="Price", kind="text")
        does("AddField", project="CARD", field="severity", name="Severity", kind="select", options=LEVELS)
        does("AddMember", member_id=(tester := nexusflow.new_id()), person=nexusflow.person("carder"), role="member")
        made = create(summary="carded", cost=["7"], severity=["low"], tester=[tester])
        other = does("CreateIssue", project="CARD", type="task", summary="carded too", fields=wish(cost=["cheap"], severity=["low"]))
        self.id = does("CreateBoard", name="Carded", projects=["TLS", "CARD"], card_fields=["severity", "tester", "type", "cost"])["created"]
        last = edit(made, cost=["7.50"])
        found = {f["id"]: f for f in read(f"/issues/{made['created']}", last)["fields"]}
        found["tester"]["display"] = None
        card = self.cards(last)[made["created"]]
        self.assertEqual(sorted(card), sorted(["id", "key", "summary", "status", "rank", "version", "type", "fields"]))
        self.assertEqual(card["fields"], [found["severity"], found["tester"], found["cost"]])
        self.assertEqual(self.cards(last)[other["created"]]["fields"], [
            {"id": "severity", "name": "Severity", "kind": "select", "values": ["low"], "display": ["LOW"]},
            {"id": "cost", "name": "Price", "kind": "text", "values": ["cheap"], "display": None}])
        clone = does("CloneIssue", MEMBER, issue=made["created"])
        self.assertEqual(self.cards(clone)[clone["created"]]["fields"], card["fields"])
        moved = does("MoveIssue", issue=clone["created"], project="CARD")
        self.assertEqual([f["id"] for f in self.cards(moved)[clone["created"]]["fields"]], ["severity"])
        for change in (lambda: edit(made, severity=[]),
                       lambda: does("EditFieldOption", project="CARD", field="severity", option="low", name="Small"),
                       lambda: does("EditField", project="CARD", field="cost", issue_types=["bug"]),
                       lambda: does("EditField", project="CARD", field="cost", all_types=True),
                       lambda: does("RemoveField", project="CARD", field="cost", drop_values=True)):
            before = self.board(last)
            self.assertEqual(self.board(last, before.header("ETag")).status, 304)
            last = change()
            after = self.board(last, before.header("ETag"))
            self.assertEqual(after.status, 200)
            self.assertNotEqual(after.json(), before.json())
        self.assertEqual(self.board(last).json()["card_fields"], ["severity", "tester", "type", "cost"])
        self.assertEqual(self.cards(last)[other["created"]]["fields"], [
            {"id": "severity", "name": "Severity", "kind": "select", "values": ["low"], "display": ["Small"]}])
        last = does("EditBoard", board=self.id, projects=["CARD"], card_fields=["severity"])
        last = does("RemoveField", project="CARD", field="severity", drop_values=True)
        self.assertEqual(self.board(last).json()["card_fields"], [])

    def test_boards_are_filtered_by_custom_fields(self):
        kinds = {"rated": "select", "rates": "multi_select", "spot": "cascading_select", "watch": "member", "crew": "members",
                 "ready": "checkbox", "topics": "labels"}
        for project in ("ASKED", "BESIDE"):
            does("CreateProject", key=project, name=project)
            for field, kind in kinds.items():
                does("AddField", project=project, field=field, name=field, kind=kind,
                     options=PLACES if field == "spot" else LEVELS if field in ("rated", "rates") else [])
        heir = nexusflow.new_id()
        does("AddMember", member_id=(tester := nexusflow.new_id()), person=nexusflow.person("asked"), role="member")
        does("AddMember", member_id=heir, person=nexusflow.person("heir"), role="member")

        def make(project, summary, **values):
            return does("CreateIssue", project=project, summary=summary, fields=wish(**values))

        one = make("ASKED", "asked for", rated=["high"], watch=[tester], ready=["true"], rates=["low"])
        two = make("ASKED", "asked for, too", rated=["high"], topics=["asked"], spot=["north", "pole"])
        make("ASKED", "never mentioned", rated=["low"], watch=[tester], topics=["asked"])
        last = does("CreateBoard", name="Asked", projects=["ASKED", "BESIDE"], swimlanes="priority", filter={"text": "asked for"}, filters=[
            dict(id=field, name=field, fields=[{"field": field, "values": values}]) for field, values in {
                "rated": ["low", "high"], "watch": [tester.upper()], "ready": ["true"], "rates": ["low"], "topics": ["asked"],
                "spot": ["pole"], "crew": [tester]}.items()])
        self.id = last["created"]

        def shown(least, filters=""):
            board = read(f"/boards/{self.id}?limit=1000&filter={filters}", least)
            return {c["id"] for lane in board["lanes"] for column in lane["columns"] for c in column["cards"]}

        first, second = one["created"], two["created"]
        for filters, expected in (("", {first, second}), ("rated", {first, second}), ("watch", {first}), ("ready", {first}),
                                  ("rates", {first}), ("topics", {second}), ("spot", {second}), ("crew", set()),
                                  ("rated,spot", {second}), ("ready,topics", set())):
            with self.subTest(filters):
                self.assertEqual(shown(last, filters), expected)
        last = does("EditBoard", board=self.id, filter={"text": "asked for", "fields": [
            {"field": "rated", "values": ["high"]}, {"field": "watch", "values": [tester]}]})
        self.assertEqual(shown(last), {first})
        last = edit(two, watch=[tester])
        self.assertEqual(shown(last), {first, second})
        last = does("RemoveMember", member=tester, replace_with=heir)
        self.assertIn("BoardEdited", [e["type"] for e in last["events"]])
        self.assertEqual(read(f"/boards/{self.id}", last)["filter"]["fields"][1], {"field": "watch", "values": [heir]})
        self.assertEqual(shown(last), {first, second})
        last = does("RemoveMember", member=heir, detach=True)
        self.assertEqual(read(f"/boards/{self.id}", last)["filter"]["fields"], [{"field": "rated", "values": ["high"]}])
        three = make("BESIDE", "asked for elsewhere", rated=["high"])["created"]
        does("AddFieldOption", project="BESIDE", field="rated", option="huge", name="Huge")
        last = does("RemoveFieldOption", project="BESIDE", field="rated", option="high", replace_with="huge")
        self.assertEqual(read(f"/boards/{self.id}", last)["filter"]["fields"][0]["values"], ["high"])  # ASKED has it still
        self.assertEqual(shown(last), {first, second})
        does("EditBoard", board=self.id, projects=["BESIDE"], filter={"fields": [{"field": "rated", "values": ["huge"]}]})
        last = does("RemoveFieldOption", project="BESIDE", field="rated", option="huge", replace_with="low")
        self.assertEqual(read(f"/boards/{self.id}", last)["filter"]["fields"][0]["values"], ["low"])
        self.assertEqual(shown(last), {three})

    def test_what_filters_cannot_ask_for_is_refused(self):
        for field, values, code, at in (("nothing", ["x"], "unknown_field", "field"), ("cost", ["1"], "bad_board", "field"),
                                        ("severity", [], "bad_board", "values"), ("levels", ["none"], "unknown_option", "values/0"),
                                        ("agreed", ["perhaps"], "bad_field_value", "values/0"),
                                        ("tester", [nexusflow.new_id()], "no_such_member", "values/0")):
            for where in ("/filter", "/filters/0"):
                asked = {"fields": [{"field": field, "values": values}]}
                data = {"filter": asked} if where == "/filter" else {"filters": [dict(asked, id="x", name="X")]}
                self.refused(OWNER, "CreateBoard", 404 if code.startswith("no_such") else 422, code, f"{where}/fields/0/{at}", name="x",
                             projects=["TLS"], **data)

    def test_what_cards_cannot_show_is_refused(self):
        for fields, status, code in ((["nothing"], 422, "unknown_field"), (["notes"], 422, "bad_board"), (["cost", "cost"], 422, "bad_board"),
                                     (list(VALUES)[:1] + list(VALUES)[2:], 422, "too_many")):
            self.refused(OWNER, "CreateBoard", status, code, "/card_fields", name="x", projects=["TLS"], card_fields=fields)
        self.refused(OWNER, "AddField", 409, "item_exists", "/field", project="TLS", field="comments", name="x", kind="text")


class Whole(Case):
    """Runs last: the classes run in the order of their names."""

    def live_a_little(self):
        """What a rebuild has to join: texts that clones have of others, which have changed since, in projects that are others."""
        does("CreateProject", key="ELSE", name="Elsewhere")
        for field in ("line", "notes"):
            does("AddField", project="ELSE", field=field, name=field, kind=VALUES[field][0])
        made = create(line=["a line"], notes=["first"], cost=["7"], place=["north"], tester=[MEMBER_ID])
        clone = does("CloneIssue", issue=made["created"])
        edit(made, notes=["second"])
        second = does("CloneIssue", issue=clone["created"])
        does("MoveIssue", issue=clone["created"], project="ELSE")
        edit(second, line=["another line"], tags=["x", "y"])
        edit(second, tags=["y"])
        does("EditField", project="ELSE", field="line", issue_types=["bug"])

    def test_every_view_is_rebuilt_as_it_is(self):
        NODE.wait_caught_up()
        for view in ("search", "issue", "state", "board", "audit"):
            done = NODE.run("replay", "rebuild", view, check=False)
            self.assertEqual(done.returncode, 0, (view, done.stdout, done.stderr))
            self.assertIn("rows are equal", done.stdout)

    def test_every_answer_is_that_of_the_oracle(self):
        self.live_a_little()
        NODE.wait_caught_up()
        events = OWNER.events("acme")
        created = events[0]["data"]["meta"]["command_id"]
        found = collect.collect(OWNER, "acme")
        found["documents"] = collect.documents(os.environ["NEXUSFLOW_TEST_POSTGRES"], "acme")
        self.assertEqual(oracle.judge("acme", events, found, dict(PROFILES, **{created: nexusflow.person("owner")})), [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
