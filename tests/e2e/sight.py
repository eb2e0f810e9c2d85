#!/usr/bin/python3 -B
"""What is hidden or deleted cannot be told from what is not there, and what people write is never touched."""
import json
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import api  # noqa: E402
import nexusflow  # noqa: E402

NODE = None
WHO = {"owner": None, "mia": "member", "max": "member", "gus": "guest"}
IDS = {who: nexusflow.new_id() for who in WHO}
CLIENTS, KILO, HIDDEN = {}, nexusflow.new_id(), []


def setUpModule():
    """KILO is private, seen by max; OPEN is open."""
    global NODE
    api.keep_answers()
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    CLIENTS["owner"], IDS["owner"] = nexusflow.create_organization(NODE, "acme")
    for who in ("mia", "max", "gus"):
        does("AddMember", member_id=IDS[who], person=nexusflow.person(who), role=WHO[who])
        CLIENTS[who] = NODE.client(NODE.token(who))
    does("CreatePermissionScheme", scheme="private", name="Private", grants=[
        {"permission": p, "to": "member", "member": IDS["max"]} for p in ("browse_project", "create_issues", "move_issues")])
    does("CreateProject", project_id=KILO, key="KILO", name="Kilo", permission_scheme="private")
    does("CreateProject", key="OPEN", name="Open")
    for _ in range(2):
        HIDDEN.append(nexusflow.new_id())
        does("CreateIssue", issue_id=HIDDEN[-1], project="KILO", summary="secret")


def tearDownModule():
    complaints = api.complaints_about_answers(NODE)
    for client in CLIENTS.values():
        client.close()
    NODE.end()
    if complaints:
        raise AssertionError("what is left out does not fit the document:\n" + "\n".join(sorted(complaints)[:30]))


