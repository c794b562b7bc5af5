#!/bin/sh
# The invariant of the whole: 20 small seeds (make torture runs more).
exec "$(dirname "$0")/torture" --seeds 20 --records 600 --seconds 3 -j 4
