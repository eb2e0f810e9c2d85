"""The clients of a campaign. Each command has one Idempotency-Key; it is sent with that key, to any instance, until there is
an answer for good. Everything that was sent and answered goes into the ledger, which is all that the checker gets."""
import http.client
import random
import threading
import time

import nexusflow

GOOD = {200, 201, 400, 403, 404, 409, 412, 422}
PATIENCE_S = 90


class Ledger:
    """Entries: id, tenant, user, name, data, attempts [[began, instance, status or error, ended]], answers [[status, body]]. An
    answer for good is in answers; the last one is what the client took for true."""

    def __init__(self):
        self.lock, self.entries = threading.Lock(), {}
        self.errors = []

    def open(self, tenant, user, name, data):
        entry = {"id": nexusflow.new_id(), "tenant": tenant, "user": user, "name": name, "data": data, "attempts": [],
                 "answers": []}
        with self.lock:
            self.entries[entry["id"]] = entry
        return entry

    def error(self, text):
        with self.lock:
            self.errors.append(text)


class Shared:
    """What the clients of one tenant know."""

    def __init__(self, slug, members):
        self.slug, self.members, self.lock = slug, members, threading.Lock()
        self.issues = []    # keys
        self.versions = {}  # key -> last version seen
        self.done = []      # entries that were accepted

    def learn(self, entry, body):
        with self.lock:
            if body.get("outcome") not in ("accepted", "repeated"):
                return
            if entry["name"] == "CreateIssue":
                self.issues.append(body["key"])
            if body.get("key"):
                self.versions[body["key"]] = body["version"]
            self.done.append(entry)


class Client(threading.Thread):
    calm = threading.Event()  # set: nothing new is begun

    def __init__(self, number, seed, ledger, shared, instances, user, token, stop, issues_max):
        super().__init__(daemon=True)
        self.rng = random.Random(f"{seed}/client/{number}")
        self.ledger, self.shared, self.user, self.stop, self.issues_max = ledger, shared, user, stop, issues_max
        self.nodes, self.token = {node.name: node for node in instances}, token
        self.names = list(self.nodes)
        self.clients = {name: self.connect(name) for name in self.names}
        self.at = self.rng.choice(self.names)
        self.words = "handshake ticket alert «quoted» naïve 日本語 retry cookie Ω record".split()

    def connect(self, name):
        return self.nodes[name].client(self.token, timeout=7)

    def run(self):
        try:
            while not self.stop.is_set():
                if not self.calm.is_set():
                    self.rng.choices([self.single, self.batch, self.again, self.twice], [70, 12, 8, 10])[0]()
                time.sleep(self.rng.random() * 0.06)
        except Exception as e:  # noqa: BLE001: whatever ends a client is a violation
            self.ledger.error(f"client of {self.shared.slug}: {e!r}")

    # what to send

    def text(self, most):
        return " ".join(self.rng.choice(self.words) for _ in range(self.rng.randint(1, most)))

    def issue(self):
        issues = self.shared.issues
        if not issues or self.rng.random() < 0.02:
            return "TLS-999999"
        return issues[-1 - int(len(issues) * self.rng.random() ** 2)]

    def command(self):
        issue = self.issue()
        kind = self.rng.random()
        if len(self.shared.issues) < 3 or (kind < 0.2 and len(self.shared.issues) < self.issues_max):
            data = {"project": "TLS", "summary": self.text(5), "description": self.text(20),
                    "type": self.rng.choice(["task", "bug", "subtask"])}
            if data["type"] == "subtask":
                data["parent"] = issue
            return "CreateIssue", data
        if kind < 0.45:
            data = {"issue": issue, self.rng.choice(["summary", "description"]): self.text(6)}
            if self.rng.random() < 0.8:  # several clients know the same version: one of them is right
                data["expected_version"] = self.shared.versions.get(issue, 1)
            return "EditIssue", data
        if kind < 0.7:
            return "TransitionIssue", {"issue": issue, "to": self.rng.choice(["todo", "in_progress", "done", "done"])}
        if kind < 0.85:
            return "AddComment", {"issue": issue, "body": self.text(9), "comment_id": nexusflow.new_id()}
        if kind < 0.92:
            return "AssignIssue", {"issue": issue, "assignee": self.rng.choice(self.shared.members)}
        return "LabelIssue", {"issue": issue, "add": self.rng.sample(["tls", "later", "p1"], 1), "remove": []}

    # sending

    def attempt(self, send, entries):
        """One try at an instance. None: no answer for good. NDJSON: one outcome a line."""
        name = self.at
        began = time.time()

        def note(what):
            for entry in entries:
                entry["attempts"].append([round(began, 3), name, what, round(time.time(), 3)])
        try:
            answer = send(self.clients[name])
        except (OSError, http.client.HTTPException) as e:
            note(type(e).__name__)
            return None
        if len(entries) == 1 and answer.header("content-type") != "application/x-ndjson":
            bodies = [answer.json()]
            statuses = [answer.status]
        elif answer.status == 200:
            bodies = answer.lines()
            statuses = [body.get("status", 200) for body in bodies]
        else:
            note(answer.status)
            if answer.status not in (503, 429):
                raise AssertionError(f"a batch is answered {answer}")
            return None
        if len(bodies) != len(entries):
            raise AssertionError(f"{len(entries)} lines, {len(bodies)} outcomes")
        for entry, status, body in zip(entries, statuses, bodies):
            entry["attempts"].append([round(began, 3), name, status, round(time.time(), 3)])
            if status in GOOD:
                entry["answers"].append([status, body])
            elif status not in (503, 429):
                raise AssertionError(f"{entry['name']}: {status} {body}")
        return None if any(status in (503, 429) for status in statuses) else list(zip(statuses, bodies))

    def until_answered(self, send, entries):
        deadline = time.monotonic() + PATIENCE_S
        pause = 0.05
        while time.monotonic() < deadline:
            answers = self.attempt(send, entries)
            if answers:
                return answers
            if self.rng.random() < 0.5:
                self.at = self.rng.choice(self.names)
            time.sleep(pause * (0.5 + self.rng.random()))
            pause = min(pause * 1.5, 0.5)
            if self.stop.is_set():  # faults are over: only so long
                deadline = min(deadline, self.stop.at + PATIENCE_S)
        self.ledger.error(f"{self.shared.slug}: no answer for {PATIENCE_S} s to {entries[0]['name']} {entries[0]['id']}")
        return None

    def sender(self, entry):
        return lambda client: client.command(entry["tenant"], entry["name"], entry["data"], entry["id"])

    def single(self):
        entry = self.ledger.open(self.shared.slug, self.user, *self.command())
        answers = self.until_answered(self.sender(entry), [entry])
        if answers:
            self.shared.learn(entry, answers[0][1])

    def batch(self):
        entries = [self.ledger.open(self.shared.slug, self.user, *self.command()) for _ in range(self.rng.randint(2, 30))]
        lines = [{"command": e["name"], "command_id": e["id"], "data": e["data"]} for e in entries]
        answers = self.until_answered(lambda client: client.batch(self.shared.slug, lines), entries)
        for entry, (_, body) in zip(entries, answers or []):
            self.shared.learn(entry, body)

    def again(self):
        """An accepted command once more: the checker compares the answers."""
        with self.shared.lock:
            done = self.shared.done[-300:]
        if done:
            entry = self.rng.choice(done)
            if entry["user"] == self.user:
                self.until_answered(self.sender(entry), [entry])

    def twice(self):
        """The same command at two connections at once, where there are two instances at both."""
        entry = self.ledger.open(self.shared.slug, self.user, *self.command())
        other = {"answer": None}
        name = self.rng.choice(self.names)
        client = self.connect(name)

        def rival():
            began = time.time()
            answer = None
            try:
                answer = self.sender(entry)(client)
                entry["attempts"].append([round(began, 3), name, answer.status, round(time.time(), 3)])
                if answer.status in GOOD:
                    other["answer"] = [answer.status, answer.json()]
            except (OSError, http.client.HTTPException) as e:
                entry["attempts"].append([round(began, 3), name, type(e).__name__, round(time.time(), 3)])
            except ValueError:
                self.ledger.error(f"client of {self.shared.slug}: no JSON: {answer}")
            client.close()
        thread = threading.Thread(target=rival, daemon=True)
        thread.start()
        answers = self.until_answered(self.sender(entry), [entry])
        thread.join(20)
        if other["answer"]:
            entry["answers"].insert(0, other["answer"])
        entry["concurrent"] = True
        if answers:
            self.shared.learn(entry, answers[0][1])


class Stop(threading.Event):
    at = None

    def set(self):
        self.at = time.monotonic()
        super().set()


