"""An organisation with a relay, for tests: Redis, queues, policy, partners.

Entries are put into Redis as ADR 0004 says, by the second implementation in
d4.py; partners are the model of a stock d4-core. Nothing of it is the hub.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import d4  # noqa: E402
import jsonl  # noqa: E402
import redis  # noqa: E402
from relay_cases import (ORG, partners_of, pcap, pipeline,  # noqa
                         queue_source, sensors_policy, share, source)
import sink  # noqa: E402
import spool  # noqa: E402
from wait import DEADLINE, until  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ["D4_BIN"]
KEY = "Partner_key-1"
SHARDS = 4
GROUP = "relay:relay"


def write(path, text, mode=0o600):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)
    return path


# What kit/embedded_conf.c gives to the user wash, and no more.
WASH_RIGHTS = (
    "~d4:* -@all +ping +info +multi +exec +eval +evalsha +script|load +xread "
    "+xreadgroup +xack +xgroup +xautoclaim +xclaim +xpending +xinfo +xrange "
    "+xrevrange +xlen +memory|usage +scan +get +set +del +exists +expire "
    "+pexpire +ttl +pttl +incr +sadd +srem +sismember +smembers +hset +hsetnx "
    "+hget +hmget +hgetall +hdel +hincrby").split()


class Redis:
    """A real redis-server on a unix socket, append-only file on."""

    def __init__(self, folder):
        self.dir = folder
        self.sock = os.path.join(folder, "redis.sock")
        self.secret = write(os.path.join(folder, "redis-wash"), "wash-secret")
        self.url = "unix:%s?user=wash&secret=%s" % (self.sock, self.secret)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.sock,
             "--dir", self.dir, "--appendonly", "yes", "--appendfsync",
             "always", "--save", ""], stdout=subprocess.DEVNULL)
        self.db = redis.Redis(unix_socket_path=self.sock)

        def ready():
            try:
                return self.db.ping()
            except redis.exceptions.RedisError:
                return False
        until("redis", ready)
        self.db.execute_command(
            "ACL", "SETUSER", "wash", "on", ">wash-secret", *WASH_RIGHTS)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill()


class Sensor:
    """Puts entries into the queue of a type, as the hub does."""

    def __init__(self, org, kind, ext="", meta=b"", uid=None):
        self.org, self.kind, self.ext, self.meta = org, kind, ext, meta
        self.uuid = uid or str(uuid.uuid4())
        self.sess, self.seq = str(uuid.uuid4()), 1
        queue = "%d.%s" % (kind, ext) if ext else str(kind)
        org.redis.db.hset("d4:queues", queue, SHARDS)

    def key(self):
        return d4.queue_key(self.kind, self.ext, d4.shard(self.uuid, SHARDS))

    def entry(self, data, n, now=None):
        now = now or time.time()
        return {"sess": self.sess, "seq": self.seq, "n": n,
                "sensor": self.uuid, "peer": "192.0.2.1:4443",
                "type": self.kind, "ext": self.ext, "meta": self.meta,
                "t_hdr": int(now), "t_rx": int(now * 1000000), "data": data}

    def put(self, data, n, again=1, now=None):
        pairs = d4.entry_pairs(self.entry(data, n, now))
        for _ in range(again):
            self.org.redis.db.execute_command("XADD", self.key(), "*", *pairs)
        self.seq += n

    def lines(self, lines, again=1, now=None):
        self.put(b"".join(line + b"\n" for line in lines), len(lines),
                 again, now)


class Partner:
    """The model of a stock d4-core."""

    def __init__(self, folder, name):
        self.id = name
        self.dir = os.path.join(folder, "partner-" + name)
        os.mkdir(self.dir)
        self.cert, self.key, self.pin = sink.certificate(self.dir, name)
        self.port = 0
        self.process = None

    def start(self, uuids, *options):
        words = [u + ":" + KEY for u in uuids]
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "d4core.py"), "--cert",
             self.cert, "--key", self.key, "--state", self.dir, "--port",
             str(self.port), *options, "--register", *words],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def table(self, name):
        path = os.path.join(self.dir, name + ".jsonl")
        return jsonl.rows(path)

    def frames(self):
        return self.table("frames")

    def data(self, kind=None):
        """The payloads of all frames of a type, in the order they came."""
        return b"".join(base64.b64decode(f["payload"]) for f in self.frames()
                        if kind is None or f["type"] == kind)

    def lines(self, kind):
        return self.data(kind).splitlines()


class Org:
    """Redis, a policy, a relay. Everything is in one temporary folder."""

    def __init__(self, policy, partners=("acme",), db=None):
        self.dir = tempfile.mkdtemp(prefix="d4-relay-")
        self.state = os.path.join(self.dir, "relay")
        self.policy_dir = os.path.join(self.dir, "policy")
        self.keys = os.path.join(self.dir, "keys")
        for folder in (self.policy_dir, self.keys):
            os.mkdir(folder, 0o755)
        self.redis = Redis(self.dir) if db is None else db
        self.master = write(os.path.join(self.keys, "master.key"), "07" * 32)
        self.hmac = write(os.path.join(self.keys, "acme.key"), KEY)
        self.policy = os.path.join(self.policy_dir, "policy.yaml")
        self.partners = {p: Partner(self.dir, p) for p in partners}
        self.options = {}
        self.sources = {}  # id: "{kind: ..., ...}"
        self.sinks = {}  # partner: "{sink: ..., ...}"
        self.stdin = None
        self.tls = None  # the partners' pins
        self.partner_options = ("idle: 1s, rotate: 5s, backoff_min: 100ms, "
                                "session_gap: 0s, accepts: all")
        self.more_options = {}  # by partner
        self.process = None
        self.log_path = os.path.join(self.dir, "relay.log")
        self.set_policy(policy)

    def set_policy(self, text):
        if text is not None:
            write(self.policy, text.replace("MASTER", self.master), 0o644)

    # ---- the relay ----

    def configure(self):
        lines = ["redis: \"%s\"" % self.redis.url] if self.redis else []
        lines += ["policy: " + self.policy,
                 "dir: " + self.state, "ctl: %s/ctl" % self.dir,
                 "wash_user: %s" % self.user(), "post_user: %s" % self.user(),
                 "drain: 5s", "respawn_max: 100ms"]
        lines += ["%s: %s" % kv for kv in self.options.items()]
        if self.sources:
            lines.append("sources:")
            lines += ["  %s: %s" % kv for kv in self.sources.items()]
        lines.append("partners:")
        for p in self.partners.values():
            lines.append("  %s: {host: 127.0.0.1, port: %d, key: %s, "
                         "tls: %s, %s%s}" %
                         (p.id, p.port or 1, self.hmac,
                          self.tls or "{pin: \"%s\"}" % p.pin,
                          self.partner_options,
                          self.more_options.get(p.id, "")))
        lines += ["  %s: %s" % kv for kv in self.sinks.items()]
        self.conf = write(os.path.join(self.dir, "relay.yaml"),
                          "\n".join(lines) + "\n")
        return self.conf

    @staticmethod
    def user():
        import pwd
        return pwd.getpwuid(os.geteuid()).pw_name

    def command(self, *words):
        return [os.path.join(BIN, "d4-relay"), "-c", self.conf, *words]

    def ask(self, *words):
        p = subprocess.run(self.command(*words), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        self.stderr = p.stderr
        return p.returncode, p.stdout

    def uuids(self, partner="acme"):
        code, out = self.ask("partner", "uuids", partner)
        assert code == 0, self.stderr
        return sorted({line.split()[0] for line in out.splitlines()})

    def start_partners(self, *options):
        self.configure()
        for p in self.partners.values():
            p.start(self.uuids(p.id) or [str(uuid.uuid4())], *options)
        self.configure()

    def start(self):
        self.configure()
        self.log_file = open(self.log_path, "a")
        self.process = subprocess.Popen(
            self.command(), stderr=self.log_file, stdin=self.stdin)
        return self

    def up(self):
        """Started, and both processes answer."""
        self.start()
        until("relay up", lambda: (self.status() or {}).get("post") and
              self.status()["redis"])
        return self

    def stop(self, sig=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sig)
            code = self.process.wait(DEADLINE)
            self.log_file.close()
            return code
        return None

    def records(self, who="wash"):
        """The accounting records of wash or post."""
        path = os.path.join(self.state, who, who + ".jsonl")
        return jsonl.rows(path)

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def pids(self):
        """{'wash': pid, 'post': pid} of the newest start of each."""
        return {name: int(pid) for name, pid in re.findall(
            r"process=(\w+) pid=(\d+) started", self.log())}

    def kill(self, name):
        """kill -9 of wash or post; waits until it is started again."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        until(name + " again", lambda: self.pids()[name] != pid)

    def reload(self):
        """Asks for it; when it holds is another question."""
        self.process.send_signal(signal.SIGHUP)

    def decide_by(self, text):
        """Makes another policy hold, and waits until wash decides by it."""
        def holds():
            return (self.status() or {}).get("policy")
        before = until("a policy holds", holds)
        self.set_policy(text)
        self.reload()
        until("the other holds", lambda: holds() not in (None, before))

    def status(self):
        code, out = self.ask("status", "--json")
        return json.loads(out) if code == 0 else None

    def waiting(self):
        """Entries in the queues that are not acknowledged."""
        n = 0
        for key in self.redis.db.keys("d4:{*}:q"):
            for g in self.redis.db.xinfo_groups(key):
                n += g["pending"] + (g.get("lag") or 0)
        return n

    def idle(self):
        """Everything read, decided and acknowledged."""
        s = self.status()
        return s is not None and s["redis"] and s["post"] and \
            self.waiting() == 0 and s["queues"] and all(
                q["state"] == "live" and q["waiting"] == 0
                for q in s["queues"])

    def source(self, name):
        """What the relay says of one of its sources, or None."""
        for one in (self.status() or {}).get("sources", []):
            if one["source"] == name:
                return one
        return None

    def accounts(self, event):
        """The records of wash's accounting for an event."""
        return [r for r in self.records() if r["event"] == event]

    def lane(self, partner="acme", **want):
        for lane in (self.status() or {}).get("lanes", []):
            if lane["partner"] == partner and all(
                    lane.get(k) == v for k, v in want.items()):
                return lane
        return None

    def lane_now(self):
        """The lane; a status in which wash was too busy to answer is asked
        for again."""
        return until("a status with the lane", self.lane)

    def spooled(self, partner="acme"):
        """[(lane header, entry)] of all that is in the airlock."""
        top = os.path.join(self.state, "spool", partner)
        out = []
        for name in sorted(os.listdir(top)) if os.path.isdir(top) else []:
            path = os.path.join(top, name)
            if os.path.isdir(path):
                for lane, entries in spool.read_lane(path, check=False):
                    out += [(lane, e) for e in entries]
        return out

    def close(self, keep=False):
        self.stop(signal.SIGKILL if keep else signal.SIGTERM)
        for p in self.partners.values():
            p.stop()
        if self.redis:
            self.redis.stop()
        log = self.log() if os.path.exists(self.log_path) else ""
        if not keep:
            shutil.rmtree(self.dir)
        assert "Sanitizer" not in log and "runtime error" not in log, log


def balanced(row):
    return row["in"] == (row.get("forward", 0) + row["drop"] +
                         row["quarantine"] + row.get("waiting", 0))


def run_all(module):
    """Every test_ function of the module, or those that are named."""
    want = sys.argv[1:]
    for name, test in list(vars(module).items()):
        if name.startswith("test_") and (not want or name in want):
            print(name[5:].replace("_", " "), flush=True)
            test()
