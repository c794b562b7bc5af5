#!/usr/bin/python3
"""Every type into d4-hub, and its queue entries read by the type's own tools."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import d4  # noqa: E402
import records  # noqa: E402
from hub import PROGRAM, Hub, Sensor, until  # noqa: E402
from packets_of import flows_of, packets_of, written  # noqa: E402

SHARED = os.environ.get("D4_SHARED", "/work/shared")
HANDLERS = ("ja3-jl", "maltrail", "filewatcher", "filewatcherjson",
            "suricata-eve", "fascia", "d4-telemetry")


def cuts(data, seed):
    """Pieces of any length, as a sensor's reads are."""
    dice = random.Random(seed)
    while data:
        n = dice.choice((1, 7, 61, 700, 9000, 16322))
        yield data[:n]
        data = data[n:]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(ext="[%s]" % ", ".join(HANDLERS)).start()
        cls.dir = tempfile.mkdtemp(prefix="d4-it-types-")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)
        cls.hub.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def run_tool(self, *args):
        if shutil.which(args[0]) is None:
            self.skipTest("no " + args[0])
        return subprocess.run(args, check=True, capture_output=True,
                              timeout=120).stdout

    def stored(self, kind, data, seed=1):
        """The entries that become of a stream of a plain type."""
        s = self.hub.enroll("--type", str(kind))
        frames = [s.frame(kind, p) for p in cuts(data, seed)]
        self.assertEqual(self.hub.send(frames), "confirmed")
        got = [e for e in self.hub.entries(kind) if e["sensor"] == s.uuid]
        seq = 1
        for e in got:
            self.assertEqual(e["seq"], seq)
            seq += e["n"]
        return got


class Files(Case):
    """Each entry is a file by itself; together they hold everything.

    kind: D4 type; name: of a file; tool: what the type's own tool reads in
    it; second: another implementation; some: fewest entries of many records.
    """

    def read(self, name, data):
        return self.tool(self, written(self.path(self.name % name), data))

    def check(self, data, several=True):
        entries = self.stored(self.kind, data)
        want = self.read("all", data)
        self.assertGreater(len(want), 0)
        self.assertEqual([x for i, e in enumerate(entries) for x in
                          self.read("entry%d" % i, e["data"])], want)
        self.assertEqual(self.read("whole", b"".join(
            e["data"] for e in entries)), want)
        if several:
            self.assertGreaterEqual(len(entries), self.some)
        # Second implementation: the same records under the same openings.
        ours = [r for e in entries for r in self.second(e["data"])]
        self.assertEqual(ours, list(self.second(data)))
        self.assertEqual(sum(e["n"] for e in entries), len(ours))


class Pcapng(Files):
    kind, name, some = 5, "%s.pcapng", 2
    tool = staticmethod(packets_of)
    second = staticmethod(records.pcapng)

    def capture(self, name, link, packets):
        return written(self.path(name), pcap_of(link, packets))

    def test_what_editcap_writes(self):
        source = self.capture("one.pcap", 1, 400)
        self.run_tool("editcap", "-F", "pcapng", source, self.path("one.png"))
        self.check(read(self.path("one.png")))

    def test_interfaces_of_several_link_types(self):
        self.capture("a.pcap", 1, 150)
        self.capture("b.pcap", 101, 150)
        self.run_tool("mergecap", "-F", "pcapng", "-a", "-w",
                      self.path("ab.png"), self.path("a.pcap"),
                      self.path("b.pcap"))
        self.check(read(self.path("ab.png")))

    def test_sections_of_both_byte_orders(self):
        data = b""
        for turn, order in enumerate("<><>"):
            data += records.section(order, (4, b"a test"), length=99)
            data += records.interface(order, 1, (2, b"eth0"))
            for i in range(60):
                if i == 30:
                    data += records.interface(order, 101, (9, b"\x09"))
                if i % 20 == 7:
                    data += records.names(order, bytes(4), b"a.example")
                    data += records.counters(order, 0, i)
                data += records.enhanced(order, i // 30, frame_of(
                    1, turn * 60 + i), 1700000000 * 10 ** 6 + i, (1, b"n"))
        self.check(data)

    def test_other_peoples_files(self):
        folder = os.path.join(SHARED, "corpus/pcapng")
        if not os.path.isdir(folder):
            self.skipTest("no " + folder)
        for name in ("complex.pcapng", "test010.pcapng", "test016.pcapng",
                     "test102.pcapng", "test202.pcapng", "isis_sr.pcapng"):
            with self.subTest(name):
                self.check(read(os.path.join(folder, name)), several=False)

    def test_a_block_without_its_interface_is_accounted(self):
        data = records.section("<") + records.interface("<", 1)
        bad = records.enhanced("<", 1, b"lost", 1)
        good = records.enhanced("<", 0, b"kept", 1)
        entries = self.stored(5, data + bad + good)
        self.assertEqual([e["data"] for e in entries], [data + good])
        until("it is accounted", lambda: [
            a for a in self.hub.account("pcapng.block")
            if a["bytes"] == len(bad) and a["records"] == 1])


