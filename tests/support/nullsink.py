"""A partner that costs little: openssl s_server into /dev/null, which answers
close_notify, so that all it got is confirmed. And CPU times of processes."""

import subprocess
import time

from ports import free_port


class NullSink:
    def __init__(self, cert, key, port=0):
        self.cert, self.key, self.port = cert, key, port

    def __enter__(self):
        self.port = self.port or free_port()
        # Its input stays open and empty: what it reads there, it sends.
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % self.port,
             "-quiet", "-cert", self.cert, "-key", self.key],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with open("/proc/net/tcp") as f:
                if ":%04X 00000000:0000 0A" % self.port in f.read():
                    return self
            time.sleep(0.01)
        raise SystemExit("s_server does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def cpu(pid):
    """Seconds that a process was on a CPU."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e9
