#!/usr/bin/env python3
"""Decisions: one for each number, all of them in docs/adr/README.md, and none
that is spoken of but does not exist."""

import re

import source

SPOKEN = re.compile(r"(?:\bADR |adr/)(\d{4})(-[a-z0-9-]+\.md)?")


def main():
    found, there = [], {}
    index = source.read("docs/adr/README.md")
    for name in source.files("docs/adr/[0-9]*.md"):
        file = name.split("/")[-1]
        number = file[:4]
        if number in there:
            found.append("%s and %s have one number" % (there[number], file))
        there[number] = file
        if not source.read(name).startswith("# " + number):
            found.append("%s: its title has another number" % name)
        if "](%s)" % file not in index:
            found.append("%s: not in docs/adr/README.md" % name)
    for name in source.files("*.md", "*.[chy158]", "*.py", "*.sample"):
        for number, rest in SPOKEN.findall(source.read(name)):
            if number not in there or rest and there[number] != number + rest:
                found.append("%s: no ADR %s%s" % (name, number, rest))
    source.finish(found, "adr")


if __name__ == "__main__":
    main()
