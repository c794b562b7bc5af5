"""A wire between two peers that counts: plain TCP, whatever is inside.

What the kernel took in is asked of the kernel (TCP_INFO), so a byte counts
when it arrived here, read or not; also of connections that are over.
"""
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import acceptor  # noqa: E402

TCP_INFO_RECEIVED = 128  # struct tcp_info: tcpi_bytes_received


class Meter:
    """Forwards to `to` (port on loopback); rate: bytes a second, or None, may be
    changed while it runs."""

    def __init__(self, to, rate=None):
        self.to = to
        self.rate = rate
        self.near = []
        self.acceptor = acceptor.Acceptor(self._serve)
        self.port = self.acceptor.port

    def close(self):
        self.acceptor.close()
        for sock in self.near:
            sock.close()

    def received(self):
        """Bytes that have arrived, over all connections."""
        return sum(struct.unpack_from("Q", s.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, 232), TCP_INFO_RECEIVED)[0]
            for s in self.near)

    def connections(self):
        return len(self.near)

    def _serve(self, near):
        self.near.append(near)
        far = socket.create_connection(("127.0.0.1", self.to))
        back = threading.Thread(target=self._pump, args=(far, near),
                                daemon=True)
        back.start()
        self._pump(near, far, lambda: self.rate)

    @staticmethod
    def _pump(frm, to, rate=lambda: None):
        """An end on one side becomes one on the other; `frm` stays open."""
        try:
            while True:
                data = frm.recv(65536)
                if not data:
                    break
                to.sendall(data)
                if rate():
                    time.sleep(len(data) / rate())
        except OSError:
            pass
        try:
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass
