"""What the lints share: the repository's files, and C without its comments."""

import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# A comment, or a text or character in quotes (kept apart from comments).
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                   r"|'(?:\\.|[^'\\\n])*'", re.S)


def files(*patterns):
    """Names of the repository's files, new ones included, in order."""
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=TOP,
        check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted(f for f in out if f and os.path.exists(
        os.path.join(TOP, f)))


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def code(name):
    """A C file with comments and the inside of texts blanked, same lines."""
    def blank(match):
        text = match.group()
        inside = "\n" * text.count("\n")
        return text[0] + text[-1] if text[0] in "\"'" else " " + inside
    return TOKEN.sub(blank, read(name))


def lines_with(text, pattern):
    """(line number, match) for each match."""
    for match in re.finditer(pattern, text):
        yield text.count("\n", 0, match.start()) + 1, match


def finish(found, what):
    """Prints what was found, and exits as a test."""
    for line in found:
        print(line)
    print("%s: %s" % (what, "%d found" % len(found) if found else "clean"))
    sys.exit(1 if found else 0)
