"""What the tests of the relay have in common: policies from their parts,
sensors, numbered records."""

import base64
import collections
import struct

ORG = "5b642239-4db4-4580-adf4-4ebd950d210f"
LOG = "6072e072-bfaa-4395-9bb1-cdb3b470d715"
CAP = "4072e072-bfaa-4395-9bb1-ccb3b470d715"
TLS = "8d8b724c-71b6-4d6c-942b-ffc2b6d761ac"
PDNS = (b"1700000000.%06d||192.0.2.7||198.51.100.1||IN||host%d.example.org."
        b"||A||203.0.113.9||300||1")


def partners_of(*names, profile="d4-core"):
    """The policy's partners of these names, all alike."""
    return "".join(
        "  - {id: %s, org: 1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b1%d, kind: "
        "partner, groups: [eu], min_class: S0, accept_pap: [clear, green], "
        "profile: %s}\n" % (name, i + 1, profile)
        for i, name in enumerate(names))


def sensors_policy(sources, pipelines, shares, partners=None, extra=""):
    """A policy file from its parts; MASTER is filled in by Org."""
    partners = partners or partners_of("acme")
    return ("version: 1\nhub: {id: lu-hub-1, org: %s, default_tlp: red, "
            "master_key: \"file:MASTER\"}\n%s\nsources:\n%spartners:\n%s"
            "pipelines:\n%sshare:\n%s" %
            (ORG, extra, sources, partners, pipelines, shares))


def source(name, sensors, types=None, meta=None, tlp="green"):
    takes = "types: [%s]" % types if types else "meta: [%s]" % meta
    return ("  - {id: %s, sensors: [%s], %s, org: %s, tags: [\"tlp:%s\"], "
            "floor_tlp: %s, community: [eu]}\n" %
            (name, ", ".join(sensors), takes, ORG, tlp, tlp))


def queue_source(name, queue, types=None, meta=None, tlp="green", more=""):
    takes = "types: [%s]" % types if types else "meta: [%s]" % meta
    return ("  - {id: %s, queue: %s, %s, org: %s, tags: [\"tlp:%s\"], "
            "floor_tlp: %s, community: [eu]%s}\n" %
            (name, queue, takes, ORG, tlp, tlp, more))


def pipeline(name, types=None, meta=None, steps="[]"):
    takes = "types: [%s]" % types if types else "meta: [%s]" % meta
    return "  - {id: %s, %s, steps: %s}\n" % (name, takes, steps)


def share(name, frm, pipe, to="acme", more=""):
    return ("  - {id: %s, to: [%s], from: [%s], pipeline: %s, "
            "because: \"test\"%s}\n" % (name, to, frm, pipe, more))


ONE = sensors_policy(
    source("pdns", [LOG], types="8"), pipeline("raw-8", types="8"),
    share("pdns-out", "pdns", "raw-8"))


def numbered(first, n):
    return [PDNS % (i % 1000000, i) for i in range(first, first + n)]


def confirmed(org, partner=None):
    """Of one partner, or of all; 0 where nobody answers."""
    return sum(la.get("confirmed", 0)
               for la in (org.status() or {}).get("lanes", [])
               if partner in (None, la["partner"]))


def pcap(n, first=0, size=80):
    """A capture of n UDP packets with a number in each; (bytes, n)."""
    out = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for i in range(first, first + n):
        body = b"\0" * 12 + b"\x08\0" + struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, size - 14, i & 0xffff, 0, 64, 17, 0,
            b"\xc0\0\2\1", b"\xc6\x33\x64\2")
        body += struct.pack(">HHHHI", 53, 53, size - 34, 0, i)
        body += b"\0" * (size - len(body))
        out += struct.pack("<IIII", 1700000000, i, size, size), body
    return b"".join(out)


def sessions_of(partner, kind):
    """The payloads of each session of a type."""
    out = collections.OrderedDict()
    for f in partner.frames():
        if f["type"] == kind:
            out[f["session"]] = out.get(f["session"], b"") + \
                base64.b64decode(f["payload"])
    return out.values()
