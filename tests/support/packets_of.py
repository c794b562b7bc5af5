"""What tshark reads in a file: packets of a capture, flows of IPFIX."""

import shutil
import subprocess

FIELDS = ("frame.time_epoch", "frame.encap_type", "frame.len",
          "frame.cap_len", "frame.md5_hash")


def written(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


FLOW_FIELDS = ("cflow.srcaddr", "cflow.dstaddr", "cflow.octets",
               "cflow.packets", "cflow.srcport", "cflow.protocol")


def packets_of(test, path):
    """One line a packet."""
    return fields_of(test, path, FIELDS)


def flows_of(test, path):
    """One line a message with flows that it could decode."""
    return [x for x in fields_of(test, path, FLOW_FIELDS) if x.strip()]


def fields_of(test, path, names):
    """A file that tshark cannot read to its end fails."""
    if shutil.which("tshark") is None:
        test.skipTest("no tshark")
    args = ["tshark", "-n", "-r", path, "-o",
            "frame.generate_md5_hash:TRUE", "-T", "fields"]
    for name in names:
        args += ["-e", name]
    done = subprocess.run(args, capture_output=True, text=True, timeout=300)
    test.assertEqual(done.returncode, 0, done.stderr)
    test.assertNotIn("appears to", done.stderr)
    return done.stdout.splitlines()
