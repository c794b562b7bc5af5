#!/usr/bin/python3
"""d4-relay freeze and thaw: nothing leaves, and nothing is lost."""

import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import jsonl  # noqa: E402
import meter  # noqa: E402
import relay  # noqa: E402
import sink  # noqa: E402
from relay import Org, Sensor, until  # noqa: E402
from relay_cases import LOG, pipeline, sensors_policy, share, source  # noqa
from marked import Pdns  # noqa: E402

MIB = 1 << 20
LINES = 500  # of an entry, about 50 KiB


def policy(partners):
    rows = "".join(
        "  - {id: %s, kind: partner, groups: [eu], min_class: S0, "
        "accept_pap: [clear, green], profile: d4-core}\n" % p
        for p in partners)
    return sensors_policy(
        source("pdns", [LOG], types="8"), pipeline("raw-8", types="8"),
        share("pdns-out", "pdns", "raw-8", ", ".join(partners)), rows)


class Frozen:
    """A relay whose partners are behind a wire that counts every byte."""

    def __init__(self, *partners, rate=4 * MIB):
        self.org = Org(policy(partners), partners)
        self.org.partner_options += ", resend: all"
        self.sinks, self.wires, self.sent = {}, {}, 0
        for name, p in self.org.partners.items():
            self.sinks[name] = sink.Sink(p.cert, p.key)
            self.wires[name] = meter.Meter(self.sinks[name].port, rate)
            p.port = self.wires[name].port
        self.org.configure()
        self.sensor = Sensor(self.org, 8, uid=LOG)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.org.close()
        for s in (*self.wires.values(), *self.sinks.values()):
            s.close()

    def put(self, entries):
        for _ in range(entries):
            self.sensor.put(b"".join(
                Pdns.make(i) for i in range(self.sent, self.sent + LINES)),
                LINES)
            self.sent += LINES

    def streaming(self, name="acme", least=MIB):
        until("streaming to " + name,
              lambda: self.wires[name].received() > least)

    def cmd(self, *words, code=0):
        got, out = self.org.ask(*words)
        assert got == code, (words, got, out, self.org.stderr)
        return out

    def total(self, name="acme"):
        return self.wires[name].received()

    def settled(self, name="acme"):
        """The total when what was under way has come: the same twice."""
        def same():
            was = self.total(name)
            time.sleep(0.5)
            return was if was == self.total(name) else None
        return until("nothing more comes", same)

    def numbers(self, name="acme"):
        """Record numbers at the partner, in the order they came."""
        for s in self.sinks[name].sessions:
            data = b"".join(f.payload for f in s.frames())
            whole = data[:data.rfind(b"\n") + 1]
            if whole:
                yield from Pdns.find(whole)

    def all_there(self, name="acme"):
        """Every record, and the first copies in order."""
        def done():
            lane = self.org.lane(name)
            return lane and lane["waiting"] == 0 and \
                lane["confirmed"] == self.sent
        until("all confirmed by " + name, done)
        first = list(dict.fromkeys(self.numbers(name)))
        assert first == list(range(self.sent)), (len(first), self.sent)

    def washed(self):
        """Wash has taken everything: time went by, and work was done."""
        until("all in the airlock", lambda: self.org.idle())

    def seen(self, text):
        """Post says so, and has done what it says when it answers."""
        until("seen", lambda: text in self.org.log())
        until("an answer", lambda: (self.org.status() or {}).get("post"))

    def silent(self, name, before):
        """Not one byte since; seen over a batch that wash has done."""
        self.wires[name].rate = None  # what is on its way makes room
        self.put(3)
        self.washed()
        assert self.total(name) == before, (before, self.total(name))

    def frozen(self):
        return {f["partner"]: f for f in self.org.status()["frozen"]}

    def records(self):
        return jsonl.rows(os.path.join(self.org.state, "freeze.jsonl"))


def test_no_byte_of_a_record_leaves_after_the_command_returned():
    with Frozen("acme") as f:
        f.put(400)
        f.org.up()
        f.streaming()
        out = f.cmd("freeze", "acme", "--because", "a leak at noon")
        before = f.total()
        assert out == "frozen: acme; post holds\n", out
        lane = f.org.lane_now()
        assert lane["confirmed"] < f.sent, "it was over before the freeze"
        f.silent("acme", before)
        entry = f.frozen()["acme"]
        assert entry["because"] == "a leak at noon", entry
        assert entry["by"]["uid"] == os.getuid()
        shown = f.cmd("freeze")
        assert "a leak at noon" in shown and shown in f.cmd("status")
        assert f.cmd("thaw", "acme", "--because", "mended").startswith(
            "thawed: acme; post holds")
        f.all_there()
        assert f.org.lane_now()["maybe_lost"] == 0
        freeze, thaw = f.records()
        assert (freeze["event"], freeze["partner"], freeze["because"]) == \
            ("freeze", "acme", "a leak at noon")
        assert (thaw["event"], thaw["because"]) == ("thaw", "mended")
        assert thaw["by"]["uid"] == os.getuid() and thaw["t"] > freeze["t"]


def test_what_the_kernel_holds_for_a_slow_link_is_discarded():
    with Frozen("acme", rate=100000) as f:
        f.put(400)
        f.org.up()
        f.streaming(least=200000)
        f.cmd("freeze", "acme")
        before = f.total()
        f.silent("acme", before)
        f.cmd("thaw", "acme")
        f.all_there()


