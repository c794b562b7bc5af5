#!/usr/bin/env python3
"""Writes the committed seeds of the sanitizers of lines (run by hand)."""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import line_places  # noqa: E402
import packet_places_more  # noqa: E402


def put(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


JSON = {
    "objects": b'{"a":{"b":1,"c":[]},"k":{"x":2},"t":"2019-06-20T09:17:53Z"}\n',
    "lists": b'{"l":[1,{"p":1.10,"q":"\\u00e9"},3],"t":1322849924.408856}\n'
             b'[ {"k" : null } , true ]\n',
    "strings": b'{"s":"ab\\ud834\\udd1ecd","u":"alice","x":"\xc3\xbc"}\n',
    "addresses": b'{"ip":"10.1.2.3","l":["10.1.2.34"],"m":"8.8.8.8"}\n'
                 b'{"ip":"2001:db8:77::1","u":"10.1.2.\\u0033"}\n',
    "broken": b'{"a":1,"a":2}\n{"a":\n"\\ud800"\n\xff\n{}x\n01\n[1,]\n',
    "deep": b"[" * 65 + b"]" * 65 + b"\n" + b"[" * 64 + b"]" * 64 + b"\n",
    "keys": b"{" + b",".join(b'"k%d":0' % i for i in range(40)) + b"}\n",
    "no_end": b'{"a":1}',
}

TEXT = {
    "addresses": b"10.1.2.3 10[.]1[.]2[.]3 ip-10-1-2-3.x 3.2.1.10.in-addr.arpa"
                 b" [2001:db8:77::1]:443 ::ffff:10.1.2.3 7.7.0.0.8.b.d.0.1.0.0"
                 b".2.ip6.arpa 2.1.10.in-addr.arpa\n167838211 0a010203\n",
    "secrets": b"alice@example.org http://bob:s@h.net/ DE89 3704 0044 0532 013"
               b"0 00 00:11:22:33:44:55 pc1.corp.example +352 621 123 456\n",
    "users": b"Jun 14 15:16:01 h sshd[1]: Failed password for invalid user a "
             b"from b from 10.1.2.3\nuser=x login=\"y z\" acct='q\n",
    "stamps": b"2024-05-06T07:08:09.123Z id=abc\n[2024-05-06 07:08:09] aaaaaa"
              b"\n<165>1 2003-10-11T22:14:15.003Z x\n1322849924.4 x\n",
    "bytes": b"\x00\xff\r\n\n\r\n::1 1::2.3.4.5 a::b:\n" + b"9.9.9.9 " * 600
             + b"\n",
    "no_end": b"10.1.2.3",
}

EVENT = b'"2024-05-06 07:08:09.123456" %s 10.1.2.3 53 9.9.9.9 53 UDP %s\n'

FIND = {
    "escapes": b"\x07\x09 %31%30.1 \\x31 \\u0031 \\061 &#46; &#x2e; =2E [.] (dot) "
               b"[::] %u0031 \\U00000031 \\u{31} 10%252e",
    "unicode": b"\x0e\x05\xef\xbc\x91\xe3\x80\x82\xe2\x80\x8b\xc2\xb7\xf0\x9d"
               b"\x9f\x8e\xff\xe2\x80 1\x000\x00",
    "base64": b"\x0f\x20MTAuMS4yLjM= ab/MTEuMS4yLjM-_ CgECAw== =====\n"
              b"IAENuAB3AAAAAAAAAAsACg==",
    "numbers": b"\x02\x03 9_10_1_2 0xa.0x1 012.01 10.1.51 0a:01:02 -268369405 "
               b"01200201003 50462986 B80D012000007700",
    "long": b"\x10\x80" + b"%41MTAu" * 400,
}

TRAIL = {
    "good": EVENT % (b"pc1", b"DNS (www.)evil.net \"mal ware\" (static)"),
    "scope": EVENT % (b'"a ""b"""', b"IP 10.1.9.9 x y"),
    "deny": EVENT % (b"pc1", b"URL b.corp/x?y \"\" z"),
    "six": b'"2024-05-06 07:08:09" s 2001:db8:77::1 - - - TCP IP ::1 x y\n',
    "broken": b'"a" b c\n\n"x\n a b c d e f g h i j k\n',
    "no_end": b"a b c d",
}

PDNS = {
    "good": b"1322849924.408856||10.1.1.1||8.8.8.8||IN||a.b.org.||A||1.2.3.4"
            b"||300||5\n",
    "types": b"1||||||IN||a.org||AAAA||2001:db8::1||0||1\r\n"
             b"1||||||IN||a.org||MX||10 mx.a.org.||0||2\n"
             b"1||||||IN||a.org||TXT||v=spf1 ip4:10.1.2.3 | \xc3\xa4||0||3\n",
    "clients": b"".join(
        b"17.5||10.1.0.%d||10.1.1.53||IN||www.a.com||A||9.9.9.%d||60||2\n"
        % (i, i % 2) for i in range(6)),
    "reverse": b"1||10.1.2.3||||IN||3.2.1.10.in-addr.arpa||PTR||a.org||0||2\n"
               b"1||10.1.2.3||||IN||ip-10-1-2-3.org||A||10.1.2.3||0||2\n",
    "broken": b"\n1||2\n|||||||||||||||||\n1||||||IN||b\\046.org||A||1.2.3.4||"
              b"0||1\n\xff||||||||||||||||\n",
    "bar": b"1||||||IN||a.b.|c.com||A||1.2.3.4||0||2\n",
    "quad": b"1||||||IN||a.org||AAAA||2001:db8::10.1.2.3||0||2\n",
    "no_end": b"1||||||IN||a.org||A||1.2.3.4||0||1",
}


def window(keys):
    head = b"D4KW" + struct.pack("<IIIQQIIQ", 1, 2, 60, 8, 1, 9, 0, keys)
    return head + b"".join(
        struct.pack("<IIQQIQI", i % 8, i + 1, i, 7, 100, 8, 101)
        for i in range(keys))


WATCH = {
    "good": b"Zm9vYmFy\nf0VMRgIBAQ==\r\nTVqQ\n",
    "broken": b"Zm9v!\n====\n\nZg=\nZh==\n",
    "long": b"A" * 400 + b"\n",
    "no_end": b"Zm9v",
}


def main():
    for name, text in JSON.items():
        for i, pipeline in enumerate(("identity", "allow", "ops", "scope")):
            put("san_json", "%s_%s" % (name, pipeline), bytes([i + 8]) + text)
    for name, text in TEXT.items():
        for i, pipeline in enumerate(("scope", "tokens", "masks")):
            put("san_text", "%s_%s" % (name, pipeline), bytes([i + 9]) + text)
    for name, text in FIND.items():
        put("find", name, text)
    for name, text in TRAIL.items():
        put("san_maltrail", name, b"\x07" + text)
    for name, text in PDNS.items():
        for i, pipeline in enumerate(
                ("plain", "filters", "scope", "mapped", "distinct")):
            put("san_pdns", "%s_%s" % (name, pipeline), bytes([i + 6]) + text)
    for i, (name, _, packet, _) in enumerate(packet_places_more.DNS_ROWS):
        if packet[23:24] == b"\x11":  # IPv4 and UDP
            name = "".join(c if c.isalnum() else "_" for c in name)
            put("san_dns", name, bytes([i % 3]) + packet[42:])
    for name, text, _ in line_places.DNSCAP:
        name = "".join(c if c.isalnum() else "_" for c in name)
        put("san_dnscap", name, b"\x08" + text.encode() + b"\n")
    for name, data in WATCH.items():
        for i in range(2):
            put("san_watch", "%s_%d" % (name, i), bytes([i + 6]) + data)
    put("san_pdns", "window_empty", b"\x05" + window(0))
    put("san_pdns", "window_keys", b"\x05" + window(12))
    put("san_pdns", "window_cut", b"\x05" + window(3)[:-5])


main()
