"""What the scripted servers of the tests share: a listener and its TLS."""
import socket
import ssl
import threading


def server_context(cert, key):
    """A TLS server that tells an EOF without close_notify from a clean end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    # Python sets it by default: every broken session would look confirmed.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


class Acceptor:
    """Listens on a free loopback port, or on that which an earlier one had;
    serve(raw) in a thread of its own."""

    def __init__(self, serve, rcvbuf=None, host="127.0.0.1", port=0):
        self._serve = serve
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sock = socket.create_server((host, port), family=family,
                                          backlog=64)
        if rcvbuf:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.port = self._sock.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        # The thread must be out of accept() before its descriptor is closed:
        # the next listener gets the same number, and this thread would take
        # (and confirm) a session of the next test.
        self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._sock.close()

    def _accept(self):
        while True:
            try:
                raw, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,),
                             daemon=True).start()
