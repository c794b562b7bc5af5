"""A hostile network between two TCP peers, for tests: seeded, replayable.

Link(net, name, to, seed) listens on a loopback port and forwards to `to`.
What it does to its k-th connection is drawn from (seed, name, k) alone, so a
seed gives the same faults in every run: draw() is the whole of it. Bytes are
never changed nor re-ordered: TCP does not do that either.
"""
import asyncio
import collections
import random
import socket
import struct
import threading
import time

# What ends a connection, by weight: fired when `at` bytes went `way`.
ENDINGS = {
    "none": 36,
    "refuse": 3,   # reset before a byte
    "cut": 10,     # both sides get a FIN, at a byte
    "eof": 6,      # both sides get a FIN, at a TLS record's border
    "reset": 8,    # both sides get an RST
    "one": 6,      # one side gets an RST, the other one silence
    "half": 7,     # silence on both sides, no FIN
    "hole": 6,     # one way is swallowed, the other one goes on
    "alert": 6,    # a FIN in the place of close_notify
}
# What it is like until then.
WEATHERS = {"fair": 60, "trickle": 10, "late": 10, "narrow": 10, "jitter": 10}
ALERT = 19  # length of a TLS 1.3 record that holds an alert
HANDSHAKE = 3000  # about: bytes before the first frame

Plan = collections.namedtuple("Plan", "ending way at hold weather amount")
FAIR = Plan("none", "up", 0, 0.0, "fair", 0)


def draw(seed, name, k):
    """The plan for the k-th connection of a link."""
    rnd = random.Random("%s %s %d" % (seed, name, k))
    ending = rnd.choices(list(ENDINGS), ENDINGS.values())[0]
    weather = rnd.choices(list(WEATHERS), WEATHERS.values())[0]
    # In the handshake, in the first frames, or anywhere.
    at = int(rnd.choice((1, HANDSHAKE, HANDSHAKE + 4000)) +
             10 ** rnd.uniform(0, 5))
    amount = {"fair": 0, "trickle": rnd.randrange(100, 6000),
              "late": rnd.uniform(0.002, 0.12),
              "narrow": rnd.randrange(20000, 400000),
              "jitter": rnd.uniform(0.001, 0.03)}[weather]
    return Plan(ending, rnd.choice(("up", "down")), at,
                rnd.uniform(0.2, 2.0), weather, amount)


def describe(plan):
    text = plan.ending
    if plan.ending not in ("none", "refuse"):
        text += " %s at %d" % (plan.way, plan.at)
    if plan.ending in ("one", "half", "hole"):
        text += " for %.2fs" % plan.hold
    if plan.weather != "fair":
        text += ", %s %.4g" % (plan.weather, plan.amount)
    return text


class Net:
    """The thread in which all links of a world live."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever,
                                        daemon=True)
        self._thread.start()

    def call(self, fn, *args):
        """Runs fn(*args) in the loop, and waits for its end."""
        async def run():
            return fn(*args)
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


def reset(sock):
    """Closes with an RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


class Records:
    """Follows the borders of TLS records in a stream of bytes."""

    def __init__(self):
        self.head, self.left = b"", 0

    def split(self, data):
        """Pieces of data: (bytes, length of the record if they begin it)."""
        at = 0
        while at < len(data):
            if self.left:
                n = min(self.left, len(data) - at)
                self.left -= n
                yield data[at:at + n], None
                at += n
                continue
            need = 5 - len(self.head)
            self.head += data[at:at + need]
            at += need
            if len(self.head) == 5:
                self.left = struct.unpack_from(">H", self.head, 3)[0]
                head, self.head = self.head, b""
                yield head, self.left


