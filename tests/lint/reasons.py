#!/usr/bin/env python3
"""One name and one symbol for each drop and refusal reason."""

import re

import source

ROW = re.compile(r'X\(([A-Z]\w+),\s*"([^"]+)",\s*(\w+),\s*(?:\\\s*)?"([^"]*)"\)')
CLASSES = {"NONE", "FILTER", "MALFORMED", "INTERNAL", "REFUSAL", "POLICY",
           "LOSS"}


def main():
    found = []
    rows = ROW.findall(source.read("libd4/reason_list.h"))
    listed = len(re.findall(r'\bX\([A-Z]\w+,\s*"', source.read("libd4/reason_list.h")))
    if listed != len(rows):
        found.append("reason_list.h: %d rows, %d understood" % (listed, len(rows)))
    for column, what in ((0, "symbol"), (1, "name")):
        seen = [row[column] for row in rows]
        found += ["reason_list.h: %s %s twice" % (what, one)
                  for one in sorted(set(seen)) if seen.count(one) > 1]
    for symbol, name, cls, text in rows:
        if cls not in CLASSES:
            found.append("reason_list.h: %s has class %s" % (name, cls))
        if not text:
            found.append("reason_list.h: %s has no text" % name)
    source.finish(found, "reasons")


if __name__ == "__main__":
    main()
