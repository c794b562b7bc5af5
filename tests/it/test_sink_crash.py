#!/usr/bin/env python3
"""A data set whose writer is killed: whole files, and every record once."""

import os
import unittest

import test_sink_files as files
from post_case import LANE, until

OTHER, SECOND = files.OTHER, files.SECOND


class Crash(files.FilesCase):
    def test_a_crash_at_any_step_leaves_whole_files_and_every_record_once(
            self):
        for step in range(1, 200):
            self.home = os.path.join(self.top, "crash%d" % step)
            os.makedirs(os.path.join(self.home, "spool"))
            self.www = os.path.join(self.home, "www")
            self.fill_set(entries=5, records=10)
            self.fill_set(OTHER, type=1, entries=5, records=10, size=100,
                          first=100, uuid=SECOND)
            self.release_set(LANE, OTHER)
            p = self.sink(die=step)
            until(lambda: p.proc.poll() is not None or
                  self.sent(p) == 100)
            if p.proc.poll() is None:
                p.proc.communicate(b"d")
            died = p.proc.returncode == -9
            p.err.close()
            back = self.sink()
            back.drain_when(self, 100)
            self.assertEqual(sorted(self.check()),
                             list(range(50)) + list(range(100, 150)),
                             "step %d" % step)
            self.assertEqual(self.accounted(), {})
            if not died:
                break
        self.assertGreater(step, 20)

    @staticmethod
    def sent(p):
        try:
            return sum(x["sent"] for y in p.status()["partners"]
                       for x in y["lanes"])
        except (OSError, ValueError):  # it died
            return -1

    def test_kills_at_any_time_lose_and_repeat_nothing(self):
        self.fill_set(entries=2000, records=10, size=300)
        self.release_set()
        for _ in range(5):
            p = self.sink(rotate_us=1000000, rate=6000000)
            before = len(self.manifest_or_none())
            until(lambda: len(self.manifest_or_none()) > before or
                  sum(f["records"] for f in self.manifest_or_none()) == 20000)
            p.kill()
        self.sink().drain_when(self, 20000)
        self.assertEqual(self.check(), list(range(20000)))

    def manifest_or_none(self):
        try:
            return self.manifest()["files"]
        except (OSError, ValueError):
            return []


if __name__ == "__main__":
    unittest.main(verbosity=2)
