"""A wire tap between two D4 peers for tests: ends TLS on both sides.

The tap holds the partner's certificate and key, so that the relay's pin still
fits, records every plaintext byte, and is honest about close_notify: it
answers one only after the partner answered it (rule R14 is about exactly
that), and turns an unclean end on one side into one on the other.
"""
import select
import socket
import ssl
import time

import acceptor


class Recorded(bytearray):
    """Plaintext of one connection; clean: the partner confirmed its end.

    port: where it came from. began, ended: when, by the monotonic clock.
    """
    clean = False
    began = 0.0
    ended = None
    port = 0


class Tap:
    """Listens on a free loopback port and forwards to `to` (host, port).

    recorded: all plaintext from the relay, one Recorded a connection.
    cut_after: None, or a function(n_bytes_so_far) -> True to break the link.
    """

    def __init__(self, to, cert, key):
        self.to = to
        self.recorded = []
        self.cut_after = None
        self._server = acceptor.server_context(cert, key)
        self._client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client.check_hostname = False
        self._client.verify_mode = ssl.CERT_NONE  # the test's own hub
        self._client.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        self._acceptor = acceptor.Acceptor(self._serve)
        self.port = self._acceptor.port

    def close(self):
        self._acceptor.close()

    def _serve(self, raw):
        bytes_ = Recorded()
        bytes_.began = time.monotonic()
        self.recorded.append(bytes_)
        try:
            bytes_.port = raw.getpeername()[1]
            near = self._server.wrap_socket(
                raw, server_side=True, suppress_ragged_eofs=False)
            far = self._client.wrap_socket(
                socket.create_connection(self.to),
                suppress_ragged_eofs=False)
        except OSError:
            raw.close()
            return
        try:
            self._pump(near, far, bytes_)
        except OSError:  # ssl.SSLError is one: an unclean end on either side
            pass
        bytes_.ended = time.monotonic()
        near.close()
        far.close()

    def _pump(self, near, far, bytes_):
        while True:
            ready = [near] if near.pending() else select.select(
                [near, far], [], [])[0]
            if near in ready:
                data = near.recv(16384)
                if not data:  # the relay's close_notify
                    far.unwrap()  # ours, and the partner's answer
                    bytes_.clean = True
                    near.unwrap()
                    return
                bytes_ += data
                if self.cut_after and self.cut_after(len(bytes_)):
                    return
                far.sendall(data)
            if far in ready and not far.recv(16384):
                near.unwrap()  # the partner closed first, cleanly
                return


def encodings(address):
    """Every form in which the text of an address may hide: name -> bytes."""
    import ipaddress
    a = ipaddress.ip_address(address)
    forms = {
        "binary": a.packed,
        "binary reversed": a.packed[::-1],
        "text": str(a).encode(),
        "hex": a.packed.hex().encode(),
        "HEX": a.packed.hex().upper().encode(),
    }
    if a.version == 4:
        octets = str(a).split(".")
        forms["dashes"] = "-".join(octets).encode()
        forms["reversed octets"] = ".".join(octets[::-1]).encode()
        forms["decimal"] = str(int(a)).encode()
    else:
        forms["exploded"] = a.exploded.encode()
        forms["nibbles"] = a.reverse_pointer.encode()
    return forms


def find_addresses(data, addresses):
    """[(address, form, offset)] of every address that occurs in data.

    Text forms count only where no digit stands before or behind, so that
    10.1.2.3 is not found in 110.1.2.34.
    """
    data = bytes(data)
    found = []
    for address in addresses:
        for form, needle in encodings(address).items():
            at = data.find(needle)
            while at >= 0:
                around = data[max(at - 1, 0):at] + data[at + len(needle):][:1]
                if form.startswith("binary") or not any(
                        c in b"0123456789abcdefABCDEF" for c in around):
                    found.append((address, form, at))
                    break
                at = data.find(needle, at + 1)
    return found
