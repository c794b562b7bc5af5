#!/usr/bin/env python3
"""Functions that this project does not use, and other house rules of form."""

import source

CALLS = (
    "strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|"
    "atoll|atof|gets|gmtime|localtime|ctime|asctime|alloca|system|popen|"
    "tmpnam|tempnam|mktemp|rand|srand")


def check(name, found):
    text = source.code(name)
    for line, match in source.lines_with(
            text, r"(?<![\w.>])(%s)\s*\(" % CALLS):
        found.append("%s:%d: %s()" % (name, line, match.group(1)))
    for line, match in source.lines_with(
            text, r"\btypedef\s+(struct|union|enum)\b"):
        found.append("%s:%d: typedef of a %s" % (name, line, match.group(1)))
    for line, match in source.lines_with(
            source.read(name), r"[^\x00-\x7f]|\b(TODO|FIXME|XXX)\b"):
        found.append("%s:%d: %s" % (
            name, line, match.group(1) or "a character that is not ASCII"))


def main():
    found = []
    for name in source.files("*.c", "*.h"):
        check(name, found)
    source.finish(found, "banned")


if __name__ == "__main__":
    main()
