"""A hub of several workers, seen from outside."""

import re

from wait import until


def pids(hub):
    """Place to pid, of the workers that run now."""
    return {int(place): int(pid) for pid, place in re.findall(
        r"worker pid=(\d+) started place=(\d+)", hub.log())}


def sessions(hub, sensor=None):
    more = ["--uuid", sensor.uuid] if sensor else []
    return hub.ctl("sessions", "list", *more)["sessions"]


def ready(hub):
    until("all workers answer", lambda: hub.status()["workers"] == 2)
    return hub


def log_name(hub, session):
    """Which worker logged that the session opened."""
    return re.search(r"d4-hub\[worker (\d)\]: session=%s open" % session,
                     hub.log()).group(1)


def opened(hub, sensor, first, source=None):
    """A session that began with these bytes, and its worker."""
    mark = hub.log_size()
    tls = hub.connect(source)
    tls.sendall(first)
    pattern = r"worker (\d)\]: session=(\S+) open peer=(\S+) uuid=%s" % (
        sensor.uuid)
    port = tls.getsockname()[1]
    found = until("it is open", lambda: [
        x for x in re.findall(pattern, hub.log(mark))
        if x[2].endswith(":%d" % port)])
    until("the others may know", lambda: hub.redis().hexists(
        "d4:live:" + sensor.hex, found[0][1].replace("-", "")))
    return tls, int(found[0][0])


def spread(hub, sensor, first, source=None):
    """Sessions of the sensor, of which there may be several: at place 0 the
    first one, at place 1 the other. Ends those that are too many."""
    at = {}
    for _ in range(200):
        tls, place = opened(hub, sensor, first, source)
        if place in at:
            tls.close()
            continue
        at[place] = tls
        if len(at) == 2:
            return at[0], at[1]
    raise AssertionError("the kernel gives one worker all")
