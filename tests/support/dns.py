"""A name server for tests: answers A and AAAA from a table, over UDP.

run() gives the command that makes a program use it: resolv.conf is replaced
in a mount name space of its own, where that is allowed.
"""

import os
import socket
import struct
import subprocess
import threading

A, AAAA = 1, 28


def _name(data, at):
    labels = []
    while data[at]:
        n = data[at]
        labels.append(data[at + 1:at + 1 + n].decode())
        at += 1 + n
    return ".".join(labels).lower(), at + 1


class Dns:
    """names: name -> addresses, of both families."""

    def __init__(self, names, folder):
        self.names = names
        self.asked = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.file = os.path.join(folder, "resolv.conf")
        with open(self.file, "w") as f:
            f.write("nameserver 127.0.0.1:%d\n" % self.sock.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.sock.close()

    def run(self, command):
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return self.unshare() + ["sh", "-c", script, self.file] + command

    @staticmethod
    def unshare():
        return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]

    def works(self):
        return subprocess.run(self.run(["true"]), check=False,
                              stderr=subprocess.DEVNULL).returncode == 0

    def _serve(self):
        while True:
            try:
                data, peer = self.sock.recvfrom(4096)
                self.sock.sendto(self._answer(data), peer)
            except OSError:
                return

    def _answer(self, data):
        name, at = _name(data, 12)
        kind, = struct.unpack_from(">H", data, at)
        self.asked.append((name, kind))
        known = self.names.get(name)
        out = b""
        n = 0
        for text in known or ():
            v6 = ":" in text
            if (kind == AAAA) != v6 or kind not in (A, AAAA):
                continue
            raw = socket.inet_pton(
                socket.AF_INET6 if v6 else socket.AF_INET, text)
            out += struct.pack(">HHHIH", 0xc00c, kind, 1, 1, len(raw)) + raw
            n += 1
        flags = 0x8180 if known is not None else 0x8183
        return (data[:2] + struct.pack(">HHHHH", flags, 1, n, 0, 0) +
                data[12:at + 4] + out)
