#!/usr/bin/python3
"""The leak matrix: where addresses, names and secrets can hide, for every
type; each place passes clean or is dropped. docs/sanitizing.md shows it beside
what tcprewrite does; --write brings that up to date.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get("D4_SOURCE", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import block_places as blocks  # noqa: E402
import flow_places as flows  # noqa: E402
import packet_places as places  # noqa: E402
import packet_places_more as more  # noqa: E402
import records  # noqa: E402
from line_places import A4, A6, PIPELINES, SECRETS  # noqa: E402
from packets import encodings, pcap, unpcap  # noqa: E402

BIN = os.environ.get("D4_BIN", os.path.join(ROOT, "build/bin"))
DOC = os.path.join(ROOT, "docs/sanitizing.md")
POLICY = """
version: 1
hub: {id: test, org: 5b642239-4db4-4580-adf4-4ebd950d210f, default_tlp: red,
      master_key: "file:master.key"}
networks: {telescope: [10.1.0.0/16, 2001:db8:77::/48]}
pipelines:
  - {id: packets, types: [1, 5], steps: {preset: telescope, scope: telescope,
     into: [198.18.0.0/16, 2001:db8:fffe::/48]}}
  - {id: dns, types: [1], steps: [{addr: {scope: telescope, others: keep,
     into: [198.18.0.0/16, 2001:db8:fffe::/48]}}, {payload: dns}]}
  - {id: tunnels, types: [1], steps: [{addr: {scope: telescope, others: keep,
     into: [198.18.0.0/16, 2001:db8:fffe::/48]}}, {tunnels: decode}]}
  - {id: flows, types: [7], steps: [{addr: {scope: telescope, others: keep,
     into: [198.18.0.0/16, 2001:db8:fffe::/48]}}]}
