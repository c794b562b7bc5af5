#!/usr/bin/env python3
"""Whom d4-sensor talks to; its other destination, enrolment, options."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import d4  # noqa: E402
import sensor  # noqa: E402
from ports import free_port  # noqa: E402
from sensor import Sensor, numbered, payload, pcap  # noqa: E402
from sink import Sink, certificate  # noqa: E402

CERT, KEY, PIN = certificate(sensor.T, "server")
OTHER_CERT, OTHER_KEY, OTHER_PIN = certificate(sensor.T, "other")
NAMED_CERT, NAMED_KEY, _ = certificate(sensor.T, "named",
                                       "DNS:hub.example.org")


def refused(server, **files):
    s = Sensor(destination=server.address, **files)
    assert s.run(b"secret\n", "--wait", "1s") == 1
    assert all(not x.data for x in server.sessions)
    return s.log


def a_wrong_certificate_gets_no_byte():
    server = Sink(CERT, KEY)
    assert "fingerprint" in refused(server, fingerprint=OTHER_PIN)
    refused(server, rootCA=open(OTHER_CERT).read())
    named = Sink(NAMED_CERT, NAMED_KEY)
    assert "mismatch" in refused(named, rootCA=open(NAMED_CERT).read())


def a_ca_and_a_name_are_enough():
    for cert, key, name in ((CERT, KEY, None),
                            (NAMED_CERT, NAMED_KEY, "hub.example.org")):
        server = Sink(cert, key)
        s = Sensor(destination=server.address, name=name,
                   rootCA=open(cert).read())
        assert s.run(b"x\n") == 0, s.log


def a_key_that_others_can_read_is_said_and_never_shown():
    server = Sink(CERT, KEY)
    s = Sensor(destination=server.address, fingerprint=PIN,
               key="Do_not_show_me")
    os.chmod(s.dir + "/key", 0o644)
    assert s.run(b"x\n", "-v") == 0
    assert "key can be read by others" in s.log
    assert "Do_not_show_me" not in s.log
    assert server.frames()[0].check(b"Do_not_show_me")


def insecure_must_be_written_out():
    server = Sink(CERT, KEY)
    assert "nothing says how to know the server" in refused(server)
    assert "unknown word" in refused(server, tls="yes")
    s = Sensor(destination=server.address, tls="insecure")
    assert s.run(b"x\n") == 0
    assert "NOT verified" in s.log


def openssl_s_server_is_a_server():
    port = free_port()
    p = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-quiet",
         "-cert", CERT, "-key", KEY, "-naccept", "1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sensor.STARTED.append(p)
    s = Sensor(destination="127.0.0.1:%d" % port, fingerprint=PIN)
    assert s.run(b"".join(numbered(5))) == 0, s.log
    out = p.communicate(timeout=sensor.DEADLINE)[0]
    assert payload(d4.frames(out)) == b"".join(numbered(5))


# ---- other commands --------------------------------------------------------


def stdout_gets_the_frames():
    s = Sensor(destination="stdout", type="1", snaplen="500")
    packets = pcap(100)
    assert s.run(b"".join(packets)) == 0
    frames = list(d4.frames(s.stdout))
    assert all(f.check(sensor.KEY.encode()) for f in frames)
    assert list(d4.pcap_records(payload(frames))) == packets
    p = subprocess.run(s.command(), input=b"".join(pcap(100000)),
                       stdout=open("/dev/full", "w"), stderr=subprocess.PIPE)
    assert p.returncode == 1 and b"No space left" in p.stderr


def enroll(folder, line, *more):
    p = subprocess.run([sensor.program(), "enroll", "-c", folder, *more],
                       input=line.encode(), stderr=subprocess.PIPE)
    return p.returncode, p.stderr.decode()


def an_enrolled_sensor_reaches_its_hub():
    server, folder = Sink(CERT, KEY), os.path.join(sensor.T, "enrolled", "deep")
    line = ("d4-enroll:v1 host=127.0.0.1 port=%d uuid=%s key=%s "
            "fingerprint=%s type=254.ja3-jl\n" % (
                server.port, "0f8a2f3e-5c66-4a3b-9d5e-0c1b2a394857",
                "Key_of-the-sensor", PIN.replace(":", "").lower()))
    status, log = enroll(folder, line)
    assert status == 0 and "Key_of-the-sensor" not in log, log
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert os.stat(folder + "/key").st_mode & 0o777 == 0o600
    subprocess.run([sensor.program(), "-c", folder], input=b"x\n", check=True,
                   stderr=subprocess.DEVNULL)
    frames = server.frames()
    assert [f.payload for f in frames] == [b'{"type":"ja3-jl"}', b"x\n"]
    assert all(f.check(b"Key_of-the-sensor") for f in frames)
    assert enroll(folder, line)[0] == 1
    assert enroll(folder, line, "--force")[0] == 0
    assert enroll(folder, "d4-enroll:v1 host=x\n", "--force")[0] == 1
    assert enroll(folder, "", line.strip())[0] == 64


def the_command_line_is_checked():
    for words, status in ((["--help"], 0), (["--version"], 0),
                          (["--nonsense"], 64), (["stray"], 64),
                          (["--ring", "1KiB"], 64), (["--wait", "x"], 64),
                          (["-c", "/nonexistent"], 1)):
        p = subprocess.run([sensor.program(), *words], input=b"",
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert p.returncode == status, words


if __name__ == "__main__":
    sensor.run_all(sys.modules["__main__"])
