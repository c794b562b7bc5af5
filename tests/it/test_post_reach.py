#!/usr/bin/env python3
"""Post: how a partner is reached: proxies, IPv6, names, certificates."""

import ssl
import unittest

from post_case import Case, LANE, Post, until
import dns
from ports import free_port
import socks5


class Proxy(Case):
    def through(self, proxy_login=None, **partner):
        """A server that only the proxy knows, under a name."""
        s = self.server()
        self.proxy = socks5.Socks5(
            {"partner.onion": ("127.0.0.1", s.port)}, proxy_login)
        self.servers.append(self.proxy.acceptor)
        self.fill(type=8, entries=20, records=10, size=200)
        self.release(LANE)
        p = self.post(dict({"port": s.port, "host": "partner.onion",
                            "proxy": "127.0.0.1",
                            "proxyport": self.proxy.port}, **partner))
        return s, p

    def test_the_proxy_resolves_the_name(self):
        s, p = self.through()
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertEqual(set(self.proxy.asked),
                         {(3, "partner.onion", s.port)})

    def test_user_and_password(self):
        s, p = self.through(("me", "secret"), user="me", password="secret")
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertEqual(set(self.proxy.logins), {("me", "secret")})
        self.assertNotIn("secret", self.log())

    def failing(self, p, why):
        until(lambda: self.log().count("->backoff") >= 3)
        self.assertIn("failure=proxy", self.log())
        self.assertEqual(self.log().count("post failing"), 1)
        status = p.status()["partners"][0]
        self.assertEqual(status["failure"], "proxy")
        self.assertIn(why, status["error"])

    def test_a_wrong_password_is_told_as_such(self):
        s, p = self.through(("me", "secret"), user="me", password="other")
        self.failing(p, "user and password")
        self.assertEqual(s.records(), [])
        self.proxy.login = ("me", "other")
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertIn("post works again", self.log())

    def test_a_target_that_the_proxy_does_not_reach(self):
        _, p = self.through(host="elsewhere.onion")
        self.failing(p, "unreachable or not found")

    def test_a_proxy_that_is_not_there(self):
        _, p = self.through(proxyport=free_port())
        self.failing(p, "refused")

    def test_a_pinned_certificate_holds_behind_the_proxy(self):
        s, _ = self.through(pin=self.other.pin)
        until(lambda: "failure=tls" in self.log())
        self.assertEqual(s.records(), [])


class Addresses(Case):
    def six(self):
        s = self.server(host="::1")
        self.fill(type=8, entries=20, records=10)
        self.release(LANE)
        return s

    def test_an_ipv6_address(self):
        s = self.six()
        p = self.post({"port": s.port, "host": "::1"})
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertEqual(p.status()["partners"][0]["host"], "::1")

    def named(self, addresses):
        """A server on ::1 whose name has these addresses."""
        s = self.six()
        names = dns.Dns({"partner.example": addresses}, self.home)
        self.servers.append(names)
        if not names.works():
            self.skipTest("no mount name space here")
        p = Post(self.home, [{"port": s.port, "host": "partner.example",
                              "name": "localhost", "ca": self.pki.cert}],
                 under=names.run)
        self.posts.append(p)
        return s, p, names

    def test_a_name_with_an_aaaa_record(self):
        s, p, names = self.named(["::1"])
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertIn(("partner.example", dns.AAAA), names.asked)

    def test_an_address_that_does_not_answer_is_no_failure(self):
        s, p, _ = self.named(["127.0.0.7", "::1"])
        p.confirmed(200)
        self.assertExact(s, 200)
        self.assertNotIn("post failing", self.log())

    def test_a_name_without_an_address_is_told(self):
        _, p, names = self.named([])
        until(lambda: "failure=resolve" in self.log())
        names.names["partner.example"] = ["::1"]
        p.confirmed(200)
        self.assertIn("post works again", self.log())


class Certificates(Case):
    def asking(self, version, **partner):
        """A server that wants a certificate, and takes the other one's."""
        s = self.server()
        s.context.verify_mode = ssl.CERT_REQUIRED
        s.context.load_verify_locations(self.other.cert)
        s.context.maximum_version = version
        self.fill(type=8, entries=20, records=10)
        self.release(LANE)
        return s, self.post(dict({"port": s.port}, **partner))

    def test_our_certificate_is_shown(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.tearDown()
            self.setUp()
            s, p = self.asking(version, cert=self.other.cert,
                               certkey=self.other.key)
            p.confirmed(200)
            self.assertExact(s, 200)

    def test_without_one_or_with_another_nothing_is_sent_and_it_is_told(self):
        wrong = {"cert": self.pki.cert, "certkey": self.pki.key}
        for ours in ({}, wrong):
            self.tearDown()
            self.setUp()
            s, p = self.asking(ssl.TLSVersion.TLSv1_3, **ours)
            until(lambda: p.lane().get("failure") == "certificate")
            self.assertIn("client_cert", p.lane()["hint"])
            self.assertEqual(s.records(), [])
            self.assertEqual(p.lane()["confirmed"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
