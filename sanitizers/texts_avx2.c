/* texts.c as it becomes with -mavx2; only called where the processor can. */
#include "sanitizers/texts.c"
