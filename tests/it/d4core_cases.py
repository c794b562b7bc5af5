"""The rows of spec wire.md section 2 as things that a client does.

Each case: a function of a Client's key and UUID that returns the TLS records
to send, the payloads that the server must have stored, and how it ends:
"confirmed", or "cut" (no close_notify).
"""

import d4

KEY = b"a-key-for-tests"
EXT = b'{"type":"ja3-jl"}'


def other_uuid(uid):
    """A second registered UUID for each of the test's."""
    return uid[:-1] + "0"


def odd_uuid(uid):
    """A third, which is not version 4."""
    return uid[:14] + "1" + uid[15:]


def cut(data, *sizes):
    """data in pieces of these sizes, then the rest."""
    out = []
    for size in sizes:
        out.append(data[:size])
        data = data[size:]
    return out + ([data] if data else [])


def cut_all(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


def good(uid, kind=8, payload=b"a line of text\n" * 4, **more):
    return d4.frame(KEY, uid, kind, payload, **more)


TEXT = b"a line of text\n" * 4


def header_in_pieces(uid):
    return cut(good(uid, payload=TEXT * 2), 1, 1, 16, 8, 32, 4), [
        TEXT * 2], "confirmed"


def header_by_byte(uid):
    frame = good(uid, payload=TEXT * 2)
    return cut_all(frame[:62], 1) + [frame[62:]], [TEXT * 2], "confirmed"


def short_last_record_is_lost(uid):
    return cut(good(uid, payload=bytes(100)), 120), [], "confirmed"


def short_last_record_waits_for_the_next(uid):
    return cut(good(uid, payload=bytes(100)), 120) + [
        good(uid, payload=TEXT)], [bytes(100), TEXT], "confirmed"


def size_case(size, stored):
    def case(uid):
        payload = b"x" * (size - 1) + b"\n"
        return [good(uid, payload=payload)], [
            payload] if stored else [], "confirmed"
    case.__name__ = "payload_of_%d" % size
    return case


def frames_264_in_one_record(uid):
    return [good(uid, payload=b"") * 264], [b""] * 264, "confirmed"


def empty_frame_is_stored(uid):
    return [good(uid, payload=b"")], [b""], "confirmed"


def over_the_size_limit(uid):
    frame = good(uid, payload=bytes(1000001))
    return [good(uid), frame[:62]], [TEXT], "cut"


def wrong_hmac(uid):
    return [good(uid), d4.frame(b"other", uid, 8, TEXT), good(uid)], [
        TEXT], "cut"


def uuid_change(uid):
    return [good(uid), good(other_uuid(uid))], [TEXT], "cut"


def first_is_254(uid):
    return [good(uid, 254)], [], "cut"


def type_not_accepted(uid):
    return [good(uid, 3)], [], "cut"


def uuid_not_v4(uid):
    return [good(odd_uuid(uid))], [], "cut"


def type_change(uid):
    return [good(uid, 8), good(uid, 1)], [TEXT], "cut"


def meta_after_254(uid):
    return [good(uid, 2, EXT), good(uid, 254), good(uid, 2, EXT)], [
        EXT, TEXT], "cut"


def meta_in_frames_then_254(uid):
    return [good(uid, 2, EXT[:5]), good(uid, 2, EXT[5:]), good(uid, 254),
            good(uid, 254)], [EXT[:5], EXT[5:], TEXT, TEXT], "confirmed"


def any_timestamp(uid):
    stamps = (0, 1700000000 * 10 ** 9, 2 ** 64 - 1)
    return [good(uid, timestamp=t) for t in stamps], [TEXT] * 3, "confirmed"


CASES = [header_in_pieces, header_by_byte, short_last_record_is_lost,
         short_last_record_waits_for_the_next, frames_264_in_one_record,
         empty_frame_is_stored, over_the_size_limit, wrong_hmac, uuid_change,
         first_is_254, type_not_accepted, uuid_not_v4, type_change,
         meta_after_254, meta_in_frames_then_254, any_timestamp]
CASES += [size_case(n, False) for n in (16323, 16382, 16383, 32707, 65535)]
CASES += [size_case(n, True)
          for n in (16322, 16384, 65472, 65536, 1000000)]
