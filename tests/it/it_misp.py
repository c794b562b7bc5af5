#!/usr/bin/python3
"""d4-misp-export between an airlock and a MISP that behaves as recorded."""

import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, ja3, objects, quiet, run  # noqa: E402
from misp_world import NOON, World, pdns, until  # noqa: E402

def test_findings_arrive_with_their_label_and_what_was_done():
    with World(tags="['d4:source=\"pdns\"']") as w:
        lane = w.lane(mapped=["client"])
        lane.lines([pdns("Host%d.example.org." % i) for i in range(20)])
        w.start()
        w.settle()
        [event] = w.server.store.events.values()
        assert event["info"].startswith("D4 resolver: passive-dns 20")
        assert event["tags"] == {"tlp:green", "PAP:CLEAR",
                                 'd4:source="pdns"'}
        assert event["distribution"] == "1" and not event["published"]
        assert len(objects(w, "passive-dns")) == 20
        [done] = objects(w, "anonymisation")
        [text] = attributes(w, object=done["uuid"], relation="description")
        assert "class S2; steps: pdns, time; pseudonyms: client" in \
            text["value"]
        assert not any(a["to_ids"] for a in attributes(w))
        quiet(w)


def test_what_misp_would_refuse_never_leaves_and_is_reported():
    mappers = ("{odd: {attributes: ["
               "{type: port, path: /port, key: true}, "
               "{type: hostname, path: /host, key: true}, "
               "{type: ip-src, path: /ip, key: true}, "
               "{type: datetime, path: /when, key: true}, "
               "{type: counter, path: /n, key: true}, "
               "{type: sha256, path: /hash, key: true}, "
               "{type: text, path: /text, key: true}]}}")
    bad = [{"port": 0}, {"port": 65536}, {"host": "localhost"},
           {"host": "*.example.org"}, {"ip": "fe80::1%eth0"},
           {"ip": "192.0.2.010"}, {"when": "1795293385"}, {"n": "-1"},
           {"hash": "abc"}, {"text": "\U0001f4a5"}, {"text": "x" * 65536},
           {"text": "a\u0000b"}]
    good = [{"port": 443}, {"host": "host.example.org."},
            {"ip": "2001:DB8::0001"}, {"when": "2026-11-20T00:00:00Z"},
            {"text": "plain"}]
    with World(mappers=mappers) as w:
        w.lane(6, object="odd").lines(
            [json.dumps(o).encode() for o in bad + good])
        w.start()
        now = w.settle()
        quiet(w)
        got = sorted(a["value"] for a in attributes(w, object=None))
        assert got == sorted(["443", "host.example.org", "2001:db8::1",
                              "2026-11-20T00:00:00.000000+0000", "plain"])
        # jansson refuses a NUL in a string: that line is none at all.
        assert sum(now["refused"].values()) == len(bad) - 1, now
        assert now["odd"] == 1
        assert now["refused"]["value.4byte-utf8"] == 1
        assert now["refused"]["value.toobig"] == 1
        assert len([t for t in w.accounts()
                    if t["event"] == "misp.refused"]) == len(bad) - 1
        w.stop()
        w.configure(mappers="{n: {attributes: [{type: integer, path: /n, "
                    "key: true}]}}")
        done = w.run("-n")
        assert done.returncode == 1 and "integer" in done.stderr


def test_pseudonyms_are_no_indicators():
    with World() as w:
        w.lane(254, "ja3-jl", object="ja3, ja3s", source="tls",
               mapped=["in:198.18.0.0/16"]).lines(
            [ja3("198.18.3.4"), ja3("203.0.113.80")])
        w.lane(254, "ja3-jl", object="ja3", source="all",
               mapped=["*"]).lines([ja3("203.0.113.81")])
        w.lane(254, "ja3-jl", object="ja3", source="red", pap="red",
               mapped=[]).lines([ja3("203.0.113.82")])
        w.start()
        w.settle()
        [mapped] = [a for a in attributes(w, value="198.18.3.4")
                    if a["relation"] == "ip-dst"]
        assert mapped["type"] == "text" and not mapped["to_ids"]
        assert not mapped["correlate"]
        [real] = [a for a in attributes(w, value="203.0.113.80")
                  if a["relation"] == "ip-dst"]
        assert real["type"] == "ip-dst" and real["correlate"]
        marked = attributes(w, to_ids=True)
        # ja3 and ja3s of the first lane; nothing of the others.
        assert len(marked) == 4, marked
        assert {a["type"] for a in marked} == {"ja3-fingerprint-md5"}
        assert not [a for a in attributes(w, value="203.0.113.81")
                    if a["type"] != "text"]
        quiet(w)


