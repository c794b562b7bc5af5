"""Who feeds in a run of the torture: numbered records through d4-sensor."""
import fcntl
import os
import random
import signal
import struct
import subprocess
import termios
import threading
import time

import field
import torture_world


class Feeder(threading.Thread):
    """Feeds one kind, part after part, each to a sensor of its own."""

    def __init__(self, world, name):
        super().__init__(daemon=True)
        self.world, self.name = world, name
        self.kind = torture_world.FEEDS[name]
        self.rnd = random.Random("feed %d %s" % (world.plan.seed, name))
        self.error = None
        self.killed = 0
        self.withheld = set()  # numbers that must not arrive

    def run(self):
        try:
            for lo, hi, end in self.world.plan.parts[self.name]:
                if end == "deny":
                    self.deny(lo, hi)
                elif end == "folder":
                    self.folder(lo, hi)
                else:
                    self.part(lo, hi, end)
        except Exception as e:  # told by the main thread
            self.error = e
            raise

    def drained(self):
        field.wait_for("%s is through wash" % self.name,
                       lambda: self.world.drained(self.kind.type), 120)

    def deny(self, lo, hi):
        """What comes in while the policy denies it must never arrive."""
        self.drained()
        self.world.change_policy(denying=True)
        self.withheld = set(range(lo, hi))
        self.part(lo, hi, "eof")
        self.drained()
        self.world.change_policy(denying=False)

    def part(self, lo, hi, end):
        plan, sensor = self.world.plan, self.world.sensors[self.name]
        read, write = os.pipe()
        p = self.sensor(read)
        os.close(read) if end == "eof" else None
        try:
            self.write(write, lo, hi, plan)
            if end == "term":
                field.wait_for("%s: all is read" % self.name,
                               lambda: unread(read) == 0 or
                               p.poll() is not None, 120)
                p.terminate()
                os.close(read)
        except BrokenPipeError:
            pass  # its exit status says why
        finally:
            os.close(write)
        try:
            code = p.wait(180)
        except subprocess.TimeoutExpired:
            raise field.Failed("d4-sensor %s does not end" % self.name)
        lost = counts(sensor)
        if code != 0 and (not lost["maybe_lost"] or lost["unconfirmed"] or
                          lost["lost_at_source"]):
            raise field.Failed("d4-sensor %s: exit %d, %s" % (
                self.name, code, lost))

    def sensor(self, stdin, *more):
        plan = self.world.plan
        p = self.world.sensors[self.name].start(stdin=stdin, options=(
            "--wait", "120s", "--rotate-age", plan.sensor_age,
            "--rotate-idle", "300ms", "--retry", "1s", *more))
        self.world.running[self.name] = p
        return p

    # -- a folder ------------------------------------------------------------

    def folder(self, lo, hi):
        """Files in a folder; each is deleted when it is settled."""
        plan, sensor = self.world.plan, self.world.sensors[self.name]
        inbox = os.path.join(sensor.folder, "inbox")
        os.mkdir(inbox)
        for name, value in (("source", "folder"), ("folder", inbox),
                            ("after", "delete")):
            sensor.set(name, value)
        self.alive()
        i = lo
        while i < hi:
            more = min(self.rnd.choice((1, 20, 100, 300)), hi - i)
            path = os.path.join(inbox, ".%09d" % i)
            with open(path, "wb") as f:
                f.write(self.kind.opening + b"".join(
                    self.kind.make(i + k) for k in range(more)))
            os.rename(path, os.path.join(inbox, "%09d" % i))
            i += more
            time.sleep(plan.seconds * more / plan.records)
            self.alive()
        field.wait_for("%s: the folder is read" % self.name,
                       lambda: self.alive() and not os.listdir(inbox), 180)
        end = time.monotonic() + 180
        while True:
            p = self.alive()
            p.terminate()
            code = p.wait(max(end - time.monotonic(), 1))
            # Killed, or told to end before it had begun.
            if code not in (-signal.SIGKILL, -signal.SIGTERM):
                break
        lost = counts(sensor)
        if code != 0 and (not lost["maybe_lost"] or lost["unconfirmed"] or
                          lost["lost_at_source"]):
            raise field.Failed("d4-sensor %s: exit %d, %s" % (
                self.name, code, lost))

    def alive(self):
        """The sensor, started again if it was killed."""
        p = self.world.running.get(self.name)
        code = p.poll() if p else -signal.SIGKILL
        if code is None:
            return p
        if code not in (-signal.SIGKILL, -signal.SIGTERM):
            raise field.Failed("d4-sensor %s: exit %d" % (self.name, code))
        self.killed += p is not None
        return self.sensor(subprocess.DEVNULL, *(
            ["--json-files"] if self.kind.ext else []))

    # -- standard input --------------------------------------------------------

    def write(self, pipe, lo, hi, plan):
        """Records in pieces of random size, over the run's seconds."""
        with os.fdopen(os.dup(pipe), "wb", buffering=0) as f:
            f.write(self.kind.opening)
            i = lo
            while i < hi:
                more = min(self.rnd.choice((1, 7, 50, 200)), hi - i)
                data = b"".join(self.kind.make(i + k) for k in range(more))
                cut = self.rnd.randrange(len(data))
                for piece in (data[:cut], data[cut:]):
                    while piece:
                        piece = piece[f.write(piece):]
                i += more
                time.sleep(plan.seconds * more / plan.records)


def unread(fd):
    """Bytes that wait in a pipe."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]


def counts(sensor):
    """The numbers of the last line of a sensor's log."""
    with open(os.path.join(sensor.folder, "log"), errors="replace") as f:
        lines = [x for x in f if " end records=" in x]
    if not lines:
        raise field.Failed("d4-sensor in %s says no counts" % sensor.folder)
    return {k: int(v) for k, v in (
        word.split("=") for word in lines[-1].split() if "=" in word)
        if v.isdigit()}
