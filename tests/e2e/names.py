#!/usr/bin/python3 -B
"""Names in any script, and input beyond every measure: two spellings of a name are one, what cannot be seen is refused, and what
is too much, too early or too late has a precise answer and leaves nothing behind. One test method is one sentence."""
import http.client
import json
import os
import random
import sys
import unicodedata
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nexusflow  # noqa: E402

NODE = OWNER = None
NAMES = ["Übergrößenträger", "Ñandú", "Αθήνα ἀρχή ᾂ", "Йошкар-Ёлка", "ガギグゲゴ", "한국어 각하", "हिन्दी क़लम", "ລາວ ไทย น้ำ", "தமிழ் கொ",
         "עברית שָׁלוֹם", "العربية أُمّة", "Tiếng Việt ệ ữ", "Łódź Çelik ǖ", "Å Ω K", "日本語 神", "🏳️‍🌈 👩‍💻", "می‌خواهم"]


def setUpModule():
    global NODE, OWNER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, _ = nexusflow.create_organization(NODE, "acme")
    does("CreateProject", key="TLS", name="Transport")


def tearDownModule():
    NODE.end()


def does(command, /, **data):
    answer = OWNER.command("acme", command, data)
    if answer.status not in (200, 201):
        raise AssertionError(f"{command} {data}: {answer}")
    return answer


def read(path, least):
    answer = OWNER.get("/v1/t/acme" + path, {"NexusFlow-Min-Position": str(least.position)})
    if answer.status != 200:
        raise AssertionError(f"GET {path}: {answer}")
    return answer.json()


def new_issue(**data):
    return does("CreateIssue", **dict({"project": "TLS", "summary": "one"}, **data)).json()["key"]


def spellings(name):
    return {unicodedata.normalize(form, name) for form in ("NFC", "NFD")} | {name}


class Case(unittest.TestCase):
    def refused(self, status, code, pointer, command, headers=None, /, **data):
        answer = OWNER.command("acme", command, data, headers=headers)
        body = answer.json()
        self.assertEqual((answer.status, body["code"]), (status, code), answer)
        if pointer is not None:
            self.assertIn(pointer, [e["pointer"] for e in body["errors"]], body)
        return body