def test_nothing_reaches_further_than_its_label():
    cases = (("clear", -1, "3"), ("green", -1, "1"), ("green", 3, "1"),
             ("clear", 0, "0"), ("amber", -1, "4"), ("amber", 3, "4"),
             ("amber+strict", 3, "0"), ("red", 3, None))
    with World(sharing_group="717ccf4e-8f62-4a3f-9ce1-7daa8934676b") as w:
        w.server.store.groups["717ccf4e-8f62-4a3f-9ce1-7daa8934676b"] = "7"
        for i, (label, asked, _) in enumerate(cases):
            w.lane(label=label, distribution=asked,
                   source="s%d" % i).lines([pdns("a%d.example.org" % i)])
        w.start()
        now = w.settle()
        assert now["red"] == 1
        got = {e["info"].split()[1].rstrip(":"): e
               for e in w.server.store.events.values()}
        for i, (label, asked, want) in enumerate(cases):
            event = got.get("s%d" % i)
            assert (event and event["distribution"]) == want, (label, event)
            if event:
                assert event["reach"] == {want}
                assert "tlp:" + label in event["tags"]
                assert event["group"] == ("7" if want == "4" else "0")
        quiet(w)


def test_amber_without_a_sharing_group_stays_at_home():
    with World() as w:
        w.lane(label="amber").lines([pdns("a.example.org")])
        w.start()
        w.settle()
        [event] = w.server.store.events.values()
        assert event["reach"] == {"0"}


def test_what_is_withdrawn_is_not_sent_though_it_was_taken():
    with World(flush="1h") as w:
        lane = w.lane()
        w.server.plan("302")
        lane.lines([pdns("a.example.org")])
        w.start()
        until("taken", lambda: w.taken() == 1)
        w.release([])
        w.stop()
        w.configure(flush="10ms")
        w.start()
        until("looked", lambda: w.status().get("due") == 1)
        assert not w.server.store.events
        lane.terms["label"] = "amber"  # stricter than when it came
        w.release()
        other = w.lane(source="other")
        other.lines([pdns("b.example.org")])
        until("the other one", lambda: w.server.store.events)
        assert all("other" in e["info"]
                   for e in w.server.store.events.values())
        lane.terms["label"] = "green"
        w.release()
        w.settle()
        assert len(w.server.store.events) == 2
        freeze = os.path.join(w.airlock, "freeze", "own-misp")
        open(freeze, "w").close()
        calls = len(w.server.calls)
        other.lines([pdns("c.example.org")])
        lane.lines([pdns("c.example.org")])
        w.release()
        os.unlink(freeze)
        w.settle()
        assert len(w.server.calls) > calls
        quiet(w)


def test_repeats_are_sightings_and_a_moved_last_seen():
    with World() as w:
        lane = w.lane(publish=True)
        lane.lines([pdns("a.example.org")])
        w.start()
        w.settle()
        assert not w.server.store.sightings
        lane.lines([pdns("a.example.org", at=NOON + 60),
                    pdns("a.example.org", at=NOON + 7200, count=5)])
        w.settle()
        assert len(objects(w, "passive-dns")) == 1
        [count] = attributes(w, relation="count")
        [last] = attributes(w, relation="time_last")
        assert count["value"] == "7"
        [sighting] = w.server.store.sightings.values()
        assert sighting["date_sighting"] == NOON + 7200
        assert w.server.store.attributes[
            sighting["attribute_uuid"]]["value"] == "a.example.org"
        assert last["edits"] > 0
        [event] = w.server.store.events.values()
        assert event["published"]
        quiet(w)


def test_ten_thousand_arrive_in_batches():
    with World() as w:
        lane = w.lane()
        for i in range(20):
            lane.lines([pdns("h%d.example.org" % n)
                        for n in range(i * 500, i * 500 + 500)])
        w.start()
        w.settle()
        assert len(objects(w, "passive-dns")) == 10000
        assert len(w.server.calls) < 700, len(w.server.calls)
        with open("/proc/%d/status" % w.process.pid) as f:
            [high] = [int(line.split()[1]) for line in f
                      if line.startswith("VmHWM")]
        print("  %d calls, at most %d KiB in memory" % (
            len(w.server.calls), high))
        quiet(w)


def syn_ack(src, port, n):
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    ip = bytes([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]) + bytes(
        int(x) for x in src.split(".")) + bytes([198, 18, 0, 9])
    tcp = struct.pack(">HHIIBBHHH", port, 40000, 1, 1, 0x50, 0x12, 1, 0, 0)
    return head + b"".join(
        struct.pack("<IIII", NOON + i, 0, 40, 40) + ip + tcp
        for i in range(n))


