#!/usr/bin/env python3
"""d4-sensor against scripted servers: what arrives, and what it says of it."""

import collections
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import sensor  # noqa: E402
from ports import free_port  # noqa: E402
from sensor import Sensor, numbered, payload, pcap, until  # noqa: E402
from sink import Sink, certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")


def check_frames(frames, s, kind):
    for f in frames:
        assert f.check(sensor.KEY.encode()) and f.size > 0
        assert str(f.uuid) == s.uuid and f.type in (kind, 2)


def to(server, **more):
    return Sensor(destination=server.address, fingerprint=PIN, **more)


# ---- what arrives ----------------------------------------------------------


def lines_arrive_once_in_order_and_cut_at_their_ends():
    server, lines = Sink(CERT, KEY), numbered(20000)
    s = to(server)
    assert s.run(b"".join(lines)) == 0, s.log
    frames = server.frames()
    check_frames(frames, s, 8)
    assert payload(frames) == b"".join(lines)
    assert all(f.payload.endswith(b"\n") and f.size <= 10000 for f in frames)
    c = s.counts()
    assert c["records"] == c["sent"] == c["confirmed"] == 20000
    assert c["unconfirmed"] == c["dropped"] == c["resent"] == 0
    assert [x.how for x in server.sessions] == ["confirmed"]


def snaplen_bounds_the_payload():
    server, lines = Sink(CERT, KEY), numbered(300)
    s = to(server, snaplen="1050")
    assert s.run(b"".join(lines)) == 0
    assert {f.size for f in server.frames()} == {1000}


def a_meta_header_goes_first_in_each_session():
    server, lines = Sink(CERT, KEY), numbered(30000)
    meta = '{"type":"ja3-jl"}'
    s = to(server, type="2", metaheader=meta)
    assert s.run(b"".join(lines), "--rotate-size", "1MiB") == 0, s.log
    assert len(server.sessions) == 3
    for session in server.sessions:
        frames = session.frames()
        assert [f.type for f in frames[:2]] == [2, 254]
        assert frames[0].payload == meta.encode()
        assert all(f.type == 254 for f in frames[1:])
    assert payload(f for f in server.frames() if f.type == 254) == \
        b"".join(lines)


def an_unfinished_last_line_gets_its_newline():
    server = Sink(CERT, KEY)
    s = to(server)
    assert s.run(b"one\ntwo") == 0
    assert payload(server.frames()) == b"one\ntwo\n"


def data_of_a_live_source_is_not_held_back():
    server = Sink(CERT, KEY)
    s = to(server)
    stdin = s.start()
    stdin.write(b"live\n")
    stdin.flush()
    until("the line came", lambda: payload(server.frames()) == b"live\n")
    stdin.close()
    assert s.wait() == 0


def a_record_too_large_for_a_frame_is_dropped_and_said():
    server = Sink(CERT, KEY)
    s = to(server)
    big = b"a" * 999999 + b"\n"
    assert s.run(b"x\n" + big + b"a" + big + b"y\n") == 1
    assert payload(server.frames()) == b"x\n" + big + b"y\n"
    c = s.counts()
    assert c["drop.wire.toobig"] == 1 and c["confirmed"] == 3


def nothing_to_send_is_no_connection_and_no_error():
    server = Sink(CERT, KEY)
    s = to(server)
    assert s.run(b"") == 0
    assert server.sessions == []


def what_is_no_capture_is_an_error():
    server = Sink(CERT, KEY)
    s = to(server, type="1")
    assert s.run(b"plain text, and enough of it for a header\n") == 1
    assert s.counts()["drop.pcap.magic"] == 1
    assert server.sessions == []


def many_sessions_each_confirmed():
    server, lines = Sink(CERT, KEY), numbered(100000)
    s = to(server)
    assert s.run(b"".join(lines), "--rotate-size", "1MiB") == 0
    assert payload(server.frames()) == b"".join(lines)
    assert len(server.sessions) >= 9
    assert all(x.how == "confirmed" for x in server.sessions)
    assert s.counts()["sessions"] == len(server.sessions)


def a_source_that_pauses_gets_its_session_confirmed():
    for option in ("--rotate-idle", "--rotate-age"):
        server = Sink(CERT, KEY)
        s = to(server)
        stdin = s.start(option, "300ms")
        for i, line in enumerate((b"one\n", b"two\n"), 1):
            stdin.write(line)
            stdin.flush()
            until("session %d is confirmed" % i, lambda: len(
                server.sessions) == i and server.sessions[-1].how)
        stdin.close()
        assert s.wait() == 0, s.log
        assert [x.how for x in server.sessions] == ["confirmed"] * 2
        assert payload(server.frames()) == b"one\ntwo\n"


def a_small_ring_is_confirmed_before_it_stops_the_input():
    server, lines = Sink(CERT, KEY), numbered(200000)
    s = to(server)
    assert s.run(b"".join(lines), "--ring", "4MiB") == 0
    assert payload(server.frames()) == b"".join(lines)
    assert len(server.sessions) >= 5


# ---- what breaks -----------------------------------------------------------


def lines_are_sent_again_after_each_break():
    server = Sink(CERT, KEY, ("cut", 300000, "fin"), ("cut", 10, "rst"),
                  ("cut", 500000, "rst"), ("confirm",))
    lines = numbered(20000)
    s = to(server)
    assert s.run(b"".join(lines)) == 0, s.log
    got = collections.Counter(payload(server.frames()).splitlines(True))
    assert set(got) == set(lines)
    assert max(got.values()) <= 4
    assert server.sessions[-1].how == "confirmed"
    # The last session alone has all of it: none of the others counted.
    assert payload(server.sessions[-1].frames()) == b"".join(lines)
    c = s.counts()
    assert c["confirmed"] == 20000 and c["resent"] > 0
    assert c["maybe_lost"] == 0