def test_a_freeze_survives_restarts_and_holds_without_a_relay():
    with Frozen("acme") as f:
        f.put(20)
        out = f.cmd("freeze", "acme")
        assert out == "frozen: acme; the relay is not running\n", out
        f.org.up()
        f.washed()
        assert f.org.lane_now()["waiting"] == f.sent
        assert f.org.stop() == 0
        f.org.up()
        f.put(5)
        f.washed()
        assert f.wires["acme"].connections() == 0
        f.org.kill("post")
        f.put(5)
        f.washed()
        assert f.wires["acme"].connections() == 0
        f.cmd("thaw", "acme")
        f.all_there()


def test_all_are_frozen_and_thawed_and_a_single_one_stays():
    with Frozen("acme", "beta") as f:
        f.put(400)
        f.org.up()
        f.streaming("acme")
        f.streaming("beta")
        f.cmd("freeze", "beta")
        f.cmd("freeze", "--all", "--because", "stop everything")
        before = {n: f.total(n) for n in f.wires}
        f.silent("acme", before["acme"])
        f.silent("beta", before["beta"])
        assert set(f.frozen()) == {"*", "beta"}
        out = f.cmd("thaw", "beta")
        assert "all partners are frozen still" in out, out
        f.silent("beta", before["beta"])
        f.cmd("freeze", "beta")
        assert "frozen beta since" in f.cmd("thaw", "--all")
        f.all_there("acme")
        assert f.total("beta") == before["beta"]
        f.cmd("thaw", "beta")
        f.all_there("beta")


def test_it_needs_neither_redis_nor_wash():
    with Frozen("acme") as f:
        f.put(400)
        f.org.up()
        f.washed()
        f.streaming()
        os.kill(f.org.pids()["wash"], signal.SIGSTOP)
        f.org.redis.kill()
        assert "post holds" in f.cmd("freeze", "acme")
        before = f.total()
        os.kill(f.org.pids()["wash"], signal.SIGCONT)
        f.org.redis.start()
        f.silent("acme", before)
        f.org.kill("wash")
        f.silent("acme", before)
        f.cmd("thaw", "acme")
        f.all_there()


def test_a_post_that_does_not_answer_is_killed_and_the_next_one_obeys():
    with Frozen("acme") as f:
        f.put(400)
        f.org.up()
        f.streaming()
        post = f.org.pids()["post"]
        os.kill(post, signal.SIGSTOP)
        assert "post killed" in f.cmd("freeze", "acme")
        until("post again", lambda: f.org.pids()["post"] != post)
        until("its answer", lambda: f.org.status()["post"])
        sessions = f.wires["acme"].connections()
        f.put(3)
        f.washed()
        assert f.wires["acme"].connections() == sessions
        f.cmd("thaw", "acme")
        f.all_there()


def test_post_obeys_the_disk_when_the_supervisor_hangs():
    with Frozen("acme") as f:
        f.put(400)
        f.org.up()
        f.streaming()
        f.org.process.send_signal(signal.SIGSTOP)
        f.cmd("freeze", "acme", code=1)
        assert "did not say that it holds" in f.org.stderr
        f.org.process.send_signal(signal.SIGCONT)
        f.seen("alarm partner=acme freeze=")
        f.silent("acme", f.settled())
        f.cmd("thaw", "acme")
        f.all_there()


def test_a_file_alone_freezes_whatever_is_in_it_and_so_does_no_folder():
    with Frozen("acme") as f:
        f.put(400)
        f.org.up()
        f.streaming()
        folder = os.path.join(f.org.state, "freeze")
        with open(os.path.join(folder, "acme"), "wb") as out:
            out.write(b"\xff{\"frozen\": false}\x1b[2J" * 500)
        f.seen("alarm partner=acme freeze=")
        f.silent("acme", f.settled())
        assert "because" not in f.frozen()["acme"]
        assert "\x1b" not in f.cmd("status")
        shutil.rmtree(folder)
        f.seen("cannot be read")
        f.silent("acme", f.settled())
        # Nothing was ever frozen by the command: the folder is made anew.
        f.cmd("thaw", "--all", code=1)
        f.all_there()


def test_a_lost_folder_of_freezes_freezes_all_at_the_next_start():
    with Frozen("acme") as f:
        f.put(5)
        f.cmd("freeze", "acme")
        shutil.rmtree(os.path.join(f.org.state, "freeze"))
        f.org.up()
        f.washed()
        assert "was lost" in f.frozen()["*"]["because"]
        assert f.wires["acme"].connections() == 0
        f.cmd("thaw", "--all")
        f.all_there()
        assert [r["event"] for r in f.records()] == [
            "freeze", "freeze", "thaw"]


def test_errors_are_said_and_freeze_nothing():
    with Frozen("acme") as f:
        for words, code in ((("freeze", "acm"), 1), (("freeze", "ALL"), 0),
                            (("freeze", "../acme"), 1), (("thaw",), 64),
                            (("freeze", "--because", "x"), 64),
                            (("freeze", "acme", "beta"), 64),
                            (("freeze", "--al", "--wrong"), 64),
                            (("freeze", "acme", "--because", "a\nb"), 1),
                            (("thaw", "acme"), 1), (("thaw", "--all"), 0)):
            f.cmd(*words, code=code)
        assert f.cmd("freeze") == ""


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
