"""d4-hub watch beside a hub of tests/support/hub.py."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jsonl  # noqa: E402
from hub import until  # noqa: E402
from hub_command import Command  # noqa: E402

WRITER = "/usr/bin/dd"


class Watch(Command):
    """Its command appends each event to a file, as whoever it runs as."""

    def __init__(self, hub, **options):
        super().__init__(hub, "watch")
        self.told = os.path.join(hub.dir, "told")
        os.chmod(hub.dir, 0o711)
        with open(self.told, "w"):
            os.chmod(self.told, 0o666)
        options = dict({
            "every": "200ms", "rate": "6000", "silent": "0s", "skew": "0s",
            "cert": "0s", "command": "[%s, of=%s, oflag=append, conv=notrunc,"
            " status=none]" % (WRITER, self.told)}, **options)
        hub.options(events="{%s}" % ", ".join(
            "%s: %s" % one for one in options.items()))

    def __enter__(self):
        return self.start()

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
        return [e["state"] for e in jsonl.rows(self.told)
                if e["event"] == event]
