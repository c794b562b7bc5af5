#!/bin/sh
# The golden segment, read by the second implementation.
cd "${D4_SOURCE:-.}/tests" || exit 1
/usr/bin/python3 support/spool.py golden/spool | cmp - golden/spool/expected.jsonl