def captures_begin_with_their_opening_in_each_session():
    server, packets = Sink(CERT, KEY), pcap(20000)
    s = to(server, type="1")
    assert s.run(b"".join(packets), "--rotate-size", "1MiB") == 0, s.log
    assert len(server.sessions) >= 4
    got = []
    for session in server.sessions:
        one = list(d4.pcap_records(payload(session.frames())))
        assert one[0] == packets[0]
        got += one[1:]
    assert got == packets[1:]


def a_broken_capture_is_hardly_sent_twice_and_its_gap_is_counted():
    packets = pcap(60000)
    # The first session is confirmed: from then on the server is known.
    server = Sink(CERT, KEY, ("confirm",), ("cut", 900000, "rst"),
                  ("confirm",))
    s = to(server, type="1")
    status = s.run(b"".join(packets), "--rotate-size", "1MiB")
    got = collections.Counter()
    for session in server.sessions:
        got.update(list(d4.pcap_records(payload(session.frames())))[1:])
    c = s.counts()
    # Frames that the server had read and TCP had not acknowledged yet.
    twice = sum(got.values()) - len(got)
    assert twice <= 1000, (twice, c)
    assert 60000 - len(got) <= c["maybe_lost"], c
    assert c["confirmed"] + c["maybe_lost"] == 60000, c
    assert status == (1 if c["maybe_lost"] else 0)


def a_refused_capture_loses_nothing():
    server = Sink(CERT, KEY, ("cut", 62, "fin"), ("cut", 62, "rst"),
                  ("close", 62), ("confirm",))
    packets = pcap(60000)
    s = to(server, type="1")
    assert s.run(b"".join(packets)) == 0, s.log
    assert list(d4.pcap_records(payload(server.sessions[-1].frames()))) == \
        packets
    assert s.counts()["maybe_lost"] == 0


def refusals_are_waited_for_and_then_given_up():
    for step in (("cut", 62, "fin"), ("cut", 62, "rst"), ("close", 62)):
        server = Sink(CERT, KEY, step)
        s = to(server)
        assert s.run(b"".join(numbered(10)), "--wait", "2s") == 1
        c = s.counts()
        assert c["confirmed"] == 0 and c["unconfirmed"] == 10, (step, c)
        assert 1 <= len(server.sessions) <= 5, step
        assert "refused" in s.log or "reset" in s.log, s.log


def a_refusal_that_swallows_a_full_ring_confirms_nothing():
    lines = b"".join(b"%08d|%s\n" % (i, b"x" * 1000) for i in range(60000))
    server = Sink(CERT, KEY, ("swallow", 62), ("confirm",))
    s = to(server)
    assert s.run(lines) == 0, s.log
    c = s.counts()
    assert c["confirmed"] == 60000 and c["resent"] > 0, c
    got = [f.payload for x in server.sessions[1:] for f in x.frames()]
    assert b"".join(got) == lines


def a_close_notify_before_ours_confirms_nothing():
    server = Sink(CERT, KEY, ("close", 300), ("confirm",))
    s = to(server)
    assert s.run(b"".join(numbered(3))) == 0
    assert len(server.sessions) == 2
    assert payload(server.sessions[1].frames()) == b"".join(numbered(3))


def a_server_that_never_answers_is_not_taken_for_one():
    server = Sink(CERT, KEY, ("mute",))
    s = to(server)
    assert s.run(b"one\n", "--wait", "2s") == 1
    c = s.counts()
    assert c["confirmed"] == 0 and c["unconfirmed"] == 1


def no_server_at_all_is_lost_at_source():
    s = Sensor(destination="127.0.0.1:%d" % free_port(), fingerprint=PIN)
    assert s.run(b"one\ntwo\n", "--wait", "1s") == 1
    c = s.counts()
    assert c["lost_at_source"] == 2 and c["sent"] == 0


def a_full_ring_stops_the_source_and_nothing_is_lost():
    go = threading.Event()
    server = Sink(CERT, KEY, ("stall", go), ("confirm",))
    lines = numbered(400000)  # 40 MB
    s = to(server)
    stdin = s.start("--ring", "4MiB")
    fed = [0]

    def feed():
        for i in range(0, len(lines), 1000):
            stdin.write(b"".join(lines[i:i + 1000]))
            fed[0] = i + 1000
        stdin.close()

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    last = [-1, 0]

    def stands():
        last[1] = last[1] + 1 if last[0] == fed[0] else 0
        last[0] = fed[0]
        return last[1] > 50  # the feeder has not moved for half a second

    until("the source is stopped", stands)
    assert fed[0] < len(lines)
    go.set()
    thread.join(sensor.DEADLINE)
    assert s.wait() == 0, s.log
    assert payload(server.frames()) == b"".join(lines)


def sigterm_sends_and_confirms_what_was_read():
    server = Sink(CERT, KEY)
    s = to(server)
    stdin = s.start()
    stdin.write(b"one\ntwo\n")
    stdin.flush()
    until("they came", lambda: payload(server.frames()) == b"one\ntwo\n")
    s.process.send_signal(signal.SIGTERM)
    assert s.wait() == 0, s.log
    assert server.sessions[0].how == "confirmed"


if __name__ == "__main__":
    sensor.run_all(sys.modules["__main__"])