%ssources: []
partners: []
share: []
"""
REWRITE = ["tcprewrite", "-C", "--pnat=10.1.0.0/16:198.18.0.0/16,"
           "[2001:db8:77::/48]:[2001:db8:fffe::/48]"]


def policy(folder):
    lines = "".join(
        "  - id: %s\n    %s: [%s]\n    steps:\n%s" % (
            name.replace(" ", "-").lower(),
            "types" if kind.isdigit() else "meta", kind,
            "".join("      " + s for s in steps.splitlines(True)))
        for name, (kind, _, steps) in PIPELINES.items())
    for name, data in (("policy.yaml", (POLICY % lines).encode()),
                       ("master.key", bytes(range(32)))):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
        os.chmod(f.name, 0o600)


def sanitize(folder, pipeline, data, *more):
    p = subprocess.run(
        [os.path.join(BIN, "d4-sanitize"), "-p",
         os.path.join(folder, "policy.yaml"), "-P", pipeline,
         "--explain-drop=0", *more],
        input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        check=False)
    assert p.returncode == 0, p.stderr
    gone = {int(n): why for n, why in re.findall(
        r"record (\d+) at byte \d+: (\S+)", p.stderr.decode())}
    return p.stdout, gone


def in_text(line):
    """What stands in a line that must not, or None."""
    for a in (A4, A6):
        for form, bytes_ in encodings(a).items():
            if form not in ("network", "reversed") and bytes_ in line:
                return "%s as %s" % (a, form)
    return next((s for s in SECRETS if s.encode() in line), None)


def of_lines(folder, name):
    """[(place, fate)]; a line that passed is searched."""
    _, rows, _ = PIPELINES[name]
    data = "".join(line + "\n" for _, line, _ in rows)
    out, gone = sanitize(folder, name.replace(" ", "-").lower(),
                         data.encode("utf-8", "surrogateescape"))
    out = iter(re.findall(rb"[^\n]+(?:\n\t[^\n]*)*", out))
    for number, (place, _, want) in enumerate(rows, 1):
        fate = gone.get(number, "pass")
        assert fate == want, (name, place, fate, want)
        if fate == "pass":
            line = next(out)
            assert in_text(line) is None, (name, place, line)
        yield place, fate
    assert next(out, None) is None


def of_packets(folder, pipeline, rows):
    """[(place, fate, what tcprewrite does)]"""
    for place, link, packet, want, *size in rows:
        data = pcap(link, [packet])
        out, gone = sanitize(folder, pipeline, data)
        fate = next(iter(gone.values()), "pass")
        assert fate == want, (place, fate, want)
        for *_, p in unpcap(out)[1]:
            assert not places.leak(p), (place, places.leak(p), p.hex())
            assert not size or len(p) == size[0], (place, len(p), size)
        yield place, fate, rewrite(folder, data)


def in_bytes(data, what):
    """Nothing that is protected stands anywhere in what left."""
    assert not places.leak(data), (what, places.leak(data), data.hex())
    for secret in blocks.SECRETS + tuple(x.encode() for x in SECRETS):
        assert secret not in data, (what, secret)


def of_blocks(folder):
    """[(place, fate)] of pcapng, beside its packets."""
    for place, data, want in blocks.ROWS:
        out, gone = sanitize(folder, "packets", data, "-t", "5")
        fate = gone[max(gone)] if gone else "pass"
        assert fate == want, (place, fate, want)
        in_bytes(out, place)
        kinds = {kind for kind, _ in records.blocks(out)}
        assert kinds <= {records.SECTION, records.INTERFACE, records.ENHANCED,
                         records.SIMPLE}, (place, kinds)
        yield place, fate


def same_in_blocks(folder):
    """Each packet has the same fate, and is the same, in pcapng."""
    by_link = {}
    for place, link, packet, want in places.ROWS:
        by_link.setdefault(link, []).append((place, packet, want))
    for link, rows in by_link.items():
        data = records.section("<") + records.interface("<", link) + b"".join(
            records.enhanced("<", 0, p, 1) for _, p, _ in rows)
        out, gone = sanitize(folder, "packets", data, "-t", "5")
        in_bytes(out, link)
        for i, (place, _, want) in enumerate(rows, 1):
            assert gone.get(i, "pass") == want, (place, gone.get(i), want)
        left = [p for place, p, want in rows if want == "pass"]
        one, _ = sanitize(folder, "packets", pcap(link, left))
        assert [p for *_, p in unpcap(one)[1]] == list(packets_in(out))


def packets_in(data):
    for kind, body in records.blocks(data):
        if kind == records.ENHANCED:
            size = int.from_bytes(body[12:16], "little")
            yield body[20:20 + size]


def of_flows(folder):
    """[(place, fate)] of IPFIX; each flow is a message, of its own domain."""
    out, gone = sanitize(folder, "flows", b"".join(
        flows.stream([(fields, [values])], i)
        for i, (_, fields, values, _) in enumerate(flows.ROWS)))
    in_bytes(out, "IPFIX")
    for i, (place, _, _, want) in enumerate(flows.ROWS, 1):
        fate = gone.get(i, "pass")
        assert fate == want, (place, fate, want)
        yield place, fate
    for i, row in enumerate(flows.OPTION_ROWS):
        out, gone = sanitize(folder, "flows", flows.told(row, 256 + i))
        in_bytes(out, row[0])
        fate = next(iter(gone.values()), "pass")
        assert fate == row[-1] and (out == b"") == (fate != "pass"), row
        yield row[0], fate


def rewrite(folder, data):
    if not shutil.which("tcprewrite"):
        return None
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    with open(one, "wb") as f:
        f.write(data)
    if os.path.exists(two):
        os.unlink(two)
    p = subprocess.run(REWRITE + ["-i", one, "-o", two],
                       capture_output=True, check=False)
    found = []
    if p.returncode == 0 and os.path.exists(two):
        with open(two, "rb") as f:
            found = unpcap(f.read())[1]
    if not found:
        return "refuses"
    left = places.leak(found[0][3])
    return "**leaks** " + left if left else "clean"


def shown(fate):
    return "clean" if fate == "pass" else "drops `%s`" % fate


def tables(folder):
    text, counts = [], {}
    for title, pipeline, rows in (
            ("packets", "packets", places.ROWS),
            ("DNS in packets, `payload: dns`", "dns", more.DNS_ROWS),
            ("tunnels, `tunnels: decode`", "tunnels", more.TUNNEL_ROWS)):
        text += ["" if text else None, "| %s | d4-sanitize | tcprewrite |" %
                 title, "|---|---|---|"]
        for place, fate, other in of_packets(folder, pipeline, rows):
            text.append("| %s | %s | %s |" % (place, shown(fate), other))
            for who, what in (("d4-sanitize", fate), ("tcprewrite", other)):
                what = (what or "absent").split()[0].strip("*")
                what = what if what in ("leaks", "refuses", "absent") else \
                    "passes clean" if what in ("pass", "clean") else "drops"
                counts[who, what] = counts.get((who, what), 0) + 1
    text = text[1:]
    same_in_blocks(folder)
    for name, made in (("pcapng, beside the packets", of_blocks),
                       ("IPFIX", of_flows)):
        text += ["", "| %s | d4-sanitize |" % name, "|---|---|"]
        text += ["| %s | %s |" % (p, shown(f)) for p, f in made(folder)]
    for name in PIPELINES:
        text += ["", "| %s | d4-sanitize |" % name, "|---|---|"]
        text += ["| %s | %s |" % (p, shown(f))
                 for p, f in of_lines(folder, name)]
    head = "Of %d packets " % len(
        places.ROWS + more.DNS_ROWS + more.TUNNEL_ROWS) + "; ".join(
        "%s %s" % (who, ", ".join("%s %d" % (what, n) for (w, what), n in
                                  sorted(counts.items()) if w == who))
        for who in ("d4-sanitize", "tcprewrite")) + "."
    return "\n".join([head, ""] + text) + "\n"


def main():
    with tempfile.TemporaryDirectory() as folder:
        policy(folder)
        made = tables(folder)
    with open(DOC, encoding="utf-8") as f:
        doc = f.read()
    before, rest = doc.split("<!-- matrix -->\n")
    old, after = rest.split("<!-- end of matrix -->\n")
    if "--write" in sys.argv:
        with open(DOC, "w", encoding="utf-8") as f:
            f.write(before + "<!-- matrix -->\n" + made +
                    "<!-- end of matrix -->\n" + after)
        return
    print(made.splitlines()[0])
    if not shutil.which("tcprewrite"):
        print("tcprewrite is absent: the document is not compared")
    elif old != made:
        sys.exit("docs/sanitizing.md is not what this program prints: "
                 "tests/it/it_leak_matrix.py --write")


if __name__ == "__main__":
    main()