def does(name, who="owner", /, **data):
    answer = CLIENTS[who].command("acme", name, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{name} {data}: {answer}")
    return answer


def get(path, who="owner"):
    return CLIENTS[who].get("/v1/t/acme" + path, least=NODE.written["acme"])


def read(path, who="owner"):
    answer = get(path, who)
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def feed(who):
    CLIENTS[who].written["acme"] = NODE.written["acme"]
    return CLIENTS[who].events("acme")


def issue(who="owner", /, **data):
    id = nexusflow.new_id()
    does("CreateIssue", who, **dict({"issue_id": id, "project": "OPEN", "summary": "one"}, **data))
    return id


class Case(unittest.TestCase):
    maxDiff = None


def told(answer):
    body = answer.json()
    body.pop("request_id", None)
    return answer.status, body


class Named(Case):
    """However something hidden is written, it is not there."""

    def test_no_spelling_of_a_hidden_issue_or_project_is_there(self):
        kelvin = "\u212aILO"  # its normal form is KILO
        for parameter, path, names, nothing in (
                ("issue", "/audit", ("KILO-1", "kilo-1", "KILO-01", "KILO-02", "KILO-001", kelvin + "-1", HIDDEN[0], HIDDEN[0].upper()), "NONE-1"),
                ("issue", "/permissions", ("KILO-1", "kilo-1", "KILO-01", kelvin + "-1", HIDDEN[0], HIDDEN[0].upper()), "NONE-1"),
                ("project", "/audit", ("KILO", "kilo", kelvin, KILO, KILO.upper()), "NONE"),
                ("project", "/permissions", ("KILO", "kilo", kelvin, KILO), "NONE"),
                ("project", "/search?text=secret", ("KILO", "kilo", kelvin, KILO), "NONE"),
                ("project", "/boards", ("KILO", "kilo", kelvin, KILO), "NONE")):
            at = path + ("&" if "?" in path else "?") + parameter + "="
            expected = told(get(at + nothing, "mia"))
            for name in names:
                with self.subTest(at + name):
                    found = told(get(at + urllib.parse.quote(name), "mia"))
                    self.assertEqual(found[0], expected[0])
                    self.assertEqual(json.dumps(found[1]).replace(name, nothing), json.dumps(expected[1]))
        for name in ("KILO", "kilo", "\u212aILO", KILO):
            for path in ("", "/board", "/components", "/versions", "/labels", "/configuration", "/roles", "/assignable"):
                with self.subTest(f"{name} {path}"):
                    self.assertEqual(get(f"/projects/{urllib.parse.quote(name)}{path}", "mia").status, 404)

    def test_a_number_with_zeros_is_the_key_of_no_issue(self):
        one = read("/issues/" + issue())["key"]
        zeros = one.replace("-", "-0")
        for path in ("/audit?issue=", "/permissions?issue=", "/issues/"):
            self.assertEqual([get(path + key).status for key in (one, zeros)], [200, 404], path)

    def test_a_project_is_found_by_its_id_wherever_by_its_key(self):
        id = read("/projects/OPEN")["id"]
        issue()
        does("CreateBoard", name="B", projects=["OPEN"])
        for path in ("/projects/%s", "/projects/%s/board", "/projects/%s/components", "/projects/%s/versions",
                     "/projects/%s/labels", "/projects/%s/statuses", "/projects/%s/configuration", "/projects/%s/workflows",
                     "/projects/%s/roles", "/projects/%s/assignable", "/boards?project=%s", "/search?text=one&project=%s",
                     "/audit?project=%s", "/permissions?project=%s"):
            for who in ("owner", "mia"):
                with self.subTest(f"{path} {who}"):
                    self.assertEqual(read(path % id, who), read(path % "OPEN", who))
            none = get(path % nexusflow.new_id())
            self.assertEqual(none.json()["items"] if path.startswith("/search") else none.status,
                             [] if path.startswith("/search") else 404, path)


class Written(Case):
    """Ids in what people write are texts, whatever else has them."""

    def test_a_text_that_is_the_id_of_something_hidden_stays(self):
        gone = nexusflow.new_id()
        does("CreateProject", project_id=gone, key="GONE", name="x")
        does("DeleteProject", project="GONE")
        answers = {}
        for name, text in (("hidden", HIDDEN[0]), ("project", KILO), ("deleted", gone), ("nothing", nexusflow.new_id())):
            one = issue("mia", summary=text, description=text, labels=[text, "z"])
            does("AddComment", "mia", issue=one, body=text)
            does("LogWork", "mia", issue=one, minutes=5, started_at="2026-01-01T00:00:00Z", comment=text)
            page = read(f"/issues/{one}", "mia")
            self.assertEqual((page["summary"], page["description"], sorted(page["labels"])), (text, text, sorted([text, "z"])))
            self.assertEqual([c["body"] for c in page["comments"]["items"]], [text])
            self.assertEqual([w["comment"] for w in page["worklogs"]["items"]], [text])
            for bodies in ([e["body"] for e in read(f"/issues/{one}/history", "mia")["items"]],
                           [e["body"] for e in read(f"/audit?issue={one}", "mia")["items"]],
                           [e["data"] for e in feed("mia") if e["subject"] == "issue/" + one]):
                self.assertEqual((bodies[0]["summary"], bodies[0]["description"], sorted(bodies[0]["labels"])),
                                 (text, text, sorted([text, "z"])))
                self.assertEqual((bodies[1]["body"], bodies[2]["comment"]), (text, text))
            answers[name] = json.dumps(read("/search?text=" + text, "mia")["items"]).count(text)
        self.assertEqual(len(set(answers.values())), 1, answers)

    def test_what_refers_to_something_hidden_is_left_out(self):
        moved = nexusflow.new_id()
        does("CreateIssue", issue_id=moved, project="KILO", summary="x")
        does("MoveIssue", issue=moved, project="OPEN")
        for bodies in ([e["body"] for e in read(f"/audit?issue={moved}&type=IssueCreated", "mia")["items"]],
                       [e["body"] for e in read(f"/issues/{moved}/history", "mia")["items"]][:1],
                       [e["data"] for e in feed("mia") if e["subject"] == "issue/" + moved][:1]):
            self.assertEqual((bodies[0]["project_id"], bodies[0]["summary"]), (None, "x"))
        self.assertEqual(read(f"/audit?issue={moved}&type=IssueCreated", "max")["items"][0]["body"]["project_id"], KILO)


class Deleted(Case):
    """What is deleted is told of to who may bring it back."""

    def told_of(self, id, who):
        return (get(f"/audit?issue={id}", who).status,
                sum(e["aggregate"]["id"] == id for e in read("/audit?limit=1000", who)["items"]),
                sum(e["aggregate"]["id"] == id for e in read("/audit?limit=1000&order=desc&project=OPEN", who)["items"]),
                sum(e["subject"] == "issue/" + id for e in feed(who)))

    def test_events_of_a_deleted_issue_are_for_who_restores_it(self):
        one = issue()
        key = read("/issues/" + one)["key"]
        does("AddComment", issue=one, body="private words")
        for _ in range(2):
            before = self.told_of(one, "owner")
            self.assertEqual({who: self.told_of(one, who) for who in ("mia", "gus")}, {who: before for who in ("mia", "gus")})
            does("DeleteIssue", issue=one)
            n = before[1] + 1
            self.assertEqual(self.told_of(one, "owner"), (200, n, n, n))
            for who in ("mia", "gus"):
                self.assertEqual(self.told_of(one, who), (404, 0, 0, 0))
                self.assertEqual(get(f"/audit?issue={key}", who).status, 404)
                self.assertNotIn("private words", get("/audit?limit=1000", who).body.decode())
                self.assertEqual(read("/deleted-issues", who)["items"], [])
            does("RestoreIssue", issue=one)

    def test_who_restores_where_they_are_not_admins_is_told(self):
        does("CreatePermissionScheme", scheme="keepers", name="Keepers", grants=[
            {"permission": p, "to": "member", "member": IDS["max"]} for p in ("browse_project", "restore_issues")] + [
            {"permission": "browse_project", "to": "member", "member": IDS["mia"]}])
        does("CreateProject", key="KEPT", name="Kept", permission_scheme="keepers")
        one = issue(project="KEPT")
        does("DeleteIssue", issue=one)
        self.assertEqual([get(f"/audit?issue={one}", who).status for who in ("max", "mia", "gus")], [200, 404, 404])
        self.assertEqual([sum(e["subject"] == "issue/" + one for e in feed(who)) for who in ("max", "mia", "gus")], [2, 0, 0])
        self.assertEqual([sum(e["aggregate"]["id"] == one for e in read("/audit?limit=1000&order=desc", who)["items"])
                          for who in ("max", "mia", "gus")], [2, 0, 0])

    def texts(self, one, who):
        """By the history, the audit log and the feed: the same."""
        found = [[e["body"] for e in read(f"/issues/{one}/history", who)["items"]],
                 [e["body"] for e in read(f"/audit?issue={one}", who)["items"]],
                 [e["data"] for e in feed(who) if e["subject"] == "issue/" + one]]
        found = [[b[name] for b in bodies for name in ("body", "comment") if name in b] for bodies in found]
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0], found[2])
        return found[0]

    def test_a_deleted_text_is_for_who_may_delete_everybodys(self):
        one, words, work = issue("mia"), nexusflow.new_id(), nexusflow.new_id()
        does("AddComment", "mia", issue=one, comment_id=words, body='with "quotes" \\ and , {')
        does("EditComment", "mia", issue=one, comment_id=words, body="second")
        does("AddComment", "mia", issue=one, body="stays")
        does("LogWork", "mia", issue=one, worklog_id=work, minutes=5, started_at="2026-01-01T00:00:00Z", comment="worked")
        everything = ['with "quotes" \\ and , {', "second", "stays", "worked"]
        self.assertEqual([self.texts(one, who) for who in ("owner", "mia", "gus")], [everything] * 3)
        does("DeleteComment", "mia", issue=one, comment_id=words)
        does("DeleteWorklog", "mia", issue=one, worklog_id=work)
        self.assertEqual(self.texts(one, "owner"), everything)
        for who in ("mia", "max", "gus"):
            self.assertEqual(self.texts(one, who), [None, None, "stays", None])
            self.assertEqual(get(f"/issues/{one}/comments/{words}/history", who).status, 404)

    def test_an_etag_is_of_what_is_shown(self):
        one, words = issue(), nexusflow.new_id()
        does("AddComment", issue=one, comment_id=words, body="x")
        does("DeleteComment", issue=one, comment_id=words)
        tags = {who: get(f"/issues/{one}/history", who).header("ETag") for who in ("owner", "mia", "gus")}
        self.assertEqual(tags["mia"], tags["gus"])
        self.assertNotEqual(tags["owner"], tags["mia"])