class Ipfix(Files):
    """Each entry tells the templates of its data."""

    kind, name, some = 7, "%s.ipfix", 3
    tool = staticmethod(flows_of)
    second = staticmethod(records.ipfix)

    def test_templates_come_once_change_and_go(self):
        r, data = records, b""
        flows = [r.flow(i) for i in range(20)]
        for domain in (1, 7):
            data += r.message(domain, 0, r.ipfix_set(2, r.template(256)))
        for i in range(200):
            data += r.message(1 + i % 2 * 6, i * 10,
                              r.ipfix_set(256, *flows))
        data += r.message(1, 2000, r.ipfix_set(
            256, flows[0]), r.ipfix_set(2, r.template(300)),
            r.ipfix_set(300, flows[1]))
        for i in range(200):
            data += r.message(1, 2002, r.ipfix_set(300, *flows))
        # Another id: tshark goes on with the first meaning of one.
        data += r.message(1, 6002, r.ipfix_set(
            2, r.template(256, ()), r.template(
                301, records.FLOW[:3] + ((4, 1),))))
        data += r.message(1, 6002, r.ipfix_set(
            301, *(f[:16] + b"\x11" for f in flows)))
        self.check(data)

    def test_what_softflowd_exports(self):
        self.check(read(os.path.join(
            SOURCE, "tests/golden/records/softflowd.bin")), several=False)


class Dnscap(Case):
    def test_text_records_are_not_cut(self):
        data = read(os.path.join(SOURCE, "tests/golden/records",
                                 "dnscap_text.bin")) * 700
        entries = self.stored(4, data)
        self.assertGreater(len(entries), 1)
        self.assertEqual(b"".join(e["data"] for e in entries), data)
        for e in entries:
            self.assertEqual(e["n"], len(list(records.folded(e["data"]))))

    def test_what_dnscap_itself_writes(self):
        source = os.path.join(SHARED, "corpus/pcap-dnscap/dns.pcap")
        if not os.path.exists(source) or not shutil.which("dnscap"):
            self.skipTest("no dnscap, or no " + source)
        text = subprocess.run(["dnscap", "-r", source, "-g"], check=True,
                              capture_output=True, timeout=60).stderr
        entries = self.stored(4, text)
        self.assertEqual(b"".join(e["data"] for e in entries), text)
        self.assertEqual(sum(e["n"] for e in entries), 1 + text.count(b"\n["))

    def test_captures_are_pcap_files(self):
        data = pcap_of(1, 400)
        want = packets_of(self, written(self.path("dns.pcap"), data))
        got = []
        entries = self.stored(4, data)
        self.assertGreater(len(entries), 1)
        for i, e in enumerate(entries):
            got += packets_of(self, written(
                self.path("dns%d.pcap" % i), e["data"]))
        self.assertEqual(got, want)


