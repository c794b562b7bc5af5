"""d4-core's keys in Redis as its web interface makes them, and as its workers
use them: a model for tests of `compat: d4-core`. After spec wire.md section 4;
lib/Analyzer_Queue.py and workers/ of d4-core say the same."""

import time
import uuid


class Core:
    """meta: the METADATA and STREAM server, database 0; lists: ANALYZER, 2."""

    def __init__(self, hub):
        self.meta = hub.redis()
        kw = self.meta.connection_pool.connection_kwargs
        self.lists = type(self.meta)(
            unix_socket_path=kw["path"], username=kw["username"],
            password=kw["password"], db=2)

    # ---- the web interface: Analyzer_Queue.create_queues ----

    def queue(self, kind, ext=None, sensors=(), max_size=None):
        queue = str(uuid.uuid4())
        name = "analyzer_uuid_group" if sensors else "analyzer"
        item = ext or kind
        m = self.meta
        m.hset("analyzer:" + queue, "type", kind)
        m.sadd("all:analyzer:format_type", kind)
        m.sadd("all:analyzer:by:format_type:%d" % kind, queue)
        if ext:
            m.sadd("%s:254:%s" % (name, ext), queue)
            m.hset("analyzer:" + queue, "metatype", ext)
            m.sadd("all:analyzer:by:extended_type:" + ext, queue)
            m.sadd("all:analyzer:extended_type", ext)
        else:
            m.sadd("%s:%d" % (name, kind), queue)
        for sensor in sensors:
            m.sadd("analyzer_sensor_group:" + queue, sensor)
            # The type of its default argument, not of the queue.
            m.sadd("sensor:queues:%s:%s" % (ext or "list", sensor), queue)
        if max_size is not None:
            m.hset("analyzer:" + queue, "max_size", max_size)
        m.sadd("all_analyzer_queues", queue)
        return "analyzer:%s:%s" % (item, queue)

    def items(self, key):
        """As an analyzer would get them: RPOP."""
        return self.lists.lrange(key, 0, -1)[::-1]

    # ---- a worker, for one look ----

    def sessions(self, kind):
        return sorted(s.decode() for s in
                      self.meta.smembers("session_uuid:%d" % kind))

    def work(self, kind, session):
        """What a worker takes: the messages of the stream, which go."""
        key = "stream:%d:%s" % (kind, session)
        out = []
        for one, fields in self.meta.xrange(key):
            assert set(fields) == {b"message", b"uuid", b"timestamp",
                                   b"version"}, fields
            assert fields[b"version"] == b"1"
            assert abs(int(fields[b"timestamp"]) - time.time()) < 600
            out.append((fields[b"uuid"].decode(), fields[b"message"]))
            self.meta.xdel(key, one)
        return out

    def done(self, kind, session):
        """The end of a worker."""
        self.meta.srem("ended_session", session)
        self.meta.srem("session_uuid:%d" % kind, session)
        self.meta.srem("working_session_uuid:%d" % kind, session)
        self.meta.delete("stream:%d:%s" % (kind, session))

    def incorrect(self, kind, session):
        """data_incorrect_format and on_error."""
        self.meta.sadd("Error:IncorrectType", session)
        self.done(kind, session)
