#!/usr/bin/python3
"""Started by root: wash and post under accounts of their own.

The accounts exist in a mount namespace only, so the machine is left alone.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import relay  # noqa: E402
from relay import Org, Sensor, until  # noqa: E402
import relay_cases as cases  # noqa: E402

WASH, POST = 59101, 59102


def inside():
    """Runs this file again where d4-wash and d4-post exist."""
    if os.geteuid() != 0 or subprocess.run(
            ["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        print("needs root and a mount namespace")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        for name, more in (
                ("passwd", "d4-wash:x:%d:%d::/:/bin/false\n"
                 "d4-post:x:%d:%d::/:/bin/false\n" % (WASH, WASH, POST, POST)),
                ("group", "d4-wash:x:%d:d4-post\nd4-post:x:%d:d4-wash\n" %
                 (WASH, POST))):
            with open("/etc/" + name) as f:
                text = f.read()
            relay.write(os.path.join(d, name), text + more, 0o644)
        sys.exit(subprocess.run(
            ["unshare", "-m", "sh", "-c",
             "mount --bind %s/passwd /etc/passwd && "
             "mount --bind %s/group /etc/group && exec %s %s run" %
             (d, d, sys.executable, os.path.abspath(__file__))]).returncode)


class TwoUsers(Org):
    def configure(self):
        os.chmod(self.dir, 0o755)
        super().configure()
        with open(self.conf) as f:
            text = f.read()
        return relay.write(self.conf, text.replace(
            "wash_user: root", "wash_user: d4-wash").replace(
            "post_user: root", "post_user: d4-post"))


def fields(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(x.rstrip("\n").split(":\t", 1) for x in f)


def check_ids(org):
    for name, uid in (("wash", WASH), ("post", POST)):
        got = fields(org.pids()[name])
        assert set(got["Uid"].split()) == {str(uid)}, (name, got["Uid"])
        assert set(got["Gid"].split()) == {str(uid)}, (name, got["Gid"])
        assert int(got["CapEff"], 16) == 0 and int(got["CapPrm"], 16) == 0
        assert got["Seccomp"] == "2" and got["NoNewPrivs"] == "1"


def check_folders(org):
    for name, uid, mode in (("spool", WASH, 0o750), ("wash", WASH, 0o700),
                            ("post", POST, 0o750)):
        st = os.stat(os.path.join(org.state, name))
        assert (st.st_uid, st.st_mode & 0o777) == (uid, mode), name


def main():
    org = TwoUsers(cases.ONE)
    try:
        org.start_partners()
        pdns = Sensor(org, 8, uid=cases.LOG)
        pdns.lines(cases.numbered(0, 50))
        org.up()
        until("confirmed", lambda: org.idle() and cases.confirmed(org) == 50)
        check_ids(org)
        check_folders(org)
        org.kill("wash")
        org.kill("post")
        pdns.lines(cases.numbered(50, 10))
        until("confirmed", lambda: org.idle() and cases.confirmed(org) == 60)
        # Partners' keys are root's, and are read again at a reload.
        org.reload()
        pdns.lines(cases.numbered(60, 10))
        until("confirmed", lambda: org.idle() and cases.confirmed(org) == 70)
        check_ids(org)
        # What was confirmed is deleted by wash, who reads post's cursor.
        until("trimmed", lambda: os.path.getsize(max(
            (os.path.join(d, f) for d, _, fs in
             os.walk(os.path.join(org.state, "spool")) for f in fs
             if f.endswith(".seg")), key=os.path.getsize)) < 2048)
        assert org.stop() == 0
    finally:
        org.close()


if __name__ == "__main__":
    main() if sys.argv[1:] == ["run"] else inside()
