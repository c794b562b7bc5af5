"""The analyzer lists of a stock d4-core, in a real redis-server (model).

The keys are d4-core's (workers 1, 2 and 8): the list analyzer:TYPE:QUEUE in
database 2, and the hash analyzer:QUEUE with max_size in database 0. An item
is pushed on the left, then the list is trimmed to 0 max_size, silently.
"""

import os
import subprocess
import uuid

import redis
from relay import until


class Lists:
    def __init__(self, folder, appendonly="yes"):
        self.dir = os.path.join(folder, "d4-core")
        os.mkdir(self.dir)
        self.sock = os.path.join(self.dir, "analyzer.sock")
        self.appendonly = appendonly
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.sock,
             "--dir", self.dir, "--appendonly", self.appendonly,
             "--appendfsync", "always", "--save", ""],
            stdout=subprocess.DEVNULL)
        self.db = redis.Redis(unix_socket_path=self.sock, db=2)
        self.meta = redis.Redis(unix_socket_path=self.sock, db=0)

        def ready():
            try:
                return self.db.ping()
            except redis.exceptions.RedisError:
                return False
        until("the lists' redis", ready)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill()

    def queue(self, kind, max_size=None):
        return Queue(self, kind, max_size)


class Queue:
    def __init__(self, lists, kind, max_size):
        self.lists, self.kind, self.uuid = lists, kind, str(uuid.uuid4())
        self.max_size = max_size or 10000
        lists.meta.sadd("analyzer:%s" % kind, self.uuid)
        if max_size:
            lists.meta.hset(
                "analyzer:" + self.uuid, "max_size", max_size)

    def key(self):
        return "analyzer:%s:%s" % (self.kind, self.uuid)

    def push(self, items, trim=True):
        """As a worker does for each line or file."""
        pipe = self.lists.db.pipeline(transaction=False)
        for item in items:
            pipe.lpush(self.key(), item)
            if trim:
                pipe.ltrim(self.key(), 0, self.max_size)
        pipe.execute()

    def source(self, kind=None, more=""):
        """Its entry in relay.yaml."""
        return ("{kind: d4core-list, type: %s, redis: \"unix:%s\", queue: %s"
                "%s}" % (kind or self.kind, self.lists.sock, self.uuid, more))

    def left(self):
        return self.lists.db.llen(self.key())
