"""A field of organisations on this machine, run with the real programs.

Hub, Relay and sensor(): each is one process (tree) in a folder of its own on
loopback ports, started as an operator would, killed by its pid only.
Used by the demo, the loss tests and the integration tests.
"""
import json
import os
import signal
import subprocess
import sys
import time

import redis  # Debian's python3-redis

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import d4  # noqa: E402
import overflow  # noqa: E402
from ports import free_port  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BIN = os.environ.get("D4_BIN", os.path.join(ROOT, "build", "bin"))


class Failed(Exception):
    """What the field claims does not hold."""


def program(name):
    return os.path.join(BIN, name)


def wait_for(what, test, seconds=30, every=0.05):
    """Polls test() until it is true; Failed names `what` at the deadline."""
    end = time.monotonic() + seconds
    while True:
        result = test()
        if result:
            return result
        if time.monotonic() > end:
            raise Failed("not within %d s: %s" % (seconds, what))
        time.sleep(every)


def run(*words, **more):
    """A command that must succeed; its output as text."""
    p = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, check=False, **more)
    if p.returncode != 0:
        raise Failed("%s: exit %d\n%s%s" % (
            " ".join(map(str, words)), p.returncode, p.stdout, p.stderr))
    return p.stdout


def children(pid):
    """The pids of a process's children, from /proc."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(c) for c in f.read().split()]
    except OSError:
        return []


def family(pid):
    """pid and all its descendants."""
    found = [pid]
    for child in children(pid):
        found += family(child)
    return found


def comm(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""


class Daemon:
    """A program with a log file in its folder, started and killed here."""

    def __init__(self, folder, words):
        self.folder = folder
        self.words = [str(w) for w in words]
        self.process = None
        self.log_path = os.path.join(folder, "log")

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        """kill -9 of the process and its helpers (not of Redis)."""
        for pid in family(self.process.pid):
            if comm(pid) != "redis-server":
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.wait()

    def stop(self, seconds=30):
        """SIGTERM and a wait for the end; the exit status."""
        if not self.alive:
            return self.process.returncode if self.process else 0
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("%s did not stop in %d s" % (self.words[0], seconds))

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except OSError:
            return ""


def edit(path, **values):
    """Sets top-level keys of a YAML file that `init` made."""
    with open(path) as f:
        lines = f.read().splitlines()
    for key, value in values.items():
        row = "%s: %s" % (key, value)
        at = [i for i, line in enumerate(lines)
              if line.startswith(key + ":")]
        if at:
            lines[at[0]] = row
        else:
            lines.append(row)
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


class Hub(Daemon):
    """An organisation's hub with its embedded Redis."""

    def __init__(self, folder, **settings):
        self.port = free_port()
        run(program("d4-hub"), "init", folder, "--host", "127.0.0.1",
            "--port", self.port)
        self.conf = os.path.join(folder, "hub.yaml")
        self.state = os.path.join(folder, "state")
        self.keys = os.path.join(folder, "keys")
        self.cert = os.path.join(folder, "hub.pem")
        self.cert_key = os.path.join(self.keys, "hub.key")
        edit(self.conf, listen='"127.0.0.1:%d"' % self.port, **settings)
        super().__init__(folder, [program("d4-hub"), "-c", self.conf])

    def start(self):
        super().start()
        wait_for("hub in %s is up" % self.folder, self.status)

    def status(self):
        """d4-hub status as a dict, or None while it is not up."""
        if not self.alive:
            raise Failed("hub ended:\n" + self.log()[-2000:])
        p = subprocess.run([program("d4-hub"), "status", "-c", self.conf,
                            "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False)
        return json.loads(p.stdout) if p.returncode == 0 else None

    def enroll(self, *more):
        """The enrolment line of a new sensor."""
        return run(program("d4-hub"), "enroll", "-c", self.conf, *more)

    def redis(self, user="admin"):
        """A client of the embedded Redis."""
        with open(os.path.join(self.keys, "redis-" + user)) as f:
            secret = f.read().strip()
        return redis.Redis(
            unix_socket_path=os.path.join(self.state, "redis", "redis.sock"),
            username=user, password=secret)

    def redis_pid(self):
        return self.redis().info("server")["process_id"]

    def entries(self):
        """Every queue entry: (queue key, id, {field: bytes}), in order."""
        r = self.redis()
        for key in sorted(r.scan_iter("d4:{*}:q")):
            at = "-"
            while True:
                batch = r.xrange(key, min=at, count=1000)
                for id_, fields in batch:
                    one = {k.decode(): v for k, v in fields.items()}
                    if "ref" in one:
                        one["data"] = self.stored(key.decode(), fields)
                    yield key.decode(), id_.decode(), one
                if len(batch) < 1000:
                    break
                at = "(" + batch[-1][0].decode()

    def stored(self, key, fields):
        """What a reference to a segment on disk means."""
        pairs = [x for kv in fields.items() for x in kv]
        return overflow.read(os.path.join(self.state, "overflow"), key,
                             d4.entry_parse(pairs), check=False)

    def records(self):
        """entries() without what a retried XADD stored twice (Decision 5)."""
        last = {}
        for key, id_, entry in self.entries():
            seq = int(entry["seq"])
            where = (key, entry["sess"])
            if seq > last.get(where, 0):
                last[where] = seq
                yield key, id_, entry


class Sensor:
    """A configuration directory that the hub enrolled."""

    def __init__(self, hub, folder, type_, meta=None):
        self.folder = folder
        line = hub.enroll("--type", type_)
        run(program("d4-sensor"), "enroll", "-c", folder, input=line)
        if meta:
            with open(os.path.join(folder, "metaheader.json"), "w") as f:
                json.dump(meta, f)
        with open(os.path.join(folder, "uuid")) as f:
            self.uuid = f.read().strip()

    def set(self, name, value):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(value + "\n")

    def start(self, stdin=subprocess.PIPE, options=()):
        log = open(os.path.join(self.folder, "log"), "ab")
        p = subprocess.Popen(
            [program("d4-sensor"), "-c", self.folder, *options],
            stdin=stdin, stdout=log, stderr=log)
        log.close()
        return p


class Relay(Daemon):
    """A relay with its policy; partners: {id: settings of relay.yaml}."""

    def __init__(self, folder, hub, policy, partners, **settings):
        os.makedirs(os.path.join(folder, "keys"), exist_ok=True)
        self.policy = policy
        self.dir = os.path.join(folder, "relay")
        self.conf = os.path.join(folder, "relay.yaml")
        self.spool = os.path.join(self.dir, "spool")
        settings = dict({"wash_user": "root", "post_user": "root",
                         "overflow": os.path.join(hub.state, "overflow")},
                        **settings)
        with open(self.conf, "w") as f:
            f.write('redis: "unix:%s/redis/redis.sock?user=wash&'
                    'secret=%s/redis-wash"\n' % (hub.state, hub.keys))
            f.write('policy: "%s"\ndir: "%s"\nctl: "%s/relay.ctl"\n' % (
                policy, self.dir, folder))
            for key, value in settings.items():
                f.write("%s: %s\n" % (key, value))
            # JSON is YAML.
            f.write("partners: %s\n" % json.dumps(partners))
        super().__init__(folder + "/relay", [program("d4-relay"), "-c",
                                             self.conf])
        os.makedirs(self.folder, exist_ok=True)

    def start(self):
        super().start()
        wait_for("relay in %s is up" % self.folder, self.status)

    def status(self):
        if not self.alive:
            raise Failed("relay ended:\n" + self.log()[-2000:])
        p = subprocess.run([program("d4-relay"), "-c", self.conf, "status",
                            "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False)
        return json.loads(p.stdout) if p.returncode == 0 else None

    def uuids(self, partner):
        """The wire UUIDs to register at a partner."""
        return run(program("d4-relay"), "-c", self.conf, "partner", "uuids",
                   partner)


def write_secret(path, content):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                      0o600), "wb") as f:
        f.write(content)
