"""Lines in which an address, a name or a secret can hide, by type.

The telescope is 10.1.0.0/16 and 2001:db8:77::/48; A4 and A6 are of it. A row
is (name, line, what becomes of it: "pass" or a reason). PIPELINES: type, the
steps, and what must not stand in what passed.
"""
import base64
import json

A4, A6 = "10.1.2.3", "2001:db8:77::a:b"
NIBBLES = "b.0.0.0.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2"
SECRETS = ("hunter2", "alice@corp.example", "alice", "pc7.corp.example",
           "00:11:22:33:44:55", "DE89370400440532013000")


CODED = base64.b64encode(("from %s to" % A4).encode()).decode()


def pdns(client="192.0.2.1", server="192.0.2.53", qname="www.example.org",
         rrtype="A", answer="192.0.2.80"):
    return "1700000000.5||%s||%s||IN||%s||%s||%s||300||1" % (
        client, server, qname, rrtype, answer)


def event(**more):
    return json.dumps(dict({"ip": "192.0.2.7"}, **more))


def trail(sensor="sensor7", src="192.0.2.1", dst="198.51.100.9",
          value="bad.example.org", info="malware"):
    return '"2026-11-22 07:00:00.000000" %s %s 1 %s 53 UDP DNS %s %s (static)' \
        % (sensor, src, dst, value, info)


def dnscap(src="192.0.2.1", qname="www.example.org.", more="0 0 0",
           face="eth0", dst=A4, kind="A", flags="QUERY,NOERROR,59311,rd"):
    return "[56] 2016-10-20 15:23:01.075993 [#0 %s 4095] \\\n" \
        "\t[%s].53199 [%s].53  \\\n\tdns %s \\\n\t1 %s,IN,%s %s" % (
            face, src, dst, flags, qname, kind, more)


def answers(*records, edns="0"):
    return "\\\n\t%d %s 0 %s" % (len(records), " \\\n\t".join(records), edns)


