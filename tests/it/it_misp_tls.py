#!/usr/bin/python3
"""d4-misp-export and whom it trusts: a CA, a pin, or nobody; and proxies."""

import os
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(
    os.environ["D4_SOURCE"], "tests", "support"))
from misp_cases import run  # noqa: E402
from misp_world import World, pdns, until  # noqa: E402
from sink import certificate  # noqa: E402

OTHER = "00" * 32


class TlsWorld(World):
    """Its MISP speaks TLS, with a certificate of its own."""

    def __init__(self, san="IP:127.0.0.1"):
        super().__init__()
        self.cert, key, self.pin = certificate(self.dir, "misp", san)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, key)
        httpd = self.server.httpd
        httpd.socket = context.wrap_socket(
            httpd.socket, server_side=True, do_handshake_on_connect=False)
        self.server.url = self.server.url.replace("http:", "https:")
        self.lane().lines([pdns("a.example.org")])

    def begin(self, **options):
        self.configure(**options)
        self.start()

    def refused(self):
        """It says so, and not one call came through."""
        until("it says why", lambda: "alarm misp=waiting" in self.text())
        assert not self.server.calls, self.server.calls
        assert not self.server.store.events


def delivered(w):
    w.settle()
    assert len(w.server.store.events) == 1


def test_a_ca_that_signed_is_trusted():
    with TlsWorld() as w:
        w.begin(tls="{ca: %s}" % w.cert)
        delivered(w)


def test_a_certificate_that_no_ca_signed_is_not():
    with TlsWorld() as w:
        w.begin()
        w.refused()


def test_another_name_is_not():
    with TlsWorld("DNS:misp.example") as w:
        w.begin(tls="{ca: %s}" % w.cert)
        w.refused()


def test_a_pin_is_trusted_and_only_that_one():
    with TlsWorld("DNS:misp.example") as w:
        w.begin(tls='{pin: "%s"}' % w.pin)
        delivered(w)
    with TlsWorld() as w:
        w.begin(tls='{pin: "%s"}' % OTHER)
        w.refused()


def test_insecure_has_to_be_written():
    with TlsWorld("DNS:misp.example") as w:
        w.begin(tls="insecure")
        delivered(w)


def test_a_pin_that_is_none_is_an_error_at_the_start():
    with TlsWorld() as w:
        for pin in ("00", "zz" * 32, "00" * 33):
            w.configure(tls='{pin: "%s"}' % pin)
            p = w.run("-n")
            assert p.returncode == 1 and "not a SHA-256" in p.stderr, p


class Proxy:
    """HTTP CONNECT, one tunnel after the other; whom it was asked for."""

    def __init__(self):
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(client,),
                             daemon=True).start()

    @staticmethod
    def pump(one, two):
        try:
            while data := one.recv(65536):
                two.sendall(data)
            two.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        self.asked.append(head.split()[1].decode())
        host, port = self.asked[-1].rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(
                target=self.pump, args=(server, client), daemon=True)
            back.start()
            self.pump(client, server)
            back.join()
        client.close()

    def close(self):
        self.listener.close()


def test_a_proxy_carries_it_and_trust_is_the_same():
    proxy = Proxy()
    try:
        with TlsWorld() as w:
            w.begin(tls="{ca: %s}" % w.cert, proxy=proxy.url)
            delivered(w)
            assert set(proxy.asked) == {w.server.url[len("https://"):]}
        with TlsWorld() as w:
            w.begin(proxy=proxy.url)
            w.refused()
    finally:
        proxy.close()


if __name__ == "__main__":
    run(globals())
