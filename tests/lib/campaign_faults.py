"""The faults of a campaign: a table of name, weight and what is done. Each runs on the main thread (nodes end with the thread
that started them) and returns what it did in a few words. Times are drawn from the seed."""
import signal
import time

import campaign_work

PRODUCE, FETCH, INIT_PRODUCER, ADD_PARTITIONS, END_TXN = 0, 1, 22, 24, 26
TAKEOVER_S = 1.5  # from the end of a session until another instance serves


class Faults:
    def __init__(self, site, work, rng, names=None):
        self.site, self.work, self.rng = site, work, rng
        self.proxy = site.broker.proxy
        table = TABLE + (TABLE_OF_TWO if len(site.owners) > 1 else [])
        self.table = [row for row in table if not names or row[1] in names]
        if not self.table:
            raise SystemExit(f"no such fault; there are: {' '.join(name for _, name, _ in TABLE + TABLE_OF_TWO)}")
        self.log = []  # [time, name, what, seconds]
        self.complaints = []

    def one(self):
        _, name, act = self.rng.choices(self.table, [weight for weight, _, _ in self.table])[0]
        began = time.time()
        for node in self.site.nodes:
            if node.gave_up():
                node.start(wait=False)
        what = act(self)
        self.log.append([round(began, 3), name, what, round(time.time() - began, 1)])

    def wait(self, low, high):
        seconds = low + (high - low) * self.rng.random()
        time.sleep(seconds)
        return seconds

    def end(self, node, kill=True):
        """End a node; it has to be there still, and to end well when it is asked to."""
        if node.gave_up():
            return
        if not node.runs():
            self.complaints.append(f"{node.name} ended by itself with {node.process.returncode}: {node.log_tail(600)}")
        elif kill:
            node.kill()
        else:
            try:
                code = node.stop(timeout=60)
            except AssertionError as e:
                code = str(e)
            if code != 0:
                self.complaints.append(f"{node.name} ended with {code} on SIGTERM: {node.log_tail(600)}")

    def owner(self):
        return self.rng.choice(self.site.owners)

    # processes

    def kill(self):
        node = self.owner()
        self.end(node)
        self.wait(0, 2)
        node.start(wait=False)
        return node.name

    def kill_reader(self):
        node = self.rng.choice(self.site.readers)
        self.end(node)
        self.wait(0, 1)
        node.start(wait=False)
        return node.name

    def terminate(self):
        node = self.owner()
        self.end(node, kill=False)
        self.wait(0, 1)
        node.start(wait=False)
        return node.name

    def freeze(self):
        """Longer than the timeout of a transaction (10 s at most; where that is longer, a pause like any other)."""
        node = self.owner()
        if not node.runs():
            return f"{node.name} is away"
        node.freeze()
        self.wait(1.1, 1.5) if self.site.timeout_ms > 10000 else self.wait(
            self.site.timeout_ms / 1000 + 1, self.site.timeout_ms / 1000 + 4)
        node.go_on()
        return node.name

    def stutter(self):
        node = self.rng.choice(self.site.nodes)
        if not node.runs():
            return f"{node.name} is away"
        node.freeze()
        self.wait(0.2, 3)
        node.go_on()
        return node.name

    def rival(self):
        """One more instance on the same topic for some seconds; it is killed, or leaves in order."""
        node = self.site.node(f"rival-{len(self.log)}", "command-api")
        node.start(wait=False)
        self.wait(1.5, 5)
        killed = self.rng.random() < 0.5
        self.end(node, killed)
        return "killed" if killed else "left"

    # the broker

    def broker_kill(self):
        self.site.broker.kill()
        self.wait(0, 2)
        self.site.broker.start()
        return ""

    def broker_restart(self):
        self.site.broker.stop()
        self.site.broker.start()
        return ""

    def broker_freeze(self):
        self.site.broker.signal(signal.SIGSTOP)
        seconds = self.wait(*self.rng.choice([(1, 4), (8, 12), (20, 20)]))
        self.site.broker.signal(signal.SIGCONT)
        return f"{seconds:.0f} s"

    # the network

    def cut(self):
        percent = self.rng.choice([30, 60, 100])
        self.proxy.tell(f"cut {percent}")
        if self.rng.random() < 0.3:
            self.proxy.tell("refuse on")
            self.wait(0.5, 4)
            self.proxy.tell("refuse off")
        return f"{percent} %"

    def ruled(self, rule, end, low, high):
        self.proxy.tell(rule)
        self.wait(low, high)
        self.proxy.tell(end)
        return rule

    def direction(self):
        return self.rng.choice(["up", "down", "both"])

    def delay(self):
        way = self.direction()
        return self.ruled(f"{way} delay {self.rng.randint(10, 400)} {self.rng.randint(0, 200)}", f"{way} delay 0", 2, 5)

    def slow(self):
        way = self.direction()
        return self.ruled(f"{way} rate {self.rng.randint(3000, 60000)}", f"{way} rate 0", 2, 5)

    def hole(self):
        way = self.direction()
        return self.ruled(f"{way} hole on", f"{way} hole off", 1, 9)

    def reset(self):
        rules = []
        for _ in range(self.rng.randint(1, 4)):
            rules.append(f"{self.rng.choice(['up', 'down'])} reset {self.rng.randint(1, 8000)}")
            self.proxy.tell(rules[-1])
            self.wait(0.1, 0.5)
        return ", ".join(rules)

    def lose(self, api, actions):
        did = []
        for _ in range(self.rng.randint(1, 3)):
            action = self.rng.choice(actions)
            if action == "delay":
                action += f" {self.rng.choice([200, 1500, 4000, 9000])}"
            self.proxy.tell(f"answer {api} {self.rng.randint(1, 12)} {action}")
            did.append(action)
            self.wait(0.3, 2)
        return " ".join(did)

    def lose_produce(self):
        return self.lose(PRODUCE, ["drop", "cut", "half", "delay"])

    def lose_end(self):
        return self.lose(END_TXN, ["drop", "cut", "cut", "half", "delay"])

    def lose_begin(self):
        return self.lose(self.rng.choice([INIT_PRODUCER, ADD_PARTITIONS]), ["drop", "cut", "half", "delay"])

    def lose_fetch(self):
        return self.lose(FETCH, ["cut", "half", "delay"])

    def kill_in_commit(self):
        """The answer to EndTxn is held back, and its producer killed meanwhile."""
        self.proxy.tell(f"answer {END_TXN} {self.rng.randint(1, 3)} delay 3000")
        self.wait(0.05, 0.5)
        return self.kill()

    def rival_in_commit(self):
        """The answer to EndTxn is lost; before it is asked for again, a rival has taken over: committed, and told FENCED."""
        self.proxy.tell(f"answer {END_TXN} {self.rng.randint(1, 3)} drop")
        self.wait(0, 0.3)
        return self.rival()

    # in the middle of something: whoever waits for the answer is known by its port

    def freeze_at(self, api, n, action, later):
        """Freeze the instance that gets the n-th answer to @api from now on, until its session is over and another one
        serves."""
        known = len(self.proxy.did)
        self.proxy.tell(f"answer {api} {n} {action}")
        deadline = time.monotonic() + 5
        port = None
        while port is None and time.monotonic() < deadline:
            port = next((int(line.rsplit("port=", 1)[1]) for line in self.proxy.did[known:]
                         if f" api={api} " in line), None)
            time.sleep(0.002)
        node = next((n for n in self.site.owners if port and n.runs() and n.holds(port)), None)
        if not node:
            return f"{action}: nobody was there"
        time.sleep(later)
        node.freeze()
        self.wait(self.site.session_ms / 1000 + TAKEOVER_S, self.site.session_ms / 1000 + TAKEOVER_S + 2)
        node.go_on()
        return f"{node.name} {action}"

    def freeze_in_commit(self):
        """Its commit has succeeded, and it is deposed before it knows: it asks again in vain."""
        return self.freeze_at(END_TXN, self.rng.randint(1, 3), "drop", 0)

    def freeze_behind_commit(self):
        """Its commit has succeeded, and when it learns of that it is deposed; more commands are waiting."""
        return self.freeze_at(END_TXN, self.rng.randint(1, 3), "delay 300", 0.2)

    def freeze_in_begin(self):
        """Its transaction has begun and has no record yet when it is deposed. What it appends when it wakes must not stay."""
        return self.freeze_at(ADD_PARTITIONS, self.rng.randint(1, 4), "delay 100", 0.02)

    def freeze_and_ask(self):
        """Deposed while it sleeps, and asked about what its successor did as soon as it wakes. Nothing else is asked of it: it
        has no append that would be fenced."""
        node, other = self.rng.sample(self.site.owners, 2)
        if not node.runs():
            return f"{node.name} is away"
        campaign_work.Client.calm.set()
        self.wait(0.3, 0.6)
        node.freeze()
        self.wait(self.site.session_ms / 1000, self.site.session_ms / 1000 + 0.5)
        self.work.ask_sleeper(node, other, len(self.log))
        self.wait(0.1, 0.4)
        node.go_on()
        self.wait(0.3, 0.6)
        campaign_work.Client.calm.clear()
        return node.name

    def freeze_in_claim(self):
        """An instance leaves; the one that claims what it had is frozen with its ids half taken over."""
        node = self.owner()
        self.end(node, kill=False)
        api, n = self.rng.choice([(INIT_PRODUCER, 1), (INIT_PRODUCER, 2), (END_TXN, 1)])
        node.start(wait=False)  # what it claims back, or another one while it is away
        return self.freeze_at(api, n, "delay 200", 0.1)

    def late_standby(self):
        """Every fetch is answered seconds late; meanwhile commands go on and an instance leaves. Its successor has not seen
        the last of them when it is assigned."""
        for _ in range(30):
            self.proxy.tell(f"answer {FETCH} 1 delay {self.rng.randint(3000, 5000)}")
        self.wait(0.5, 1.5)
        return self.terminate()

    # between instances: what is forwarded

    def http(self):
        return self.rng.choice(self.site.proxies)

    def http_cut(self):
        for _ in range(self.rng.randint(1, 5)):
            self.http().tell(f"cut {self.rng.choice([50, 100])}")
            self.wait(0.05, 0.4)
        return ""

    def http_refuse(self):
        proxy = self.http()
        proxy.tell("refuse on")
        proxy.tell("cut")
        self.wait(0.5, 3)
        proxy.tell("refuse off")
        return ""

    def http_ruled(self, rule, end, low, high):
        proxy = self.http()
        proxy.tell(rule)
        self.wait(low, high)
        proxy.tell(end)
        return rule

    def http_delay(self):
        """Up to more than the time that a forwarded command is waited for (half of command_timeout_ms)."""
        way = self.direction()
        return self.http_ruled(f"{way} delay {self.rng.choice([20, 300, 1500, 2500])} {self.rng.randint(0, 200)}",
                               f"{way} delay 0", 2, 5)

    def http_hole(self):
        way = self.direction()
        return self.http_ruled(f"{way} hole on", f"{way} hole off", 1, 6)

    def http_half(self):
        """Answers, and now and then requests, of which only the first bytes arrive."""
        rules = []
        for _ in range(self.rng.randint(2, 6)):
            rules.append(f"{self.rng.choice(['up', 'down', 'down'])} {self.rng.choice(['reset', 'close'])} "
                         f"{self.rng.randint(1, 1500)}")
            self.http().tell(rules[-1])
            self.wait(0.05, 0.4)
        return ", ".join(rules)