class Repeated(Case):
    """The first answer is given again to who was given it."""

    def test_somebody_else_with_the_key_is_told_nothing(self):
        command, body = nexusflow.new_id(), {"project": "KILO", "summary": "mine"}
        first = CLIENTS["max"].command("acme", "CreateIssue", body, command)
        self.assertEqual(first.status, 201, first)
        again = CLIENTS["max"].command("acme", "CreateIssue", body, command)
        self.assertEqual((again.status, again.json()["key"], again.header("Idempotency-Replayed")), (201, first.json()["key"], "true"))
        for who in ("mia", "gus", "owner"):
            answer = CLIENTS[who].command("acme", "CreateIssue", body, command)
            self.assertEqual((answer.status, answer.json()["code"]), (422, "key_reused"), answer)
            self.assertNotIn("KILO-", answer.body.decode())
            other = CLIENTS[who].command("acme", "CreateIssue", dict(body, summary="other"), command)
            self.assertEqual(told(other), told(answer))

    def test_an_api_key_of_the_same_person_is_the_same_person(self):
        secret = does("CreateApiKey", "max", name="build", scope="write").json()["secret"]
        command, body = nexusflow.new_id(), {"project": "OPEN", "summary": "mine"}
        first = CLIENTS["max"].command("acme", "CreateIssue", body, command)
        client = NODE.client(secret)
        again = client.command("acme", "CreateIssue", body, command)
        client.close()
        self.assertEqual((again.status, again.json()["key"]), (201, first.json()["key"]), again)

    def test_the_key_that_an_issue_has_where_one_sees_nothing_is_not_told(self):
        command, body = nexusflow.new_id(), {"project": "OPEN", "summary": "mine"}
        first = CLIENTS["mia"].command("acme", "CreateIssue", body, command)
        id = first.json()["aggregate"]["id"]
        does("MoveIssue", issue=id, project="KILO")
        again = CLIENTS["mia"].command("acme", "CreateIssue", body, command)
        self.assertEqual(again.status, 201, again)
        self.assertNotIn("KILO", again.body.decode())
        self.assertEqual(again.json()["aggregate"]["id"], id)


if __name__ == "__main__":
    unittest.main()
