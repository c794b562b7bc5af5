/* find_marks.c as it becomes with -mavx2; only called where the processor can.
 */
#include "sanitizers/find_marks.c"
