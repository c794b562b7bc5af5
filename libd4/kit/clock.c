#include <stdio.h>
#include <time.h>
#include "libd4/kit/clock.h"

uint64_t
d4_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

uint64_t
d4_mono_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

void
d4_time_text(uint64_t us, char out[D4_TIME_TEXT])
{
	time_t s = (time_t)(us / 1000000u);
	struct tm tm = {0};
	size_t n;

	/* Years of five digits would not fit: nobody's clock is there. */
	if (gmtime_r(&s, &tm) == NULL || tm.tm_year > 8099) {
		(void)snprintf(out, D4_TIME_TEXT, "invalid-time");
		return;
	}
	n = strftime(out, D4_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(
	    out + n, D4_TIME_TEXT - n, ".%06uZ", (unsigned)(us % 1000000u));
}
