/* The two clocks. Time is an input to everything below the kit. */
#ifndef KIT_CLOCK_H
#define KIT_CLOCK_H

#include <stdint.h>

#define D4_TIME_TEXT 28u /* "2024-02-29T23:59:59.123456Z" with NUL */

/* d4_now_us -- microseconds since 1970, UTC; may jump. */
uint64_t d4_now_us(void);

/* d4_mono_ms -- milliseconds of a clock that never goes back. */
uint64_t d4_mono_ms(void);

/* d4_time_text -- RFC 3339 in UTC with microseconds. */
void d4_time_text(uint64_t us, char out[D4_TIME_TEXT]);

#endif
