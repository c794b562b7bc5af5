/* Dates of a policy: UTC days. */
#ifndef POL_DATE_H
#define POL_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include "libd4/status.h"

/* pol_date_read -- "2027-12-31" to seconds since 1970 of its first second. */
D4_USED enum d4_status pol_date_read(const char *text, uint64_t *out);

/* pol_date_text -- the date of a time, as "2027-12-31". */
void pol_date_text(uint64_t s, char out[16]);

/*
 * pol_embargo_read -- from when on something may leave: RFC 3339 with an
 * offset, rounded up to a second, or a date, the end of that day (UTC).
 * Errors: D4_EMALFORMED; *out is untouched.
 */
D4_USED enum d4_status pol_embargo_read(const char *text, uint64_t *out);

#define POL_DAY_S UINT64_C(86400)

/* pol_day_over -- the UTC day that began at day_s is over. */
static inline bool
pol_day_over(uint64_t day_s, uint64_t now_s)
{
	return now_s >= day_s + POL_DAY_S;
}

#endif
