"""Judges a round of the campaign by what can be seen from outside: the ledger of the clients, the topic as a stock consumer
reads it, the broker's own segment files, and what the query API says. Shares no code with the program.

Every complaint is (check, text). Checks: log, acked, refused, stale, answers, versions, claims, rule, views, foreign,
hanging, lag, clients, exit, logs."""
import copy
import datetime
import json
import struct
import time

import confluent_kafka

import journal_files
import oracle


# --- reading the topic ---

def consume(bootstrap, topic, partitions, timeout=40):
    """Every committed record, and complaints: a partition whose end cannot be read hangs in an open transaction."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "campaign-checker", "enable.auto.commit": False,
                "auto.offset.reset": "error", "enable.partition.eof": True, "isolation.level": "read_committed"}
    all_settings = dict(settings, **{"isolation.level": "read_uncommitted"})
    asker = confluent_kafka.Consumer(all_settings)
    ends = {p: asker.get_watermark_offsets(confluent_kafka.TopicPartition(topic, p), timeout=20)[1]
            for p in range(partitions)}
    asker.close()
    consumer = confluent_kafka.Consumer(settings)
    consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in range(partitions)])
    records, reached = [], {}
    deadline = time.monotonic() + timeout
    while any(reached.get(p, -1) < end for p, end in ends.items()) and time.monotonic() < deadline:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            if message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                raise AssertionError(f"the checker's consumer: {message.error()}")
            reached[message.partition()] = message.offset()
            continue
        deadline = time.monotonic() + timeout
        records.append(journal_files.Record(message.partition(), message.offset(),
                                            (message.key() or b"").decode(errors="replace"), message.headers() or [],
                                            message.value() or b""))
    consumer.close()
    complaints = [("hanging", f"partition {p}: readable to {reached.get(p)} of {end}: a transaction is open")
                  for p, end in ends.items() if reached.get(p, -1) < end]
    records.sort(key=lambda r: (r.partition, r.offset))
    return records, complaints


def read_batches(files):
    """[(first offset, last offset, producer id, epoch, is control)] of the segments of a partition (record batch v2)."""
    batches = []
    for path in files:
        with open(path, "rb") as f:
            data = f.read()
        at = 0
        while at + 61 <= len(data):
            base, length = struct.unpack_from(">qi", data, at)
            if length <= 0 or at + 12 + length > len(data):
                break  # preallocated or being written
            attributes, last_delta = struct.unpack_from(">hi", data, at + 21)
            producer, epoch = struct.unpack_from(">qh", data, at + 43)
            batches.append((base, base + last_delta, producer, epoch, bool(attributes & 0x20)))
            at += 12 + length
    return batches


class Seen:
    """What was collected of a round."""

    def __init__(self, entries, profiles, records, batches, views, decoder):
        self.entries, self.profiles, self.views, self.batches = entries, profiles, views, batches
        self.tenants, self.claims, self.foreign = {}, [], []
        self.offsets = {}  # partition -> offsets of all committed records
        for record in records:
            self.offsets.setdefault(record.partition, set()).add(record.offset)
            try:
                name, fields = decoder.decode(record.value)
            except (ValueError, AssertionError, TypeError) as e:
                self.foreign.append(f"partition {record.partition} offset {record.offset}: {e!r}")
                continue
            if name.startswith(journal_files.CONTROL):
                if name.endswith("OwnerClaimed"):
                    self.claims.append((record.partition, record.offset, fields["owner_id"], fields["address"]))
                elif record.offset != min(self.offsets[record.partition]):
                    self.foreign.append(f"partition {record.partition} offset {record.offset}: a second {name}")
                continue
            self.tenants.setdefault(record.key, []).append(
                {"type": name, "data": fields, "partition": record.partition, "offset": record.offset,
                 "headers": record.headers})


# --- checks ---

def check_ledger(seen):
    """No acknowledged command is lost, none is there twice, what was refused is not there, every answer is the same."""
    complaints = []
    there = {}
    for tenant, events in seen.tenants.items():
        for event in events:
            meta = event["data"]["meta"]
            there.setdefault((tenant, meta["command_id"]), []).append((meta["event_id"], meta["seq"], meta["index"]))
    for entry in seen.entries:
        logged = there.get((entry["tenant"], entry["id"]))
        name = f"{entry['tenant']}: {entry['name']} {entry['id']}"
        said = None
        for status, body in entry["answers"]:
            if status not in (200, 201) or body["outcome"] == "unchanged":
                continue
            now = {k: v for k, v in body.items() if k != "outcome"}
            if said is not None and now != said:
                complaints.append(("answers", f"{name} is answered {now}, at first {said}"))
            said = said or now
        if said is not None:
            events = [(e["id"], e["seq"]) for e in said["events"]]
            if not logged:
                complaints.append(("acked", f"{name} was acknowledged at seq {[s for _, s in events]} and is lost"))
            elif [(i, s) for i, s, _ in logged] != events:
                complaints.append(("acked", f"{name} was acknowledged with {events}, the log has {logged}"))
            continue
        if logged and sum(index == 0 for _, _, index in logged) > 1:
            complaints.append(("acked", f"{name} is there {len(logged)} times: {logged}"))
        if logged and entry["answers"] and not may_be_late(entry):
            complaints.append(("refused", f"{name} was answered {entry['answers'][-1]}, the log has {logged}"))
    return complaints


def may_be_late(entry):
    """A try without an answer may still be on its way to one instance while another refuses: only then can a refused
    command be in the log."""
    ways = {attempt[1] for attempt in entry["attempts"]}
    return len(ways) > 1 and (entry.get("concurrent") or any(attempt[2] not in GOOD for attempt in entry["attempts"]))


GOOD = {200, 201, 400, 403, 404, 409, 412, 422}


def check_versions(seen):
    """An accepted command with expected_version N made version N + 1."""
    complaints = []
    versions = {}
    for events in seen.tenants.values():
        for event in events:
            meta = event["data"]["meta"]
            versions.setdefault(meta["command_id"], meta["aggregate"]["version"])
    for entry in seen.entries:
        expected = entry["data"].get("expected_version")
        if expected and entry["id"] in versions and versions[entry["id"]] != expected + 1:
            complaints.append(("versions", f"{entry['tenant']}: {entry['id']} expected version {expected} and made "
                                           f"{versions[entry['id']]}"))
    return complaints


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def check_stale(seen):
    """Clients know of issues and versions by acknowledgements only. A refusal that denies what had been acknowledged before
    the request came from a state that was out of date: of a writer that did not own any more."""
    complaints, since = [], {}  # (tenant, key) -> [seconds at which version n + 1 was recorded]
    for tenant, events in seen.tenants.items():
        numbers = {}
        for event in events:
            meta = event["data"]["meta"]
            issue = meta["aggregate"]["id"]
            if event["type"].endswith(".IssueCreated"):
                numbers[issue] = f"TLS-{event['data']['number']}"
            if issue in numbers:
                since.setdefault((tenant, numbers[issue]), []).append(seconds_of(meta["recorded_at"]))
    for entry in seen.entries:
        if not entry["answers"] or entry["answers"][-1][0] not in (404, 412) or not entry["attempts"]:
            continue
        status, body = entry["answers"][-1]
        key, expected = entry["data"].get("issue") or entry["data"].get("parent"), entry["data"].get("expected_version")
        name = f"{entry['tenant']}: {entry['name']} {entry['id']} on {key} at {entry['attempts'][-1]}"
        if status == 404 and key != "TLS-999999":
            complaints.append(("stale", f"{name} is answered {body.get('code')}"))
        elif status == 412 and expected:
            versions = since.get((entry["tenant"], key), [])
            later = versions[expected] if len(versions) > expected else float("inf")
            if len(versions) >= expected and later > entry["attempts"][-1][3] + 0.05:
                complaints.append(("stale", f"{name} is refused at version {expected}, which was the last one"))
    return complaints


def check_claims(seen):
    """Between two claims all records are of one owner: its producer ids and epochs, which occur in no other tenure. Those
    are in the heads of the broker's batches; a producer that was fenced has an epoch of its own."""
    complaints = []
    for partition, batches in seen.batches.items():
        claims = sorted(offset for p, offset, _, _ in seen.claims if p == partition)
        offsets = seen.offsets.get(partition, set())
        tenures = {}  # (producer, epoch) -> numbers of the tenures in which it has committed
        last = {}
        for first, end, producer, epoch, is_control in batches:
            committed = not is_control and any(o in offsets for o in range(first, end + 1))
            if not committed or producer < 0:
                continue
            number = sum(claim <= first for claim in claims)
            if number == 0 and first > 0:
                complaints.append(("claims", f"partition {partition} offset {first}: a record before any claim"))
            tenures.setdefault((producer, epoch), set()).add(number)
            if epoch < last.get(producer, epoch):
                complaints.append(("claims", f"partition {partition} offset {first}: epoch {epoch} of producer {producer} "
                                             f"behind {last[producer]}"))
            last[producer] = epoch
        for (producer, epoch), numbers in tenures.items():
            if len(numbers) > 1:
                complaints.append(("claims", f"partition {partition}: producer {producer} epoch {epoch} has records behind "
                                             f"{len(numbers)} claims: a deposed owner appended"))
        # An owner has two ids of its own; a third one in a tenure is somebody else's.
        for number in range(1, len(claims) + 1):
            ids = {producer for (producer, _), numbers in tenures.items() if number in numbers}
            if len(ids) > 2:
                complaints.append(("claims", f"partition {partition}: producers {sorted(ids)} in one tenure"))
    return complaints


