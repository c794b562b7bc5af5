#!/usr/bin/python3
"""d4-hub ctl: types and reloads, analyzer queues of d4-core, backup and
restore."""

import os
import re
import shutil
import signal
import stat
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
import d4  # noqa: E402
from hub import Hub, until  # noqa: E402
from it_hub_ctl import Case  # noqa: E402

# What a backup leaves out: streams, and what the hub counts and sees.
LEFT_OUT = ("d4:{", "d4:queues", "d4:refused:", "d4:clone:", "active_", "map:",
            "d4:live:", "d4:worker", "d4:mail:", "d4:place:",
            "d4:pending", "daily_", "stat_", "list_uuid_ip:", "all_types_by_uuid:",
            "all_extended_types_by_uuid:", "metadata_type_by_uuid:",
            "metadata_extended_type_by_uuid:", "temp_blacklist_uuid:")


def kept(hub):
    """Everything that a backup must hold, as Redis has it."""
    r, out = hub.redis(), {}
    for key in r.keys():
        if not key.decode().startswith(LEFT_OUT):
            out[key] = (r.smembers(key) if r.type(key) == b"set"
                        else r.hgetall(key))
    return out


class Types(Case):
    def test_a_type_that_a_reload_drops_is_out_and_shown_so(self):
        t = self.hub.enroll("--type", "254.a")
        plain, mark = self.opened()
        ext = self.hub.connect()
        ext.sendall(t.frame(2, b'{"type":"a"}') + t.frame(254, b"x\n"))
        until("it is open", lambda: "ext=a" in self.hub.log(mark))

        def rows():
            return {x["type"]: (x["configured"], x["listed"], x["accepted"])
                    for x in self.ctl("types", "list")["types"]}
        self.hub.options(types="[1, 2, 254]", ext="[ja3-jl]")
        self.ctl("config", "reload")
        try:
            self.ended(mark, "header.type")
            self.ended(mark, "ext.type")
            gone = (False, True, False)
            until("it is shown", lambda: (rows()["8"], rows()["254.a"]) ==
                  (gone, gone))
            self.assertNotEqual(self.lines(), "confirmed")
            self.assertIn("not configured", self.fails("types", "accept",
                                                       "8"))
        finally:
            self.hub.options(types="[1, 2, 8, 254]", ext="{a: lines}")
            self.ctl("config", "reload")
        until("it is shown", lambda: rows()["8"] == (True, True, True))
        until("it may be sent", lambda: self.lines() == "confirmed")
        plain.close()
        ext.close()


