"""A node of NexusFlow for tests: its own data directory below /tmp, a free port, tokens, a client.

NEXUSFLOW names the program. Everything else comes from the ctest fixtures (tests/lib/services)."""
import ctypes
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

PR_SET_PDEATHSIG = 1
ISSUER = "nexusflow"
MIN_POSITION = "NexusFlow-Min-Position"
OF_TENANT = re.compile(r"/v1/t/([^/?]+)")
READS = ("", "/projects?limit=1", "/archived-issues?limit=1", "/link-types", "/events?limit=1")  # one of each view
READS_OF_POSTGRES = ("/search?text=x&limit=1", "/audit?limit=1")


def program():
    path = os.environ.get("NEXUSFLOW")
    if not path:
        raise SystemExit("NEXUSFLOW must name the program")
    return path


reserved = []


def free_port():
    """Below the range that the kernel gives to clients and that of free_port in deploy/shell.sh, and marked by an abstract socket
    for as long as this process lives: no other test and no second call gets it, also while nobody listens on it."""
    while True:
        port = random.SystemRandom().randrange(20000, 28000)
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0nexusflow-test-port-{port}")
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        reserved.append(mark)
        return port


def until(what, seconds=60):
    """Wait for what() to be true and give it back; or what it was at last."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def die_with_parent():
    """Strictly: with the thread that started it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]

    def header(self, name):
        return self.headers.get(name.lower())

    @property
    def position(self):
        value = self.header("NexusFlow-Position")
        return int(value) if value else None

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Client:
    """One keep-alive connection. One thread."""

    def __init__(self, node, token=None, timeout=60):
        self.node, self.token, self.timeout, self.patience = node, token, timeout, node.patience
        self.connection = self.process = None
        self.written = {}  # tenant -> the position of what this client wrote last

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def is_closed(self):
        """By the server, to which nobody spoke for a while: a test may think longer than it keeps idle connections."""
        if not self.connection or not self.connection.sock:
            return False
        readable = select.poll()
        readable.register(self.connection.sock, select.POLLIN)
        return bool(readable.poll(0))

    def request(self, method, path, body=None, headers=None, token=None, least=None, patience=None):
        """Raises OSError or http.client.HTTPException when there is no answer. What is read of a tenant is as new as the position
        that path or headers ask for, else as @least (0: as it is), else as what this client wrote. It is asked for again, as 503
        says, for as long as the patience of the client lasts: views and searches may be slow on a busy machine."""
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        headers, tenant = dict(headers or {}), OF_TENANT.match(path)
        reads = method == "GET" and tenant
        if reads and least is None:
            least = self.written.get(tenant[1])
        if least and "min_position=" not in path:
            headers.setdefault(MIN_POSITION, str(least))
        while True:
            answer = self.attempt(method, path, body, headers, token)
            if answer.status != 503 or not reads or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if method == "POST" and tenant:
            for written in (self.written, self.node.written):
                written[tenant[1]] = max(written.get(tenant[1], 0), answer.position or 0)
        return answer

    def attempt(self, method, path, body, headers, token):
        send = {}
        token = self.token if token is None else token
        if token:
            send["Authorization"] = "Bearer " + token
        send.update(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            send.setdefault("Content-Type", "application/json")
        try:
            if self.process is not self.node.process or self.is_closed():  # started again: the old connection is dead
                self.close()
            if not self.connection:
                self.process = self.node.process
                self.connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=self.timeout)
            self.connection.request(method, path, body=body, headers=send)
            response = self.connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def get(self, path, headers=None, **more):
        return self.request("GET", path, headers=headers, **more)

    def command(self, tenant, name, data, key=None, headers=None, **more):
        send = dict(headers or {})
        if key:
            send["Idempotency-Key"] = str(key)
        return self.request("POST", f"/v1/t/{tenant}/commands/{name}", data, send, **more)

    def batch(self, tenant, lines, **more):
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return self.request("POST", f"/v1/t/{tenant}/commands", body, {"Content-Type": "application/x-ndjson"}, **more)

    def joined(self, tenant):
        """Itself, when the queries know its user as a member: who is none is told so, however new the answer is to be."""
        if not until(lambda: self.get(f"/v1/t/{tenant}/me", least=0).status == 200):
            raise AssertionError(f"no member of {tenant}: {self.get(f'/v1/t/{tenant}/me', least=0)}")
        return self

    def events(self, tenant, after=0, limit=1000):
        """Every event of the tenant behind seq `after`, from the feed as NDJSON; what this client wrote is among them."""
        found = []
        path = f"/v1/t/{tenant}/events?after={after}&limit={limit}"
        while path:
            answer = self.get(path, {"Accept": "application/x-ndjson"})
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer}")
            found += answer.lines()
            link = answer.header("Link")
            path = link[1:link.index(">")] if link else None
        return found


