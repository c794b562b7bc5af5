"""Two organisations and the hostile network between them, for the torture.

    sensors -> link -> hub A -> relay A -> link -> tap -> link -> hub B
"""
import ctypes
import json
import os
import re
import signal
import threading
import time

import redis  # Debian's python3-redis

import field
import marked
import proxy
import relay
import tap

ORG = "5b642239-4db4-4580-adf4-4ebd950d210f"
POLICY = """
version: 1
hub: {id: org-a, org: %(org)s, master_key: "file:keys/master.key"}
networks: {telescope: [10.1.0.0/16]}
sources:
  - {id: pcap, sensors: [@pcap@], types: [1], org: %(org)s, tags: ["tlp:clear"], floor_tlp: clear}
  - {id: pdns, sensors: [@pdns@], types: [8], org: %(org)s, tags: ["tlp:clear"], floor_tlp: clear}
  - {id: json, sensors: [@json@], meta: [ja3-jl], org: %(org)s, tags: ["tlp:clear"], floor_tlp: clear}
  - {id: log, sensors: [@log@], types: [3], org: %(org)s, tags: ["tlp:red"], floor_tlp: red}
partners:
  - {id: beta, kind: partner, min_class: S1, accept_pap: [clear]}
@core@  - {id: core, kind: partner, profile: d4-core, min_class: S1, accept_pap: [clear]}
pipelines:
  - {id: pcap-1, types: [1], steps: [{addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16], require_scope: any, others: keep}}, {link: zero}, {payload: headers}]}
  - {id: pdns-1, types: [8], steps: [{pdns: {client: zero, server: zero}}]}
  - {id: json-1, meta: [ja3-jl], steps: [{json: {default: drop, rules: [{path: /n, op: keep}, {path: /JA3Digest, op: keep}@more@]}}]}
share:
  - {id: pcap-beta, to: [beta], from: [pcap], pipeline: pcap-1, because: "test"}
@deny@  - {id: pdns-beta, to: [beta], from: [pdns], pipeline: pdns-1, because: "test"}
  - {id: json-beta, to: [beta], from: [json], pipeline: json-1, because: "test"}
@core@  - {id: pcap-core, to: [core], from: [pcap], pipeline: pcap-1, because: "test"}
@core@@deny@  - {id: pdns-core, to: [core], from: [pdns], pipeline: pdns-1, because: "test"}
""" % {"org": ORG}
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CORE_KINDS = ("pcap", "pdns")  # what goes to the stock d4-core
FEEDS = dict(marked.KINDS, log=marked.Log)


