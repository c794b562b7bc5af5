/*
 * The release file, SPOOL/PARTNER/release.json: which lanes may be sent now.
 * Wash writes it after each decision, and post obeys it (ADR 0005). Pure.
 */
#ifndef RELAY_RELEASE_H
#define RELAY_RELEASE_H

#include <stdbool.h>
#include <jansson.h>
#include "libd4/slice.h"

#define RELEASE_NAME "release.json"
#define RELEASE_MAX  (4u << 20) /* bytes of a release file */

/*
 * Wash renews the file's time every minute. One that is older than this (or as
 * far in the future) releases nothing: while wash is down, nobody decides
 * whether an agreement has ended.
 */
#define RELEASE_STALE_S 300

/*
 * struct release_lane -- one lane that may be sent, and by which sink.
 * Shape:  pipeline: SHA-256 (hex) of the steps that today's rule names;
 *         entries that passed another one are not sent. after: nor are
 *         entries with a seq at or below it (a stream that fed the lane until
 *         then is denied now). max_rate_bits per second and max_volume bytes
 *         per UTC day are of the rule, 0 none. delay_us, not_before_s: what
 *         waits leaves no earlier than by its rule of today (and than by the
 *         one under which it came). max_age_s: nor later than so long after it
 *         came (`retention:*`), 0 none.
 * findings: what d4-misp-export is told of a lane whose sink is a MISP (ADR
 * 0038), NULL for other sinks; written only, no other program reads it.
 */
struct release_lane {
	char id[17];
	char rule[65];
	char policy[65];
	char pipeline[65];
	char sink[16];
	uint64_t after;
	uint64_t max_rate_bits;
	uint64_t max_volume;
	uint64_t delay_us, not_before_s, max_age_s;
	json_t *findings;
};

/*
 * Sorted by id once parsed. stock: the partner is a stock d4-core (`profile`
 * in the policy). parked: its airlock is full, or was and it catches up: only
 * what it confirms makes room. Owns: its list.
 */
struct release {
	bool stock, parked;
	struct release_lane *lane;
	size_t n, cap;
};

/*
 * release_when -- from when on (seconds since 1970, rounded up) something
 * received at t_us may leave; UINT64_MAX: never, times that make no sense.
 */
static inline uint64_t
release_when(uint64_t t_us, uint64_t delay_us, uint64_t not_before_s)
{
	uint64_t us, s = 0;

	if (delay_us > 0) {
		if (__builtin_add_overflow(t_us, delay_us, &us))
			return UINT64_MAX;
		s = us / 1000000 + (us % 1000000 != 0);
	}
	return s > not_before_s ? s : not_before_s;
}

void release_fini(struct release *r);

/*
 * release_add -- a copy of *lane behind the others; findings is taken, also on
 * an error. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status release_add(
    struct release *r, const struct release_lane *lane);

/* release_text -- the file's text, appended. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status release_text(
    const struct release *r, struct d4_buf *out);

/*
 * release_parse -- reads a file's text; replaces *out.
 * Errors: D4_EVERSION, D4_EMALFORMED (anything unclear), D4_ENOMEM; *out is
 *         empty then: nothing is released.
 */
D4_USED enum d4_status release_parse(struct d4_slice text, struct release *out);

/* release_find -- the lane of that id, or NULL; in a parsed release. */
const struct release_lane *release_find(
    const struct release *r, const char *id);

#endif
