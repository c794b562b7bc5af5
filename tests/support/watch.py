"""d4-hub watch beside a hub of tests/support/hub.py."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hub import DEADLINE, PROGRAM, until  # noqa: E402

WRITER = "/usr/bin/dd"


class Watch:
    """Its command appends each event to a file, as whoever it runs as."""

    def __init__(self, hub, **options):
        self.hub = hub
        self.log_path = os.path.join(hub.dir, "watch.log")
        self.told = os.path.join(hub.dir, "told")
        os.chmod(hub.dir, 0o711)
        with open(self.told, "w"):
            os.chmod(self.told, 0o666)
        self.process = None
        options = dict({
            "every": "200ms", "rate": "6000", "silent": "0s", "skew": "0s",
            "cert": "0s", "command": "[%s, of=%s, oflag=append, conv=notrunc,"
            " status=none]" % (WRITER, self.told)}, **options)
        hub.options(events="{%s}" % ", ".join(
            "%s: %s" % one for one in options.items()))

    def start(self):
        mark = len(self.log())
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "watch", "-c", self.hub.conf], stdout=log,
                stderr=log)
        until("the watch is ready", lambda: "watch ready" in
              self.log()[mark:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        return self

    def stop(self):
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.process = None
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        for word in ("Sanitizer:", "runtime error:", "Assertion"):
            assert word not in self.log(), self.log()[-4000:]

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def children(self):
        pid = self.process.pid
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(x) for x in f.read().split()]

    def raised(self, event, subject=None):
        """The event in what `ctl events` lists, or None."""
        for e in self.hub.ctl("events")["events"]:
            if e["event"] == event and subject in (None, e["subject"]):
                return e
        return None

    def wait(self, event, subject=None, there=True):
        return until("%s is %s" % (event, "raised" if there else "cleared"),
                     lambda: (self.raised(event, subject) is not None) ==
                     there and (self.raised(event, subject) or True))

    def commands(self, event):
        """States that the command was told of an event, in turn."""
        with open(self.told) as f:
            text = f.read()
        got = [json.loads(x)
               for x in text[:text.rfind("\n") + 1].splitlines()]
        return [e["state"] for e in got if e["event"] == event]
