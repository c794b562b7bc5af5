"""What a seed of the torture does: its settings and its timeline. Pure."""
import collections
import random

Event = collections.namedtuple("Event", "at what amount")

# Weights. amount: seconds of a stall, a full disk or a partner that is away.
EVENTS = {
    "kill hub": 6, "kill hub[worker]": 6, "kill redis": 6,
    "kill relay": 6, "kill relay[supervisor]": 4,
    "kill wash": 8, "kill post": 8,
    "kill hub of B": 4, "kill hub[worker] of B": 4, "kill redis of B": 4,
    "term hub": 3, "term relay": 4, "term hub of B": 3,
    "reload hub": 3, "reload relay": 4, "reload hub of B": 2,
    "stall hub[worker]": 3, "stall redis": 3, "stall wash": 4,
    "stall post": 4, "stall sensor": 2, "stall hub[worker] of B": 3,
    "sever sensors": 3, "sever partner": 3,
    "partner away": 4, "hub away": 3,
    "stab hub[worker]": 3, "stab wash": 3, "stab post": 3,
    "stab hub[worker] of B": 3, "stab redis": 2, "stab redis of B": 1,
    "hasty hub": 2, "hasty relay": 3, "hasty hub of B": 1,
}
CORE = {"kill core": 4, "sever core": 3}
SECONDS = 4.0


class Plan:
    """Everything that is drawn from a seed; describe() for people."""

    def __init__(self, seed, records, seconds=SECONDS):
        rnd = random.Random("torture %d" % seed)
        self.seed, self.records, self.seconds = seed, records, seconds
        # What every so many seeds have for sure.
        self.deny = seed % 4 == 1
        self.flip = seed % 4 == 2
        self.repipe = seed % 4 == 3
        self.freeze = seed % 4 == 0
        self.core = seed % 3 == 1  # a second partner, a stock d4-core
        self.long_stall = seed % 50 == 49  # of wash: its lease runs out
        self.full_disk = seed % 5 == 0
        self.drop_oldest = seed % 5 == 3
        self.tcp = seed % 3 == 0
        self.fair = seed % 10 == 7  # an honest network, only killers
        self.shards = rnd.choice((1, 1, 2, 4))
        self.flush = rnd.choice(("0s", "1ms", "5ms", "50ms"))
        self.inflight = rnd.choice(("1MiB", "32MiB"))
        self.queue = rnd.choice(("1MiB", "256MiB"))
        if self.drop_oldest:  # B's queues have to be over their budget
            self.records = records = records * 8
        # A's queues go on in segments on disk while wash stands still.
        self.backlog = seed % 6 == 5 and not self.drop_oldest
        if self.backlog:
            self.queue = "1MiB"
            self.records = records = records * 12
        # The partner's airlock runs full while the partner is away.
        self.tight = seed % 6 == 2 and not self.drop_oldest
        self.on_full = rnd.choice(("park", "drop-oldest"))
        if self.tight:
            self.records = records = records * 12
        self.compress = rnd.choice(("0B", "64KiB", "64MiB"))
        self.queue_disk = rnd.choice(("4GiB", "4GiB", "1MiB", "0B"))
        self.rotate = rnd.choice(("1s", "2s", "10s"))
        self.idle = rnd.choice(("100ms", "300ms", "1s"))
        self.rotate_bytes = rnd.choice(("64KiB", "256MiB"))
        self.sensor_age = rnd.choice(("300ms", "1s", "5s"))
        self.snaplen = rnd.choice((300, 4000, 16322))
        # Where each kind's input ends, and a new sensor goes on.
        self.parts = {}
        for kind in ("pcap", "pdns", "json", "log"):
            n = rnd.choice((1, 2, 2, 3))
            cuts = sorted(rnd.sample(range(1, records), n - 1))
            ends = [rnd.choice(("eof", "term")) for _ in cuts] + ["eof"]
            self.parts[kind] = list(zip([0] + cuts, cuts + [records], ends))
        # From a folder, by a sensor that is killed, too; where not: stdin.
        self.folders = [kind for kind in ("pcap", "pdns", "json", "log")
                        if rnd.random() < 0.4 and
                        not (self.deny and kind == "pdns")]
        self.spools = rnd.random() < 0.6  # sensors keep them on disk
        for kind in self.folders:
            self.parts[kind] = [(0, records, "folder")]
        if self.deny:
            third = records // 3
            self.parts["pdns"] = [(0, third, "eof"),
                                  (third, 2 * third, "deny"),
                                  (2 * third, records, "eof")]
        self.events = self._events(rnd)

    def _events(self, rnd):
        found = []
        events = dict(EVENTS, **(CORE if self.core else {}))
        if self.folders:
            events["kill sensor"] = 8
        for _ in range(int(self.seconds * rnd.uniform(1.0, 3.0))):
            what = rnd.choices(list(events), events.values())[0]
            found.append(Event(rnd.uniform(0.2, self.seconds), what,
                               rnd.uniform(0.1, 1.5)))
        if self.flip:
            found += [Event(rnd.uniform(0.5, self.seconds), what, 0)
                      for what in ("flip a bit", "flip a tail")]
        if self.repipe:
            found.append(Event(rnd.uniform(1, self.seconds), "repipe", 0))
        if self.freeze:
            found.append(Event(rnd.uniform(0.3, self.seconds - 1), "freeze",
                               rnd.uniform(1.5, 3)))
        if self.tight:
            found.append(Event(0.3, "partner away", self.seconds))
        if self.backlog:
            found += [Event(0.3, "stall wash", self.seconds),
                      Event(self.seconds / 2, "stab wash", 1)]
        if self.long_stall:
            found.append(Event(rnd.uniform(0.5, self.seconds), "stall wash",
                               rnd.uniform(11, 17)))
        if self.full_disk:
            for _ in range(2):
                found.append(Event(
                    rnd.uniform(0.5, self.seconds),
                    rnd.choice(("fill relay", "fill hub", "fill hub of B")),
                    rnd.uniform(0.3, 1.5)))
        return sorted(found)

    def describe(self):
        for key, value in vars(self).items():
            if key not in ("parts", "events"):
                yield "%s: %s" % (key, value)
        for kind, parts in self.parts.items():
            yield "feed %s: %s" % (kind, ", ".join(
                "%d..%d then %s" % part for part in parts))
        for event in self.events:
            yield "%6.2fs %s%s" % (event.at, event.what, (
                " for %.2fs" % event.amount if event.what.split()[0] in
                ("stall", "fill", "freeze") or event.what.endswith("away") else ""))
