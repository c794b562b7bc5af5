#!/usr/bin/python3
"""A mapper that this MISP would refuse: said with its place and a remedy,
and nothing of it is sent, before MISP has to refuse it."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import attributes, objects, quiet, run  # noqa: E402
from misp_world import World, pdns, until  # noqa: E402

AGENTS = ("{agents: {attributes: [{type: user-agent, path: /agent, "
          "key: true}]}}")


def test_what_this_misp_does_not_take_waits_until_it_does():
    with World(mappers=AGENTS) as w:
        w.server.lacks = {"user-agent"}
        w.lane(6, object="agents", source="web").lines([
            b'{"agent": "curl/8"}'])
        w.lane().lines([pdns("a.example.org")])
        w.start()
        until("said", lambda: "alarm misp=mapper" in w.text())
        [said] = [t for t in w.text().splitlines()
                  if "alarm misp=mapper" in t]
        assert w.conf + ":" in said and "mapper agents" in said, said
        assert "no type of this MISP: user-agent" in said
        assert "use a type that this MISP has" in said
        until("the others go", lambda: objects(w, "passive-dns"))
        until("held", lambda: w.status()["misp"]["held"] > 0)
        assert not attributes(w, object=None)
        # Who asks nobody knows it from the last time.
        done = w.run("-n")
        assert done.returncode == 1 and "agents" in done.stderr, done.stderr
        assert w.conf + ":" in done.stderr
        done = w.run("check")
        assert done.returncode == 1
        assert "PROBLEM  mapper: " + w.conf in done.stdout, done.stdout
        w.server.lacks = set()
        w.reload()
        w.settle()
        [agent] = attributes(w, object=None)
        assert agent["value"] == "curl/8"
        assert w.run("-n").returncode == 0
        quiet(w)


def test_what_no_misp_takes_is_an_error_of_the_configuration():
    with World(mappers=AGENTS.replace(
            "key: true", "key: true, category: Nonsense")) as w:
        done = w.run("-n")
        assert done.returncode == 1
        assert "misp-export.yaml:" in done.stderr, done.stderr
        assert "no category of this MISP: Nonsense; write category: " \
            "Network activity" in done.stderr


def test_a_misp_that_does_not_say_is_taken_as_before():
    with World(mappers=AGENTS) as w:
        w.server.do_attributes_describeTypes = lambda *_: (404, {}, {})
        w.lane(6, object="agents", source="web").lines([
            b'{"agent": "curl/8"}'])
        w.start()
        w.settle()
        assert "the built-in list holds" in w.text()
        assert len(attributes(w, object=None)) == 1


if __name__ == "__main__":
    run(globals())
