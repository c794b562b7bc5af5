"""What must hold after a run of the torture, whatever happened in it."""
import base64
import bisect
import collections
import datetime
import json
import os
import re
import struct
import time

import field
import marked
import tap
import torture_world


CRASH_LINES = 40  # of a log, from where a sanitizer speaks
TELESCOPE = rb"10[.-]1[.-]\d+[.-]\d+|\d+\.\d+\.1\.10"


def accounts(folder):
    """Every accounting record below a folder, of all processes."""
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(".jsonl"):
                with open(os.path.join(where, name)) as f:
                    for line in f:
                        try:
                            yield json.loads(line)
                        except ValueError:
                            if line.startswith("{\"v\""):
                                continue  # torn by a kill, and repeated
                            raise field.Failed("account: %r" % line[:80])


class Proof:
    """losses: Counter of (partner, kind, reason) in records, as accounted."""

    def __init__(self, world, chaos, feeders, status):
        self.world, self.chaos, self.status = world, chaos, status
        self.feeders = feeders
        self.losses = collections.Counter()
        self.named = collections.defaultdict(list)  # lane -> rows
        self.duplicates = collections.Counter()
        self.wire = 0  # bytes on the tapped link

    def hold(self):
        # The log may be on a disk that was full.
        self.died = deaths(self.world.relay) + self.chaos.hit
        self.crashes()
        self.read_accounts()
        got = self.at_b()
        for name in marked.KINDS:
            self.arrived("beta", name, got[name])
            self.bound(name)
        if self.world.core:
            for name, numbers in self.at_core().items():
                self.arrived("core", name, numbers)
        self.lanes()
        self.link()
        self.flips(got)
        if self.world.plan.drop_oldest:
            self.dropped()

    def crashes(self):
        """Whoever died was killed by us."""
        world = self.world
        logs = [d.log() for d in (world.relay, world.a, world.b)]
        for sensor in world.sensors.values():
            with open(os.path.join(sensor.folder, "log"),
                      errors="replace") as f:
                logs.append(f.read())
        for log in logs:
            found = re.search(r".*(signal=(?!9\b|15\b)\d|Sanitizer|Assertion|"
                              r"runtime error).*", log)
            if found:  # with what a sanitizer's report says of where
                report = log[found.start():].split("\n")[:CRASH_LINES]
                raise field.Failed("a crash: %s" % "\n".join(report))

    def read_accounts(self):
        world = self.world
        lanes = {lane["lane"]: (lane["partner"], lane["source"])
                 for lane in self.status["lanes"]}
        for row in accounts(world.relay.dir):
            if row.get("lane") in lanes:
                self.losses[lanes[row["lane"]] + (row["reason"],)] += \
                    row.get("records", 0)
                self.named[row["lane"]].append(row)
        by_queue = {("%d.%s" % (k.type, k.ext)).rstrip("."): name
                    for name, k in torture_world.FEEDS.items()}
        for hub, partners in ((world.a, ("beta", "core")),
                              (world.b, ("beta",))):
            for row in accounts(hub.state):
                for partner in partners:
                    self.losses[partner, by_queue.get(row.get("queue")),
                                row["event"]] += row["records"]
        for name in torture_world.FEEDS:
            for row in accounts(os.path.join(world.folder, name)):
                for partner in ("beta",) + ("core",) * bool(world.core):
                    self.losses[partner, name, "sensor " + row["reason"]] += \
                        row["records"]

    def dropped(self):
        """What is gone from B's queues is in its accounts, to the entry."""
        r, gone = self.world.b.redis(), 0
        for key in r.scan_iter("d4:{*}:q"):
            info = r.xinfo_stream(key)
            gone += info["entries-added"] - info["length"]
        said = sum(row["entries"] for row in accounts(self.world.b.state)
                   if row["event"] == "unread.drop-oldest")
        if gone > said:
            raise field.Failed("hub B dropped %d entries, and accounted %d" %
                               (gone, said))

    def at_b(self):
        """{kind: numbers in the order of B's queues}."""
        got = {name: [] for name in torture_world.FEEDS}
        name_of = {k.type: name for name, k in torture_world.FEEDS.items()}
        for _, _, entry in self.world.b.records():
            name = name_of[int(entry["type"])]
            got[name] += torture_world.FEEDS[name].find(entry["data"])
        if got["log"]:
            raise field.Failed("log: %d records that no rule shares arrived"
                               % len(got["log"]))
        return got

    def at_core(self):
        """{kind: numbers in the order of the stock server's workers}."""
        got = {name: [] for name in torture_world.CORE_KINDS}
        name_of = {marked.KINDS[name].type: name for name in got}
        for row in self.world.core.table("records"):
            data = base64.b64decode(row["record"])
            name = name_of[row["type"]]
            if name == "pcap":
                data = marked.OPENING + data
                numbers = marked.Pcap.find(data)
                found = tap.find_addresses(data[40:], [
                    marked.telescope_address(i) for i in numbers])
            else:
                numbers = marked.Pdns.find(data + b"\n")
                found = re.findall(TELESCOPE, data)
            if found:
                raise field.Failed("at the d4-core: %s" % found)
            got[name] += numbers
        return got

    def arrived(self, partner, name, numbers):
        """All is there or accounted, nothing withheld is, in order."""
        who = "%s %s" % (partner, name)
        fed = set(range(self.world.plan.records))
        withheld = self.feeders[name].withheld
        first = list(dict.fromkeys(numbers))
        there = set(first)
        if there & withheld:
            raise field.Failed("%s: %d records that the policy withheld, "
                               "e.g. %s" % (who, len(there & withheld),
                                            sorted(there & withheld)[:5]))
        if there - fed:
            raise field.Failed("%s: never fed: %s" % (
                who, sorted(there - fed)[:5]))
        missing = sorted(fed - there - withheld)
        said = {key[2]: n for key, n in self.losses.items()
                if key[:2] == (partner, name) and n}
        if len(missing) > sum(said.values()):
            raise field.Failed("%s: %d records missing, e.g. %s; accounted "
                               "%s" % (who, len(missing), missing[:5], said))
        # A copy that came again may stand in for a first one that was lost.
        late = len(first) - rising(first)
        if late > sum(said.values()):
            at = next(i for i in range(1, len(first))
                      if first[i] < first[i - 1])
            raise field.Failed("%s: %d first copies are not in order: %s; "
                               "accounted %s" % (
                                   who, late, first[max(at - 3, 0):at + 3],
                                   said))
        self.duplicates[who] = len(numbers) - len(there)

    def bound(self, name):
        """No more duplicates than are stated."""
        if self.feeders[name].killed:
            return  # files that were under way come again, and more
        kind, again = marked.KINDS[name], resent(self.world.sensors[name])
        bound = again + sum(self.unconfirmed(c, kind)
                            for c in self.world.tap.recorded)
        if self.duplicates["beta " + name] > bound:
            raise field.Failed(
                "%s: %d duplicates, stated bound %d (sensor resent %d)" % (
                    name, self.duplicates["beta " + name], bound, again))

    def unconfirmed(self, connection, kind):
        """Records of a connection that post may send again.

        That is the stated bound: everything of a session without a
        confirmation that reached post before it died.
        """
        just = any(connection.ended and -0.1 <= at - connection.ended < 4
                   for at in self.died)
        hurt = self.world.links[2].by_port.get(connection.port)
        data = payloads(connection).get(kind.type, b"")
        if not data or (connection.clean and not just and
                        (hurt is None or hurt.intact)):
            return 0
        if kind is marked.Pcap:
            return len(kind.find(data))
        return data.count(b"\n")

    def lanes(self):
        for lane in self.status["lanes"]:
            if lane["in"] != lane["forward"] + lane["drop"] + \
                    lane["quarantine"] + lane["waiting"]:
                raise field.Failed("a lane that does not add up: %s" % lane)
        withheld = sum(len(f.withheld) for f in self.feeders.values())
        denied = sum(row["in"] for row in self.status["denied"]
                     if row["source"] != "log")
        if denied < withheld:
            raise field.Failed("withheld %d, the journal says %d" % (
                withheld, denied))
        logs = sum(row["in"] for row in self.status["denied"]
                   if row["source"] == "log")
        if logs < self.world.plan.records:
            raise field.Failed("log: %d denied of %d" % (
                logs, self.world.plan.records))

    def link(self):
        for connection in self.world.tap.recorded:
            self.wire += len(connection)
            if connection and any(begun < connection.began < end
                                  for begun, end in self.chaos.frozen):
                raise field.Failed("%d bytes left while beta was frozen" %
                                   len(connection))
            found = search_link(connection)
            if found:
                raise field.Failed("on the link: %s" % found[:3])

    def covering(self, lane, seq):
        """Reasons of the accounts that cover an entry of the airlock.

        Who is killed behind the account and before the cursor says the same
        again: such rows differ in their time only, and are one.
        """
        rows = {json.dumps(dict(row, t=0), sort_keys=True): row["reason"]
                for row in self.named[lane]
                if row.get("from", row.get("after", seq) + 1) <= seq <=
                row.get("to", seq)}
        return list(rows.values())

    def flips(self, got):
        """A damaged entry is lost with exactly one record that names it."""
        for head, entry in self.chaos.flips:
            kind = torture_world.FEEDS[head["source"]]
            there = set(got[head["source"]])
            if all(i in there for i in kind.find(entry["data"])):
                continue  # it had been sent, or came again
            rows = self.covering(head["id"], entry["seq"])
            # Sent before it was damaged, it may be lost for another reason.
            ours = rows.count("spool.damaged") or min(len(rows), 1)
            dropped = any(self.losses["beta", head["source"], why] for why in
                          ("unread.drop-oldest", "spool.drop-oldest"))
            if ours != 1 and not dropped:
                raise field.Failed(
                    "the damaged entry %d of %s has the accounts %s" % (
                        entry["seq"], head["source"], rows))


