/*
 * The k-threshold: how many distinct witnesses reported a key within a
 * window of time. Keys and witnesses come as keyed hashes, so neither the
 * table nor its saved state holds a name or an address.
 */
#ifndef SAN_PDNS_WINDOW_H
#define SAN_PDNS_WINDOW_H

#include "libd4/slice.h"

#define SAN_WINDOW_K_MAX 64u /* distinct witnesses that can be asked for */

/*
 * struct san_window_conf -- what is asked.
 * Shape:  k witnesses, 2..SAN_WINDOW_K_MAX; check: a value of the key that
 *         made the hashes, so that state of another key is refused.
 * Units:  span_s seconds; bytes: of the table; when a bucket of eight keys
 *         is full, the one not seen for longest is forgotten.
 */
struct san_window_conf {
	unsigned k;
	uint32_t span_s;
	uint64_t bytes;
	uint64_t check;
};

struct san_window;

/* san_window_new -- an empty table; its pages are used as keys come. */
D4_USED enum d4_status san_window_new(
    const struct san_window_conf *conf, struct san_window **out);
void san_window_free(struct san_window *w);

/*
 * san_window_seen -- notes that a witness reported a key at t_s, and answers
 * whether k witnesses did within span_s of time, this one included.
 * The clock is the records': they may come out of order, and a time stamp
 * far away from the others counts with none of them. At most k witnesses
 * are kept for a key. A forgotten key starts again: it is not released.
 */
bool san_window_seen(struct san_window *w, const uint64_t key[2],
    uint64_t witness, uint32_t t_s);

/*
 * san_window_save -- the table, little-endian: "D4KW" | version u32 | k u32 |
 * span u32 | buckets u64 | check u64 | clock u32 | 0 u32 | keys u64, then for
 * each key: bucket u32 | touched u32 | tag u64 | (witness u64, time u32)[k].
 * Errors: as d4_buf_add; *out is cut back.
 */
D4_USED enum d4_status san_window_save(
    const struct san_window *w, struct d4_buf *out);

/*
 * san_window_load -- replaces the content. Errors: D4_EVERSION another
 * format.  D4_EINVAL another key, k, span or table size.  D4_EMALFORMED.
 * The table is empty after an error.
 */
D4_USED enum d4_status san_window_load(
    struct san_window *w, struct d4_slice state);

#endif
