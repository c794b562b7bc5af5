"""What goes wrong in a run of the torture."""
import collections
import json
import os
import random
import signal
import struct
import subprocess
import threading
import time

import field
import torture_segments
import torture_world


def pids(world, what):
    """The processes behind a name of the plan."""
    hub = world.b if what.endswith(" of B") else world.a
    name = what[:-5] if what.endswith(" of B") else what
    if name == "redis":
        return torture_world.mine(hub.state, "redis-server")
    if name == "sensor":
        return [p.pid for p in world.running.values() if p.poll() is None]
    if name == "sensor of a folder":
        return [world.running[kind].pid for kind in world.plan.folders
                if kind in world.running and
                world.running[kind].poll() is None]
    father = hub.process if name.startswith("hub") else world.relay.process
    comm = {"hub[worker]": "d4-hub[worker]", "wash": "d4-relay[wash]",
            "post": "d4-relay[post]"}[name]
    return [pid for pid in field.children(father.pid)
            if field.comm(pid) == comm]


class Chaos:
    """Runs a plan's timeline. done: how often what was done."""

    def __init__(self, world):
        self.world = world
        self.rnd = random.Random("chaos %d" % world.plan.seed)
        self.done = collections.Counter()
        self.hit = []  # when something was done to post or its supervisor
        self.flips = []
        self.frozen = []  # (from, to): nothing may leave
        self.timers = []
        self.begun = time.monotonic()

    def run(self):
        for event in self.world.plan.events:
            delay = self.begun + event.at - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            verb, _, whom = event.what.partition(" ")
            if whom.startswith(("post", "relay")) or verb == "repipe":
                self.hit.append(time.monotonic())
            work = {"kill": self.kill, "term": self.term,
                    "reload": self.reload, "stall": self.stall,
                    "sever": self.sever, "fill": self.fill,
                    "flip": self.flip, "repipe": self.repipe,
                    "hasty": self.hasty, "stab": self.stab, "freeze": self.freeze}.get(verb)
            if work is None:
                self.away(verb, event.amount)
                self.done[event.what] += 1
            elif work(whom, event.amount):
                self.done[event.what] += 1

    def finish(self):
        """Everything that lasts is over now."""
        for timer in self.timers:
            timer.join()
        self.world.heal()

    def later(self, seconds, fn, *args):
        timer = threading.Timer(seconds, fn, args)
        timer.start()
        self.timers.append(timer)

    # -- one function a verb ---------------------------------------------------

    def kill(self, whom, _):
        world = self.world
        if whom in world.names:
            with world.locks[whom]:
                world.names[whom].kill()
                world.start(world.names[whom])
            return True
        if whom == "core":
            world.restart_core()
            return True
        if whom == "relay[supervisor]":
            with world.locks["relay"]:
                world.relay.process.kill()
                world.relay.process.wait()
                world.start(world.relay)
            return True
        if whom == "sensor":
            found = pids(world, "sensor of a folder")
            return bool(found) and self._signal(
                [self.rnd.choice(found)], signal.SIGKILL)
        return self._signal(pids(world, whom), signal.SIGKILL)

    def stab(self, whom, seconds):
        """Stopped, and killed while its peers wait for it.

        So what it has begun and not noted is as much as can be.
        """
        found = pids(self.world, whom)
        self._signal(found, signal.SIGSTOP)
        time.sleep(seconds / 4)
        return self._signal(found, signal.SIGKILL)

    def hasty(self, whom, seconds):
        """Killed, and once more while it starts."""
        with self.world.locks[whom]:
            daemon = self.world.names[whom]
            daemon.kill()
            field.Daemon.start(daemon)
            time.sleep(seconds / 10)
            daemon.kill()
            self.world.start(daemon)
        return True

    def freeze(self, _, seconds):
        """From its answer to the thaw no session may bring a byte."""
        relay = self.world.relay
        words = [field.program("d4-relay"), "-c", relay.conf]
        p = subprocess.run(words + ["freeze", "beta", "--because", "torture"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, timeout=60, check=False)
        begun = time.monotonic()
        if not os.path.exists(os.path.join(relay.dir, "freeze", "beta")):
            if self.world.mounts and p.returncode != 0:
                return False  # no room on the disk, and it said so
            raise field.Failed("freeze: exit %d, %s" % (p.returncode,
                                                        p.stdout))
        # When the relay was not there to say it, it takes a second.
        self.later(seconds, self.thaw, words,
                   begun + (0.5 if p.returncode == 0 else 2))
        return True

    def thaw(self, words, begun):
        self.frozen.append((begun, time.monotonic()))
        field.wait_for("it is thawed", lambda: subprocess.run(
            words + ["thaw", "beta"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False).returncode == 0, 60)

    def _signal(self, whom, sig):
        for pid in whom:
            try:
                os.kill(pid, sig)
            except OSError:
                pass
        return bool(whom)

    def term(self, whom, _):
        with self.world.locks[whom]:
            daemon = self.world.names[whom]
            code = daemon.stop(60)
            self.world.start(daemon)
        if code != 0:
            raise field.Failed("%s: exit %s after SIGTERM" % (whom, code))
        return True

    def reload(self, whom, _):
        with self.world.locks[whom]:
            self.world.names[whom].process.send_signal(signal.SIGHUP)
        return True

    def stall(self, whom, seconds):
        found = pids(self.world, whom)
        if whom == "sensor":
            found = [self.rnd.choice(found)] if found else []
        self._signal(found, signal.SIGSTOP)
        self.later(seconds, self._signal, found, signal.SIGCONT)
        return bool(found)

    def sever(self, whom, _):
        for link in self.world.links:
            if link.name == whom:
                link.sever(self.rnd.random() < 0.5)
        return True

    def away(self, whom, seconds):
        self.world.links[{"partner": 2, "hub": 0}[whom]].down(seconds)

    def fill(self, whom, seconds):
        """No byte is left on the disk for a while."""
        folder = (self.world.b if whom == "hub of B" else
                  self.world.a).state.rsplit("/", 1)[0]
        if folder not in self.world.mounts:
            return False
        ballast = os.path.join(folder, "ballast")

        def pour():
            try:
                with open(ballast, "ab", buffering=0) as f:
                    while True:
                        f.write(bytes(1 << 20))
            except OSError:
                pass
            try:
                with open(ballast, "ab", buffering=0) as f:
                    while f.write(bytes(4096)):
                        pass
            except OSError:
                pass
        pour()
        self.later(seconds, os.unlink, ballast)
        return True

    def repipe(self, _what, _):
        self.world.change_policy(repiped=not self.world.repiped)
        return True

    def flip(self, what, _):
        """One bit of an entry in the airlock that was not sent yet."""
        stopped = pids(self.world, "post")
        self._signal(stopped, signal.SIGSTOP)
        try:
            before = [(head["id"], e["at"]) for head, e in self.flips]
            found = [x for x in self._unsent(what == "a tail")
                     if (x[1]["id"], x[2]["at"]) not in before]
            if not found:
                return False
            path, lane, entry = self.rnd.choice(found)
            at = entry["at"] + self.rnd.randrange(
                8 + struct.unpack("<I", entry["raw"][:4])[0])
            bit = 1 << self.rnd.randrange(8)
            with open(path, "r+b") as f:
                f.seek(at)
                byte = f.read(1)[0]
                f.seek(at)
                f.write(bytes([byte ^ bit]))
            self.flips.append((lane, entry))
        finally:
            self._signal(stopped, signal.SIGCONT)
        return True

    def _unsent(self, tail):
        """(path, lane's header, entry) of what post has not sent.

        tail: the last ones only; else not those.
        """
        world = self.world
        base = os.path.join(world.relay.spool, "beta")
        if not os.path.isdir(base):
            return
        for lane in sorted(os.listdir(base)):
            sent = 0
            try:
                with open(os.path.join(world.relay.dir, "post", "beta",
                                       lane + ".cursor")) as f:
                    sent = json.load(f)["sent"]
            except OSError:
                pass
            folder = os.path.join(base, lane)
            names = sorted(n for n in os.listdir(folder)
                           if n.endswith(".seg")) if os.path.isdir(
                               folder) else []
            for name in names:
                path = os.path.join(folder, name)
                found = list(torture_segments.entries(path))
                for head, entry in found[-1:] if tail else found[:-1]:
                    if entry["seq"] > sent and entry["flags"] == 0:
                        yield path, head, entry
