#!/usr/bin/python3 -B
"""One node, asked nicely and badly: every kind of bad input has a clear answer and leaves nothing behind; what the
contract says of versions, keys, positions, ETags and pages holds. One test method is one sentence."""
import copy
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import collect  # noqa: E402
import nexusflow  # noqa: E402
import oracle  # noqa: E402

NODE = OWNER = MEMBER = STRANGER = None
ANSWERS = set()  # (method, path, status, content type, body) of every answer, to be held against the OpenAPI document
OWNER_ID = None
MEMBER_ID = "018f3d5e-7c00-7000-8000-00000000000d"  # of the example in the OpenAPI document
TEAM = "018f3d5e-7c00-7000-8000-00000000000a"  # of the example in the OpenAPI document
BULK = "018f3d5e-7c00-7000-8000-00000000000c"  # likewise
BOARD = "018f3d5e-7c00-7000-8000-00000000000b"  # likewise
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


CLASSIC = [{"id": id, "name": name, "kind": "directed" if source else "initial", "from": [source] if source else [], "to": to}
           for id, name, source, to in oracle.TRANSITIONS]


def keep_answers():
    """Clients keep what they are answered."""
    attempt = nexusflow.Client.attempt

    def keeping(client, method, path, body, headers, token):
        answer = attempt(client, method, path, body, headers, token)
        if answer.body:
            ANSWERS.add((method, path.split("?")[0], answer.status, answer.header("Content-Type").split(";")[0], answer.body))
        return answer
    nexusflow.Client.attempt = keeping


class Document:
    """The OpenAPI document, and what it says of an answer."""

    def __init__(self, document):
        import jsonschema
        self.library, self.document = jsonschema, document
        self.resolver = jsonschema.RefResolver.from_schema(document)
        one_of = jsonschema.Draft202012Validator.VALIDATORS["oneOf"]

        def by_discriminator(validator, choices, value, schema):
            """Where a member tells the choice, only that one is tried: there are as many as types of events."""
            if "discriminator" not in schema:
                yield from one_of(validator, choices, value, schema)
                return
            mapping, told = schema["discriminator"]["mapping"], value.get(schema["discriminator"]["propertyName"])
            if told not in mapping or {"$ref": mapping[told]} not in choices:
                yield jsonschema.ValidationError(f"{told} is not among {list(mapping)}")
                return
            yield from validator.descend(value, {"$ref": mapping[told]})
        self.validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"oneOf": by_discriminator})
        for schema in document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self.paths = [(re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))) + "$"), path) for path in paths]

    def content(self, method, path, status):
        """{content type: media type object} of such an answer; None: the path is no operation."""
        for pattern, template in self.paths:
            if pattern.match(path) and method.lower() in self.document["paths"][template]:
                said = self.document["paths"][template][method.lower()]["responses"]["2XX" if status < 300 else "default"]
                return (self.resolver.resolve(said["$ref"])[1] if "$ref" in said else said)["content"]
        return None

    def complaints(self, method, path, status, kind, body):
        content = self.content(method, path, status)
        if content is None:
            return
        if method == "GET" and path.endswith("/events") and status == 200:  # says the same in one of three types
            lines = body.splitlines() if kind == "application/x-ndjson" else [body]
            values, (said,) = [json.loads(line) for line in lines], content.values()
            values = values if kind != "application/x-ndjson" else [values]
        elif kind not in content:
            yield f"{method} {path}: answered {status} as {kind}, the document has {list(content)}"
            return
        else:
            said = content[kind]
            values = [body.decode()] if kind.startswith("text/") else \
                [json.loads(line) for line in (body.splitlines() if kind == "application/x-ndjson" else [body])]
        validator = self.validator(said["schema"], resolver=self.resolver, format_checker=self.library.FormatChecker())
        for value in values:
            for error in validator.iter_errors(value):
                error = self.library.exceptions.best_match([error])
                yield f"{method} {path}: {status}, at {error.json_path}: {error.message:.300}"


def setUpModule():
    keep_answers()
    global NODE, OWNER, OWNER_ID, MEMBER, STRANGER
    NODE = nexusflow.Node(postgres=os.environ["NEXUSFLOW_TEST_POSTGRES"]).start()
    NODE.wait_verbose("[+] search", "[+] audit")
    OWNER, OWNER_ID = nexusflow.create_organization(NODE, "acme")
    nexusflow.create_organization(NODE, "other", "stranger")
    STRANGER = NODE.client(NODE.token("stranger"))
    ok(OWNER.command("acme", "AddMember", {"member_id": MEMBER_ID, "person": nexusflow.person("member"), "role": "member"}), 201)
    MEMBER = NODE.client(NODE.token("member")).joined("acme")
    ok(OWNER.command("acme", "CreateProject", {"key": "TLS", "name": "Transport"}), 201)
    ok(OWNER.command("acme", "CreateTeam", {"team_id": TEAM, "name": "Handshakers", "members": [OWNER_ID]}), 201)
    ok(OWNER.command("acme", "BulkEditIssues", {"bulk_id": BULK, "issues": ["TLS-1", "TLS-999"], "priority": "high"}))
    ok(OWNER.command("acme", "CreateBoard", {"board_id": BOARD, "name": "Board", "projects": ["TLS"]}), 201)
    for n in range(1, 14):
        ok(OWNER.command("acme", "CreateIssue", {"project": "TLS", "summary": f"handshake {n}"}), 201)


def complaints_about_answers(node):
    document = Document(node.client().get("/openapi.json").json())
    return [text for answer in ANSWERS for text in document.complaints(*answer)]


def tearDownModule():
    complaints = complaints_about_answers(NODE)
    NODE.end()
    if complaints:
        raise AssertionError(f"{len(complaints)} times the document says something else:\n" + "\n".join(sorted(complaints)[:30]))


def ok(answer, *statuses):
    if answer.status not in (statuses or (200,)):
        raise AssertionError(f"{answer}, not {statuses or 200}")
    return answer


def seq():
    """The last event of the tenant, as the writer knows it: the answer to a command that changes nothing."""
    answer = ok(OWNER.command("acme", "AssignIssue", {"issue": "TLS-1", "assignee": None}))
    assert answer.json()["outcome"] == "unchanged", answer
    return answer.position


def events(after=0, limit=1000):
    """The feed up to the last event of the tenant, at least."""
    collect.get(OWNER, "acme", "/events", limit=1, min_position=seq())
    return OWNER.events("acme", after=after, limit=limit)


def create_issue(**data):
    return ok(OWNER.command("acme", "CreateIssue", dict({"project": "TLS", "summary": "one"}, **data)), 201).json()