class Connection:
    """One connection through a link; intact: no ending was fired."""

    def __init__(self, link, near, plan):
        self.link, self.near, self.plan = link, near, plan
        self.far = None
        self.intact = True
        self.mute = set()     # ways that are swallowed
        self.over = asyncio.Event()
        self.count = {"up": 0, "down": 0}

    async def run(self):
        loop, tasks = self.link.net.loop, []
        try:
            if self.plan.ending == "refuse":
                return self.fire()
            self.far = socket.socket()
            self.far.setblocking(False)
            await loop.sock_connect(self.far, self.link.to)
            for sock in (self.near, self.far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.link.by_port[self.far.getsockname()[1]] = self
            tasks = [loop.create_task(self.guarded(self.near, self.far, "up")),
                     loop.create_task(self.guarded(self.far, self.near,
                                                   "down"))]
            both = asyncio.gather(*tasks)
            over = loop.create_task(self.over.wait())
            tasks += [both, over]
            await asyncio.wait((both, over),
                               return_when=asyncio.FIRST_COMPLETED)
        except OSError:  # nobody listens there
            self.intact = False
            reset(self.near)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.near.close()
            if self.far:
                self.far.close()
            self.link.open.discard(self)

    async def guarded(self, src, dst, way):
        try:
            await self.pump(src, dst, way)
        except ConnectionAbortedError:  # by us: the other side is not told
            pass
        except OSError:  # a reset of one side is one of the other
            self.intact = False
            self.sever(True)

    async def pump(self, src, dst, way):
        loop, records = self.link.net.loop, Records()
        while True:
            data = await loop.sock_recv(src, 65536)
            if not data:
                if way not in self.mute:
                    dst.shutdown(socket.SHUT_WR)
                return
            if way in self.mute:
                continue
            if self.plan.ending in ("eof", "alert"):
                await self.by_record(records, data, dst, way)
                continue
            due = self.plan.at - self.count[way]
            if self.armed(way) and len(data) >= due:
                await self.send(dst, data[:max(due, 0)], way)
                if self.plan.ending != "none":  # healed meanwhile
                    self.fire()
                    continue
                data = data[max(due, 0):]
            await self.send(dst, data, way)

    def armed(self, way):
        return self.plan.ending != "none" and self.plan.way == way and \
            self.intact

    async def by_record(self, records, data, dst, way):
        for piece, length in records.split(data):
            if length is not None and way == self.plan.way:
                late = self.count[way] >= self.plan.at
                if late and self.plan.ending == "eof" and self.intact:
                    return self.fire()
                if self.plan.ending == "alert" and length == ALERT:
                    return self.fire()
            await self.send(dst, piece, way)

    def fire(self):
        """The plan's ending happens now."""
        self.link.fired[self.plan.ending] += 1
        self.intact = False
        ending, hold = self.plan.ending, self.plan.hold
        if ending in ("refuse", "reset"):
            self.sever(True)
        elif ending in ("cut", "eof", "alert"):
            self.sever(False)
        elif ending == "one":
            self.mute = {"up", "down"}
            reset(self.near if self.plan.way == "up" else self.far)
            self.link.net.loop.call_later(hold, self.sever, True)
            raise ConnectionAbortedError  # its socket is gone
        elif ending == "half":
            self.mute = {"up", "down"}
            self.link.net.loop.call_later(hold, self.sever, True)
        elif ending == "hole":
            self.mute = {self.plan.way}
            self.link.net.loop.call_later(hold, self.sever, True)

    def sever(self, hard):
        if self.over.is_set():
            return
        self.intact = False
        if hard:
            for sock in (self.near, self.far):
                if sock:
                    reset(sock)
        self.over.set()

    async def send(self, dst, data, way):
        loop, plan = self.link.net.loop, self.plan
        weather = plan.weather if self.link.hostile else "fair"
        if weather == "late":
            await asyncio.sleep(plan.amount)
        elif weather == "jitter":
            await asyncio.sleep(random.random() * plan.amount)
        elif weather == "narrow":
            await asyncio.sleep(len(data) / plan.amount)
        elif weather == "trickle":
            n = max(min(plan.amount - self.count[way], len(data)), 0)
            for i in range(n):
                await loop.sock_sendall(dst, data[i:i + 1])
                await asyncio.sleep(0)
            self.count[way] += n
            data = data[n:]
        self.count[way] += len(data)
        await loop.sock_sendall(dst, data)


class Link:
    """A listener whose connections suffer while `hostile` is set.

    fired: how often each ending happened. by_port: {local port of the far
    side: Connection}, for who stands behind and wants to know its fate.
    """

    def __init__(self, net, name, to, seed):
        self.net, self.name, self.to, self.seed = net, name, to, seed
        self.hostile = True
        self.fired = collections.Counter()
        self.by_port = {}
        self.open = set()
        self.count = 0
        self.down_until = 0.0
        self._sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sock.setblocking(False)
        self.port = self._sock.getsockname()[1]
        self._task = asyncio.run_coroutine_threadsafe(self._accept(),
                                                      net.loop)

    async def _accept(self):
        while True:
            near, _ = await self.net.loop.sock_accept(self._sock)
            near.setblocking(False)
            plan = FAIR
            if self.hostile:
                plan = draw(self.seed, self.name, self.count)
                self.count += 1
            if self.hostile and time.monotonic() < self.down_until:
                plan = plan._replace(ending="refuse")
            connection = Connection(self, near, plan)
            self.open.add(connection)
            self.net.loop.create_task(connection.run())

    def sever(self, hard):
        """Every connection ends now: RST if hard, else FIN."""
        def work():
            for connection in list(self.open):
                self.fired["severed"] += 1
                connection.sever(hard)
        self.net.call(work)

    def down(self, seconds):
        """Refuses everybody for a while, and ends what there is."""
        self.down_until = time.monotonic() + seconds
        self.sever(True)

    def heal(self):
        """From now on an honest network; what is held in silence is reset."""
        def work():
            self.hostile = False
            for connection in list(self.open):
                if connection.mute:
                    connection.sever(True)
                else:
                    connection.plan = FAIR
        self.net.call(work)

    def close(self):
        def work():
            self._task.cancel()
            self._sock.close()
            for connection in list(self.open):
                connection.sever(True)
        self.net.call(work)
