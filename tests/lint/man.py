#!/usr/bin/env python3
"""A man page names the options that --help names, and no others."""

import os
import re
import subprocess
import sys

import source

BIN = os.environ.get("D4_BIN", os.path.join(source.TOP, "build", "bin"))


def help_options(text):
    """-x and --long words at the start of a line or behind a bracket."""
    out = set()
    for line in text.split("\n"):
        out.update(re.findall(
            r"(?:^\s*|[\s\[|,(])(--?[A-Za-z][A-Za-z0-9-]*)", line))
    return out


def man_options(text):
    """Arguments of .Fl (mdoc adds the first dash to each of them)."""
    out = set()
    for line in text.replace("\\-", "-").split("\n"):
        flags = False
        for word in line.split() if line.startswith(".") else ():
            if re.fullmatch(r"\.?[A-Z][a-z]", word):
                flags = word.endswith("Fl")
            elif flags and re.match(r"-?[A-Za-z]", word):
                out.add("-" + word)
    return out


def check(page, found):
    name = os.path.basename(page).rsplit(".", 1)[0]
    program = os.path.join(BIN, name)
    text = source.read(page)
    for macro in (".Dd", ".Dt", ".Os", ".Sh NAME", ".Sh SYNOPSIS",
                  ".Sh DESCRIPTION", ".Sh EXIT STATUS"):
        if not re.search(r"(?m)^" + re.escape(macro) + r"\b", text):
            found.append("%s: no %s" % (page, macro))
    if not os.access(program, os.X_OK):
        return 0
    done = subprocess.run([program, "--help"], capture_output=True, text=True,
                          timeout=10, check=False)
    if done.returncode != 0:
        found.append("%s --help: exit status %d" % (name, done.returncode))
    wanted, named = help_options(done.stdout), man_options(text)
    for option in sorted(wanted - named):
        found.append("%s: %s is in --help only" % (page, option))
    for option in sorted(named - wanted):
        found.append("%s: %s is not in --help" % (page, option))
    return 1


def main():
    found, checked = [], 0
    pages = source.files("*.1", "*.5", "*.8")
    for page in pages:
        if not page.startswith(("tests/", "docs/")) and page[-1] != "5":
            checked += check(page, found)
    if not checked and not found:
        print("man: no program is built in %s" % BIN)
        sys.exit(77)
    source.finish(found, "man: %d pages beside their program" % checked)


if __name__ == "__main__":
    main()
