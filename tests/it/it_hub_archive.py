#!/usr/bin/python3
"""d4-hub archive: files of what a hub received."""

import gzip
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

SOURCE = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import d4  # noqa: E402
import packets  # noqa: E402
import records  # noqa: E402
from archive import NAME, Archive, unpack  # noqa: E402
from hub import Hub, Load, until  # noqa: E402

TODAY = time.strftime("%Y/%m/%d", time.gmtime())


def capture(link, n):
    return packets.pcap(link, [packets.eth(0x800, packets.ip4(
        "192.0.2.1", "192.0.2.2", 17, packets.udp(
            "192.0.2.1", "192.0.2.2", b"%d" % i))) for i in range(n)])


def section():
    data = records.section("<", (4, b"a test"), length=99)
    data += records.interface("<", 1, (2, b"eth0"))
    for i in range(5):
        data += records.enhanced("<", 0, b"x" * 60, 1700000000 + i)
    return data


def flows():
    return b"".join([
        records.message(1, 0, records.ipfix_set(2, records.template(256))),
        records.message(1, 0, records.ipfix_set(
            256, *[records.flow(i) for i in range(5)]))])


class Files(unittest.TestCase):
    """Every type, twice from one sensor: one file that is complete."""

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="[ja3-jl]").start()
        cls.archive = Archive(cls.hub)

    @classmethod
    def tearDownClass(cls):
        cls.hub.close()

    def send(self, kind, data, times=2):
        s = self.hub.enroll("--type", str(kind))
        for _ in range(times):
            self.assertEqual(self.hub.send([s.frame(kind, data)]),
                             "confirmed")
        self.archive.drain()
        return s

    def one(self, s, kind, end):
        paths = self.archive.paths(s.uuid, kind)
        # A file ends at midnight and every 300 s, whenever this is run.
        self.assertIn(len(paths), (1, 2))
        for path in paths:
            found = NAME.fullmatch(os.path.relpath(path, self.archive.dir))
            self.assertTrue(found, path)
            self.assertEqual(found.group(7), end)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        return paths

    def test_lines_of_each_type(self):
        for kind, data, end in (
                (3, b"<13>a line\n<13>another\n", ".syslog.txt"),
                (6, b'{"a":1}\n{"b":[2]}\n', ".jsonl"),
                (8, b"1||a||IN||b||A||c||3||1\n", ".passivedns.txt")):
            s = self.send(kind, data)
            paths = self.one(s, kind, end)
            self.assertEqual(b"".join(unpack(p) for p in paths), 2 * data)

    def test_a_capture_has_one_header_and_tshark_reads_it(self):
        for kind, end in ((1, ".cap"), (4, ".dnscap.cap")):
            s = self.send(kind, capture(1, 7))
            n = 0
            for path in self.one(s, kind, end):
                data = unpack(path)
                self.assertEqual(data[:4], b"\xd4\xc3\xb2\xa1")
                n += len(packets.unpcap(data)[1])
                self.tshark(path)
            self.assertEqual(n, 14)

    def test_another_link_type_is_another_file(self):
        s = self.hub.enroll("--type", "1")
        for link in (1, 101, 1):
            self.assertEqual(self.hub.send([s.frame(1, capture(link, 3))]),
                             "confirmed")
        self.archive.drain()
        got = [unpack(p) for p in self.archive.paths(s.uuid, 1)]
        self.assertEqual(sorted(x[20] for x in got), [1, 1, 101])

    def test_sections_and_templates(self):
        for kind, data, end, second in (
                (5, section(), ".pcapng", records.pcapng),
                (7, flows(), ".ipfix", records.ipfix)):
            s = self.send(kind, data)
            got = b"".join(unpack(p) for p in self.one(s, kind, end))
            want = 2 * list(second(data))
            self.assertEqual(list(second(got)), want)
            for path in self.archive.paths(s.uuid, kind):
                self.tshark(path)

    def test_the_meta_header_is_beside(self):
        s = self.hub.enroll("--type", "254.ja3-jl")
        metas = [b'{"type":"ja3-jl","v":%d}' % i for i in range(2)]
        for meta in metas:
            self.assertEqual(self.hub.send([
                s.frame(2, meta), s.frame(254, b'{"j":"' + meta[-2:-1] +
                                          b'"}\n')]), "confirmed")
        self.archive.drain()
        paths = self.archive.paths(s.uuid, 254)
        self.assertEqual(len(paths), 2)
        for path in paths:
            self.assertIn("/ja3-jl/", path)
            self.assertRegex(path, r"-[0-9]{6}(z001)?\.txt\.gz$")
            with open(path[:path.index(".txt")] + ".json", "rb") as f:
                self.assertIn(f.read(), metas)

    def test_what_is_on_the_hubs_disk_is_archived_too(self):
        with Hub(queue="1MiB") as hub:
            hub.start()
            archive = Archive(hub, pack="zstd")
            s = hub.enroll("--type", "8")
            n = 0
            while not hub.segments():
                self.assertEqual(hub.send([s.frame(8, b"".join(
                    b"%d|%s\n" % (n + i, b"x" * 1000)
                    for i in range(500)))]), "confirmed")
                n += 500
            archive.drain()
            lines = b"".join(archive.read(s.uuid)).splitlines()
            self.assertEqual([int(x.split(b"|")[0]) for x in lines],
                             list(range(n)))
            self.assertTrue(archive.paths()[0].endswith(".zst"))

    def tshark(self, path):
        if shutil.which("tshark") is None:
            self.skipTest("no tshark")
        subprocess.run(["tshark", "-r", path], check=True,
                       capture_output=True, timeout=120)