class Analyzers(Case):
    def test_analyzer_queues(self):
        r, u = self.hub.redis(), self.s.hex
        lists = self.hub.redis(db=2)
        self.ctl("groups", "add", "ours", self.s.uuid)
        all_ = self.ctl("analyzers", "create", "8", "--size", "5",
                        "--description", "passive DNS")
        some = self.ctl("analyzers", "create", "254.a", "--group", "ours")
        # What d4-core's own create_queues() writes.
        q, g = all_["queue"], some["queue"]
        self.assertTrue(uuid.UUID(q).version == 4 and q != g)
        self.assertEqual(r.hgetall("analyzer:" + q), {
            b"type": b"8", b"max_size": b"5", b"description": b"passive DNS"})
        self.assertEqual(r.hgetall("analyzer:" + g),
                         {b"type": b"254", b"metatype": b"a"})
        for key, member in {
                "analyzer:8": q, "analyzer_uuid_group:254:a": g,
                "analyzer_sensor_group:" + g: u, "sensor:queues:a:" + u: g,
                "all:analyzer:by:format_type:8": q,
                "all:analyzer:by:format_type:254": g,
                "all:analyzer:by:extended_type:a": g,
                "all:analyzer:extended_type": "a",
                "all_analyzer_queues": q}.items():
            self.assertTrue(r.sismember(key, member), key)
        lists.lpush(some["list"], "old", b"new \xff")
        rows = {x["queue"]: x for x in
                self.ctl("analyzers", "list")["analyzers"]}
        self.assertEqual((rows[g]["items"], rows[g]["sensors"],
                          rows[g]["type"], rows[q]["max_size"]),
                         (2, 1, "254.a", 5))
        items = self.ctl("analyzers", "peek", g, "--count", "1")["items"]
        self.assertEqual([x["bytes"] for x in items], [5])
        self.ctl("analyzers", "size", q, "0")
        self.assertFalse(r.hexists("analyzer:" + q, "max_size"))
        for verb in ("empty", "remove"):
            self.assertIn("--yes", self.fails("analyzers", verb, g))
        self.assertEqual(self.ctl("analyzers", "empty", g,
                                  "--yes")["dropped"], 2)
        for one in (q, g):
            self.ctl("analyzers", "remove", one, "--yes")
        self.assertEqual(r.keys("*analyzer*") + r.keys("sensor:queues:*") +
                         lists.keys(), [])
        for args, why in ((["create", "77"], "not accepted"),
                          (["create", "254.b"], "not accepted"),
                          (["create", "254"], "254.NAME"),
                          (["create", "8", "--group", "no"], "no such group"),
                          (["peek", q], "no such queue")):
            self.assertIn(why, self.fails("analyzers", *args))


    def test_the_sensors_of_a_queue_can_change(self):
        r, t = self.hub.redis(), self.hub.enroll("--type", "8")
        self.ctl("groups", "add", "some", self.s.uuid)
        q = self.ctl("analyzers", "create", "8", "--group", "some")["queue"]
        all_ = self.ctl("analyzers", "create", "8")["queue"]
        self.ctl("analyzers", "describe", q, "of some")
        self.assertEqual(self.ctl("analyzers", "add", q,
                                  t.uuid)["sensors"], 2)
        self.assertTrue(r.sismember("sensor:queues:8:" + t.hex, q))
        got = self.ctl("analyzers", "show", q)
        self.assertEqual(
            (set(got["sensors"]), got["description"], got["type"],
             got["list"]),
            ({t.uuid, self.s.uuid}, "of some", "8", "analyzer:8:" + q))
        self.assertEqual(self.ctl("analyzers", "drop", q,
                                  self.s.uuid)["sensors"], 1)
        self.assertEqual(r.smembers("analyzer_sensor_group:" + q),
                         {t.hex.encode()})
        self.assertFalse(r.exists("sensor:queues:8:" + self.s.hex))
        for args, why in ((["drop", q, self.s.uuid], "not in it"),
                          (["drop", q, t.uuid], "the last one"),
                          (["add", all_, t.uuid], "of all sensors"),
                          (["add", q, str(uuid.uuid4())], "unknown sensor")):
            self.assertIn(why, self.fails("analyzers", *args))
        for one in (q, all_):
            self.ctl("analyzers", "remove", one, "--yes")

    def test_without_redis_it_says_what_it_knows(self):
        self.ctl("sensors", "revoke", self.s.uuid)
        pid, mark = self.hub.redis_pid(), self.hub.log_size()
        os.kill(pid, signal.SIGSTOP)
        try:
            # Sent and late, or not sent: when the hub has seen it already.
            why = self.fails("sensors", "approve", self.s.uuid)
            self.assertIn("Redis does not answer", why)
            self.assertIn("Redis does not answer",
                          self.fails("sensors", "list"))
            self.assertIn("8", [q["queue"] for q in
                                self.ctl("queues", "list")["queues"]])
            self.assertEqual(self.ctl("sessions", "list")["sessions"], [])
            self.assertIn("d4_hub_redis_up",
                          self.ctl("metrics")["page"])
        finally:
            os.kill(pid, signal.SIGCONT)
        until("it is done, or was not sent", lambda: re.search(
            r'cmd=sensors.approve .* result="%s"' % (
                "ok" if "later" in why else "Redis does not answer"),
            self.hub.log(mark)))
        until("Redis is back", lambda: self.hub.run(
            "ctl", "-c", self.hub.conf, "sensors", "list",
            check=False).returncode == 0)
        self.assertEqual(self.ctl("sensors", "show", self.s.uuid)["state"],
                         "approved" if "later" in why else "revoked")


