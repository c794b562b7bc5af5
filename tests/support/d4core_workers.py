"""What a stock d4-core's workers make of a session's payloads (model).

After spec wire.md section 2 and d4-core's workers 1, 2, 3 and 8. Each worker
has put(payload) -> list of whole records, and end() -> bytes it never gave.
"""

import json

PCAP_ORDERS = {b"\xd4\xc3\xb2\xa1": "little", b"\x4d\x3c\xb2\xa1": "little",
               b"\xa1\xb2\xc3\xd4": "big", b"\xa1\xb2\x3c\x4d": "big"}
PCAP_CAPLEN = 262144


class Incorrect(Exception):
    """The worker gives up: the session's next frame is aborted."""


class Lines:
    """Workers 3, 8 and the default handler of 254."""

    def __init__(self, max_buffer):
        self.held = b""
        self.max_buffer = max_buffer

    def put(self, payload):
        lines = (self.held + payload).split(b"\n")
        self.held = lines.pop()
        if not lines and len(self.held) > self.max_buffer:
            self.held += b"\n"  # forced: the line ends with this frame
        return [one for one in lines if one]

    def end(self):
        return len(self.held)


class Pcap:
    """Worker 1: everything goes into the standard input of a tcpdump -r."""

    def __init__(self):
        self.held = b""
        self.order = None
        self.lost = 0
        self.dead = False

    def put(self, payload):
        self.held += payload
        if self.order is None and len(self.held) >= 24:
            self.order = PCAP_ORDERS.get(self.held[:4])
            if self.order is None:
                raise Incorrect("unknown file format")
            self.held = self.held[24:]
        out = []
        while self.order and not self.dead and len(self.held) >= 16:
            # A second global header is read as an empty packet and 8 bytes
            # of the next header: nearly always an impossible length follows.
            size = int.from_bytes(self.held[8:12], self.order)
            self.dead = size > PCAP_CAPLEN
            if self.dead or len(self.held) < 16 + size:
                break
            out.append(self.held[:16 + size])
            self.held = self.held[16 + size:]
        if self.dead:
            self.lost += len(self.held)
            self.held = b""
        return out

    def end(self):
        return self.lost + len(self.held)


class Meta:
    """Worker 2: the first complete JSON object of the type 2 payloads."""

    def __init__(self, accepted):
        self.accepted = accepted
        self.held = b""
        self.ext = None
        self.dead = False

    def put(self, payload):
        if self.ext is not None or self.dead:
            return  # later type 2 frames are ignored
        self.held += payload.replace(b"\n", b"")
        try:
            found = json.loads(self.held)
        except ValueError:
            return
        if not found or not isinstance(found, (dict, list, str)):
            self.dead = True  # the worker stops with a traceback
        elif "type" not in found:
            raise Incorrect("Incorrect JSON object")
        elif not isinstance(found, dict) or isinstance(
                found["type"], (dict, list, type(None), bool)):
            self.dead = True
        elif found["type"] not in self.accepted:
            raise Incorrect("Unsupported extended_type")
        else:
            self.ext = found["type"]


def worker(kind):
    """The worker of a type; None where a stock server has none."""
    if kind == 1:
        return Pcap()
    if kind in (3, 8):
        return Lines(float("inf"))  # their limit is never reached
    if kind == 254:
        return Lines(100000)
    return None
