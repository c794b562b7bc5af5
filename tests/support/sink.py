"""A D4 server that does what a script says, one step a connection.

Steps (the last one is for every later connection):
    ("confirm",)            reads all and answers the client's close_notify
    ("cut", BYTES, HOW)     after so many bytes ends without close_notify;
                            HOW is "fin" or "rst"
    ("close", BYTES)        after so many bytes sends close_notify first
    ("swallow", BYTES)      the same, then reads on and throws it away
    ("mute",)               reads all and never answers
    ("stall", EVENT)        reads only once the threading.Event is set
"""

import os
import socket
import ssl
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import acceptor  # noqa: E402
import d4  # noqa: E402


def certificate(folder, name, san="IP:127.0.0.1,DNS:localhost"):
    """A self-signed certificate: paths of PEM and key, and its SHA-256."""
    cert, key = (os.path.join(folder, name + e) for e in (".pem", ".key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
         "-addext", "subjectAltName=" + san, "-days", "2",
         "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    out = subprocess.run(["openssl", "x509", "-in", cert, "-noout",
                          "-fingerprint", "-sha256"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return cert, key, out.strip().split("=")[1]


class Session:
    """What came over one connection; how is None while it is open."""

    def __init__(self):
        self.data = bytearray()
        self.how = None

    def frames(self):
        """The whole frames; a cut one at the end is left out."""
        return list(d4.Parser().feed(bytes(self.data)))


class Sink:
    def __init__(self, cert, key, *steps):
        self.steps = list(steps) or [("confirm",)]
        self.sessions = []
        self.context = acceptor.server_context(cert, key)
        self.acceptor = acceptor.Acceptor(self._session)
        self.port = self.acceptor.port
        self.address = "127.0.0.1:%d" % self.port

    def close(self):
        self.acceptor.close()

    def frames(self):
        return [f for s in self.sessions for f in s.frames()]

    def _session(self, raw):
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        session = Session()
        self.sessions.append(session)
        self._serve(raw, step, session)

    def _serve(self, raw, step, session):
        raw.settimeout(60)
        try:
            tls = self.context.wrap_socket(raw, server_side=True,
                                           suppress_ragged_eofs=False)
        except OSError as e:
            session.how = "handshake: %s" % e
            raw.close()
            return
        try:
            session.how = getattr(self, "_" + step[0])(tls, session, *step[1:])
        except (OSError, ValueError) as e:
            session.how = "broken: %s" % e
        tls.close()

    def _read(self, tls, session, limit=None):
        while limit is None or len(session.data) < limit:
            data = tls.recv(65536)
            if not data:
                return False
            session.data += data
        return True

    def _confirm(self, tls, session):
        self._read(tls, session)
        tls.unwrap()
        return "confirmed"

    def _cut(self, tls, session, limit, how):
        self._read(tls, session, limit)
        if how == "rst":
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           struct.pack("ii", 1, 0))
        return "cut"

    def _close(self, tls, session, limit):
        self._read(tls, session, limit)
        tls.settimeout(5)
        tls.unwrap()
        return "closed first"

    def _swallow(self, tls, session, limit):
        self._read(tls, session, limit)
        tls.setblocking(False)
        try:
            tls.unwrap()
        except ssl.SSLError:
            pass  # ours is out; theirs is not there
        tls.setblocking(True)
        while os.read(tls.fileno(), 1 << 20):
            pass
        return "swallowed"

    def _mute(self, tls, session):
        self._read(tls, session)
        tls.settimeout(60)
        tls.detach()  # no answer, and no end either
        return "mute"

    def _stall(self, tls, session, event):
        event.wait(60)
        return self._confirm(tls, session)