TABLE = [
    (10, "kill", Faults.kill), (5, "kill-reader", Faults.kill_reader), (3, "terminate", Faults.terminate),
    (6, "freeze", Faults.freeze), (5, "stutter", Faults.stutter), (6, "rival", Faults.rival),
    (3, "broker-kill", Faults.broker_kill), (2, "broker-restart", Faults.broker_restart),
    (3, "broker-freeze", Faults.broker_freeze),
    (6, "cut", Faults.cut), (4, "delay", Faults.delay), (3, "slow", Faults.slow), (4, "hole", Faults.hole),
    (5, "reset", Faults.reset), (8, "lose-produce", Faults.lose_produce), (10, "lose-end", Faults.lose_end),
    (4, "lose-begin", Faults.lose_begin), (3, "lose-fetch", Faults.lose_fetch),
    (5, "kill-in-commit", Faults.kill_in_commit), (5, "rival-in-commit", Faults.rival_in_commit),
]

# Where there is another instance to take over.
TABLE_OF_TWO = [
    (4, "freeze-in-commit", Faults.freeze_in_commit), (3, "freeze-behind-commit", Faults.freeze_behind_commit),
    (5, "freeze-in-begin", Faults.freeze_in_begin), (4, "freeze-in-claim", Faults.freeze_in_claim),
    (4, "freeze-and-ask", Faults.freeze_and_ask), (4, "late-standby", Faults.late_standby),
    (4, "http-cut", Faults.http_cut), (2, "http-refuse", Faults.http_refuse), (3, "http-delay", Faults.http_delay),
    (3, "http-hole", Faults.http_hole), (4, "http-half", Faults.http_half),
]
