#!/usr/bin/python3
"""d4-hub recovers by itself from what may happen to its Redis, its disk and
its own processes, says what happened, and has what it had confirmed.

    it_hub_recover.py                          each fault once (ctest)
    it_hub_recover.py --seeds 50 --first 100   plans made from seeds
    it_hub_recover.py --seeds 5 --stop 30      Redis stopped for 30 s each time
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("D4_SOURCE", "."),
                                "tests/support"))
from hub import Hub, Load, stored, until  # noqa: E402

SENSORS = 3


class World:
    """A hub under load, and what is done to it."""

    def __init__(self, disk=False, stop_s=0):
        self.hub = Hub(queue="1GiB")
        self.stop_s = stop_s
        self.state = os.path.join(self.hub.etc, "state")
        self.mounted = disk and self.mount("size=96m")
        try:
            self.hub.start()
            self.loads = [Load(self.hub, self.hub.enroll("--type", "8"))
                          for _ in range(SENSORS)]
        except BaseException:
            self.close()
            raise
        for load in self.loads:
            load.start()

    def mount(self, size, again=False):
        os.makedirs(self.state, exist_ok=True)
        what = ["remount," + size] if again else [size, "-t", "tmpfs", "tmpfs"]
        done = subprocess.run(["mount", "-o", *what, self.state],
                              stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def close(self):
        if self.mounted:
            self.hub.note_redis()
            self.hub.stop()
            subprocess.run(["umount", "-l", self.state], check=False)
        self.hub.close()

    def goes_on(self):
        """Every sensor has more confirmed than now."""
        was = [len(x.confirmed) for x in self.loads]
        until("each sensor goes on", lambda: all(
            len(x.confirmed) > n + 2000 for x, n in zip(self.loads, was)))

    def said(self, mark, *words):
        for word in words:
            until("it says: " + word, lambda: word in self.hub.log(mark))

    # ---- faults: each returns when the hub has seen it ----

    def stop_redis(self, mark):
        pid = self.hub.redis_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            end = time.monotonic() + self.stop_s
            self.said(mark, "alarm=redis_silent")
            until("the time is over", lambda: time.monotonic() > end)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.said(mark, "redis answers again")

    def kill_redis(self, mark):
        pid = self.hub.redis_pid()
        self.hub.note_redis()
        os.kill(pid, signal.SIGKILL)
        self.said(mark, "redis pid=%d died" % pid, "redis up ")
        until("another one", lambda: self.hub.redis_pid() != pid)

    def kill_worker(self, mark):
        pid = self.hub.worker_pid()
        os.kill(pid, signal.SIGKILL)
        self.said(mark, "worker died pid=%d " % pid, 'why="signal 9"')
        until("another one", lambda: self.hub.worker_pid() != pid)

    def kill_hub(self, mark):
        self.hub.kill()
        self.hub.start()
        self.said(mark, "adopted")

    def kill_both(self, mark):
        self.hub.note_redis()
        os.kill(self.hub.redis_pid(), signal.SIGKILL)
        self.hub.kill()
        self.hub.start()
        self.said(mark, "redis up ")

    def fill_disk(self, mark):
        path = os.path.join(self.state, "ballast")
        with open(path, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(1 << 16))
            except OSError:
                pass
        self.said(mark, "disk=full")
        os.unlink(path)
        assert self.mount("size=400m", again=True)
        self.said(mark, "redis up ")

    def run(self, plan):
        self.goes_on()
        for fault in plan:
            print("fault", fault, flush=True)
            getattr(self, fault)(self.hub.log_size())
            self.goes_on()
        for load in self.loads:
            load.end()

    def missing(self, load):
        """What was confirmed and is not there; [] is right."""
        numbers, _ = stored(self.hub, load.sensor)
        assert len(set(numbers)) == len(numbers), "a record twice"
        have = set(numbers)
        return [n for n in load.confirmed if n not in have]


def run(plan, stop_s=0):
    """None, or why it cannot be tried here."""
    world = World("fill_disk" in plan, stop_s)
    try:
        if "fill_disk" in plan and not world.mounted:
            for load in world.loads:
                load.end()
            return "may not mount a small file system"
        world.run(plan)
        for load in world.loads:
            assert world.missing(load) == [], world.missing(load)[:5]
    finally:
        world.close()
    return None


class Recover(unittest.TestCase):
    def test_redis_and_the_hub(self):
        run(["stop_redis", "kill_redis", "kill_worker", "kill_hub"])

    def test_a_full_disk(self):
        why = run(["fill_disk"])
        if why:
            self.skipTest(why)


FAULTS = ["stop_redis", "kill_redis", "kill_worker", "kill_hub", "kill_both"]


def soak(args):
    for seed in range(args.first, args.first + args.seeds):
        dice = random.Random(seed)
        plan = [dice.choice(FAULTS) for _ in range(dice.randint(3, 7))]
        if dice.random() < 0.3:
            plan.append("fill_disk")
        print("seed", seed, plan, flush=True)
        print("seed", seed, run(plan, args.stop) or "ok", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=0)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--stop", type=int, default=0)
    given = options.parse_args()
    if given.seeds:
        soak(given)
    else:
        unittest.main(verbosity=2, argv=sys.argv[:1])