class Work:
    """Tenants, users and client threads on a site."""
    TENANTS = ("acme", "borders-and-co", "cypher2")

    def __init__(self, site, seed, issues_max=120):
        self.site, self.seed, self.ledger, self.stop_event = site, seed, Ledger(), Stop()
        self.profiles, self.tokens, self.shared, self.threads = {}, {}, {}, []
        node = site.owners[0]
        self.token = node.token("owner")
        self.installation = node.token("operator", "--installation")
        for slug in self.TENANTS:
            self.set_up(slug)
        for slug, clients in zip(self.TENANTS, (4, 3, 2)):
            for n in range(clients):
                self.threads.append(Client(f"{slug}/{n}", seed, self.ledger, self.shared[slug], site.owners, "owner",
                                           self.token, self.stop_event, issues_max))

    def set_up(self, slug):
        owner = nexusflow.new_id()
        person = nexusflow.person("owner")
        command = self.must(slug, self.installation, "CreateOrganization",
                            {"name": slug.title(), "owner": person, "owner_id": owner})
        self.profiles.setdefault(slug, {})[command] = person
        self.must(slug, self.token, "CreateProject", {"key": "TLS", "name": "Transport", "lead": owner})
        self.shared[slug] = Shared(slug, [owner])

    def must(self, slug, token, name, data):
        """Before the faults begin; two instances may still argue about who owns."""
        entry = self.ledger.open(slug, "setup", name, data)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for node in self.site.owners:
                try:
                    answer = node.client(token, timeout=7).command(slug, name, data, entry["id"])
                except (OSError, http.client.HTTPException) as e:
                    entry["attempts"].append([0, node.name, type(e).__name__, round(time.time(), 3)])
                    continue
                entry["attempts"].append([0, node.name, answer.status, round(time.time(), 3)])
                if answer.status in (200, 201):
                    entry["answers"].append([answer.status, answer.json()])
                    return entry["id"]
                if answer.status != 503:
                    raise AssertionError(f"{name}: {answer}")
            time.sleep(0.2)
        raise AssertionError(f"{name} is not answered for {PATIENCE_S} s")

    def start(self):
        for thread in self.threads:
            thread.start()

    def finish(self):
        """Every client ends its command; seconds that it took."""
        began = time.monotonic()
        self.stop_event.set()
        for thread in self.threads:
            thread.join(PATIENCE_S * 2)
        return time.monotonic() - began

    def ask_sleeper(self, sleeper, awake, seed):
        """Issues are made at an instance that is awake, and then edited at one that sleeps and does not know them: it must
        not deny them when it wakes."""
        for slug in self.TENANTS:
            makes, edits = (Client(f"{slug}/{seed}", self.seed, self.ledger, self.shared[slug], [node], "owner", self.token,
                                   self.stop_event, 0) for node in (awake, sleeper))
            made = self.ledger.open(slug, "owner", "CreateIssue", {"project": "TLS", "summary": "made while one sleeps"})
            answers = makes.until_answered(makes.sender(made), [made])
            for n in range(3 if answers else 0):
                edit = self.ledger.open(slug, "owner", "EditIssue", {"issue": answers[0][1]["key"], "summary": f"edit {n}"})
                client = edits if n == 0 else Client(f"{slug}/{seed}/{n}", self.seed, self.ledger, self.shared[slug],
                                                     [sleeper], "owner", self.token, self.stop_event, 0)
                self.threads.append(threading.Thread(target=client.until_answered, args=(client.sender(edit), [edit]),
                                                     daemon=True))
                self.threads[-1].start()

    def ask_again(self, most=300):
        """After the faults: accepted commands again, to any instance."""
        rng = random.Random(f"{self.seed}/again")
        accepted = [e for e in self.ledger.entries.values() if e["user"] != "setup" and e["answers"] and
                    e["answers"][-1][1].get("outcome") in ("accepted", "repeated")]
        asked = rng.sample(accepted, min(most, len(accepted)))
        by_tenant = {}
        for entry in asked:
            by_tenant.setdefault(entry["tenant"], []).append(entry)
        threads = []
        for slug, entries in by_tenant.items():
            client = Client(f"{slug}/again", self.seed, self.ledger, self.shared[slug], self.site.owners, "owner", self.token,
                            self.stop_event, 0)
            client.stop = Stop()
            threads.append(threading.Thread(target=lambda c=client, es=entries: [c.until_answered(c.sender(e), [e])
                                                                                for e in es], daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(PATIENCE_S * 2)
        return len(asked)