class Life(unittest.TestCase):
    def test_nothing_is_missing_or_double_after_kills(self):
        with Hub(queue="1GiB") as hub, Archive(hub, every="1s") as archive:
            hub.start()
            load = Load(hub, hub.enroll("--type", "8"))
            load.start()
            halt, broken = threading.Event(), []

            def reader():
                """Whoever looks sees whole files only."""
                while not halt.is_set():
                    for path in archive.paths():
                        try:
                            unpack(path)
                        except (OSError, EOFError) as e:
                            broken.append((path, e))
                    halt.wait(0.05)

            looks = threading.Thread(target=reader, daemon=True)
            looks.start()
            for _ in range(3):
                archive.start()
                n, files = len(load.confirmed), len(archive.paths())
                until("more is archived", lambda: len(load.confirmed) > n +
                      1000 and len(archive.paths()) > files)
                archive.kill()
            load.end()
            archive.drain()
            halt.set()
            looks.join()
            self.assertEqual(broken, [])
            got = [int(x.split(b"|")[0])
                   for x in b"".join(archive.read()).splitlines()]
            self.assertEqual(len(got), len(set(got)))
            self.assertTrue(set(load.confirmed) <= set(got))
            self.assertEqual(archive.parts(), [])

    def test_what_comes_again_is_archived_once_over_a_restart(self):
        """As after an XADD that the hub did again: the first one's file is
        finished, and its part is gone."""
        with Hub() as hub:
            hub.start()
            archive = Archive(hub)
            s = hub.enroll("--type", "8")
            self.assertEqual(hub.send([s.frame(8, b"a\nb\n")]), "confirmed")
            entries = hub.entries_raw(8)
            archive.drain()
            r = hub.redis()
            for fields in entries:
                r.xadd("d4:{8:0}:q", fields)
            self.assertEqual(hub.send([s.frame(8, b"c\n")]), "confirmed")
            archive.drain()
            self.assertEqual(sorted(b"".join(archive.read(s.uuid))),
                             sorted(b"a\nb\nc\n"))
            (told,) = hub.ctl("archives")["archives"]
            self.assertEqual(told["duplicates"], len(entries))
            # What is damaged is said, and no reason to stop.
            with open(os.path.join(archive.dir, ".d4-archive/seen"), "r+b") \
                    as f:
                f.write(b"?")
            archive.drain()
            self.assertEqual([a["part"] for a in
                              archive.account("archive.damaged")], ["seen"])

    def test_redis_goes_and_comes(self):
        with Hub() as hub, Archive(hub, every="1s") as archive:
            hub.start()
            s = hub.enroll("--type", "8")
            archive.start()
            self.assertEqual(hub.send([s.frame(8, b"a\n")]), "confirmed")
            until("one file", lambda: len(archive.paths()) == 1)
            pid = hub.redis_pid()
            os.kill(pid, 9)
            until("it is started again", lambda: hub.redis_pid() != pid)
            self.assertEqual(hub.send([s.frame(8, b"b\n")]), "confirmed")
            until("another", lambda: len(archive.paths()) == 2)
            self.assertEqual(archive.read(), [b"a\n", b"b\n"])

    def test_a_full_disk_waits_or_drops_as_configured(self):
        with Hub() as hub, Archive(hub, reserve="1024TiB") as archive:
            hub.start()
            s = hub.enroll("--type", "8")
            archive.start()
            self.assertEqual(hub.send([s.frame(8, b"a\n")]), "confirmed")
            r = hub.redis()
            until("it says so", lambda: r.hget(
                "d4:archive:archive", "full") == b"1")
            self.assertEqual(r.xlen("d4:{8:0}:q"), 1)
            self.assertEqual(archive.stop(), 0)
            archive.options()
            archive.drain()
            self.assertEqual(archive.read(), [b"a\n"])
            self.assertEqual(archive.account("archive.full"), [])

            archive.options(reserve="1024TiB", full="drop")
            self.assertEqual(hub.send([s.frame(8, b"b\nc\n")]), "confirmed")
            archive.drain()
            self.assertEqual([(x["entries"], x["records"]) for x in
                              archive.account("archive.full")], [(1, 2)])
            archive.options()
            archive.drain()
            self.assertEqual(archive.read(), [b"a\n"])

    def test_many_sensors_and_few_open_files(self):
        with Hub() as hub, Archive(hub, open_files="4") as archive:
            hub.start()
            sensors = [hub.enroll("--type", "8") for _ in range(12)]
            for turn in range(2):
                for s in sensors:
                    self.assertEqual(hub.send([s.frame(
                        8, b"%s|%d\n" % (s.uuid.encode(), turn))]),
                        "confirmed")
            archive.drain()
            for s in sensors:
                self.assertEqual(b"".join(archive.read(s.uuid)), b"".join(
                    b"%s|%d\n" % (s.uuid.encode(), t) for t in range(2)))

    def test_old_files_go_and_stand_in_the_account(self):
        with Hub() as hub, Archive(hub, age="30d") as archive:
            hub.start()
            uuid = "0" * 32
            day = os.path.join(archive.dir, uuid, "8/2020/01/02")
            os.makedirs(day)
            for name in ("%s-2020-01-02-030405.passivedns.txt.gz" % uuid,
                         "%s-2020-01-02-080910.passivedns.txt.gz" % uuid):
                with gzip.open(os.path.join(day, name), "wb") as f:
                    f.write(b"x")
            keep = os.path.join(archive.dir, "notes.txt")
            with open(keep, "w") as f:
                f.write("of the operator")
            archive.drain()
            archive.drain()
            self.assertEqual(archive.paths(), [])
            self.assertFalse(os.path.exists(os.path.dirname(day)))
            self.assertTrue(os.path.exists(keep))
            self.assertEqual(sum(x["files"] for x in archive.account(
                "archive.retention")), 2)

            s = hub.enroll("--type", "8")
            archive.options(size="1B")
            self.assertEqual(hub.send([s.frame(8, b"a\n")]), "confirmed")
            archive.drain()
            self.assertEqual(archive.paths(), [])
            self.assertEqual(archive.account("archive.retention")[-1]["why"],
                             "size")

    def test_what_is_no_entry_is_accounted_and_passed(self):
        with Hub() as hub, Archive(hub) as archive:
            hub.start()
            s = hub.enroll("--type", "1")
            r = hub.redis()
            r.xadd("d4:{1:0}:q", {"v": "1", "data": "x"})
            self.assertEqual(hub.send([s.frame(1, capture(1, 2))]),
                             "confirmed")
            got = hub.entries_raw(1)[-1]
            got[b"data"], got[b"sess"] = b"no capture", s.uuid.encode()
            r.xadd("d4:{1:0}:q", got)
            got[b"type"], got[b"ext"] = b"254", b".."
            r.xadd("d4:{1:0}:q", got)
            archive.drain()
            self.assertEqual(len(archive.paths()), 1)
            self.assertEqual(len(archive.account("entry.malformed")), 3)

    def test_one_process_at_a_time_and_leaving(self):
        with Hub() as hub, Archive(hub) as archive:
            hub.start()
            archive.start()
            second = subprocess.Popen(archive.command(), text=True,
                                      stderr=subprocess.PIPE)
            line = second.stderr.readline()
            while line and "used by another" not in line:
                line = second.stderr.readline()
            second.kill()
            second.communicate()
            self.assertIn("used by another", line)
            r = hub.redis()
            until("it reads", lambda: r.exists("d4:{8:0}:q") and
                  len(r.xinfo_groups("d4:{8:0}:q")) == 1)
            self.assertEqual(archive.stop(), 0)
            subprocess.run(archive.command("--leave"), check=True,
                           timeout=120)
            self.assertEqual(r.xinfo_groups("d4:{8:0}:q"), [])

    def test_a_wrong_configuration_is_refused(self):
        with Hub() as hub:
            for text in ("[a]", "{dir: x, pack: rar}", "{pack: gzip}",
                         "{dir: x, every: 0s}", "{dir: x, nonsense: 1}",
                         "{dir: x, full: maybe}", '{dir: x, reader: "a b"}'):
                hub.options(archive=text)
                for words in (("-n",), ("archive", "-n")):
                    done = hub.run(*words, "-c", hub.conf, check=False)
                    self.assertEqual(done.returncode, 1, text)
                    self.assertIn("hub.yaml:", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