def adopt_orphans():
    """What the killed leave behind becomes ours: to find, kill and reap."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def mine(folder, name):
    """pids of our descendants called `name` that work in folder."""
    found = []
    for pid in field.family(os.getpid())[1:]:
        try:
            cwd = os.readlink("/proc/%d/cwd" % pid)
        except OSError:
            continue
        if field.comm(pid) == name and cwd.startswith(folder):
            found.append(pid)
    return found


class World:
    """All of it, as a plan says."""

    def __init__(self, plan, folder):
        self.plan, self.folder = plan, folder
        self.mounts = []
        self.running = {}  # kind -> sensor process
        self.locks = {"hub": threading.Lock(), "relay": threading.Lock(),
                      "hub of B": threading.Lock(), "policy": threading.Lock()}
        self.denying = self.repiped = False
        self.net = proxy.Net()
        self.a = self._hub("a", shards=plan.shards, flush=plan.flush,
                           inflight=plan.inflight, queue=plan.queue,
                           queue_disk=plan.queue_disk)
        more = {"unread": "drop-oldest", "queue": "1MiB", "queue_disk": "0B"}
        self.b = self._hub("b", **(more if plan.drop_oldest else {}))
        self.a.start()
        self.b.start()
        seed = plan.seed
        self.links = [
            proxy.Link(self.net, "sensors", ("127.0.0.1", self.a.port), seed),
            proxy.Link(self.net, "hub B", ("127.0.0.1", self.b.port), seed)]
        self.tap = tap.Tap(("127.0.0.1", self.links[1].port), self.b.cert,
                           self.b.cert_key)
        self.links.append(proxy.Link(
            self.net, "partner", ("127.0.0.1", self.tap.port), seed))
        self.core = relay.Partner(folder, "core") if plan.core else None
        if self.core:
            self.core.port = field.free_port()
            self.links.append(proxy.Link(
                self.net, "core", ("127.0.0.1", self.core.port), seed))
        for link in self.links:
            link.hostile = not plan.fair
        self.sensors = {name: self._sensor(name, kind)
                        for name, kind in FEEDS.items()}
        self.relay = self._relay()
        self.names = {"hub": self.a, "hub of B": self.b, "relay": self.relay}

    def _hub(self, name, **settings):
        folder = os.path.join(self.folder, name)
        if self.plan.full_disk and os.geteuid() == 0:
            os.mkdir(folder)
            field.run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs",
                      folder)
            self.mounts.append(folder)
        return field.Hub(folder, drain="2s", handshake="3s", **settings)

    def _sensor(self, name, kind):
        ext = "." + kind.ext if kind.ext else ""
        sensor = field.Sensor(self.a, os.path.join(self.folder, name),
                              "%d%s" % (kind.type, ext),
                              getattr(kind, "meta", None))
        sensor.set("resend", "tcp" if name == "pcap" and self.plan.tcp
                   else "all")
        sensor.set("destination", "127.0.0.1:%d" % self.links[0].port)
        sensor.set("snaplen", str(self.plan.snaplen))
        if self.plan.spools:
            sensor.set("spool", os.path.join(sensor.folder, "held"))
            sensor.set("spool_size", "4MiB")
        return sensor

    def _relay(self):
        folder, plan = os.path.join(self.folder, "a"), self.plan
        self.policy = os.path.join(folder, "policy.yaml")
        self.write_policy()
        keys = os.path.join(folder, "keys")
        field.write_secret(os.path.join(keys, "master.key"), os.urandom(32))
        field.write_secret(os.path.join(keys, "beta.key"), b"torture-key")
        pin = field.run("openssl", "x509", "-in", self.b.cert, "-noout",
                        "-fingerprint", "-sha256").strip().split("=")[1]
        partners = {"beta": {
            "port": self.links[2].port, "tls": {"pin": pin},
            "key": "file:" + os.path.join(keys, "beta.key"),
            "rotate": plan.rotate, "rotate_bytes": plan.rotate_bytes}}
        if self.core:
            field.write_secret(os.path.join(keys, "core.key"),
                               relay.KEY.encode())
            partners["core"] = {
                "port": self.links[3].port, "tls": {"pin": self.core.pin},
                "key": "file:" + os.path.join(keys, "core.key")}
        if plan.tight:
            partners["beta"].update(budget="1MiB", on_full=plan.on_full)
        for partner in partners.values():
            partner.update(host="127.0.0.1", idle=plan.idle,
                           resend="type" if plan.tcp else "all",
                           backoff_min="50ms", backoff_max="1s",
                           session_gap="0s")
        daemon = field.Relay(folder, self.a, self.policy, partners,
                             drain="2s", respawn_max="1s",
                             compress=plan.compress)
        for uuid in re.findall(UUID, daemon.uuids("beta")):
            self.b.enroll("--uuid", uuid, "--key-file",
                          os.path.join(keys, "beta.key"))
        if self.core:
            self.core_uuids = re.findall(UUID, daemon.uuids("core"))
            self.core.start(self.core_uuids)
        daemon.start()
        return daemon

    def restart_core(self):
        """kill -9; its operator removes the locks that it left."""
        self.core.stop()
        for name in os.listdir(os.path.join(self.core.dir, "active")):
            os.unlink(os.path.join(self.core.dir, "active", name))
        self.core.start(self.core_uuids)

    # -- policy --------------------------------------------------------------

    def write_policy(self):
        text = POLICY
        for name, sensor in self.sensors.items():
            text = text.replace("@%s@" % name, sensor.uuid)
        text = text.replace("@core@", "" if self.plan.core else "#")
        text = text.replace("@deny@", "#" if self.denying else "")
        text = text.replace("@more@", ", {path: /JA3, op: keep}"
                            if self.repiped else "")

        def written():
            try:
                with open(self.policy + ".new", "w") as f:
                    f.write(text)
            except OSError:  # the disk is full just now
                return False
            os.rename(self.policy + ".new", self.policy)
            return True
        field.wait_for("the policy is written", written)

    def change_policy(self, **what):
        """Writes it, reloads, and waits until wash decides by it."""
        with self.locks["policy"]:
            before = field.wait_for("a policy is loaded", self._policy, 60)
            for name, value in what.items():
                setattr(self, name, value)
            self.write_policy()
            with self.locks["relay"]:
                self.relay.process.send_signal(signal.SIGHUP)
            field.wait_for("the new policy is loaded",
                           lambda: self._policy() not in (None, before), 60)

    def _policy(self):
        status = self.relay_status()
        return status and status.get("policy")

    def relay_status(self):
        """status, or None while it is not up (the killer starts it again)."""
        with self.locks["relay"]:
            return self.relay.status()

    # -- life ----------------------------------------------------------------

    def start(self, daemon):
        """As systemd would: again, when it ends because the disk is full."""
        end = time.monotonic() + 40
        while True:
            try:
                return daemon.start()
            except field.Failed:
                if daemon.alive or not self.mounts or \
                        time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def drained(self, type_=None):
        """Nothing waits in A's queues (of a type), as Redis itself says.

        The relay's status is a look that is some time old.
        """
        want = "d4:{*}:q" if type_ is None else "d4:{%d[:.}]*:q" % type_
        try:
            r = self.a.redis()
            for key in r.scan_iter(want):
                info = r.xinfo_stream(key)
                groups = r.xinfo_groups(key)
                if info["length"] and not groups or any(
                        g["pending"] or
                        g["last-delivered-id"] != info["last-generated-id"]
                        for g in groups):
                    return False
        except (redis.exceptions.RedisError, OSError):
            return False  # it is down just now
        return True

    def settled(self):
        """The lanes, once nothing waits in queue or airlock."""
        if not self.drained():
            return None
        status = self.relay_status()
        if not status or not status["post"] or \
                "airlock" not in status or any(  # wash is away just now
                p["parked"] for p in status["airlock"]["partners"]) or \
                len(status["lanes"]) < len(marked.KINDS) + (
                    len(CORE_KINDS) if self.core else 0):
            return None
        for lane in status["lanes"]:
            gone = sum(lane["withheld"].get(why, 0) for why in (
                "spool.expired", "spool.damaged", "wire.toobig",
                "send.recheck", "spool.gone"))
            if lane["waiting"] or lane["state"] != "idle" or \
                    lane["confirmed"] + lane["maybe_lost"] + gone < \
                    lane["released_records"]:
                return None
        return status

    def dump(self):
        """What hub and relay say of themselves, for who looks at a failure."""
        for name, daemon in (("a", self.a), ("b", self.b),
                             ("relay", self.relay)):
            try:
                status = daemon.status()
            except field.Failed as e:
                status = str(e)
            with open(os.path.join(self.folder, "status-" + name), "w") as f:
                json.dump(status, f, indent=1)

    def heal(self):
        for link in self.links:
            link.heal()

    def stop(self):
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.core:
            self.core.stop()
        for daemon in (self.relay, self.a, self.b):
            try:
                daemon.stop()
            except field.Failed as e:
                print(e)

    def close(self):
        """Nothing of ours is left, whatever went wrong."""
        for link in self.links:
            link.close()
        self.tap.close()
        self.net.close()
        for pid in reversed(field.family(os.getpid())[1:]):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
