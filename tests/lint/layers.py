#!/usr/bin/env python3
"""Includes and link targets go only downward; the lower floors are pure.

The house of docs/adr/0001: what a folder may include, what its library may
link, and which system headers stay out of the layers without input/output.
"""

import re

import source

L0 = {"libd4"}
L1 = L0 | {"libd4/kit"}
GATE = L1 | {"policies", "sanitizers", "gate"}

# folder -> the folders it may include (its own among them).
MAY_INCLUDE = {
    "libd4": L0,
    "libd4/kit": L1,
    "policies": L0 | {"policies"},
    "sanitizers": L0 | {"sanitizers"},
    "gate": GATE,
    "hub": GATE | {"hub"},
    "relay": GATE | {"relay"},
    "sensor": L1 | {"sensor"},
    "misp-export": GATE | {"misp-export"},
    "tools": GATE | {"tools"},
}

# library -> what it may link besides itself.
MAY_LINK = {
    "d4": {"d4::libcrypto", "d4::jansson", "d4::yaml"},
    "d4policies": {"d4"},
    "d4sanitizers": {"d4", "d4::pcap", "d4::pcre2", "d4::psl", "d4::zlib"},
}

# No clock, no input/output, no process in L0 and in the engines.
PURE = ("libd4", "policies", "sanitizers")
PURE_HEADERS = {
    "arpa/inet.h", "assert.h", "ctype.h", "endian.h", "errno.h", "float.h",
    "inttypes.h", "jansson.h", "libpsl.h", "limits.h", "math.h",
    "netinet/in.h", "pcap/pcap.h", "pcre2.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "yaml.h",
    "zlib.h",
}
PURE_CALLS = (
    "printf|fprintf|vfprintf|puts|fputs|putchar|perror|fopen|fdopen|fread|"
    "fwrite|fclose|open|openat|read|write|close|socket|connect|send|recv|"
    "poll|select|time|gettimeofday|clock_gettime|localtime|gmtime_r|exit|"
    "_exit|fork|execv|execve|getenv|syslog|sleep|usleep|nanosleep|"
    "pcap_open_live|pcap_open_offline")


def folder(name):
    return name.rsplit("/", 1)[0] if "/" in name else ""


def check_includes(name, found):
    here = folder(name)
    text = source.read(name)
    for line, match in source.lines_with(
            text, r'(?m)^[ \t]*#[ \t]*include[ \t]+"([^"]+)"'):
        there = folder(match.group(1))
        if there not in MAY_INCLUDE[here]:
            found.append("%s:%d: %s may not include %s" % (
                name, line, here, match.group(1)))


def check_pure(name, found):
    if folder(name) not in PURE:
        return
    text = source.read(name)
    for line, match in source.lines_with(
            text, r"(?m)^[ \t]*#[ \t]*include[ \t]+<([^>]+)>"):
        header = match.group(1)
        if header not in PURE_HEADERS and not (
                header.startswith("openssl/") and header != "openssl/ssl.h"):
            found.append("%s:%d: <%s> in a pure layer" % (name, line, header))
    for line, match in source.lines_with(
            source.code(name), r"(?<![\w.>])(%s)\s*\(" % PURE_CALLS):
        found.append("%s:%d: %s() in a pure layer" % (
            name, line, match.group(1)))


def check_links(name, found):
    text = re.sub(r"#[^\n]*", "", source.read(name))
    for match in re.finditer(r"d4_library\(\s*(\w+)([^)]*)\)", text):
        library, words = match.group(1), match.group(2).split()
        linked = words[words.index("LINK") + 1:] if "LINK" in words else []
        for word in linked:
            if word not in MAY_LINK.get(library, {word}):
                found.append("%s: %s may not link %s" % (name, library, word))


def main():
    found = []
    for name in source.files("*.c", "*.h"):
        if folder(name) in MAY_INCLUDE:
            check_includes(name, found)
            check_pure(name, found)
        elif not name.startswith("tests/"):
            found.append("%s: no layer has this folder" % name)
    for name in source.files("*CMakeLists.txt"):
        check_links(name, found)
    source.finish(found, "layers")


if __name__ == "__main__":
    main()
