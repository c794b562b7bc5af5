"""Sinks under test: scripted receivers, socat, and a case whose partner is a
sink of the organisation's own."""

import os
import socket
import struct
import subprocess
import threading

from post_case import Case, DEADLINE, LANE, numbers


def lines(data):
    return numbers(8, data)


class Socat:
    """socat writes what arrives on an address into a file."""

    def __init__(self, home, address, out="got"):
        self.path = os.path.join(home, out)
        self.proc = subprocess.Popen(
            ["socat", "-u", address, "OPEN:%s,creat,append" % self.path],
            stderr=subprocess.DEVNULL)

    def data(self):
        try:
            with open(self.path, "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def close(self):
        self.proc.kill()
        self.proc.wait()


class Receiver:
    """A TCP (or unix) receiver that reads as told, one thread each."""

    def __init__(self, path=None, play=None, tls=None):
        self.play = play or self.read_all
        self.conns = []
        self.tls = tls
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(path)
        else:
            self.sock = socket.create_server(("127.0.0.1", 0))
            self.port = self.sock.getsockname()[1]
        self.sock.listen(8)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        got = bytearray()
        self.conns.append(got)
        try:
            if self.tls:
                c = self.tls.wrap_socket(c, server_side=True)
            self.play(c, got, len(self.conns))
            if self.tls:
                c.unwrap()
        except OSError:
            pass
        c.close()

    @staticmethod
    def read_all(c, got, n):
        while True:
            data = c.recv(65536)
            if not data:
                return
            got += data

    def data(self):
        return b"".join(bytes(c) for c in list(self.conns))

    def close(self):
        # See acceptor.py: out of accept() before the number is free.
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


class SinkCase(Case):
    def receiver(self, *args, **keys):
        r = Receiver(*args, **keys)
        self.servers.append(r)
        return r

    def udp(self):
        """A socket that takes datagrams, and its port."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("127.0.0.1", 0))
        s.settimeout(DEADLINE)
        self.servers.append(s)
        return s, s.getsockname()[1]

    def socat(self, address):
        s = Socat(self.home, address)
        self.servers.append(s)
        return s

    def sink(self, sink, **keys):
        times = {k: keys.pop(k) for k in list(keys)
                 if k in ("stall_us", "confirm_us", "linger_us")}
        return self.post(dict({"sink": sink, "id": "own", "pin": self.pki.pin},
                              **keys), **times)

    def fill_own(self, lane=LANE, **keys):
        self.fill(partner="own", lane=lane, **dict({"type": 8}, **keys))

    def release_own(self, sink, *lanes):
        self.release(*(lanes or (LANE,)), partner="own", sink=sink)
