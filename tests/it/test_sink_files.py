#!/usr/bin/env python3
"""A published data set: files by lane and period, and what describes them."""

import gzip
import hashlib
import json
import os
import subprocess
import time
import unittest

from post_case import Case, LANE, UUID, numbers, until

OTHER = "00000000000000bb"
SECOND = "22222222-2222-4222-8222-222222222222"


class FilesCase(Case):
    def setUp(self):
        super().setUp()
        self.www = os.path.join(self.home, "www")

    def sink(self, die=0, rotate_us=3600000000, freeze=None, **keys):
        times = {"die": die} if die else {}
        if freeze:
            times["freeze"] = freeze
        return self.post({"sink": "directory", "id": "set", "path": self.www,
                          "rotate_us": rotate_us, **keys}, **times)

    def fill_set(self, lane=LANE, **keys):
        self.fill(partner="set", lane=lane, **dict({"type": 8}, **keys))

    def release_set(self, *lanes, **keys):
        self.release(*(lanes or (LANE,)), partner="set", sink="directory",
                     **keys)

    def manifest(self):
        with open(os.path.join(self.www, "manifest.json")) as f:
            return json.load(f)

    def names(self):
        return sorted(os.listdir(self.www))

    def content(self, name):
        path = os.path.join(self.www, name)
        if name.endswith(".zst"):
            return subprocess.run(["zstd", "-dcq", path], check=True,
                                  capture_output=True).stdout
        if name.endswith(".gz"):
            return subprocess.run(["zcat", path], check=True,
                                  capture_output=True).stdout
        with open(path, "rb") as f:
            return f.read()

    def check(self):
        """All files are whole and as the manifest says; their records."""
        m = self.manifest()
        out = []
        listed = [f["name"] for f in m["files"]]
        self.assertEqual(sorted(listed + ["manifest.json", "SHA256SUMS",
                                          "README.txt"]), self.names())
        for f in m["files"]:
            with open(os.path.join(self.www, f["name"]), "rb") as g:
                data = g.read()
            self.assertEqual(len(data), f["bytes"])
            self.assertEqual(hashlib.sha256(data).hexdigest(), f["sha256"])
            self.assertTrue(f["name"].startswith(
                "%s-%s-" % (f["type"], f["uuid"])))
            got = numbers(1 if ".pcap" in f["name"] else 8,
                          self.content(f["name"]))
            self.assertEqual(len(got), f["records"])
            out += got
        self.assertEqual(m["records"], len(out))
        self.assertEqual(m["bytes"], sum(f["bytes"] for f in m["files"]))
        if listed:
            subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"],
                           cwd=self.www, check=True)
        return out

    def published(self, n):
        until(lambda: os.path.exists(os.path.join(self.www, "manifest.json"))
              and self.manifest()["records"] == n)


