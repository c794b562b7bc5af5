"""d4-hub archive beside a hub of tests/support/hub.py."""

import glob
import gzip
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hub import DEADLINE  # noqa: E402
from hub_command import Command  # noqa: E402

NAME = re.compile(r"([0-9a-f]{32})/(\d+)/(\d{4})/(\d\d)/(\d\d)/"
                  r"(?:([A-Za-z0-9._-]+)/)?\1-\3-\4-\5-\d{6}"
                  r"(\.[a-z.]+?)(?:\.\d+)?(\.gz|\.zst)")


class Archive(Command):
    def __init__(self, hub, **options):
        super().__init__(hub, "archive")
        self.dir = os.path.join(hub.dir, "archive")
        self.options(**options)

    def options(self, **options):
        options = dict({"dir": self.dir, "reserve": "0B"}, **options)
        self.hub.options(archive="{%s}" % ", ".join(
            "%s: %s" % one for one in options.items()))

    def drain(self, *args):
        """All that is in the queues, and every file finished."""
        with open(self.log_path, "a") as log:
            done = subprocess.run(self.command("--drain", *args), stdout=log,
                                  stderr=log, timeout=DEADLINE)
        assert done.returncode == 0, self.log()

    def kill(self):
        """Both of its processes, at any moment."""
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process = None

    def __enter__(self):
        return self

    # ---- its files ----

    def paths(self, uuid="*", kind="*"):
        """What a reader would see, oldest first; meta headers are not in it."""
        out = []
        for path in glob.glob(os.path.join(self.dir, uuid.replace("-", ""),
                                           str(kind), "**"), recursive=True):
            if path.endswith((".gz", ".zst")):
                out.append(path)
        return sorted(out)

    def read(self, uuid="*", kind="*"):
        return [unpack(p) for p in self.paths(uuid, kind)]

    def parts(self):
        return sorted(p for p in glob.glob(
            os.path.join(self.dir, ".d4-archive", "*"))
            if os.path.basename(p) != "seen")

    def account(self, event=None):
        return self.hub.account(event, "d4-hub-archive")


def unpack(path):
    """A whole file, or an error: nothing is cut off."""
    if path.endswith(".gz"):
        with gzip.open(path) as f:
            return f.read()
    return subprocess.run(["zstd", "-dcq", path], check=True,
                          capture_output=True).stdout