def deaths(relay):
    """When post or its supervisor ended or began, by the monotonic clock."""
    offset = time.time() - time.monotonic()
    return [datetime.datetime.fromisoformat(m[1] + "+00:00").timestamp() - offset
            for m in re.finditer(r"^(20[\d:.T-]{24})Z .*process=(?:post|wash) "
                                 r"(?:ended|pid)", relay.log(), re.M)]


def rising(numbers):
    """Length of the longest rising subsequence."""
    tails = []
    for n in numbers:
        at = bisect.bisect_left(tails, n)
        tails[at:at + 1] = [n]
    return len(tails)


def dump_link(world, chaos, path):
    """One line a tapped connection, for who looks at a failure."""
    with open(path, "w") as f:
        f.write("post died at %s\n" % [
            round(at - chaos.begun, 2) for at in deaths(world.relay)])
        for c in world.tap.recorded:
            hurt = world.links[2].by_port.get(c.port)
            f.write("began %.2f ended %s clean %s intact %s %s\n" % (
                c.began - chaos.begun,
                "%.2f" % (c.ended - chaos.begun) if c.ended else None,
                c.clean, hurt and hurt.intact, {
                    kind: (len(data), len(list(marked_numbers(kind, data))))
                    for kind, data in payloads(c).items()}))


