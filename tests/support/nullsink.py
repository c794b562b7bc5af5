"""A partner that costs little: a TLS server into /dev/null, which answers
close_notify, so that all it got is confirmed. And CPU times of processes."""

import os
import re
import subprocess
import time

from ports import free_port


class NullSink:
    """openssl s_server, which knows nothing of us."""

    def __init__(self, cert, key, port=0):
        self.cert, self.key, self.port = cert, key, port

    def __enter__(self):
        self.port = self.port or free_port()
        # Its input stays open and empty: what it reads there, it sends.
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with open("/proc/net/tcp") as f:
                if ":%04X 00000000:0000 0A" % self.port in f.read():
                    return self
            time.sleep(0.01)
        raise SystemExit("%s does not listen" % self.command()[0])

    def command(self):
        return ["openssl", "s_server", "-accept", "127.0.0.1:%d" % self.port,
                "-quiet", "-cert", self.cert, "-key", self.key]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def written(self):
        """Bytes that came out of TLS so far."""
        with open("/proc/%d/io" % self.process.pid) as f:
            return int(re.search(r"wchar: (\d+)", f.read()).group(1))


class TlsSink(NullSink):
    """tests/bench/tls_sink: half of what s_server costs."""

    def command(self):
        return [os.path.join(os.path.dirname(os.environ["D4_BIN"]), "tests",
                             "tls_sink"), str(self.port), self.cert, self.key]


def cpu(pid):
    """Seconds that a process, all its threads, was on a CPU."""
    tasks, used = "/proc/%d/task" % pid, 0
    for task in os.listdir(tasks):
        with open(os.path.join(tasks, task, "schedstat")) as f:
            used += int(f.read().split()[0])
    return used / 1e9
