"""A SOCKS5 proxy for tests: one thread a direction, and a list of what was
asked for. Names lead where `names` says: it is the proxy that resolves them.
"""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import acceptor  # noqa: E402


def _exactly(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise ConnectionError("closed")
        data += more
    return data


def _pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Socks5:
    """names: host -> (host, port); login: (user, password) or None."""

    def __init__(self, names, login=None):
        self.names, self.login = names, login
        self.asked, self.logins = [], []
        self.acceptor = acceptor.Acceptor(self._serve)
        self.port = self.acceptor.port
        self.address = "127.0.0.1:%d" % self.port

    def _serve(self, raw):
        try:
            self._handshake(raw)
        except (OSError, ConnectionError):
            raw.close()

    def _handshake(self, raw):
        _, n = _exactly(raw, 2)
        methods = _exactly(raw, n)
        want = 2 if self.login else 0
        if want not in methods:
            raw.sendall(b"\x05\xff")
            raise ConnectionError("no method")
        raw.sendall(bytes([5, want]))
        if self.login:
            self._check(raw)
        _, _, _, kind = _exactly(raw, 4)
        if kind == 3:
            host = _exactly(raw, _exactly(raw, 1)[0]).decode()
        else:
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            host = socket.inet_ntop(family,
                                    _exactly(raw, 4 if kind == 1 else 16))
        port = int.from_bytes(_exactly(raw, 2), "big")
        self.asked.append((kind, host, port))
        if host not in self.names:
            raw.sendall(b"\x05\x04\x00\x01" + bytes(6))
            raise ConnectionError("unknown")
        out = socket.create_connection(self.names[host])
        raw.sendall(b"\x05\x00\x00\x01" + bytes(6))
        threading.Thread(target=_pump, args=(raw, out), daemon=True).start()
        threading.Thread(target=_pump, args=(out, raw), daemon=True).start()

    def _check(self, raw):
        _, n = _exactly(raw, 2)
        user = _exactly(raw, n).decode()
        password = _exactly(raw, _exactly(raw, 1)[0]).decode()
        self.logins.append((user, password))
        good = self.login == (user, password)
        raw.sendall(b"\x01" + (b"\x00" if good else b"\x01"))
        if not good:
            raise ConnectionError("login")
