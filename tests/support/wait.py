"""No test sleeps to wait: it polls, with a deadline."""

import time

DEADLINE = 120


def until(what, done, deadline=DEADLINE):
    """Polls done() until it is true; what it gave, or an AssertionError."""
    end = time.monotonic() + deadline
    while True:
        got = done()
        if got:
            return got
        assert time.monotonic() < end, "timed out: " + what
        time.sleep(0.01)