def check_log(seen):
    complaints = [("foreign", text) for text in seen.foreign]
    for tenant, events in seen.tenants.items():
        complaints += [("log", text) for text in oracle.Laws(tenant, events).complaints]
        complaints += [("log", text) for text in oracle.Fold(tenant, events).complaints]
        complaints += [("rule", text) for text in oracle.judge_rule(tenant, events)]
    return complaints


def check_views(seen):
    complaints = []
    for tenant, found in seen.views.items():
        fold = oracle.Fold(tenant, seen.tenants.get(tenant, []), seen.profiles.get(tenant))
        if fold.complaints:
            continue  # the log is told of already
        expected = oracle.Expected(fold).all()
        for optional in ("documents", "audit"):
            if optional not in found:
                del expected[optional]
        if "audit" not in found:  # both are rows of Postgres
            expected = {name: value for name, value in expected.items() if not name.startswith("history ")}
        complaints += [("views", f"{tenant}{text}") for text in oracle.differences(expected, found)]
    return complaints


def check(seen):
    return check_log(seen) + check_ledger(seen) + check_versions(seen) + check_stale(seen) + \
        check_claims(seen) + check_views(seen)


# --- errors planted into what was collected: each must be complained about, by the check that is meant to ---

def is_accepted(entry):
    return entry["user"] != "setup" and entry["name"] != "AssignIssue" and entry["answers"] and \
        entry["answers"][-1][1].get("outcome") in ("accepted", "repeated")


