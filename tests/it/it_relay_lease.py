#!/usr/bin/python3
"""Two relays and one shard: what one of them read when its lease was over is
worked on by the other, or accounted; nothing is acknowledged in silence."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import relay  # noqa: E402
from relay import GROUP, Org, Sensor, until  # noqa: E402
from relay_cases import LOG, ONE, numbered  # noqa: E402

OTHER = "another-relay"


class Stopped:
    """Wash stands still, and no read of its connection is under way."""

    def __init__(self, org):
        self.org, self.pid = org, org.pids()["wash"]

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        # What it had sent before may be read by Redis only now: three looks.
        until("its reads are over", lambda: all(
            self.calm() for _ in range(3)))

    def calm(self):
        """Redis has read all that wash sent, and answered it."""
        return all("b" not in c["flags"] and c["qbuf"] == "0"
                   for c in self.org.redis.db.client_list()
                   if c["user"] == "wash")

    def __exit__(self, *error):
        os.kill(self.pid, signal.SIGCONT)


def late_read(org, key):
    """What another relay of the group reads now, and never does."""
    [[_, entries]] = org.redis.db.xreadgroup(GROUP, OTHER, {key: ">"})
    return [i.decode() for i, _ in entries]


def fed(org):
    """A relay that has done the first five of a sensor's lines."""
    pdns = Sensor(org, 8, uid=LOG)
    org.up()
    pdns.lines(numbered(0, 5))
    until("done", lambda: released(org) == 5 and org.idle())
    return pdns


def released(org):
    return sum(e["n"] for _, e in org.spooled())


def test_what_another_read_late_is_accounted_before_it_is_acknowledged():
    org = Org(ONE)
    try:
        pdns = fed(org)
        with Stopped(org):
            pdns.lines(numbered(5, 5))
            late = late_read(org, pdns.key())
            pdns.lines(numbered(10, 5))
        until("what came later", lambda: released(org) == 10)
        until("only that waits", lambda: org.waiting() == len(late) == 1)
        org.kill("wash")
        until("all is acknowledged", lambda: org.waiting() == 0)
        [record] = org.accounts("entry.late")
        assert (record["queue"], record["id"]) == (pdns.key(), late[0])
        assert released(org) == 10
        pdns.lines(numbered(15, 5))
        until("it goes on", lambda: released(org) == 15)
        until("counted", lambda: (org.status() or {}).get("lost") == 1)
    finally:
        org.close()


def test_what_is_gone_from_the_queue_before_it_was_claimed_is_accounted():
    org = Org(ONE)
    try:
        pdns = fed(org)
        with Stopped(org):
            pdns.lines(numbered(5, 5))
            [gone] = late_read(org, pdns.key())
            org.redis.db.xdel(pdns.key(), gone)
        org.kill("wash")
        until("accounted", lambda: [
            r["id"] for r in org.accounts("entry.trimmed")] == [gone])
        pdns.lines(numbered(10, 5))
        until("it goes on", lambda: released(org) == 10)
    finally:
        org.close()


def test_a_lease_that_was_anothers_meanwhile_is_taken_anew():
    org = Org(ONE)
    try:
        pdns = fed(org)
        name = pdns.key()[:-1]
        lease, fence = name + "lease:" + GROUP, name + "fence:" + GROUP
        db = org.redis.db
        with Stopped(org):
            db.delete(lease)  # it is over, another takes it, reads, and dies
            db.incr(fence)
            pdns.lines(numbered(5, 5))
            assert len(late_read(org, pdns.key())) == 1
        until("it is worked on", lambda: released(org) == 10)
        until("acknowledged", lambda: org.waiting() == 0)
        assert "lease=anothers" in org.log()
        assert not org.accounts("entry.late")
    finally:
        org.close()


def test_a_number_that_no_hub_writes_does_not_stop_the_queue():
    org = Org(ONE)
    try:
        pdns = fed(org)
        forged = d4.entry_pairs(dict(
            pdns.entry(b"\n".join(numbered(5, 1)) + b"\n", 1), seq=2 ** 63))
        org.redis.db.execute_command("XADD", pdns.key(), "*", *forged)
        until("refused", lambda: (org.status() or {}).get("malformed") == 1)
        org.kill("wash")
        pdns.lines(numbered(5, 5))
        until("it goes on", lambda: released(org) == 10)
        assert "journal=" not in org.log()
    finally:
        org.close()


if __name__ == "__main__":
    relay.run_all(sys.modules[__name__])