def marked_numbers(kind, data):
    for k in torture_world.FEEDS.values():
        if k.type == kind:
            return k.find(bytes(data[:data.rfind(b"\n") + 1])
                          if kind != 1 else bytes(data))
    return ()


def resent(sensor):
    with open(os.path.join(sensor.folder, "log"), errors="replace") as f:
        return sum(int(n) for n in re.findall(r"resent=(\d+)", f.read()))


def payloads(connection):
    """{type: payload} of the frames of a connection, torn ones included."""
    plain, at, found = bytes(connection), 0, {}
    while at + 62 <= len(plain):
        size = struct.unpack_from("<I", plain, at + 58)[0]
        found.setdefault(plain[at + 1], bytearray()).extend(
            plain[at + 62:at + 62 + size])
        at += 62 + size
    return found


def search_link(connection):
    """Telescope addresses, and what no rule shares, in the plaintext.

    Texts of every address are searched in all of it. Four bytes are too few
    for that (HMACs are random): each packet is searched for its own address.
    """
    found, payload = [], payloads(connection)
    for text in set(re.findall(
            TELESCOPE + rb"|withheld\d+", bytes(connection))):
        found.append(text)
    if 1 in payload:
        for i, frame in marked.Pcap.packets(bytes(payload[1])):
            found += tap.find_addresses(frame, [marked.telescope_address(i)])
    return found
