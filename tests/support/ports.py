"""A port for who cannot bind 0 himself, or for one where nobody listens."""

import random
import socket


def free_port():
    """Outside of what the kernel gives out to those who bind 0 or connect:
    tests run side by side, and the port is free between look and use."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            pass
