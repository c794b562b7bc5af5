"""Two real hubs and the relay between them: sensors of hub A, and hub B as
the partner."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hub import Hub, HubRedis  # noqa: E402
from relay import Org  # noqa: E402


class HubPartner:
    """A hub as the partner: what arrived, by type, as its queues hold it."""

    def __init__(self, hub, key):
        self.hub, self.key, self.id = hub, key, "acme"
        self.port = hub.port
        self.pin = "00" * 32

    def stop(self):
        pass

    def enroll(self, uuids):
        for uid in uuids:
            self.pin = self.hub.enroll("--uuid", uid, "--key-file",
                                       self.key).pin

    def data(self, kind):
        return [e["data"] for e in self.hub.entries(kind)]


class TwoHubs:
    """Sensors of these names and types; policy(uuid) is the policy's text."""

    def __init__(self, sensors, policy, **options):
        self.a, self.b = Hub(**options).start(), Hub().start()
        self.sensors = {name: self.a.enroll("--type", str(kind))
                        for name, kind in sensors}
        self.org = Org(policy(self.uuid), partners=(), db=HubRedis(self.a))
        self.org.options["overflow"] = self.a.overflow
        self.partner = HubPartner(self.b, self.org.hmac)
        self.org.partners["acme"] = self.partner
        self.org.configure()
        self.partner.enroll(self.org.uuids())

    def uuid(self, name):
        return self.sensors[name].uuid

    def send(self, name, kind, data):
        """A stream, in frames that cut its records anywhere."""
        s = self.sensors[name]
        frames = [s.frame(kind, data[i:i + 9999])
                  for i in range(0, len(data), 9999)]
        assert self.a.send(frames) == "confirmed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.org.close, self.a.close, self.b.close):
            end()
