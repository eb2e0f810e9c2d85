"""The machines of a campaign: a broker of its own behind the fault proxy, PostgreSQL, and nodes of every role.

Nodes know the broker at the proxy's address only; the checker reads it directly. Everything lives in one directory."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

import faultproxy
import nexusflow

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def deploy(service, *arguments, timeout=180):
    done = subprocess.run([os.path.join(ROOT, "deploy", service), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    if done.returncode != 0:
        raise AssertionError(f"deploy/{service} {' '.join(arguments)}: {done.stderr}")
    return done.stdout


class Broker:
    def __init__(self, directory, proxy_program, seed):
        self.proxy_program = proxy_program
        self.directory = os.path.join(directory, "broker")
        os.mkdir(self.directory)
        port = nexusflow.free_port()
        deploy("kafka", "start", self.directory, "--port", "0", "--proxy", str(port))
        with open(os.path.join(self.directory, "bootstrap"), encoding="utf-8") as f:
            self.direct = f.read().strip()
        with open(os.path.join(self.directory, "proxied"), encoding="utf-8") as f:
            target = f.read().strip().rsplit(":", 1)[1]
        self.proxy = faultproxy.FaultProxy(proxy_program, target, port, seed)
        self.address = f"127.0.0.1:{port}"

    def pid(self):
        with open(os.path.join(self.directory, "kafka.pid"), encoding="utf-8") as f:
            return int(f.read())

    def kill(self):
        deploy("kafka", "kill", self.directory)

    def stop(self):
        deploy("kafka", "stop", self.directory)

    def start(self):
        deploy("kafka", "start", self.directory)

    def signal(self, number):
        os.kill(self.pid(), number)

    def heal(self):
        self.proxy.tell("clear")
        try:
            self.signal(signal.SIGCONT)
        except (OSError, ValueError):
            pass
        self.start()

    def segments(self, topic, partition):
        """The files of a partition, in order of their offsets."""
        folder = os.path.join(self.directory, "kafka", "data", f"{topic}-{partition}")
        return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".log"))

    def close(self):
        try:
            self.signal(signal.SIGCONT)
        except (OSError, ValueError):
            pass
        self.kill()
        self.proxy.close()


class Node(nexusflow.Node):
    """A node with a name; knows whether it is meant to run and whether it was frozen."""

    def __init__(self, site, name, role, **keys):
        data = os.path.join(site.directory, name)
        os.mkdir(data, 0o700)
        os.symlink(site.keys, os.path.join(data, "keys"))
        super().__init__(role, data=data, **keys)
        self.name = name

    def start(self, wait=True, timeout=60):
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        return super().start(wait, timeout)

    def gave_up(self):
        """It ended in order before it served: the brokers did not answer. Whoever runs it starts it again."""
        if self.process is None or self.process.poll() != 1:
            return False
        with open(self.log_path, "rb") as f:
            f.seek(self.log_from)
            return b'"msg":"serving"' not in f.read()

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def holds(self, port):
        """Is the local end of a TCP connection from this port its own?"""
        with open("/proc/net/tcp", encoding="ascii") as f:
            inodes = {fields[9] for fields in map(str.split, f) if fields[1].endswith(f":{port:04X}")}
        folder = f"/proc/{self.process.pid}/fd"
        try:
            return any(os.readlink(os.path.join(folder, fd)) in {f"socket:[{inode}]" for inode in inodes}
                       for fd in os.listdir(folder))
        except OSError:
            return False

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Site:
    """Nodes on one topic. What one instance of command-api forwards to another passes a proxy, too."""

    def __init__(self, directory, broker, seed, instances, postgres):
        self.directory, self.broker, self.rng = directory, broker, random.Random(f"{seed}/site")
        os.mkdir(directory)
        self.keys = os.path.join(directory, "keys")
        os.mkdir(self.keys, 0o700)
        self.topic, self.partitions = f"campaign-{seed}", 2
        # Short enough for a frozen process to outlive them; every third round they outlive a restart of the broker.
        self.timeout_ms = self.rng.choice([6000, 8000, 30000])
        self.session_ms = self.rng.choice([3000, 3000, 6000])
        self.common = {"journal": "kafka", "kafka.bootstrap.servers": broker.address, "kafka_topic": self.topic,
                       "partitions": self.partitions, "command_timeout_ms": 4000, "kafka_topic_check_s": 1,
                       "kafka.transaction.timeout.ms": self.timeout_ms, "kafka.message.timeout.ms": self.timeout_ms,
                       "kafka.socket.timeout.ms": 3000, "kafka.session.timeout.ms": self.session_ms}
        self.postgres = postgres
        self.proxies = []
        self.owners = [self.owner(f"command-{n + 1}") for n in range(instances)]
        self.query = self.node("query", "query-api", postgres=postgres)
        self.readers = [self.query]
        self.projector = self.node("projector", "projector", postgres=postgres) if postgres else None
        if self.projector:
            self.readers.append(self.projector)
        self.processor = self.node("processor", "processor", command_url=f"http://127.0.0.1:{self.owners[0].port}")
        self.readers.append(self.processor)

    def node(self, name, role, postgres=None, **keys):
        return Node(self, name, role, postgres=postgres, **dict(self.common, **keys))

    def owner(self, name):
        port = nexusflow.free_port()
        self.proxies.append(faultproxy.FaultProxy(self.broker.proxy_program, port, 0, len(self.proxies)))
        return self.node(name, "command-api", port=port, advertise=f"127.0.0.1:{self.proxies[-1].port}")

    @property
    def nodes(self):
        return self.owners + self.readers

    def start(self):
        for node in self.nodes:
            node.start(wait=node is self.owners[0])
        for node in self.readers:
            node.wait_ready()

    def heal(self):
        """End every fault: whatever runs afterwards is left alone. Returns what was found dead."""
        dead = []
        for proxy in self.proxies:
            proxy.tell("clear")
        self.broker.heal()
        for node in self.nodes:
            if node.runs():
                node.go_on()
            elif node.gave_up():
                node.start(wait=False)
            else:
                dead.append(f"{node.name} ended by itself with {node.process.returncode}: {node.log_tail(600)}")
                node.start(wait=False)
        return dead

    def unreadable_logs(self):
        """Lines of the nodes' logs that are neither JSON nor text."""
        for node in self.nodes:
            with open(node.log_path, "rb") as f:
                for number, line in enumerate(f, 1):
                    try:
                        text = line.decode()
                        if text.startswith("{"):
                            json.loads(text)
                    except ValueError as e:
                        yield f"{node.name}, line {number}: {e}: {line[:300]!r}"

    def lags(self):
        """What is behind, in words; empty when nothing is."""
        behind = []
        for node in self.readers:
            try:
                if node is self.processor:
                    text = node.client(timeout=5).get("/readyz?verbose").body.decode()
                    if "processor: lag 0 records" not in text:
                        behind.append(f"{node.name}: {text.strip()}")
                else:
                    lag = {k: v for k, v in node.metrics().items() if k.startswith("nexusflow_projection_lag_records{")}
                    behind += [f"{node.name}: {k} {v:.0f}" for k, v in lag.items() if v]
                    if not lag:
                        behind.append(f"{node.name}: no lag is told")
            except (OSError, ValueError, nexusflow.http.client.HTTPException) as e:
                behind.append(f"{node.name}: {e!r}")
        return behind

    def wait_caught_up(self, seconds):
        """(seconds that it took, what still lags)"""
        began = time.monotonic()
        quiet = 0
        while True:
            behind = self.lags()
            quiet = 0 if behind else quiet + 1  # twice: what the processor does makes events
            waited = time.monotonic() - began
            if quiet == 3 or waited > seconds:
                return waited, behind
            time.sleep(0.3)

    def close(self):
        complaints = []
        for node in reversed(self.nodes):
            if node.runs():
                node.go_on()
                try:
                    code = node.stop()
                    if code != 0:
                        complaints.append(f"{node.name} ended with {code} on SIGTERM")
                except AssertionError as e:
                    complaints.append(str(e)[:400])
        for proxy in self.proxies:
            proxy.close()
        return complaints

    def remove(self):
        for node in self.nodes:
            if node.runs():
                node.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