DNSCAP = [
    ("asks", dnscap(src=A4, dst="192.0.2.53"), "pass"),
    ("answers", dnscap(), "pass"),
    ("IPv6", dnscap(src="2001:db8:1::1", dst=A6), "pass"),
    ("foreign only", dnscap(dst="192.0.2.53"), "scope.miss"),
    ("interface", dnscap(face="pc7.corp.example:" + A4), "pass"),
    ("A", dnscap(more=answers("www.example.org.,IN,A,60,%s" % A4)), "pass"),
    ("AAAA", dnscap(more=answers("www.example.org.,IN,AAAA,60,%s" % A6)),
     "pass"),
    ("MX, SOA", dnscap(more=answers(
        "example.org.,IN,MX,60,10,mail.example.org.",
        "example.org.,IN,SOA,60,ns.example.org.,a.example.org.,1,2,3,4,5")),
     "pass"),
    ("a name with dashes", dnscap(qname="ip-10-1-2-3.example.org."),
     "pdns.reverse"),
    ("a name in an answer", dnscap(more=answers(
        "www.example.org.,IN,CNAME,60,ip-10-1-2-3.example.org.")),
     "pdns.reverse"),
    ("reverse name", dnscap(qname="3.2.1.10.in-addr.arpa.", kind="PTR"),
     "pdns.suffix"),
    ("internal name", dnscap(qname="pc7.corp."), "pdns.suffix"),
    ("single label", dnscap(qname="pc7."), "pdns.label"),
    ("length of a text", dnscap(more=answers(
        "www.example.org.,IN,TXT,60,[16]")), "pass"),
    ("EDNS client subnet", dnscap(
        more="0 0 1 .,4096,4096,0,edns0[len=11,UDP=4096],edns0opt[ECS,"
        "family=1,source=24,scope=0,addr=10.1.2.3]"), "pass"),
    ("a record that is none", dnscap(more="1 %s 0 0" % A4), "pdns.value"),
    ("fewer records than it says", dnscap(more="2 a.example.org.,IN,A"),
     "pdns.value"),
    ("more behind it", dnscap(more="0 0 0 " + A4), "pdns.value"),
    ("error of dnscap", dnscap(flags=A4), "pdns.value"),
    ("a line of something else", "peer " + A4, "pdns.value"),
]
PDNS = [
    ("client", pdns(client=A4), "pass"),
    ("server", pdns(server=A6), "pass"),
    ("reverse name", pdns(qname="3.2.1.10.in-addr.arpa", rrtype="PTR",
                          answer="host.example.org"), "pdns.suffix"),
    ("reverse name of IPv6", pdns(qname=NIBBLES + ".ip6.arpa", rrtype="PTR",
                                  answer="host.example.org"), "pdns.suffix"),
    ("blocklist name", pdns(qname="3.2.1.10.zen.example.org"),
     "pdns.reverse"),
    ("name with dashes", pdns(qname="ip-10-1-2-3.example.org"),
     "pdns.reverse"),
    ("name in hex digits", pdns(qname="0a010203.example.org"),
     "pdns.reverse"),
    ("name as a number", pdns(qname="167838211.example.org"),
     "pdns.reverse"),
    ("name with underscores", pdns(qname="h_10_1_2_3.example.org"),
     "pdns.reverse"),
    ("name in hexadecimal octets", pdns(
        qname="0x0a-0x01-0x02-0x03.example.org"), "pdns.reverse"),
    ("name in base64", pdns(qname="mail-MTAuMS4yLjM.example.org"),
     "pdns.reverse"),
    ("answer", pdns(answer=A4), "pdns.answer"),
    ("answer of IPv6", pdns(rrtype="AAAA", answer=A6), "pdns.answer"),
    ("answer, mapped", pdns(rrtype="AAAA", answer="::ffff:" + A4),
     "pdns.answer"),
    ("answer of IPv6, its end dotted",
     pdns(rrtype="AAAA", answer="2001:db8::" + A4), "pdns.answer"),
    ("name in the answer", pdns(rrtype="CNAME",
                                answer="ip-10-1-2-3.example.org"),
     "pdns.reverse"),
    ("internal name", pdns(qname="pc7.corp"), "pdns.suffix"),
    ("internal name in the answer", pdns(rrtype="CNAME", answer="pc7.corp"),
     "pdns.suffix"),
    ("single label", pdns(qname="pc7"), "pdns.label"),
    ("wpad", pdns(qname="wpad.example.org"), "pdns.label"),
    ("TXT", pdns(rrtype="TXT", answer="v=spf1 ip4:10.1.2.3"),
     "pdns.rrtype"),
    ("tenth field", pdns() + "||" + A4, "pdns.fields"),
    ("bytes that are no UTF-8", pdns(qname="a\udcff.org"), "line.utf8"),
]
JSON = [
    ("value of a rule", event(ip=A4), "pass"),
    ("value of a rule, IPv6", event(ip=A6), "pass"),
    ("value of a rule, mapped", event(ip="::ffff:" + A4), "pass"),
    ("value of a rule, translated", event(ip="64:ff9b:1::a01:203"), "pass"),
    ("another value", event(note="from " + A4), "selfcheck"),
    ("another value, compatible", event(n="::a01:203"), "addr.drop"),
    ("a key", event(**{A4: 1}), "selfcheck"),
    ("inside a list", event(a=[[{"b": A6}]]), "selfcheck"),
    ("escaped", '{"ip": "192.0.2.7", "n": "10.1.2\\u002e3"}', "selfcheck"),
    ("escaped key", '{"ip": "192.0.2.7", "10.\\u0031.2.3": 0}', "selfcheck"),
    ("reverse name", event(n="3.2.1.10.in-addr.arpa"), "addr.drop"),
    ("ip6.arpa", event(n=NIBBLES + ".ip6.arpa"), "addr.drop"),
    ("dashes", event(n="ip-10-1-2-3"), "selfcheck"),
    ("hex digits", event(n="0A010203"), "addr.drop"),
    ("a number", event(n=167838211), "addr.drop"),
    ("with [.]", event(n="10[.]1[.]2[.]3"), "addr.drop"),
    ("underscores", event(n="10_1_2_3"), "addr.drop"),
    ("a list of octets", event(n=[10, 1, 2, 3]), "addr.drop"),
    ("hexadecimal octets", event(n="0xa.0x1.0x2.0x3"), "addr.drop"),
    ("short form of inet_aton", event(n="10.1.515"), "addr.drop"),
    ("a number, little-endian", event(n=50462986), "addr.drop"),
    ("escaped twice", event(n="10\\u002e1\\u002e2\\u002e3"), "addr.drop"),
    ("full width", '{"ip": "192.0.2.7", "n": "\uff11\uff10.1.2.3"}',
     "addr.drop"),
    ("base64 of a text", event(n=CODED), "addr.drop"),
    ("base64 of its bytes", event(n="CgECAw=="), "addr.drop"),
    ("hex digits of a text", event(n=A4.encode().hex()), "addr.drop"),
    ("percent signs", event(n="a=10%2e1%2e2%2e3"), "addr.drop"),
    ("IPv6, written out", event(n="2001:0db8:0077:0:0:0:000a:000b"),
     "addr.drop"),
    ("key twice", '{"ip": "192.0.2.7", "ip": "%s"}' % A4, "json.duplicate"),
    ("lone surrogate", '{"ip": "192.0.2.7", "n": "\\ud800"}', "json.utf8"),
    ("syntax", '{"ip": "192.0.2.7", n: "%s"}' % A4, "json.syntax"),
    ("no address for a rule", event(ip="host " + A4), "json.type"),
]
TEXT = [
    ("address", "from %s port 22" % A4, "pass"),
    ("address and port", "to %s:443 ok" % A4, "pass"),
    ("address and length", "net %s/32 ok" % A4, "pass"),
    ("IPv6", "from %s port 22" % A6, "pass"),
    ("IPv6 in brackets", "url http://[%s]:80/" % A6, "pass"),
    ("IPv6 with zone", "via %s%%eth0" % A6, "pass"),
    ("mapped", "from ::ffff:%s" % A4, "pass"),
    ("translated", "from 64:ff9b:1::a01:203 and ::ffff:0:a01:203", "pass"),
    ("defanged", "seen 10[.]1[.]2[.]3 and 10(.)1.2.3", "pass"),
    ("dashes", "host ip-10-1-2-3.example.org", "pass"),
    ("reverse name", "PTR 3.2.1.10.in-addr.arpa", "pass"),
    ("reverse name of IPv6", "PTR %s.ip6.arpa" % NIBBLES, "pass"),
    ("escaped dots", r"match 10\.1\.2\.3 and 10%2e1%2E2%2e3", "pass"),
    ("underscores", "host_10_1_2_3 10_1_2_3", "pass"),
    ("hex digits", "peer 0a010203 refused", "addr.drop"),
    ("hex digits, little-endian", "1: 0302010A:0016 00000000:0000",
     "addr.drop"),
    ("hex digits in pairs", "peer 0a:01:02:03 0a 01 02 03", "addr.drop"),
    ("bytes of C", r'"\x0a\x01\x02\x03"', "addr.drop"),
    ("a number", "peer 167838211 refused", "addr.drop"),
    ("a number, little-endian", "peer 50462986 refused", "addr.drop"),
    ("an octal number", "peer 01200201003 refused", "addr.drop"),
    ("hexadecimal octets", "GET http://0xa.0x1.0x2.0x3/", "addr.drop"),
    ("octal octets", "GET http://012.0x1.02.03/", "addr.drop"),
    ("mixed bases", "GET http://0xa.1.02.3/", "addr.drop"),
    ("short form of inet_aton", "peer 10.1.515 refused", "addr.drop"),
    ("shortest form, in a URL", "GET http://10.66051/", "addr.drop"),
    ("commas, as of FTP", "227 Passive (10,1,2,3,19,137)", "addr.drop"),
    ("blanks", "octets 10 1 2 3", "addr.drop"),
    ("the word dot", "see 10 dot 1 dot 2 dot 3", "addr.drop"),
    ("percent signs", "GET /?q=%31%30.1.2.3", "addr.drop"),
    ("percent signs, twice", "GET /?q=10%252e1%252e2%252e3", "addr.drop"),
    ("Unicode escapes", r'{"a": "\u0031\u0030.1.2.3"}', "addr.drop"),
    ("octal escapes", r"log: 10\0561\0562\0563", "addr.drop"),
    ("entities of HTML", "<b>10&#46;1&#x2e;2&#46;3</b>", "addr.drop"),
    ("quoted-printable", "mail 10=2E1=2E2=2E3", "addr.drop"),
    ("full width", "see \uff11\uff10.1.2.3", "addr.drop"),
    ("full stops of Chinese", "see 10\u30021\u30022\u30023", "addr.drop"),
    ("no width between", "see 10.\u200b1.2.3", "addr.drop"),
    ("base64 of an address", "v " + base64.b64encode(A4.encode()).decode(),
     "addr.drop"),
    ("base64 of a line", "v=%s;" % CODED, "addr.drop"),
    ("base64 behind other letters", "/x/ab%s" % CODED, "addr.drop"),
    ("base64 of its bytes", "v CgECAw==", "addr.drop"),
    ("hex digits of a text", "v " + A4.encode().hex(), "addr.drop"),
    ("IPv6, written out", "via 2001:0DB8:0077:0000:0:0:000a:000B", "pass"),
    ("IPv6 with underscores", "host_2001_db8_77__a_b", "addr.drop"),
    ("IPv6 with [:]", "via 2001[:]db8[:]77[::]a[:]b", "addr.drop"),
    ("IPv6 with percent signs", "q=2001%3adb8%3a77%3a%3aa%3ab",
     "addr.drop"),
    ("IPv6 in pairs of digits", "20:01:0d:b8:00:77:00:00:00:00:00:00:00:0a:"
     "00:0b", "addr.drop"),
    ("IPv6 in base64", "v " + base64.b64encode(A6.encode()).decode(),
     "addr.drop"),
    ("6to4", "via 2002:a01:203::1", "pass"),
    ("Teredo", "via 2001:0:a01:203::f5fe:fdfc", "pass"),
    ("ISATAP", "via fd00::5efe:10.1.2.3", "pass"),
    ("mail address", "mail from alice@corp.example", "pass"),
    ("credentials in a URL", "GET ftp://alice:hunter2@192.0.2.1/", "pass"),
    ("credentials with a comma", "GET ftp://alice,b:hunter2@192.0.2.1/",
     "pass"),
    ("IPv6 with dashes", "host node2001-db8-77--a-b.example.org",
     "addr.drop"),
    ("user of sshd", "Failed password for invalid user alice from 192.0.2.9",
     "pass"),
    ("user=", "session opened user=alice", "pass"),
    ("host name", "connect from pc7.corp.example", "pass"),
    ("MAC address", "lease 00:11:22:33:44:55", "pass"),
    ("IBAN", "pay DE89370400440532013000 now", "pass"),
]
MALTRAIL = [
    ("sensor", trail(sensor="pc7.corp.example"), "pass"),
    ("source", trail(src=A4), "pass"),
    ("destination", trail(dst=A6), "pass"),
    ("trail", trail(value=A4), "addr.drop"),
    ("trail, reverse name", trail(value="3.2.1.10.in-addr.arpa"),
     "addr.drop"),
    ("remark", trail(info='"from %s"' % A4), "addr.drop"),
    ("twelve fields", trail() + " " + A4, "maltrail.fields"),
]
ADDR = "- addr: {scope: telescope, into: [198.18.0.0/16, " \
    "2001:db8:fffe::/48], others: keep, require_scope: none}\n"
PIPELINES = {
    "passive DNS": ("8", PDNS, "- pdns: {scope: telescope}\n"),
    "JSON": ("6", JSON, ADDR + "- json: {default: keep, rules: "
             "[{path: /ip, op: addr}]}\n"),
    "text": ("3", TEXT, ADDR + "- text: {suffixes: [corp.example]}\n"),
    "maltrail": ("maltrail", MALTRAIL, ADDR + "- maltrail: {}\n"),
    "text of dnscap": ("4", DNSCAP, ADDR.replace("none", "any") +
                       "- dnscap: {}\n- time: 1s\n"),
}
