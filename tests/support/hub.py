"""A d4-hub of one's own for integration tests: in a temporary folder, on a
free loopback port, with its embedded Redis."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import redis

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import d4  # noqa: E402
import jsonl  # noqa: E402
import overflow  # noqa: E402
from ports import free_port  # noqa: E402
from wait import DEADLINE, until  # noqa: E402

BIN = os.environ.get("D4_BIN", "build/bin")
PROGRAM = os.path.join(BIN, "d4-hub")


class Sensor:
    """What `d4-hub enroll` printed."""

    def __init__(self, line):
        words = line.split()
        assert words[0] == "d4-enroll:v1", line
        got = dict(w.split("=", 1) for w in words[1:])
        self.uuid = got["uuid"]
        self.key = got["key"].encode()
        self.address = got["host"] + ":" + got["port"]
        self.pin = got["fingerprint"]
        self.type = got["type"]

    @property
    def hex(self):
        return self.uuid.replace("-", "")

    def frame(self, kind, payload, **more):
        return d4.frame(self.key, self.uuid, kind, payload, **more)


class Hub:
    def __init__(self, **options):
        self.dir = tempfile.mkdtemp(prefix="d4-it-hub-")
        self.port = free_port()
        self.etc = os.path.join(self.dir, "etc")
        self.conf = os.path.join(self.etc, "hub.yaml")
        self.log_path = os.path.join(self.dir, "log")
        self.ca = os.path.join(self.etc, "ca.pem")
        self.process = None
        self.program = PROGRAM
        self.redis_pids = set()
        self.run("init", self.etc, "--host", "127.0.0.1", "--port",
                 str(self.port))
        self.options(listen='"127.0.0.1:%d"' % self.port, **options)

    def options(self, **options):
        """Sets options in the configuration; a value is YAML text."""
        with open(self.conf) as f:
            text = f.read()
        for name, value in options.items():
            line = "%s: %s\n" % (name, value)
            pattern = r"(?m)^%s:.*\n(?:  .*\n)*" % name
            if re.search(pattern, text):
                text = re.sub(pattern, lambda _: line, text)
            else:
                text += line
        with open(self.conf, "w") as f:
            f.write(text)

    def run(self, *args, check=True):
        done = subprocess.run([PROGRAM, *args], capture_output=True,
                              text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError("%s: %d %s" % (args, done.returncode,
                                                done.stderr))
        return done

    def enroll(self, *args):
        return Sensor(self.run("enroll", "-c", self.conf, *args).stdout)

    # ---- life ----

    def start(self):
        mark = self.log_size()
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", self.conf], stdout=log, stderr=log)
        until("the hub listens", lambda: self.process.poll() is not None or
              "ready listen" in self.log(mark))
        assert self.process.poll() is None, self.log(mark)
        self.note_redis()
        return self

    def note_redis(self):
        for pid in re.findall(r"redis pid=(\d+) (?:started|adopted)",
                              self.log()):
            self.redis_pids.add(int(pid))

    def redis_pid(self):
        return int(re.findall(r"redis pid=(\d+) (?:started|adopted)",
                              self.log())[-1])

    def worker_pid(self):
        return int(re.findall(r"worker pid=(\d+) started", self.log())[-1])

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM and the exit status."""
        if self.process is None:
            return 0
        self.note_redis()
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.process = None
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process = None

    def close(self):
        self.note_redis()
        try:
            self.stop()
        finally:
            for pid in self.redis_pids:
                end_redis(pid, self.dir)
            log = self.log()
            shutil.rmtree(self.dir, ignore_errors=True)
        for word in ("Sanitizer:", "runtime error:", "Assertion"):
            assert word not in log, log[log.index(word) - 200:][:4000]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what it says ----

    def log_size(self):
        try:
            return os.path.getsize(self.log_path)
        except OSError:
            return 0

    def log(self, since=0):
        try:
            with open(self.log_path, errors="replace") as f:
                f.seek(since)
                return f.read()
        except OSError:
            return ""

    def status(self):
        done = self.run("status", "-c", self.conf, "--json")
        return json.loads(done.stdout)

    def ctl(self, *args):
        """What `d4-hub ctl` answers; an AssertionError when it fails."""
        return json.loads(self.run("ctl", "-c", self.conf, "--json",
                                   *args).stdout)

    # ---- its Redis ----

    def redis(self, user="admin", db=0):
        with open(os.path.join(self.etc, "keys", "redis-" + user)) as f:
            secret = f.read().strip()
        return redis.Redis(
            unix_socket_path=os.path.join(self.etc, "state/redis/redis.sock"),
            username=user, password=secret, db=db)

    def entries(self, kind, ext="", shard=0, start="-", check=False):
        key = d4.queue_key(kind, ext, shard)
        if isinstance(key, bytes):
            key = key.decode()
        out = []
        for _, fields in self.redis().xrange(key, min=start):
            pairs = [x for kv in fields.items() for x in kv]
            one = d4.entry_parse(pairs)
            if "ref" in one:
                one["data"] = overflow.read(self.overflow, key, one, check)
            out.append(one)
        return out

    def entries_raw(self, kind, ext=""):
        """Fields of all entries, as Redis has them."""
        key = d4.as_bytes(d4.queue_key(kind, ext, 0)).decode()
        return [fields for _, fields in self.redis().xrange(key)]

    @property
    def overflow(self):
        return os.path.join(self.etc, "state/overflow")

    def segments(self):
        """Paths of all overflow segments."""
        return sorted(os.path.join(d, f)
                      for d, _, files in os.walk(self.overflow)
                      for f in files if f.endswith(".ovf"))

    def account(self, event=None, program="d4-hub"):
        """The accounting records, of one event or all."""
        path = os.path.join(self.etc, "state/account", program + ".jsonl")
        return [g for g in jsonl.rows(path) if event is None or g["event"] == event]

    # ---- sensors ----

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def connect(self, source=None):
        return d4.tls_connect(self.address, self.ca, source=source)

    def send(self, frames):
        return d4.send(self.address, frames, self.ca)

    def offer(self, frames, source=None):
        """Frames that it may refuse, up to the end of the connection."""
        tls = self.connect(source)
        try:
            for one in frames:
                tls.sendall(one)
            tls.settimeout(60)
            while tls.recv(1000):
                pass
        except OSError:
            pass
        tls.close()


