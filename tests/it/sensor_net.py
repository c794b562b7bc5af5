#!/usr/bin/python3
"""d4-sensor's way to the server: proxy, retries, names; Redis lists; tee."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import redis  # noqa: E402
import d4  # noqa: E402
import sensor  # noqa: E402
from ports import free_port  # noqa: E402
from sensor import Sensor, numbered, payload, until  # noqa: E402
from sink import Sink, certificate  # noqa: E402
from socks5 import Socks5  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")


def to(server, **more):
    return Sensor(destination=server.address, fingerprint=PIN, **more)


# ---- the proxy -------------------------------------------------------------


def a_proxy_looks_the_name_up_and_sees_only_tls():
    server, lines = Sink(CERT, KEY), numbered(2000)
    proxy = Socks5({"hub.onion": ("127.0.0.1", server.port)})
    s = Sensor(destination="hub.onion:4443", fingerprint=PIN,
               proxy=proxy.address)
    assert s.run(b"".join(lines)) == 0, s.log
    assert proxy.asked == [(3, "hub.onion", 4443)]
    assert payload(server.frames()) == b"".join(lines)


def a_proxy_that_asks_gets_user_and_password():
    server = Sink(CERT, KEY)
    proxy = Socks5({"127.0.0.9": ("127.0.0.1", server.port)},
                   ("user", "pass:word"))
    s = Sensor(destination="127.0.0.9:1", fingerprint=PIN,
               proxy=proxy.address, proxy_login="user:pass:word")
    assert s.run(b"one\n") == 0, s.log
    assert proxy.logins == [("user", "pass:word")]
    assert proxy.asked == [(1, "127.0.0.9", 1)]
    s = Sensor(destination="127.0.0.9:1", fingerprint=PIN,
               proxy=proxy.address)
    assert s.run(b"one\n", "-rt", "0") == 1
    assert "another way of logging in" in s.log
    assert "pass:word" not in s.log


def a_proxy_that_cannot_is_said_and_retried():
    server = Sink(CERT, KEY)
    proxy = Socks5({})
    s = Sensor(destination="hub.onion:4443", fingerprint=PIN,
               proxy=proxy.address)
    s.start("--retry", "100ms").write(b"one\n")
    s.process.stdin.close()
    until("it was tried", lambda: len(proxy.asked) >= 2)
    proxy.names["hub.onion"] = ("127.0.0.1", server.port)
    assert s.wait() == 0
    assert "host unreachable" in s.log and payload(
        server.frames()) == b"one\n"


# ---- attempts --------------------------------------------------------------


def the_first_failure_ends_it_when_goclient_would_end():
    s = Sensor(destination="127.0.0.1:%d" % free_port(), fingerprint=PIN)
    for options in (("-rt", "0"), ("--retries", "1"), ("-rt=0s",)):
        assert s.run(b"one\n", *options) == 1
        assert s.log.count("not connected") == 1, s.log


def a_name_is_resolved():
    server = Sink(CERT, KEY)
    s = Sensor(destination="localhost:%d" % server.port, fingerprint=PIN)
    assert s.run(b"one\n") == 0, s.log
    assert payload(server.frames()) == b"one\n"


def an_unknown_name_is_said():
    s = Sensor(destination="no-such-host.invalid:1", fingerprint=PIN)
    assert s.run(b"one\n", "-rt", "0", "-ct", "20s", deadline=60) == 1
    assert "no-such-host.invalid" in s.log


def flags_of_goclient_are_taken():
    server = Sink(CERT, KEY)
    s = to(server)
    assert s.run(b"one\n", "-cka", "30s", "-ct", "5m", "-rl", "200ms", "-rt",
                 "30s", "-ce", "-ce=true", "-v", "-tor=false",
                 "-daily=0", "-json=false", "-cc=false") == 0, s.log
    assert s.run(b"one\n", "-ce=false") == 64
    assert "in the clear" in s.log
    assert s.run(b"one\n", "-cc") == 1
    assert "no rootCA.crt" in s.log
    assert s.run(b"one\n", "--json") == 0
    assert s.log.startswith("{")


# ---- Redis -----------------------------------------------------------------


class Redis:
    def __init__(self):
        self.port = free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "yes", "--dir", sensor.T,
             "--appendfilename", "%d.aof" % self.port,
             "--logfile", os.path.join(sensor.T, "redis.log")])
        sensor.STARTED.append(self.process)
        self.client = redis.Redis(port=self.port, db=2)
        until("redis answers", self.answers)

    def answers(self):
        try:
            return self.client.ping()
        except redis.exceptions.ConnectionError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()


QUEUE = "analyzer:8:d42967c1-f7ad-464e-bbc7-4464c653d7a6"


def queue_sensor(server, source, **more):
    return to(server, source="d4server", redis_queue=QUEUE,
              redis_d4="127.0.0.1:%d/2" % source.port, **more)


def push(source, first, n):
    """As d4-core does: the newest on the left."""
    source.client.lpush(QUEUE, *(b"line %d" % i
                                 for i in range(first, first + n)))


def lines(n):
    return b"".join(b"line %d\n" % i for i in range(n))


def a_list_comes_oldest_first_and_is_trimmed_when_confirmed():
    server, source = Sink(CERT, KEY), Redis()
    push(source, 0, 3000)
    s = queue_sensor(server, source)
    s.start("--rotate-idle", "200ms", "-rl", "20ms")
    until("all came", lambda: payload(server.frames()) == lines(3000))
    push(source, 3000, 100)
    until("more came", lambda: payload(server.frames()) == lines(3100))
    left = QUEUE + ":d4-sensor:" + s.uuid
    until("nothing is left", lambda: source.client.llen(left) == 0 and
          source.client.llen(QUEUE) == 0)
    s.process.terminate()
    assert s.wait() == 0, s.log
    assert s.counts()["confirmed"] == 3100
    source.kill()


def a_killed_sensor_gets_its_items_again():
    server, source = Sink(CERT, KEY, ("mute",), ("confirm",)), Redis()
    push(source, 0, 1000)
    s = queue_sensor(server, source)
    s.start()
    until("all came", lambda: payload(server.frames()) == lines(1000))
    left = QUEUE + ":d4-sensor:" + s.uuid
    assert source.client.llen(left) == 1000
    s.process.send_signal(signal.SIGKILL)
    s.process.wait()
    push(source, 1000, 10)
    s.start("--rotate-idle", "200ms")
    until("all came again", lambda: payload(
        server.sessions[-1].frames()) == lines(1010))
    until("nothing is left", lambda: source.client.llen(left) == 0)
    s.process.terminate()
    assert s.wait() == 0, s.log
    source.kill()


def a_redis_that_dies_loses_nothing():
    server, source = Sink(CERT, KEY), Redis()
    push(source, 0, 500)
    s = queue_sensor(server, source)
    s.start("-rl", "20ms")
    until("all came", lambda: payload(server.frames()) == lines(500))
    source.kill()
    source.start()
    push(source, 500, 500)
    want = set(lines(1000).splitlines())
    until("the rest came", lambda: set(
        payload(server.frames()).splitlines()) == want)
    s.process.terminate()
    assert s.wait() == 0, s.log
    source.kill()


def lists_of_paths_are_refused():
    source = Redis()
    s = queue_sensor(Sink(CERT, KEY), source, type="254",
                     metaheader='{"type": "ja3-jl"}')
    assert s.run(b"") == 1
    assert "holds paths of files" in s.log
    s = queue_sensor(Sink(CERT, KEY), source, type="1")
    assert s.run(b"") == 1
    assert "cannot come from source=d4server" in s.log
    source.kill()


# ---- the tee ---------------------------------------------------------------


def frames(data):
    return list(d4.Parser().feed(data))


def the_tee_writes_the_frames_that_are_sent():
    server, data = Sink(CERT, KEY), numbered(20000)
    s = to(server, type="254", metaheader='{"type":"x"}')
    assert s.run(b"".join(data), "-") == 0, s.log
    (first, *rest), (head, *sent) = frames(s.stdout), server.frames()
    # The headers that open either stream were not made in the same second.
    assert (first.type, first.payload) == (head.type, head.payload)
    assert [f.wire for f in rest] == [f.wire for f in sent]
    assert payload(rest) == b"".join(data)


def the_tee_feeds_a_second_server_by_socat():
    server, second, data = Sink(CERT, KEY), Sink(CERT, KEY), numbered(20000)
    s = to(server)
    words = " ".join(s.command("-"))
    done = subprocess.run(
        ["/bin/sh", "-c", "%s | socat -u - OPENSSL-CONNECT:%s,cafile=%s,"
         "commonname=localhost" % (words, second.address, CERT)],
        input=b"".join(data), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    assert payload(server.frames()) == b"".join(data)
    until("the second has all", lambda: payload(
        second.frames()) == b"".join(data))


def a_tee_that_nobody_reads_any_more_ends_alone():
    server, data = Sink(CERT, KEY), numbered(50000)
    s = to(server)
    p = subprocess.Popen(
        ["/bin/sh", "-c", " ".join(s.command("-")) +
         " 2>" + s.dir + ".err | head -c 1000 >/dev/null"],
        stdin=subprocess.PIPE)
    p.communicate(b"".join(data), timeout=60)
    until("all came", lambda: payload(server.frames()) == b"".join(data))
    with open(s.dir + ".err") as f:
        assert "gets no more frames" in f.read()


def stdout_as_destination_is_the_whole_pipeline():
    server, data = Sink(CERT, KEY), numbered(5000)
    s = Sensor(destination="stdout")
    words = " ".join(s.command("-"))
    done = subprocess.run(
        ["/bin/sh", "-c", "%s | socat -u - OPENSSL-CONNECT:%s,cafile=%s,"
         "commonname=localhost" % (words, server.address, CERT)],
        input=b"".join(data), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    until("it has all", lambda: payload(
        server.frames()) == b"".join(data))


if __name__ == "__main__":
    sensor.run_all(sys.modules[__name__])
