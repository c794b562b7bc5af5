#!/usr/bin/python3
"""Our MISP of the tests answers as the real one did (captures.jsonl)."""

import json
import os
import sys
import urllib.error
import urllib.request

SHARED = os.path.join(os.environ.get("D4_SHARED", ""), "misp",
                      "captures.jsonl")
sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_server import KEY, MispServer  # noqa: E402


def captures(*fronts):
    with open(SHARED) as f:
        for line in f:
            c = json.loads(line)
            if c["name"].startswith(fronts):
                yield c


def ask(server, request, key=KEY):
    body = request["body"]
    data = None if body is None else json.dumps(body).encode()
    req = urllib.request.Request(
        server.url + request["path"], data=data, method=request["method"],
        headers={"Authorization": key, "Accept": "application/json",
                 "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(req) as got:
            return got.status, got.headers, got.read()
    except urllib.error.HTTPError as got:
        return got.code, got.headers, got.read()


def error_of(body):
    """MISP's words, of whatever shape the errors are."""
    errors = body.get("errors")
    while isinstance(errors, (dict, list)) and errors:
        errors = list(errors.values())[0] if isinstance(errors, dict) \
            else errors[0]
    return errors or body.get("message") or ""


def same(name, want, status, body):
    assert status == want["status"], (name, status, want["status"], body)
    wanted = want["body"] if isinstance(want["body"], dict) else {}
    got = json.loads(body) if wanted else {}
    if status != 200 and wanted:
        a, b = error_of(wanted), error_of(got)
        assert a.split(" ")[0] == b.split(" ")[0], (name, a, b)
    value = (wanted.get("Attribute") or {})
    if status == 200 and isinstance(value, dict) and "value" in value:
        assert got["Attribute"]["value"] == value["value"], (name, got)


def test_values():
    server, n = MispServer(), 0
    event = "0df80330-bff3-446d-be70-69081692347c"
    ask(server, {"method": "POST", "path": "/events/add",
                 "body": {"uuid": event, "info": "values"}})
    for c in captures("460-value-"):
        request = dict(c["request"], path="/attributes/add/1")
        if request["body"]["type"] == "domain" and \
                "\u00fc" in request["body"]["value"]:
            continue  # a duplicate there; IDN is not ours to send
        status, _, body = ask(server, request)
        same(c["name"], c["response"], status, body)
        n += 1
    print("  %d values" % n)
    server.close()


def test_the_flow():
    """An unknown event, add, verify, why, move, publish: as recorded."""
    server = MispServer()
    for c in captures("2000-", "2001-", "2002-", "2003-", "2004-", "2005-"):
        status, headers, body = ask(server, c["request"])
        want = c["response"]
        assert status == want["status"], (c["name"], status)
        if c["name"].startswith("2002"):
            assert body.decode().split() == want["body"].split()
            assert headers["Content-Type"] == want["headers"]["Content-Type"]
        if c["name"].startswith("2003"):
            assert json.loads(body)["errors"] == want["body"]["errors"]
        if isinstance(want["body"], dict) and "Event" in want["body"]:
            for key in ("uuid", "info", "distribution", "published",
                        "attribute_count"):
                assert json.loads(body)["Event"][key] == \
                    want["body"]["Event"][key], (c["name"], key)
    server.close()


def test_uuids_blocklist_and_sightings():
    server = MispServer()
    for name in ("1200-", "1201-", "1202-", "1203-", "1204-", "1204b"):
        for c in captures(name):
            status, headers, body = ask(server, c["request"])
            assert status == c["response"]["status"], (c["name"], status)
            if status == 404:
                assert headers["Location"]
    for name in ("1214-", "1215-", "1216-", "1217-", "1219-"):
        for c in captures(name):
            status, _, body = ask(server, c["request"])
            want = c["response"]
            assert status == want["status"], (c["name"], status, body)
            assert json.loads(body).get("message") == \
                want["body"].get("message", json.loads(body).get("message"))
    for c in captures("624-", "625-", "626-", "627-"):
        if c["name"].startswith("624-"):
            ask(server, {"method": "POST", "path": "/events/add", "body": {
                "uuid": c["request"]["path"].rsplit("/", 1)[1],
                "info": "s", "Attribute": [
                    {"uuid": c["request"]["body"][0]["attribute_uuid"],
                     "type": "ip-src", "value": "203.0.113.1",
                     "distribution": "5"}]}})
        status, _, body = ask(server, c["request"])
        assert status == c["response"]["status"], (c["name"], body)
        for key, value in c["response"]["body"].items():
            if key in ("saved", "success"):
                assert json.loads(body)[key] == value, (c["name"], body)
    server.close()


def test_searches():
    """What a rebuilt state is made of: the members that are read, where the
    real one has them, of the same kinds."""
    read = {
        "801-": ("/events/restSearch", lambda b: b["response"][0]["Event"],
                 ("id", "uuid", "info", "distribution")),
        "822-": ("/objects/restSearch",
                 lambda b: b["response"][0]["Object"],
                 ("event_id", "uuid", "name", "comment", "deleted",
                  "first_seen", "Attribute")),
        "816-": ("/attributes/restSearch",
                 lambda b: b["response"]["Attribute"][1],
                 ("event_id", "object_id", "uuid", "type", "value", "to_ids",
                  "comment", "deleted", "disable_correlation",
                  "first_seen")),
        "617-": ("/sightings/index/1", lambda b: b[0],
                 ("uuid", "attribute_uuid", "date_sighting"))}
    server = MispServer()
    seen = {"first_seen": "2026-11-21T00:00:00.000000+00:00",
            "last_seen": "2026-11-21T00:00:00.000000+00:00"}
    names = ["%08d-0000-4000-8000-000000000000" % i for i in range(5)]
    ask(server, {"method": "POST", "path": "/events/add", "body": {
        "uuid": names[0], "info": "D4 sensor x", "distribution": "1",
        "Attribute": [dict(seen, uuid=names[i], type="ip-src", distribution="5",
                           value="203.0.113.%d" % i) for i in (1, 2)],
        "Object": [dict(seen, uuid=names[3], name="passive-dns",
                        template_uuid=names[3], template_version="1",
                        distribution="5", Attribute=[
                            {"uuid": names[4], "type": "text", "value": "x",
                             "object_relation": "rrname", "distribution": "5",
                             "category": "Other", "to_ids": False}])]}})
    ask(server, {"method": "POST",
                 "path": "/sightings/bulkSaveSightings/" + names[0],
                 "body": [{"uuid": names[0], "attribute_uuid": names[1],
                           "date_sighting": 1795293801, "source": "s"}]})
    for front, (path, row, members) in read.items():
        [c] = captures(front)
        real = row(c["response"]["body"])
        body = None if "index" in path else {"eventid": "1"}
        status, _, got = ask(server, {
            "method": "GET" if body is None else "POST", "path": path,
            "body": body})
        ours = row(json.loads(got))
        assert status == 200
        for member in members:
            assert isinstance(ours[member], type(real[member])), (
                front, member, ours[member], real[member])
    assert not server.violations, server.violations
    server.close()


def test_keys():
    server = MispServer()
    for c in captures("100-auth-wrong-key", "103-auth-bearer"):
        status, _, body = ask(server, c["request"], key="Bearer " + KEY)
        assert status == c["response"]["status"] == 403
        assert json.loads(body)["message"] == \
            c["response"]["body"]["message"]
    server.plan("302")
    status, _, _ = ask(server, {"method": "POST", "path": "/events/add",
                                "body": {}})
    assert status == 302 or status == 404  # urllib follows it
    server.close()


def main():
    if not os.path.exists(SHARED):
        print("no captures of a real MISP here")
        sys.exit(77)
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name, flush=True)
            test()


if __name__ == "__main__":
    main()