def end_redis(pid, folder):
    """Ends a redis-server that one of our hubs started, nobody else's."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            line = f.read()
        cwd = os.readlink("/proc/%d/cwd" % pid)
    except OSError:
        return
    if b"redis-server" in line and cwd.startswith(folder):
        os.kill(pid, signal.SIGTERM)
        until("redis ends", lambda: not os.path.exists("/proc/%d" % pid))


class Load(threading.Thread):
    """A sensor that sends numbered lines until it is told to stop, and ends
    each session properly; what the hub confirmed is in `confirmed`."""

    def __init__(self, hub, sensor):
        super().__init__(daemon=True)
        self.hub, self.sensor = hub, sensor
        self.halt = threading.Event()
        self.confirmed = []
        self.sessions = 0
        self.number = 0

    def one_session(self):
        mine = []
        tls = self.hub.connect()
        try:
            for _ in range(40):
                batch = [self.number + i for i in range(50)]
                self.number += 50
                tls.sendall(self.sensor.frame(8, b"".join(
                    b"%d|%s\n" % (i, b"x" * 80) for i in batch)))
                mine += batch
        except OSError:
            tls.close()
            return
        self.sessions += 1
        if d4.finish(tls, 60) == "confirmed":
            self.confirmed += mine

    def run(self):
        while not self.halt.is_set():
            try:
                self.one_session()
            except OSError:
                time.sleep(0.05)  # the hub is away: try again

    def end(self):
        self.halt.set()
        self.join(DEADLINE * 3)
        assert not self.is_alive()


def stored(hub, sensor):
    """Numbers in the queue, in order, entries that came twice once."""
    seen, numbers, doubled = set(), [], 0
    for e in hub.entries(8):
        if e["sensor"] != sensor.uuid:
            continue
        if (e["sess"], e["seq"]) in seen:
            doubled += 1
            continue
        seen.add((e["sess"], e["seq"]))
        numbers += [int(x.split(b"|")[0]) for x in e["data"].splitlines()]
    return numbers, doubled


class HubRedis:
    """A hub's embedded Redis, as the Redis of a relay (support/relay.py)."""

    def __init__(self, hub):
        self.url = "unix:%s?user=wash&secret=%s" % (
            os.path.join(hub.etc, "state/redis/redis.sock"),
            os.path.join(hub.etc, "keys", "redis-wash"))
        self.db = hub.redis()

    def stop(self):
        pass  # it is the hub's