class Case(unittest.TestCase):
    def problem(self, answer, status, code, pointer=None):
        """The answer is a problem with every member that the contract names."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.header("Content-Type"), "application/problem+json")
        body = answer.json()
        self.assertEqual(body["code"], code, body)
        self.assertEqual(body["type"], f"urn:nexusflow:problem:{code}")
        self.assertEqual((body["status"], body["success"], body["error_code"]), (status, False, status))
        self.assertTrue(body["title"] and body["detail"] and body["error"], body)
        self.assertRegex(body["request_id"], UUID)
        self.assertEqual(answer.header("X-Request-Id"), body["request_id"])
        if pointer is not None:
            self.assertIn(pointer, [e["pointer"] for e in body["errors"]], body)
        return body


class BadBodies(Case):
    def setUp(self):
        self.before = seq()

    def tearDown(self):
        self.assertEqual(seq(), self.before, "something was appended")

    def create(self, body, status, code, pointer=None):
        return self.problem(OWNER.command("acme", "CreateIssue", body), status, code, pointer)

    def test_malformed_json(self):
        for body in ("", "{", "nonsense", "{'project': 'TLS'}", '{"project":"TLS",}', '{"a":1}{"b":2}', "[]", '"text"', "12",
                     "null", '{"project":"TLS","project":"TLS","summary":"x"}'):
            with self.subTest(body):
                self.create(body, 400, "malformed_json")

    def test_invalid_utf8_and_zeros(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x00", b"\x1f"):
            with self.subTest(bad):
                self.problem(OWNER.request("POST", "/v1/t/acme/commands/CreateIssue",
                                           b'{"project":"TLS","summary":"' + bad + b'"}'), 400, "malformed_json")
        answer = OWNER.command("acme", "CreateIssue", '{"project":"TLS","summary":"a\\u0000b"}')
        self.assertIn(answer.status, (400, 422), answer)
        self.assertIn(answer.json()["code"], ("malformed_json", "bad_command", "bad_text"))

    def test_unknown_members_and_wrong_types(self):
        good = {"project": "TLS", "summary": "one"}
        for pointer, value in {"/nonsense": 1, "/summary": 5, "/labels": "tls", "/labels/1": ["a", 5], "/due_on": "tomorrow",
                               "/assignee": "ada", "/project": None, "/issue_id": "x-y", "/description": {"a": 1}}.items():
            with self.subTest(pointer):
                name = pointer.split("/")[1]
                self.create(dict(good, **{name: value}), 400, "bad_command", pointer)
        body = self.create({"nonsense": 1, "summary": 5}, 400, "bad_command")
        self.assertEqual({e["pointer"] for e in body["errors"]}, {"/nonsense", "/summary", "/project"})
        first = body["errors"][0]
        self.assertEqual(body["detail"], f"CreateIssue {first['pointer']}: {first['detail']}, and 2 more faults")

    def test_numbers_out_of_range(self):
        for version in ("0", "-1", "9223372036854775808", "1e3", "1.5", "1" + "0" * 400):
            with self.subTest(version[:30]):
                answer = OWNER.command("acme", "TransitionIssue",
                                       '{"issue":"TLS-1","to":"done","expected_version":%s}' % version)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(answer.json()["code"], ("bad_command", "malformed_json"))

    def test_texts_that_are_too_long(self):
        self.create({"project": "TLS", "summary": "x" * 256}, 400, "bad_command", "/summary")
        self.create({"project": "TLS", "summary": ""}, 400, "bad_command", "/summary")
        self.create({"project": "TLS", "summary": "x", "description": "y" * 65537}, 400, "bad_command", "/description")
        self.create({"project": "TLS", "summary": "x", "labels": ["l"] * 101}, 400, "bad_command", "/labels")

    def test_bodies_of_a_megabyte(self):
        text = '{"project":"TLS","summary":"x","description":"%s"}'
        self.create(text % ("y" * (1048576 - len(text) + 2)), 400, "bad_command", "/description")
        for path, size in (("/CreateIssue", 1048577), ("", 8 * 1024 * 1024 + 1)):
            self.problem(self.announce("/v1/t/acme/commands" + path, size), 413, "body_too_large")

    def announce(self, path, size):
        """Only the head of a request: it is refused before its body is read, and who goes on sending may see a reset."""
        connection = http.client.HTTPConnection("127.0.0.1", NODE.port, timeout=60)
        connection.putrequest("POST", path)
        connection.putheader("Authorization", "Bearer " + OWNER.token)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        response = connection.getresponse()
        answer = nexusflow.Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer

    def test_depth_of_100000(self):
        for body in ("[" * 100000, '{"a":' * 100000, "[" * 100000 + "]" * 100000,
                     '{"project":' + "[" * 100000 + "]" * 100000 + "}"):
            with self.subTest(body[:10]):
                self.create(body, 400, "malformed_json")

    def test_unknown_commands(self):
        for name in ("Explode", "createIssue", "CreateIssue2", "x" * 500):
            with self.subTest(name[:20]):
                answer = OWNER.command("acme", name, {})
                self.assertEqual(answer.status, 404, answer)
        self.problem(OWNER.command("acme", "Explode", {}), 404, "unknown_command")

    def test_paths_and_methods_that_are_not_there(self):
        self.assertEqual(OWNER.get("/v2/nothing").status, 404)
        answer = OWNER.get("/v1/t/acme/commands/CreateIssue")
        self.assertEqual(answer.status, 405)
        self.assertIn("POST", answer.header("Allow"))
        self.assertEqual(OWNER.request("POST", "/v1/t/acme/me", {}).status, 405)

    def test_envelopes_that_make_no_sense(self):
        good = {"project": "TLS", "summary": "one"}
        for headers in ({"Idempotency-Key": "abc"}, {"Idempotency-Key": "00000000-0000-0000-0000-000000000000"},
                        {"NexusFlow-Occurred-At": "yesterday"}, {"NexusFlow-On-Behalf-Of": "ada"}, {"If-Match": "17"},
                        {"If-Match": '"v0"'}, {"NexusFlow-Reason": "x" * 5000}):
            with self.subTest(headers):
                self.problem(OWNER.command("acme", "CreateIssue", good, headers=headers), 400, "bad_envelope")
        self.problem(OWNER.command("acme", "CreateIssue", good, headers={"NexusFlow-Rule": nexusflow.new_id()}), 403,
                     "forbidden")

    def test_lines_of_a_batch_fail_alone(self):
        answer = OWNER.request("POST", "/v1/t/acme/commands", "\n".join([
            "nonsense", '{"command":"Explode","data":{}}', '{"data":{}}', '{"command":"CreateIssue","data":[]}',
            '{"command":"CreateIssue","more":1,"data":{}}', '{"command":"CreateIssue","data":{"project":"TLS"}}',
            '{"command":"CreateIssue","data":{"project":"NO","summary":"x"}}',
            '{"command":"CreateIssue","command_id":"x","data":{"project":"TLS","summary":"x"}}']))
        self.assertEqual([(line["status"], line["code"]) for line in ok(answer).lines()], [
            (400, "malformed_json"), (404, "unknown_command"), (400, "bad_line"), (400, "bad_line"), (400, "bad_line"),
            (400, "bad_command"), (404, "no_such_project"), (400, "bad_envelope")])
        self.problem(OWNER.request("POST", "/v1/t/acme/commands", ""), 400, "empty_batch")
        self.problem(OWNER.request("POST", "/v1/t/acme/commands", "{}\n" * 5001), 413, "too_large")

    def test_bad_parameters_of_queries(self):
        for path in ("/api-keys?limit=0", "/api-keys?cursor=zz", "/teams?limit=0", "/teams?cursor=zz", f"/teams/{TEAM}?cursor=zz", f"/teams/{TEAM}?limit=501", "/members?limit=0", "/members?limit=x", "/members?limit=100000", "/members?cursor=zz", "/members?limit=-1",
                     "/members?status=gone", "/members?role=king", "/members?text=" + "x" * 1025, "/teams?text=" + "x" * 1025, "/members?name=x", "/projects/TLS/assignable?limit=0", "/projects/TLS/assignable?cursor=zz",
                     "/projects/TLS/board?cursor=00ff", "/projects/TLS/board?limit=1001", f"/boards/{BOARD}?cursor=00ff", f"/boards/{BOARD}?limit=1001", f"/boards/{BOARD}?filter=no", f"/boards/{BOARD}/backlog?filter=no,",
                     f"/boards/{BOARD}/backlog?cursor=zz", "/boards?cursor=zz", "/boards?limit=0", "/events?after=-1",
                     "/projects/TLS/board?cursor=00ff", "/projects/TLS/board?limit=1001", f"/boards/{BOARD}?cursor=00ff", f"/boards/{BOARD}?limit=1001",
                     f"/boards/{BOARD}/backlog?cursor=zz", f"/bulks/{BULK}?after=-1", f"/bulks/{BULK}?limit=501", "/boards?cursor=zz", "/boards?limit=0", "/events?after=-1",
                     "/events?after=99999999999999999999", "/audit?actor=ada", "/audit?type=Nothing", "/search?text=",
                     "/search?text=%22%22", "/search?text=x&cursor=abc", "/me?min_position=x",
                     "/issues/TLS-1/comments?order=newest", "/issues/TLS-1/worklogs?order=DESC", "/issues/TLS-1/history?order=x", "/audit?order=up",
                     "/issues/TLS-1/children?cursor=zz", "/issues/TLS-1/children?limit=501", "/issues/TLS-1/links?cursor=blocks:outward:x", "/issues/TLS-1/watchers?cursor=zz", "/issues/TLS-1/watchers?limit=501",
                     "/audit?from=yesterday", "/audit?to=tomorrow"):
            with self.subTest(path):
                self.problem(OWNER.get("/v1/t/acme" + path), 400, "bad_parameter")

    def test_paths_that_are_no_text(self):
        for path in ("/issues/%00", "/issues/%ff", "/search?text=%ff", "/search?text=%c0%af", "/issues/%zz", "/search?text=%4"):
            with self.subTest(path):
                self.problem(OWNER.get("/v1/t/acme" + path), 400, "bad_uri")

    def test_things_that_are_not_there(self):
        for path in ("/issues/TLS-999", "/issues/tls-999", "/issues/tls-01", "/issues/TLS-01", "/issues/" + nexusflow.new_id(), "/projects/NO",
                     "/teams/x", "/teams/" + nexusflow.new_id(), "/members/x", "/members/" + nexusflow.new_id(), "/projects/NO/assignable", "/projects/NO/board", "/boards/x", "/boards/" + nexusflow.new_id(), "/boards/x/backlog", "/bulks/x", "/bulks/" + nexusflow.new_id(), "/boards?project=NO", "/issues/TLS-999/comments", "/audit?issue=TLS-999", "/audit?project=NO", "/issues/TLS-999/children", "/issues/TLS-999/links", "/issues/TLS-999/watchers", "/issues/-1"):
            with self.subTest(path):
                self.problem(OWNER.get("/v1/t/acme" + path), 404, "not_found")


class Tokens(Case):
    def test_bad_tokens_are_refused_everywhere(self):
        head, claims, signature = OWNER.token.split(".")
        none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
        hs256 = "eyJhbGciOiJIUzI1NiJ9"  # {"alg":"HS256"}
        with nexusflow.Node() as other:
            tokens = {"none at all": None, "no JWT": "abc", "empty parts": "..", "another signature": f"{head}.{claims}.{signature[::-1]}",
                      "without a signature": f"{head}.{claims}.", "alg none": f"{none}.{claims}.", "alg HS256": f"{hs256}.{claims}.{signature}",
                      "changed claims": f"{head}.{claims[:-4]}AAAA.{signature}", "9000 bytes": "x" * 9000,
                      "of another installation": other.token("owner"),
                      "of another issuer": NODE.run("token", "--user", "owner", "--ttl", "1h", "--token-issuer=elsewhere").stdout.strip(),
                      "for another audience": NODE.run("token", "--user", "owner", "--ttl", "1h", "--token-audience=elsewhere").stdout.strip()}
        for name, token in tokens.items():
            for method, path in (("GET", "/v1/t/acme"), ("GET", "/v1/t/nowhere/me"), ("POST", "/v1/t/acme/commands/CreateIssue"),
                                 ("POST", "/v1/t/acme/commands")):
                with self.subTest(f"{name} {method} {path}"):
                    client = NODE.client()
                    answer = client.request(method, path, b"{}" if method == "POST" else None, token=token)
                    self.problem(answer, 401, "bad_token" if token else "no_token")
                    self.assertTrue(answer.header("WWW-Authenticate").startswith("Bearer"))

    def test_other_schemes_are_no_tokens(self):
        for value in ("Basic b3duZXI6b3duZXI=", OWNER.token, "Bearer", "Bearer ", "bearer\t" + OWNER.token):
            with self.subTest(value[:12]):
                self.assertEqual(NODE.client().get("/v1/t/acme", {"Authorization": value}).status, 401)

    def test_the_key_is_for_its_owner_alone(self):
        key = os.path.join(NODE.data, "keys", "token.jwk")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)

    def test_a_foreign_organization_is_like_none(self):
        def without_ids(answer):
            return answer.status, re.sub(r'"request_id":"[^"]*"', "", answer.body.decode())
        for path in ("", "/me", "/members", f"/members/{MEMBER_ID}", f"/members/{MEMBER_ID}/uses", "/projects/TLS/assignable", "/api-keys", "/teams", f"/teams/{TEAM}", "/projects", "/projects/TLS/board", "/boards", f"/boards/{BOARD}", f"/boards/{BOARD}/backlog", f"/bulks/{BULK}", "/issues/TLS-1", "/search?text=handshake", "/audit",
                     "/events?after=0", "/issues/TLS-1/comments", "/issues/TLS-1/children", "/issues/TLS-1/links", "/issues/TLS-1/watchers"):
            with self.subTest(path):
                foreign, none = (STRANGER.get(f"/v1/t/{tenant}{path}") for tenant in ("acme", "nowhere"))
                self.assertEqual(without_ids(foreign), without_ids(none))
                self.assertEqual((foreign.status, foreign.position), (404, None))
        for name, data in (("CreateIssue", {"project": "TLS", "summary": "x"}), ("AddMember", {"person": nexusflow.person("x"), "role": "owner"}),
                           ("TransitionIssue", {"issue": "TLS-1", "to": "done"})):
            with self.subTest(name):
                foreign, none = (STRANGER.command(tenant, name, data) for tenant in ("acme", "nowhere"))
                self.assertEqual(without_ids(foreign), without_ids(none))
                self.assertEqual(foreign.status, 404)
                lines = [STRANGER.batch(tenant, [{"command": name, "data": data}]) for tenant in ("acme", "nowhere")]
                self.assertEqual(*map(without_ids, lines))

    def test_only_an_installation_token_makes_organizations(self):
        data = {"name": "New", "owner": nexusflow.person("stranger")}
        self.assertIn(STRANGER.command("brand-new", "CreateOrganization", data).status, (403, 404))
        self.assertEqual(STRANGER.get("/v1/t/brand-new").status, 404)

    def test_roles(self):
        self.problem(MEMBER.command("acme", "CreateProject", {"key": "NEW", "name": "New"}), 403, "forbidden")
        self.problem(MEMBER.command("acme", "AddMember", {"person": nexusflow.person("x"), "role": "owner"}), 403, "forbidden")
        me = ok(OWNER.get("/v1/t/acme/me")).json()
        self.problem(OWNER.command("acme", "RemoveMember", {"member": me["id"]}), 409, "last_owner")

    def test_a_removed_member_loses_everything_at_once(self):
        id = nexusflow.new_id()
        leaver = NODE.client(NODE.token("leaver"))
        ok(OWNER.command("acme", "AddMember", {"member_id": id, "person": nexusflow.person("leaver"), "role": "admin"}), 201)
        leaver.joined("acme")
        removed = ok(OWNER.command("acme", "RemoveMember", {"member": id}))
        self.problem(leaver.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}), 404, "no_such_tenant")
        self.problem(leaver.get("/v1/t/acme/me", {"NexusFlow-Min-Position": str(removed.position)}), 404, "no_such_tenant")


class Removal(Case):
    """Of a member who is named as lead, assignee, in a field, a workflow and a filter of a board."""

    def setUp(self):
        self.project, self.id, self.heir = "R" + uuid.uuid4().hex[:8].upper(), nexusflow.new_id(), nexusflow.new_id()
        for id, name in ((self.id, "named"), (self.heir, "heir")):
            self.send("AddMember", {"member_id": id, "person": nexusflow.person(name + self.project), "role": "member"})
        self.send("CreateProject", {"key": self.project, "name": "x", "lead": self.id})
        self.send("AddField", {"project": self.project, "field": "crew", "name": "Crew", "kind": "members", "default_values": [self.id]})
        self.component = self.send("AddComponent", {"project": self.project, "name": "c", "default_assignee": self.id}).json()["created"]
        self.issue = self.send("CreateIssue", {"project": self.project, "type": "task", "priority": "low", "summary": "x",
                                               "assignee": self.id}).json()["key"]
        ways = copy.deepcopy(CLASSIC)
        ways[1]["conditions"] = [{"kind": "member", "members": [self.id, OWNER_ID]}]
        self.send("SaveWorkflowDraft", {"project": self.project, "workflow": "classic", "name": "x", "transitions": ways})
        self.send("PublishWorkflow", {"project": self.project, "workflow": "classic"})
        self.board = self.send("CreateBoard", {"name": "x", "projects": [self.project], "filter": {"assignees": [self.id]}, "filters": [
            {"id": "theirs", "name": "Theirs", "assignees": [self.id]}]}).json()["created"]

    def send(self, name, data):
        answer = OWNER.command("acme", name, data)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer

    def read(self, path, position):
        return ok(OWNER.get(f"/v1/t/acme{path}?min_position={position}")).json()

    def types(self, answer):
        return [e["type"].rsplit(".", 1)[-1] for e in answer.json()["events"]]

    def uses(self, id, position):
        return self.read(f"/members/{id}/uses", position)["uses"]

    def assignee(self, position):
        found = self.read("/issues/" + self.issue, position)
        crew, = [f for f in found["fields"] if f["id"] == "crew"] or [{"values": []}]
        return (found["assignee"] or {}).get("id"), crew["values"], found["reporter"]["id"]

    def test_without_a_word_it_is_refused(self):
        self.problem(OWNER.command("acme", "RemoveMember", {"member": self.id}), 409, "in_use")
        answer = OWNER.command("acme", "RemoveMember", {"member": self.id}).json()
        self.assertEqual(answer["detail"], "lead of 1 projects, named by 1 components, assignee of 1 issues, value in 1 issues, "
                         "default of 1 fields, in 1 workflows, in filters of 1 boards: replace_with or detach")
        for data in ({"replace_with": self.heir, "detach": True}, {"replace_with": self.id}):
            self.problem(OWNER.command("acme", "RemoveMember", dict(data, member=self.id)), 422, "bad_change")
        self.problem(OWNER.command("acme", "RemoveMember", {"member": self.id, "replace_with": nexusflow.new_id()}), 404, "no_such_member")

    def test_another_member_takes_every_place(self):
        removed = self.send("RemoveMember", {"member": self.id, "replace_with": self.heir})
        self.assertEqual(self.types(removed), [
            "ProjectLeadChanged", "ComponentEdited", "FieldEdited", "WorkflowDraftSaved", "WorkflowPublished", "IssueAssigned",
            "IssueFieldsChanged", "BoardEdited", "MemberRemoved"])
        at = removed.position
        self.assertEqual(self.assignee(at), (self.heir, [self.heir], OWNER_ID))
        self.assertEqual(self.read("/projects/" + self.project, at)["lead"], self.heir)
        board = self.read(f"/boards/{self.board}", at)
        self.assertEqual(board["filters"][0]["assignees"], [self.heir])
        self.assertEqual(board["filter"]["assignees"], [self.heir])
        self.assertEqual(self.uses(self.heir, at), dict.fromkeys(
            ("projects", "components", "issues", "values", "defaults", "workflows", "boards"), 1) | {"drafts": 0})
        self.problem(OWNER.get(f"/v1/t/acme/members/{self.id}/uses?min_position={at}"), 404, "not_found")
        self.problem(MEMBER.get(f"/v1/t/acme/members/{self.heir}/uses"), 403, "forbidden")
        again = OWNER.command("acme", "RemoveMember", {"member": self.id, "replace_with": self.heir})
        self.problem(again, 404, "no_such_member")

    def test_detached_they_are_empty(self):
        removed = self.send("RemoveMember", {"member": self.id, "detach": True})
        at = removed.position
        self.assertEqual(self.assignee(at), (None, [], OWNER_ID))
        self.assertIsNone(self.read("/projects/" + self.project, at)["lead"])
        board = self.read(f"/boards/{self.board}", at)
        self.assertEqual((board["filter"], board["filters"]), (None, []))

    def test_what_was_deleted_comes_back_with_the_replacement(self):
        self.send("DeleteIssue", {"issue": self.issue})
        self.send("DeleteProject", {"project": self.project})
        self.problem(OWNER.command("acme", "RemoveMember", {"member": self.id}), 409, "in_use")
        self.send("RemoveMember", {"member": self.id, "replace_with": self.heir})
        self.send("RestoreProject", {"project": self.project})
        at = self.send("RestoreIssue", {"issue": self.issue}).position
        self.assertEqual(self.assignee(at)[0], self.heir)
        card, = [c for column in self.read(f"/projects/{self.project}/board", at)["columns"] for c in column["cards"]]
        self.assertEqual(card["assignee"], self.heir)


class Organization(Case):
    def test_the_organization_is_renamed(self):
        name = ok(OWNER.get("/v1/t/acme")).json()["name"]
        for to in ("Acme & Söhne", name):
            position = ok(OWNER.command("acme", "RenameOrganization", {"name": to})).position
            self.assertEqual(ok(OWNER.get(f"/v1/t/acme?min_position={position}")).json()["name"], to)
        self.problem(MEMBER.command("acme", "RenameOrganization", {"name": "Mine"}), 403, "forbidden")

    def member(self, id, position):
        items = collect.get(OWNER, "acme", "/members", limit=500, min_position=position)["items"]
        found, = [m for m in items if m["id"] == id] or [None]
        return found

    def test_a_deactivated_member_may_nothing_and_stays_visible(self):
        id = nexusflow.new_id()
        sleeper = NODE.client(NODE.token("sleeper"))
        ok(OWNER.command("acme", "AddMember", {"member_id": id, "person": nexusflow.person("sleeper"), "role": "member"}), 201)
        issue = create_issue(assignee=id)
        sleeper.joined("acme")
        position = ok(OWNER.command("acme", "DeactivateMember", {"member": id})).position
        self.problem(sleeper.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}), 404, "no_such_tenant")
        self.problem(sleeper.get(f"/v1/t/acme/me?min_position={position}"), 404, "no_such_tenant")
        self.assertEqual(self.member(id, position)["status"], "deactivated")
        found = ok(OWNER.get(f"/v1/t/acme/issues/{issue['key']}?min_position={position}")).json()
        self.assertEqual(found["assignee"], {"id": id, "name": "Sleeper"})
        self.problem(OWNER.command("acme", "AssignIssue", {"issue": "TLS-2", "assignee": id}), 409, "member_deactivated")
        ok(OWNER.command("acme", "ReactivateMember", {"member": id}))
        self.assertEqual(ok(sleeper.joined("acme").get("/v1/t/acme/me")).json()["id"], id)
        ok(sleeper.command("acme", "AddComment", {"issue": "TLS-1", "body": "awake"}), 201)
        self.problem(OWNER.command("acme", "DeactivateMember", {"member": OWNER_ID}), 409, "last_owner")

    def test_members_are_found_by_name_and_status_and_resolved_when_removed(self):
        ids = {}
        for name in ("Élodie Œuvrard", "Zoë van Dam", "Zoé Élan"):
            ids[name] = nexusflow.new_id()
            person = {"issuer": "nexusflow", "subject": "found-" + ids[name], "name": name, "email": f"{len(ids)}@mail.org"}
            ok(OWNER.command("acme", "AddMember", {"member_id": ids[name], "person": person, "role": "member"}), 201)
        guest = NODE.client(NODE.token("looker"))
        ok(OWNER.command("acme", "AddMember", {"person": dict(nexusflow.person("looker"), email="l@mail.org"), "role": "guest"}), 201)
        guest.joined("acme")
        for typed, names in (("zo", {"Zoë van Dam", "Zoé Élan"}), ("ZOE\u0308", {"Zoë van Dam", "Zoé Élan"}), ("elo", {"Élodie Œuvrard"}), ("É", {"Élodie Œuvrard", "Zoé Élan"}),
                             ("œuv", {"Élodie Œuvrard"}), ("van d", {"Zoë van Dam"}), ("odie", set()), ("am", set())):
            for path in ("/members", "/projects/TLS/assignable"):
                with self.subTest(f"{path} {typed}"):
                    found = {m["id"]: m["name"] for m in collect.pages(OWNER, "acme", f"{path}?text={urllib.parse.quote(typed)}", 100)}
                    self.assertEqual({name for id, name in found.items() if id in ids.values()}, names)
        for client, found in ((OWNER, {ids["Zoé Élan"]}), (guest, set())):
            self.assertEqual({m["id"] for m in collect.pages(client, "acme", "/members?text=3@mail", 100)}, found)
        self.assertEqual([m["name"] for m in collect.pages(guest, "acme", "/members?text=l@MAIL", 100)], ["Looker"])
        listed = [m["name"] for m in collect.pages(guest, "acme", "/members?text=Z&role=member", 1) if m["id"] in ids.values()]
        self.assertEqual(listed, ["Zoé Élan", "Zoë van Dam"])
        self.assertEqual({m["role"] for m in collect.pages(guest, "acme", "/members?role=guest", 3)}, {"guest"})
        gone = ids["Zoé Élan"]
        shown = ok(guest.get(f"/v1/t/acme/members/{gone}")).json()
        self.assertEqual(shown, {"id": gone, "role": "member", "status": "active", "name": "Zoé Élan", "email": None, "teams": []})
        self.assertEqual(ok(OWNER.get(f"/v1/t/acme/members/{gone}")).json(), dict(shown, email="3@mail.org"))
        me = ok(guest.get("/v1/t/acme/me")).json()["id"]
        self.assertEqual({m["id"] for m in collect.pages(guest, "acme", "/members", 100) if m["email"]}, {me})
        position = ok(OWNER.command("acme", "RemoveMember", {"member": gone})).position
        self.assertEqual(ok(guest.get(f"/v1/t/acme/members/{gone}?min_position={position}")).json(), dict(shown, status="removed"))
        self.assertIn(gone, [m["id"] for m in collect.pages(OWNER, "acme", "/members?status=removed", 100)])
        for status in ("active", "deactivated"):
            self.assertEqual({m["status"] for m in collect.pages(OWNER, "acme", f"/members?status={status}", 100)} - {status}, set())
        for path in ("/members?", "/members?status=active&", "/projects/TLS/assignable?"):
            self.assertNotIn(gone, [m["id"] for m in collect.pages(OWNER, "acme", f"{path}min_position={position}", 100)])

    def test_keys_are_taken_in_any_case(self):
        key = create_issue(summary="lower")["key"]
        lower = key.lower()
        below = ok(OWNER.command("acme", "CreateIssue", {"project": "tls", "type": "subtask", "summary": "below", "parent": lower}), 201).json()["key"]
        for name, data in (("EditIssue", {"issue": lower, "summary": "by a small key"}), ("LinkIssues", {"issue": lower, "link_type": "relates", "other": "tls-1"}),
                           ("BulkEditIssues", {"issues": [lower], "priority": "low"})):
            last = ok(OWNER.command("acme", name, data)).position

        def read(path):
            return ok(OWNER.get(f"/v1/t/acme{path}{'&' if '?' in path else '?'}min_position={last}")).json()
        found = read(f"/issues/{lower}")
        self.assertEqual((found["key"], found["summary"], found["priority"], found["subtasks"]["items"][0]["key"]), (key, "by a small key", "low", below))
        for path in ("/issues/{}/children", "/issues/{}/links", "/issues/{}/watchers", "/issues/{}/comments", "/issues/{}/worklogs", "/issues/{}/history",
                     "/issues/{}/transitions", "/audit?issue={}", "/permissions?issue={}"):
            with self.subTest(path):
                small, large = read(path.format(lower)), read(path.format(key))
                for answer in (small, large):
                    answer.pop("position", None)
                self.assertEqual(small, large)
        for path in ("/projects/{}", "/projects/{}/board", "/projects/{}/components", "/projects/{}/versions", "/projects/{}/statuses", "/projects/{}/configuration",
                     "/projects/{}/workflows", "/projects/{}/roles", "/projects/{}/assignable", "/audit?type=ProjectCreated&project={}", "/permissions?project={}",
                     "/boards?project={}", "/search?text=handshake&project={}"):
            with self.subTest(path):
                small, large = read(path.format("tLs")), read(path.format("TLS"))
                for answer in (small, large):
                    answer.pop("position", None)
                self.assertEqual(small, large)
        for command, data, named in (("EditIssue", {"issue": "tls-99999", "summary": "x"}, "tls-99999"), ("CreateIssue", {"project": "nope", "summary": "x"}, "nope")):
            self.assertIn(named, OWNER.command("acme", command, data).json()["detail"])

    def test_a_slug_that_cannot_be_says_what_slugs_are(self):
        root = NODE.client(NODE.token("root", "--installation"))
        organization = {"name": "x", "owner": nexusflow.person("x")}
        for answer, status, code in ((OWNER.get("/v1/t/Acme/me"), 404, "no_such_tenant"), (OWNER.command("Acme", "CreateIssue", {}), 404, "no_such_tenant"),
                                     (OWNER.batch("Acme", ["{}"]), 404, "no_such_tenant"), (root.command("Acme", "CreateOrganization", organization), 422, "bad_slug")):
            self.problem(answer, status, code)
            self.assertEqual(answer.json()["detail"], '"Acme" cannot be the slug of an organization: 2 to 40 characters a-z, 0-9 and -, beginning with a letter')

    def test_a_person_lists_the_organizations_that_there_are_for_them(self):
        id = nexusflow.new_id()
        wanderer = NODE.client(NODE.token("wanderer"))
        path = "/v1/me/organizations"
        self.assertEqual(ok(wanderer.get(path)).json(), {"items": [], "next": None})
        person = {"member_id": id, "person": nexusflow.person("wanderer"), "role": "guest"}
        for client, tenant, role in ((OWNER, "acme", "guest"), (STRANGER, "other", "member")):
            ok(client.command(tenant, "AddMember", dict(person, role=role)), 201)
            wanderer.joined(tenant)
        both = [{"slug": "acme", "name": "Acme", "member": id, "role": "guest"},
                {"slug": "other", "name": "Other", "member": id, "role": "member"}]
        answer = ok(wanderer.get(path))
        self.assertEqual(answer.json(), {"items": both, "next": None})
        self.assertIsNone(answer.position)
        ok(wanderer.get(path, {"If-None-Match": answer.header("ETag")}), 304)
        self.assertEqual(ok(wanderer.get(path + "?limit=1")).json(), {"items": both[:1], "next": "acme"})
        self.assertEqual(ok(wanderer.get(path + "?limit=1&cursor=acme")).json(), {"items": both[1:], "next": None})
        for bad in ("?limit=0", "?limit=501", "?limit=x", "?limit=", "?cursor=" + "x" * 41, "?min_position=1"):
            self.problem(wanderer.get(path + bad), 400, "bad_parameter")
        self.problem(NODE.client().get(path), 401, "no_token")
        position = ok(OWNER.command("acme", "DeactivateMember", {"member": id})).position
        ok(OWNER.get(f"/v1/t/acme?min_position={position}"))
        self.assertEqual(ok(wanderer.get(path)).json()["items"], both[1:])
        key = ok(OWNER.command("acme", "CreateApiKey", {"name": "x", "scope": "admin"}), 201).json()["secret"]
        self.problem(NODE.client(key).get(path), 403, "forbidden")

    def test_teams_are_made_changed_and_deleted(self):
        id = nexusflow.new_id()
        ok(OWNER.command("acme", "AddMember", {"member_id": id, "person": nexusflow.person("teamster"), "role": "guest"}), 201)
        team = ok(OWNER.command("acme", "CreateTeam", {"name": "Ops", "members": [id]}), 201).json()["created"]
        self.problem(OWNER.command("acme", "CreateTeam", {"name": "Ops"}), 409, "team_name_taken")
        self.problem(MEMBER.command("acme", "DeleteTeam", {"team": team}), 403, "forbidden")
        ok(OWNER.command("acme", "RenameTeam", {"team": team, "name": "Operations"}))
        position = ok(OWNER.command("acme", "ChangeTeamMembers", {"team": team, "add": [OWNER_ID]})).position
        found = collect.get(MEMBER, "acme", f"/teams/{team}", min_position=position)
        self.assertEqual((found["name"], found["members"]["total"]), ("Operations", 2))
        self.assertEqual({m["id"] for m in found["members"]["items"]}, {id, OWNER_ID})
        self.assertEqual(self.member(id, position)["teams"], [team])
        position = ok(OWNER.command("acme", "RemoveMember", {"member": id})).position
        found = collect.get(MEMBER, "acme", f"/teams/{team}", min_position=position)
        self.assertEqual([m["id"] for m in found["members"]["items"]], [OWNER_ID])
        ok(OWNER.command("acme", "CreateProject", {"key": "TEAMS", "name": "Teams"}), 201)
        ways = [{"id": "create", "name": "Create", "kind": "initial", "to": "todo"},
                {"id": "close", "name": "Close", "kind": "global", "to": "done",
                 "conditions": [{"kind": "not"}, {"kind": "team", "teams": [team], "group": 0}]}]
        draft = {"project": "TEAMS", "workflow": "care", "name": "Care", "transitions": ways}
        ok(OWNER.command("acme", "SaveWorkflowDraft", draft))
        self.problem(OWNER.command("acme", "DeleteTeam", {"team": team}), 409, "in_use", "/team")
        ways[1]["conditions"] = []
        ok(OWNER.command("acme", "SaveWorkflowDraft", draft))
        position = ok(OWNER.command("acme", "DeleteTeam", {"team": team})).position
        self.problem(MEMBER.get(f"/v1/t/acme/teams/{team}?min_position={position}"), 404, "not_found")
        self.problem(OWNER.command("acme", "DeleteTeam", {"team": team}), 404, "no_such_team")


class ApiKeys(Case):
    def make(self, client, scope, **more):
        """The answer, and a client with the key."""
        answer = ok(client.command("acme", "CreateApiKey", dict({"name": "build", "scope": scope}, **more)), 201)
        ok(client.get(f"/v1/t/acme/me?min_position={answer.position}"))  # the access view has it
        return answer.json(), NODE.client(answer.json()["secret"])

    def worthless(self, key, position=None):
        headers = {"NexusFlow-Min-Position": str(position)} if position else {}
        for answer in (key.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}), key.get("/v1/t/acme/me", headers)):
            self.problem(answer, 401, "bad_token")
            self.assertTrue(answer.header("WWW-Authenticate").startswith("Bearer"))

    def test_a_key_acts_as_its_member_and_says_so_in_events(self):
        made, key = self.make(MEMBER, "write")
        self.assertRegex(made["secret"], rf"^nfk_acme_{made['created']}_[A-Za-z0-9_-]{{43}}$")
        me = ok(key.get("/v1/t/acme/me")).json()
        self.assertEqual((me["id"], me["role"], me["scope"]), (ok(MEMBER.get("/v1/t/acme/me")).json()["id"], "member", "write"))
        commented = ok(key.command("acme", "AddComment", {"issue": "TLS-1", "body": "by key"}), 201).json()
        feed = ok(OWNER.get(f"/v1/t/acme/events?after={commented['position'] - 1}&min_position={commented['position']}")).json()
        event, = [e for e in feed if e["id"] == commented["events"][0]["id"]]
        actor = event["data"]["meta"]["actor"]
        self.assertEqual((actor["kind"], actor["id"], actor["credential_id"]), ("member", me["id"], made["created"]))
        audit = f"/v1/t/acme/audit?credential={made['created']}&min_position={commented['position']}"
        row, = ok(OWNER.get(audit)).json()["items"]
        self.assertEqual((row["id"], row["actor"]["id"], row["actor"]["credential_id"]), (event["id"], me["id"], made["created"]))
        self.assertEqual(ok(OWNER.get(audit.replace(made["created"], "another"))).json()["items"], [])
        line, = ok(key.batch("acme", [{"command": "AddComment", "data": {"issue": "TLS-1", "body": "again"}}])).lines()
        self.assertEqual(line["outcome"], "accepted")

    def test_the_scope_holds(self):
        _, reader = self.make(OWNER, "read")
        self.problem(reader.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}), 403, "key_scope")
        ok(reader.get("/v1/t/acme/projects/TLS/board"))
        _, writer = self.make(OWNER, "write")
        self.problem(writer.command("acme", "CreateTeam", {"name": "by key"}), 403, "key_scope")
        _, admin = self.make(OWNER, "admin")
        ok(admin.command("acme", "CreateTeam", {"name": "by key"}), 201)
        self.problem(admin.command("acme", "CreateApiKey", {"name": "more", "scope": "read"}), 403, "key_scope")
        self.problem(admin.command("newest", "CreateOrganization", {"name": "x", "owner": nexusflow.person("x")}), 404, "no_such_tenant")
        _, limited = self.make(MEMBER, "admin")
        self.problem(limited.command("acme", "CreateTeam", {"name": "by member"}), 403, "forbidden")

    def test_the_secret_is_shown_once_and_is_nowhere_else(self):
        id = nexusflow.new_id()
        data = {"name": "once", "scope": "read"}
        first = ok(OWNER.command("acme", "CreateApiKey", data, id), 201).json()
        again = ok(OWNER.command("acme", "CreateApiKey", data, id), 201)
        self.assertEqual(again.header("Idempotency-Replayed"), "true")
        self.assertIsNone(again.json()["secret"])
        self.assertIn("create another", again.json()["notice"])
        NODE.wait_caught_up()
        secret = first["secret"][-43:]
        places = [ok(OWNER.get(f"/v1/t/acme{path}")).body for path in ("/api-keys?limit=500", "/audit?type=ApiKeyCreated&limit=500")]
        places.append(json.dumps(OWNER.events("acme")).encode())
        for folder, _, files in os.walk(NODE.data):
            for path in (os.path.join(folder, name) for name in files):
                if os.path.isfile(path):
                    places += self.extents(path)
        for place in places:
            self.assertNotIn(secret.encode(), place)
        self.assertTrue(any(id.encode() in place for place in places[3:]) or any(uuid.UUID(id).bytes in place for place in places[3:]),
                        "what is looked through is not where commands are kept")
        listed = ok(OWNER.get("/v1/t/acme/api-keys?limit=500")).json()["items"]
        self.assertEqual({frozenset(key) for key in listed},
                         {frozenset(("id", "member", "name", "scope", "created_at", "expires_at"))})

    def extents(self, path):
        """What is written in a file that may be sparse."""
        with open(path, "rb") as file:
            end = 0
            while True:
                try:
                    start = os.lseek(file.fileno(), end, os.SEEK_DATA)
                except OSError:
                    return
                end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
                yield os.pread(file.fileno(), end - start, start)

    def test_members_see_their_own_keys_and_admins_all(self):
        of_owner, _ = self.make(OWNER, "write")
        of_member, key = self.make(MEMBER, "write")
        position = of_member["position"]

        def seen(client):
            return {k["id"] for k in collect.pages(client, "acme", "/api-keys", 100)}
        self.assertLessEqual({of_owner["created"], of_member["created"]}, seen(OWNER))
        for client in (MEMBER, key):
            self.assertIn(of_member["created"], seen(client))
            self.assertNotIn(of_owner["created"], seen(client))
        self.problem(MEMBER.command("acme", "RevokeApiKey", {"key": of_owner["created"]}), 404, "no_such_api_key")
        self.assertGreater(position, 0)

    def test_a_revoked_key_is_worth_nothing(self):
        made, key = self.make(MEMBER, "write")
        ok(key.get("/v1/t/acme/me"))
        self.worthless(key, ok(MEMBER.command("acme", "RevokeApiKey", {"key": made["created"]})).position)

    def test_an_expired_key_is_worth_nothing(self):
        for seconds in (2, 10, 60):  # on a busy machine it may be over before the command is judged
            soon = time.time() + seconds
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(soon)) + f".{int(soon % 1 * 1000):03d}Z"
            answer = MEMBER.command("acme", "CreateApiKey", {"name": "short", "scope": "write", "expires_at": at})
            if answer.status == 201:
                break
        key = NODE.client(ok(answer, 201).json()["secret"])
        time.sleep(max(0, soon - time.time()) + 0.1)
        self.worthless(key, answer.position)
        self.problem(MEMBER.command("acme", "CreateApiKey", {"name": "x", "scope": "read", "expires_at": at}), 422, "bad_expiry")

    def test_the_key_of_who_is_deactivated_or_removed_is_worth_nothing(self):
        id = nexusflow.new_id()
        client = NODE.client(NODE.token("keeper"))
        ok(OWNER.command("acme", "AddMember", {"member_id": id, "person": nexusflow.person("keeper"), "role": "member"}), 201)
        _, key = self.make(client.joined("acme"), "write")
        self.worthless(key, ok(OWNER.command("acme", "DeactivateMember", {"member": id})).position)
        ok(OWNER.command("acme", "ReactivateMember", {"member": id}))
        key.joined("acme")
        ok(key.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}), 201)
        removed = ok(OWNER.command("acme", "RemoveMember", {"member": id}))
        self.assertEqual([e["type"].rsplit(".", 1)[-1] for e in removed.json()["events"]], ["ApiKeyRevoked", "MemberRemoved"])
        self.worthless(key, removed.position)

    def test_a_key_is_for_its_organization_alone(self):
        made, key = self.make(OWNER, "admin")
        for tenant in ("other", "nowhere"):
            self.problem(key.get(f"/v1/t/{tenant}/me"), 404, "no_such_tenant")
            self.problem(key.command(tenant, "CreateIssue", {"project": "TLS", "summary": "x"}), 404, "no_such_tenant")
        forged = NODE.client(made["secret"].replace("nfk_acme_", "nfk_other_"))
        for answer in (forged.get("/v1/t/other/me"), forged.command("other", "CreateIssue", {"project": "TLS", "summary": "x"})):
            self.problem(answer, 401, "bad_token")
        nowhere = NODE.client(made["secret"].replace("nfk_acme_", "nfk_nowhere_"))
        self.assertEqual(nowhere.get("/v1/t/nowhere/me").status, 401)
        wrong = NODE.client(made["secret"][:-2] + ("AA" if made["secret"][-2:] != "AA" else "BA"))
        self.worthless(wrong)
        self.problem(NODE.client(made["secret"][:-1]).get("/v1/t/acme/me"), 401, "bad_token")

    def test_the_organization_limits_the_life_of_keys(self):
        days = ok(OWNER.get("/v1/t/acme")).json()["settings"]["api_key_days"]
        position = ok(OWNER.command("acme", "LimitApiKeys", {"days": 7})).position
        self.assertEqual(ok(OWNER.get(f"/v1/t/acme?min_position={position}")).json()["settings"], {"api_key_days": 7})
        late = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 8 * 86400))
        self.problem(OWNER.command("acme", "CreateApiKey", {"name": "x", "scope": "read", "expires_at": late}), 422, "bad_expiry")
        ok(OWNER.command("acme", "LimitApiKeys", {"days": days}))


class Commands(Case):
    def test_the_same_key_gets_the_same_answer(self):
        key = nexusflow.new_id()
        data = {"project": "TLS", "summary": "once"}
        first = ok(OWNER.command("acme", "CreateIssue", data, key), 201)
        again = ok(OWNER.command("acme", "CreateIssue", data, f'"{key}"'), 201)
        self.assertEqual(again.header("Idempotency-Replayed"), "true")
        self.assertIsNone(first.header("Idempotency-Replayed"))
        self.assertEqual(dict(first.json(), outcome="repeated"), again.json())
        self.assertEqual(first.position, again.position)
        line, = ok(OWNER.batch("acme", [{"command": "CreateIssue", "command_id": key, "data": data}])).lines()
        self.assertEqual(line, again.json())

    def test_the_same_key_with_another_body_is_refused(self):
        key = nexusflow.new_id()
        ok(OWNER.command("acme", "CreateIssue", {"project": "TLS", "summary": "once"}, key), 201)
        before = seq()
        self.problem(OWNER.command("acme", "CreateIssue", {"project": "TLS", "summary": "twice"}, key), 422, "key_reused")
        self.problem(OWNER.command("acme", "AddComment", {"issue": "TLS-1", "body": "x"}, key), 422, "key_reused")
        self.assertEqual(seq(), before)

    def test_the_same_id_for_another_thing_is_refused(self):
        issue = create_issue(issue_id=nexusflow.new_id())
        self.problem(OWNER.command("acme", "CreateIssue", {"project": "TLS", "summary": "x", "issue_id": issue["aggregate"]["id"]}),
                     409, "id_taken")

    def test_stale_versions(self):
        issue = create_issue()
        edit = {"issue": issue["key"], "summary": "two", "expected_version": 1}
        ok(OWNER.command("acme", "EditIssue", edit))
        self.problem(OWNER.command("acme", "EditIssue", dict(edit, summary="three")), 412, "version_mismatch")
        self.problem(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "three"},
                                   headers={"If-Match": '"v1"'}), 412, "version_mismatch")
        ok(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "three"}, headers={"If-Match": '"v2"'}))
        # A comment does not spoil an edit of the summary, another edit of the summary does.
        ok(OWNER.command("acme", "AddComment", {"issue": issue["key"], "body": "x"}), 201)
        edit = {"issue": issue["key"], "summary": "four", "expected_version": 3, "if_unchanged": ["summary"]}
        ok(OWNER.command("acme", "EditIssue", edit))
        self.problem(OWNER.command("acme", "EditIssue", dict(edit, summary="five")), 412, "version_mismatch")

    def test_a_command_that_changes_nothing_appends_nothing(self):
        issue = create_issue()
        answer = ok(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "one"}))
        self.assertEqual((answer.json()["outcome"], answer.json()["events"], answer.json()["version"]), ("unchanged", [], 1))
        self.assertEqual(answer.position, issue["position"])

    def test_one_reads_ones_own_writes_in_every_view(self):
        for n in range(20):
            issue = create_issue(summary=f"fresh{n} written")
            least = {"NexusFlow-Min-Position": str(issue["position"])}
            for path, expected in ((f"/issues/{issue['key']}", issue["key"]), ("/projects/TLS/board", issue["key"]), (f"/boards/{BOARD}", issue["key"]),
                                   (f"/search?text=fresh{n}", issue["key"]), (f"/audit?issue={issue['key']}", issue["key"]),
                                   (f"/events?after={issue['position'] - 1}", issue["aggregate"]["id"]),
                                   ("/projects/TLS", f'"issues":')):
                answer = ok(OWNER.get("/v1/t/acme" + path, least))
                self.assertIn(expected, answer.body.decode())
                self.assertGreaterEqual(answer.position, issue["position"])

    def test_a_position_that_is_not_reached_is_said_so(self):
        began = time.monotonic()
        answer = OWNER.get(f"/v1/t/acme/issues/TLS-1?min_position={seq() + 1000000}", patience=0)
        self.problem(answer, 503, "position_not_reached")
        self.assertTrue(answer.header("Retry-After"))
        self.assertGreater(time.monotonic() - began, 1.5)

    def test_a_board_shows_each_caller_his_own_cards_by_the_same_filter(self):
        me = ok(MEMBER.get("/v1/t/acme/me")).json()["id"]
        board = ok(OWNER.command("acme", "CreateBoard", {
            "name": "By caller", "projects": ["TLS"], "swimlanes": "assignee",
            "filters": [{"id": "mine", "name": "Mine", "caller": True}]}), 201).json()["created"]
        keys = {client: create_issue(assignee=id)["key"] for client, id in ((OWNER, OWNER_ID), (MEMBER, me))}
        etags = set()
        least = {"NexusFlow-Min-Position": str(seq())}
        for client, key in keys.items():
            answer = ok(client.get(f"/v1/t/acme/boards/{board}?filter=mine&limit=1000", least))
            shown = [card["key"] for lane in answer.json()["lanes"] for column in lane["columns"] for card in column["cards"]]
            self.assertIn(key, shown)
            self.assertFalse(set(shown) & (set(keys.values()) - {key}))
            self.assertEqual([lane["id"] for lane in answer.json()["lanes"]], [OWNER_ID if client is OWNER else me])
            etags.add(answer.header("ETag"))
        self.assertEqual(len(etags), 2)
        self.problem(MEMBER.command("acme", "DeleteBoard", {"board": board}), 403, "forbidden")
        self.problem(OWNER.command("acme", "CreateBoard", {"name": "x", "projects": ["TLS"], "columns": [
            {"id": "a", "name": "A", "statuses": ["todo"]}, {"id": "b", "name": "B", "statuses": ["todo"]}]}),
                     422, "status_twice", "/columns/1/statuses")
        ok(OWNER.command("acme", "DeleteBoard", {"board": board}))
        self.problem(OWNER.get(f"/v1/t/acme/boards/{board}", {"NexusFlow-Min-Position": str(seq())}), 404, "not_found")

    def test_a_board_is_of_what_its_filter_lets_pass(self):
        label = "f" + uuid.uuid4().hex[:8]
        ours, other = create_issue(labels=[label])["key"], create_issue()["key"]
        board = ok(OWNER.command("acme", "CreateBoard", {
            "name": "By label", "projects": ["TLS"], "filter": {"labels": [label]}, "columns": [
                {"id": "open", "name": "Open", "statuses": ["todo", "in_progress", "in_review"], "min": 2}], "backlog": ["done"]}), 201)
        path, created = f"/v1/t/acme/boards/{board.json()['created']}", board.json()["created"]

        def read(at, **more):
            return ok(OWNER.get(path, dict({"NexusFlow-Min-Position": str(at)}, **more)))

        answer = read(board.position)
        shown = answer.json()
        self.assertEqual(shown["filter"], {"unassigned": False, "assignees": [], "types": [], "priorities": [], "labels": [label],
                                           "components": [], "versions": [], "text": None, "fields": []})
        column, = shown["columns"]
        self.assertEqual(([card["key"] for card in column["cards"]], column["total"], column["count"], column["missing"]), ([ours], 1, 1, 1))
        self.assertEqual(shown["backlog"]["count"], 0)
        etag = {"If-None-Match": answer.header("ETag")}
        self.assertEqual(OWNER.get(path, etag).status, 304)
        at = ok(OWNER.command("acme", "LabelIssue", {"issue": other, "add": [label]})).position
        self.assertEqual(read(at, **etag).json()["columns"][0]["total"], 2)
        at = ok(OWNER.command("acme", "TransitionIssue", {"issue": other, "to": "done"})).position
        self.assertEqual(read(at).json()["backlog"]["count"], 1)
        self.assertEqual([card["key"] for card in ok(OWNER.get(path + "/backlog")).json()["cards"]], [other])
        for data, error in (({"filter": {}}, "bad_board"), ({"filter": {"types": ["wish"]}}, "unknown_type")):
            refused = OWNER.command("acme", "EditBoard", dict(data, board=created))
            self.problem(refused, 422, error, "/filter" + ("/types" if error == "unknown_type" else ""))
        self.problem(OWNER.command("acme", "EditBoard", {"board": created, "filter": {"caller": True}}), 400, "bad_command", "/filter/caller")
        cleared = ok(OWNER.command("acme", "EditBoard", {"board": created, "clear": ["filter"]}))
        event, = ok(OWNER.get(f"/v1/t/acme/events?after={cleared.position - 1}&limit=1&min_position={cleared.position}")).json()
        edited = event["data"]
        self.assertEqual(([f["labels"] for f in edited["before"]["filter"]], edited["after"]["filter"]), ([[label]], []))
        self.assertIsNone(read(cleared.position).json()["filter"])
        ok(OWNER.command("acme", "DeleteBoard", {"board": created}))

    def test_a_project_is_changed_rekeyed_and_archived(self):
        lead = ok(MEMBER.get("/v1/t/acme/me")).json()["id"]
        ok(OWNER.command("acme", "CreateProject", {"key": "OLD", "name": "Old"}), 201)
        issue = create_issue(project="OLD", summary="rekeyed zebu")
        self.problem(MEMBER.command("acme", "EditProject", {"project": "OLD", "name": "Mine"}), 403, "forbidden")
        ok(OWNER.command("acme", "EditProject", {"project": "OLD", "name": "New", "lead": lead, "category": "Platform"}))
        self.problem(OWNER.command("acme", "EditProject", {"project": "OLD", "category": "x", "clear": ["category"]}),
                     422, "bad_clear", "/clear")
        self.problem(OWNER.command("acme", "ChangeProjectKey", {"project": "OLD", "key": "TLS"}), 409, "key_taken", "/key")
        position = ok(OWNER.command("acme", "ChangeProjectKey", {"project": "OLD", "key": "NEW"})).position

        def get(path):
            joint = "&" if "?" in path else "?"
            return ok(OWNER.get(f"/v1/t/acme{path}{joint}min_position={position}")).json()

        project = get("/projects/OLD")
        self.assertEqual({k: project[k] for k in ("key", "former_keys", "name", "lead", "category", "archived")},
                         {"key": "NEW", "former_keys": ["OLD"], "name": "New", "lead": lead, "category": "Platform", "archived": False})
        number = issue["key"].split("-")[1]
        for name in (f"OLD-{number}", f"NEW-{number}"):
            found = get(f"/issues/{name}")
            self.assertEqual((found["key"], found["former_keys"]), (f"NEW-{number}", [f"OLD-{number}"]))
            self.assertEqual({row["aggregate"]["key"] for row in get(f"/audit?issue={name}")["items"]}, {f"NEW-{number}"})
        rows = get("/audit?project=OLD")["items"]
        self.assertEqual([row["type"] for row in rows][:2] + [rows[-1]["type"]], ["ProjectCreated", "IssueCreated", "ProjectKeyChanged"])
        self.assertEqual(get("/audit?project=NEW&order=desc")["items"], rows[::-1])
        self.assertEqual(get(f"/audit?project={project['id']}&from={rows[1]['recorded_at']}&to=2999-01-01T00:00:00Z")["items"][-1], rows[-1])
        self.assertEqual(get(f"/audit?project=NEW&to={rows[0]['recorded_at']}")["items"], [])
        for key in ("OLD", "NEW"):
            cards = [card["key"] for column in get(f"/projects/{key}/board")["columns"] for card in column["cards"]]
            self.assertEqual(cards, [f"NEW-{number}"])
            self.assertEqual([item["key"] for item in get(f"/search?text=zebu&project={key}")["items"]], [f"NEW-{number}"])
        self.problem(OWNER.command("acme", "CreateProject", {"key": "OLD", "name": "x"}), 409, "key_taken", "/key")
        position = ok(OWNER.command("acme", "ArchiveProject", {"project": "OLD"})).position
        self.problem(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "x"}), 409, "project_archived", "/issue")
        self.assertNotIn("NEW", [item["key"] for item in get("/projects")["items"]])
        self.assertIn("NEW", [item["key"] for item in get("/projects?archived=true")["items"]])
        self.assertTrue(get("/projects/NEW")["archived"])
        for query, shown in (("text=zebu", []), ("text=zebu&project=NEW", []), ("text=zebu&archived=true", [f"NEW-{number}"])):
            self.assertEqual([item["key"] for item in get(f"/search?{query}")["items"]], shown)
        self.problem(OWNER.get("/v1/t/acme/projects?archived=perhaps"), 400, "bad_parameter")
        position = ok(OWNER.command("acme", "UnarchiveProject", {"project": "NEW"})).position
        self.assertEqual([item["key"] for item in get("/search?text=zebu")["items"]], [f"NEW-{number}"])
        ok(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "open again"}))
        self.assertIn("NEW", [item["key"] for item in get("/projects")["items"]])

    def test_a_project_has_components_and_versions(self):
        lead = ok(MEMBER.get("/v1/t/acme/me")).json()["id"]
        ok(OWNER.command("acme", "CreateProject", {"key": "PARTS", "name": "Parts"}), 201)

        def do(command, status=200, **data):
            return ok(OWNER.command("acme", command, dict({"project": "PARTS"}, **data)), status).json()

        keys = do("AddComponent", 201, name="Keys", default_assignee=lead)["created"]
        records = do("AddComponent", 201, name="Records")["created"]
        first, second = (do("AddVersion", 201, name=name)["created"] for name in ("1.0", "1.1"))
        self.problem(OWNER.command("acme", "AddVersion", {"project": "PARTS", "name": "1.0"}), 409, "name_taken", "/name")
        self.problem(MEMBER.command("acme", "AddVersion", {"project": "PARTS", "name": "2.0"}), 403, "forbidden")
        issue = create_issue(project="PARTS", components=[keys], fix_versions=[first], affects_versions=[first])
        do("EditComponent", component_id=keys, name="Key schedule", lead=lead)
        do("EditVersion", version_id=second, start_on="2026-01-02", description="The next one")
        do("MoveVersion", version_id=second)
        ok(OWNER.command("acme", "ChangeIssueComponents", {"issue": issue["key"], "add": [records]}))
        self.problem(OWNER.command("acme", "RemoveComponent", {"project": "PARTS", "component_id": keys}), 409, "in_use")
        do("RemoveComponent", component_id=keys, replace_with=records)
        do("ReleaseVersion", version_id=first, release_on="2026-02-03", move_open_to=second)
        self.problem(OWNER.command("acme", "ReleaseVersion", {"project": "PARTS", "version_id": second, "move_open_to": first}),
                     409, "version_status", "/move_open_to")
        do("ArchiveVersion", version_id=first)
        self.problem(OWNER.command("acme", "ChangeIssueVersions", {"issue": issue["key"], "add_fix": [first]}),
                     422, "version_archived", "/add_fix")
        position = seq()

        def get(path):
            return ok(OWNER.get(f"/v1/t/acme{path}?min_position={position}")).json()

        found = get(f"/issues/{issue['key']}")
        self.assertEqual(found["assignee"]["id"], lead)
        self.assertEqual(found["components"], [{"id": records, "name": "Records"}])
        self.assertEqual(found["fix_versions"], [{"id": second, "name": "1.1", "status": "planned"}])
        self.assertEqual(found["affects_versions"], [{"id": first, "name": "1.0", "status": "archived"}])
        self.assertEqual([(c["name"], c["issues"]) for c in get("/projects/PARTS/components")["items"]], [("Records", 1)])
        versions = get("/projects/PARTS/versions")["items"]
        self.assertEqual([(v["name"], v["status"], v["issues"], v["release_on"]) for v in versions],
                         [("1.1", "planned", {"fix": 1, "affects": 0}, None),
                          ("1.0", "archived", {"fix": 0, "affects": 1}, "2026-02-03")])
        do("UnarchiveVersion", version_id=first)
        do("UnreleaseVersion", version_id=first)
        sets = [{"id": "create", "name": "Create", "kind": "initial", "to": "todo"},
                {"id": "close", "name": "Close", "kind": "global", "to": "done",
                 "functions": [{"kind": "set", "field": "fix_versions", "values": [first]}]}]
        do("SaveWorkflowDraft", workflow="classic", name="Classic", transitions=sets)
        do("PublishWorkflow", workflow="classic")
        refused = OWNER.command("acme", "RemoveVersion", {"project": "PARTS", "version_id": first})
        self.problem(refused, 409, "in_use", "/version_id")
        self.assertIn("1 issues, 1 workflows, 0 drafts", refused.json()["detail"])
        do("RemoveVersion", version_id=first, detach=True)
        ok(OWNER.command("acme", "TransitionIssue", {"issue": issue["key"], "transition": "close"}))
        for part in ("components", "versions"):
            self.problem(OWNER.get(f"/v1/t/acme/projects/NO/{part}"), 404, "not_found")
        position = seq()
        names = get(f"/issues/{issue['key']}/history")["names"]
        self.assertEqual(names, {keys: "Key schedule", records: "Records", first: "1.0", second: "1.1", OWNER_ID: "Owner", lead: "Member"})

    def test_labels_of_a_project_are_listed_with_their_issues(self):
        ok(OWNER.command("acme", "CreateProject", {"key": "LABELS", "name": "Labels"}), 201)
        first, second = (create_issue(project="LABELS", labels=labels)["key"] for labels in (["web", "Über uns"], ["web", "web app"]))

        def get(query=""):
            return ok(OWNER.get(f"/v1/t/acme/projects/LABELS/labels?min_position={seq()}{query}")).json()

        plain = {"listed": False, "color": None, "description": ""}
        self.assertEqual(get(), {"policy": "open", "next": None, "items": [
            dict(plain, label=label, issues=n) for label, n in (("web", 2), ("web app", 1), ("Über uns", 1))]})
        page = get("&limit=1")
        self.assertEqual(([item["label"] for item in page["items"]], page["next"]), (["web"], "web"))
        self.assertEqual([item["label"] for item in get("&limit=1&cursor=web")["items"]], ["web app"])
        self.assertEqual([item["label"] for item in get("&text=APP")["items"]], ["web app"])
        # whatever the accents
        self.assertEqual([item["label"] for item in get("&text=u%CC%88b")["items"]], ["Über uns"])
        answer = ok(OWNER.get("/v1/t/acme/projects/LABELS/labels"))
        self.assertGreaterEqual(answer.position, 1)
        again = OWNER.request("GET", "/v1/t/acme/projects/LABELS/labels", headers={"If-None-Match": answer.header("ETag")})
        self.assertEqual(again.status, 304)
        ok(OWNER.command("acme", "DeleteIssue", {"issue": second}))
        ok(OWNER.command("acme", "LabelIssue", {"issue": first, "remove": ["Über uns"]}))
        self.assertEqual(get()["items"], [dict(plain, label="web", issues=1)])
        for query in ("limit=0", "cursor=" + "x" * 300, "text=" + "x" * 1100, "name=web"):
            self.problem(OWNER.get("/v1/t/acme/projects/LABELS/labels?" + query), 400, "bad_parameter")
        self.problem(OWNER.get("/v1/t/acme/projects/NO/labels"), 404, "not_found")

    def test_labels_are_listed_renamed_merged_and_removed(self):
        ok(OWNER.command("acme", "CreateProject", {"key": "LISTS", "name": "Lists"}), 201)
        first = create_issue(project="LISTS", labels=["bug", "web"])["key"]
        second = create_issue(project="LISTS", labels=["defect"])["key"]

        def do(command, **data):
            return ok(OWNER.command("acme", command, dict({"project": "LISTS"}, **data))).json()

        def refused(command, status, code, pointer, **data):
            self.problem(OWNER.command("acme", command, dict({"project": "LISTS"}, **data)), status, code, pointer)

        def get():
            found = ok(OWNER.get(f"/v1/t/acme/projects/LISTS/labels?min_position={seq()}")).json()
            return found["policy"], {item.pop("label"): tuple(item.values()) for item in found["items"]}

        do("AddLabel", label="web", color="#1D76DB", description="What browsers show")
        do("AddLabel", label="api")
        self.assertEqual(get(), ("open", {"api": (0, True, None, ""), "bug": (1, False, None, ""), "defect": (1, False, None, ""),
                                          "web": (1, True, "#1D76DB", "What browsers show")}))
        refused("AddLabel", 409, "name_taken", "/label", label="WEB")
        refused("AddLabel", 422, "bad_color", "/color", label="x", color="blue")
        refused("EditLabel", 409, "name_taken", "/name", label="bug", name="defect")
        refused("EditLabel", 404, "no_such_label", "/label", label="none", name="some")
        refused("RemoveLabel", 409, "in_use", "/label", label="bug")
        merged = do("RemoveLabel", label="bug", replace_with="defect")
        self.assertEqual([e["type"].rsplit(".", 1)[-1] for e in merged["events"]], ["IssueLabelsChanged", "LabelRemoved"])
        do("EditLabel", label="web", name="Web shop", clear=["color"])
        do("ChangeLabelPolicy", policy="listed")
        self.problem(OWNER.command("acme", "ChangeLabelPolicy", {"project": "LISTS", "policy": "closed"}), 400, "bad_command")
        self.assertEqual(get(), ("listed", {"Web shop": (1, True, None, "What browsers show"), "api": (0, True, None, ""),
                                            "defect": (2, False, None, "")}))
        answer = OWNER.command("acme", "CreateIssue", {"project": "LISTS", "summary": "x", "labels": ["api", "web shop"]})
        self.problem(answer, 422, "unknown_label", "/labels/1")
        self.assertIn("near it: Web shop", answer.json()["detail"])
        self.problem(OWNER.command("acme", "LabelIssue", {"issue": first, "add": ["zoo"]}), 422, "unknown_label", "/add/0")
        do("RemoveLabel", label="defect", detach=True)
        self.assertEqual(get()[1], {"Web shop": (1, True, None, "What browsers show"), "api": (0, True, None, "")})
        for key, labels in ((first, ["Web shop"]), (second, [])):
            self.assertEqual(ok(OWNER.get(f"/v1/t/acme/issues/{key}?min_position={seq()}")).json()["labels"], labels)

    def test_the_reason_reaches_the_audit_log(self):
        issue = create_issue()
        ok(OWNER.command("acme", "TransitionIssue", {"issue": issue["key"], "to": "done"},
                         headers={"NexusFlow-Reason": "fixed by ada"}))
        rows = ok(OWNER.get(f"/v1/t/acme/audit?issue={issue['key']}&type=IssueTransitioned&min_position={seq()}")).json()["items"]
        self.assertEqual([row["reason"] for row in rows], ["fixed by ada"])

    def test_importers_say_when_and_for_whom(self):
        member = ok(MEMBER.get("/v1/t/acme/me")).json()["id"]
        headers = {"NexusFlow-Occurred-At": "2020-02-29T12:00:00Z", "NexusFlow-On-Behalf-Of": member}
        data = {"project": "TLS", "summary": "old"}
        issue = ok(OWNER.command("acme", "CreateIssue", data, headers=headers), 201).json()
        found = ok(OWNER.get(f"/v1/t/acme/issues/{issue['key']}?min_position={issue['position']}")).json()
        self.assertEqual((found["created_at"], found["reporter"]["id"]), ("2020-02-29T12:00:00.000Z", member))
        self.problem(MEMBER.command("acme", "CreateIssue", data, headers=headers), 403, "not_an_importer")
        self.problem(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "summary": "older"},
                                   headers={"NexusFlow-Occurred-At": "2019-01-01T00:00:00Z"}), 422, "occurred_at_decreases")


class Queries(Case):
    def test_etags(self):
        NODE.wait_caught_up()
        paths = ("", "/me", "/members", f"/members/{MEMBER_ID}", f"/members/{MEMBER_ID}/uses", "/projects/TLS/assignable", "/api-keys", "/teams", f"/teams/{TEAM}", "/projects", "/projects/TLS", "/projects/TLS/board", "/boards", f"/boards/{BOARD}", f"/boards/{BOARD}/backlog", f"/bulks/{BULK}", "/issues/TLS-1",
                 "/issues/TLS-1/comments", "/issues/TLS-1/children", "/issues/TLS-1/links", "/issues/TLS-1/watchers", "/issues/TLS-1/history?order=desc",
                 "/search?text=handshake", "/audit?issue=TLS-1")
        for path in paths:
            with self.subTest(path):
                answer = ok(OWNER.get("/v1/t/acme" + path))
                etag = answer.header("ETag")
                same = ok(OWNER.get("/v1/t/acme" + path, {"If-None-Match": f'"x", W/{etag}'}), 304)
                self.assertEqual((same.body, same.header("ETag")), (b"", etag))
                self.assertEqual(same.position, answer.position)
                ok(OWNER.get("/v1/t/acme" + path, {"If-None-Match": '"other"'}))
        old = {path: ok(OWNER.get("/v1/t/acme" + path)).header("ETag") for path in ("/issues/TLS-2", "/projects/TLS/board", f"/boards/{BOARD}")}
        position = ok(OWNER.command("acme", "AddComment", {"issue": "TLS-2", "body": "x"}), 201).position
        for path, etag in old.items():
            ok(OWNER.get(f"/v1/t/acme{path}", {"If-None-Match": etag, "NexusFlow-Min-Position": str(position)}))

    def test_pages_have_no_gaps_and_no_doubles(self):
        for n in range(25):
            ok(OWNER.command("acme", "AddComment", {"issue": "TLS-3", "body": f"number {n}"}), 201)
            ok(OWNER.command("acme", "AddMember", {"person": nexusflow.person(f"page{n}"), "role": "guest"}), 201)
            ok(OWNER.command("acme", "CreateTeam", {"name": f"page {n}"}), 201)
            ok(OWNER.command("acme", "CreateApiKey", {"name": f"page {n}", "scope": "read"}), 201)
        for n in range(5):
            ok(OWNER.command("acme", "CreateProject", {"key": f"P{n}", "name": "page"}), 201)
        least = seq()
        NODE.wait_caught_up()
        for path, cursor, most in (("/members", "cursor", 200), ("/projects/TLS/assignable", "cursor", 200), ("/teams", "cursor", 200), ("/api-keys", "cursor", 200), ("/projects", "cursor", 500), ("/issues/TLS-3/comments", "after", 200),
                                   ("/search?text=handshake", "cursor", 100), ("/audit", "after", 1000)):
            url = path.split("?")[0]
            query = {"text": "handshake"} if "?" in path else {}

            def read(limit, url=url, query=query, cursor=cursor):
                items, at = [], None
                while True:
                    page = collect.get(OWNER, "acme", url, limit=limit, min_position=least, **dict(query, **{cursor: at}))
                    items += page["items"]
                    at = page["next"]
                    if at is None:
                        return items
            whole = read(most)
            self.assertGreater(len(whole), 5)
            for limit in (1, 3, 7, len(whole), len(whole) - 1):
                with self.subTest(f"{path} by {limit}"):
                    self.assertEqual(read(limit), whole)
        for path, limits in (("/issues/TLS-3/comments", (1, 4, 500)), ("/issues/TLS-3/history", (1, 4, 500)), ("/audit", (7, 1000))):
            for limit in limits:
                with self.subTest(f"{path} both ways by {limit}"):
                    self.assertGreater(len(collect.both_ways(OWNER, "acme", path, limit)), 20)
        newest = collect.get(OWNER, "acme", "/issues/TLS-3/comments", order="desc", limit=20)
        self.assertEqual(collect.get(OWNER, "acme", "/issues/TLS-3")["comments"], newest)
        self.assertEqual(newest["items"][0]["body"], "number 24")
        whole = collect.board(OWNER, "acme", "TLS", 1000)
        for limit in (1, 2, 5):
            self.assertEqual(collect.board(OWNER, "acme", "TLS", limit), whole)
        whole = collect.set_up_board(OWNER, "acme", BOARD, 1000)
        for limit in (1, 2, 5):
            self.assertEqual(collect.set_up_board(OWNER, "acme", BOARD, limit), whole)

    def test_children_and_links_are_shown_to_the_last_one(self):
        epic = create_issue(type="epic", summary="many")["key"]
        keys = []
        for n in range(45):
            keys.append(create_issue(type="story", parent=epic, summary=f"story {n}")["key"])
            last = ok(OWNER.command("acme", "LinkIssues", {"issue": epic, "link_type": ("blocks", "relates")[n % 2], "other": keys[-1]}))
        issue = ok(OWNER.get(f"/v1/t/acme/issues/{epic}?min_position={last.position}")).json()
        for name, shown in (("children", "subtasks"), ("links", "links")):
            for limit in (1, 4, 45, 500):
                whole = collect.pages(OWNER, "acme", f"/issues/{epic}/{name}", limit)
                self.assertEqual({(item.get("issue") or item)["key"] for item in whole}, set(keys))
                self.assertEqual(len(whole), 45)
                self.assertEqual(whole[:20], issue[shown]["items"])
            self.assertEqual(issue[shown]["total"], 45)
            self.assertEqual(collect.get(OWNER, "acme", f"/issues/{epic}/{name}", cursor=issue[shown]["next"])["items"], whole[20:])
        self.assertEqual({(link["type"], link["name"]) for link in whole}, {("blocks", "blocks"), ("relates", "relates to")})
        story = issue["subtasks"]["items"][0]
        self.assertEqual((story["type"], story["status"], story["status_name"], story["status_category"]), ("story", "todo", "To do", "todo"))

    def test_the_feed_is_gapless_in_pages_of_any_size(self):
        whole = events()
        self.assertEqual([int(e["sequence"]) for e in whole], list(range(1, len(whole) + 1)))
        for limit in (1, 7, 128, 1000):
            self.assertEqual(OWNER.events("acme", after=len(whole) - 100, limit=limit), whole[-100:])
        self.assertEqual(ok(OWNER.get("/v1/t/acme/events?after=999999")).json(), [])
        array = ok(OWNER.get("/v1/t/acme/events?after=0&limit=10"))
        self.assertEqual(array.header("Content-Type"), "application/cloudevents-batch+json")
        self.assertEqual(array.json(), whole[:10])

    def test_search_finds_what_was_written(self):
        issue = create_issue(summary="Zebra crossing", description="about the naïve façade of an ünïcode ticket")
        ok(OWNER.command("acme", "AddComment", {"issue": issue["key"], "body": "the giraffe agrees"}), 201)
        least = seq()
        for text in ("zebra", "ZEBRA", '"zebra crossing"', "façade", "giraffe", "zeb", "naïve -giraffe", "zebra or giraffe"):
            with self.subTest(text):
                items = collect.get(OWNER, "acme", "/search", text=text, min_position=least)["items"]
                self.assertIn(issue["key"], [item["key"] for item in items])
        for query in ({"text": "zebra -crossing"}, {"text": "elephant"}, {"text": "zebra", "project": "NO"}):
            with self.subTest(query):
                self.assertEqual(collect.get(OWNER, "acme", "/search", min_position=least, **query)["items"], [])
        self.assertEqual(collect.get(STRANGER, "other", "/search", text="zebra")["items"], [])


class Rule(Case):
    def test_the_parent_is_done_when_its_subtasks_are(self):
        parent = create_issue(type="story")
        children = [create_issue(type="subtask", parent=parent["key"])["key"] for _ in range(3)]
        for child in children[:2]:
            ok(OWNER.command("acme", "TransitionIssue", {"issue": child, "to": "done"}))
        self.wait_processor()
        self.assertEqual(self.status(parent), "todo")
        last = ok(OWNER.command("acme", "TransitionIssue", {"issue": children[2], "to": "done"})).json()
        deadline = time.monotonic() + 60
        while self.status(parent) != "done" and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.status(parent), "done")
        done, = [e for e in events(after=last["position"]) if e["type"].endswith("IssueTransitioned")]
        meta = done["data"]["meta"]
        self.assertEqual((meta["causation_id"], meta["actor"]["kind"]), (last["events"][0]["id"], "rule"))
        self.assertEqual(done["data"]["resolution"], "done")

    def status(self, issue):
        return ok(OWNER.get(f"/v1/t/acme/issues/{issue['key']}?min_position={issue['position']}")).json()["status"]

    def wait_processor(self):
        deadline = time.monotonic() + 60
        while "processor: lag 0 records" not in NODE.client().get("/readyz?verbose").body.decode():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Workflows(Case):
    """One project, reconfigured while it is in use; the answers are those of its own log by the oracle."""

    def configure(self, command, *statuses, **data):
        return ok(OWNER.command("acme", command, dict({"project": "FLOW"}, **data)), *statuses or (200,))

    def test_a_project_is_reconfigured_while_it_is_in_use(self):
        ok(OWNER.command("acme", "CreateProject", {"key": "FLOW", "name": "Flow"}), 201)
        one, two = (create_issue(project="FLOW") for _ in range(2))
        ok(OWNER.command("acme", "TransitionIssue", {"issue": two["key"], "transition": "start"}))
        self.configure("AddStatus", status="blocked", name="Blocked", category="in_progress")
        self.configure("EditStatus", status="blocked", name="Waiting", position=1)
        self.configure("AddStatus", status="spare", name="Spare", category="todo")
        self.configure("RemoveStatus", status="spare")
        self.problem(OWNER.command("acme", "RemoveStatus", {"project": "FLOW", "status": "todo"}), 409, "in_use", "/status")
        ways = [{"id": "create", "name": "Create", "kind": "initial", "to": "todo"},
                {"id": "wait", "name": "Wait", "from": ["todo"], "to": "blocked"},
                {"id": "finish", "name": "Finish", "kind": "global", "to": "done"},
                {"id": "drop", "name": "Drop", "from": ["blocked"], "to": "done"}]
        draft = {"workflow": "classic", "name": "Wait first", "transitions": ways}
        wrong = [*ways, {"id": "wait", "name": "x", "from": ["todo"], "to": "done"}]
        self.problem(OWNER.command("acme", "SaveWorkflowDraft", dict(draft, project="FLOW", transitions=wrong)),
                     422, "bad_workflow", "/transitions/4/id")
        self.problem(MEMBER.command("acme", "SaveWorkflowDraft", dict(draft, project="FLOW")), 403, "forbidden")
        self.configure("SaveWorkflowDraft", **draft)
        self.problem(OWNER.command("acme", "PublishWorkflow", {"project": "FLOW", "workflow": "classic"}),
                     409, "no_place", "/moves")
        answer = self.configure("PublishWorkflow", workflow="classic", moves=[{"from": "in_progress", "to": "blocked"}]).json()
        self.assertEqual([e["type"] for e in answer["events"]], ["WorkflowPublished", "IssueTransitioned"])
        self.problem(OWNER.command("acme", "TransitionIssue", {"issue": two["key"], "to": "done"}), 409, "ambiguous_transition")
        ok(OWNER.command("acme", "TransitionIssue", {"issue": two["key"], "category": "done"}))
        found = collect.get(MEMBER, "acme", f"/issues/{one['key']}/transitions", min_position=seq())
        self.assertEqual([(t["id"], t["possible"]) for t in found["transitions"]],
                         [("wait", True), ("finish", True), ("drop", False)])
        self.rules_are_judged_alike(one)
        self.configure("SaveWorkflowDraft", workflow="classic", name="Wait first", transitions=ways)
        self.configure("PublishWorkflow", workflow="classic")
        self.configure("SaveWorkflowDraft", workflow="bugs", name="Bugs", transitions=ways[:2])
        self.configure("PublishWorkflow", workflow="bugs")
        self.configure("AssignWorkflow", issue_type="bug", workflow="bugs")
        self.configure("SaveWorkflowDraft", workflow="bugs", name="More bugs", transitions=ways)
        self.configure("DiscardWorkflowDraft", workflow="bugs")
        self.configure("AddIssueType", issue_type="initiative", name="Initiative", level=2)
        self.configure("EditIssueType", issue_type="bug", name="Defect", position=0)
        self.configure("RemoveIssueType", issue_type="initiative")
        self.problem(OWNER.command("acme", "RemoveIssueType", {"project": "FLOW", "issue_type": "subtask"}), 409, "built_in", "/issue_type")
        self.configure("AddPriority", priority="urgent", name="Urgent")
        self.configure("EditPriority", priority="urgent", position=0)
        self.configure("AddResolution", resolution="lost", name="Lost")
        self.configure("EditResolution", resolution="lost", disabled=True)
        self.problem(OWNER.command("acme", "TransitionIssue", {"issue": one["key"], "to": "done", "resolution": "lost"}),
                     422, "disabled", "/resolution")
        self.expect_what_the_log_says()

    def rules_are_judged_alike(self, issue):
        """What the list says is what the command does, for whoever asks."""
        admins = [{"kind": "any"}, {"kind": "role", "role": "admin", "group": 0}, {"kind": "assignee", "group": 0}]
        self.configure("SaveWorkflowDraft", workflow="classic", name="Guarded", transitions=[
            {"id": "create", "name": "Create", "kind": "initial", "to": "todo"},
            {"id": "finish", "name": "Finish", "kind": "global", "to": "done", "conditions": admins},
            {"id": "wait", "name": "Wait", "from": ["todo"], "to": "blocked",
             "validators": [{"kind": "field_set", "field": "due_on"}]}])
        self.configure("PublishWorkflow", workflow="classic")
        wait = "due_on must have a value (validator field_set)"
        whys = {OWNER: {"finish": None, "wait": wait},
                MEMBER: {"finish": "only role admin or higher, the assignee (condition any)", "wait": wait}}
        for client, expected in whys.items():
            found = collect.get(client, "acme", f"/issues/{issue['key']}/transitions", min_position=seq())
            self.assertEqual({t["id"]: t["why"] for t in found["transitions"]}, expected)
            self.assertEqual({t["id"]: t["possible"] for t in found["transitions"]}, {k: v is None for k, v in expected.items()})
        for client, to, status, code in ((MEMBER, "done", 409, "no_transition"), (OWNER, "blocked", 422, "not_valid")):
            answer = client.command("acme", "TransitionIssue", {"issue": issue["key"], "to": to})
            self.problem(answer, status, code, "/to")
            self.assertIn(whys[MEMBER]["finish"] if to == "done" else wait, answer.json()["detail"])
        ok(OWNER.command("acme", "EditIssue", {"issue": issue["key"], "due_on": "2030-01-01"}))
        ok(MEMBER.command("acme", "TransitionIssue", {"issue": issue["key"], "to": "blocked"}))

    def expect_what_the_log_says(self):
        least = seq()
        fold = oracle.Fold("acme", events())
        self.assertEqual(fold.complaints, [])
        self.assertGreaterEqual(fold.seq, least)
        expected = oracle.Expected(fold)
        project = next(p for p in fold.projects.values() if p["key"] == "FLOW")
        self.assertEqual(collect.get(OWNER, "acme", "/projects/FLOW/statuses", min_position=least)["items"], project["statuses"])
        self.assertEqual(collect.get(OWNER, "acme", "/projects/FLOW/workflows", min_position=least)["items"],
                         expected.workflows(project))
        self.assertEqual(collect.get(OWNER, "acme", "/projects/FLOW/configuration", min_position=least),
                         expected.configuration(project))
        self.assertEqual(list(oracle.differences(expected.board(project), collect.board(OWNER, "acme", "FLOW", 100, least))), [])
        self.problem(OWNER.get("/v1/t/acme/projects/NONE/workflows"), 404, "not_found")
        self.problem(STRANGER.get("/v1/t/acme/projects/FLOW/workflows"), 404, "no_such_tenant")


class Operations(Case):
    def test_metrics_please_promtool(self):
        answer = ok(NODE.client().get("/metrics"))
        self.assertTrue(answer.header("Content-Type").startswith("text/plain; version=0.0.4"))
        done = subprocess.run(["promtool", "check", "metrics"], input=answer.body, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        for name in ("nexusflow_http_requests_total", "nexusflow_commands_total", "nexusflow_events_appended_total",
                     "nexusflow_projection_lag_records", "process_resident_memory_bytes", "nexusflow_build_info"):
            self.assertIn(name.encode(), answer.body)

    def test_health(self):
        client = NODE.client()
        self.assertEqual(ok(client.get("/livez")).body, b"ok\n")
        self.assertEqual(ok(client.get("/readyz")).body, b"ready\n")
        verbose = ok(client.get("/readyz?verbose")).body.decode()
        for check in ("writers", "access", "board", "issue", "feed", "search", "audit", "processor"):
            self.assertRegex(verbose, rf"(?m)^\[\+\] {check}")
        self.assertEqual(ok(client.get("/version")).json()["name"], "nexusflow")

    def test_logs_are_json_lines(self):
        with open(NODE.log_path, encoding="utf-8") as log:
            for line in log:
                self.assertLessEqual({"ts", "level", "logger", "msg"}, set(json.loads(line)))


class Registry(Case):
    """The calls that Confluent's clients make."""

    def get(self, path, status=200):
        answer = ok(NODE.client().get(path), status)
        self.assertEqual(answer.header("Content-Type"), "application/vnd.schemaregistry.v1+json")
        return answer.json()

    def test_every_schema_is_found_by_id_subject_and_text(self):
        import avro.schema
        subjects = self.get("/subjects")
        self.assertIn("nexusflow.events.IssueCreated", subjects)
        for subject in subjects:
            for name in (subject, "nexusflow.events-" + subject):
                latest = self.get(f"/subjects/{name}/versions/latest")
                self.assertEqual(self.get(f"/subjects/{name}/versions/{latest['version']}"), latest)
                self.assertIn(latest["version"], self.get(f"/subjects/{name}/versions"))
                schema = self.get(f"/schemas/ids/{latest['id']}")["schema"]
                self.assertEqual(schema, latest["schema"])
                self.assertEqual(avro.schema.parse(schema).fullname, subject)
                self.assertEqual(self.get(f"/schemas/ids/{latest['id']}/schema"), json.loads(schema))
                self.assertIn(subject, self.get(f"/schemas/ids/{latest['id']}/subjects"))
                found = ok(NODE.client().request("POST", f"/subjects/{name}", {"schema": schema})).json()
                self.assertEqual((found["id"], found["version"]), (latest["id"], latest["version"]))
        self.assertEqual(self.get("/schemas/types"), ["AVRO"])
        self.assertEqual(self.get("/config")["compatibilityLevel"], "FULL_TRANSITIVE")
        self.assertEqual(self.get("/mode"), {"mode": "READONLY"})

    def test_errors_are_those_that_clients_know(self):
        for path, status, code in (("/schemas/ids/99999", 404, 40403), ("/schemas/ids/x", 404, 40403), ("/subjects/No/versions", 404, 40401),
                                   ("/subjects/No/versions/latest", 404, 40401), ("/subjects/nexusflow.events.IssueCreated/versions/99", 404, 40402),
                                   ("/subjects/nexusflow.events.IssueCreated/versions/x", 422, 42202)):
            with self.subTest(path):
                self.assertEqual(self.get(path, status)["error_code"], code)
        for path, body, status, code in (("/subjects/nexusflow.events.IssueCreated", {"schema": '"string"'}, 404, 40403),
                                         ("/subjects/nexusflow.events.IssueCreated", {}, 422, 42201), ("/subjects/No", {"schema": "{}"}, 404, 40401),
                                         ("/subjects/nexusflow.events.IssueCreated/versions", {"schema": '"string"'}, 422, 42205)):
            with self.subTest(path):
                answer = ok(NODE.client().request("POST", path, body), status)
                self.assertEqual(answer.json()["error_code"], code)