class Node:
    """`nexusflow serve`, or another role, with a directory of its own."""
    patience = 60  # seconds; see Client.request

    def __init__(self, role="serve", postgres=None, data=None, port=None, **keys):
        self.role = role
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="nexusflow-e2e.", dir="/tmp")
        self.port = port or free_port()
        self.keys = dict(keys, postgres=postgres or "")
        self.process = None
        self.owners, self.written = {}, {}  # tenant -> token of an owner; -> the position of what was written last
        self.log_path = os.path.join(self.data, "test.log")

    def arguments(self):
        keys = dict(self.keys, data_dir=self.data, listen=f"127.0.0.1:{self.port}")
        return [f"--{key.replace('_', '-')}={value}" for key, value in keys.items()]

    def start(self, wait=True, timeout=60):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([program(), self.role] + self.arguments(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=die_with_parent)
        if wait:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=60):
        deadline = time.monotonic() + timeout
        answer = None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"{self.role} ended with {self.process.returncode}: {self.log_tail()}")
            try:
                answer = self.client().get("/readyz?verbose")
                if answer.status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise AssertionError(f"{self.role} is not ready after {timeout} s: {answer} {self.log_tail()}")

    def wait_verbose(self, *words, timeout=60):
        """Until /readyz?verbose has the words; views in Postgres are optional for being ready."""
        deadline = time.monotonic() + timeout
        while True:
            verbose = self.client().get("/readyz?verbose").body.decode()
            if all(word in verbose for word in words):
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"no {words} within {timeout} s: {verbose}")
            time.sleep(0.05)

    def kill(self):
        """kill -9. A node that had ended by itself is a failure."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.role} had ended with {self.process.returncode}: {self.log_tail()}")
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=60):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.role} did not end within {timeout} s of SIGTERM: {self.log_tail()}") from None
        code = self.process.returncode if self.process else 0
        return code

    def remove(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def end(self):
        """Stop it, and complain unless it ended well. Nothing of it is left."""
        code, tail = self.stop(), self.log_tail()
        self.remove()
        if code != 0:
            raise AssertionError(f"{self.role} ended with {code}: {tail}")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if exception[0] is not None:
            state = self.process.poll() if self.process else None
            print(f"--- {self.role} {'runs' if state is None else f'ended with {state}'}; end of its log:\n{self.log_tail()}")
        self.remove()

    def log_tail(self, size=3000):
        try:
            with open(self.log_path, "rb") as log:
                return log.read()[-size:].decode(errors="replace")
        except OSError:
            return ""

    def run(self, *arguments, check=True, timeout=300):
        """An operator's verb on this node's data."""
        done = subprocess.run([program(), *arguments, *self.arguments()], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments}: exit {done.returncode}: {done.stderr}")
        return done

    def token(self, user, *flags, ttl="1d"):
        return self.run("token", "--user", user, "--ttl", ttl, *flags).stdout.strip()

    def client(self, token=None, timeout=60):
        return Client(self, token, timeout)

    def metrics(self):
        """{name{labels}: value}"""
        values = {}
        for line in self.client().get("/metrics").body.decode().splitlines():
            if line and line[0] != "#":
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values

    def wait_caught_up(self, timeout=60):
        """Until no view lags behind the journal, nor the processor. They ask for its end at least twice a second: lag that is not
        there in two readings with more than that between them was not there at the second one. On a busy machine they may be
        late: what clients wrote is asked for by its position, too."""
        deadline = time.monotonic() + timeout
        none_since = None
        while True:
            lag = {name: value for name, value in self.metrics().items()
                   if name.startswith("nexusflow_projection_lag_records{") or name == "nexusflow_processor_lag_records"}
            if lag and not any(lag.values()):
                none_since = none_since or time.monotonic()
                if time.monotonic() - none_since > 0.6:
                    break
            else:
                none_since = None
            if time.monotonic() > deadline:
                raise AssertionError(f"views lag after {timeout} s: {lag} {self.client().get('/readyz?verbose')}")
            time.sleep(0.05)
        for tenant, token in self.owners.items():
            for path in READS + (READS_OF_POSTGRES if self.keys["postgres"] else ()):
                answer = self.client(token).get(f"/v1/t/{tenant}{path}", least=self.written[tenant])
                if answer.status != 200:
                    raise AssertionError(f"{path} of {tenant} after {timeout} s: {answer}")


def kafka_keys(name):
    """Keys of a node on a topic of its own on the fixture's broker."""
    return {"journal": "kafka", "kafka_bootstrap_servers": os.environ["NEXUSFLOW_TEST_KAFKA"],
            "kafka_topic": f"{name}-{os.getpid()}.nexusflow.events"}


def new_id():
    return str(uuid.uuid4())


def person(subject, name=None):
    return {"issuer": ISSUER, "subject": subject, "name": name or subject.title()}


def create_organization(node, tenant, owner="owner"):
    """The organization, its owner's client and member id."""
    owner_id = new_id()
    answer = node.client(node.token("operator", "--installation")).command(
        tenant, "CreateOrganization", {"name": tenant.title(), "owner": person(owner), "owner_id": owner_id})
    if answer.status != 201:
        raise AssertionError(f"CreateOrganization: {answer}")
    client = node.client(node.token(owner))
    client.written[tenant] = answer.position
    if node.role == "serve":
        node.owners[tenant] = client.joined(tenant).token
    return client, owner_id
