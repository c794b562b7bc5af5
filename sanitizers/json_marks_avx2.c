/* json_marks.c as it becomes with -mavx2; only called where it can be. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "sanitizers/json_marks.c"
