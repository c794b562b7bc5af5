"""What the tests of d4-misp-export have in common: what MISP has."""

import sys

JA3 = (b'{"Timestamp":"%s","ServerIP":"%s","JA3Digest":"%s",'
       b'"JA3SDigest":"15af977ce25de452b96affa2addb1036"}')
HASH = b"e7d705a3286e19ea42f587b344ee6865"


def ja3(ip, digest=HASH):
    return JA3 % (b"2026-11-21T10:15:31.123Z", ip.encode(), digest)


def attributes(world, **wanted):
    return [a for a in world.server.store.attributes.values()
            if all(a[k] == v for k, v in wanted.items())]


def objects(world, name):
    return [o for o in world.server.store.objects.values()
            if o["name"] == name]


def quiet(world):
    assert not world.server.violations, world.server.violations[:3]


def run(names):
    """The tests of a file, or those whose name holds the first argument."""
    for name, test in list(names.items()):
        if name.startswith("test_") and (
                len(sys.argv) < 2 or sys.argv[1] in name):
            print(name, flush=True)
            test()
