#!/usr/bin/python3
"""A worker that hangs is noticed, told, and in the end killed and started
again, with an account (ADR 0059)."""

import json
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, until  # noqa: E402
from workers import opened, pids, ready  # noqa: E402


def crew(hub):
    """What the status says of its workers; {}: nobody answers."""
    done = hub.run("status", "-c", hub.conf, "--json", check=False)
    return json.loads(done.stdout)["crew"] if done.returncode == 0 else {}


class Hang(unittest.TestCase):
    def test_it_is_told_then_killed_and_started_again(self):
        with Hub(workers="2", hang="2s", hang_kill="0s",
                 ext="{a: lines}") as hub:
            ready(hub.start())
            s = hub.enroll("--type", "254.a")
            self.assertEqual(crew(hub)["died"], 0)
            tls, place = opened(hub, s, s.frame(2, b'{"type":"a"}'))
            one, mark = pids(hub)[1], hub.log_size()
            os.kill(one, signal.SIGSTOP)
            until("it is told", lambda: "alarm=worker.hung pid=%d place=1" %
                  one in hub.log(mark))
            until("the status tells", lambda: (1, one) in [
                (h["place"], h["pid"]) for h in crew(hub).get("hung", [])])
            # It answers again.
            os.kill(one, signal.SIGCONT)
            until("it is over", lambda: "worker pid=%d answers again" % one
                  in hub.log(mark) and crew(hub).get("hung") == [])
            # The first one, which has the control socket, is not better off.
            zero, mark = pids(hub)[0], hub.log_size()
            os.kill(zero, signal.SIGSTOP)
            until("it is told", lambda: "alarm=worker.hung pid=%d place=0" %
                  zero in hub.log(mark))
            hub.options(hang_kill="2s")
            hub.signal(signal.SIGHUP)
            until("it is killed, and another one is there", lambda:
                  "worker died pid=%d place=0" % zero in hub.log(mark) and
                  pids(hub)[0] != zero)
            self.assertRegex(hub.log(mark), "silent_ms=[0-9]+ killed")
            got = until("its account", lambda: [
                r for r in hub.account("worker.died") if r["pid"] == zero])[0]
            self.assertRegex(got["why"], "no answer for [0-9]+ s")
            self.assertEqual(got["place"], 0)
            self.assertGreaterEqual(got["sessions"], int(place == 0))
            until("the status tells", lambda: crew(hub).get("died", 0) >= 1)
            self.assertIn("why", crew(hub)["last"])
            until("it works", lambda: hub.send(
                [s.frame(2, b'{"type":"a"}')]) is not None)
            tls.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
