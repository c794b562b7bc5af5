"""A port for who cannot bind 0 himself, or for one where nobody listens."""

import random
import socket

_taken = []  # a name for each port, kept while this process lives


def _reserve(port):
    """Nobody who asks here gets it too, also while it is not bound."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind("\0d4-test-port-%d" % port)
    except OSError:
        name.close()
        return False
    _taken.append(name)
    return True


def free_port():
    """Outside of what the kernel gives out to those who bind 0 or connect.
    Tests run side by side, and a server that is started again finds its own."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        if not _reserve(port):
            continue
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            pass
