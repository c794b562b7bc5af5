#!/usr/bin/env python3
"""Seeds of the fuzz targets misp_reply, misp_event, misp_record,
misp_remember and misp_types."""

import hashlib
import json
import os
import struct
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
U = "0d09b9b4-2cc2-5432-9e75-4d090e5fec42"
ITEM = {"u": U, "m": "passive-dns", "s": 1, "n": 3, "f": 1, "l": 2, "b": 1,
        "g": 3, "t": 1, "d": True, "i": False, "c": "",
        "v": [[0, False, "a.example.org"], [1, False, "A"],
              [2, True, "203.0.113.9"]]}
HEAD = {"v": 1, "uuid": U, "source": "s", "kind": "passive-dns", "label": 1,
        "pap": 0, "start": 1763683200, "span": 86400, "state": 1,
        "distribution": 1, "publish": False, "publish_owed": False, "over": 0,
        "refused": 0, "lanes": [["0123456789abcdef", "p", 0, 7]],
        "due": False}
PCAP = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
IP = bytes.fromhex("45000028000000004006" + "0000" + "cb007150" + "c6120009")
TCP = struct.pack(">HHIIBBHHH", 443, 40000, 1, 1, 0x50, 0x12, 1, 0, 0)


def ipfix(*sets):
    body = b"".join(struct.pack(">HH", i, len(b) + 4) + b for i, b in sets)
    return struct.pack(">HHIII", 10, len(body) + 16, 1763700000, 1, 7) + body


FLOW = struct.pack(">HH" + "HH" * 6, 256, 6, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1,
                   152, 8)
FLOWS = ipfix((2, FLOW)) + ipfix((256, bytes.fromhex("c0000205cb007109")
                                  + struct.pack(">HHBQ", 40000, 443, 6,
                                                1763700000123)))


def lines(*rows):
    return "".join(json.dumps(r, separators=(",", ":")) + "\n"
                   for r in rows).encode()


def name_of(space, *parts):
    """As misp-export/identity.c: lengths in front of the parts."""
    text = b"".join(b"%d:%s" % (len(p.encode()), p.encode()) for p in parts)
    digest = hashlib.sha1(uuid.UUID(space).bytes + text).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


EVENT = name_of("07000000-0000-0000-0000-000000000000", "event", "resolver",
                "passive-dns", "1763683200+86400", "green", "clear")
OBJECT = name_of(EVENT, "object", "passive-dns",
                 "13:a.example.org1:A11:203.0.113.9")


def part(relation, kind, value, computed=False):
    more = () if computed else (value,)
    return {"uuid": name_of(OBJECT, "attribute", relation, *more),
            "object_relation": relation, "type": kind, "value": value,
            "to_ids": False, "deleted": False, "disable_correlation": True}


SIGHTED = part("rrname", "text", "a.example.org")["uuid"]
SHOWN = {"uuid": OBJECT, "name": "passive-dns", "deleted": False,
         "comment": "c", "first_seen": "2025-11-21T00:00:00.000000+00:00",
         "last_seen": "2025-11-21T09:00:00.000000+00:00", "Attribute": [
             part("rrname", "text", "a.example.org"),
             part("rrtype", "text", "A"),
             part("rdata", "text", "203.0.113.9"),
             part("count", "counter", "7", True)]}


SEEDS = {
    "misp_remember": {
        "whole": json.dumps({
            "info": "D4 resolver: passive-dns 2025-11-21 (top 9)",
            "items": [{"attribute_uuid": SIGHTED, "uuid": name_of(
                SIGHTED, "sighting", "5", "resolver"),
                "date_sighting": "1763701200"}, SHOWN]}).encode(),
        "deleted": json.dumps({"items": [
            dict(SHOWN, deleted="1", Attribute=[], uuid=U)]}).encode(),
        "twice": json.dumps({"items": [SHOWN, SHOWN]}).encode(),
        "odd": json.dumps({"info": ": : x 2025-11-21T10", "items": [
            1, {}, dict(SHOWN, first_seen=None, Attribute=7)]}).encode()},
    "misp_types": {
        "describe": json.dumps({"result": {
            "types": ["text", "ip-src"], "category_type_mappings": {
                "Other": ["text", 7], "Network activity": ["ip-src"]}}}
            ).encode(),
        "template": json.dumps({"ObjectTemplate": {
            "name": "ja3s", "requirements": {
                "required": ["x", 7], "requiredOneOf": "x"}},
            "ObjectTemplateElement": [7, {
                "object_relation": "ip-src", "type": "text"}]}).encode(),
        "none": b"[]"},
    "misp_reply": {
        "errors": json.dumps({"saved": False, "errors": {
            "attribute_0": {"value": ["A similar attribute already exists "
                                      "for this event."]},
            "attribute_1": {"uuid": ["no"]}}}).encode(),
        "auth": b'{"message":"Authentication failed."}',
        "csv": b'"%s"\n"%s"\n\n' % (U.encode(), U.encode()),
        "html": b"<html>413</html>", "deep": b"[" * 200, "none": b""},
    "misp_event": {
        "whole": lines(HEAD, ITEM),
        "twice": lines(HEAD, ITEM, ITEM),
        "unknown": lines(HEAD, dict(ITEM, m="nothing")),
        "version": lines(dict(HEAD, v=2)),
        "rel": lines(HEAD, dict(ITEM, v=[[99, False, "x"]])),
        "lanes": lines(dict(HEAD, lanes=[["x" * 40, "p", 0, 1]])),
        "torn": lines(HEAD, ITEM)[:-30],
        "request": lines({"what": "recall", "event": U, "item": ""})},
    "misp_record": {
        "pdns": b"1763700000.12||a||b||IN||www.example.lu.||A||"
                b"203.0.113.80||300||4",
        "ja3": b'{"Timestamp":"2026-11-21T10:15:31Z","ServerIP":"203.0.113.80"'
               b',"JA3Digest":"e7d705a3286e19ea42f587b344ee6865",'
               b'"Certificates":[{"CertHash":"ab","NotBefore":"x"}]}',
        "sshd": b"Nov 21 10:15:02 h sshd[8]: Failed password for root from "
                b"203.0.113.66 port 40122 ssh2",
        "maltrail": b'"2026-11-21 10:15:31" s 192.0.2.5 4 203.0.113.9 443 TCP '
                    b'IP t "a b" r',
        "pcap": PCAP + struct.pack("<IIII", 1, 2, 40, 40) + IP + TCP,
        "pcap_torn": PCAP + struct.pack("<IIII", 1, 2, 4000, 40) + IP,
        "ipfix": FLOWS, "ipfix_torn": FLOWS[:-5],
        "ipfix_short": ipfix((2, FLOW[:-3])), "ipfix_data": FLOWS[44:],
        "terms": json.dumps({"v": 1, "lanes": {"0123456789abcdee": {
            "sink": "misp", "pipeline": "p", "after": 0, "delay_us": 0,
            "not_before": 0, "max_age": 0, "findings": {
                "source": "s", "label": "green", "pap": "clear",
                "class": "S2", "object": "", "distribution": -1,
                "publish": False, "to_ids": "true", "steps": ["a"],
                "mapped": ["in:198.18.0.0/16", "*"]}}}}).encode()},
}


def main():
    for target, seeds in SEEDS.items():
        folder = os.path.join(HERE, "corpus", target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