def tampered(seen):
    """(name of the error, check that must see it, a copy with it)"""
    accepted = min((e for e in seen.entries if is_accepted(e)), key=lambda e: len(seen.tenants[e["tenant"]]))
    tenant = accepted["tenant"]
    middle = len(seen.tenants[tenant]) // 2

    def changed(change):
        other = copy.copy(seen)
        other.tenants = {tenant: copy.deepcopy(seen.tenants[tenant])}
        other.views = {tenant: copy.deepcopy(seen.views[tenant])}
        other.entries = [copy.deepcopy(e) for e in seen.entries if e["tenant"] == tenant]
        other.batches = copy.deepcopy(seen.batches)
        change(other, other.tenants[tenant], next(e for e in other.entries if e["id"] == accepted["id"]))
        return other

    def drop_command(other, events, entry):
        events[:] = [e for e in events if e["data"]["meta"]["command_id"] != entry["id"]]

    def twice(other, events, entry):
        entry["answers"].append([200, dict(entry["answers"][-1][1], position=1)])

    def refuse(other, events, entry):
        entry["answers"], entry["attempts"] = [[409, {"success": False}]], [[0, "command-1", 409, 0]]

    def card(other, events, entry):
        next(c["cards"][0] for c in other.views[tenant]["board TLS"]["columns"] if c["cards"]).update(summary="planted")

    def stale(other, events, entry):
        partition = next(iter(p for p, _, _, _ in other.claims))
        first = next(b for b in other.batches[partition] if not b[4] and b[2] >= 0 and b[0] > 0)
        other.batches[partition] = [(b[0], b[1], first[2], first[3], b[4]) if not b[4] and b[2] >= 0 else b
                                    for b in other.batches[partition]]
        if sum(p == partition for p, _, _, _ in other.claims) < 2:  # a claim in the middle
            offsets = sorted(b[0] for b in other.batches[partition] if not b[4])
            other.claims = other.claims + [(partition, offsets[len(offsets) // 2], "planted", "")]

    def deny(other, events, entry):
        entry["data"] = {"issue": "TLS-1"}
        entry["answers"], entry["attempts"] = [[404, {"code": "no_such_tenant"}]], [[0, "command-1", 404, 0]]

    def expect(other, events, entry):
        entry["data"]["expected_version"] = 1000

    yield "an event dropped", "log", changed(lambda o, e, a: e.pop(middle))
    yield "an event doubled", "log", changed(lambda o, e, a: e.insert(middle, copy.deepcopy(e[middle])))
    yield "two events swapped", "log", changed(lambda o, e, a: e.insert(middle, e.pop(middle - 1)))
    yield "an acknowledged command lost", "acked", changed(drop_command)
    yield "another answer to the same key", "answers", changed(twice)
    yield "a refused command in the log", "refused", changed(refuse)
    yield "an issue denied", "stale", changed(deny)
    yield "a version that was not expected", "versions", changed(expect)
    yield "a record of a deposed owner", "claims", changed(stale)
    yield "a card changed", "views", changed(card)


def check_checkers(seen):
    """What nobody complained about."""
    if sum(1 for entry in seen.entries if is_accepted(entry)) < 20:
        return ["fewer than 20 commands were accepted: nothing is proven"]
    return [f"nobody of {check_name} complains about {name}" for name, check_name, other in tampered(seen)
            if not any(found == check_name for found, _ in check(other))]


def dump(seen, complaints, directory):
    with open(f"{directory}/ledger.ndjson", "w", encoding="utf-8") as f:
        for entry in seen.entries:
            f.write(json.dumps(entry, ensure_ascii=False) + "\n")
    with open(f"{directory}/log.ndjson", "w", encoding="utf-8") as f:
        for claim in seen.claims:
            f.write(json.dumps({"claim": claim}) + "\n")
        for events in seen.tenants.values():
            for event in events:
                f.write(json.dumps({k: v for k, v in event.items() if k != "headers"}, ensure_ascii=False) + "\n")
    with open(f"{directory}/batches.json", "w", encoding="utf-8") as f:
        json.dump(seen.batches, f)
    with open(f"{directory}/views.json", "w", encoding="utf-8") as f:
        json.dump(seen.views, f, ensure_ascii=False, indent=1)
    with open(f"{directory}/complaints.txt", "w", encoding="utf-8") as f:
        f.writelines(f"{check_name}: {text}\n" for check_name, text in complaints)