class Files(FilesCase):
    def test_lines_are_published_at_the_end_with_all_fields(self):
        self.fill_set(entries=100, records=10)
        self.release_set()
        p = self.sink()
        until(lambda: p.lane().get("sent") == 1000)
        self.assertEqual(p.lane()["confirmed"], 0)
        self.assertEqual(self.manifest()["files"], [])  # not yet
        self.assertTrue([n for n in self.names() if n.endswith(".part")])
        status = p.drain()
        self.assertEqual(status["lanes"][0]["confirmed"], 1000)
        self.assertEqual(status["dataset"]["files"], 1)
        self.assertEqual(status["dataset"]["records"], 1000)
        self.assertEqual(self.check(), list(range(1000)))
        m = self.manifest()
        self.assertEqual([m[k] for k in ("title", "licence", "producer",
                                         "frequency", "source", "tags",
                                         "class")],
                         ["A set", "CC-BY-4.0", "CSIRT", "continuous",
                          "a telescope", ["tlp:clear", "dns"], "S2"])
        text = json.dumps(m) + "".join(self.names())
        for internal in (LANE, '"set"', "src", "acme"):
            self.assertNotIn(internal, text)
        with open(os.path.join(self.www, "README.txt")) as f:
            self.assertIn("CC-BY-4.0", f.read())
        for name in self.names():
            mode = os.stat(os.path.join(self.www, name)).st_mode & 0o777
            self.assertEqual(mode, 0o644, name)

    def test_periods_end_files_and_tshark_reads_all(self):
        self.release_set(LANE, OTHER)
        p = self.sink(rotate_us=1000000)
        for i in range(3):
            self.fill_set(type=1, entries=10, records=10, size=300,
                          first=100 * i)
            self.fill_set(OTHER, type=1, entries=10, records=10, size=300,
                          first=1000 + 100 * i, uuid=SECOND)
            self.published(200 * (i + 1))
        p.drain()
        self.assertEqual(sorted(self.check()),
                         list(range(300)) + list(range(1000, 1300)))
        files = self.manifest()["files"]
        self.assertGreaterEqual(len(files), 6)
        self.assertEqual({f["uuid"] for f in files}, {UUID, SECOND})
        for f in files:
            out = subprocess.run(
                ["tshark", "-r", os.path.join(self.www, f["name"]), "-T",
                 "fields", "-e", "frame.number"], capture_output=True,
                text=True, check=True)
            self.assertEqual(len(out.stdout.split()), f["records"])

    def packed(self, compress, ext, kind=8):
        self.fill_set(type=kind, entries=200, records=10, size=200)
        self.release_set()
        p = self.sink(compress=compress)
        until(lambda: p.lane().get("sent") == 2000)
        p.drain()
        self.assertEqual(self.check(), list(range(2000)))
        name = self.manifest()["files"][0]["name"]
        self.assertTrue(name.endswith(ext), name)
        return os.path.join(self.www, name)

    def test_gzip(self):
        with gzip.open(self.packed(1, ".txt.gz")) as f:
            self.assertEqual(len(f.read()), 2000 * 200)

    def test_gzip_of_a_capture_is_read_by_tshark(self):
        path = self.packed(1, ".pcap.gz", 1)
        out = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                              "frame.number"], capture_output=True, text=True)
        self.assertEqual(len(out.stdout.split()), 2000, out.stderr)

    def test_zstd(self):
        self.packed(2, ".txt.zst")

    def test_size_ends_files(self):
        self.fill_set(entries=100, records=10, size=1000)
        self.release_set()
        p = self.sink(rotate_bytes=100000)
        until(lambda: p.lane().get("sent") == 1000)
        p.drain()
        self.assertEqual(self.check(), list(range(1000)))
        self.assertGreaterEqual(len(self.manifest()["files"]), 8)

    def test_coarse_data_has_coarse_files(self):
        self.fill_set(entries=10, records=10, cls="S3")
        self.release_set()
        p = self.sink(rotate_us=1000000)
        until(lambda: p.lane().get("sent") == 100)
        self.assertEqual(p.lane()["state"], "streaming")
        p.drain()
        f, = self.manifest()["files"]
        self.assertEqual((f["class"], f["from"], f["to"]),
                         ("S3", "2023-11-14T22:00:00Z",
                          "2023-11-14T23:00:00Z"))
        self.assertRegex(f["name"], r"T\d\d0000Z-0\.txt$")

    def test_what_is_withdrawn_before_its_end_is_not_published(self):
        self.fill_set(entries=10, records=10)
        self.release_set()
        p = self.sink()
        until(lambda: p.lane().get("sent") == 100)
        self.release_set("ffffffffffffffff")
        until(lambda: "withheld file=" in self.log())
        self.assertEqual(p.drain()["lanes"][0]["confirmed"], 0)
        self.assertEqual(self.check(), [])

    def old_and_published(self, expires):
        """(published, accounted as too old); nothing is published too late."""
        if not os.path.exists(os.path.join(self.www, "manifest.json")):
            return 0, 0
        for f in self.manifest()["files"]:
            when = os.stat(os.path.join(self.www, f["name"])).st_mtime
            self.assertLess(when, expires)
        return (self.manifest()["records"],
                self.accounted().get("spool.expired", 0))

    def test_a_file_ends_before_its_records_are_too_old(self):
        expires = int(time.time()) + 12
        self.fill_set(entries=4, records=5, expires=expires)
        self.release_set()
        p = self.sink()
        until(lambda: sum(self.old_and_published(expires)) == 20)
        p.drain()
        self.assertEqual(sum(self.old_and_published(expires)), 20)

    def test_what_is_too_old_when_its_coarse_file_ends_is_not_published(self):
        expires = int(time.time()) + 2
        self.fill_set(entries=4, records=5, expires=expires, cls="S3")
        self.fill_set(entries=1, records=5, first=20, cls="S3")
        self.release_set()
        p = self.sink()
        until(lambda: time.time() > expires)
        p.drain()
        self.assertLessEqual(set(self.check()), set(range(20, 25)))
        p = self.sink()
        until(lambda: self.accounted() == {"spool.expired": 20})
        until(lambda: p.lane()["under_way"] + p.lane()["confirmed"] == 5)
        p.drain()
        self.assertEqual(self.check(), list(range(20, 25)))

    def test_another_pipeline_is_not_published(self):
        self.fill_set(entries=10, records=10)
        self.release_set()
        p = self.sink()
        until(lambda: p.lane().get("sent") == 100)
        self.release_set(pipeline="p2")
        until(lambda: p.lane().get("withheld") == 100)
        p.drain()
        self.assertEqual(self.check(), [])
        self.assertEqual(self.accounted(), {"send.recheck": 100})

    def test_what_is_frozen_before_its_end_is_not_published(self):
        self.fill_set(entries=10, records=10)
        self.release_set()
        freeze = os.path.join(self.home, "freeze")
        os.mkdir(freeze)
        p = self.sink(freeze=freeze)
        until(lambda: p.lane().get("sent") == 100)
        with open(os.path.join(freeze, "set"), "w"):
            pass
        until(lambda: not [n for n in self.names() if n.endswith(".part")])
        p.drain()
        self.assertEqual(self.check(), [])
        os.unlink(os.path.join(freeze, "set"))
        self.sink(freeze=freeze).drain_when(self, 100)
        self.assertEqual(self.check(), list(range(100)))

    def test_retention_by_size_is_counted_and_accounted(self):
        self.release_set()
        p = self.sink(rotate_us=1000000, keep_bytes=15000)
        for i in range(4):
            self.fill_set(entries=10, records=10, size=64, first=100 * i)
            p.confirmed(100 * (i + 1))
        status = p.drain()["dataset"]
        m = self.manifest()
        self.assertEqual(len(m["files"]), 2)
        self.assertEqual(self.check(), list(range(200, 400)))
        self.assertEqual(m["removed"],
                         {"files": 2, "records": 200, "bytes": 12800})
        self.assertEqual(status["removed_files"], 2)
        with open(os.path.join(self.home, "post.jsonl")) as f:
            rows = [json.loads(x) for x in f]
        self.assertEqual([r["records"] for r in rows
                          if r["event"] == "dataset.removed"], [100, 100])

    def test_retention_by_age(self):
        self.fill_set(entries=10, records=10)  # of 2023
        self.release_set()
        p = self.sink(rotate_us=1000000, keep_us=60000000)
        p.confirmed(100)
        until(lambda: self.manifest()["removed"]["files"] == 1)
        p.drain()
        self.assertEqual(self.check(), [])

    def test_a_file_that_vanishes_is_an_alarm_and_nothing_is_lost(self):
        self.fill_set(entries=10, records=10)
        self.release_set()
        os.mkdir(self.www)
        p = self.sink()
        until(lambda: p.lane().get("sent") == 100)
        for name in self.names():  # what was written vanishes
            if name.endswith(".part"):
                os.unlink(os.path.join(self.www, name))
        p.say(b"d")
        until(lambda: "failure=local" in self.log())
        p.proc.wait()
        self.sink().drain_when(self, 100)
        self.assertEqual(self.check(), list(range(100)))

    def test_a_lost_manifest_is_not_made_up(self):
        self.fill_set(entries=10, records=10)
        self.release_set()
        p = self.sink()
        until(lambda: p.lane().get("sent") == 100)
        p.drain()
        os.unlink(os.path.join(self.www, "manifest.json"))
        p = self.sink()
        until(lambda: p.status())
        self.assertIn("missing beside files",
                      p.status()["partners"][0]["broken"])
        p.drain()
        self.assertNotIn("manifest.json", self.names())

    def test_a_partner_is_not_delayed(self):
        d = self.server()
        self.fill_set(entries=1000, records=10, size=1000)
        self.fill(type=8, lane=OTHER, entries=300, records=10)
        self.release_set()
        self.release(OTHER)
        p = self.post({"sink": "directory", "id": "set", "path": self.www,
                       "compress": 1}, {"port": d.port})
        p.confirmed(3000, OTHER)
        self.assertExact(d, 3000)
        until(lambda: p.lane().get("sent") == 10000)
        p.drain()
        self.assertEqual(self.check(), list(range(10000)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