class OpenApi(Case):
    """The document, taken at its word."""

    def test_the_document_is_valid_and_every_operation_works_as_its_examples_say(self):
        import jsonschema
        document = ok(NODE.client().get("/openapi.json")).json()
        self.assertTrue(document["openapi"].startswith("3.1"))
        problem = document["components"]["schemas"]["Problem"]
        jsonschema.Draft202012Validator.check_schema(problem)
        jsonschema.validate(STRANGER.get("/v1/t/acme").json(), problem)
        ids, called = set(), 0
        ok(OWNER.command("acme", "AddComment", {"issue": "TLS-12", "comment_id": "01890a5d-ac96-774b-bcce-b302099a8058",
                                                "body": "the one of the examples"}), 201)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                with self.subTest(f"{method} {path}"):
                    self.assertNotIn(operation["operationId"], ids)
                    ids.add(operation["operationId"])
                    self.call(jsonschema, method, path, operation)
                    called += 1
        self.assertGreater(called, 40)

    def test_every_operation_says_what_it_answers(self):
        document = ok(NODE.client().get("/openapi.json")).json()
        schemas = document["components"]["schemas"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                for status, said in operation["responses"].items():
                    for kind, media in said.get("content", {}).items():
                        with self.subTest(f"{method} {path} {status} {kind}"):
                            name = media["schema"].get("$ref", "").rpartition("/")[2]
                            self.assertTrue(kind == "text/plain" or name in schemas,
                                            f"no schema {name!r}: cli/answers.json has the answers, by the names of the queries")

    def test_an_answer_that_the_document_does_not_know_is_complained_about(self):
        document = Document(ok(NODE.client().get("/openapi.json")).json())
        path, body = "/v1/t/acme/me", {"id": OWNER_ID, "role": "owner", "scope": None, "name": "Owner"}
        judge = lambda kind, body: list(document.complaints("GET", path, 200, kind, json.dumps(body).encode()))  # noqa: E731
        self.assertEqual(judge("application/json", body), [])
        for wrong in (dict(body, role="king"), dict(body, more=1), {"id": OWNER_ID}, dict(body, id="x"), []):
            self.assertTrue(judge("application/json", wrong), wrong)
        self.assertTrue(judge("text/html", body))

    def test_an_event_that_the_document_does_not_know_is_complained_about(self):
        document = Document(ok(NODE.client().get("/openapi.json")).json())
        made = ok(OWNER.command("acme", "EditIssue", {"issue": create_issue()["key"], "summary": "two"}))
        for path, member in (("/v1/t/acme/audit", "body"), ("/v1/t/acme/events", "data")):
            answer = ok(OWNER.get(f"{path}?after={made.position - 1}&limit=1&min_position={made.position}")).json()
            judge = lambda body: list(document.complaints("GET", path, 200, "application/json", json.dumps(body).encode()))  # noqa: E731
            items = answer["items"] if member == "body" else answer
            self.assertEqual(judge(answer), [])
            for wrong in (dict(items[0][member], more=1), dict(items[0][member], to=7), {}):
                bad = [dict(items[0], **{member: wrong})]
                self.assertTrue(judge(dict(answer, items=bad) if member == "body" else bad), wrong)
            bad = [dict(items[0], type=items[0]["type"].replace("IssueSummaryChanged", "IssueWatched"))]
            self.assertTrue(judge(dict(answer, items=bad) if member == "body" else bad))

    def call(self, jsonschema, method, path, operation):
        query, headers, url = {}, {}, path
        for parameter in operation["parameters"]:
            jsonschema.Draft202012Validator.check_schema(parameter["schema"])
            if parameter["in"] == "path":
                self.assertTrue(parameter["required"])
                url = url.replace("{%s}" % parameter["name"], str(parameter["example"]))
            elif "example" in parameter:
                jsonschema.validate(parameter["example"], parameter["schema"])
                (query if parameter["in"] == "query" else headers)[parameter["name"]] = \
                    str(parameter["example"]).lower() if isinstance(parameter["example"], bool) else str(parameter["example"])
        self.assertNotIn("{", url)
        client = OWNER if operation["security"] else NODE.client()
        headers.pop("Idempotency-Key", None)  # the same example for every command
        body = None
        if "requestBody" in operation:
            (content, media), = operation["requestBody"]["content"].items()
            headers["Content-Type"] = content
            body = self.body(jsonschema, path, media["schema"])
        if path.endswith("/SkipEvent"):  # nobody stands there: it changes nothing
            client = NODE.client(NODE.token("operator", "--installation"))
        if path.endswith("/CreateOrganization"):
            client, url = NODE.client(NODE.token("operator", "--installation")), url.replace("acme", "from-example")
        if query:
            url += "?" + "&".join(f"{k}={v}" for k, v in query.items())
        answer = client.request(method.upper(), url, body, headers)
        if path == "/subjects/{subject}/versions" and method == "post":
            self.assertEqual(answer.status, 422, answer)  # read-only: what its summary says
            return
        self.assertIn(answer.status, (200, 201), (method, url, body, answer))
        answers = {key: value for key, value in operation["responses"].items() if key != "default"}
        self.assertTrue(str(answer.status) in answers or "2XX" in answers, f"{answer.status} is not among {list(answers)}")
        said, = [list(value["content"])[0] for value in answers.values()]
        self.assertTrue(answer.header("Content-Type").startswith(said) or path.endswith("/events"), (said, answer.headers))

    def body(self, jsonschema, path, schema):
        """The example of each field; required ones without an example get a value that is true here."""
        name = path.rsplit("/", 1)[1]
        if path.endswith("/commands"):
            return '{"command":"AddComment","data":{"issue":"TLS-1","body":"by batch"}}\n'
        if path.startswith("/subjects"):
            return {"schema": NODE.client().get("/subjects/nexusflow.events.IssueCreated/versions/latest").json()["schema"]}
        jsonschema.Draft202012Validator.check_schema(schema)
        data = {field: value["examples"][0] for field, value in schema["properties"].items() if "examples" in value}
        data.update(self.known(name))
        missing = set(schema["required"]) - set(data)
        self.assertEqual(missing, set(), f"{name}: neither an example nor known here")
        jsonschema.validate(data, schema)
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(dict(data, nonsense=1), schema)
        return data

    def known(self, name):
        def member():
            id = nexusflow.new_id()
            ok(OWNER.command("acme", "AddMember", {"member_id": id, "person": nexusflow.person("x" + id), "role": "guest"}), 201)
            return id

        def team():
            return ok(OWNER.command("acme", "CreateTeam", {"name": "x" + nexusflow.new_id()}), 201).json()["created"]

        def board():
            return ok(OWNER.command("acme", "CreateBoard", {"name": "x", "projects": ["TLS"]}), 201).json()["created"]

        def api_key():
            return ok(OWNER.command("acme", "CreateApiKey", {"name": "x", "scope": "read"}), 201).json()["created"]

        def comment():
            id = nexusflow.new_id()
            ok(OWNER.command("acme", "AddComment", {"issue": "TLS-12", "comment_id": id, "body": "x"}), 201)
            return id
        def put_away(command):
            key = create_issue()["key"]
            ok(OWNER.command("acme", command, {"issue": key}))
            return {"issue": key}

        def some_issues():
            return {"issues": [create_issue()["key"] for _ in range(2)]}

        def worklog():
            id = nexusflow.new_id()
            ok(OWNER.command("acme", "LogWork", {"issue": "TLS-12", "worklog_id": id, "minutes": 5}), 201)
            return id

        def project():
            key = "EX" + "".join(chr(ord("A") + int(c, 16)) for c in nexusflow.new_id()[-6:])
            ok(OWNER.command("acme", "CreateProject", {"key": key, "name": "x"}), 201)
            return key

        def link_type():
            id = "l" + nexusflow.new_id()[:8]
            ok(OWNER.command("acme", "AddLinkType", {"link_type": id, "name": id, "outward": "x", "inward": "y"}))
            return id

        def component(**data):
            id = nexusflow.new_id()
            ok(OWNER.command("acme", "AddComponent", {"project": "TLS", "name": id, "component_id": id}), 201)
            return dict({"component_id": id}, **data)

        def version(*before, **data):
            id = nexusflow.new_id()
            ok(OWNER.command("acme", "AddVersion", {"project": "TLS", "name": id, "version_id": id}), 201)
            for name in before:
                ok(OWNER.command("acme", name, {"project": "TLS", "version_id": id}))
            return dict({"version_id": id}, **data)

        def role():
            id = "r" + nexusflow.new_id()[:8]
            ok(OWNER.command("acme", "AddProjectRole", {"role": id, "name": id}))
            return {"role": id}

        def scheme(**data):
            id = "p" + nexusflow.new_id()[:8]
            ok(OWNER.command("acme", "CreatePermissionScheme", {"scheme": id, "name": id, "copy_of": "classic"}))
            return dict({"scheme": id}, **data)

        def label(**data):
            data["label"] = nexusflow.new_id()
            ok(OWNER.command("acme", "AddLabel", {"project": "TLS", "label": data["label"]}))
            return data

        def option():
            data = {"project": "TLS", "field": "f" + nexusflow.new_id()[:8]}
            ok(OWNER.command("acme", "AddField", dict(data, name="x", kind="select", options=[{"option": "one", "name": "One"}])))
            return dict(data, option="one")

        known = {
            "RemoveFieldOption": option,
            "AddProjectRole": lambda: {"role": "r" + nexusflow.new_id()[:8]}, "RenameProjectRole": lambda: dict(role(), name=nexusflow.new_id()), "RemoveProjectRole": role,
            "ChangeProjectRoleMembers": lambda: dict(role(), add_members=[member()]),
            "CreatePermissionScheme": lambda: {"scheme": "p" + nexusflow.new_id()[:8]},
            "RenamePermissionScheme": lambda: scheme(name=nexusflow.new_id()), "RemovePermissionScheme": scheme,
            "ChangePermissionGrants": lambda: scheme(add=[{"permission": "log_work", "to": "anyone"}]),
            "AssignPermissionScheme": lambda: scheme(project=project()),
            "CloneIssue": lambda: {"issue": create_issue()["key"]},
            "BulkEditIssues": lambda: {"issues": ["TLS-12", "TLS-13"], "priority": "high"}, "BulkTransitionIssues": some_issues,
            "BulkMoveIssues": lambda: dict(some_issues(), project=project()), "BulkDeleteIssues": some_issues, "BulkRankIssues": some_issues,
            "EditLinkType": lambda: {"link_type": link_type()}, "RemoveLinkType": lambda: {"link_type": link_type()},
            "MoveIssue": lambda: {"issue": create_issue()["key"], "project": project()},
            "ArchiveIssue": lambda: {"issue": create_issue()["key"]}, "UnarchiveIssue": lambda: put_away("ArchiveIssue"),
            "DeleteIssue": lambda: {"issue": create_issue()["key"]}, "RestoreIssue": lambda: put_away("DeleteIssue"),
            "AddLabel": lambda: {"label": nexusflow.new_id()}, "EditLabel": lambda: label(name=nexusflow.new_id()), "RemoveLabel": label,
            "ChangeLabelPolicy": lambda: {"project": project(), "policy": "listed"},
            "AddComponent": dict, "EditComponent": lambda: component(description="text"), "RemoveComponent": component,
            "AddVersion": dict, "EditVersion": lambda: version(description="text"), "RemoveVersion": version,
            "ReleaseVersion": version, "UnreleaseVersion": lambda: version("ReleaseVersion"), "ArchiveVersion": version,
            "UnarchiveVersion": lambda: version("ArchiveVersion"), "MoveVersion": version,
            "LogWork": lambda: {"minutes": 5}, "EditWorklog": lambda: {"worklog_id": worklog(), "minutes": 6},
            "DeleteWorklog": lambda: {"worklog_id": worklog()},
            "ArchiveProject": lambda: {"project": project()}, "ChangeProjectKey": lambda: {"project": project()},
            "UnarchiveProject": lambda: {"project": project()},
            "DeleteProject": lambda: {"project": project()}, "RestoreProject": lambda: {"project": project()},
            "AddComment": lambda: {"body": "text"}, "AddMember": lambda: {"person": nexusflow.person("by-example"), "role": "guest"},
            "SetMemberProfile": lambda: {"person": nexusflow.person("owner", "The owner")},
            "AddStatus": dict, "AssignIssue": dict, "AssignWorkflow": dict, "DiscardWorkflowDraft": self.draft,
            "EditStatus": lambda: {"name": "Review"}, "PublishWorkflow": self.draft, "RemoveStatus": self.spare_status, "RemoveWorkflow": self.spare_workflow,
            "RemoveIssueType": self.spare_type,
            "SaveWorkflowDraft": lambda: {"transitions": CLASSIC}, "ChangeMemberRole": lambda: {"member": member(), "role": "admin"},
            "CreateIssue": lambda: {"summary": "text"}, "CreateOrganization": lambda: {"name": "x", "owner": nexusflow.person("y")},
            "ChangeTeamMembers": lambda: {"team": team(), "add": [member()]}, "DeactivateMember": lambda: {"member": member()},
            "ReactivateMember": lambda: {"member": member()}, "RenameTeam": lambda: {"team": team(), "name": "renamed"},
            "DeleteTeam": lambda: {"team": team()}, "RevokeApiKey": lambda: {"key": api_key()}, "LimitApiKeys": lambda: {"days": 300},
            "CreateApiKey": lambda: {"scope": "write"},
            "CreateBoard": lambda: {"filters": [{"id": "mine", "name": "Mine", "caller": True}]}, "EditBoard": lambda: {"board": board(), "name": "edited"}, "DeleteBoard": lambda: {"board": board()},
            "CreateProject": lambda: {"key": "EX", "name": "text"}, "DeleteComment": lambda: {"comment_id": comment()},
            "EditComment": lambda: {"comment_id": comment(), "body": "text"}, "EditIssue": lambda: {"summary": "text"},
            "LabelIssue": lambda: {"add": ["tls"]}, "RankIssue": lambda: {"before": "TLS-1"},
            "RemoveMember": lambda: {"member": member()},
            "SkipEvent": lambda: {"readers": ["board"], "seq": 1, "event": nexusflow.new_id(), "why": "by example"},
            "UnlinkIssues": lambda: self.linked({"issue": "TLS-12", "link_type": "blocks", "other": "TLS-13"}),
        }
        return known.get(name, dict)()

    def draft(self):
        ok(OWNER.command("acme", "SaveWorkflowDraft", {"project": "TLS", "workflow": "classic", "name": "x", "transitions": CLASSIC}))
        return {}

    def spare_status(self):
        id = "s" + nexusflow.new_id()[:8]
        ok(OWNER.command("acme", "AddStatus", {"project": "TLS", "status": id, "name": id, "category": "todo"}))
        return {"status": id}

    def spare_type(self):
        id = "t" + nexusflow.new_id()[:8]
        ok(OWNER.command("acme", "AddIssueType", {"project": "TLS", "issue_type": id, "name": "x", "level": 0, "workflow": "classic"}))
        return {"issue_type": id}

    def spare_workflow(self):
        id = "w" + nexusflow.new_id()[:8]
        for name, more in (("SaveWorkflowDraft", {"name": "x", "transitions": CLASSIC}), ("PublishWorkflow", {})):
            ok(OWNER.command("acme", name, dict({"project": "TLS", "workflow": id}, **more)))
        return {"workflow": id}

    def linked(self, link):
        ok(OWNER.command("acme", "LinkIssues", link))
        return link


class Crowd(Case):
    def test_a_stale_race_has_one_winner(self):
        issue = create_issue()
        answers = []

        def edit(n):
            client = NODE.client(OWNER.token)
            answers.append(client.command("acme", "EditIssue", {"issue": issue["key"], "summary": f"by {n}", "expected_version": 1}))
        threads = [threading.Thread(target=edit, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(a.status for a in answers), [200] + [412] * 15)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