class Scripts(Case):
    def test_two_spellings_are_one_name_of_a_team_a_component_and_a_version(self):
        for name in NAMES:
            with self.subTest(name):
                kept = unicodedata.normalize("NFC", name)
                for spelling in spellings(name):
                    if spelling == sorted(spellings(name))[0]:
                        does("CreateTeam", name=spelling)
                        does("AddComponent", project="TLS", name=spelling)
                        last = does("AddVersion", project="TLS", name=spelling)
                for spelling in spellings(name):
                    self.refused(409, "team_name_taken", "/name", "CreateTeam", name=spelling)
                    self.refused(409, "name_taken", "/name", "AddComponent", project="TLS", name=spelling)
                    self.refused(409, "name_taken", "/name", "AddVersion", project="TLS", name=spelling)
                for spelling in (name.casefold(), name.upper()):
                    if unicodedata.normalize("NFD", spelling.casefold()) == unicodedata.normalize("NFD", name.casefold()):
                        self.refused(409, "team_name_taken", "/name", "CreateTeam", name=spelling)
                        self.refused(409, "name_taken", "/name", "AddComponent", project="TLS", name=spelling)
                self.assertIn(kept, [c["name"] for c in read("/projects/TLS/components", last)["items"]])
                self.assertIn(kept, [v["name"] for v in read("/projects/TLS/versions", last)["items"]])

    def test_labels_are_found_and_taken_off_in_any_spelling(self):
        key = new_issue(labels=[unicodedata.normalize("NFD", name) for name in NAMES])
        last = does("LabelIssue", issue=key, add=[unicodedata.normalize("NFC", name) for name in NAMES])
        self.assertEqual(last.json()["outcome"], "unchanged")
        self.assertEqual(sorted(read(f"/issues/{key}", last)["labels"]), sorted(unicodedata.normalize("NFC", name) for name in NAMES))
        last = does("LabelIssue", issue=key, remove=[unicodedata.normalize("NFD", name) for name in NAMES])
        self.assertEqual(read(f"/issues/{key}", last)["labels"], [])

    def test_texts_are_searched_in_any_spelling(self):
        key = new_issue(summary=unicodedata.normalize("NFD", "Crème brûlée"))
        last = does("AddComment", issue=key, body=unicodedata.normalize("NFD", "für Ñandús"))
        for word in ("brûlée", "Ñandús"):
            for spelling in spellings(word):
                found = read("/search?text=" + urllib.parse.quote(spelling), last)["items"]
                self.assertEqual({item["key"] for item in found}, {key}, ascii(spelling))

    def test_random_names_are_kept_as_pythons_unicode_has_them(self):
        seed = int(os.environ.get("NEXUSFLOW_TEST_SEED") or random.randrange(2**32))
        print(f"NEXUSFLOW_TEST_SEED={seed}")
        rng = random.Random(seed)
        letters = [chr(c) for block in ((0xC0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x900, 0xD80), (0x1100, 0x1200), (0x1E00, 0x2000),
                                        (0xAC00, 0xAC80), (0xF900, 0xFA00), (0x1D15E, 0x1D165))
                   for c in range(*block) if unicodedata.category(chr(c))[0] in "LMN" and not 0x115F <= c <= 0x1160 and c != 0x34F]
        lines, names = [], []
        for _ in range(300):
            names.append("x" + "".join(rng.choice(letters) for _ in range(rng.randrange(1, 30))))
            lines.append({"command": "CreateIssue", "data": {"project": "TLS", "summary": names[-1]}})
        answers = OWNER.batch("acme", lines).lines()
        self.assertEqual({line["outcome"] for line in answers}, {"accepted"}, answers)
        created = [e["data"]["summary"] for e in OWNER.events("acme", after=int(answers[0]["position"]) - 1)]
        self.assertEqual([ascii(name) for name in created[:len(names)]], [ascii(unicodedata.normalize("NFC", name)) for name in names])

    def test_what_cannot_be_seen_is_no_part_of_a_name(self):
        key = new_issue()
        for hidden in "\u202e\u202a\u2066\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad\u2028\u2029\u3164\u115f\U000e0001\u180e":
            with self.subTest(f"U+{ord(hidden):04X}"):
                self.refused(400, "bad_command", "/name", "CreateTeam", name=f"a{hidden}b")
                self.refused(400, "bad_command", "/labels/1", "CreateIssue", project="TLS", summary="x", labels=["a", f"a{hidden}b"])
                body = self.refused(400, "bad_command", "/summary", "EditIssue", issue=key, summary=f"a{hidden}b")
                self.assertIn(f"U+{ord(hidden):04X}", body["errors"][0]["detail"])
                does("AddComment", issue=key, body=f"a{hidden}b")  # no name: it is quoted as it was written
        for control in "\0\1\t\n\r\x1b\x7f\x80\x85\x9f":
            with self.subTest(f"U+{ord(control):04X}"):
                self.refused(400, "bad_command" if control != "\0" else "malformed_json", None, "CreateTeam", name=f"a{control}b")
        for joined in ("a\u200db", "\u200cab", "न\u200d\u200dन"):
            self.refused(400, "bad_command", "/name", "CreateTeam", name=joined)

    def test_lengths_are_characters_of_the_form_that_is_kept(self):
        for character in ("x", "é", "e\u0301", "世", "🙂", "각", "\u1100\u1161\u11a8"):
            with self.subTest(ascii(character)):
                does("CreateIssue", project="TLS", summary=character * 255)
                self.refused(400, "bad_command", "/summary", "CreateIssue", project="TLS", summary=character * 256)
        self.refused(400, "bad_command", "/body", "AddComment", issue=new_issue(), body="a" + "\u0301" * 31)


class TooMuch(Case):
    def announce(self, path, size):
        """Only the head of a request: it is refused before its body is read."""
        connection = http.client.HTTPConnection("127.0.0.1", NODE.port, timeout=60)
        connection.putrequest("POST", "/v1/t/acme/commands" + path)
        connection.putheader("Authorization", "Bearer " + OWNER.token)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        response = connection.getresponse()
        code = json.loads(response.read())["code"]
        connection.close()
        return response.status, code

    def test_a_comment_of_ten_megabytes(self):
        for path in ("/AddComment", ""):
            self.assertEqual(self.announce(path, 10 << 20), (413, "body_too_large"))
        key = new_issue()
        does("AddComment", issue=key, body="y" * 65536)
        self.refused(400, "bad_command", "/body", "AddComment", issue=key, body="y" * 65537)
        bodies = ["y" * (5 << 20), "y" * (1 << 19), "behind them"]
        lines = OWNER.batch("acme", [{"command": "AddComment", "data": {"issue": key, "body": body}} for body in bodies]).lines()
        self.assertEqual([(line.get("status"), line.get("code")) for line in lines],
                         [(413, "too_large"), (400, "bad_command"), (None, None)])

    def test_a_million_labels(self):
        key = new_issue()
        self.assertEqual(self.announce("/LabelIssue", 4 << 20), (413, "body_too_large"))
        many = [json.dumps({"command": "LabelIssue", "data": {"issue": key, "add": ["l"] * n}}, separators=(",", ":"))
                for n in (1000000, 200000)]
        lines = OWNER.request("POST", "/v1/t/acme/commands", "\n".join(many)).lines()
        self.assertEqual([(line["status"], line["code"]) for line in lines], [(413, "too_large"), (400, "bad_command")])
        self.assertIn("at most 100 items, has 200000", json.dumps(lines[1]))
        does("LabelIssue", issue=key, add=[f"l{n}" for n in range(100)])
        self.refused(422, "too_many_labels", "/add", "LabelIssue", issue=key, add=["one more"])
        last = does("LabelIssue", issue=key, add=["another"], remove=["l7"])
        self.assertEqual(len(read(f"/issues/{key}", last)["labels"]), 100)


