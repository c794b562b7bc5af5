/* texts.c as it becomes with -mavx512bw; only called where it can be. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "sanitizers/texts.c"
