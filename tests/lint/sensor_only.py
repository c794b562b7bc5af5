#!/usr/bin/python3
"""The small build (D4_SENSOR_ONLY: `make sensor-static`, `make cross`) links:
all that d4-sensor needs of the kit is in that build's list of the kit, too."""

import glob
import os
import re
import subprocess
import sys

SOURCE = os.environ["D4_SOURCE"]
BUILD = os.path.dirname(os.environ["D4_BIN"])


def symbols(objects):
    """(those that are defined, those that are needed) of object files."""
    out = subprocess.run(["nm", "-P", "-g", *objects], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    found = re.findall(r"^(\w+) ([A-Za-z])\b", out, re.M)
    return ({n for n, kind in found if kind != "U"},
            {n for n, kind in found if kind == "U"})


def objects_of(folder, library):
    return glob.glob(os.path.join(
        BUILD, folder, "CMakeFiles", library + ".dir", "**", "*.o"),
        recursive=True)


def main():
    with open(os.path.join(SOURCE, "libd4", "kit", "CMakeLists.txt")) as f:
        text = f.read()
    listed = set(re.findall(r"\w+\.c\b", text[:text.index("return()")]))
    kit = {os.path.basename(o)[:-2]: o
           for o in objects_of("libd4/kit", "d4kit")}
    sensor = objects_of("sensor", "d4sensor") + objects_of(
        "sensor", "d4-sensor")
    missing = listed - set(kit)
    assert len(sensor) > 20 and listed and not missing, (sensor, missing)
    small, needed = symbols([kit[name] for name in listed])
    needed |= symbols(sensor)[1]
    status = 0
    for name in sorted(set(kit) - listed):
        lost = sorted(needed & (symbols([kit[name]])[0] - small))
        if lost:
            print("libd4/kit/CMakeLists.txt: D4_SENSOR_ONLY lacks %s (%s)" % (
                name, ", ".join(lost)))
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
