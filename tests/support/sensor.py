"""d4-sensor as a process for tests: configuration, run, counts."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wait import DEADLINE, until  # noqa: E402

KEY = "Test_key-1"
STARTED = []
T = tempfile.mkdtemp(prefix="d4-sensor-")


def program():
    return os.path.join(os.environ["D4_BIN"], "d4-sensor")


class Sensor:
    """A configuration directory, and a run of the sensor with it.

    files: name -> content, over the usual ones; None leaves a file out.
    """

    def __init__(self, **files):
        self.uuid = str(uuid.uuid4())
        self.dir = os.path.join(T, "conf-" + self.uuid[:8])
        os.mkdir(self.dir, 0o700)
        usual = {"key": KEY, "uuid": self.uuid, "type": "8"}
        for name, content in {**usual, **files}.items():
            name = {"metaheader": "metaheader.json",
                    "rootCA": "rootCA.crt"}.get(name, name)
            if content is not None:
                path = os.path.join(self.dir, name)
                with open(path, "w") as f:
                    f.write(content + "\n")
                os.chmod(path, 0o600)

    def command(self, *options):
        return [program(), "-c", self.dir, *options]

    def run(self, data, *options, deadline=DEADLINE):
        """All of data on stdin; returns the exit status."""
        p = subprocess.run(self.command(*options), input=data,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=deadline)
        self.stdout, self.log = p.stdout, p.stderr.decode()
        return p.returncode

    def start(self, *options):
        """Runs in the background with a pipe for stdin."""
        self.errors = open(self.dir + ".log", "w+")
        self.process = subprocess.Popen(
            self.command(*options), stdin=subprocess.PIPE,
            stderr=self.errors)
        STARTED.append(self.process)
        return self.process.stdin

    def wait(self):
        status = self.process.wait(DEADLINE)
        self.errors.seek(0)
        self.log = self.errors.read()
        self.errors.close()
        return status

    def counts(self):
        """The numbers of the last line."""
        line = [x for x in self.log.splitlines() if ": end " in x][-1]
        return {k: int(v) for k, v in re.findall(r"([\w.]+)=(\d+)", line)}


def stop_all():
    for p in STARTED:
        if p.poll() is None:
            p.send_signal(signal.SIGKILL)
            p.wait()


# ---- data -----------------------------------------------------------------


def numbered(n, size=100):
    return [(b"%d " % i).ljust(size - 1, b"x") + b"\n" for i in range(n)]


def pcap(n, size=200):
    head = bytes.fromhex("d4c3b2a1020004000000000000000000") + \
        (262144).to_bytes(4, "little") + (1).to_bytes(4, "little")
    one = size.to_bytes(4, "little")
    return [head] + [i.to_bytes(4, "little") + bytes(4) + one + one +
                     (b"%d" % i).ljust(size, b"p") for i in range(n)]


def payload(frames):
    return b"".join(f.payload for f in frames)


# ---- running --------------------------------------------------------------


def run_all(module):
    """Every function of the module that takes nothing, or those named."""
    want = sys.argv[1:]
    try:
        for name, test in list(vars(module).items()):
            if not callable(test) or not hasattr(test, "__code__") or \
                    test.__module__ != module.__name__ or \
                    test.__code__.co_argcount or test.__name__[0] == "_":
                continue
            if not want or name in want:
                print(name.replace("_", " "), flush=True)
                test()
    finally:
        stop_all()
        shutil.rmtree(T)


def status(s):
    """What SIGUSR1 makes it say; before it is ready it would end it."""
    until("it is ready", lambda: ": ready " in open(s.dir + ".log").read())

    def lines():
        with open(s.dir + ".log") as f:
            return [x for x in f if ": status " in x]
    before = len(lines())
    s.process.send_signal(signal.SIGUSR1)
    until("it answers", lambda: len(lines()) > before)
    words = [w.split("=") for w in lines()[-1].split() if "=" in w]
    return {k: int(v) for k, v in words if v.isdigit()}