class Backup(Case):
    def test_backup_and_restore(self):
        u = self.s.uuid
        self.ctl("sensors", "tag", u, "precious")
        self.ctl("sensors", "from", u, "127.0.0.0/8")
        self.ctl("groups", "add", "saved", u)
        path = os.path.join(self.hub.dir, "backup")
        self.assertGreater(self.ctl("config", "backup", path)["lines"], 5)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertIn("exists", self.fails("config", "backup", path))
        with Hub() as other:
            other.start()
            got = other.ctl("config", "restore", path)
            self.assertGreater(got["restored"], 5)
            show = other.ctl("sensors", "show", u)
            self.assertEqual((show["state"], show["tags"], show["groups"]),
                             ("approved", ["precious"], ["saved"]))
            until("it may send", lambda: other.send(
                [self.s.frame(8, b"x\n")]) == "confirmed")
            self.ctl("sensors", "from", u, "any")
            for bad in ('{"key":"d4:queues","kind":"hash","value":["a","b"]}',
                        '{"key":"registered_uuid","kind":"hash",'
                        '"value":["a","b"]}', '{"key":1}', "x", "[[[[",
                        '{"key":"registered_uuid","kind":"set",'
                        '"value":[{}]}'):
                with open(path, "w") as f:
                    f.write('{"d4-hub-backup": 1}\n' + bad + "\n")
                done = other.run("ctl", "-c", other.conf, "config",
                                 "restore", path, check=False)
                self.assertIn("not a backup", done.stderr)
                self.assertEqual(done.returncode, 1)

    def test_an_empty_machine_is_the_same_hub_again(self):
        ctl, u = self.ctl, self.s.uuid
        gone = self.hub.enroll("--type", "8")
        ctl("sensors", "revoke", gone.uuid)
        waits = self.hub.enroll("--type", "8")
        self.hub.redis().smove("registered_uuid",
                               "sensor_pending_registration", waits.hex)
        for args in (["limits", u, "--payload", "9000", "--queue", "7"],
                     ["certificate", waits.uuid, "uuid"],
                     ["addresses", u, "several"], ["tag", u, "t"],
                     ["describe", u, "a \u00fc \"x\""],
                     ["quarantine", waits.uuid, "7d"]):
            ctl("sensors", *args)
        new = ctl("sensors", "rotate-key", u)["key"].encode()
        ctl("groups", "add", "g", u)
        for what in ("192.0.2.9", "198.51.100.0/24", gone.uuid):
            ctl("blocklist", "add", what)
        ctl("blocklist", "add", waits.uuid, "--addresses-of")
        ctl("types", "refuse", "1")
        ctl("queues", "size", "8", "2MiB")
        ctl("analyzers", "create", "8", "--size", "5")
        ctl("analyzers", "create", "254.a", "--group", "g")
        path = os.path.join(self.hub.dir, "whole")
        ctl("config", "backup", path)
        want = kept(self.hub)
        with Hub() as other:
            # /etc/d4 came from elsewhere; the state is empty.
            state = os.path.join(other.etc, "state")
            for name in ("hub.pem", "ca.pem", "keys"):
                had = os.path.join(self.hub.etc, name)
                if os.path.isdir(had):
                    shutil.rmtree(os.path.join(other.etc, name))
                    shutil.copytree(had, os.path.join(other.etc, name))
                elif os.path.exists(had):
                    shutil.copy(had, os.path.join(other.etc, name))
            self.assertFalse(os.path.exists(os.path.join(state, "redis")))
            other.options(ext="{a: lines}")
            other.start()
            other.redis().delete("server:accepted_type")
            other.ctl("config", "restore", path)
            self.assertEqual(kept(other), want)
            until("it sends with its new key", lambda: other.send(
                [self.s_frame(new)]) == "confirmed")
            self.assertNotEqual(other.send([gone.frame(8, b"x\n")]),
                                "confirmed")

    def s_frame(self, key):
        return d4.frame(key, self.s.uuid, 8, b"x\n")

    def test_many_sensors_come_in_parts(self):
        r, n = self.hub.redis(), 2300
        pipe = r.pipeline()
        for _ in range(n):
            hex_ = uuid.uuid4().hex
            pipe.sadd("registered_uuid", hex_)
            pipe.hset("metadata_uuid:" + hex_, "hmac_key", "k")
        pipe.execute()
        path = os.path.join(self.hub.dir, "many")
        self.ctl("config", "backup", path)
        with open(path) as f:
            lines = f.read().splitlines()
        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual(
            sum('"key":"metadata_uuid:' in x for x in lines),
            len(r.keys("metadata_uuid:*")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