class Times(Case):
    def test_days_of_the_year_9999_and_of_none(self):
        key = new_issue(due_on="9999-12-31", start_on="1900-01-01")
        last = does("LogWork", issue=key, minutes=1, started_at="1900-01-01T00:00:00Z")
        found = read(f"/issues/{key}", last)
        self.assertEqual((found["due_on"], found["start_on"]), ("9999-12-31", "1900-01-01"))
        for day in ("-0001-01-01", "-1-01-01", "0000-00-00", "10000-01-01", "99999-12-31", "2026-02-30", "9999-12-32", "+2026-01-01", 9999):
            with self.subTest(day):
                self.refused(400, "bad_command", "/due_on", "EditIssue", issue=key, due_on=day)
                self.refused(400, "bad_command", "/release_on", "AddVersion", project="TLS", name=f"v{day}", release_on=day)
        for day in ("0001-01-01", "1899-12-31"):
            with self.subTest(day):
                self.refused(422, "bad_date", "/due_on", "EditIssue", issue=key, due_on=day)
                self.refused(422, "bad_date", "/release_on", "AddVersion", project="TLS", name=f"v{day}", release_on=day)
                self.refused(422, "bad_date", "/started_at", "LogWork", issue=key, minutes=1, started_at=day + "T00:00:00Z")
        for time in ("-0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "9999-12-31", "9999-12-31T25:00:00Z", -1):
            with self.subTest(time):
                self.refused(400, "bad_command", "/started_at", "LogWork", issue=key, minutes=1, started_at=time)

    def test_times_of_importers(self):
        data = {"project": "TLS", "summary": "x"}
        for time, status, code in (("9999-12-31T23:59:59Z", 422, "occurred_at_decreases"), ("10000-01-01T00:00:00Z", 400, "bad_envelope"),
                                   ("-0001-01-01T00:00:00Z", 400, "bad_envelope")):
            with self.subTest(time):
                self.refused(status, code, None, "CreateIssue", {"NexusFlow-Occurred-At": time}, **data)


class Circles(Case):
    def test_no_issue_is_its_own_ancestor(self):
        epic, story = new_issue(type="epic"), new_issue(type="story")
        does("EditIssue", issue=story, parent=epic)
        task = new_issue(type="subtask", parent=story)
        for issue, parent in ((epic, epic), (epic, story), (story, story), (story, task), (epic, task), (task, task)):
            with self.subTest(f"{parent} above {issue}"):
                answer = OWNER.command("acme", "EditIssue", {"issue": issue, "parent": parent})
                body = answer.json()
                self.assertIn((answer.status, body["code"]), ((409, "parent_cycle"), (422, "parent_type")), body)
                self.assertEqual([e["pointer"] for e in body["errors"]], ["/parent"])

    def test_nothing_blocks_what_it_waits_for(self):
        keys = [new_issue() for _ in range(4)]
        for first, second in zip(keys, keys[1:]):
            does("LinkIssues", issue=first, link_type="blocks", other=second)
        for last in keys[1:]:
            body = self.refused(409, "link_cycle", "/other", "LinkIssues", issue=last, link_type="blocks", other=keys[0])
            self.assertIn(f"{keys[0]} leads back to {last}", body["detail"])
        does("LinkIssues", issue=keys[3], link_type="relates", other=keys[0])
        does("UnlinkIssues", issue=keys[1], link_type="blocks", other=keys[2])
        does("LinkIssues", issue=keys[3], link_type="blocks", other=keys[0])

    def test_no_issue_is_linked_to_itself(self):
        key = new_issue()
        for kind in ("blocks", "relates", "duplicates"):
            self.refused(422, "self_link", "/other", "LinkIssues", issue=key, link_type=kind, other=key)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
