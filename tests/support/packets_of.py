"""What tshark reads in a capture file, packet by packet."""

import shutil
import subprocess

FIELDS = ("frame.time_epoch", "frame.encap_type", "frame.len",
          "frame.cap_len", "frame.md5_hash")


def written(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


def packets_of(test, path):
    """One line a packet; a file that tshark cannot read to its end fails."""
    if shutil.which("tshark") is None:
        test.skipTest("no tshark")
    args = ["tshark", "-n", "-r", path, "-o",
            "frame.generate_md5_hash:TRUE", "-T", "fields"]
    for name in FIELDS:
        args += ["-e", name]
    done = subprocess.run(args, capture_output=True, text=True, timeout=300)
    test.assertEqual(done.returncode, 0, done.stderr)
    test.assertNotIn("appears to", done.stderr)
    return done.stdout.splitlines()
