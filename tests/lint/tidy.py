#!/usr/bin/env python3
"""clang-tidy over the programs and libraries; files that were clean before,
and have not changed with all they include, are not looked at again.

tidy.py BUILD [FILE...]: BUILD is a configured build folder. The memory is
BUILD/tidy, or D4_TIDY_CACHE: an empty file for each state that was clean.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

FOLDERS = ("libd4", "policies", "sanitizers", "gate", "hub", "relay",
           "sensor", "misp-export", "tools")
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def content(path, seen={}):
    """(bytes, the project's files that it includes), each read once."""
    if path not in seen:
        with open(path, "rb") as f:
            data = f.read()
        near = []
        for name in INCLUDE.findall(data):
            for at in (TOP, os.path.dirname(path)):
                full = os.path.join(at, name.decode())
                if os.path.exists(full):
                    near.append(full)
                    break
        seen[path] = data, near
    return seen[path]


def closure(path):
    found, todo = set(), [path]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += content(at)[1]
    return sorted(found)


def key(entry, base):
    h = hashlib.sha256(base)
    h.update(entry["command"].replace(TOP, "").encode())
    for path in closure(entry["file"]):
        h.update(os.path.relpath(path, TOP).encode() + b"\0")
        h.update(content(path)[0])
    return h.hexdigest()


def base():
    """What all results depend on: the program and its settings."""
    with open(os.path.join(TOP, ".clang-tidy"), "rb") as f:
        return f.read() + subprocess.run(
            ["clang-tidy", "--version"], stdout=subprocess.PIPE,
            check=True).stdout


def entries(build, names):
    with open(os.path.join(build, "compile_commands.json")) as f:
        for e in json.load(f):
            rel = os.path.relpath(e["file"], TOP)
            if (rel in names) if names else rel.split("/")[0] in FOLDERS:
                yield e


def tidy(build, entry):
    p = subprocess.run(
        ["clang-tidy", "-quiet", "-p", build, entry["file"]],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return p.returncode, ESCAPES.sub("", p.stdout)


def main():
    build, names = sys.argv[1], sys.argv[2:]
    cache = os.environ.get("D4_TIDY_CACHE", os.path.join(build, "tidy"))
    os.makedirs(cache, exist_ok=True)
    ground = base()
    todo = {e["file"]: (e, os.path.join(cache, key(e, ground)))
            for e in entries(build, names)}
    old = [f for f, (_, mark) in todo.items() if os.path.exists(mark)]
    new = sorted(set(todo) - set(old), key=os.path.getsize, reverse=True)
    lines = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(tidy, build, todo[f][0]): f for f in new}
        for run in concurrent.futures.as_completed(runs):
            code, text = run.result()
            if code == 0:
                open(todo[runs[run]][1], "w").close()
                continue
            said = re.findall(r"^\S+:\d+:\d+: (?:error|warning).*", text, re.M)
            lines.update(said or [runs[run] + ": clang-tidy failed"])
    for line in sorted(lines):
        print(line.replace(TOP + "/", ""))
    print("tidy: %d files, %d of them known as clean, %d found"
          % (len(todo), len(old), len(lines)))
    return 1 if lines or not todo else 0


if __name__ == "__main__":
    sys.exit(main())
