#!/bin/sh
# The invariant of the whole: two seeds of the torture (make torture runs more).
exec "$(dirname "$0")/torture" --seeds 2 --records 2000
