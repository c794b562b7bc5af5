#!/usr/bin/python3
"""Whatever d4-hub does not take stands in its account, once."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, until  # noqa: E402


class Account(unittest.TestCase):
    def told(self, hub, event, **want):
        def found():
            got = [t for t in hub.account(event)
                   if all(t.get(k) == v for k, v in want.items())]
            return [got] if got else []
        return until("%s %s" % (event, want), found)[0]

    def test_what_is_not_taken_is_told_with_reason_and_amount(self):
        with Hub() as hub:
            hub.start()
            s, cap = hub.enroll("--type", "8"), hub.enroll("--type", "1")
            long = b"x" * ((1 << 20) + 10) + b"\n"
            frames = [s.frame(8, b"good|\n")]
            frames += [s.frame(8, long[i:i + 500000])
                       for i in range(0, len(long), 500000)]
            frames += [s.frame(8, b"half a line")]
            hub.send(frames)
            (one,) = self.told(hub, "line.toolong", sensor=s.uuid, records=1)
            self.assertGreater(one["bytes"], 1 << 20)
            self.assertEqual(one["type"], 8)
            self.told(hub, "eof_partial", sensor=s.uuid, records=1, bytes=11)
            hub.send([cap.frame(1, b"this is no capture file at all")])
            self.told(hub, "pcap.magic", sensor=cap.uuid)
            # A frame that never ends.
            had = hub.status()["records"]["forward"]
            tls = hub.connect()
            tls.sendall(s.frame(8, b"whole|\n") +
                        s.frame(8, b"y" * 100)[:120])
            until("it is taken", lambda:
                  hub.status()["records"]["forward"] > had)
            tls.close()
            self.told(hub, "eof_partial", sensor=s.uuid, bytes=120)
            # Nobody known: by reason only.
            bad = bytearray(s.frame(8, b"forged|\n"))
            bad[30] ^= 1
            hub.send([bytes(bad)])
            (one,) = self.told(hub, "hmac", refused=1)
            self.assertNotIn("sensor", one)
            self.assertEqual(
                sum(t["records"] for t in hub.account()),
                sum(hub.status()["records"]["drop"].values()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
