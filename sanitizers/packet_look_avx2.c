/* packet_look.c as it becomes with -mavx2; only called where it can be. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "sanitizers/packet_look.c"
