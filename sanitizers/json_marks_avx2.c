/* json_marks.c as it becomes with -mavx2; only called where it can be. */
#include "sanitizers/json_marks.c"