def test_backscatter_and_logins_name_who_they_are():
    with World() as w:
        w.lane(1, object="ddos", source="telescope",
               mapped=["in:198.18.0.0/16"]).put(
            syn_ack("203.0.113.80", 443, 5), 5, opening=24)
        w.lane(3, object="authentication-failure-report, honeypot-login",
               source="honeypot").lines([
                   b"Nov 21 10:15:02 h sshd[8]: Failed password for invalid "
                   b"user a from b from 203.0.113.66 port 40122 ssh2",
                   b"Nov 21 10:15:09 h sshd[8]: Accepted password for trap "
                   b"from 203.0.113.66 port 40188 ssh2"])
        w.lane(254, "maltrail", object="maltrail", source="trail").lines([
            b'"2026-11-21 10:15:31.123456" sensor 192.0.2.5 4000 '
            b'203.0.113.9 443 TCP IP 203.0.113.9 "known attacker" '
            b'example.org'])
        w.start()
        w.settle()
        [victim] = attributes(w, relation="ip-dst", value="203.0.113.80")
        assert victim["type"] == "ip-dst"
        [port] = attributes(w, relation="dst-port", value="443",
                            object=victim["object"])
        [text] = attributes(w, relation="text", object=victim["object"])
        assert text["value"].endswith("packets of backscatter seen: 5")
        assert not attributes(w, value="198.18.0.9")
        [user] = attributes(w, relation="username")
        assert user["value"] == "a from b"
        assert objects(w, "ip-port") and objects(w, "network-connection")
        [trail] = objects(w, "network-connection")
        assert trail["comment"] == \
            "maltrail: 203.0.113.9 known attacker (example.org)"
        quiet(w)


def ipfix(domain, *sets):
    body = b"".join(struct.pack(">HH", i, len(b) + 4) + b for i, b in sets)
    return struct.pack(">HHIII", 10, len(body) + 16, NOON, 1, domain) + body


def flow(src, dst, dport, at, proto=6):
    return bytes(int(x) for x in (src + "." + dst).split(".")) + \
        struct.pack(">HHBQ", 40000, dport, proto, at * 1000)


def test_flows_of_ipfix_are_connections():
    fields = struct.pack(">HH" + "HH" * 6, 256, 6, 8, 4, 12, 4, 7, 2, 11, 2,
                         4, 1, 152, 8)
    data = ipfix(7, (2, fields)) + ipfix(
        7, (256, flow("198.18.0.5", "203.0.113.9", 443, NOON)
            + flow("198.18.0.5", "203.0.113.9", 443, NOON + 7200)
            + flow("198.18.0.5", "203.0.113.9", 53, NOON, 17)
            + flow("0.0.0.0", "203.0.113.9", 53, NOON, 17)))
    data += ipfix(8, (256, flow("192.0.2.1", "192.0.2.2", 1, NOON)))
    with World() as w:
        w.lane(7, object="", source="flows",
               mapped=["in:198.18.0.0/16"]).put(data, 5, opening=44)
        w.start()
        w.settle()
        assert len(objects(w, "network-connection")) == 2
        [port] = attributes(w, relation="dst-port", value="443")
        parts = {a["relation"]: a for a in attributes(
            w, object=port["object"])}
        assert parts["count"]["value"] == "2"
        assert parts["ip-src"]["type"] == "text"  # a pseudonym
        assert parts["ip-dst"]["type"] == "ip-dst"
        assert parts["layer4-protocol"]["value"] == "tcp"
        assert len(w.server.store.sightings) == 1
        assert not attributes(w, value="192.0.2.1")  # no template of it
        quiet(w)


def test_fingerprints_of_clients_servers_and_hosts():
    ja4 = "t13d1516h2_8daaf6152771_b186095e22b6"
    with World() as w:
        w.lane(6, object="ja4, ja4s, network-connection",
               source="eve").lines([json.dumps({
                   "timestamp": "2026-11-21T10:15:31.123456+0000",
                   "src_ip": "192.0.2.5", "dest_ip": "203.0.113.9",
                   "dest_port": 443, "proto": "TCP", "tls": {
                       "ja4": ja4, "ja4s": "t130200_1301_234ea6891581"}
               }).encode()])
        w.lane(6, object="passive-ssh", source="ssh").lines([json.dumps({
            "host": "203.0.113.9", "port": 22, "hassh": [
                "ec7378c1a92f5a8dde7e8b7a1ddf33d1"],
            "banner": ["SSH-2.0-OpenSSH_9.2p1"], "keys": [{
                "type": "ssh-ed25519", "base64": "AAAAC3NzaC1lZDI1NTE5",
                "fingerprint": "ec:73:78:c1:a9:2f:5a:8d:de:7e:8b:7a:1d:df:"
                "33:d1"}]}).encode()])
        w.start()
        w.settle()
        [client] = attributes(w, value=ja4)
        parts = {a["relation"]: a["value"]
                 for a in attributes(w, object=client["object"])}
        assert parts == {"ja4-fingerprint": ja4, "ja4-type": "JA4",
                         "ip-src": "192.0.2.5"}, parts
        assert len(objects(w, "ja4-plus")) == 2
        [host] = objects(w, "passive-ssh")
        parts = {a["relation"]: a["value"]
                 for a in attributes(w, object=host["uuid"])}
        assert parts["host"] == "203.0.113.9" and parts["port"] == "22"
        assert parts["hassh"].startswith("ec73"), parts
        assert len(parts) == 8, parts
        quiet(w)


if __name__ == "__main__":
    run(globals())