class OurSensor(Case):
    """d4-sensor cuts these types, and each opening has its session."""

    def through_sensor(self, kind, data):
        line = self.hub.run("enroll", "-c", self.hub.conf, "--type",
                            str(kind)).stdout
        folder = self.path("sensor%d" % kind)
        program = os.path.join(os.path.dirname(PROGRAM), "d4-sensor")
        for args, given in ((["enroll", "-c", folder], line.encode()),
                            (["-c", folder], data)):
            done = subprocess.run([program, *args], input=given,
                                  capture_output=True, timeout=240)
            self.assertEqual(done.returncode, 0, done.stderr)
        uuid = Sensor(line).uuid
        return [e for e in self.hub.entries(kind) if e["sensor"] == uuid]

    def test_sections_have_sessions_of_their_own(self):
        data = b""
        for order in "<><":
            data += records.section(order) + records.interface(order, 1)
            for i in range(200):
                data += records.enhanced(order, 0, frame_of(1, i), i)
        got = self.through_sensor(5, data)
        self.assertEqual(
            [x for e in got for x in records.pcapng(e["data"])],
            list(records.pcapng(data)))
        self.assertEqual(len({e["sess"] for e in got}), 3)

    def test_flows_and_text_come_whole(self):
        for kind, name, cut in ((7, "ipfix", records.ipfix),
                                (4, "dnscap_text", records.folded)):
            data = read(os.path.join(SOURCE, "tests/golden/records",
                                     name + ".bin"))
            got = self.through_sensor(kind, data)
            self.assertEqual([x[1] for e in got for x in cut(e["data"])],
                             [x[1] for x in cut(data)])


class Extended(Case):
    def session(self, ext, data):
        s = self.hub.enroll("--type", "254." + ext)
        meta = b'{"type": "%s"}' % ext.encode()
        how = self.hub.send([s.frame(2, meta)] + [
            s.frame(254, p) for p in cuts(data, 3)])
        return s, how

    def test_each_handler_keeps_whole_lines(self):
        data = b"".join(b'{"n": %d}\n' % i for i in range(500))
        for ext in HANDLERS:
            with self.subTest(ext):
                s, how = self.session(ext, data)
                self.assertEqual(how, "confirmed")
                got = [e for e in self.hub.entries(254, ext)
                       if e["sensor"] == s.uuid]
                self.assertEqual(b"".join(e["data"] for e in got), data)
                self.assertEqual(sum(e["n"] for e in got), 500)

    def test_an_unknown_one_is_refused_until_it_is_configured(self):
        mark = self.hub.log_size()
        s, how = self.session("zeek", b"a line\n")
        self.assertNotEqual(how, "confirmed")
        log = until("the refusal is logged", lambda: [
            x for x in self.hub.log(mark).splitlines()
            if "reason=ext.type" in x])
        self.assertTrue(log)
        self.assertIn("ext=zeek", self.hub.log(mark))
        self.hub.stop()
        self.hub.options(ext="{%s, zeek: lines}" % ", ".join(
            "%s: %s" % (h, h) for h in HANDLERS))
        self.hub.start()
        s, how = self.session("zeek", b"a line\n")
        self.assertEqual(how, "confirmed")
        got = [e["data"] for e in self.hub.entries(254, "zeek")
               if e["sensor"] == s.uuid]
        self.assertEqual(got, [b"a line\n"])


def read(path):
    with open(path, "rb") as f:
        return f.read()


def frame_of(link, i):
    """A packet that says which one it is."""
    ip = bytes.fromhex("4500") + (700).to_bytes(2, "big") + bytes.fromhex(
        "00000000fd000000c0000201c0000202") + i.to_bytes(4, "big") + bytes(676)
    return (bytes(12) + b"\x08\x00" if link == 1 else b"") + ip


def pcap_of(link, n):
    head = d4.struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    return head + b"".join(
        d4.struct.pack("<IIII", 1700000000 + i, i, len(p), len(p)) + p
        for i, p in ((i, frame_of(link, i)) for i in range(n)))


if __name__ == "__main__":
    unittest.main()
