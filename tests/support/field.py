"""A field of organisations on this machine, run with the real programs.

Hub, Relay and sensor(): each is one process (tree) in a folder of its own on
loopback ports, started as an operator would, killed by its pid only.
Used by the demo, the loss tests and the integration tests.
"""
import os
import shutil
import signal
import socket
import subprocess
import time

import redis  # Debian's python3-redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BIN = os.environ.get("D4_BIN", os.path.join(ROOT, "build", "bin"))


class Failed(Exception):
    """What the field claims does not hold."""


def program(name):
    return os.path.join(BIN, name)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


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
