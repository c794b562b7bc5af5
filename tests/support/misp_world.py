"""An airlock that a relay could have left, an exporter, and a MISP."""

import hashlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import jsonl
import spool
from misp_server import MispServer
from wait import DEADLINE, until

BIN = os.environ["D4_BIN"]
PROGRAM = os.path.join(BIN, "d4-misp-export")
DAY = 86400
NOON = int(time.time()) // DAY * DAY - DAY // 2  # yesterday
NAMESPACE = "7f2c1a54-1be0-4d6a-9d4e-0c8c2d5b7a10"
PIPELINE = "ab" * 32
TERMS = {"source": "resolver", "label": "green", "pap": "clear",
         "class": "S2", "object": "passive-dns", "distribution": -1,
         "publish": False, "to_ids": "from-pap", "mapped": [],
         "steps": ["pdns", "time"]}


def pdns(name, rdata="198.51.100.7", at=NOON, count=1, kind="A"):
    return b"%d.000000||192.0.2.7||192.0.2.53||IN||%s||%s||%s||300||%d" % (
        at, name.encode(), kind.encode(), rdata.encode(), count)


class Lane:
    """A lane of the airlock, one entry a segment."""

    def __init__(self, world, number=1, kind=8, ext="", **terms):
        self.world, self.kind, self.ext = world, kind, ext
        self.id = hashlib.sha256(b"%d" % number).hexdigest()[:16]
        self.terms = dict(TERMS, **terms)
        self.pipeline, self.more = PIPELINE, {}
        self.after = self.seq = self.records = 0
        self.dir = os.path.join(world.spool, self.id)
        os.makedirs(self.dir, exist_ok=True)

    def head(self):
        return {"id": self.id, "partner": "own-misp",
                "source": self.terms["source"], "rule": "r",
                "label": self.terms["label"], "pap": self.terms["pap"],
                "cls": "S2", "policy": "cd" * 32, "pipeline": self.pipeline,
                "engine": "san4", "epoch": "0",
                "wire_uuid": "4072e072-bfaa-4395-9bb1-ccb3b470d715",
                "type": self.kind, "ext": self.ext, "variant": 0,
                "base": self.records, "meta": "", "salt": NAMESPACE}

    def put(self, data, n, at=None, opening=0):
        us = int((at or NOON) * 1000000)
        entry = {"flags": 0, "opening": opening, "seq": self.seq + 1,
                 "origin": 1, "n": n, "id_ms": 1, "id_n": self.seq + 1,
                 "sess": NAMESPACE, "sess_seq": 1, "t_first": us,
                 "t_last": us, "not_before": 0, "expires": 0,
                 "base": self.records, "data": data}
        blob = spool.write_segment(self.head(), [entry])
        self.seq += 1
        self.records += n
        name = os.path.join(self.dir, "%020d.seg" % self.seq)
        with open(name + ".new", "wb") as f:
            f.write(blob)
        os.rename(name + ".new", name)

    def lines(self, lines, at=None):
        self.put(b"".join(line + b"\n" for line in lines), len(lines), at)

    def release(self):
        return dict({
            "rule": "r", "policy": "cd" * 32, "pipeline": self.pipeline,
            "sink": "misp", "after": self.after, "max_rate_bits": 0,
            "max_volume": 0, "delay_us": 0, "not_before": 0, "max_age": 0,
            "findings": self.terms}, **self.more)


class World:
    def __init__(self, server=True, **options):
        self.dir = tempfile.mkdtemp(prefix="d4-misp-")
        self.airlock = os.path.join(self.dir, "relay")
        self.spool = os.path.join(self.airlock, "spool", "own-misp")
        self.state = os.path.join(self.dir, "misp")
        for folder in (self.spool, os.path.join(self.airlock, "freeze"),
                       os.path.join(self.airlock, "misp")):
            os.makedirs(folder)
        self.server = MispServer() if server else None
        self.lanes, self.process = [], None
        self.options = dict({
            "flush": "10ms", "settle": "10ms", "timeout": "60s",
            "linger": "1h",
            "backoff_min": "20ms", "backoff_max": "100ms"}, **options)
        self.log = os.path.join(self.dir, "log")
        self.stderr = open(self.log, "ab")
        key = os.path.join(self.dir, "key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write("k" * 40 + "\n")
        self.configure()

    def configure(self, **options):
        self.options.update(options)
        self.conf = os.path.join(self.dir, "misp-export.yaml")
        url = "url: %s\nkey: %s/key\n" % (self.server.url, self.dir) \
            if self.server else ""
        with open(self.conf, "w") as f:
            f.write("partner: own-misp\nairlock: %s\ndir: %s\n%s"
                    "namespace: %s\nsandbox: best-effort\nuser: %s\n" % (
                        self.airlock, self.state, url, NAMESPACE,
                        pwd.getpwuid(os.geteuid()).pw_name))
            for name, value in self.options.items():
                f.write("%s: %s\n" % (name, value))

    def lane(self, *args, **terms):
        self.lanes.append(Lane(self, len(self.lanes) + 1, *args, **terms))
        self.release()
        return self.lanes[-1]

    def release(self, lanes=None):
        path = os.path.join(self.spool, "release.json")
        lanes = self.lanes if lanes is None else lanes
        with open(path + ".new", "w") as f:
            json.dump({"v": 1, "profile": "d4hub", "parked": False,
                       "lanes": {x.id: x.release() for x in lanes}}, f)
        os.rename(path + ".new", path)

    def start(self):
        """It runs, and what its status file says is its own."""
        status = os.path.join(self.state, "status.json")
        if os.path.exists(status):
            os.unlink(status)
        self.process = subprocess.Popen(
            [PROGRAM, "-c", self.conf], stderr=self.stderr)
        until("started", lambda: os.path.exists(status) or
              self.process.poll() is not None)
        assert self.process.poll() is None, self.text()

    def reload(self, end="reload done"):
        """SIGHUP, and the line that it was obeyed with."""
        seen = self.text().count(end)
        self.process.send_signal(signal.SIGHUP)
        until(end, lambda: self.text().count(end) > seen)

    def run(self, *words):
        return subprocess.run(
            [PROGRAM, "-c", self.conf, *words], capture_output=True,
            text=True, timeout=DEADLINE, check=False)

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        code = self.process.wait(DEADLINE)
        self.process = None
        assert how == signal.SIGKILL or code == 0, (code, self.text())

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def status(self):
        try:
            with open(os.path.join(self.state, "status.json")) as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def accounts(self):
        return jsonl.rows(os.path.join(self.state, "misp-export.jsonl"))

    def taken(self):
        return self.status().get("airlock", {}).get("taken", 0)

    def settled(self):
        """All that the lanes hold was taken, and nothing is due."""
        now = self.status()
        return (now.get("due") == 0 and self.taken() ==
                sum(x.records for x in self.lanes) and now)

    def settle(self):
        return until("settled: " + self.text()[-600:], self.settled)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.server:
            self.server.close()
        self.stderr.close()
        shutil.rmtree(self.dir)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
