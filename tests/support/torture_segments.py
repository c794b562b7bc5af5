"""The airlock's segments while they are written to, for the torture."""
import json
import struct

import spool


def entries(path):
    """(header, entry) of a segment that may be written to meanwhile."""
    with open(path, "rb") as f:
        blob = f.read()
    try:
        length = spool.HEAD.unpack_from(blob)[3]
        head = json.loads(blob[spool.HEAD.size:spool.HEAD.size + length])
    except (struct.error, ValueError):
        return
    at = spool.HEAD.size + length
    while at + spool.ENTRY.size <= len(blob):
        entry = dict(zip(spool.FIELDS, spool.ENTRY.unpack_from(blob, at)))
        end = at + 8 + entry["length"]
        if end > len(blob):
            return
        entry.update(at=at, raw=blob[at:end],
                     data=blob[at + spool.ENTRY.size:end])
        yield head, entry
        at = end
