#!/usr/bin/env python3
"""Files of at most 400 lines, headers of at most 200, guards by their name.

Functions (60 lines, 5 parameters, nesting, complexity) are clang-tidy's.
With folders as arguments only those are looked at.
"""

import re
import sys

import source

LIMITS = {".h": 200, ".c": 400, ".py": 400, ".sh": 400}


def check(name, found):
    text = source.read(name)
    lines = text.count("\n")
    limit = LIMITS[name[name.rindex("."):]]
    if lines > limit:
        found.append("%s: %d lines, at most %d" % (name, lines, limit))
    if text and not text.endswith("\n"):
        found.append("%s: no newline at the end" % name)
    if name.endswith(".h"):
        guard = re.search(r"(?m)^#ifndef (\w+_H)\n#define (\w+)$", text)
        if guard is None or guard.group(1) != guard.group(2):
            found.append("%s: no include guard" % name)


def main():
    found, guards = [], {}
    for name in source.files("*.c", "*.h", "*.py", "*.sh"):
        if sys.argv[1:] and name.split("/")[0] not in sys.argv[1:]:
            continue
        check(name, found)
        guard = re.search(r"(?m)^#ifndef (\w+_H)$", source.read(name))
        if name.endswith(".h") and guard:
            guards.setdefault(guard.group(1), []).append(name)
    for guard, names in guards.items():
        if len(names) > 1:
            found.append("%s guards %s" % (guard, " and ".join(names)))
    source.finish(found, "sizes")


if __name__ == "__main__":
    main()
