/* find_marks.c as it becomes with -mavx512bw; only called where the processor
 * can. */
#include "sanitizers/find_marks.c"
