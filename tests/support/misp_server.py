"""A MISP to test against, after /work/shared/misp (captures.jsonl, misp.md).

Behaves as MISP 2.5.1 was recorded, errors and silences included; keeps what
it was sent, and notes in `violations` whatever a real MISP would have refused,
mangled or choked on. Faults are planned: plan(fault, ...) for the next calls.

Used in the test's own process: server = MispServer(); server.url, server.key.
"""

import gzip
import http.server
import json
import os
import threading
import time

import misp_values
from misp_merge import Answer, Merge, Store, message
from misp_search import Search
from misp_values import Crash

KEY = "k" * 40
FAULTS = ("500", "500-half", "500-after", "late", "slow", "cut", "302", "429",
          "502")
CATEGORIES = ("Network activity", "Payload delivery", "External analysis",
              "Attribution", "Other")
CRASH = "An Internal Error Has Occurred."


class MispServer(Merge, Search):
    def __init__(self, key=KEY):
        self.key, self.store = key, Store()
        self.lock = threading.RLock()
        self.busy = 0  # calls under way
        self.calls, self.violations, self.poison = [], [], set()
        self.faults, self.late_s, self.max_body = [], 3.0, 1 << 30
        self.edit_deletes = True  # 519b; of objects it was not seen
        self.lacks = set()  # types that this MISP does not have
        self.rights = {"tag": True, "publish": True}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one segment

            def do_GET(self):
                outer.handle(self, None)

            def do_POST(self):
                n = int(self.headers.get("Content-Length") or 0)
                outer.handle(self, self.rfile.read(n))

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.httpd.handle_error = lambda *_: None  # clients that hang up
        self.url = "http://127.0.0.1:%d" % self.httpd.server_address[1]
        threading.Thread(target=self.httpd.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()

    def plan(self, *faults):
        with self.lock:
            self.faults += faults

    # ---- a call ----

    def handle(self, h, raw):
        with self.lock:
            self.busy += 1
        try:
            self.handled(h, raw)
        finally:
            with self.lock:
                self.busy -= 1

    def handled(self, h, raw):
        fault = None
        with self.lock:
            self.calls.append(h.path)
            if self.faults and raw is not None and "tags" not in h.path:
                fault = self.faults.pop(0)
        try:
            status, headers, body = self.answer(h, raw, fault)
        except Answer as a:
            status, headers, body = a.status, a.headers, a.body
        except Crash:
            status, headers, body = 500, {}, {"name": CRASH, "message": CRASH}
        if fault == "late":
            time.sleep(self.late_s)
        if fault == "cut":
            h.close_connection = True
            h.connection.close()
            return
        self.reply(h, status, headers, body)

    def reply(self, h, status, headers, body):
        kind = headers.pop("Content-Type", None)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            kind = kind or "application/json; charset=UTF-8"
        data = (body or "").encode()
        try:
            h.send_response(status)
            h.send_header("Content-Type", kind or "text/html; charset=UTF-8")
            h.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                h.send_header(name, value)
            h.end_headers()
            h.wfile.write(data)
            h.wfile.flush()
        except OSError:
            h.close_connection = True  # the client gave up; we stored it

    def answer(self, h, raw, fault):
        if fault == "302":
            raise Answer(302, "", {"Location": self.url + "/users/login"})
        if fault == "429":
            raise message(429, "Rate limit exceeded.")
        if fault == "502":
            raise Answer(502, "<html>Bad Gateway</html>")
        if raw is not None and len(raw) > self.max_body:
            raise Answer(413, "<html><head><title>413 Request Entity Too "
                         "Large</title></head></html>",
                         {"Content-Type": "text/html"})
        if h.path == "/users/heartbeat":
            return 200, {}, {"message": "Insufficient vespene gas."}
        if "application/json" not in h.headers.get("Accept", ""):
            raise Answer(302, "", {"Location": self.url + "/users/login"})
        if h.headers.get("Authorization") != self.key:
            raise message(403, "Authentication failed. Please make sure you "
                          "pass the API key of an API enabled user along in "
                          "the Authorization header.")
        if fault == "500":
            raise Crash()
        body = self.parse(h, raw)
        if fault == "slow":
            time.sleep(self.late_s)  # and then stores it all the same
        with self.lock:
            out = self.route(h.path, body, fault)
        if fault == "500-after":
            raise Crash()
        return out

    def parse(self, h, raw):
        if raw is None:
            return None
        if h.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        try:
            return json.loads(raw.decode() or "{}")
        except ValueError:
            raise message(405, "Invalid JSON input.") from None

    def route(self, path, body, fault):
        words = path.strip("/").split("/")
        name = "_".join(words[:2])
        do = getattr(self, "do_" + name.replace("-", "_"), None)
        if do is None:
            raise message(404, "Not Found")
        return do(words[2:], body, fault)

    # ---- small ones ----

    def do_servers_getVersion(self, rest, body, fault):
        return 200, {}, {"version": "2.5.1", "perm_sync": False,
                         "perm_sighting": True,
                         "request_encoding": ["gzip"]}

    def do_users_view(self, rest, body, fault):
        return 200, {}, {
            "User": {"id": "3", "org_id": "2", "email": "d4@example.org"},
            "Role": {"name": "publisher", "perm_add": True,
                     "perm_publish": self.rights["publish"],
                     "perm_sighting": True,
                     "perm_tag_editor": self.rights["tag"]},
            "Organisation": {"id": "2", "name": "SensorOrg", "uuid":
                             "612258db-7d1d-4604-8818-cd9764bbdf24"}}

    def do_organisations_index(self, rest, body, fault):
        return 200, {}, [{"Organisation": {"id": "2", "name": "SensorOrg",
                                           "local": True}}]

    def do_attributes_describeTypes(self, rest, body, fault):
        types = sorted(misp_values.TYPES - self.lacks)
        other = misp_values.ONLY_OTHER | {"text", "comment", "other", "port"}
        rest = [t for t in types if t not in misp_values.ONLY_OTHER]
        return 200, {}, {"result": {
            "types": types, "categories": list(CATEGORIES),
            "sane_defaults": {t: {"default_category": "Other", "to_ids": 0}
                              for t in types},
            "category_type_mappings": dict(
                {c: rest for c in CATEGORIES},
                Other=[t for t in types if t in other])}}

    def do_objectTemplates_view(self, rest, body, fault):
        """Of misp-objects, where the tests have them; 404 as MISP says it."""
        folder = os.path.join(os.environ.get("D4_SHARED", ""), "misp",
                              "objects")
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            with open(os.path.join(folder, name)) as f:
                t = json.load(f)
            if t["uuid"] != rest[0]:
                continue
            needs = {k: t[k] for k in ("required", "requiredOneOf") if k in t}
            return 200, {}, {
                "ObjectTemplate": {
                    "uuid": t["uuid"], "name": t["name"], "version":
                    str(t["version"]), "requirements": needs},
                "ObjectTemplateElement": [
                    {"object_relation": k, "type": v["misp-attribute"]}
                    for k, v in t["attributes"].items()]}
        raise message(404, "Invalid object template")

    def do_tags_index(self, rest, body, fault):
        return 200, {}, {"Tag": [{"name": t} for t in self.store.tags]}

    def do_tags_add(self, rest, body, fault):
        if not self.rights["tag"]:
            raise message(403, "You do not have permission to use this "
                          "functionality.")
        self.store.tags.add(body["name"])
        return 200, {}, {"Tag": {"name": body["name"]}}

    def do_sharing_groups_view(self, rest, body, fault):
        group = self.store.groups.get(rest[0])
        if group is None:
            raise message(404, "Invalid sharing group or not authorised.")
        return 200, {}, {"SharingGroup": {"id": group, "uuid": rest[0]}}

    def do_sharing_groups_index(self, rest, body, fault):
        return 200, {}, {"response": [
            {"SharingGroup": {"id": i, "uuid": u}}
            for u, i in self.store.groups.items()]}
